//! What a ledger in memory holds: the journal, and what core's own folds make of it.

use nija_core::{
    Appended, ClientOrderId, CredentialId, ExecutionId, Fill, JournalBatch, JournalEvent, JournalRecord,
    KillSwitch, LedgerError, Order, OrderId, Position, Protection, RouteDecision, RoutingPreference,
    SettledFill, Symbol, Timestamp, UserId, VenueBan, VenueId,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Rows are shared, so that staging a batch on a copy costs little.
#[derive(Default, Clone)]
pub(super) struct Book {
    pub(super) journal: Vec<Arc<JournalRecord>>,
    pub(super) orders: BTreeMap<OrderId, Arc<Order>>,
    pub(super) by_client: BTreeMap<(UserId, ClientOrderId), OrderId>,
    pub(super) open: BTreeMap<(UserId, VenueId, Symbol), Arc<Position>>,
    pub(super) closed: Vec<Arc<Position>>,
    pub(super) fills: Vec<Arc<SettledFill>>,
    pub(super) executions: BTreeSet<(VenueId, ExecutionId)>,
    pub(super) decisions: Vec<(UserId, OrderId, Arc<RouteDecision>)>,
    pub(super) paused: BTreeMap<UserId, Timestamp>,
    pub(super) kills: BTreeMap<(UserId, String), KillSwitch>,
    pub(super) preferences: BTreeMap<UserId, RoutingPreference>,
    pub(super) protections: BTreeMap<(UserId, VenueId, Symbol), Protection>,
    pub(super) nonces: BTreeMap<CredentialId, u64>,
    pub(super) bans: BTreeMap<VenueId, VenueBan>,
}

impl Book {
    pub(super) fn append(&mut self, batch: JournalBatch) -> Result<Appended, LedgerError> {
        let mut appended = Appended { records: Vec::new(), positions: Vec::new() };
        for event in batch.events {
            if let JournalEvent::Filled(fill) = &event
                && !self
                    .executions
                    .insert((fill.execution.venue.clone(), fill.execution.execution_id.clone()))
            {
                continue;
            }
            self.take_up(batch.user, batch.at, &event, &mut appended.positions)?;
            let record =
                JournalRecord { seq: self.journal.len() as u64 + 1, user: batch.user, at: batch.at, event };
            self.journal.push(Arc::new(record.clone()));
            appended.records.push(record);
        }
        Ok(appended)
    }

    fn take_up(
        &mut self,
        user: UserId,
        at: Timestamp,
        event: &JournalEvent,
        positions: &mut Vec<Position>,
    ) -> Result<(), LedgerError> {
        match event {
            JournalEvent::IntentAccepted { intent } => {
                let key = (user, intent.signal.client_order_id.clone());
                if let Some(order) = self.by_client.get(&key) {
                    return Err(LedgerError::ClientOrderIdTaken { client_order_id: key.1, order: *order });
                }
                self.by_client.insert(key, intent.id);
                self.orders.insert(intent.id, Arc::new(Order::new(intent.clone())));
            }
            JournalEvent::Filled(fill) => self.fold(fill, positions),
            JournalEvent::FeeValued { fill } => self.value(fill, positions),
            JournalEvent::Paused { paused: true } => drop(self.paused.insert(user, at)),
            JournalEvent::Paused { paused: false } => drop(self.paused.remove(&user)),
            JournalEvent::RoutingPreferred { preference } => {
                self.preferences.insert(user, *preference);
            }
            _ => {}
        }
        if let Some((order, decision)) = event.decision() {
            self.decisions.push((user, order, Arc::new(decision.clone())));
        }
        if let Some((venue, symbol)) = event.protected() {
            let key = (user, venue.clone(), symbol.clone());
            let folded = Protection::fold(self.protections.remove(&key), user, at, event);
            self.protections.extend(folded.map(|protection| (key, protection)));
        }
        if let Some(scope) = event.kill_scope() {
            let key = (user, scope.name());
            let folded = KillSwitch::fold(self.kills.remove(&key), user, at, event);
            self.kills.extend(folded.map(|switch| (key, switch)));
        }
        if let Some(id) = event.order() {
            let order = self.orders.get_mut(&id).ok_or(LedgerError::NoSuchOrder(id))?;
            Arc::make_mut(order).apply(event, at)?;
            if let Some(parent) = order.intent.parent {
                let parent = self.orders.get_mut(&parent).ok_or(LedgerError::NoSuchOrder(parent))?;
                Arc::make_mut(parent).apply_child(event, at);
            }
        }
        Ok(())
    }

    fn value(&mut self, fill: &Fill, positions: &mut Vec<Position>) {
        let mut settled = self.fills.iter_mut();
        let settled =
            settled.find(|settled| is_same(&settled.fill, fill)).expect("its execution is on record");
        assert!(settled.fill.lacks_fee() && !fill.lacks_fee(), "it is valued once: {fill:?}");
        Arc::make_mut(settled).fill.fee_in_quote = fill.fee_in_quote;
        let key = (fill.user, fill.execution.venue.clone(), fill.execution.symbol.clone());
        if let Some(open) = self.open.get_mut(&key)
            && Arc::make_mut(open).value_fee(fill)
        {
            positions.push(Position::clone(open));
        }
    }

    fn fold(&mut self, fill: &Fill, positions: &mut Vec<Position>) {
        let key = (fill.user, fill.execution.venue.clone(), fill.execution.symbol.clone());
        let change = Position::fold(self.open.remove(&key).map(Arc::unwrap_or_clone), fill);
        self.fills.push(Arc::new(SettledFill { fill: fill.clone(), realised_pnl: change.realised_pnl }));
        let left = change.open.as_ref().map(|open| open.quantity);
        let guarded = Protection::follow(self.protections.remove(&key), change.closed.is_some(), left);
        self.protections.extend(guarded.map(|protection| (key.clone(), protection)));
        if let Some(closed) = change.closed {
            positions.push(closed.clone());
            self.closed.push(Arc::new(closed));
        }
        if let Some(open) = change.open {
            positions.push(open.clone());
            self.open.insert(key, Arc::new(open));
        }
    }

    /// Replays the journal into an empty book and compares.
    pub(super) fn replay_agrees(&self) -> bool {
        let mut again = Self::default();
        for record in &self.journal {
            let batch = JournalBatch { user: record.user, at: record.at, events: vec![record.event.clone()] };
            again.append(batch).unwrap();
        }
        again.orders == self.orders
            && again.open == self.open
            && again.closed == self.closed
            && again.kills == self.kills
            && again.protections == self.protections
    }
}

fn is_same(one: &Fill, other: &Fill) -> bool {
    one.execution.venue == other.execution.venue && one.execution.execution_id == other.execution.execution_id
}
