//! Reading a new order, strictly.

use super::attached;
use super::body::Fields;
use super::error::{OkxError, Result};
use super::instruments::{Instrument, MOST_LIMIT, MOST_LIMIT_SZ, MOST_MARKET, plain};
use super::notes::Notes;
use super::public::band;
use crate::engine::{AccountId, Engine, NewOrder, OrderType, Side, TimeInForce};
use rust_decimal::{Decimal, RoundingStrategy};

/// Fields that the simulator honours. Any other is refused unless lenient.
const KNOWN: [&str; 17] = [
    "instId",
    "tdMode",
    "clOrdId",
    "tag",
    "side",
    "posSide",
    "ordType",
    "sz",
    "px",
    "tgtCcy",
    "banAmend",
    "reduceOnly",
    "pxAmendType",
    "stpMode",
    "tradeQuoteCcy",
    "isElpTakerAccess",
    "attachAlgoOrds",
];

/// A parsed order.
pub(super) struct Parsed {
    pub(super) order: NewOrder,
    pub(super) notes: Notes,
}

pub(super) fn side(fields: Fields<'_>) -> Result<Side> {
    match fields.need("side")?.as_str() {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        _ => Err(OkxError::parameter("side")),
    }
}

/// `cash` is the mode of spot accounts.
pub(super) fn check_mode(fields: Fields<'_>) -> Result<()> {
    match fields.need("tdMode")?.as_str() {
        "cash" => {}
        "cross" | "isolated" | "spot_isolated" => {
            return Err(OkxError::new(51010, "Request unsupported under current account mode"));
        }
        _ => return Err(OkxError::parameter("tdMode")),
    }
    if fields.text("posSide")?.is_some_and(|side| side != "net") {
        return Err(OkxError::parameter("posSide"));
    }
    if fields.flag("reduceOnly")? {
        let msg = "Reduce-only feature is unavailable for the spot transactions by spot mode.";
        return Err(OkxError::new(51139, msg));
    }
    Ok(())
}

