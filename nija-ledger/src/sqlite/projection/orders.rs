//! The table `orders`: each order as [`Order::apply`] left it.

use nija_core::{ClientOrderId, LedgerError, Order, OrderId, OrderIntent, UserId};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, HashMap};

use super::super::{
    fault::{Fault, Outcome},
    numbers::{from_column, to_column},
};

pub(in crate::sqlite) const LOAD: &str = "SELECT place, body FROM orders WHERE id = ?1 AND user = ?2";
pub(in crate::sqlite) const EXISTS: &str = "SELECT 1 FROM orders WHERE id = ?1";
pub(in crate::sqlite) const BY_CLIENT_ID: &str =
    "SELECT body FROM orders WHERE user = ?1 AND client_order_id = ?2";
pub(in crate::sqlite) const OWNER: &str = "SELECT id FROM orders WHERE user = ?1 AND client_order_id = ?2";
const INSERT: &str =
    "INSERT INTO orders (place, id, user, client_order_id, state, live, venue, symbol, body, parent)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const UPDATE: &str = "UPDATE orders SET state = ?2, live = ?3, venue = ?4, body = ?5 WHERE place = ?1";

/// Live orders kept at hand; beyond this all are read again.
const KEPT: usize = 100_000;

/// An order, its place in the table, and whether it is there yet.
#[derive(Clone)]
pub(super) struct Held {
    place: u64,
    order: Order,
    is_new: bool,
}

/// Orders that the table lacks, and live ones that will change again.
#[derive(Default)]
pub(super) struct Orders {
    held: HashMap<OrderId, Held>,
    /// Those that the table lacks or has as they were, by their places: what is merely kept costs nothing to write.
    dirty: BTreeMap<u64, OrderId>,
    /// Those that the table lacks altogether, by their clients' ids.
    by_client: HashMap<(UserId, ClientOrderId), OrderId>,
}

impl Orders {
    pub(super) fn take(&mut self, changed: Vec<Held>) {
        for held in changed {
            if held.is_new {
                let signal = &held.order.intent.signal;
                self.by_client.insert((signal.user, signal.client_order_id.clone()), held.order.id());
            }
            self.dirty.insert(held.place, held.order.id());
            self.held.insert(held.order.id(), held);
        }
    }

    /// Writes what the table lacks, in the order of the journal.
    pub(super) fn write(&self, connection: &Connection) -> Outcome<()> {
        self.dirty.values().filter_map(|id| self.held.get(id)).try_for_each(|held| held.write(connection))
    }

    pub(super) fn written(&mut self) {
        self.by_client.clear();
        for id in std::mem::take(&mut self.dirty).into_values() {
            if self.held.get(&id).is_some_and(|held| held.order.state.is_final()) {
                self.held.remove(&id);
            } else if let Some(held) = self.held.get_mut(&id) {
                held.is_new = false;
            }
        }
        if self.held.len() > KEPT {
            self.held.clear();
        }
    }
}

impl Held {
    fn write(&self, connection: &Connection) -> Outcome<()> {
        let Self { place, order, is_new, .. } = self;
        let body = serde_json::to_string(order).map_err(|error| Fault::unreadable("an order", error))?;
        let signal = &order.intent.signal;
        let venue = order.leg.as_ref().map(|leg| &leg.venue).or(signal.venue.as_ref());
        let (place, venue) = (to_column(*place), venue.map(nija_core::VenueId::as_str));
        let (state, live) = (order.state.as_str(), !order.state.is_final());
        if *is_new {
            connection.prepare_cached(INSERT)?.execute(params![
                place,
                order.id().as_uuid().as_bytes(),
                signal.user.as_uuid().as_bytes(),
                signal.client_order_id.as_str(),
                state,
                live,
                venue,
                signal.symbol.as_str(),
                body,
                order.intent.parent.map(|parent| *parent.as_uuid().as_bytes()),
            ])?;
        } else {
            connection.prepare_cached(UPDATE)?.execute(params![place, state, live, venue, body])?;
        }
        Ok(())
    }
}

