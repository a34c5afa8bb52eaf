//! What Alpaca knows of its orders beyond what the engine does.

use super::limits::Calls;
use crate::engine::{AccountId, OrderId};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// What belongs to an order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meta {
    /// `simple`, `bracket`, `oto`, `oco`; empty for crypto, as the venue sends it.
    pub(crate) order_class: &'static str,
    /// `day`, `gtc`, `ioc`, `fok`.
    pub(crate) tif: &'static str,
    /// `market`, `limit`, `stop`, `stop_limit`.
    pub(crate) kind: &'static str,
    /// Asked for in money.
    pub(crate) notional: Option<Decimal>,
    pub(crate) extended_hours: bool,
    pub(crate) legs: Vec<OrderId>,
    /// The order that a leg belongs to.
    pub(crate) parent: Option<OrderId>,
    pub(crate) replaced_by: Option<OrderId>,
    pub(crate) replaces: Option<OrderId>,
}

/// One venue's state.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Client ids ever used: a repeat is refused whatever became of the first.
    pub(crate) client_ids: HashMap<(AccountId, String), OrderId>,
    pub(crate) meta: HashMap<OrderId, Meta>,
    pub(crate) calls: HashMap<AccountId, Calls>,
    /// Whether the stock market is open, by hand; by the clock when not set.
    pub(crate) open: Option<bool>,
}

impl State {
    pub(crate) fn meta(&self, id: OrderId) -> Meta {
        self.meta.get(&id).cloned().unwrap_or_default()
    }
}
