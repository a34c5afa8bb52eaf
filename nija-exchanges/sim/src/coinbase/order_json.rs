//! Orders and fills as Coinbase writes them.

use super::ids::{self, Kind};
use super::products::{PRODUCTS, plain};
use super::public::side;
use crate::clock::rfc3339;
use crate::engine::{Engine, Fill, Order, OrderType, Side, Status, TimeInForce};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// An order as the venue shows it: one of the engine's, or the two of a bracket.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    head: &'a Order,
    stop: Option<&'a Order>,
}

impl<'a> View<'a> {
    /// The view of an order; `None` for the second leg of a bracket, which has no id of its own.
    pub(super) fn of(engine: &'a Engine, order: &'a Order) -> Option<Self> {
        let mut group = order.link.into_iter().flat_map(|link| engine.linked(link));
        match (group.next(), group.next()) {
            (Some(head), stop) => (head.id == order.id).then_some(Self { head, stop }),
            (None, _) => Some(Self { head: order, stop: None }),
        }
    }

    /// The view that an order of a log belongs to: as it stood then, or, for a bracket, as it stands now.
    pub(super) fn of_logged(engine: &'a Engine, order: &'a Order) -> Self {
        let head = order.link.and_then(|link| engine.linked(link).next());
        head.and_then(|head| Self::of(engine, head)).unwrap_or(Self { head: order, stop: None })
    }

    /// The number behind its id.
    pub(super) fn number(&self) -> u64 {
        self.head.id
    }

