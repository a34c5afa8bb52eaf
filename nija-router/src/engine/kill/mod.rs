//! The kill switch: at once nothing in its scope is opened any more; then every working order is cancelled until the venues
//! confirm it, positions are closed where that is wanted, and the venues are asked whether all is flat.

mod confirm;
mod flatten;
mod report;
mod sweep;

pub use report::{KillReport, VenueProof};

use nija_core::{
    Ineligible, JournalBatch, JournalEvent, KillId, KillScope, KillSwitch, UserEventKind, UserId, VenueId,
};
use parking_lot::{Mutex, RwLock};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

use super::{Engine, EngineError, inner::Inner};
use report::Progress;

/// Whose switch, and what it stops.
type Key = (UserId, KillScope);

/// A switch that is on.
pub(super) struct Active {
    switch: Mutex<KillSwitch>,
    progress: Mutex<Progress>,
    /// Wakes those who wait for its work to be done, and the work itself when the switch is taken off.
    changed: Notify,
    off: AtomicBool,
}

impl Active {
    fn new(switch: KillSwitch) -> Arc<Self> {
        Arc::new(Self {
            switch: Mutex::new(switch),
            progress: Mutex::default(),
            changed: Notify::new(),
            off: AtomicBool::new(false),
        })
    }

    pub(super) fn switch(&self) -> KillSwitch {
        self.switch.lock().clone()
    }

    fn is_done(&self) -> bool {
        self.switch.lock().outcome.is_some()
    }

    fn report(&self) -> KillReport {
        self.progress.lock().report(&self.switch())
    }
}

/// All switches that are on.
#[derive(Default)]
pub(crate) struct Kills {
    on: RwLock<BTreeMap<Key, Arc<Active>>>,
    /// Switches are thrown and taken off one at a time: memory and journal change in the same order.
    changing: tokio::sync::Mutex<()>,
}

impl Kills {
    fn get(&self, key: &Key) -> Option<Arc<Active>> {
        self.on.read().get(key).cloned()
    }

    /// Whether a switch stops this user's entries at every venue.
    pub(crate) fn stops_user(&self, user: UserId) -> bool {
        let on = self.on.read();
        !on.is_empty()
            && (on.contains_key(&(UserId::PLATFORM, KillScope::Platform))
                || on.contains_key(&(user, KillScope::User)))
    }

    /// Whether a switch stops entries at this venue.
    pub(crate) fn stops_venue(&self, venue: &VenueId) -> bool {
        let on = self.on.read();
        !on.is_empty() && on.contains_key(&(UserId::PLATFORM, KillScope::Venue(venue.clone())))
    }

    /// Whether a switch stops this user's entries at this venue.
    pub(crate) fn stops(&self, user: UserId, venue: &VenueId) -> bool {
        self.stops_user(user) || self.stops_venue(venue)
    }

    /// Whether a switch is closing this user's positions at this venue. One that has done its work closes nothing that is opened by hand
    /// later.
    pub(crate) fn flattens(&self, user: UserId, venue: &VenueId) -> bool {
        let on = self.on.read();
        let concerns = |key: &Key| (key.0 == user || key.0 == UserId::PLATFORM) && key.1.covers(venue);
        let at_work = |switch: &KillSwitch| switch.flatten && switch.outcome.is_none();
        on.iter().any(|(key, active)| concerns(key) && at_work(&active.switch.lock()))
    }

    /// What is held against sending entries to a venue.
    pub(crate) fn bar(&self, venue: &VenueId) -> Option<Ineligible> {
        self.stops_venue(venue).then_some(Ineligible::KillSwitch)
    }
}

impl Inner {
    /// Takes up the switches that were on; before anything can be sent.
    pub(super) async fn take_up_kills(self: &Arc<Self>) -> Result<(), EngineError> {
        let standing = self.ledger.kill_switches().await?;
        let mut on = self.kills.on.write();
        for switch in standing {
            gauge(&switch.scope, true);
            on.insert((switch.user, switch.scope.clone()), Active::new(switch));
        }
        Ok(())
    }

    /// Goes on with the work of those that had not done it.
    pub(super) fn go_on_killing(self: &Arc<Self>) {
        let undone: Vec<_> = self.kills.on.read().values().filter(|on| !on.is_done()).cloned().collect();
        for active in undone {
            self.start_sweep(active);
        }
    }

    /// Throws a switch. In memory it is on before anything else happens; a journal that fails does not keep the orders from being cancelled.
    async fn throw(self: &Arc<Self>, user: UserId, scope: KillScope, flatten: bool) -> Arc<Active> {
        let changing = self.kills.changing.lock().await;
        let key = (user, scope.clone());
        let known = self.kills.get(&key);
        if let Some(known) = known.filter(|known| !known.is_done() && known.switch().flatten == flatten) {
            // Thrown already and at work.
            return known;
        }
        let now = self.clock.now();
        let id = KillId::generate(now, self.entropy.as_ref());
        let switch = KillSwitch { id, user, scope: scope.clone(), flatten, since: now, outcome: None };
        let active = Active::new(switch);
        let before = self.kills.on.write().insert(key, active.clone());
        match before {
            Some(before) => {
                before.off.store(true, Ordering::SeqCst);
                before.changed.notify_waiters();
            }
            None => gauge(&scope, true),
        }
        metrics::counter!("nija_kill_switch_thrown_total", "scope" => word(&scope)).increment(1);
        tracing::warn!(%user, scope = scope.name(), flatten, "a kill switch was thrown");
        let event = JournalEvent::KillSwitchOn { id, scope, flatten };
        if let Err(error) = self.record_kill(&active, event.clone()).await {
            tracing::error!(%user, %error, "a kill switch is on and not on record");
            active.progress.lock().unrecorded = Some(event);
        }
        drop(changing);
        self.start_sweep(active.clone());
        active
    }

