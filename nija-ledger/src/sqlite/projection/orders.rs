//! The table `orders`: each order as [`Order::apply`] left it.

use nija_core::{LedgerError, Order, OrderId, OrderIntent, UserId};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::{
    fault::{Fault, Outcome},
    numbers::{from_column, to_column},
};

pub(in crate::sqlite) const LOAD: &str = "SELECT place, body FROM orders WHERE id = ?1 AND user = ?2";
pub(in crate::sqlite) const EXISTS: &str = "SELECT 1 FROM orders WHERE id = ?1";
pub(in crate::sqlite) const BY_CLIENT_ID: &str =
    "SELECT body FROM orders WHERE user = ?1 AND client_order_id = ?2";
const INSERT: &str = "INSERT INTO orders (place, id, user, client_order_id, state, live, venue, symbol, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const UPDATE: &str = "UPDATE orders SET state = ?2, live = ?3, venue = ?4, body = ?5 WHERE place = ?1";

/// The orders that a batch touches; each is read once and written once, however many events it has.
#[derive(Default)]
pub(super) struct OrderWork {
    held: Vec<Held>,
}

struct Held {
    place: u64,
    order: Order,
    is_new: bool,
}

impl OrderWork {
    /// A new order.
    pub(super) fn accept(
        &mut self,
        connection: &Connection,
        user: UserId,
        place: u64,
        intent: &OrderIntent,
    ) -> Outcome<()> {
        if intent.signal.user != user {
            return Err(LedgerError::Invalid("an intent is of another user than its batch".into()).into());
        }
        if let Some(order) = self.owner(connection, intent)? {
            let client_order_id = intent.signal.client_order_id.clone();
            return Err(LedgerError::ClientOrderIdTaken { client_order_id, order }.into());
        }
        if self.is_known(connection, intent.id)? {
            return Err(LedgerError::Invalid(format!("there is an order {} already", intent.id)).into());
        }
        self.held.push(Held { place, order: Order::new(intent.clone()), is_new: true });
        Ok(())
    }

    /// An order of this user, to be changed.
    pub(super) fn find(&mut self, connection: &Connection, user: UserId, id: OrderId) -> Outcome<&mut Order> {
        let index = match self.held.iter().position(|held| held.order.id() == id) {
            Some(index) => index,
            None => {
                let (place, order) = load(connection, user, id)?.ok_or(LedgerError::NoSuchOrder(id))?;
                self.held.push(Held { place, order, is_new: false });
                self.held.len() - 1
            }
        };
        self.held
            .get_mut(index)
            .map(|held| &mut held.order)
            .ok_or_else(|| LedgerError::NoSuchOrder(id).into())
    }

    /// Writes them all.
    pub(super) fn store(&self, connection: &Connection) -> Outcome<()> {
        for Held { place, order, is_new } in &self.held {
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
                ])?;
            } else {
                connection.prepare_cached(UPDATE)?.execute(params![place, state, live, venue, body])?;
            }
        }
        Ok(())
    }

    /// The order that has the intent's client order id.
    fn owner(&self, connection: &Connection, intent: &OrderIntent) -> Outcome<Option<OrderId>> {
        let signal = &intent.signal;
        let same = |held: &&Held| held.order.intent.signal.client_order_id == signal.client_order_id;
        if let Some(held) = self.held.iter().find(same) {
            return Ok(Some(held.order.id()));
        }
        let body: Option<String> = connection
            .prepare_cached(BY_CLIENT_ID)?
            .query_row(params![signal.user.as_uuid().as_bytes(), signal.client_order_id.as_str()], |row| {
                row.get(0)
            })
            .optional()?;
        body.map(|body| decode(&body).map(|order| order.id())).transpose()
    }

    fn is_known(&self, connection: &Connection, id: OrderId) -> Outcome<bool> {
        if self.held.iter().any(|held| held.order.id() == id) {
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
