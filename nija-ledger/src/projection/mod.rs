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
pub(crate) mod protections;
pub(crate) mod reading;
pub(crate) mod replay;
pub(crate) mod sound;

use nija_core::{
    ClientOrderId, Fill, JournalEvent, LedgerError, OrderId, OrderIntent, Position, RiskStanding,
    RoutingPreference, Timestamp, UserId,
};

use crate::{amounts, fault::Outcome};
use known::{Key, Known};
use lookups::{Lookups, Recorded};

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
                if fill.user != self.user {
                    return Err(
                        LedgerError::Invalid("a fill is of another user than its batch".into()).into()
                    );
                }
                let order = match fill.order {
                    Some(id) => Some(self.orders.find(tables, &staged.orders, self.user, id)?),
                    None => None,
                };
                let open = self.positions.open(tables, &staged.positions, fill)?;
                amounts::check(fill, order.as_deref(), open)?;
                let mut parent = None;
                if let Some(order) = order {
                    order.apply(event, at)?;
                    parent = order.intent.parent;
                }
                self.tell_parent(parent, event, at)?;
                let change = self.positions.fold(seq, fill);
                let (venue, symbol) = (&fill.execution.venue, &fill.execution.symbol);
                let followed = protections::Change::filled(self.user, venue, symbol, &change);
                self.protections.push(followed);
                self.fills.push(fills::NewFill::new(seq, fill, change.realised_pnl));
                for position in change.closed.into_iter().chain(change.open) {
                    self.changed.retain(|known| known.id != position.id);
                    self.changed.push(position);
                }
                Ok(())
            }
            JournalEvent::FeeValued { fill } => {
                if fill.user != self.user {
                    return Err(
                        LedgerError::Invalid("a fill is of another user than its batch".into()).into()
                    );
                }
                let open = self.positions.open(tables, &staged.positions, fill)?;
                let order = match fill.order {
                    Some(id) => Some(self.orders.find(tables, &staged.orders, self.user, id)?),
                    None => None,
                };
                amounts::check_fee(fill, order.as_deref(), open)?;
                let mut parent = None;
                if let Some(order) = order {
                    order.apply(event, at)?;
                    parent = order.intent.parent;
                }
                self.tell_parent(parent, event, at)?;
                if let Some(position) = self.positions.value_fee(fill) {
                    self.changed.retain(|known| known.id != position.id);
                    self.changed.push(position);
                }
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

    /// What a child does counts for its parent as well.
    fn tell_parent(&mut self, parent: Option<OrderId>, event: &JournalEvent, at: Timestamp) -> Outcome<()> {
        let Some(parent) = parent else { return Ok(()) };
        let parent = self.orders.find(self.tables, &self.staged.orders, self.user, parent)?;
        match event {
            JournalEvent::Filled(fill) => amounts::check(fill, Some(parent), None)?,
            JournalEvent::FeeValued { fill } => amounts::check_fee(fill, Some(parent), None)?,
            _ => {}
        }
        parent.apply_child(event, at);
        Ok(())
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