    pub(super) fn head(&self) -> &'a Order {
        self.head
    }

    /// The engine's orders.
    pub(super) fn legs(&self) -> impl Iterator<Item = &'a Order> {
        std::iter::once(self.head).chain(self.stop)
    }

    /// The leg that decides what becomes of it.
    fn active(&self) -> &'a Order {
        self.stop.filter(|stop| stop.triggered).unwrap_or(self.head)
    }

    pub(super) fn status(&self) -> &'static str {
        match self.active().status {
            Status::Open => "OPEN",
            Status::Filled => "FILLED",
            Status::Canceled => "CANCELLED",
            Status::Expired => "EXPIRED",
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.active().status.is_open()
    }

    pub(super) fn filled(&self) -> Decimal {
        self.legs().map(|leg| leg.filled).sum()
    }

    fn cost(&self) -> Decimal {
        self.legs().map(|leg| leg.cost).sum()
    }

    fn fee(&self) -> Decimal {
        self.legs().map(|leg| leg.fee).sum()
    }

    fn average(&self) -> Decimal {
        let filled = self.filled();
        if filled.is_zero() { Decimal::ZERO } else { (self.cost() / filled).round_dp(8) }
    }

    fn fills(&self) -> usize {
        self.legs().map(|leg| leg.fills.len()).sum()
    }

    fn left(&self) -> Decimal {
        if self.head.ask.in_quote {
            Decimal::ZERO
        } else {
            (self.head.ask.qty - self.filled()).max(Decimal::ZERO)
        }
    }

    fn completion(&self) -> Decimal {
        let ask = &self.head.ask;
        let done = if ask.in_quote { self.cost() } else { self.filled() };
        if ask.qty.is_zero() { Decimal::ZERO } else { (done * Decimal::ONE_HUNDRED / ask.qty).round_dp(2) }
    }

    fn after_fees(&self) -> Decimal {
        let sign = if self.head.ask.side == Side::Buy { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
        self.cost() + sign * self.fee()
    }

    fn held(&self) -> Decimal {
        self.legs().map(|leg| leg.held).sum()
    }

    /// `LIMIT` and so on.
    pub(super) fn order_type(&self) -> &'static str {
        match (self.stop, self.head.ask.order_type) {
            (Some(_), _) => "BRACKET",
            (None, OrderType::Market) => "MARKET",
            (None, OrderType::Limit) => "LIMIT",
            (None, _) => "STOP_LIMIT",
        }
    }

    pub(super) fn time_in_force(&self) -> &'static str {
        match self.head.ask.tif {
            TimeInForce::Gtc => "GOOD_UNTIL_CANCELLED",
            TimeInForce::Ioc => "IMMEDIATE_OR_CANCEL",
            TimeInForce::Fok => "FILL_OR_KILL",
            TimeInForce::Gtd => "GOOD_UNTIL_DATE_TIME",
        }
    }

    fn trigger_status(&self) -> &'static str {
        let leg = self.stop.unwrap_or(self.head);
        match (leg.ask.order_type.is_triggered(), leg.triggered) {
            (false, _) => "INVALID_ORDER_TYPE",
            (true, false) => "STOP_PENDING",
            (true, true) => "STOP_TRIGGERED",
        }
    }

    /// The `order_configuration` that made it.
    fn configuration(&self) -> Value {
        let ask = &self.head.ask;
        let suffix = match ask.tif {
            TimeInForce::Gtd => "gtd",
            TimeInForce::Ioc => "ioc",
            TimeInForce::Fok => "fok",
            TimeInForce::Gtc => "gtc",
        };
        let mut terms = json!({});
        terms[if ask.in_quote { "quote_size" } else { "base_size" }] = json!(plain(ask.qty));
        if let Some(limit) = ask.limit {
            terms["limit_price"] = json!(plain(limit));
        }
        if let Some(end) = ask.expires_ns {
            terms["end_time"] = json!(rfc3339(end));
        }
        let name = match (self.stop, ask.order_type) {
            (Some(stop), _) => {
                terms["stop_trigger_price"] = json!(plain(stop.ask.trigger.unwrap_or_default()));
                format!("trigger_bracket_{suffix}")
            }
            (None, OrderType::Market) => format!("market_market_{suffix}"),
            (None, OrderType::Limit) if ask.tif == TimeInForce::Ioc => "sor_limit_ioc".to_owned(),
            (None, OrderType::Limit) => {
                if ask.tif != TimeInForce::Fok {
                    terms["post_only"] = json!(ask.post_only);
                }
                format!("limit_limit_{suffix}")
            }
            (None, _) => {
                let rises = (ask.order_type == OrderType::StopLossLimit) == (ask.side == Side::Buy);
                let direction = if rises { "STOP_DIRECTION_STOP_UP" } else { "STOP_DIRECTION_STOP_DOWN" };
                terms["stop_price"] = json!(plain(ask.trigger.unwrap_or_default()));
                terms["stop_direction"] = json!(direction);
                format!("stop_limit_stop_limit_{suffix}")
            }
        };
        json!({ name: terms })
    }

    fn last_fill_ns(&self, engine: &Engine) -> Option<i64> {
        let ids: Vec<u64> = self.legs().flat_map(|leg| leg.fills.iter().copied()).collect();
        let last = ids.iter().max()?;
        engine.fills(self.head.ask.account).find(|fill| fill.id == *last).map(|fill| fill.time_ns)
    }

    /// As List Orders and Get Order write it.
    pub(super) fn rest(&self, engine: &Engine) -> Value {
        let ask = &self.head.ask;
        let account = ask.account as u64;
        let cancelled = self.status() == "CANCELLED";
        json!({
            "order_id": ids::id(Kind::Order, self.head.id),
            "product_id": PRODUCTS[ask.market].id,
            "user_id": ids::id(Kind::User, account),
            "order_configuration": self.configuration(),
            "side": side(ask.side),
            "client_order_id": ask.client_id.clone().unwrap_or_default(),
            "status": self.status(),
            "time_in_force": self.time_in_force(),
            "created_time": rfc3339(self.head.opened_ns),
            "completion_percentage": plain(self.completion()),
            "filled_size": plain(self.filled()),
            "average_filled_price": plain(self.average()),
            "fee": "",
            "number_of_fills": self.fills().to_string(),
            "filled_value": plain(self.cost()),
            "pending_cancel": false,
            "size_in_quote": ask.in_quote,
            "total_fees": plain(self.fee()),
            "size_inclusive_of_fees": false,
            "total_value_after_fees": plain(self.after_fees()),
            "trigger_status": self.trigger_status(),
            "order_type": self.order_type(),
            "reject_reason": "REJECT_REASON_UNSPECIFIED",
            "settled": self.status() == "FILLED",
            "product_type": "SPOT",
            "reject_message": "",
            "cancel_message": if cancelled { self.active().reason.unwrap_or_default() } else { "" },
            "order_placement_source": "RETAIL_ADVANCED",
            "outstanding_hold_amount": plain(self.held()),
            "is_liquidation": false,
            "last_fill_time": self.last_fill_ns(engine).map(rfc3339),
            "edit_history": [],
            "leverage": "",
            "margin_type": "UNKNOWN_MARGIN_TYPE",
            "retail_portfolio_id": ids::id(Kind::Portfolio, account),
            "originating_order_id": "",
            "attached_order_id": "",
            "attached_order_configuration": null,
        })
    }

    /// As the `user` channel writes it. `status` is the log's word for it where that differs from what the order says.
    pub(super) fn stream(&self, status: Option<&'static str>) -> Value {
        let ask = &self.head.ask;
        let kind = match self.order_type() {
            "MARKET" => "Market",
            "LIMIT" => "Limit",
            "BRACKET" => "Bracket",
            _ => "Stop Limit",
        };
        let status = status.unwrap_or(self.status());
        let cancelled = status == "CANCELLED";
        let price = |value: Option<Decimal>| value.map(plain).unwrap_or_default();
        let stop = self.stop.map_or(ask.trigger, |stop| stop.ask.trigger);
        json!({
            "avg_price": plain(self.average()),
            "cancel_reason": if cancelled { self.active().reason.unwrap_or_default() } else { "" },
            "client_order_id": ask.client_id.clone().unwrap_or_default(),
            "completion_percentage": plain(self.completion()),
            "contract_expiry_type": "UNKNOWN_CONTRACT_EXPIRY_TYPE",
            "cumulative_quantity": plain(self.filled()),
            "filled_value": plain(self.cost()),
            "leaves_quantity": plain(self.left()),
            "limit_price": price(ask.limit),
            "number_of_fills": self.fills().to_string(),
            "order_id": ids::id(Kind::Order, self.head.id),
            "order_side": side(ask.side),
            "order_type": kind,
            "outstanding_hold_amount": plain(self.held()),
            "post_only": ask.post_only.to_string(),
            "product_id": PRODUCTS[ask.market].id,
            "product_type": "SPOT",
            "reject_reason": "",
            "retail_portfolio_id": ids::id(Kind::Portfolio, ask.account as u64),
            "risk_managed_by": "UNKNOWN_RISK_MANAGEMENT_TYPE",
            "status": status,
            "stop_price": price(stop),
            "time_in_force": self.time_in_force(),
            "total_fees": plain(self.fee()),
            "total_value_after_fees": plain(self.after_fees()),
            "trigger_status": self.trigger_status(),
            "creation_time": rfc3339(self.head.opened_ns),
            "end_time": ask.expires_ns.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), rfc3339),
            "start_time": "0001-01-01T00:00:00Z",
        })
    }
}

/// A fill as List Fills writes it. `order` is the number behind its order's id, `in_quote` whether that was for an amount of
/// money: sizes are then in quote, too.
pub(super) fn fill(fill: &Fill, order: u64, account: u64, in_quote: bool) -> Value {
    json!({
        "entry_id": ids::id(Kind::Fill, fill.id),
        "trade_id": ids::id(Kind::Trade, fill.id),
        "order_id": ids::id(Kind::Order, order),
        "trade_time": rfc3339(fill.time_ns),
        "trade_type": "FILL",
        "price": plain(fill.price),
        "size": plain(if in_quote { fill.cost } else { fill.qty }),
        "commission": plain(fill.fee),
        "product_id": PRODUCTS[fill.market].id,
        "sequence_timestamp": rfc3339(fill.time_ns),
        "liquidity_indicator": if fill.maker { "MAKER" } else { "TAKER" },
        "size_in_quote": in_quote,
        "user_id": ids::id(Kind::User, account),
        "side": side(fill.side),
        "retail_portfolio_id": ids::id(Kind::Portfolio, account),
    })
}
