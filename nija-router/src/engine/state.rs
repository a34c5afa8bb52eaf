//! What the engine keeps in memory of one user: nothing that the journal and the venues could not give back.

use nija_core::{
    ClientOrderId, ExecutionId, Fill, JournalEvent, JournalRecord, Order, OrderId, OrderState, Position,
    Protection, Quantity, RiskStanding, RoutingPreference, Side, Symbol, Timestamp, VenueBalance, VenueId,
    VenueOrderId,
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashSet, VecDeque};

use crate::planted::{Bug, planted};

use super::{
    balances::Balances,
    bound::{Share, Sums},
    entries::Entries,
    feedback::Attempts,
    fees::PaidFees,
    held::Held,
    ids::{ById, ByName, Ids, NameSet},
    live::LiveOrder,
    names::Names,
    realised::Realised,
};

/// Executions remembered per user, so that a second telling is not even written; the ledger is the last guard.
const EXECUTIONS_KEPT: usize = 4096;

/// Executions whose fees have no worth yet, of each user: their assets may never be quoted anywhere.
pub(crate) const UNVALUED_KEPT: usize = 1000;
/// Orders that ended and are answered from memory; older ones are read from the ledger.
const ENDED_KEPT: usize = 8;

/// One user.
#[derive(Debug, Default)]
pub(crate) struct UserState {
    pub(crate) orders: ById<OrderId, LiveOrder>,
    pub(crate) by_key: ByName<ClientOrderId, OrderId>,
    /// The newest of those that ended, for those who wait for them.
    ended: VecDeque<Order>,
    pub(crate) names: Names,
    pub(crate) positions: BTreeMap<(VenueId, Symbol), Position>,
    /// What guards them.
    pub(crate) protections: BTreeMap<(VenueId, Symbol), Protection>,
    pub(crate) balances: Balances,
    /// What live orders hold.
    pub(crate) sums: Sums,
    /// Live orders whose fills are not all on record.
    missing: Ids<OrderId>,
    /// Live orders that their user wants gone.
    wished: Ids<OrderId>,
    /// Venues whose balances were read whole: what they did not name is zero.
    pub(crate) balances_read: HashSet<VenueId>,
    pub(crate) realised: Realised,
    pub(crate) paid_fees: PaidFees,
    /// Fills whose fees count as nothing until somebody tells what their assets are worth: the oldest of them.
    pub(crate) unvalued: Vec<Fill>,
    pub(crate) last_entry_at: Option<Timestamp>,
    /// The newest entries.
    pub(crate) entries: Entries,
    /// The user's own limits.
    pub(crate) limits: RiskStanding,
    pub(crate) paused: Option<Timestamp>,
    /// News of an order that may be one whose placement has not been answered.
    pub(crate) held: Held,
    /// Children of live parents, those that ended as well.
    kin: ById<OrderId, OrderId>,
    /// What the journal says of attempts under way.
    pub(crate) attempts: Attempts,
    /// How the user wants venues to be chosen.
    pub(crate) routing: RoutingPreference,
    /// Orders at a venue that are not ours, as far as they have been looked for.
    pub(crate) external: HashSet<(VenueId, VenueOrderId)>,
    /// Those of them that are on record.
    pub(crate) external_recorded: HashSet<(VenueId, VenueOrderId)>,
    /// Whether the journal was searched for those.
    pub(crate) external_read: bool,
    seen: NameSet<(VenueId, ExecutionId)>,
    seen_order: VecDeque<(VenueId, ExecutionId)>,
}

/// What folding a record did, for the indexes outside.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// Orders that ended.
    pub(crate) settled: Vec<Order>,
    /// Positions that opened (`true`) or closed (`false`).
    pub(crate) holding: Vec<((VenueId, Symbol), bool)>,
    /// Positions that are guarded from now on.
    pub(crate) guarded: Vec<(VenueId, Symbol)>,
    /// Orders that changed and are still live, to be counted anew.
    pub(crate) touched: Vec<OrderId>,
}

