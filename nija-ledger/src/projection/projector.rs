//! Draws the consequences of one batch.

use nija_core::{
    Fill, JournalEvent, LedgerError, OrderId, OrderIntent, Position, RiskStanding, RoutingPreference,
    Timestamp, UserId,
};

use super::{
    Changes, Staged, entries, fills,
    lookups::{Lookups, Recorded},
    orders, positions, protections,
};
use crate::{amounts, fault::Outcome};

/// Takes up the events of one user's batch. Dropped, it leaves no trace.
pub(crate) struct Projector<'c> {
    tables: &'c dyn Lookups,
    staged: &'c Staged,
    user: UserId,
    entries: Vec<entries::Entry>,
    orders: orders::OrderWork,
    positions: positions::Work,
    fills: Vec<fills::NewFill>,
    pauses: Vec<(UserId, bool, Timestamp)>,
    limits: Vec<(UserId, RiskStanding)>,
    kills: Vec<(UserId, Timestamp, JournalEvent)>,
    preferences: Vec<(UserId, RoutingPreference)>,
    protections: Vec<protections::Change>,
    changed: Vec<Position>,
}

impl<'c> Projector<'c> {
    pub(crate) fn new(tables: &'c dyn Lookups, staged: &'c Staged, user: UserId) -> Self {
        Self {
            tables,
            staged,
            user,
            entries: Vec::new(),
            orders: orders::OrderWork::default(),
            positions: positions::Work::default(),
            fills: Vec::new(),
            pauses: Vec::new(),
            limits: Vec::new(),
            kills: Vec::new(),
            preferences: Vec::new(),
            protections: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// The user's execution, where it is recorded.
    fn recorded(&self, fill: &Fill) -> Outcome<Option<Recorded>> {
        let here = self.fills.iter().rfind(|known| known.is(self.user, fill));
        match here {
            Some(known) => Ok(Some(Recorded { unvalued: known.unvalued })),
            None => self.staged.fills.find(self.tables, self.user, fill),
        }
    }

    /// Whether the event is to be recorded: a fill that was counted already is not, nor a fee that has a worth.
    pub(crate) fn is_new(&self, event: &JournalEvent) -> Outcome<bool> {
        match event {
            JournalEvent::Filled(fill) => Ok(self.recorded(fill)?.is_none()),
            JournalEvent::FeeValued { fill } => match self.recorded(fill)? {
                Some(recorded) => Ok(recorded.unvalued),
                None => {
                    let words = format!("execution {} is not recorded", fill.execution.execution_id);
                    Err(LedgerError::Invalid(words).into())
                }
            },
            _ => Ok(true),
        }
    }

    /// Takes up one event, the journal's entry `seq`.
    pub(crate) fn apply(&mut self, seq: u64, at: Timestamp, event: &JournalEvent) -> Outcome<()> {
        let (tables, staged) = (self.tables, self.staged);
        self.entries.push(entries::Entry { user: self.user, seq, mark: entries::Mark::of(event.kind()) });
        match event {
            JournalEvent::IntentAccepted { intent } => {
                refuse_own_parent(intent)?;
                self.orders.accept(tables, &staged.orders, self.user, seq, intent)?;
                self.tell_parent(intent.parent, event, at)
            }
            JournalEvent::Filled(fill) => {
                self.tell_orders(fill, event, at)?;
                let change = self.positions.fold(seq, fill);
                let (venue, symbol) = (&fill.execution.venue, &fill.execution.symbol);
                let followed = protections::Change::filled(self.user, venue, symbol, &change);
                self.protections.push(followed);
                self.fills.push(fills::NewFill::new(seq, fill, change.realised_pnl));
                self.changed(change.closed.into_iter().chain(change.open));
                Ok(())
            }
            JournalEvent::FeeValued { fill } => {
                self.tell_orders(fill, event, at)?;
                let changed = self.positions.value_fee(fill);
                self.changed(changed.into_iter());
                self.fills.push(fills::NewFill::late(seq, fill));
                Ok(())
            }
            JournalEvent::RoutingPreferred { preference } => {
                self.preferences.push((self.user, *preference));
                Ok(())
            }
            JournalEvent::Paused { paused } => {
                self.pauses.push((self.user, *paused, at));
                Ok(())
            }
            JournalEvent::RiskSettingsChanged { standing } => {
                self.limits.push((self.user, standing.clone()));
                Ok(())
            }
            other => {
                if other.protected().is_some() {
                    let (user, event) = (self.user, Box::new(other.clone()));
                    self.protections.push(protections::Change::Told { user, at, event });
                }
                if other.kill_scope().is_some() {
                    self.kills.push((self.user, at, other.clone()));
                }
                if let Some(id) = other.order() {
                    self.orders.find(tables, &staged.orders, self.user, id)?.apply(other, at)?;
                }
                Ok(())
            }
        }
    }

    /// Takes up what an execution, or the worth of its fee, means for its order and the one that this carries out. Its position is at hand then.
    fn tell_orders(&mut self, fill: &Fill, event: &JournalEvent, at: Timestamp) -> Outcome<()> {
        let (tables, staged) = (self.tables, self.staged);
        if fill.user != self.user {
            return Err(LedgerError::Invalid("a fill is of another user than its batch".into()).into());
        }
        let order = match fill.order {
            Some(id) => Some(self.orders.find(tables, &staged.orders, self.user, id)?),
            None => None,
        };
        let open = self.positions.open(tables, &staged.positions, fill)?;
        amounts::check(event, order.as_deref(), open)?;
        let mut parent = None;
        if let Some(order) = order {
            order.apply(event, at)?;
            parent = order.intent.parent;
        }
        self.tell_parent(parent, event, at)
    }

    /// What a child does counts for its parent as well.
    fn tell_parent(&mut self, parent: Option<OrderId>, event: &JournalEvent, at: Timestamp) -> Outcome<()> {
        let Some(parent) = parent else { return Ok(()) };
        let parent = self.orders.find(self.tables, &self.staged.orders, self.user, parent)?;
        amounts::check(event, Some(parent), None)?;
        parent.apply_child(event, at);
        Ok(())
    }

    fn changed(&mut self, positions: impl Iterator<Item = Position>) {
        for position in positions {
            self.changed.retain(|known| known.id != position.id);
            self.changed.push(position);
        }
    }

    /// What it comes to.
    pub(crate) fn finish(self) -> Changes {
        Changes {
            entries: self.entries,
            orders: self.orders.into_held(),
            positions: self.positions,
            fills: self.fills,
            pauses: self.pauses,
            limits: self.limits,
            kills: self.kills,
            preferences: self.preferences,
            protections: self.protections,
            changed: self.changed,
        }
    }
}

fn refuse_own_parent(intent: &OrderIntent) -> Outcome<()> {
    if intent.parent == Some(intent.id) {
        return Err(LedgerError::Invalid(format!("order {} is its own parent", intent.id)).into());
    }
    Ok(())
}