/// The orders that a batch touches.
#[derive(Default)]
pub(super) struct OrderWork {
    held: Vec<Held>,
}

impl OrderWork {
    pub(super) fn into_held(self) -> Vec<Held> {
        self.held
    }

    /// A new order.
    pub(super) fn accept(
        &mut self,
        connection: &Connection,
        staged: &Orders,
        user: UserId,
        place: u64,
        intent: &OrderIntent,
    ) -> Outcome<()> {
        if intent.signal.user != user {
            return Err(LedgerError::Invalid("an intent is of another user than its batch".into()).into());
        }
        if let Some(order) = self.owner(connection, staged, intent)? {
            let client_order_id = intent.signal.client_order_id.clone();
            return Err(LedgerError::ClientOrderIdTaken { client_order_id, order }.into());
        }
        if self.is_known(connection, staged, intent.id)? {
            return Err(LedgerError::Invalid(format!("there is an order {} already", intent.id)).into());
        }
        self.held.push(Held { place, order: Order::new(intent.clone()), is_new: true });
        Ok(())
    }

    /// An order of this user, to be changed.
    pub(super) fn find(
        &mut self,
        connection: &Connection,
        staged: &Orders,
        user: UserId,
        id: OrderId,
    ) -> Outcome<&mut Order> {
        let index = match self.held.iter().position(|held| held.order.id() == id) {
            Some(index) => index,
            None => {
                let held = match staged.held.get(&id) {
                    Some(held) if held.order.intent.signal.user == user => held.clone(),
                    Some(_) => return Err(LedgerError::NoSuchOrder(id).into()),
                    None => {
                        let (place, order) =
                            load(connection, user, id)?.ok_or(LedgerError::NoSuchOrder(id))?;
                        Held { place, order, is_new: false }
                    }
                };
                self.held.push(held);
                self.held.len() - 1
            }
        };
        self.held
            .get_mut(index)
            .map(|held| &mut held.order)
            .ok_or_else(|| LedgerError::NoSuchOrder(id).into())
    }

    /// The order that has the intent's client order id.
    fn owner(
        &self,
        connection: &Connection,
        staged: &Orders,
        intent: &OrderIntent,
    ) -> Outcome<Option<OrderId>> {
        let signal = &intent.signal;
        let same =
            |held: &&Held| held.is_new && held.order.intent.signal.client_order_id == signal.client_order_id;
        if let Some(held) = self.held.iter().find(same) {
            return Ok(Some(held.order.id()));
        }
        if let Some(order) = staged.by_client.get(&(signal.user, signal.client_order_id.clone())) {
            return Ok(Some(*order));
        }
        let id: Option<[u8; 16]> = connection
            .prepare_cached(OWNER)?
            .query_row(params![signal.user.as_uuid().as_bytes(), signal.client_order_id.as_str()], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(id.map(|bytes| OrderId::from_uuid(uuid::Uuid::from_bytes(bytes))))
    }

    fn is_known(&self, connection: &Connection, staged: &Orders, id: OrderId) -> Outcome<bool> {
        if staged.held.contains_key(&id) || self.held.iter().any(|held| held.order.id() == id) {
            return Ok(true);
        }
        Ok(connection.prepare_cached(EXISTS)?.exists([id.as_uuid().as_bytes()])?)
    }
}

fn load(connection: &Connection, user: UserId, id: OrderId) -> Outcome<Option<(u64, Order)>> {
    let found: Option<(i64, String)> = connection
        .prepare_cached(LOAD)?
        .query_row(params![id.as_uuid().as_bytes(), user.as_uuid().as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    found.map(|(place, body)| Ok((from_column(place), decode(&body)?))).transpose()
}

fn decode(body: &str) -> Outcome<Order> {
    serde_json::from_str(body).map_err(|error| Fault::unreadable("an order", error))
}