impl UserState {
    /// Takes up an order that is on record.
    pub(crate) fn insert(&mut self, live: LiveOrder) {
        let order = &live.order;
        if let Some(leg) = &order.leg {
            self.names.note_leg(order.id(), leg);
        }
        let id = order.id();
        self.by_key.insert(order.intent.signal.client_order_id.clone(), id);
        if live.cancel_requested {
            self.wished.insert(id);
        }
        self.orders.insert(id, live);
        self.count(id);
    }

    /// Brings the sums up to where an order stands now.
    pub(crate) fn count(&mut self, order: OrderId) {
        let Some(live) = self.orders.get_mut(&order) else {
            return;
        };
        let share = Share::of(live);
        if live.misses_fills() {
            self.missing.insert(order);
        } else if !self.missing.is_empty() {
            self.missing.remove(&order);
        }
        if share == live.counted {
            return;
        }
        if let Some(old) = &live.counted {
            self.sums.remove(order, old);
        }
        if let Some(new) = &share {
            let balance = self.balances.get(&new.venue, live.held_asset());
            self.sums.add(order, new, balance.map(|balance| balance.at));
        }
        live.counted = share;
    }

    /// Counts an order's reservation with this fee rate from now on.
    pub(crate) fn set_fee_rate(&mut self, order: OrderId, fee_rate: Decimal) {
        if let Some(live) = self.orders.get_mut(&order) {
            live.set_fee_rate(fee_rate);
            self.count(order);
        }
    }

    /// Whether the sums are what the live orders add up to; asked by debug builds only.
    pub(crate) fn sums_hold(&self) -> bool {
        let mut fresh = Sums::default();
        for (id, live) in &self.orders {
            if let Some(share) = Share::of(live) {
                fresh.add(*id, &share, None);
            }
        }
        let missing = self.orders.values().filter(|live| live.misses_fills()).count();
        self.sums.agrees(&fresh) && missing == self.missing.len()
    }

    /// An order that is live or ended a moment ago.
    pub(crate) fn order(&self, id: OrderId) -> Option<&Order> {
        let live = self.orders.get(&id).map(|live| &live.order);
        live.or_else(|| self.ended.iter().rfind(|ended| ended.id() == id))
    }

    /// Base units of this side that live orders may still trade of a symbol at a venue, and that were traded by nobody knows whom yet: a
    /// position has that much less to close. `except` does not stand in its own way.
    pub(crate) fn closing(
        &self,
        venue: &VenueId,
        symbol: &Symbol,
        side: Side,
        except: Option<&Share>,
    ) -> Decimal {
        self.sums.closing(venue, symbol, side, except) + self.held.traded(venue, symbol, side)
    }

    /// What an order counts with.
    pub(crate) fn share(&self, order: OrderId) -> Option<&Share> {
        self.orders.get(&order)?.counted.as_ref()
    }

    /// The venue knows of an order and counts this much as filled.
    pub(crate) fn expect(&mut self, order: OrderId, filled: Quantity, now: Timestamp) {
        if let Some(live) = self.orders.get_mut(&order) {
            live.in_hand = false;
            live.heard_at = now;
            live.expected = live.expected.max(filled);
            if live.misses_fills() {
                self.missing.insert(order);
            }
        }
    }

    /// Whether the venue spoke of fills that are not on record.
    pub(crate) fn misses_fills_at(&self, venue: &VenueId) -> bool {
        self.missing.iter().filter_map(|order| self.orders.get(order)).any(|live| live.at(venue))
    }

    /// The same at any venue.
    pub(crate) fn misses_fills(&self) -> bool {
        !self.missing.is_empty()
    }

    /// An order is to be gone. Why is told by who asked first.
    pub(crate) fn wish_gone(&mut self, order: OrderId, why: &'static str) -> Option<&mut LiveOrder> {
        let live = self.orders.get_mut(&order)?;
        if !live.cancel_requested {
            (live.cancel_requested, live.cancelled_for) = (true, why);
        }
        self.wished.insert(order);
        Some(live)
    }

    /// Live orders that their user wants gone.
    pub(crate) fn wished(&self) -> impl Iterator<Item = &LiveOrder> {
        self.wished.iter().filter_map(|order| self.orders.get(order))
    }