/// What a market order's quantity is in.
pub(super) fn target(fields: Fields<'_>, side: Side) -> Result<&'static str> {
    match fields.text("tgtCcy")?.as_deref() {
        Some("base_ccy") => Ok("base_ccy"),
        Some("quote_ccy") => Ok("quote_ccy"),
        Some(_) => Err(OkxError::parameter("tgtCcy")),
        None if side == Side::Buy => Ok("quote_ccy"),
        None => Ok("base_ccy"),
    }
}

/// Checks what is known and has one value here.
fn check_fixed(fields: Fields<'_>, instrument: &Instrument) -> Result<()> {
    let is = |name: &str, allowed: &str| match fields.text(name)? {
        Some(value) if value != allowed => Err(OkxError::parameter(name)),
        _ => Ok(()),
    };
    // Another mode of self trade prevention is not simulated.
    is("stpMode", "cancel_maker")?;
    is("tradeQuoteCcy", instrument.quote)?;
    is("isElpTakerAccess", "false")
}

/// Reads an order.
pub(super) fn parse(
    fields: Fields<'_>,
    account: AccountId,
    engine: &Engine,
    lenient: bool,
) -> Result<Parsed> {
    fields.only(&KNOWN, lenient)?;
    let (market, instrument) = fields.instrument()?;
    check_mode(fields)?;
    check_fixed(fields, instrument)?;
    let side = side(fields)?;
    let sz = fields.positive("sz")?.ok_or_else(|| OkxError::parameter("sz"))?;
    let px = fields.positive("px")?;
    let ban_amend = fields.flag("banAmend")?;
    let (order_type, tif, post_only) = match fields.need("ordType")?.as_str() {
        "market" => (OrderType::Market, TimeInForce::Ioc, false),
        "limit" => (OrderType::Limit, TimeInForce::Gtc, false),
        "post_only" => (OrderType::Limit, TimeInForce::Gtc, true),
        "fok" => (OrderType::Limit, TimeInForce::Fok, false),
        "ioc" => (OrderType::Limit, TimeInForce::Ioc, false),
        _ => return Err(OkxError::parameter("ordType")),
    };
    let mut order = NewOrder {
        account,
        market,
        side,
        order_type,
        qty: sz,
        in_quote: false,
        limit: px,
        trigger: None,
        tif,
        post_only,
        expires_ns: None,
        client_id: fields.word("clOrdId", 32)?,
        userref: None,
        take_fraction: None,
    };
    let mut notes = Notes { sz, tag: fields.word("tag", 16)?.unwrap_or_default(), ..Notes::default() };
    if order_type == OrderType::Market {
        if px.is_some() {
            return Err(OkxError::parameter("px"));
        }
        notes.tgt_ccy = target(fields, side)?;
        notes.attached = attached::read(fields, &order, notes.tgt_ccy, engine, lenient)?;
        size_market(engine, &mut order, instrument, notes.tgt_ccy, ban_amend)?;
        return Ok(Parsed { order, notes });
    }
    let px = px.ok_or_else(|| OkxError::new(51204, "The price for the limit order cannot be empty."))?;
    let amends = match fields.text("pxAmendType")?.as_deref() {
        None | Some("0") => false,
        Some("1") => true,
        Some(_) => return Err(OkxError::parameter("pxAmendType")),
    };
    if target(fields, Side::Sell)? == "quote_ccy" {
        return Err(OkxError::parameter("tgtCcy"));
    }
    order.limit = Some(within_band(engine, &order, px, amends)?);
    check_limit_size(&order, px)?;
    notes.attached = attached::read(fields, &order, "", engine, lenient)?;
    Ok(Parsed { order, notes })
}

/// The price, or the nearest allowed one where the sender lets it be amended.
pub(super) fn within_band(engine: &Engine, order: &NewOrder, px: Decimal, amends: bool) -> Result<Decimal> {
    let (most, least) = band(engine, order.market);
    match order.side {
        Side::Buy if px > most && amends => Ok(most),
        Side::Sell if px < least && amends => Ok(least),
        Side::Buy if px > most => {
            Err(OkxError::new(51137, format!("The highest price limit for buy orders is {}.", plain(most))))
        }
        Side::Sell if px < least => {
            Err(OkxError::new(51138, format!("The lowest price limit for sell orders is {}.", plain(least))))
        }
        _ => Ok(px),
    }
}

fn check_limit_size(order: &NewOrder, px: Decimal) -> Result<()> {
    let most = Decimal::from(MOST_LIMIT_SZ);
    if order.qty > most {
        return Err(OkxError::new(51203, format!("Order amount exceeds the limit {most}.")));
    }
    // A quantity and a price within bounds do not overflow.
    if px <= most && order.qty * px > Decimal::from(MOST_LIMIT) {
        return Err(OkxError::new(51185, format!("The maximum value allowed per order is {MOST_LIMIT} USD")));
    }
    Ok(())
}

/// Sets the size of a market order. One that is sized in what it receives is cut down to what the balance allows, unless
/// that is banned; one sized in what it spends is not (documented for the first alone).
pub(super) fn size_market(
    engine: &Engine,
    order: &mut NewOrder,
    instrument: &Instrument,
    target: &str,
    ban_amend: bool,
) -> Result<()> {
    let last = engine.markets()[order.market].last_price();
    let most = Decimal::from(MOST_MARKET);
    let in_quote = target == "quote_ccy";
    if order.qty > Decimal::from(MOST_LIMIT_SZ)
        || (if in_quote { order.qty } else { order.qty * last }) > most
    {
        return Err(OkxError::new(51201, format!("The value of a market order can't exceed {most}.")));
    }
    match (order.side, in_quote) {
        (Side::Buy, true) => order.in_quote = true,
        (Side::Sell, false) => {}
        (Side::Sell, true) => {
            let held = engine.balance(order.account, instrument.base).available();
            let worth = walk(engine, order, order.qty);
            order.qty = floor(if ban_amend { worth } else { worth.min(held) }, instrument);
        }
        (Side::Buy, false) if !ban_amend => {
            let funds = engine.balance(order.account, instrument.quote).available();
            // Only where there is too little: the whole order otherwise, even beyond what the book offers now.
            let buys = walk(engine, order, funds);
            let all: Decimal = engine.depth(order.market, usize::MAX).1.iter().map(|level| level.qty).sum();
            if buys < order.qty.min(all) {
                order.qty = floor(buys, instrument);
            }
        }
        (Side::Buy, false) => {}
    }
    if order.qty.is_zero() {
        // Nothing is left of it.
        let ccy = if order.side == Side::Buy { instrument.quote } else { instrument.base };
        return Err(OkxError::insufficient(ccy));
    }
    Ok(())
}

/// The base quantity that the other side trades for an amount of quote now.
fn walk(engine: &Engine, order: &NewOrder, amount: Decimal) -> Decimal {
    let (bids, asks) = engine.depth(order.market, usize::MAX);
    let (mut left, mut qty) = (amount, Decimal::ZERO);
    for level in if order.side == Side::Buy { asks } else { bids } {
        let part = level.qty.min(left / level.price);
        qty += part;
        left -= part * level.price;
        if part < level.qty {
            break;
        }
    }
    qty
}

fn floor(qty: Decimal, instrument: &Instrument) -> Decimal {
    qty.round_dp_with_strategy(instrument.lot_decimals, RoundingStrategy::ToZero)
}
