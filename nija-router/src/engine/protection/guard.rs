//! The task of one guarded position: it looks, decides one thing, puts it on record or acts on it, and looks again.

use nija_core::{
    Hit, HitCause, JournalEvent, LedgerError, Order, OrderId, Position, Price, Protection, ProtectionPart,
    Quote, TimeInForce, Timestamp, UserId,
};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use super::names::{Purpose, is_own};
use crate::{
    engine::{inner::Inner, market::Key, state::UserState, user::User},
    planted::{Bug, planted},
};

/// Without any news a position is looked at again after this: its price may have become too old.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// After something was asked of a venue, and after something that failed.
const SOON: Duration = Duration::from_millis(500);

/// What the task of a guarded position remembers; nothing that a restart may not forget.
#[derive(Default)]
pub(in crate::engine) struct Guard {
    /// A resting stop stays away until then: another exit needs what it held.
    pub(super) away_until: Mutex<Option<nija_core::Timestamp>>,
    /// After a refusal, the next try to rest.
    pub(super) rest_again_at: Mutex<Option<nija_core::Timestamp>>,
    /// Numbers of orders that are taken already, by what they are for.
    pub(super) numbers: Mutex<BTreeMap<String, u32>>,
    note: Mutex<Option<String>>,
}

impl Guard {
    pub(super) fn note(&self) -> Option<String> {
        self.note.lock().clone()
    }

    pub(super) fn set_note(&self, note: Option<String>) {
        *self.note.lock() = note;
    }
}

/// All guards by whose and what they guard.
#[derive(Default)]
pub(crate) struct Guards(Mutex<HashMap<(UserId, Key), Arc<Guard>>>);

impl Guards {
    pub(super) fn get(&self, user: UserId, key: &Key) -> Option<Arc<Guard>> {
        self.0.lock().get(&(user, key.clone())).cloned()
    }
}

/// One look at a guarded position, taken at one moment.
pub(super) struct Seen {
    pub(super) protection: Protection,
    pub(super) position: Position,
    /// Live orders that it made.
    pub(super) own: Vec<(Purpose, Order)>,
    /// Base units that other live exits may still close.
    pub(super) others: Decimal,
    /// Base units that were closed by nobody knows whom yet, and since when the oldest of them are in doubt.
    pub(super) held: Decimal,
    pub(super) held_since: Option<Timestamp>,
    /// Exits of others that rest.
    pub(super) resting: Vec<OrderId>,
    /// Whether orders are live that may still add to the position.
    pub(super) grows: bool,
    /// The venue's newest quote where it is young enough.
    pub(super) quote: Option<Quote>,
}

impl Seen {
    /// Base units that no other exit closes already, nor perhaps its user by hand.
    pub(super) fn free(&self) -> Decimal {
        (self.position.quantity.abs() - self.others - self.held).max(Decimal::ZERO)
    }

    /// The price at which the position could be closed.
    pub(super) fn price(&self) -> Option<Price> {
        self.quote.map(|quote| quote.taker_price(self.position.side().opposite()))
    }

    /// Whether the market is at `price` or on its far side, for a stop; the other way round for a take-profit.
    fn is_at_or_below(&self, market: Price, price: Price) -> bool {
        match self.position.side() {
            nija_core::Side::Buy => market <= price,
            nija_core::Side::Sell => market >= price,
        }
    }

    fn is_at_or_above(&self, market: Price, price: Price) -> bool {
        match self.position.side() {
            nija_core::Side::Buy => market >= price,
            nija_core::Side::Sell => market <= price,
        }
    }

    pub(super) fn live(&self, purpose: Purpose) -> Option<&Order> {
        self.own.iter().find(|(of, _)| *of == purpose).map(|(_, order)| order)
    }
}

/// What a look found.
enum Look {
    /// Something to guard.
    Guarded(Box<Seen>),
    /// Nothing to guard; orders that it left behind.
    Over(Vec<OrderId>),
}

/// What a step came to.
pub(super) enum Next {
    /// Something changed: look again at once.
    Again,
    /// Wait for news, this long at most.
    Wait(Duration),
}

/// One guarded position.
pub(super) struct Step<'a> {
    pub(super) inner: &'a Arc<Inner>,
    pub(super) user: &'a Arc<User>,
    pub(super) key: &'a Key,
    pub(super) guard: &'a Guard,
}

