//! What follows from the journal: orders, positions, fills, sums, pauses, kill switches and preferences.
//!
//! An entry is durable with its commit; its consequences are drawn in memory ([`Projector`] on [`Staged`]) and handed over a little
//! later ([`Generation`]) to who writes the tables, each row once however many entries changed it. Nobody can tell: whoever reads
//! has them written first, and what a crash leaves out is drawn again from the journal. The check does the same over the whole
//! journal into an empty database.

pub(crate) mod entries;
pub(crate) mod fills;
pub(crate) mod known;
pub(crate) mod lookups;
pub(crate) mod orders;
pub(crate) mod pnl;
pub(crate) mod positions;
mod projector;
pub(crate) mod protections;
pub(crate) mod reading;
pub(crate) mod replay;
pub(crate) mod sound;

use nija_core::{
    ClientOrderId, Fill, JournalEvent, OrderId, Position, RiskStanding, RoutingPreference, Timestamp, UserId,
};

use known::{Key, Known};
pub(crate) use projector::Projector;

/// Seeded anew for each map, in a fraction of the standard hasher's time.
type Map<K, V> = std::collections::HashMap<K, V, foldhash::quality::RandomState>;
type Set<K> = std::collections::HashSet<K, foldhash::quality::RandomState>;

/// What is not in the tables yet, and what of them is kept at hand.
#[derive(Default)]
pub(crate) struct Staged {
    entries: Vec<entries::Entry>,
    orders: orders::Orders,
    positions: positions::Positions,
    fills: fills::Fills,
    pauses: Vec<(UserId, bool, Timestamp)>,
    limits: Vec<(UserId, RiskStanding)>,
    kills: Vec<(UserId, Timestamp, JournalEvent)>,
    preferences: Vec<(UserId, RoutingPreference)>,
    protections: Vec<protections::Change>,
    dirty: bool,
    /// The last entry whose consequences were handed over.
    given: u64,
}

impl Staged {
    /// For tables that stand at this entry.
    pub(crate) fn after(given: u64) -> Self {
        Self { given, ..Self::default() }
    }

    /// Whether something was not handed over yet.
    pub(crate) const fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Whether an order is at hand.
    pub(crate) fn has_order(&self, id: OrderId) -> bool {
        self.orders.get(id).is_some()
    }

    /// The order that an order at hand carries out a part of.
    pub(crate) fn parent_of(&self, id: OrderId) -> Option<OrderId> {
        self.orders.get(id).and_then(|order| order.intent.parent)
    }

    /// Whether it is at hand whose a client's id is.
    pub(crate) fn has_owner(&self, user: UserId, id: &ClientOrderId) -> bool {
        self.orders.owner(user, id).is_some()
    }

    /// Whether a user's execution is known without the tables.
    pub(crate) fn has_fill(&self, user: UserId, fill: &Fill) -> bool {
        self.fills.get(user, fill).is_some()
    }

    /// Whether it is at hand what is open there.
    pub(crate) fn has_position(&self, place: &positions::Key) -> bool {
        self.positions.has(place)
    }

    /// Takes over what a batch changed.
    pub(crate) fn take(&mut self, changes: Changes) {
        self.dirty = true;
        self.entries.extend(changes.entries);
        self.orders.take(changes.orders);
        self.positions.take(changes.positions);
        self.fills.take(changes.fills);
        self.pauses.extend(changes.pauses);
        self.limits.extend(changes.limits);
        self.kills.extend(changes.kills);
        self.preferences.extend(changes.preferences);
        self.protections.extend(changes.protections);
    }

    /// How many entries have consequences that were not handed over.
    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Hands over all that follows from the journal up to its entry `last_seq`. What was handed over before must have been written;
    /// until [`Staged::written`] says that this is as well, it is still found here.
    pub(crate) fn hand_over(&mut self, last_seq: u64) -> Generation {
        self.dirty = false;
        Generation {
            before: std::mem::replace(&mut self.given, last_seq),
            last_seq,
            entries: std::mem::take(&mut self.entries),
            orders: self.orders.hand_over(),
            positions: self.positions.hand_over(),
            fills: self.fills.hand_over(),
            pauses: std::mem::take(&mut self.pauses),
            limits: std::mem::take(&mut self.limits),
            kills: std::mem::take(&mut self.kills),
            preferences: std::mem::take(&mut self.preferences),
            protections: std::mem::take(&mut self.protections),
        }
    }

    /// What was handed over is in the tables.
    pub(crate) fn written(&mut self) {
        self.orders.written();
        self.positions.written();
        self.fills.written();
    }
}

/// All that the tables, which stand at one entry of the journal, lack up to another.
pub(crate) struct Generation {
    pub(crate) before: u64,
    pub(crate) last_seq: u64,
    pub(crate) entries: Vec<entries::Entry>,
    pub(crate) orders: Vec<orders::Row>,
    pub(crate) positions: positions::Rows,
    pub(crate) fills: Vec<fills::NewFill>,
    pub(crate) pauses: Vec<(UserId, bool, Timestamp)>,
    pub(crate) limits: Vec<(UserId, RiskStanding)>,
    pub(crate) kills: Vec<(UserId, Timestamp, JournalEvent)>,
    pub(crate) preferences: Vec<(UserId, RoutingPreference)>,
    pub(crate) protections: Vec<protections::Change>,
}

/// What one batch changes.
pub(crate) struct Changes {
    entries: Vec<entries::Entry>,
    orders: Vec<orders::Held>,
    positions: positions::Work,
    fills: Vec<fills::NewFill>,
    pauses: Vec<(UserId, bool, Timestamp)>,
    limits: Vec<(UserId, RiskStanding)>,
    kills: Vec<(UserId, Timestamp, JournalEvent)>,
    preferences: Vec<(UserId, RoutingPreference)>,
    protections: Vec<protections::Change>,
    /// The positions that changed, as they are now.
    pub(crate) changed: Vec<Position>,
}

impl Changes {
    /// Takes up the keys of what is new.
    pub(crate) fn note_keys(&self, known: &mut Known) {
        for order in &self.orders {
            order.note_keys(known);
        }
        for fill in &self.fills {
            known.put(&Key::Fill(fill.user, &fill.venue, &fill.execution_id));
        }
    }
}
