//! Reading an algo order, strictly.

use super::algo::{Algo, AlgoKind, AlgoState, Leg};
use super::body::Fields;
use super::error::{OkxError, Result};
use super::instruments::{INSTRUMENTS, MOST_MARKET};
use super::new_order::{check_mode, side, target};
use super::place::from_reject;
use crate::engine::{AccountId, Engine, NewOrder, OrderType, Side, TimeInForce};
use rust_decimal::Decimal;

/// Fields that the simulator honours. Any other is refused unless lenient.
const KNOWN: [&str; 23] = [
    "instId",
    "tdMode",
    "side",
    "posSide",
    "ordType",
    "sz",
    "tag",
    "tgtCcy",
    "algoClOrdId",
    "clOrdId",
    "tradeQuoteCcy",
    "reduceOnly",
    "tpTriggerPx",
    "tpTriggerPxType",
    "tpOrdPx",
    "tpOrdKind",
    "slTriggerPx",
    "slTriggerPxType",
    "slOrdPx",
    "triggerPx",
    "triggerPxType",
    "orderPx",
    "advanceOrdType",
];

/// A leg's two prices, of which neither comes alone. A limit of -1 means a market order.
pub(super) fn leg(fields: Fields<'_>, trigger: &str, limit: &str) -> Result<Option<Leg>> {
    let price = |name: &str| match fields.decimal(name)? {
        Some(value) if value == Decimal::NEGATIVE_ONE => Ok(Some(None)),
        Some(value) if value > Decimal::ZERO => Ok(Some(Some(value))),
        Some(_) => Err(OkxError::parameter(name)),
        None => Ok(None),
    };
    match (fields.positive(trigger)?, price(limit)?) {
        (None, None) => Ok(None),
        (Some(at), Some(then)) => Ok(Some(Leg { trigger: at, limit: then })),
        (Some(_), None) => Err(OkxError::parameter(limit)),
        (None, Some(_)) => Err(OkxError::parameter(trigger)),
    }
}

/// Reads an algo order; its number comes later.
pub(super) fn parse(
    fields: Fields<'_>,
    account: AccountId,
    engine: &Engine,
    lenient: bool,
    now_ns: i64,
) -> Result<Algo> {
    fields.only(&KNOWN, lenient)?;
    let (market, instrument) = fields.instrument()?;
    check_mode(fields)?;
    let side = side(fields)?;
    let is = |name: &str, allowed: &str| match fields.text(name)? {
        Some(value) if value != allowed => Err(OkxError::parameter(name)),
        _ => Ok(()),
    };
    is("tradeQuoteCcy", instrument.quote)?;
    // Spot knows no other price, and no limit order to take profit with.
    for name in ["tpTriggerPxType", "slTriggerPxType", "triggerPxType"] {
        is(name, "last")?;
    }
    is("tpOrdKind", "condition")?;
    let (mut tp, sl) = (leg(fields, "tpTriggerPx", "tpOrdPx")?, leg(fields, "slTriggerPx", "slOrdPx")?);
    let trigger = leg(fields, "triggerPx", "orderPx")?;
    let (kind, advance) = match fields.need("ordType")?.as_str() {
        "conditional" if trigger.is_none() => (AlgoKind::Conditional, ""),
        "oco" if trigger.is_none() => (AlgoKind::Oco, ""),
        "trigger" if tp.is_none() && sl.is_none() => {
            let advance = match fields.text("advanceOrdType")?.as_deref() {
                None => "",
                Some("fok") => "fok",
                Some("ioc") => "ioc",
                Some(_) => return Err(OkxError::parameter("advanceOrdType")),
            };
            (AlgoKind::Trigger, advance)
        }
        _ => return Err(OkxError::parameter("ordType")),
    };
    match kind {
        AlgoKind::Conditional if tp.is_none() && sl.is_none() => {
            return Err(OkxError::parameter("slTriggerPx"));
        }
        AlgoKind::Oco if tp.is_none() => return Err(OkxError::parameter("tpTriggerPx")),
        AlgoKind::Oco if sl.is_none() => return Err(OkxError::parameter("slTriggerPx")),
        AlgoKind::Trigger if trigger.is_none() => return Err(OkxError::parameter("triggerPx")),
        // Documented: with both, a conditional order is its stop-loss alone.
        AlgoKind::Conditional if sl.is_some() => tp = None,
        _ => {}
    }
    if kind == AlgoKind::Trigger && fields.get("tgtCcy").is_some() {
        return Err(OkxError::new(51281, "Trigger order do not support the tgtCcy parameter."));
    }
    let legs = [tp, sl, trigger];
    let becomes_market = legs.iter().flatten().any(|leg| leg.limit.is_none());
    let last = engine.markets()[market].last_price();
    let algo = Algo {
        id: 0,
        account,
        market,
        side,
        kind,
        sz: fields.positive("sz")?.ok_or_else(|| OkxError::parameter("sz"))?,
        target: if becomes_market { target(fields, side)? } else { "" },
        tp,
        sl,
        trigger,
        rises: trigger.is_some_and(|leg| leg.trigger > last),
        advance,
        client_id: fields.word("algoClOrdId", 32)?.unwrap_or_default(),
        client_order_id: fields.word("clOrdId", 32)?.unwrap_or_default(),
        tag: fields.word("tag", 16)?.unwrap_or_default(),
        last,
        created_ns: now_ns,
        updated_ns: now_ns,
        state: AlgoState::Live,
        order: None,
        actual_side: "",
        actual_sz: Decimal::ZERO,
        triggered_ns: None,
        fail_code: String::new(),
        seen: engine.markets()[market].last().map_or(0, |trade| trade.id),
    };
    check_sides(&algo)?;
    for leg in legs.into_iter().flatten() {
        check_numbers(engine, &algo, leg)?;
    }
    Ok(algo)
}