impl Inner {
    /// Sees to it that a position has its task.
    pub(in crate::engine) fn guard(self: &Arc<Self>, user: &Arc<User>, key: &Key) {
        let guard = {
            let mut all = self.guards.0.lock();
            if all.contains_key(&(user.id, key.clone())) {
                return;
            }
            let guard = Arc::<Guard>::default();
            all.insert((user.id, key.clone()), guard.clone());
            guard
        };
        let (inner, user, key) = (self.clone(), user.clone(), key.clone());
        self.tasks.spawn(async move { inner.keep_guard(&user, &key, &guard).await });
    }

    /// Takes up what was guarded at the start, and orders that were left behind by what was.
    pub(in crate::engine) async fn guard_all(self: &Arc<Self>, user: &Arc<User>) {
        let keys: std::collections::BTreeSet<Key> = {
            let state = user.state.lock().await;
            let left = state.orders.values().filter(|live| is_own(&live.order.intent.signal.client_order_id));
            let left = left.filter_map(|live| {
                let leg = live.order.leg.as_ref()?;
                Some((leg.venue.clone(), live.order.intent.signal.symbol.clone()))
            });
            left.chain(state.protections.keys().cloned()).collect()
        };
        for key in keys {
            self.guard(user, &key);
        }
    }

    async fn keep_guard(self: &Arc<Self>, user: &Arc<User>, key: &Key, guard: &Guard) {
        let moved = self.market.watch(key);
        let mut last = None;
        loop {
            let mut changed = std::pin::pin!(user.changed.notified());
            changed.as_mut().enable();
            let mut priced = std::pin::pin!(moved.notified());
            priced.as_mut().enable();
            let step = Step { inner: self, user, key, guard };
            let wait = match step.look().await {
                Look::Guarded(seen) => {
                    last = Some(alarm_name(&seen.protection));
                    let taken = step.take(&seen).await;
                    match taken {
                        Ok(Next::Again) => continue,
                        Ok(Next::Wait(wait)) => wait,
                        Err(error) => {
                            tracing::error!(user = %user.id, venue = %key.0, symbol = %key.1, %error, "a guarded position could not be seen to");
                            SOON
                        }
                    }
                }
                Look::Over(left) if left.is_empty() => {
                    if self.end_guard(user, key).await {
                        if let Some((id, venue)) = last.zip(self.venue(&key.0)) {
                            venue.clear_alarm(id);
                        }
                        return;
                    }
                    SOON
                }
                Look::Over(left) => {
                    for order in left {
                        step.cancel(order).await;
                    }
                    SOON
                }
            };
            tokio::select! {
                biased;
                () = changed => {}
                () = priced => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Under the user's lock, so that whoever sets a protection meanwhile starts a new task.
    async fn end_guard(self: &Arc<Self>, user: &Arc<User>, key: &Key) -> bool {
        let mut state = user.state.lock().await;
        let without = state.protections.get(key).map(|standing| standing.id);
        if let Some(id) = without.filter(|_| !state.positions.contains_key(key)) {
            // Its fill had been counted before, and what it opened is closed.
            let (venue, symbol) = key.clone();
            let event = JournalEvent::ProtectionRemoved { id, venue, symbol };
            if let Err(error) = self.record(user, &mut state, vec![event]).await {
                tracing::error!(%error, "the end of a protection could not be put on record");
            }
        }
        if state.protections.contains_key(key) {
            return false;
        }
        self.guards.0.lock().remove(&(user.id, key.clone()));
        true
    }

    /// The venue's newest quote, unless it is too old to act on.
    pub(in crate::engine) fn fresh_quote(&self, key: &Key) -> Option<Quote> {
        let market = self.market.snapshot();
        let quote = market.markets.get(key)?.quote?;
        let age = self.clock.now().since(quote.at);
        (age <= self.config.protection.max_quote_age).then_some(quote)
    }
}

impl Step<'_> {
    async fn look(&self) -> Look {
        let state = self.user.state.lock().await;
        let standing = state.protections.get(self.key).zip(state.positions.get(self.key));
        let Some((protection, position)) = standing else {
            let mut left: Vec<_> = self.made_here(&state).map(|order| order.id()).collect();
            left.sort_unstable();
            return Look::Over(left);
        };
        let (mut own, mut others, mut resting) = (Vec::new(), Decimal::ZERO, Vec::new());
        let mut grows = false;
        let here = state.orders.values().filter(|live| live.at(&self.key.0)).map(|live| &live.order);
        for order in here.filter(|order| order.intent.signal.symbol == self.key.1) {
            let signal = &order.intent.signal;
            if signal.side == position.side() {
                grows = true;
                continue;
            }
            match Purpose::of(&signal.client_order_id, protection.id) {
                Some(purpose) => own.push((purpose, order.clone())),
                None => {
                    others += order.remaining().get();
                    if signal.time_in_force == TimeInForce::Gtc {
                        resting.push(order.id());
                    }
                }
            }
        }
        own.sort_by_key(|(purpose, order)| (*purpose, order.id()));
        resting.sort_unstable();
        let closes = position.side().opposite();
        Look::Guarded(Box::new(Seen {
            protection: protection.clone(),
            position: position.clone(),
            own,
            others,
            held: state.held.traded(&self.key.0, &self.key.1, closes),
            held_since: state.held.since(Some(&self.key.0), &self.key.1, closes),
            resting,
            grows,
            quote: self.inner.fresh_quote(self.key),
        }))
    }

    /// Live orders that a protection made here.
    fn made_here<'s>(&self, state: &'s UserState) -> impl Iterator<Item = &'s Order> {
        let key = self.key.clone();
        state.orders.values().filter(move |live| live.at(&key.0)).map(|live| &live.order).filter(
            move |order| {
                is_own(&order.intent.signal.client_order_id)
                    && order.intent.signal.symbol == self.key.1.clone()
            },
        )
    }

