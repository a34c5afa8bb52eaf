//! What a group of batches will ask the tables for, fetched in one trip over the network before they are checked.

use nija_core::{
    ClientOrderId, ExecutionId, Fill, JournalEvent, LedgerError, Order, OrderId, Position, Symbol, UserId,
    VenueId,
};
use std::collections::{HashMap, HashSet};

use super::{connect::Connection, question::Id};
use crate::{
    fault::{Fault, Outcome},
    numbers::from_column,
    projection::{
        Staged,
        known::{Key, Known},
        lookups::{Lookups, Recorded},
    },
    sql::Row,
};

/// Orders by their ids; orders by their clients' ids; fills that are known; positions that are open. Each by an index, also where the
/// plan was made when the tables were empty: hence one position at a time, or all that is open would be read.
const FIND: &str = r#"
    SELECT 1::int8, id, NULL::text, NULL::text, NULL::bytea, place, body FROM orders WHERE id = ANY($1::bytea[])
    UNION ALL SELECT 2, o."user", o.client_order_id, NULL, o.id, NULL, NULL
        FROM unnest($2::bytea[], $3::text[]) AS k (u, c) JOIN orders o ON o."user" = k.u AND o.client_order_id = k.c
    UNION ALL SELECT 3, f."user", f.venue, f.execution_id, NULL, f.unvalued, NULL
        FROM unnest($4::bytea[], $5::text[], $6::text[]) AS k (u, v, e)
        JOIN fills f ON f."user" = k.u AND f.venue = k.v AND f.execution_id = k.e
    UNION ALL SELECT 4, p."user", p.venue, p.symbol, NULL, p.opened, p.body
        FROM unnest($7::bytea[], $8::text[], $9::text[]) AS k (u, v, s)
        CROSS JOIN LATERAL (SELECT * FROM positions WHERE "user" = k.u AND venue = k.v AND symbol = k.s AND closed IS NULL LIMIT 1) AS p"#;

type ByClient = (UserId, ClientOrderId);
type Execution = (UserId, VenueId, ExecutionId);
type Place = (UserId, VenueId, Symbol);

/// The tables, with what was fetched ahead. What was not is asked for when it is needed.
pub(super) struct Ahead<'c> {
    connection: &'c Connection,
    found: &'c Found,
}

/// What was fetched.
pub(super) struct Found {
    orders: HashMap<OrderId, Option<(u64, Order)>>,
    owners: HashMap<ByClient, Option<OrderId>>,
    fills: HashMap<Execution, Option<Recorded>>,
    positions: HashMap<Place, Option<(i64, Position)>>,
}

/// What will be asked for.
#[derive(Default)]
struct Wanted {
    orders: HashSet<OrderId>,
    owners: HashSet<ByClient>,
    fills: HashSet<Execution>,
    positions: HashSet<Place>,
}

impl Wanted {
    fn of<'e>(staged: &Staged, events: impl Iterator<Item = (UserId, &'e JournalEvent)>) -> Self {
        let mut wanted = Self::default();
        for (user, event) in events {
            match event {
                JournalEvent::IntentAccepted { intent } => {
                    let client = (user, intent.signal.client_order_id.clone());
                    if !staged.has_owner(client.0, &client.1) {
                        wanted.owners.insert(client);
                    }
                    wanted.order(staged, Some(intent.id));
                    wanted.order(staged, intent.parent);
                }
                JournalEvent::Filled(fill) | JournalEvent::FeeValued { fill } => {
                    let nija_core::VenueFill { venue, execution_id, symbol, .. } = &fill.execution;
                    if !staged.has_fill(user, fill) {
                        wanted.fills.insert((user, venue.clone(), execution_id.clone()));
                    }
                    let place = (user, venue.clone(), symbol.clone());
                    if !staged.has_position(&place) {
                        wanted.positions.insert(place);
                    }
                    wanted.order(staged, fill.order);
                    wanted.order(staged, fill.order.and_then(|order| staged.parent_of(order)));
                }
                other => wanted.order(staged, other.order()),
            }
        }
        wanted
    }

    fn order(&mut self, staged: &Staged, id: Option<OrderId>) {
        self.orders.extend(id.filter(|id| !staged.has_order(*id)));
    }

    /// What is surely new is not asked for.
    fn keep_what_may_be_there(&mut self, known: &Known) {
        self.orders.retain(|id| known.may_hold(&Key::Order(*id)));
        self.owners.retain(|(user, id)| known.may_hold(&Key::Client(*user, id)));
        self.fills.retain(|(user, venue, id)| known.may_hold(&Key::Fill(*user, venue, id)));
    }

    fn is_empty(&self) -> bool {
        self.orders.is_empty() && self.owners.is_empty() && self.fills.is_empty() && self.positions.is_empty()
    }
}

impl Found {
    /// The tables of a connection with this.
    pub(super) const fn on<'c>(&'c self, connection: &'c Connection) -> Ahead<'c> {
        Ahead { connection, found: self }
    }

