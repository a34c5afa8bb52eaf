//! Calls of an account: orders, lists, balances, executions, rights.

use super::error::BinanceError;
use super::exchange_info::{rate_limits, wanted};
use super::filters;
use super::format::{eight, ms};
use super::limits::ORDERS;
use super::listen_keys::letters;
use super::new_order::{self, symbol};
use super::oco::{self, Oco};
use super::orders;
use super::params::Params;
use super::protocol::State;
use super::routes::{TRADE, WITHDRAW};
use super::symbols::SYMBOLS;
use crate::engine::{AccountId, Engine, Fill, LinkId, NewOrder, Order, OrderId, Reject, TimeInForce};
use crate::faults::{Fault, FaultKind};
use crate::venue::Venue;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// `startTime` and `endTime` may be this far apart.
const SPAN: i64 = 86_400_000_000_000;
/// What `apiRestrictions` tells, beside the rights by name.
const RIGHTS: [&str; 9] = [
    "enableReading",
    TRADE,
    WITHDRAW,
    "enableInternalTransfer",
    "permitsUniversalTransfer",
    "enableMargin",
    "enableFutures",
    "enableVanillaOptions",
    "enablePortfolioMarginTrading",
];

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

    fn oco(&self, parse: fn(&Params, AccountId, &Engine, bool) -> Result<Oco, BinanceError>) -> Answer {
        let mut engine = self.venue.engine.lock();
        let Oco { orders: [above, below], name } =
            parse(self.params, self.account, &engine, self.venue.lenient)?;
        self.state.limits.may_order(self.venue.tier, self.account, self.now_ns)?;
        for order in [&above, &below] {
            filters::check(&engine, order, self.now_ns)?;
        }
        let placed = engine.place_linked(vec![above, below], self.now_ns);
        let link = placed.map_err(|reject| BinanceError::from_reject(&reject))?;
        // Both orders of a list count.
        self.state.limits.count_order(self.account, self.now_ns);
        self.state.limits.count_order(self.account, self.now_ns);
        self.state.list_names.lock().insert(link, name.clone());
        let mut out = orders::list(&engine, link, &name);
        out["orderReports"] =
            engine.linked(link).map(|order| orders::placed(&engine, order, "RESULT", self.now_ns)).collect();
        drop(engine);
        self.venue.touch();
        Ok(out)
    }

    fn list_name(&self, link: LinkId) -> String {
        self.state.list_names.lock().get(&link).cloned().unwrap_or_default()
    }

    fn named_list(&self, engine: &Engine, id: &str, client: &str) -> Result<Option<LinkId>, BinanceError> {
        let (number, name) = (self.params.int(id)?, self.params.get(client));
        if number.is_none() && name.is_none() {
            let msg = format!("Param '{client}' or '{id}' must be sent, but both were empty/null!");
            return Err(BinanceError::new(-1102, msg));
        }
        let number = number.and_then(|number| u64::try_from(number).ok());
        let mine = |link: &LinkId| {
            number.map_or_else(|| Some(self.list_name(*link).as_str()) == name, |n| n == *link)
        };
        Ok(engine.links_of(self.account).filter(mine).last())
    }

    fn order_list(&self) -> Answer {
        let engine = self.venue.engine.lock();
        let link = self.named_list(&engine, "orderListId", "origClientOrderId")?;
        let link = link.ok_or_else(|| BinanceError::new(-2018, "Order list does not exist."))?;
        Ok(orders::list(&engine, link, &self.list_name(link)))
    }

    fn cancel_list(&self) -> Answer {
        symbol(self.params)?;
        let mut engine = self.venue.engine.lock();
        let link = self.named_list(&engine, "orderListId", "listClientOrderId")?;
        let open = link.and_then(|link| {
            let first = engine.linked(link).find(|order| order.status.is_open())?;
            Some((link, first.id))
        });
        let (link, first) = open.ok_or_else(BinanceError::list_cancel_rejected)?;
        engine
            .cancel(self.account, first, self.now_ns)
            .map_err(|reject| BinanceError::from_reject(&reject))?;
        let out = self.cancelled_list(&engine, link);
        drop(engine);
        self.venue.touch();
        Ok(out)
    }

    fn cancelled_list(&self, engine: &Engine, link: LinkId) -> Value {
        let mut out = orders::list(engine, link, &self.list_name(link));
        out["orderReports"] = engine
            .linked(link)
            .map(|order| orders::cancelled(order, &orders::cancel_id(order), self.now_ns))
            .collect();
        out
    }

    fn lists(&self, open: bool) -> Value {
        let engine = self.venue.engine.lock();
        let wanted = |link: &LinkId| !open || orders::list_is_open(&engine, *link);
        let links: Vec<LinkId> = engine.links_of(self.account).filter(wanted).collect();
        links.into_iter().map(|link| orders::list(&engine, link, &self.list_name(link))).collect()
    }

    fn about(&self) -> Answer {
        let all = self.params.get("omitZeroBalances") != Some("true");
        let engine = self.venue.engine.lock();
        let (maker, taker) = rates(&engine, self.account);
        let (balances, _) = engine.balances(self.account);
        let balances: Vec<Value> = balances
            .into_iter()
            .filter(|(_, balance)| all || !balance.total.is_zero())
            .map(|(asset, balance)| {
                json!({ "asset": asset, "free": eight(balance.available()), "locked": eight(balance.held) })
            })
            .collect();
        Ok(json!({
            "makerCommission": 10,
            "takerCommission": 10,
            "buyerCommission": 0,
            "sellerCommission": 0,
            "commissionRates": { "maker": maker, "taker": taker, "buyer": "0.00000000", "seller": "0.00000000" },
            "canTrade": self.may(TRADE),
            "canWithdraw": true,
            "canDeposit": true,
            "brokered": false,
            "requireSelfTradePrevention": false,
            "preventSor": false,
            "updateTime": ms(self.now_ns),
            "accountType": "SPOT",
            "balances": balances,
            "permissions": ["SPOT"],
            "uid": 354_937_868 + self.account as u64,
        }))
    }

    fn commission(&self) -> Answer {
        let (_, symbol) = symbol(self.params)?;
        let (maker, taker) = rates(&self.venue.engine.lock(), self.account);
        let zero = "0.00000000";
        let none = json!({ "maker": zero, "taker": zero, "buyer": zero, "seller": zero });
        Ok(json!({
            "symbol": symbol.name,
            "standardCommission": { "maker": maker, "taker": taker, "buyer": zero, "seller": zero },
            "specialCommission": none,
            "taxCommission": none,
            "discount": discount(),
        }))
    }

    fn trade_fee(&self) -> Answer {
        let (maker, taker) = rates(&self.venue.engine.lock(), self.account);
        let listed = wanted(self.params)?.unwrap_or_else(|| SYMBOLS.iter().enumerate().collect());
        let row = |(_, symbol): (usize, &super::symbols::Symbol)| json!({ "symbol": symbol.name, "makerCommission": maker, "takerCommission": taker });
        Ok(listed.into_iter().map(row).collect())
    }

    fn user_asset(&self) -> Value {
        let (balances, _) = self.venue.engine.lock().balances(self.account);
        balances
            .into_iter()
            .filter(|(asset, balance)| {
                !balance.total.is_zero() && self.params.get("asset").is_none_or(|wanted| wanted == asset)
            })
            .map(|(asset, balance)| {
                json!({
                    "asset": asset,
                    "free": eight(balance.available()),
                    "locked": eight(balance.held),
                    "freeze": "0",
                    "withdrawing": "0",
                    "ipoable": "0",
                    "btcValuation": "0",
                })
            })
            .collect()
    }

    fn order_count(&self) -> Value {
        let counts = self.state.limits.orders(self.account, self.now_ns);
        let row = |interval: &str, number: u64, at: usize| json!({ "rateLimitType": "ORDERS", "interval": interval, "intervalNum": number, "limit": ORDERS[at], "count": counts[at] });
        json!([row("SECOND", 10, 0), row("DAY", 1, 1)])
    }

    fn listen_key(&self, end: bool) -> Answer {
        let key = self.params.need("listenKey")?;
        self.state.listen_keys.change(&self.key, key, end, self.now_ns)?;
        Ok(json!({}))
    }

    fn restrictions(&self) -> Answer {
        let mut out = Map::new();
        out.insert("ipRestrict".to_owned(), json!(false));
        out.insert("createTime".to_owned(), json!(ms(self.now_ns)));
        for right in RIGHTS {
            out.insert(right.to_owned(), json!(self.may(right)));
        }
        Ok(Value::Object(out))
    }

    fn may(&self, right: &str) -> bool {
        self.venue.keys.lock().get(&self.key).is_some_and(|key| key.may(right))
    }
}

