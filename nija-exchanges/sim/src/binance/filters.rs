//! Binance's filters on an order, with the words of their failures (filters.md, errors.md).

use super::error::BinanceError;
use super::symbols::{SYMBOLS, Symbol};
use crate::engine::{Engine, NewOrder, OrderType, Side};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Minutes of the average that prices and notionals refer to.
const MINUTES: i64 = 5;
/// A price may be this many times the average, and this part of it.
const UP: Decimal = Decimal::from_parts(5, 0, 0, false, 0);
const DOWN: Decimal = Decimal::from_parts(2, 0, 0, false, 1);
/// Open orders in a symbol, and those of them that wait for a trigger.
const MOST_ORDERS: usize = 200;
const MOST_ALGOS: usize = 5;

/// The filters of a symbol as `exchangeInfo` lists them.
pub(crate) fn list(symbol: &Symbol) -> Value {
    let text = |value: Decimal| super::format::eight(value);
    json!([
        { "filterType": "PRICE_FILTER", "minPrice": text(symbol.tick()), "maxPrice": "1000000.00000000", "tickSize": text(symbol.tick()) },
        { "filterType": "LOT_SIZE", "minQty": text(symbol.step()), "maxQty": text(symbol.max_qty()), "stepSize": text(symbol.step()) },
        { "filterType": "ICEBERG_PARTS", "limit": 10 },
        { "filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": text(symbol.max_market_qty()), "stepSize": "0.00000000" },
        { "filterType": "TRAILING_DELTA", "minTrailingAboveDelta": 10, "maxTrailingAboveDelta": 2000, "minTrailingBelowDelta": 10, "maxTrailingBelowDelta": 2000 },
        { "filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": "5", "bidMultiplierDown": "0.2", "askMultiplierUp": "5", "askMultiplierDown": "0.2", "avgPriceMins": MINUTES },
        { "filterType": "NOTIONAL", "minNotional": text(symbol.min_notional()), "applyMinToMarket": true, "maxNotional": text(symbol.max_notional()), "applyMaxToMarket": false, "avgPriceMins": MINUTES },
        { "filterType": "MAX_NUM_ORDERS", "maxNumOrders": MOST_ORDERS },
        { "filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": MOST_ALGOS },
    ])
}

/// The average price of the last minutes.
pub(crate) fn average(engine: &Engine, market: usize, now_ns: i64) -> Decimal {
    engine.markets()[market].stats_since(now_ns.div_euclid(1_000_000_000) - 60 * MINUTES).vwap.round_dp(8)
}

/// Checks an order's numbers, filter by filter.
pub(crate) fn check(engine: &Engine, order: &NewOrder, now_ns: i64) -> Result<(), BinanceError> {
    let symbol = &SYMBOLS[order.market];
    let average = average(engine, order.market, now_ns);
    for price in [order.limit, order.trigger].into_iter().flatten() {
        if price < symbol.tick() || price > Decimal::from(1_000_000) || !(price % symbol.tick()).is_zero() {
            return Err(BinanceError::filter("PRICE_FILTER"));
        }
    }
    if order.limit.is_some_and(|price| price > average * UP || price < average * DOWN) {
        return Err(BinanceError::filter("PERCENT_PRICE_BY_SIDE"));
    }
    let market_order = order.order_type == OrderType::Market;
    if !order.in_quote {
        let fits = order.qty >= symbol.step()
            && order.qty <= symbol.max_qty()
            && (order.qty % symbol.step()).is_zero();
        if !fits {
            return Err(BinanceError::filter("LOT_SIZE"));
        }
        if market_order && order.qty > symbol.max_market_qty() {
            return Err(BinanceError::filter("MARKET_LOT_SIZE"));
        }
    }
    let price = order.limit.or(order.trigger).unwrap_or(average);
    let notional = if order.in_quote { order.qty } else { order.qty * price };
    if notional < symbol.min_notional() || (!market_order && notional > symbol.max_notional()) {
        return Err(BinanceError::filter("NOTIONAL"));
    }
    let open: Vec<_> =
        engine.open_orders(order.account).filter(|open| open.ask.market == order.market).collect();
    if open.len() >= MOST_ORDERS {
        return Err(BinanceError::filter("MAX_NUM_ORDERS"));
    }
    let algos = open.iter().filter(|open| open.ask.order_type.is_triggered()).count();
    if order.order_type.is_triggered() && algos >= MOST_ALGOS {
        return Err(BinanceError::filter("MAX_NUM_ALGO_ORDERS"));
    }
    triggers_later(engine, order)
}

/// A stop that the last price has reached already is refused.
fn triggers_later(engine: &Engine, order: &NewOrder) -> Result<(), BinanceError> {
    let Some(trigger) = order.trigger else { return Ok(()) };
    let last = engine.markets()[order.market].last_price();
    let stop = matches!(order.order_type, OrderType::StopLoss | OrderType::StopLossLimit);
    let above = stop == (order.side == Side::Buy);
    if above && trigger <= last || !above && trigger >= last {
        return Err(BinanceError::rejected("Stop price would trigger immediately."));
    }
    Ok(())
}