    /// Fetches what these events will ask for and memory does not know.
    pub(super) fn fetch<'e>(
        connection: &Connection,
        (staged, known): (&Staged, &Known),
        events: impl Iterator<Item = (UserId, &'e JournalEvent)>,
    ) -> Outcome<Self> {
        let mut wanted = Wanted::of(staged, events);
        let mut found = Self {
            orders: wanted.orders.iter().map(|id| (*id, None)).collect(),
            owners: wanted.owners.iter().map(|key| (key.clone(), None)).collect(),
            fills: wanted.fills.iter().map(|key| (key.clone(), None)).collect(),
            positions: wanted.positions.iter().map(|key| (key.clone(), None)).collect(),
        };
        wanted.keep_what_may_be_there(known);
        if !wanted.is_empty() {
            found.find(connection, &wanted)?;
        }
        Ok(found)
    }

    fn find(&mut self, connection: &Connection, wanted: &Wanted) -> Outcome<()> {
        let orders: Vec<_> = wanted.orders.iter().map(|id| Id(id.as_uuid().into_bytes())).collect();
        let (clients, client_ids): (Vec<_>, Vec<_>) =
            wanted.owners.iter().map(|(user, id)| (Id(user.as_uuid().into_bytes()), id.as_str())).unzip();
        let (mut filled, mut at, mut executions) = (Vec::new(), Vec::new(), Vec::new());
        for (user, venue, execution) in &wanted.fills {
            filled.push(Id(user.as_uuid().into_bytes()));
            at.push(venue.as_str());
            executions.push(execution.as_str());
        }
        let (mut holders, mut venues, mut symbols) = (Vec::new(), Vec::new(), Vec::new());
        for (user, venue, symbol) in &wanted.positions {
            holders.push(Id(user.as_uuid().into_bytes()));
            venues.push(venue.as_str());
            symbols.push(symbol.as_str());
        }
        let values: super::connect::Values<'_> =
            &[&orders, &clients, &client_ids, &filled, &at, &executions, &holders, &venues, &symbols];
        for row in connection.rows(FIND, values)? {
            self.take(&row)?;
        }
        Ok(())
    }

    fn take(&mut self, row: &dyn Row) -> Outcome<()> {
        let kind: i64 = row.get(0)?;
        if kind == 1 {
            self.orders.insert(order_id(row, 1)?, Some((from_column(row.get(5)?), row.body(6)?)));
            return Ok(());
        }
        let user = UserId::from_uuid(uuid::Uuid::from_bytes(row.get(1)?));
        match kind {
            2 => {
                let id = ClientOrderId::new(row.str(2)?).map_err(unreadable)?;
                self.owners.insert((user, id), Some(order_id(row, 4)?));
            }
            3 => {
                let venue = VenueId::new(row.str(2)?).map_err(unreadable)?;
                let execution = ExecutionId::new(row.str(3)?).map_err(unreadable)?;
                let recorded = Recorded { unvalued: row.get::<i64>(5)? != 0 };
                self.fills.insert((user, venue, execution), Some(recorded));
            }
            _ => {
                let venue = VenueId::new(row.str(2)?).map_err(unreadable)?;
                let symbol = Symbol::new(row.str(3)?).map_err(unreadable)?;
                self.positions.insert((user, venue, symbol), Some((row.get(5)?, row.body(6)?)));
            }
        }
        Ok(())
    }
}

fn order_id(row: &dyn Row, column: usize) -> Outcome<OrderId> {
    Ok(OrderId::from_uuid(uuid::Uuid::from_bytes(row.get(column)?)))
}

fn unreadable(error: impl std::fmt::Display) -> Fault {
    Fault::Ledger(LedgerError::Storage(format!("a row cannot be read: {error}")))
}

impl Lookups for Ahead<'_> {
    fn order(&self, user: UserId, id: OrderId) -> Outcome<Option<(u64, Order)>> {
        match self.found.orders.get(&id) {
            Some(known) => Ok(known.clone().filter(|(_, order)| order.intent.signal.user == user)),
            None => self.connection.order(user, id),
        }
    }

    fn order_exists(&self, id: OrderId) -> Outcome<bool> {
        match self.found.orders.get(&id) {
            Some(known) => Ok(known.is_some()),
            None => self.connection.order_exists(id),
        }
    }

    fn owner(&self, user: UserId, client_order_id: &ClientOrderId) -> Outcome<Option<OrderId>> {
        match self.found.owners.get(&(user, client_order_id.clone())) {
            Some(known) => Ok(*known),
            None => self.connection.owner(user, client_order_id),
        }
    }

    fn fill(&self, user: UserId, fill: &Fill) -> Outcome<Option<Recorded>> {
        let execution = &fill.execution;
        match self.found.fills.get(&(user, execution.venue.clone(), execution.execution_id.clone())) {
            Some(known) => Ok(*known),
            None => self.connection.fill(user, fill),
        }
    }

    fn open_position(&self, fill: &Fill) -> Outcome<Option<(i64, Position)>> {
        let execution = &fill.execution;
        match self.found.positions.get(&(fill.user, execution.venue.clone(), execution.symbol.clone())) {
            Some(known) => Ok(known.clone()),
            None => self.connection.open_position(fill),
        }
    }
}
