//! What the drawing of consequences asks the tables for: how things stand that are not at hand.

use nija_core::{ClientOrderId, Fill, Order, OrderId, Position, UserId};
use std::ops::ControlFlow;

use crate::{
    fault::Outcome,
    numbers::from_column,
    sql::{Row, Sql, Value, values},
};

/// An order and its place.
pub(crate) const ORDER: &str = "SELECT place, body FROM orders WHERE id = ?1 AND \"user\" = ?2";
pub(crate) const ORDER_EXISTS: &str = "SELECT 1 FROM orders WHERE id = ?1";
pub(crate) const OWNER: &str = "SELECT id FROM orders WHERE \"user\" = ?1 AND client_order_id = ?2";
pub(crate) const FILL: &str =
    "SELECT unvalued FROM fills WHERE \"user\" = ?1 AND venue = ?2 AND execution_id = ?3";
pub(crate) const OPEN_POSITION: &str = "SELECT opened, body FROM positions
    WHERE \"user\" = ?1 AND venue = ?2 AND symbol = ?3 AND closed IS NULL";

/// The tables, as far as they go.
pub(crate) trait Lookups {
    /// An order of a user, and its place.
    fn order(&self, user: UserId, id: OrderId) -> Outcome<Option<(u64, Order)>>;

    /// Whether anybody has an order of this id.
    fn order_exists(&self, id: OrderId) -> Outcome<bool>;

    /// The order that a user's client order id names.
    fn owner(&self, user: UserId, client_order_id: &ClientOrderId) -> Outcome<Option<OrderId>>;

    /// A user's execution, where it is recorded.
    fn fill(&self, user: UserId, fill: &Fill) -> Outcome<Option<Recorded>>;

    /// The open position that a fill changes, and its place.
    fn open_position(&self, fill: &Fill) -> Outcome<Option<(i64, Position)>>;
}

/// What is known of an execution that is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Whether its fee counts as nothing, since nobody told what its asset is worth.
    pub(crate) unvalued: bool,
}

/// One question each.
impl<S: Sql> Lookups for S {
    fn order(&self, user: UserId, id: OrderId) -> Outcome<Option<(u64, Order)>> {
        let key = values![id.as_uuid().into_bytes(), user.as_uuid().into_bytes()];
        one(self, ORDER, key, |row| Ok((from_column(row.get(0)?), row.body(1)?)))
    }

    fn order_exists(&self, id: OrderId) -> Outcome<bool> {
        Ok(one(self, ORDER_EXISTS, values![id.as_uuid().into_bytes()], |_| Ok(()))?.is_some())
    }

    fn owner(&self, user: UserId, client_order_id: &ClientOrderId) -> Outcome<Option<OrderId>> {
        let key = values![user.as_uuid().into_bytes(), client_order_id.as_str()];
        one(self, OWNER, key, |row| Ok(OrderId::from_uuid(uuid::Uuid::from_bytes(row.get(0)?))))
    }

    fn fill(&self, user: UserId, fill: &Fill) -> Outcome<Option<Recorded>> {
        let execution = &fill.execution;
        let key =
            values![user.as_uuid().into_bytes(), execution.venue.as_str(), execution.execution_id.as_str()];
        one(self, FILL, key, |row| Ok(Recorded { unvalued: row.get::<i64>(0)? != 0 }))
    }

    fn open_position(&self, fill: &Fill) -> Outcome<Option<(i64, Position)>> {
        let execution = &fill.execution;
        let key =
            values![fill.user.as_uuid().into_bytes(), execution.venue.as_str(), execution.symbol.as_str()];
        one(self, OPEN_POSITION, key, |row| Ok((row.get(0)?, row.body(1)?)))
    }
}

fn one<T>(
    sql: &dyn Sql,
    question: &str,
    key: &[Value<'_>],
    take: impl Fn(&dyn Row) -> Outcome<T>,
) -> Outcome<Option<T>> {
    let mut found = None;
    sql.each(question, key, &mut |row| {
        found = Some(take(row)?);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}
