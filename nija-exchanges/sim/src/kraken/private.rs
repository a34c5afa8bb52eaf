//! Private REST calls: who asks, may they, and the answer.

use super::add_order;
use super::auth;
use super::error::KrakenError;
use super::format::fixed;
use super::orders;
use super::pairs::{self, PAIRS};
use super::params::Params;
use super::public;
use super::txid::{order_txid, parse_order, parse_trade, trade_txid};
use crate::account::random;
use crate::engine::{AccountId, Order};
use crate::faults::{Fault, FaultKind};
use crate::venue::Venue;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// Entries in one page of orders or fills.
const PAGE: usize = 50;
/// Seconds for which a stream token may be used to connect.
const TOKEN_SECONDS: i64 = 900;

type Answer = Result<Value, KrakenError>;

/// A checked caller.
pub(crate) struct Caller<'a> {
    venue: &'a Venue,
    key: String,
    account: AccountId,
    params: Params,
    now_ns: i64,
}

pub(crate) fn call(venue: &Venue, method: &str, parts: &Parts, body: &[u8], fault: Option<&Fault>) -> Answer {
    let (permission, cost) = terms(method)?;
    let caller = authenticate(venue, parts, body, permission, cost)?;
    match method {
        "Balance" => caller.balance(),
        "BalanceEx" => caller.balance_ex(),
        "TradeBalance" => caller.trade_balance(),
        "OpenOrders" => caller.open_orders(),
        "ClosedOrders" => caller.closed_orders(),
        "QueryOrders" => caller.query_orders(),
        "TradesHistory" => caller.trades_history(),
        "QueryTrades" => caller.query_trades(),
        "TradeVolume" => caller.trade_volume(),
        "AddOrder" => caller.add_order(fault),
        "CancelOrder" => caller.cancel_order(),
        "CancelAll" => caller.cancel_all(),
        "GetWebSocketsToken" => Ok(caller.token()),
        "GetApiKeyInfo" => caller.key_info(),
        // Even a key that may withdraw gets nothing out of a simulator.
        _ => Err(KrakenError::WITHDRAW_KEY),
    }
}

/// The right that a call needs (any, when empty), and what it costs in the call counter.
fn terms(method: &str) -> Result<(&'static str, f64), KrakenError> {
    Ok(match method {
        "Balance" | "BalanceEx" | "TradeBalance" | "TradeVolume" => ("query-funds", 1.0),
        "OpenOrders" | "QueryOrders" => ("query-open-trades", 1.0),
        "ClosedOrders" => ("query-closed-trades", 1.0),
        "QueryTrades" => ("query-closed-trades", 1.0),
        "TradesHistory" => ("query-closed-trades", 2.0),
        // Orders and cancels count in the matching engine's counter instead.
        "AddOrder" => ("modify-trades", 0.0),
        "CancelOrder" | "CancelAll" => ("close-trades", 0.0),
        "GetWebSocketsToken" => ("create-ws-token", 1.0),
        "GetApiKeyInfo" => ("", 1.0),
        "Withdraw" | "WithdrawInfo" | "WithdrawStatus" | "WithdrawCancel" | "WithdrawMethods"
        | "WithdrawAddresses" | "WalletTransfer" => ("withdraw-funds", 1.0),
        _ => return Err(KrakenError::UNKNOWN_METHOD),
    })
}

/// Key, then signature, then nonce, then rate, then rights: in Kraken's order.
fn authenticate<'a>(
    venue: &'a Venue,
    parts: &Parts,
    body: &[u8],
    permission: &str,
    cost: f64,
) -> Result<Caller<'a>, KrakenError> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let name = header("api-key").ok_or(KrakenError::INVALID_KEY)?;
    let sign = header("api-sign").ok_or(KrakenError::INVALID_SIGNATURE)?;
    let json = header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    let mut keys = venue.keys.lock();
    let key = keys.get_mut(name).ok_or(KrakenError::INVALID_KEY)?;
    let params = if json { Params::from_json(body) } else { Params::from_form(body) }?;
    let nonce = params.get("nonce").ok_or(KrakenError::INVALID_NONCE)?;
    auth::verify(&key.secret, parts.uri.path(), nonce, body, sign)?;
    let nonce: u64 = nonce.parse().map_err(|_| KrakenError::INVALID_NONCE)?;
    if nonce <= key.last_nonce {
        return Err(KrakenError::INVALID_NONCE);
    }
    key.last_nonce = nonce;
    let now_ns = venue.clock.now_ns();
    key.last_used_ns = now_ns;
    if !key.limits.call(venue.tier, cost, now_ns) {
        return Err(KrakenError::API_RATE);
    }
    if !permission.is_empty() && !key.may(permission) {
        return Err(KrakenError::PERMISSION);
    }
    Ok(Caller { venue, key: name.to_owned(), account: key.account, params, now_ns })
}

