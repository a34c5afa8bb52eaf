//! Stops that come with an order, and wait from when it is filled.

use super::algo::{Algo, AlgoKind, AlgoState};
use super::algo_parse::{check_numbers, leg};
use super::body::Fields;
use super::error::{OkxError, Result};
use super::ids::{self, Kind};
use super::instruments::{INSTRUMENTS, plain};
use super::protocol::State;
use crate::engine::{Engine, NewOrder, Order, OrderId, OrderType, Side};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

/// Fields that the simulator honours: one stop, or a stop-loss and a take-profit of which one ends the other.
const KNOWN: [&str; 9] = [
    "attachAlgoClOrdId",
    "tpTriggerPx",
    "tpTriggerPxType",
    "tpOrdPx",
    "tpOrdKind",
    "slTriggerPx",
    "slTriggerPxType",
    "slOrdPx",
    "amendPxOnTriggerType",
];

/// Reads an order's `attachAlgoOrds`; what comes of it has neither size nor number yet.
pub(super) fn read(
    fields: Fields<'_>,
    order: &NewOrder,
    target: &str,
    engine: &Engine,
    lenient: bool,
) -> Result<Option<Box<Algo>>> {
    let Some(list) = fields.get("attachAlgoOrds") else { return Ok(None) };
    let list = list.as_array().ok_or_else(|| OkxError::parameter("attachAlgoOrds"))?;
    let [one] = list.as_slice() else {
        let msg = "Setting multiple TP and cost-price SL orders isn’t supported for spot and margin trading.";
        return Err(OkxError::new(51077, msg));
    };
    let fields = Fields::of(one)?;
    fields.only(&KNOWN, lenient)?;
    let is = |name: &str, allowed: &str| match fields.text(name)? {
        Some(value) if value != allowed => Err(OkxError::parameter(name)),
        _ => Ok(()),
    };
    is("tpTriggerPxType", "last")?;
    is("slTriggerPxType", "last")?;
    is("tpOrdKind", "condition")?;
    is("amendPxOnTriggerType", "0")?;
    let received = if order.side == Side::Buy { "base_ccy" } else { "quote_ccy" };
    if order.order_type == OrderType::Market && target == received {
        let msg = format!("The order type market, {target} is not allowed to set stop loss and take profit");
        return Err(OkxError::new(51044, msg));
    }
    let (tp, sl) = (leg(fields, "tpTriggerPx", "tpOrdPx")?, leg(fields, "slTriggerPx", "slOrdPx")?);
    if tp.is_none() && sl.is_none() {
        let msg = "tpTriggerPx&tpOrdPx or slTriggerPx&slOrdPx can't be empty when using attachAlgoClOrdId.";
        return Err(OkxError::new(51178, msg));
    }
    let algo = Algo {
        id: 0,
        account: order.account,
        market: order.market,
        side: order.side.opposite(),
        kind: if tp.is_some() && sl.is_some() { AlgoKind::Oco } else { AlgoKind::Conditional },
        sz: INSTRUMENTS[order.market].min_sz(),
        target: if [tp, sl].iter().flatten().any(|leg| leg.limit.is_none()) { "base_ccy" } else { "" },
        tp,
        sl,
        trigger: None,
        rises: false,
        advance: "",
        client_id: fields.word("attachAlgoClOrdId", 32)?.unwrap_or_default(),
        client_order_id: String::new(),
        tag: String::new(),
        last: Decimal::ZERO,
        created_ns: 0,
        updated_ns: 0,
        state: AlgoState::Live,
        order: None,
        actual_side: "",
        actual_sz: Decimal::ZERO,
        triggered_ns: None,
        fail_code: String::new(),
        seen: 0,
    };
    check_sides(engine, order, &algo)?;
    for leg in [tp, sl].into_iter().flatten() {
        check_numbers(engine, &algo, leg)?;
    }
    Ok(Some(Box::new(algo)))
}