/// A stop-loss waits on the losing side of the last price, a take-profit on the other.
fn check_sides(algo: &Algo) -> Result<()> {
    let sells = algo.side == Side::Sell;
    let bad = |code: u32, msg: &'static str| Err(OkxError::new(code, msg));
    match (algo.tp, algo.sl) {
        (Some(tp), _) if !sells && tp.trigger >= algo.last => {
            bad(51277, "TP trigger price cannot be higher than the last price.")
        }
        (_, Some(sl)) if !sells && sl.trigger <= algo.last => {
            bad(51278, "SL trigger price cannot be lower than the last price.")
        }
        (Some(tp), _) if sells && tp.trigger <= algo.last => {
            bad(51279, "TP trigger price cannot be lower than the last price.")
        }
        (_, Some(sl)) if sells && sl.trigger >= algo.last => {
            bad(51280, "SL trigger price cannot be higher than the last price.")
        }
        _ => Ok(()),
    }
}

/// The order that a leg becomes, as far as it is known before its price comes.
pub(super) fn child(algo: &Algo, leg: Leg) -> NewOrder {
    let tif = match (leg.limit, algo.advance) {
        (None, _) | (_, "ioc") => TimeInForce::Ioc,
        (_, "fok") => TimeInForce::Fok,
        _ => TimeInForce::Gtc,
    };
    NewOrder {
        account: algo.account,
        market: algo.market,
        side: algo.side,
        order_type: if leg.limit.is_some() { OrderType::Limit } else { OrderType::Market },
        qty: algo.sz,
        in_quote: false,
        limit: leg.limit,
        trigger: None,
        tif,
        post_only: false,
        expires_ns: None,
        client_id: None,
        userref: None,
        take_fraction: None,
    }
}

/// Checks a leg's grid, size and least size. Whether there are funds is seen when its price comes.
pub(super) fn check_numbers(engine: &Engine, algo: &Algo, leg: Leg) -> Result<()> {
    let mut order = child(algo, leg);
    let in_quote = leg.limit.is_none() && algo.target == "quote_ccy";
    order.in_quote = in_quote;
    let most = Decimal::from(MOST_MARKET);
    let worth = if in_quote { algo.sz } else { algo.sz.min(most) * leg.trigger.min(most) };
    if leg.limit.is_none() && worth > most {
        return Err(OkxError::new(
            51275,
            "The amount of single stop-market order cannot exceed the upper limit.",
        ));
    }
    engine.check_numbers(&order).map_err(|reject| from_reject(&reject, &order))?;
    // The trigger is on the grid as a limit is.
    let at = NewOrder { order_type: OrderType::Limit, limit: Some(leg.trigger), in_quote: false, ..order };
    let at = NewOrder { qty: at.qty.max(INSTRUMENTS[algo.market].min_sz()), ..at };
    match engine.check_numbers(&at) {
        Err(
            reject @ (crate::engine::Reject::Price
            | crate::engine::Reject::PriceDecimals
            | crate::engine::Reject::Tick),
        ) => Err(from_reject(&reject, &at)),
        _ => Ok(()),
    }
}