    /// A venue said a balance, about a moment not before `since`.
    pub(crate) fn take_balance(&mut self, balance: VenueBalance, since: Timestamp) {
        let known = self.balances.get(&balance.venue, &balance.asset);
        if known.is_none_or(|known| known.at <= balance.at) {
            self.sums.told(&balance.venue, &balance.asset, balance.at);
            self.balances.insert(balance, since);
        }
    }

    /// Whether the venue should be asked for balances: fills or new orders have changed them since it told them.
    pub(crate) fn wants_balances_of(&self, venue: &VenueId) -> bool {
        self.balances.doubtful_at(venue) || self.sums.unseen_at(venue)
    }

    /// Whether an execution is on record, as far as memory goes.
    pub(crate) fn has_seen(&self, venue: &VenueId, execution: &ExecutionId) -> bool {
        self.seen.contains(&(venue.clone(), execution.clone()))
    }

    pub(crate) fn note_seen(&mut self, venue: &VenueId, execution: &ExecutionId) {
        let name = (venue.clone(), execution.clone());
        if self.seen.insert(name.clone()) {
            self.seen_order.push_back(name);
        }
        if self.seen_order.len() > EXECUTIONS_KEPT
            && let Some(oldest) = self.seen_order.pop_front()
        {
            self.seen.remove(&oldest);
        }
    }

    /// Follows the journal by the records of one commit.
    pub(crate) fn follow(&mut self, records: &[JournalRecord]) -> Folded {
        let mut folded = Folded::default();
        for record in records {
            self.fold(record, &mut folded);
        }
        for order in &folded.touched {
            self.count(*order);
        }
        folded
    }

    /// Follows the journal by one record.
    fn fold(&mut self, record: &JournalRecord, folded: &mut Folded) {
        match &record.event {
            JournalEvent::IntentAccepted { intent } => {
                self.note_entry(intent);
                self.insert(LiveOrder::new(Order::new(intent.clone()), true));
                if let Some(parent) = intent.parent {
                    self.kin.insert(intent.id, parent);
                    self.tell_parent(intent.id, record);
                }
            }
            JournalEvent::Filled(fill) => {
                self.fold_fill(fill, record.at, folded);
                if let Some(order) = fill.order {
                    self.tell_parent(order, record);
                }
            }
            JournalEvent::FeeValued { fill } => {
                self.fold_worth(fill, record.at);
                if let Some(order) = fill.order {
                    self.tell_parent(order, record);
                }
            }
            JournalEvent::RoutingPreferred { preference } => self.routing = *preference,
            JournalEvent::RiskSettingsChanged { standing } => self.limits = standing.clone(),
            JournalEvent::Paused { paused } => self.paused = paused.then_some(record.at),
            JournalEvent::ExternalOrder { report } => {
                self.note_external(&report.venue, &report.venue_order_id);
            }
            _ => {}
        }
        if let Some((venue, symbol)) = record.event.protected() {
            let key = (venue.clone(), symbol.clone());
            let standing = self.protections.remove(&key);
            if let Some(protection) = Protection::fold(standing, record.user, record.at, &record.event) {
                self.protections.insert(key.clone(), protection);
                folded.guarded.push(key);
            }
        }
        let Some(id) = record.event.order() else {
            return;
        };
        let Some(live) = self.orders.get_mut(&id) else {
            // What is told of one that ended is money all the same.
            if let Some(ended) = self.ended.iter_mut().rfind(|ended| ended.id() == id)
                && let Err(error) = ended.apply(&record.event, record.at)
            {
                tracing::error!(order = %id, %error, "memory and journal disagree");
            }
            return;
        };
        let before = live.order.state;
        if let Err(error) = live.order.apply(&record.event, record.at) {
            // The ledger applied the same event to the same order; only a bug makes them differ.
            tracing::error!(order = %id, %error, "memory and journal disagree");
        }
        live.count_hold();
        match &record.event {
            JournalEvent::Routed { leg, .. } => self.names.note_leg(id, leg),
            JournalEvent::StateChanged { venue_order_id: Some(name), .. } => {
                if let Some(leg) = &live.order.leg {
                    self.names.note_venue(id, &leg.venue, name);
                }
            }
            _ => {}
        }
        if live.order.state.is_final()
            && let Some(live) = self.orders.remove(&id)
        {
            let keeps = planted(Bug::KeepsReservations) && live.order.state == OrderState::Cancelled;
            if let Some(share) = live.counted.as_ref().filter(|_| !keeps) {
                self.sums.remove(id, share);
            }
            self.missing.remove(&id);
            self.wished.remove(&id);
            self.by_key.remove(&live.order.intent.signal.client_order_id);
            self.names.note_end(id);
            if matches!(before, OrderState::Working | OrderState::PartialFill)
                && !live.order.remaining().is_zero()
                && let Some(leg) = &live.order.leg
            {
                // What it held there is free again, and a balance said before that has it bound.
                self.balances.doubt(&leg.venue, live.held_asset(), record.at);
            }
            if live.order.schedule.is_some() {
                self.kin.retain(|_, parent| *parent != id);
            }
            if self.ended.len() == ENDED_KEPT {
                self.ended.pop_front();
            }
            self.ended.push_back(live.order.clone());
            folded.settled.push(live.order);
        } else if !folded.touched.contains(&id) {
            folded.touched.push(id);
        }
    }

