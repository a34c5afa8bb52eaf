//! Who stands at the wire: every request is compared with the journal in the moment it leaves, every order in the moment it arrives.

use nija_core::{
    Clock, ExecutionId, JournalEvent, Ledger, Order, OrderId, OrderState, Side, Timestamp, VenueClientId,
    VenueFill, VenueId, VenueOrder, VenueOrderId,
};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::{platform::usd, words::Words};
use crate::support::{MemoryLedger, TestClock};

/// An invariant of `execution.md` that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) invariant: u8,
    pub(crate) what: String,
}

/// The most that a user may hold of a symbol, in USD.
pub(crate) const LARGEST_POSITION: i64 = 300;

/// An entry is weighed at the touch and goes out with a limit this far beyond it, and prices move between the two.
const COLLAR: Decimal = Decimal::from_parts(106, 0, 0, false, 2);

/// From an exit's route to its sending, and from a wish to cancel to the cancel.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(1);

/// The most that a ban holds an exit.
const BAN_HOLDS: Duration = Duration::from_secs(300);

pub(crate) struct Witness {
    ledger: Arc<MemoryLedger>,
    clock: TestClock,
    tried: Mutex<BTreeSet<VenueClientId>>,
    sent: Mutex<BTreeSet<VenueClientId>>,
    /// When processes ended: by their deaths, or since they were stopped.
    ends: Mutex<Vec<Timestamp>>,
    /// When a process that lived was told of an execution.
    told: Mutex<BTreeMap<(VenueId, ExecutionId), Vec<Timestamp>>>,
    arrived: Mutex<BTreeMap<OrderId, Vec<(VenueId, VenueOrderId)>>>,
    cancels: Mutex<BTreeMap<VenueClientId, Timestamp>>,
    violations: Mutex<Vec<Violation>>,
    pub(crate) words: Words,
    /// The last entry of the journal that was looked through for attempts that gave their turn up.
    given_up: Mutex<u64>,
}

impl Witness {
    pub(crate) fn new(ledger: &Arc<MemoryLedger>, clock: &TestClock) -> Self {
        Self {
            ledger: ledger.clone(),
            clock: clock.clone(),
            tried: Mutex::default(),
            sent: Mutex::default(),
            ends: Mutex::default(),
            told: Mutex::default(),
            arrived: Mutex::default(),
            cancels: Mutex::default(),
            violations: Mutex::default(),
            words: Words::default(),
            given_up: Mutex::default(),
        }
    }