impl Caller<'_> {
    fn balance(&self) -> Answer {
        Ok(self.each_balance(|asset, balance| json!(fixed(balance.total, asset.decimals))))
    }

    fn balance_ex(&self) -> Answer {
        Ok(self.each_balance(|asset, balance| {
            json!({
                "balance": fixed(balance.total, asset.decimals),
                "hold_trade": fixed(balance.held, asset.decimals),
            })
        }))
    }

    fn each_balance(&self, value: impl Fn(&pairs::Asset, crate::engine::Balance) -> Value) -> Value {
        let (balances, _) = self.venue.engine.lock().balances(self.account);
        let entry = |(name, balance): (String, crate::engine::Balance)| {
            pairs::asset(&name).map(|asset| (asset.name.to_owned(), value(asset, balance)))
        };
        Value::Object(balances.into_iter().filter_map(entry).collect())
    }

    fn trade_balance(&self) -> Answer {
        let engine = self.venue.engine.lock();
        let mut worth = Decimal::ZERO;
        for (asset, balance) in engine.balances(self.account).0 {
            let price = PAIRS
                .iter()
                .position(|pair| pair.base.canonical == asset && pair.quote.canonical == "USD")
                .map_or(Decimal::ONE, |market| engine.markets()[market].last_price());
            worth += (balance.total * price).round_dp(4);
        }
        let (worth, zero) = (fixed(worth, 4), "0.0000");
        // No margin here: equity is what is owned, and all of it is free.
        Ok(json!({
            "eb": worth, "tb": worth, "m": zero, "uv": zero, "n": zero, "c": zero, "v": zero, "e": worth, "mf": worth,
        }))
    }

    fn open_orders(&self) -> Answer {
        let (trades, filter) = (self.params.flag("trades"), Filter::new(&self.params)?);
        let engine = self.venue.engine.lock();
        let wanted = engine.open_orders(self.account).filter(|order| filter.passes(order));
        let open: Map<_, _> =
            wanted.map(|order| (order_txid(order.id), orders::order(order, trades))).collect();
        Ok(json!({ "open": open }))
    }

    fn closed_orders(&self) -> Answer {
        let (trades, filter) = (self.params.flag("trades"), Filter::new(&self.params)?);
        let by_open = self.params.get("closetime") == Some("open");
        let engine = self.venue.engine.lock();
        let span = Span::new(&self.params, |text| {
            parse_order(text)
                .and_then(|id| engine.order(id))
                .map(|order| order.closed_ns.unwrap_or(order.opened_ns))
        })?;
        let at = |order: &Order| {
            if by_open { order.opened_ns } else { order.closed_ns.unwrap_or(order.opened_ns) }
        };
        let all: Vec<&Order> = engine
            .closed_orders(self.account)
            .filter(|order| filter.passes(order) && span.holds(at(order)))
            .collect();
        let page = all.iter().skip(self.offset()?).take(PAGE);
        let closed: Map<_, _> =
            page.map(|order| (order_txid(order.id), orders::order(order, trades))).collect();
        Ok(if self.params.flag("without_count") {
            json!({ "closed": closed })
        } else {
            json!({ "closed": closed, "count": all.len() })
        })
    }

    fn query_orders(&self) -> Answer {
        let (trades, filter) = (self.params.flag("trades"), Filter::new(&self.params)?);
        let engine = self.venue.engine.lock();
        let mut out = Map::new();
        for txid in self.txids(50)? {
            let id = parse_order(txid).ok_or_else(|| no_order(txid))?;
            let order = engine.order(id).filter(|order| order.ask.account == self.account);
            let order = order.ok_or(KrakenError::UNKNOWN_ORDER)?;
            if filter.passes(order) {
                out.insert(txid.to_owned(), orders::order(order, trades));
            }
        }
        Ok(Value::Object(out))
    }

    fn trades_history(&self) -> Answer {
        let engine = self.venue.engine.lock();
        let span = Span::new(&self.params, |text| {
            let id = parse_trade(text)?;
            engine.fills(self.account).find(|fill| fill.id == id).map(|fill| fill.time_ns)
        })?;
        let all: Vec<_> = engine.fills(self.account).filter(|fill| span.holds(fill.time_ns)).collect();
        let page = all.iter().skip(self.offset()?).take(PAGE);
        let trades: Map<_, _> = page.map(|fill| (trade_txid(fill.id), orders::fill(fill))).collect();
        Ok(json!({ "trades": trades, "count": all.len() }))
    }

    fn query_trades(&self) -> Answer {
        let engine = self.venue.engine.lock();
        let mut out = Map::new();
        for txid in self.txids(20)? {
            let id = parse_trade(txid).ok_or_else(|| KrakenError::argument("txid"))?;
            if let Some(fill) = engine.fills(self.account).find(|fill| fill.id == id) {
                out.insert(txid.to_owned(), orders::fill(fill));
            }
        }
        Ok(Value::Object(out))
    }

    fn trade_volume(&self) -> Answer {
        let named =
            if self.params.get("pair").is_some() { public::wanted(&self.params, true)? } else { Vec::new() };
        let engine = self.venue.engine.lock();
        let (volume, now) = engine.volume(self.account);
        let (first, last) = (engine.fees().tier(Decimal::ZERO), engine.fees().tier(Decimal::MAX));
        let next = engine.fees().next_tier(volume);
        let four = |value: Decimal| fixed(value, 4);
        let row = |maker: bool| {
            let of = |tier: crate::engine::FeeTier| four(if maker { tier.maker_pct } else { tier.taker_pct });
            json!({
                "fee": of(now),
                "minfee": of(last),
                "maxfee": of(first),
                "nextfee": next.map(of),
                "nextvolume": next.map(|tier| four(tier.volume)),
                "tiervolume": four(now.volume),
            })
        };
        let table = |maker: bool| -> Map<String, Value> {
            named.iter().map(|(_, pair)| (pair.name.to_owned(), row(maker))).collect()
        };
        let mut out = json!({ "currency": "ZUSD", "volume": four(volume) });
        if !named.is_empty() {
            out["fees"] = Value::Object(table(false));
            out["fees_maker"] = Value::Object(table(true));
        }
        Ok(out)
    }

    fn add_order(&self, fault: Option<&Fault>) -> Answer {
        let mut engine = self.venue.engine.lock();
        let mut add = add_order::parse(&self.params, self.account, &engine, self.now_ns, self.venue.lenient)?;
        if add.deadline_ns.is_some_and(|deadline| self.venue.clock.now_ns() > deadline) {
            return Err(KrakenError::DEADLINE);
        }
        let order = add_order::describe(&add.order, add.pair);
        let refuse = |reject| KrakenError::from_reject(&reject, add.pair);
        if add.validate {
            engine.check(&add.order, self.now_ns).map_err(refuse)?;
            return Ok(json!({ "descr": { "order": order } }));
        }
        let counted = self
            .venue
            .keys
            .lock()
            .get_mut(&self.key)
            .is_some_and(|key| key.limits.order(self.venue.tier, add.order.market, self.now_ns));
        if !counted {
            return Err(KrakenError::ORDER_RATE);
        }
        if let Some(fault) = fault.filter(|fault| fault.kind == FaultKind::PartialFill) {
            add.order.take_fraction = Some(fault.fraction.unwrap_or(Decimal::new(5, 1)));
        }
        let id = engine.place(add.order, self.now_ns).map_err(refuse)?;
        drop(engine);
        self.venue.touch();
        Ok(json!({ "descr": { "order": order }, "txid": [order_txid(id)] }))
    }

    fn cancel_order(&self) -> Answer {
        let mut engine = self.venue.engine.lock();
        let ids: Vec<u64> = match (self.params.get("txid"), self.params.get("cl_ord_id")) {
            (Some(text), None) => match (parse_order(text), text.parse::<i64>()) {
                (Some(id), _) => vec![id],
                // A number names all open orders with that userref.
                (None, Ok(userref)) => {
                    let same = |order: &&Order| order.ask.userref == Some(userref);
                    engine.open_orders(self.account).filter(same).map(|order| order.id).collect()
                }
                (None, Err(_)) => return Err(no_order(text)),
            },
            (None, Some(client_id)) => {
                engine.open_by_client_id(self.account, client_id).into_iter().collect()
            }
            _ => return Err(KrakenError::argument("txid")),
        };
        let count = ids.into_iter().filter(|id| self.cancel(&mut engine, *id)).count();
        drop(engine);
        self.venue.touch();
        if count == 0 { Err(KrakenError::UNKNOWN_ORDER) } else { Ok(json!({ "count": count })) }
    }

    fn cancel_all(&self) -> Answer {
        let mut engine = self.venue.engine.lock();
        let ids: Vec<u64> = engine.open_orders(self.account).map(|order| order.id).collect();
        let count = ids.into_iter().filter(|id| self.cancel(&mut engine, *id)).count();
        drop(engine);
        self.venue.touch();
        Ok(json!({ "count": count }))
    }

    fn cancel(&self, engine: &mut crate::engine::Engine, id: u64) -> bool {
        let Some((market, opened)) = engine.order(id).map(|order| (order.ask.market, order.opened_ns)) else {
            return false;
        };
        let done = engine.cancel(self.account, id, self.now_ns).is_ok();
        if done && let Some(key) = self.venue.keys.lock().get_mut(&self.key) {
            key.limits.cancel(self.venue.tier, market, self.now_ns - opened, self.now_ns);
        }
        done
    }

    fn token(&self) -> Value {
        let token = STANDARD.encode(random::<32>());
        let expires = self.now_ns.saturating_add(TOKEN_SECONDS * 1_000_000_000);
        self.venue.keys.lock().add_token(token.clone(), &self.key, expires);
        json!({ "token": token, "expires": TOKEN_SECONDS })
    }

    fn key_info(&self) -> Answer {
        let keys = self.venue.keys.lock();
        let key = keys.get(&self.key).ok_or(KrakenError::INVALID_KEY)?;
        let seconds = |ns: i64| ns.div_euclid(1_000_000_000).to_string();
        Ok(json!({
            "api_key_name": format!("sim-{}", key.account),
            "api_key": key.key,
            "nonce": key.last_nonce.to_string(),
            "nonce_window": "0",
            "permissions": key.permissions,
            "iban": format!("SIM{:013}", key.account),
            "valid_until": "0",
            "query_from": "0",
            "query_to": "0",
            "created_time": seconds(key.created_ns),
            "modified_time": seconds(key.created_ns),
            "ip_allowlist": [],
            "last_used": seconds(key.last_used_ns),
        }))
    }

    fn offset(&self) -> Result<usize, KrakenError> {
        let offset = self.params.int("ofs")?.unwrap_or(0);
        usize::try_from(offset).map_err(|_| KrakenError::argument("ofs"))
    }

    fn txids(&self, most: usize) -> Result<Vec<&str>, KrakenError> {
        let list: Vec<&str> = self.params.need("txid")?.split(',').map(str::trim).collect();
        if list.len() > most { Err(KrakenError::argument("txid")) } else { Ok(list) }
    }
}

