//! Calls about algo orders.

use super::algo::{Algo, AlgoKind, AlgoState};
use super::body::{self, Fields};
use super::error::{OkxError, Result};
use super::history::Page;
use super::ids::{self, Kind};
use super::instruments::{INSTRUMENTS, ms, plain};
use super::order_json::side;
use super::place::{done, results};
use super::rest::{Caller, rows};
use super::{algo_parse, algo_trigger};
use crate::engine::Engine;
use serde_json::{Value, json};

/// Pending stops in one instrument, and pending trigger orders (general information).
const STOPS: usize = 100;
const TRIGGERS: usize = 500;
/// Algo orders cancelled at once.
const BATCH: usize = 10;

/// `POST /trade/order-algo`.
pub(super) fn place(caller: &Caller<'_>) -> Result<Value> {
    let fields = Fields::of(&caller.body)?;
    let text = |name: &str| fields.text(name).ok().flatten().unwrap_or_default();
    let about = |id: Option<u64>| {
        json!({
            "algoId": id.map(|id| ids::id(Kind::Algo, id)).unwrap_or_default(),
            "clOrdId": text("clOrdId"),
            "algoClOrdId": text("algoClOrdId"),
            "tag": text("tag"),
            "subCode": "",
        })
    };
    let placed = {
        let mut engine = caller.venue.engine.lock();
        add(caller, &engine, fields).inspect(|_| {
            algo_trigger::settle_in(caller.state, &mut engine, caller.now_ns);
        })
    };
    caller.venue.touch();
    let item = match placed {
        Ok(id) => done(about(Some(id)), ""),
        Err(error) => error.item(about(None)),
    };
    Ok(results(&[item], caller.now_ns))
}

fn add(caller: &Caller<'_>, engine: &Engine, fields: Fields<'_>) -> Result<u64> {
    let algo = algo_parse::parse(fields, caller.account, engine, caller.venue.lenient, caller.now_ns)?;
    let mut algos = caller.state.algos.lock();
    let mine = || algos.live().filter(|other| other.account == algo.account);
    // Like the client ids of orders: taken while the order is pending.
    if !algo.client_id.is_empty() && mine().any(|other| other.client_id == algo.client_id) {
        return Err(OkxError::new(51065, "algoClOrdId already exists."));
    }
    let triggers = algo.kind == AlgoKind::Trigger;
    let alike = mine().filter(|other| {
        (other.kind == AlgoKind::Trigger) == triggers && (triggers || other.market == algo.market)
    });
    let most = if triggers { TRIGGERS } else { STOPS };
    if alike.count() >= most {
        let msg = format!("Each user can hold up to {most} pending stop orders at the same time.");
        return Err(OkxError::new(51261, msg));
    }
    Ok(algos.add(algo))
}

/// `POST /trade/cancel-algos`.
pub(super) fn cancel(caller: &Caller<'_>) -> Result<Value> {
    let list = body::batch(&caller.body, BATCH)?;
    let items: Vec<Value> = list
        .iter()
        .map(|fields| {
            let text = |name: &str| fields.text(name).ok().flatten().unwrap_or_default();
            let about = |id: String| {
                json!({ "algoId": id, "algoClOrdId": text("algoClOrdId"), "clOrdId": "", "tag": "" })
            };
            match cancel_one(caller, *fields) {
                Ok(id) => done(about(ids::id(Kind::Algo, id)), ""),
                Err(error) => error.item(about(text("algoId"))),
            }
        })
        .collect();
    caller.venue.touch();
    Ok(results(&items, caller.now_ns))
}

fn cancel_one(caller: &Caller<'_>, fields: Fields<'_>) -> Result<u64> {
    fields.only(&["instId", "algoId", "algoClOrdId"], caller.venue.lenient)?;
    let (market, _) = fields.instrument()?;
    let (id, client) = (fields.text("algoId")?, fields.text("algoClOrdId")?);
    if id.is_none() && client.is_none() {
        return Err(OkxError::new(51003, "Either client order ID or order ID is required."));
    }
    let gone = || {
        let msg = "Order cancellation failed as the order has been filled, canceled or does not exist.";
        OkxError::new(51400, msg)
    };
    // An id that cannot be names nothing.
    let id = id.map(|id| ids::number(Kind::Algo, &id).unwrap_or(0));
    let mut algos = caller.state.algos.lock();
    let found = algos.find(caller.account, id, client.as_deref()).filter(|algo| algo.market == market);
    match found.map(|algo| (algo.id, algo.state)) {
        Some((id, AlgoState::Live)) => {
            algos.end(id, |algo| {
                algo.state = AlgoState::Canceled;
                algo.updated_ns = caller.now_ns;
            });
            Ok(id)
        }
        Some((_, AlgoState::Effective)) => {
            Err(OkxError::new(51412, "The order has been triggered and can't be canceled."))
        }
        _ => Err(gone()),
    }
}