    /// Takes a switch off; whether it was on.
    async fn take_off(self: &Arc<Self>, user: UserId, scope: &KillScope) -> Result<bool, EngineError> {
        let _changing = self.kills.changing.lock().await;
        let Some(active) = self.kills.get(&(user, scope.clone())) else {
            return Ok(false);
        };
        // It stays on until that it is off is durable.
        self.record_kill(&active, JournalEvent::KillSwitchOff { scope: scope.clone() }).await?;
        self.kills.on.write().remove(&(user, scope.clone()));
        active.off.store(true, Ordering::SeqCst);
        active.changed.notify_waiters();
        gauge(scope, false);
        tracing::warn!(%user, scope = scope.name(), "a kill switch was taken off");
        Ok(true)
    }

    /// As [`Inner::record_kill`], unless the switch was taken off or thrown anew: what is late must not come after that and undo it.
    async fn record_while_on(&self, active: &Active, event: JournalEvent) -> Result<(), EngineError> {
        let _changing = self.kills.changing.lock().await;
        if active.off.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.record_kill(active, event).await
    }

    /// Puts an event of a switch on record and tells those whom it concerns.
    async fn record_kill(&self, active: &Active, event: JournalEvent) -> Result<(), EngineError> {
        let (at, user) = (self.clock.now(), active.switch().user);
        let appended = self.ledger.append(JournalBatch { user, at, events: vec![event] }).await?;
        for record in appended.records {
            {
                let mut switch = active.switch.lock();
                let standing = Some(switch.clone());
                if let Some(folded) = KillSwitch::fold(standing, user, record.at, &record.event) {
                    *switch = folded;
                }
            }
            let record = Arc::new(record);
            for user in self.concerned(&active.switch()) {
                self.bus.publish(user, at, UserEventKind::Journal(record.clone()));
            }
        }
        Ok(())
    }

    /// Whom a switch concerns, as far as they are known here.
    fn concerned(&self, switch: &KillSwitch) -> Vec<UserId> {
        match switch.scope {
            KillScope::User => vec![switch.user],
            KillScope::Venue(_) | KillScope::Platform => {
                let mut all: Vec<_> = self.users.read().keys().copied().collect();
                all.sort_unstable();
                all
            }
        }
    }

    /// Waits until a switch has done its work or the time is over.
    async fn report_of(&self, active: &Active, wait: Duration) -> KillReport {
        let over = tokio::time::sleep(wait);
        tokio::pin!(over);
        loop {
            let mut changed = std::pin::pin!(active.changed.notified());
            changed.as_mut().enable();
            if active.is_done() || active.off.load(Ordering::SeqCst) {
                return active.report();
            }
            tokio::select! {
                biased;
                () = changed => {}
                () = &mut over => return active.report(),
            }
        }
    }
}

impl Engine {
    /// Throws a kill switch: from now on nothing in its scope is opened; every working order is cancelled and, with `flatten`, every
    /// position closed at market. Answers once that is done and the venues have confirmed it, or with how far it has come when `wait` is
    /// over; the work goes on. Thrown again it starts over. `user` counts for [`KillScope::User`] alone.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a venue that is not on this platform, [`EngineError::Draining`].
    pub async fn kill(
        &self,
        user: UserId,
        scope: KillScope,
        flatten: bool,
        wait: Duration,
    ) -> Result<KillReport, EngineError> {
        if let KillScope::Venue(venue) = &scope {
            self.inner.known_venue(venue)?;
        }
        let inner = self.inner.clone();
        let user = owner(user, &scope);
        let active = self.run(async move { Ok(inner.throw(user, scope, flatten).await) }).await?;
        Ok(self.inner.report_of(&active, wait).await)
    }

    /// Takes a kill switch off; answers whether it was on.
    ///
    /// # Errors
    /// [`EngineError::Ledger`]; it is still on then.
    pub async fn release_kill(&self, user: UserId, scope: KillScope) -> Result<bool, EngineError> {
        let inner = self.inner.clone();
        let user = owner(user, &scope);
        self.run(async move { inner.take_off(user, &scope).await }).await
    }

    /// The kill switches that concern a user, the platform's and the venues' included; all of them without a user.
    #[must_use]
    pub fn kill_switches(&self, user: Option<UserId>) -> Vec<KillReport> {
        let on = self.inner.kills.on.read();
        let theirs = |key: &&Key| user.is_none_or(|user| key.0 == user || key.0 == UserId::PLATFORM);
        let reports = on.iter().filter(|(key, _)| theirs(key)).map(|(_, active)| active.report());
        reports.map(|report| report.only_of(user)).collect()
    }
}

/// In whose journal a switch is.
const fn owner(user: UserId, scope: &KillScope) -> UserId {
    match scope {
        KillScope::User => user,
        KillScope::Venue(_) | KillScope::Platform => UserId::PLATFORM,
    }
}

/// A scope without names, for metrics.
const fn word(scope: &KillScope) -> &'static str {
    match scope {
        KillScope::User => "user",
        KillScope::Venue(_) => "venue",
        KillScope::Platform => "platform",
    }
}

fn gauge(scope: &KillScope, on: bool) {
    let gauge = metrics::gauge!("nija_kill_switches_on", "scope" => word(scope));
    if on { gauge.increment(1.0) } else { gauge.decrement(1.0) }
}