/// The account's rates for resting and for taking.
fn rates(engine: &Engine, account: AccountId) -> (String, String) {
    let (_, tier) = engine.volume(account);
    let rate = |percent: Decimal| eight(percent / Decimal::ONE_HUNDRED);
    (rate(tier.maker_pct), rate(tier.taker_pct))
}

fn discount() -> Value {
    json!({ "enabledForAccount": false, "enabledForSymbol": false, "discountAsset": "BNB", "discount": "0.75000000" })
}

/// The limits that a call counts in, with the counts now, as the WebSocket API tells them.
pub(crate) fn limits_now(venue: &Venue, state: &State, account: Option<AccountId>, orders: bool) -> Value {
    let now_ns = venue.clock.now_ns();
    let counts = account.map(|account| state.limits.orders(account, now_ns));
    let mut out: Vec<Value> = Vec::new();
    for (at, limit) in rate_limits().as_array().into_iter().flatten().enumerate() {
        let count = match (at, counts) {
            (0, _) => state.limits.weight(now_ns),
            (1 | 2, Some(counts)) if orders => counts[at - 1],
            _ => continue,
        };
        let mut limit = limit.clone();
        limit["count"] = json!(count);
        out.push(limit);
    }
    // Orders first, as in Binance's examples.
    let several = usize::from(out.len() > 1);
    out.rotate_left(several);
    out.into()
}

/// A new API key or secret.
pub(crate) fn credential() -> String {
    letters(64)
}