/// What is said of an id that names no order: it may still look like one.
fn no_order(txid: &str) -> KrakenError {
    let groups = txid.split('-').map(str::len);
    if groups.eq([6, 5, 6]) { KrakenError::UNKNOWN_ORDER } else { KrakenError::INVALID_ORDER }
}

/// `userref` and `cl_ord_id` as filters.
struct Filter {
    userref: Option<i64>,
    client_id: Option<String>,
}

impl Filter {
    fn new(params: &Params) -> Result<Self, KrakenError> {
        Ok(Self { userref: params.int("userref")?, client_id: params.get("cl_ord_id").map(str::to_owned) })
    }

    fn passes(&self, order: &Order) -> bool {
        (self.userref.is_none() || order.ask.userref == self.userref)
            && (self.client_id.is_none() || order.ask.client_id == self.client_id)
    }
}

/// `start` (exclusive) and `end` (inclusive): unix seconds, or ids that stand for their time.
struct Span {
    after_ns: i64,
    until_ns: i64,
}

impl Span {
    fn new(params: &Params, time_of: impl Fn(&str) -> Option<i64>) -> Result<Self, KrakenError> {
        let bound = |name: &str| -> Result<Option<i64>, KrakenError> {
            let Some(text) = params.get(name) else {
                return Ok(None);
            };
            let number = unix_ns(text).or_else(|| time_of(text));
            number.map(Some).ok_or_else(|| KrakenError::argument(name))
        };
        Ok(Self {
            after_ns: bound("start")?.unwrap_or(i64::MIN),
            until_ns: bound("end")?.unwrap_or(i64::MAX),
        })
    }

    fn holds(&self, ns: i64) -> bool {
        self.after_ns < ns && ns <= self.until_ns
    }
}

/// Unix seconds with a fraction as nanoseconds.
fn unix_ns(text: &str) -> Option<i64> {
    use rust_decimal::prelude::ToPrimitive;
    let seconds =
        super::params::decimal(text).filter(|seconds| seconds.abs() < Decimal::from(9_000_000_000_i64))?;
    (seconds * Decimal::from(1_000_000_000)).to_i64()
}