/// A take-profit is on the winning side of the order's price, a stop-loss on the other; of a market order's, of the best price.
fn check_sides(engine: &Engine, order: &NewOrder, algo: &Algo) -> Result<()> {
    let (bids, asks) = engine.depth(order.market, 1);
    let best = if order.side == Side::Buy { asks } else { bids };
    let market = best.first().map_or(Decimal::ZERO, |level| level.price);
    let buys = order.side == Side::Buy;
    let of_limit = order.limit.is_some();
    let at = order.limit.unwrap_or(market);
    let over = |leg: Option<super::algo::Leg>| leg.is_none_or(|leg| leg.trigger > at);
    let under = |leg: Option<super::algo::Leg>| leg.is_none_or(|leg| leg.trigger < at);
    let (code, what, than) = match (buys, of_limit) {
        (true, _) if !over(algo.tp) => (if of_limit { 51046 } else { 51050 }, "take profit", "higher"),
        (true, _) if !under(algo.sl) => (if of_limit { 51047 } else { 51051 }, "stop loss", "lower"),
        (false, _) if !under(algo.tp) => (if of_limit { 51048 } else { 51052 }, "take profit", "lower"),
        (false, _) if !over(algo.sl) => (if of_limit { 51049 } else { 51053 }, "stop loss", "higher"),
        _ => return Ok(()),
    };
    let price = match (of_limit, buys) {
        (true, _) => "order price",
        (false, true) => "best ask price",
        (false, false) => "best bid price",
    };
    Err(OkxError::new(code, format!("The {what} trigger price must be {than} than the {price}")))
}

/// Lets the stops of orders that have ended wait, for as much as was filled; those of orders that came to nothing are gone.
pub(super) fn begin(state: &State, engine: &Engine, now_ns: i64) {
    let ended: Vec<OrderId> = {
        let mut waiting = state.attached.lock();
        let over = |id: &OrderId| engine.order(*id).is_none_or(|order| !order.status.is_open());
        let ended = waiting.iter().copied().filter(over).collect();
        waiting.retain(|id| !over(id));
        ended
    };
    for id in ended {
        let filled = engine.order(id).filter(|order| !order.filled.is_zero());
        let (Some(order), Some(algo)) = (filled, state.notes_of(id).attached) else { continue };
        let market = &engine.markets()[order.ask.market];
        // The last trade counts: its price may be there already.
        let seen = market.last().map_or(0, |trade| trade.id.saturating_sub(1));
        let algo = Algo {
            sz: gained(order),
            last: market.last_price(),
            created_ns: now_ns,
            updated_ns: now_ns,
            seen,
            ..*algo
        };
        state.algos.lock().add(algo);
    }
}

/// What an order brought that a stop can give again, in whole lots: what was bought less its fee, or what was sold.
fn gained(order: &Order) -> Decimal {
    let instrument = &INSTRUMENTS[order.ask.market];
    let net = if order.ask.side == Side::Buy { order.filled - order.fee } else { order.filled };
    net.round_dp_with_strategy(instrument.lot_decimals, RoundingStrategy::ToZero)
}

/// `attachAlgoOrds` as an order shows it.
pub(super) fn rows(order: &Order, attached: Option<&Algo>) -> Value {
    let Some(algo) = attached else { return json!([]) };
    let trigger = |leg: Option<super::algo::Leg>| leg.map(|leg| plain(leg.trigger)).unwrap_or_default();
    let limit = |leg: Option<super::algo::Leg>| {
        leg.map(|leg| leg.limit.map_or_else(|| "-1".to_owned(), plain)).unwrap_or_default()
    };
    let kind = |leg: Option<super::algo::Leg>| if leg.is_some() { "last" } else { "" };
    json!([{
        "attachAlgoId": ids::id(Kind::Attached, order.id),
        "attachAlgoClOrdId": algo.client_id,
        "tpOrdKind": "condition",
        "tpTriggerPx": trigger(algo.tp),
        "tpTriggerPxType": kind(algo.tp),
        "tpTriggerRatio": "",
        "tpOrdPx": limit(algo.tp),
        "slTriggerPx": trigger(algo.sl),
        "slTriggerPxType": kind(algo.sl),
        "slTriggerRatio": "",
        "slOrdPx": limit(algo.sl),
        "sz": "",
        "amendPxOnTriggerType": "0",
        "callbackRatio": "",
        "callbackSpread": "",
        "activePx": "",
        "failCode": "",
        "failReason": "",
    }])
}