    /// Children of a live parent.
    pub(crate) fn note_kin(&mut self, parent: OrderId, children: impl Iterator<Item = OrderId>) {
        self.kin.extend(children.map(|child| (child, parent)));
    }

    /// Whether an order's parent gets no more children.
    pub(crate) fn parent_stopped(&self, order: &Order) -> bool {
        let parent = order.intent.parent.and_then(|parent| self.orders.get(&parent));
        parent.and_then(|live| live.order.schedule.as_ref()).is_some_and(|schedule| schedule.stopped)
    }

    /// What a child does counts for its parent as well.
    fn tell_parent(&mut self, child: OrderId, record: &JournalRecord) {
        let parent = self.kin.get(&child).and_then(|parent| self.orders.get_mut(parent));
        if let Some(live) = parent {
            live.order.apply_child(&record.event, record.at);
        }
    }

    fn fold_worth(&mut self, fill: &Fill, now: Timestamp) {
        let execution = &fill.execution;
        self.paid_fees.note(fill);
        let same = |known: &Fill| {
            known.execution.venue == execution.venue && known.execution.execution_id == execution.execution_id
        };
        self.unvalued.retain(|known| !same(known));
        let key = (execution.venue.clone(), execution.symbol.clone());
        if let Some(open) = self.positions.get_mut(&key) {
            open.value_fee(fill);
        }
        self.realised.add(&execution.symbol, execution.at.min(now), Decimal::ZERO, fill.fee_in_quote);
    }

    fn fold_fill(&mut self, fill: &Fill, now: Timestamp, folded: &mut Folded) {
        let execution = &fill.execution;
        self.note_seen(&execution.venue, &execution.execution_id);
        self.paid_fees.note(fill);
        if fill.lacks_fee() && self.unvalued.len() < UNVALUED_KEPT {
            self.unvalued.push(fill.clone());
        }
        if let Some(order) = fill.order {
            self.names.note_venue(order, &execution.venue, &execution.venue_order_id);
        }
        let key = (execution.venue.clone(), execution.symbol.clone());
        let change = Position::fold(self.positions.remove(&key), fill);
        // By the venue's clock, but no later than now: a time far ahead would be the last day that counts.
        let at = execution.at.min(now);
        self.realised.add(&execution.symbol, at, change.realised_pnl, fill.fee_in_quote);
        if !self.protections.is_empty() {
            let left = change.open.as_ref().map(|open| open.quantity);
            let guarded = Protection::follow(self.protections.remove(&key), change.closed.is_some(), left);
            self.protections.extend(guarded.map(|protection| (key.clone(), protection)));
        }
        folded.holding.push((key.clone(), change.open.is_some()));
        if let Some(open) = change.open {
            self.positions.insert(key, open);
        }
        super::money::move_balances(&mut self.balances, execution, now);
    }
}