/// `GET /trade/order-algo`.
pub(super) fn one(caller: &Caller<'_>) -> Result<Value> {
    let (id, client) = (caller.query.get("algoId"), caller.query.get("algoClOrdId"));
    if id.is_none() && client.is_none() {
        return Err(OkxError::either("algoId", "algoClOrdId"));
    }
    let id = id.map(|id| ids::number(Kind::Algo, id).unwrap_or(0));
    let algos = caller.state.algos.lock();
    let found = algos.find(caller.account, id, client).ok_or_else(OkxError::no_order)?;
    Ok(rows(json!([row(found)])))
}

/// `GET /trade/orders-algo-pending`.
pub(super) fn pending(caller: &Caller<'_>) -> Result<Value> {
    let algos = caller.state.algos.lock();
    page(caller, algos.live().rev().collect())
}

/// `GET /trade/orders-algo-history`.
pub(super) fn history(caller: &Caller<'_>) -> Result<Value> {
    let state = caller.query.get("state");
    if state.is_none() && caller.query.get("algoId").is_none() {
        return Err(OkxError::either("state", "algoId"));
    }
    if state.is_some_and(|state| !matches!(state, "effective" | "canceled" | "order_failed")) {
        return Err(OkxError::parameter("state"));
    }
    let algos = caller.state.algos.lock();
    let mut ended: Vec<&Algo> =
        algos.ended().filter(|algo| caller.query.allows("state", algo.state.name())).collect();
    ended.sort_by_key(|algo| std::cmp::Reverse(algo.id));
    page(caller, ended)
}

fn page(caller: &Caller<'_>, newest_first: Vec<&Algo>) -> Result<Value> {
    let query = &caller.query;
    let kinds = query.need("ordType")?;
    let known =
        ["conditional", "oco", "trigger", "chase", "move_order_stop", "iceberg", "twap", "smart_iceberg"];
    if kinds.split(',').any(|kind| !known.contains(&kind)) {
        return Err(OkxError::parameter("ordType"));
    }
    let (spot, market) = (query.is_spot()?, query.maybe_instrument()?);
    let id = query.get("algoId").map(|id| ids::number(Kind::Algo, id).unwrap_or(0));
    let page = Page::of(query, Kind::Algo)?;
    let wanted = newest_first
        .into_iter()
        .filter(|algo| algo.account == caller.account && spot)
        .filter(|algo| market.is_none_or(|market| algo.market == market))
        .filter(|algo| id.is_none_or(|id| algo.id == id))
        .filter(|algo| query.allows("ordType", algo.kind.name()));
    let all: Vec<Value> = page.take(wanted, |algo| algo.id).into_iter().map(row).collect();
    Ok(rows(all))
}

/// One algo order as everywhere.
pub(super) fn row(algo: &Algo) -> Value {
    let instrument = &INSTRUMENTS[algo.market];
    let order = algo.order.map(|id| ids::id(Kind::Order, id));
    let mut out = json!({
        "actualSide": algo.actual_side,
        "actualSz": plain(algo.actual_sz),
        "algoClOrdId": algo.client_id,
        "algoId": ids::id(Kind::Algo, algo.id),
        "attachAlgoOrds": [],
        "cTime": ms(algo.created_ns),
        "clOrdId": algo.client_order_id,
        "failCode": algo.fail_code,
        "instId": instrument.id,
        "instType": "SPOT",
        "last": plain(algo.last),
        "linkedOrd": { "ordId": "" },
        "ordId": order.clone().unwrap_or_default(),
        "ordIdList": order.into_iter().collect::<Vec<_>>(),
        "ordType": algo.kind.name(),
        "advanceOrdType": algo.advance,
        "posSide": "net",
        "reduceOnly": "false",
        "side": side(algo.side),
        "state": algo.state.name(),
        "sz": plain(algo.sz),
        "tag": algo.tag,
        "tdMode": "cash",
        "tgtCcy": algo.target,
        "tradeQuoteCcy": instrument.quote,
        "triggerTime": algo.triggered_ns.map(ms).unwrap_or_default(),
        "uTime": ms(algo.updated_ns),
        "amendPxOnTriggerType": "0",
    });
    let legs = [
        (algo.tp, "tpTriggerPx", "tpOrdPx", "tpTriggerPxType"),
        (algo.sl, "slTriggerPx", "slOrdPx", "slTriggerPxType"),
        (algo.trigger, "triggerPx", "ordPx", "triggerPxType"),
    ];
    for (leg, trigger, limit, kind) in legs {
        out[trigger] = json!(leg.map(|leg| plain(leg.trigger)).unwrap_or_default());
        let price = |limit: Option<rust_decimal::Decimal>| limit.map_or_else(|| "-1".to_owned(), plain);
        out[limit] = json!(leg.map(|leg| price(leg.limit)).unwrap_or_default());
        out[kind] = json!(if leg.is_some() { "last" } else { "" });
    }
    // What these kinds have not.
    let none = [
        "activePx",
        "actualPx",
        "callbackRatio",
        "callbackSpread",
        "ccy",
        "chaseType",
        "chaseVal",
        "closeFraction",
        "isTradeBorrowMode",
        "lever",
        "maxChaseType",
        "maxChaseVal",
        "moveTriggerPx",
        "pxLimit",
        "pxSpread",
        "pxVar",
        "quickMgnType",
        "szLimit",
        "timeInterval",
    ];
    none.into_iter().for_each(|name| out[name] = json!(""));
    out
}