    pub(crate) fn note(&self, invariant: u8, what: impl Into<String>) {
        let what = format!("{}: {}", self.clock.now(), what.into());
        self.violations.lock().push(Violation { invariant, what });
    }

    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.violations.lock().clone()
    }

    /// Something is asked of a venue. During a ban that is on record nothing is, but what was on its way when that came.
    pub(crate) fn asking(&self, venue: &VenueId) {
        let now = self.clock.now();
        for ban in self.ledger.kept_bans().iter().filter(|ban| ban.venue == *venue) {
            let holds = ban.until.map_or(Duration::ZERO, |until| until.since(ban.at).min(BAN_HOLDS));
            if now > ban.at && now < ban.at.plus(holds) {
                self.note(5, format!("{venue} was asked during its ban: {ban:?}"));
            }
        }
    }

    /// The executor was called, whether or not a byte left.
    pub(crate) fn trying(&self, order: &VenueOrder) {
        self.tried.lock().insert(order.client_id());
    }

    pub(crate) fn was_tried(&self, client: VenueClientId) -> bool {
        self.tried.lock().contains(&client)
    }

    /// The process ended: what it was told and did not put on record, the next one is told anew, by its venues.
    pub(crate) fn end(&self) {
        self.ends.lock().push(self.clock.now());
    }

    /// Which process lives, counted from the first.
    pub(crate) fn life(&self) -> usize {
        self.ends.lock().len()
    }

    /// A process was told of an execution by its account's stream.
    pub(crate) fn told(&self, fill: &VenueFill, life: usize) {
        if life == self.life() {
            let name = (fill.venue.clone(), fill.execution_id.clone());
            self.told.lock().entry(name).or_default().push(self.clock.now());
        }
    }

    /// Whether the process of this moment had been told of an execution long enough before it to know of it.
    pub(crate) fn was_told(&self, fill: &VenueFill, at: Timestamp) -> bool {
        let (told, ends) = (self.told.lock(), self.ends.lock());
        let known =
            |told: &Timestamp| told.plus(AT_ONCE) <= at && !ends.iter().any(|end| end >= told && *end <= at);
        let name = (fill.venue.clone(), fill.execution_id.clone());
        told.get(&name).is_some_and(|times| times.iter().any(known))
    }

    /// Whether a process ended within [`AT_ONCE`] of this moment.
    pub(crate) fn ended_after(&self, moment: Timestamp) -> bool {
        self.ends.lock().iter().any(|end| *end >= moment && end.since(moment) <= AT_ONCE)
    }

    /// When a process that lived at one moment ended, at another moment at the latest.
    pub(crate) fn first_end(&self, from: Timestamp, to: Timestamp) -> Timestamp {
        self.ends.lock().iter().copied().filter(|end| *end >= from).fold(to, Timestamp::min)
    }

    /// An exit that has its turn at a venue and finds less to close gives it up, and waits for another one.
    pub(crate) fn note_turns_given_up(&self) {
        let mut seen = self.given_up.lock();
        let orders = self.ledger.all_orders();
        for record in self.ledger.records().iter().filter(|record| record.seq > *seen) {
            if let JournalEvent::AttemptEnded { order, reason, .. } = &record.event
                && reason.code == "position_changed"
                && let Some(leg) = orders.iter().find(|it| it.id() == *order).and_then(|it| it.leg.as_ref())
            {
                self.words.called(&leg.venue, record.at);
            }
        }
        *seen = self.ledger.records().last().map_or(*seen, |record| record.seq);
    }

    /// The first byte of a request leaves.
    pub(crate) fn sending(&self, venue: &VenueId, sent: &VenueOrder) {
        let id = sent.client_id();
        if !self.sent.lock().insert(id) {
            self.note(1, format!("{id} was sent to {venue} twice"));
        }
        let orders = self.ledger.orders_of(sent.user());
        let recorded = orders
            .iter()
            .find(|order| order.leg.as_ref().is_some_and(|leg| leg.client_id == id && leg.venue == *venue));
        let Some(order) = recorded else {
            return self.note(6, format!("{id} left for {venue} and its route is not on record"));
        };
        let Some(leg) = &order.leg else {
            return;
        };
        let signal = &order.intent.signal;
        if leg.quantity != sent.quantity()
            || leg.kind != sent.kind()
            || signal.symbol != *sent.symbol()
            || signal.side != sent.side()
        {
            self.note(6, format!("{id} left as something else than its record: {sent:?}, {order:?}"));
        }
        if order.state.is_final() {
            self.note(6, format!("{} was {} when it was sent", order.id(), order.state));
        }
        let killed = |on: &nija_core::KillSwitch| {
            let theirs = on.scope != nija_core::KillScope::User || on.user == sent.user();
            theirs && on.scope.covers(venue)
        };
        if !signal.signal_type.is_exit()
            && let Some(on) = self.ledger.kills().iter().find(|on| killed(on))
        {
            self.note(6, format!("{} was sent to {venue} although {on:?}", order.id()));
        }
        let waited = self.clock.now().since(order.updated_at);
        if signal.signal_type.is_exit() && waited > AT_ONCE {
            self.note_turns_given_up();
        }
        if signal.signal_type.is_exit()
            && order.state == OrderState::Queued
            && waited > AT_ONCE
            && !self.words.excuse(venue, sent.user(), order.updated_at, self.clock.now())
        {
            self.note(5, format!("exit {} was held up for {} ms", order.id(), waited.as_millis()));
        }
        self.check_limits(order, &orders);
    }

    fn check_limits(&self, sent: &Order, orders: &[Arc<Order>]) {
        let signal = &sent.intent.signal;
        let live = orders.iter().filter(|order| {
            !order.state.is_final() && order.intent.signal.symbol == signal.symbol && order.leg.is_some()
        });
        let positions = self.ledger.positions_of(signal.user);
        if signal.signal_type.is_exit() {
            let venue = sent.leg.as_ref().map(|leg| leg.venue.clone());
            let held: Decimal = positions
                .iter()
                .filter(|open| Some(&open.venue) == venue.as_ref() && open.symbol == signal.symbol)
                .map(|open| if signal.side == Side::Sell { open.quantity } else { -open.quantity })
                .sum();
            let closing: Decimal = live
                .filter(|order| order.leg.as_ref().map(|leg| &leg.venue) == venue.as_ref())
                .filter(|order| order.intent.signal.side == signal.side)
                .map(|order| order.remaining().get())
                .sum();
            if closing > held {
                self.note(6, format!("{closing} of {held} {} are being closed", signal.symbol));
            }
            return;
        }
        // What its user sold by hand beyond what is on record is a short position until the rest is told: an entry closes it first.
        let held: Decimal = positions
            .iter()
            .filter(|open| open.symbol == signal.symbol && open.side() == signal.side)
            .map(|open| open.cost.abs())
            .sum();
        let coming: Decimal = live
            .filter(|order| !order.intent.signal.signal_type.is_exit())
            .filter_map(|order| Some(order.remaining().get() * order.leg.as_ref()?.worst_price().get()))
            .sum();
        let may_be = (held + coming) * usd(signal.symbol.quote());
        if may_be > Decimal::from(LARGEST_POSITION) * COLLAR {
            self.note(6, format!("{} may grow to {may_be} USD", signal.symbol));
        }
    }

    /// A venue has taken an order.
    pub(crate) fn arrived(&self, venue: &VenueId, client: VenueClientId, id: &VenueOrderId) {
        let orders = self.ledger.all_orders();
        let attempts =
            |order: &Order| (0..40).any(|attempt| VenueClientId::derive(order.id(), attempt) == client);
        let Some(order) = orders.iter().find(|order| attempts(order)).map(Order::id) else {
            return self.note(6, format!("{venue} has {client}, which belongs to no intent"));
        };
        let mut arrived = self.arrived.lock();
        let places = arrived.entry(order).or_default();
        places.push((venue.clone(), id.clone()));
        if places.len() > 1 {
            let what = format!("{order} is at its venues {} times: {places:?}", places.len());
            drop(arrived);
            self.note(1, what);
        }
    }

    pub(crate) fn cancelling(&self, client: VenueClientId) {
        self.cancels.lock().entry(client).or_insert_with(|| self.clock.now());
    }

    /// When the first cancel of this order left.
    pub(crate) fn cancelled_at(&self, client: VenueClientId) -> Option<Timestamp> {
        self.cancels.lock().get(&client).copied()
    }

    /// An order as the journal has it.
    pub(crate) async fn on_record(&self, user: nija_core::UserId, order: OrderId) -> Option<Order> {
        self.ledger.order(user, order).await.ok().flatten()
    }
}
