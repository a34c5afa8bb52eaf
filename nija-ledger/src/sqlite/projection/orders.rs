//! The table `orders`: each order as [`Order::apply`] left it.

use nija_core::{ClientOrderId, LedgerError, Order, OrderId, OrderIntent, UserId};
use rusqlite::{Connection, OptionalExtension, params};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

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

/// An order of a batch, its place in the table, and whether the batch took it up.
pub(super) struct Held {
    place: u64,
    order: Order,
    is_new: bool,
}

/// An order and its place in the table.
struct Placed {
    place: u64,
    order: Order,
}

/// An order that the table lacks, or has as it was.
pub(super) struct Row {
    placed: Arc<Placed>,
    is_new: bool,
}

/// Orders that the table lacks, and live ones that will change again.
#[derive(Default)]
pub(super) struct Orders {
    held: HashMap<OrderId, Arc<Placed>>,
    /// Those that the table lacks altogether (`true`) or has as they were, by their places: what is merely kept costs nothing to write.
    dirty: BTreeMap<u64, (OrderId, bool)>,
    /// Those that the table lacks altogether, by their clients' ids.
    by_client: HashMap<(UserId, ClientOrderId), OrderId>,
    /// What was handed over and is not known to be in the table yet.
    under_way: UnderWay,
}

#[derive(Default)]
struct UnderWay {
    orders: Vec<OrderId>,
    by_client: HashMap<(UserId, ClientOrderId), OrderId>,
}

impl Orders {
    pub(super) fn take(&mut self, changed: Vec<Held>) {
        for Held { place, order, is_new } in changed {
            let id = order.id();
            if is_new {
                let signal = &order.intent.signal;
                self.by_client.insert((signal.user, signal.client_order_id.clone()), id);
            }
            let is_new = is_new || self.dirty.get(&place).is_some_and(|(_, is_new)| *is_new);
            self.dirty.insert(place, (id, is_new));
            self.held.insert(id, Arc::new(Placed { place, order }));
        }
    }

    /// What the table lacks, in the order of the journal.
    pub(super) fn hand_over(&mut self) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.dirty.len());
        for (id, is_new) in std::mem::take(&mut self.dirty).into_values() {
            if let Some(placed) = self.held.get(&id) {
                rows.push(Row { placed: Arc::clone(placed), is_new });
                self.under_way.orders.push(id);
            }
        }
        self.under_way.by_client.extend(std::mem::take(&mut self.by_client));
        rows
    }

    /// What was handed over is in the table.
    pub(super) fn written(&mut self) {
        let UnderWay { orders, .. } = std::mem::take(&mut self.under_way);
        let (held, dirty) = (&mut self.held, &self.dirty);
        for id in orders {
            let ended = |held: &Arc<Placed>| held.order.state.is_final() && !dirty.contains_key(&held.place);
            if held.get(&id).is_some_and(ended) {
                held.remove(&id);
            }
        }
        if held.len() > KEPT {
            held.retain(|_, held| dirty.contains_key(&held.place));
        }
    }

    /// Whose a client's id is, where the table does not know it yet.
    fn owner(&self, user: UserId, id: &ClientOrderId) -> Option<OrderId> {
        let key = (user, id.clone());
        self.by_client.get(&key).or_else(|| self.under_way.by_client.get(&key)).copied()
    }
}

impl Row {
    pub(super) fn write(&self, connection: &Connection) -> Outcome<()> {
        let Placed { place, order } = &*self.placed;
        let body = serde_json::to_string(order).map_err(|error| Fault::unreadable("an order", error))?;
        let signal = &order.intent.signal;
        let venue = order.leg.as_ref().map(|leg| &leg.venue).or(signal.venue.as_ref());
        let (place, venue) = (to_column(*place), venue.map(nija_core::VenueId::as_str));
        let (state, live) = (order.state.as_str(), !order.state.is_final());
        if self.is_new {
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
                    Some(held) if held.order.intent.signal.user == user => {
                        Held { place: held.place, order: held.order.clone(), is_new: false }
                    }
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
        if let Some(order) = staged.owner(signal.user, &signal.client_order_id) {
            return Ok(Some(order));
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
