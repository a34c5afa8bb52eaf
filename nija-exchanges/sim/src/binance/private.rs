//! Calls of an account: orders, lists, balances, executions, rights.

mod about;
mod lists;

use self::about::{discount, rates};
use super::error::BinanceError;
use super::filters;
use super::listen_keys::letters;
use super::new_order::{self, symbol};
use super::oco;
use super::orders;
use super::params::Params;
use super::protocol::State;
use crate::engine::{AccountId, Engine, Fill, LinkId, NewOrder, Order, OrderId, Reject, TimeInForce};
use crate::faults::{Fault, FaultKind};
use crate::venue::Venue;
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(crate) use self::about::limits_now;

/// `startTime` and `endTime` may be this far apart.
const SPAN: i64 = 86_400_000_000_000;
type Answer = Result<Value, BinanceError>;

/// A checked caller.
pub(crate) struct Caller<'a> {
    pub(crate) venue: &'a Venue,
    pub(crate) state: &'a State,
    pub(crate) key: String,
    pub(crate) account: AccountId,
    pub(crate) params: &'a Params,
    pub(crate) now_ns: i64,
    pub(crate) fault: Option<&'a Fault>,
}

impl Caller<'_> {
    pub(crate) fn call(&self, call: &str) -> Answer {
        match call {
            "newOrder" => self.new_order(),
            "testOrder" => self.test_order(),
            "order" => self.order(),
            "cancel" => self.cancel(),
            "cancelReplace" => self.cancel_replace(),
            "openOrders" => self.open_orders(),
            "cancelAll" => self.cancel_all(),
            "allOrders" => self.all_orders(),
            "oco" => self.oco(oco::parse),
            "oldOco" => self.oco(oco::parse_old),
            "orderList" => self.order_list(),
            "cancelList" => self.cancel_list(),
            "allOrderLists" => Ok(self.lists(false)),
            "openOrderLists" => Ok(self.lists(true)),
            "account" => self.about(),
            "commission" => self.commission(),
            "myTrades" => self.my_trades(),
            "orderCount" => Ok(self.order_count()),
            "nothing" => Ok(json!([])),
            "startStream" => Ok(json!({ "listenKey": self.state.listen_keys.start(&self.key, self.now_ns) })),
            "keepStream" => self.listen_key(false),
            "endStream" => self.listen_key(true),
            "apiRestrictions" => self.restrictions(),
            "tradeFee" => self.trade_fee(),
            "userAsset" => Ok(self.user_asset()),
            "accountStatus" => Ok(json!({ "data": "Normal" })),
            // Even a key that may withdraw gets nothing out of a simulator. Unverified: which of its codes Binance sends.
            _ => Err(BinanceError::new(-4019, "The current currency is not open for withdrawal")),
        }
    }

    fn new_order(&self) -> Answer {
        let mut engine = self.venue.engine.lock();
        let parsed = new_order::parse(self.params, self.account, &engine, self.venue.lenient)?;
        let id = self.place(&mut engine, parsed.order)?;
        let placed = engine.order(id).map(|order| orders::placed(&engine, order, parsed.form, self.now_ns));
        drop(engine);
        self.venue.touch();
        placed.ok_or_else(BinanceError::timeout)
    }

    /// Checks and places an order, counting it.
    fn place(&self, engine: &mut Engine, mut order: NewOrder) -> Result<OrderId, BinanceError> {
        self.state.limits.may_order(self.venue.tier, self.account, self.now_ns)?;
        filters::check(engine, &order, self.now_ns)?;
        if let Some(fault) = self.fault.filter(|fault| fault.kind == FaultKind::PartialFill) {
            order.take_fraction = Some(fault.fraction.unwrap_or(Decimal::new(5, 1)));
        }
        let placed = match engine.place(order.clone(), self.now_ns) {
            // Binance accepts a FOK order that it cannot fill, and lets it expire at once.
            Err(Reject::FillOrKill) => {
                let unfilled =
                    NewOrder { tif: TimeInForce::Ioc, take_fraction: Some(Decimal::ZERO), ..order };
                engine.place(unfilled, self.now_ns)
            }
            placed => placed,
        };
        let id = placed.map_err(|reject| BinanceError::from_reject(&reject))?;
        // Documented: what counts are unfilled orders. One that trades on arrival is not counted here.
        if engine.order(id).is_some_and(|order| order.filled.is_zero()) {
            self.state.limits.count_order(self.account, self.now_ns);
        }
        Ok(id)
    }

    fn test_order(&self) -> Answer {
        let engine = self.venue.engine.lock();
        let parsed = new_order::parse(self.params, self.account, &engine, self.venue.lenient)?;
        filters::check(&engine, &parsed.order, self.now_ns)?;
        engine.check(&parsed.order, self.now_ns).map_err(|reject| BinanceError::from_reject(&reject))?;
        if self.params.get("computeCommissionRates") != Some("true") {
            return Ok(json!({}));
        }
        let (maker, taker) = rates(&engine, self.account);
        let zero = json!({ "maker": "0.00000000", "taker": "0.00000000" });
        Ok(json!({
            "standardCommissionForOrder": { "maker": maker, "taker": taker },
            "specialCommissionForOrder": zero,
            "taxCommissionForOrder": zero,
            "discount": discount(),
        }))
    }

    /// The order that `orderId` or `origClientOrderId` names; of several with one client id the newest.
    fn named<'e>(
        &self,
        engine: &'e Engine,
        id: &str,
        client: &str,
    ) -> Result<Option<&'e Order>, BinanceError> {
        let (market, _) = symbol(self.params)?;
        let (number, client_id) = (self.params.int(id)?, self.params.get(client));
        if number.is_none() && client_id.is_none() {
            let msg = format!("Param '{client}' or '{id}' must be sent, but both were empty/null!");
            return Err(BinanceError::new(-1102, msg));
        }
        let mine = |order: &&Order| {
            order.ask.account == self.account
                && order.ask.market == market
                && number.is_none_or(|number| u64::try_from(number) == Ok(order.id))
                && client_id.is_none_or(|name| orders::client_id(order) == name)
        };
        if let Some(number) = number {
            return Ok(u64::try_from(number).ok().and_then(|number| engine.order(number)).filter(mine));
        }
        let open = engine.open_orders(self.account).rev().find(mine);
        Ok(open.or_else(|| engine.closed_orders(self.account).filter(mine).max_by_key(|order| order.id)))
    }

    fn order(&self) -> Answer {
        let engine = self.venue.engine.lock();
        let found =
            self.named(&engine, "orderId", "origClientOrderId")?.ok_or_else(BinanceError::no_such_order)?;
        Ok(orders::order(&engine, found))
    }

    fn cancel(&self) -> Answer {
        let mut engine = self.venue.engine.lock();
        let cancelled = self.cancel_named(&mut engine, "orderId", "origClientOrderId", "newClientOrderId")?;
        drop(engine);
        self.venue.touch();
        Ok(cancelled)
    }

    fn cancel_named(&self, engine: &mut Engine, id: &str, client: &str, new: &str) -> Answer {
        let found = self.named(engine, id, client)?.filter(|order| order.status.is_open());
        let (id, link) =
            found.map(|order| (order.id, order.link)).ok_or_else(BinanceError::cancel_rejected)?;
        self.refuse_by_restriction(engine, id)?;
        engine.cancel(self.account, id, self.now_ns).map_err(|reject| BinanceError::from_reject(&reject))?;
        if let Some(link) = link {
            return Ok(self.cancelled_list(engine, link));
        }
        let order = engine.order(id).ok_or_else(BinanceError::cancel_rejected)?;
        let cancel_id = self.params.get(new).map_or_else(|| orders::cancel_id(order), str::to_owned);
        Ok(orders::cancelled(order, &cancel_id, self.now_ns))
    }

    fn refuse_by_restriction(&self, engine: &Engine, id: OrderId) -> Result<(), BinanceError> {
        let partly = engine.order(id).is_some_and(|order| !order.filled.is_zero());
        match self.params.get("cancelRestrictions") {
            None => Ok(()),
            Some("ONLY_NEW") if !partly => Ok(()),
            Some("ONLY_PARTIALLY_FILLED") if partly => Ok(()),
            Some("ONLY_NEW" | "ONLY_PARTIALLY_FILLED") => {
                Err(BinanceError::new(-2011, "Order was not canceled due to cancel restrictions."))
            }
            Some(_) => Err(BinanceError::new(
                -1145,
                "cancelRestrictions has to be either ONLY_NEW or ONLY_PARTIALLY_FILLED.",
            )),
        }
    }

    fn cancel_replace(&self) -> Answer {
        let goes_on = match self.params.need("cancelReplaceMode")? {
            "STOP_ON_FAILURE" => false,
            "ALLOW_FAILURE" => true,
            _ => {
                return Err(BinanceError::new(
                    -1130,
                    "Data sent for parameter 'cancelReplaceMode' is not valid.",
                ));
            }
        };
        let mut engine = self.venue.engine.lock();
        let parsed = new_order::parse(self.params, self.account, &engine, true)?;
        let cancelled = self.cancel_named(
            &mut engine,
            "cancelOrderId",
            "cancelOrigClientOrderId",
            "cancelNewClientOrderId",
        );
        let attempted = cancelled.is_ok() || goes_on;
        let placed = if attempted {
            self.place(&mut engine, parsed.order).and_then(|id| {
                let order = engine.order(id).ok_or_else(BinanceError::timeout)?;
                Ok(orders::placed(&engine, order, parsed.form, self.now_ns))
            })
        } else {
            Err(BinanceError::new(0, ""))
        };
        drop(engine);
        self.venue.touch();
        let word = |result: &Answer| if result.is_ok() { "SUCCESS" } else { "FAILURE" };
        let told = |result: &Answer| match result {
            Ok(value) => value.clone(),
            Err(error) => json!({ "code": error.code, "msg": error.msg }),
        };
        let data = json!({
            "cancelResult": word(&cancelled),
            "newOrderResult": if attempted { word(&placed) } else { "NOT_ATTEMPTED" },
            "cancelResponse": told(&cancelled),
            "newOrderResponse": if attempted { told(&placed) } else { Value::Null },
        });
        match (cancelled.is_ok(), placed.is_ok()) {
            (true, true) => Ok(data),
            (false, false) => Err(BinanceError::new(-2022, "Order cancel-replace failed.")),
            _ => Err(BinanceError::new(-2021, "Order cancel-replace partially failed.")
                .status(axum::http::StatusCode::CONFLICT)),
        }
    }

    fn open_orders(&self) -> Answer {
        let market = self.params.get("symbol").map(|_| symbol(self.params)).transpose()?;
        let engine = self.venue.engine.lock();
        let mine = |order: &&Order| market.is_none_or(|(market, _)| order.ask.market == market);
        Ok(engine.open_orders(self.account).filter(mine).map(|order| orders::order(&engine, order)).collect())
    }

    fn cancel_all(&self) -> Answer {
        let (market, _) = symbol(self.params)?;
        let mut engine = self.venue.engine.lock();
        let open: Vec<(OrderId, Option<LinkId>)> = engine
            .open_orders(self.account)
            .filter(|order| order.ask.market == market)
            .map(|order| (order.id, order.link))
            .collect();
        if open.is_empty() {
            return Err(BinanceError::cancel_rejected());
        }
        let mut out: Vec<Value> = Vec::new();
        for (id, link) in open {
            // The second order of a list went with the first.
            if engine.cancel(self.account, id, self.now_ns).is_err() {
                continue;
            }
            out.extend(match link {
                Some(link) => Some(self.cancelled_list(&engine, link)),
                None => engine
                    .order(id)
                    .map(|order| orders::cancelled(order, &orders::cancel_id(order), self.now_ns)),
            });
        }
        drop(engine);
        self.venue.touch();
        Ok(out.into())
    }

    fn all_orders(&self) -> Answer {
        let (market, _) = symbol(self.params)?;
        let limit = self.params.limit(500, 1_000)?;
        let from = self.params.int("orderId")?.and_then(|id| u64::try_from(id).ok());
        let (start, end) = self.span()?;
        let engine = self.venue.engine.lock();
        let mut all: Vec<&Order> = engine
            .closed_orders(self.account)
            .chain(engine.open_orders(self.account))
            .filter(|order| order.ask.market == market)
            .filter(|order| from.is_none_or(|from| order.id >= from))
            .filter(|order| start.is_none_or(|start| order.opened_ns >= start))
            .filter(|order| end.is_none_or(|end| order.opened_ns <= end))
            .collect();
        all.sort_by_key(|order| order.id);
        // From a number or a time on the oldest, else the newest.
        let skip = if from.is_some() || start.is_some() { 0 } else { all.len().saturating_sub(limit) };
        Ok(all[skip..].iter().take(limit).map(|order| orders::order(&engine, order)).collect())
    }

    /// `startTime` and `endTime`, at most a day apart.
    fn span(&self) -> Result<(Option<i64>, Option<i64>), BinanceError> {
        let (start, end) = (self.params.time("startTime")?, self.params.time("endTime")?);
        if let (Some(start), Some(end)) = (start, end)
            && end.saturating_sub(start) > SPAN
        {
            return Err(BinanceError::new(-1127, "More than 24 hours between startTime and endTime."));
        }
        // The last millisecond counts whole.
        Ok((start, end.map(|end| end.saturating_add(999_999))))
    }

    fn my_trades(&self) -> Answer {
        let (market, _) = symbol(self.params)?;
        let limit = self.params.limit(500, 1_000)?;
        let (order, from) = (self.params.int("orderId")?, self.params.int("fromId")?);
        let (start, end) = self.span()?;
        let timed = start.is_some() || end.is_some();
        if timed && (order.is_some() || from.is_some()) {
            return Err(BinanceError::combination());
        }
        let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
        let (order, from) = (number(order), number(from));
        let engine = self.venue.engine.lock();
        let mut all: Vec<&Fill> = engine
            .fills(self.account)
            .filter(|fill| fill.market == market)
            .filter(|fill| order.is_none_or(|order| fill.order == order))
            .filter(|fill| from.is_none_or(|from| fill.trade_id >= from))
            .filter(|fill| start.is_none_or(|start| fill.time_ns >= start))
            .filter(|fill| end.is_none_or(|end| fill.time_ns <= end))
            .collect();
        all.reverse();
        let oldest_first = from.is_some() || start.is_some();
        let skip = if oldest_first { 0 } else { all.len().saturating_sub(limit) };
        Ok(all[skip..].iter().take(limit).map(|fill| orders::trade(&engine, fill)).collect())
    }
}

/// A new API key or secret.
pub(crate) fn credential() -> String {
    letters(64)
}