    /// One step.
    async fn take(&self, seen: &Seen) -> Result<Next, LedgerError> {
        if let Some(event) = self.news(seen) {
            return Ok(if self.put(seen, event).await? { Next::Again } else { Next::Wait(SOON) });
        }
        if self.cancel_strangers(seen).await {
            return Ok(Next::Wait(SOON));
        }
        self.tell(seen);
        if self.is_silent() {
            return Ok(Next::Wait(SOON));
        }
        if let Some(hit) = seen.protection.hit(ProtectionPart::Stop).copied() {
            return self.carry_out_stop(seen, hit).await;
        }
        if let Some(next) = self.carry_out_take_profits(seen).await? {
            return Ok(next);
        }
        self.rest(seen).await.map(|next| match next {
            Next::Wait(wait) => Next::Wait(wait.min(LOOK_AGAIN)),
            again => again,
        })
    }

    /// Whether the venue has not said since the start what it takes. Nothing could be sent there, and what rests must not be taken for something
    /// that should not.
    fn is_silent(&self) -> bool {
        let venue = self.inner.venue(&self.key.0);
        venue.is_some_and(|venue| !venue.listed.is_set())
    }

    /// What is to be put on record before anything is done about it.
    fn news(&self, seen: &Seen) -> Option<JournalEvent> {
        let (protection, (venue, symbol)) = (&seen.protection, self.key.clone());
        let id = protection.id;
        let hit = |part, price| JournalEvent::ProtectionHit {
            id,
            venue: venue.clone(),
            symbol: symbol.clone(),
            part,
            price,
            cause: HitCause::Price,
        };
        // What rests has begun to fill: the venue set it off.
        if let Some(order) = seen.live(Purpose::Rest).filter(|order| !order.filled.is_zero()) {
            let profit = order.intent.signal.kind.take_profit().zip(order.average_price());
            // A stop that went off and met a market that had come back is a stop, whatever it won.
            let won = protection.hit(ProtectionPart::Stop).is_none()
                && profit.is_some_and(|(profit, average)| seen.is_at_or_above(average, profit))
                && !planted(Bug::MistakesLegs);
            let part = if won { ProtectionPart::TakeProfit(0) } else { ProtectionPart::Stop };
            if protection.hit(part).is_none() {
                return Some(hit(part, None));
            }
        }
        let price = seen.price()?;
        let side = seen.position.side();
        if protection.plan.trailing.is_some() {
            let better = match protection.mark {
                None => true,
                Some(mark) => {
                    let step = mark.get() * self.inner.config.protection.trail_step;
                    let ahead = match side {
                        nija_core::Side::Buy => price.get() - mark.get(),
                        nija_core::Side::Sell => mark.get() - price.get(),
                    };
                    ahead >= step && ahead > Decimal::ZERO
                }
            };
            if better {
                return Some(JournalEvent::ProtectionMoved { id, venue, symbol, mark: price });
            }
        }
        let stop = protection.stop_price(side);
        if protection.hit(ProtectionPart::Stop).is_none()
            && stop.is_some_and(|stop| seen.is_at_or_below(price, stop))
        {
            return Some(hit(ProtectionPart::Stop, Some(price)));
        }
        // A bracket carries its take-profit with it.
        let bracket =
            seen.live(Purpose::Rest).is_some_and(|order| order.intent.signal.kind.take_profit().is_some());
        let profits = protection.plan.take_profits.iter().enumerate();
        let reached = profits.filter(|(n, profit)| {
            let part = ProtectionPart::TakeProfit(*n);
            protection.hit(part).is_none() && seen.is_at_or_above(price, profit.price)
        });
        let next = reached.map(|(n, _)| n).next().filter(|_| !bracket)?;
        Some(hit(ProtectionPart::TakeProfit(next), Some(price)))
    }

