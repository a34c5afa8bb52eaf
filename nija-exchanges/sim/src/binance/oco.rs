//! Reading an OCO list, in its present form (`orderList/oco`) and its old one (`order/oco`).

use super::error::BinanceError;
use super::new_order::{blank, client_id, only_known, side, symbol, time_in_force};
use super::params::Params;
use crate::engine::{AccountId, Engine, NewOrder, OrderType, Side, TimeInForce};
use rust_decimal::Decimal;

const KNOWN: [&str; 16] = [
    "symbol",
    "listClientOrderId",
    "side",
    "quantity",
    "aboveType",
    "aboveClientOrderId",
    "abovePrice",
    "aboveStopPrice",
    "aboveTimeInForce",
    "belowType",
    "belowClientOrderId",
    "belowPrice",
    "belowStopPrice",
    "belowTimeInForce",
    "newOrderRespType",
    "selfTradePreventionMode",
];
const KNOWN_OLD: [&str; 12] = [
    "symbol",
    "listClientOrderId",
    "side",
    "quantity",
    "limitClientOrderId",
    "price",
    "stopClientOrderId",
    "stopPrice",
    "stopLimitPrice",
    "stopLimitTimeInForce",
    "newOrderRespType",
    "selfTradePreventionMode",
];

/// A parsed list: the order above the market, then the one below.
#[derive(Debug)]
pub(crate) struct Oco {
    pub(crate) orders: [NewOrder; 2],
    pub(crate) name: String,
}

/// Reads the present form.
pub(crate) fn parse(
    params: &Params,
    account: AccountId,
    engine: &Engine,
    lenient: bool,
) -> Result<Oco, BinanceError> {
    if !lenient {
        only_known(params, &KNOWN)?;
    }
    let (market, _) = symbol(params)?;
    let (side, qty) = (side(params)?, params.need_decimal("quantity")?);
    let above =
        leg(params, "above", blank(account, market, side, qty, client_id(params, "aboveClientOrderId")?))?;
    let below =
        leg(params, "below", blank(account, market, side, qty, client_id(params, "belowClientOrderId")?))?;
    finish(params, engine, above, below)
}

/// Reads the old form: a limit order, and a stop on the other side of the market.
pub(crate) fn parse_old(
    params: &Params,
    account: AccountId,
    engine: &Engine,
    lenient: bool,
) -> Result<Oco, BinanceError> {
    if !lenient {
        only_known(params, &KNOWN_OLD)?;
    }
    let (market, _) = symbol(params)?;
    let (side, qty) = (side(params)?, params.need_decimal("quantity")?);
    let mut limit = blank(account, market, side, qty, client_id(params, "limitClientOrderId")?);
    limit.limit = Some(params.need_decimal("price")?);
    limit.post_only = true;
    let mut stop = blank(account, market, side, qty, client_id(params, "stopClientOrderId")?);
    stop.trigger = Some(params.need_decimal("stopPrice")?);
    stop.limit = params.decimal("stopLimitPrice")?;
    if stop.limit.is_some() {
        stop.order_type = OrderType::StopLossLimit;
        stop.tif = time_in_force(params, "stopLimitTimeInForce")?
            .ok_or_else(|| BinanceError::mandatory("stopLimitTimeInForce"))?;
    } else {
        (stop.order_type, stop.tif) = (OrderType::StopLoss, TimeInForce::Ioc);
    }
    match side {
        Side::Sell => finish(params, engine, limit, stop),
        Side::Buy => finish(params, engine, stop, limit),
    }
}

fn leg(params: &Params, which: &str, mut order: NewOrder) -> Result<NewOrder, BinanceError> {
    let name = |rest: &str| format!("{which}{rest}");
    let kind = params.need(&name("Type"))?;
    (order.order_type, order.post_only) = match kind {
        "LIMIT_MAKER" => (OrderType::Limit, true),
        "STOP_LOSS" => (OrderType::StopLoss, false),
        "STOP_LOSS_LIMIT" => (OrderType::StopLossLimit, false),
        "TAKE_PROFIT" => (OrderType::TakeProfit, false),
        "TAKE_PROFIT_LIMIT" => (OrderType::TakeProfitLimit, false),
        _ => return Err(BinanceError::new(-1158, "Order type not supported in OCO.")),
    };
    if order.order_type.has_limit() {
        order.limit = Some(params.need_decimal(&name("Price"))?);
    }
    if order.order_type.is_triggered() {
        order.trigger = Some(params.need_decimal(&name("StopPrice"))?);
    }
    let tif = time_in_force(params, &name("TimeInForce"))?;
    order.tif = match order.order_type {
        OrderType::StopLossLimit | OrderType::TakeProfitLimit => {
            tif.ok_or_else(|| BinanceError::mandatory(&name("TimeInForce")))?
        }
        OrderType::StopLoss | OrderType::TakeProfit => TimeInForce::Ioc,
        _ => TimeInForce::Gtc,
    };
    Ok(order)
}

/// Checks which kind stands on which side of the market.
fn finish(params: &Params, engine: &Engine, above: NewOrder, below: NewOrder) -> Result<Oco, BinanceError> {
    if !above.order_type.is_triggered() && !below.order_type.is_triggered() {
        return Err(BinanceError::new(-1168, "At least one OCO order must be contingent."));
    }
    let buy = above.side == Side::Buy;
    let stops = |order: &NewOrder| matches!(order.order_type, OrderType::StopLoss | OrderType::StopLossLimit);
    let limits = |order: &NewOrder| order.order_type == OrderType::Limit;
    let gains = |order: &NewOrder| order.order_type.is_triggered() && !stops(order);
    let misplaced = [
        (buy && limits(&above), -1165, "A limit order in a buy OCO must be below."),
        (!buy && limits(&below), -1166, "A limit order in a sell OCO must be above."),
        (buy && stops(&below), -1196, "A stop loss order in a buy OCO must be above."),
        (!buy && stops(&above), -1197, "A stop loss order in a sell OCO must be below."),
        (buy && gains(&above), -1198, "A take profit order in a buy OCO must be below."),
        (!buy && gains(&below), -1199, "A take profit order in a sell OCO must be above."),
    ];
    if let Some((_, code, msg)) = misplaced.into_iter().find(|(wrong, _, _)| *wrong) {
        return Err(BinanceError::new(code, msg));
    }
    let last = engine.markets()[above.market].last_price();
    let price = |order: &NewOrder| order.trigger.or(order.limit).unwrap_or(Decimal::ZERO);
    if price(&above) <= last || price(&below) >= last {
        return Err(BinanceError::rejected("The relationship of the prices for the orders is not correct."));
    }
    Ok(Oco { orders: [above, below], name: client_id(params, "listClientOrderId")? })
}