    /// Puts an event on record while its protection stands; whether it does.
    pub(super) async fn put(&self, seen: &Seen, event: JournalEvent) -> Result<bool, LedgerError> {
        let mut state = self.user.state.lock().await;
        let stands = state.protections.get(self.key).is_some_and(|known| known.id == seen.protection.id);
        if stands {
            if let JournalEvent::ProtectionHit { part, .. } = &event {
                let part = match part {
                    ProtectionPart::Stop => "stop",
                    ProtectionPart::TakeProfit(_) => "take_profit",
                };
                metrics::counter!("nija_protection_hits_total", "part" => part).increment(1);
            }
            self.inner.record(self.user, &mut state, vec![event]).await?;
        }
        Ok(stands)
    }

    /// Orders of a protection that was set before this one hold what this one needs.
    async fn cancel_strangers(&self, seen: &Seen) -> bool {
        let strangers: Vec<OrderId> = {
            let state = self.user.state.lock().await;
            let mut all: Vec<_> = self
                .made_here(&state)
                .filter(|order| {
                    Purpose::of(&order.intent.signal.client_order_id, seen.protection.id).is_none()
                })
                .map(Order::id)
                .collect();
            all.sort_unstable();
            all
        };
        for order in &strangers {
            self.cancel(*order).await;
        }
        !strangers.is_empty()
    }

    /// Asks the venue to cancel; what it says is seen at the next look.
    pub(super) async fn cancel(&self, order: OrderId) {
        self.cancel_for(order, "cancelled by the protection that made it, which goes on without it").await;
    }

    /// The same of any order, for a reason that its user is told.
    pub(super) async fn cancel_for(&self, order: OrderId, why: &'static str) {
        if let Err(error) = self.inner.cancel_for(self.user.id, order, why).await {
            tracing::warn!(%order, %error, "an order that guarded a position could not be cancelled");
        }
    }

    /// A position that nothing guards but a price which does not come needs a person.
    fn tell(&self, seen: &Seen) {
        let Some(venue) = self.inner.venue(&self.key.0) else {
            return;
        };
        let name = alarm_name(&seen.protection);
        let hit = seen.protection.hit(ProtectionPart::Stop);
        let late = |hit: &Hit| self.inner.clock.now().since(hit.at) >= self.inner.config.alarm_after;
        let (at, symbol) = (&self.key.0, &self.key.1);
        if hit.is_some() && !self.can_be_sold(seen, seen.position.quantity.abs()) {
            venue.clear_alarm(name);
            self.guard.set_note(Some(format!("what is left of {symbol} at {at} is too little to be sold")));
        } else if hit.is_some_and(late) {
            let what = format!("the stop of {symbol} at {at} went off and the position is still open");
            venue.alarm(name, &what);
            self.guard.set_note(Some(what));
        } else if hit.is_none() && seen.live(Purpose::Rest).is_none() && self.is_shut() {
            let what = format!(
                "{symbol} at {at} is guarded by nothing: no stop rests there, and its account is not connected"
            );
            venue.alarm(name, &what);
            self.guard.set_note(Some(what));
        } else if seen.quote.is_none() && seen.live(Purpose::Rest).is_none() && hit.is_none() {
            let what = format!("{symbol} at {at} has no fresh price: nothing can set its protection off");
            venue.alarm(name, &what);
            self.guard.set_note(Some(what));
        } else if hit.is_none() {
            venue.clear_alarm(name);
        }
    }
}

/// Alarms are kept by orders; this one is of none, and goes by the protection's id.
pub(super) fn alarm_name(protection: &Protection) -> OrderId {
    OrderId::from_uuid(protection.id.as_uuid())
}
