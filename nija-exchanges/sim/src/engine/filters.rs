//! A market's filters: lot, tick, least quantity and cost.

use super::market::MarketSpec;
use super::types::{NewOrder, Reject};
use rust_decimal::Decimal;

/// Largest price and quantity that the engine computes with; far beyond any market, far below decimal overflow.
const MOST: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// Checks an order's numbers. `reference` is the price used for the cost of orders without a limit.
pub(crate) fn check(spec: &MarketSpec, order: &NewOrder, reference: Decimal) -> Result<(), Reject> {
    if order.qty <= Decimal::ZERO || order.qty > MOST {
        return Err(Reject::Quantity);
    }
    let digits = if order.in_quote { spec.cost_decimals } else { spec.lot_decimals };
    if order.qty.normalize().scale() > digits {
        return Err(Reject::Quantity);
    }
    if order.order_type.has_limit() != order.limit.is_some()
        || order.order_type.is_triggered() != order.trigger.is_some()
    {
        return Err(Reject::Price);
    }
    for price in [order.limit, order.trigger].into_iter().flatten() {
        check_price(spec, price)?;
    }
    let price = order.limit.or(order.trigger).unwrap_or(reference);
    let (qty, cost) = if order.in_quote {
        (if price.is_zero() { Decimal::ZERO } else { order.qty / price }, order.qty)
    } else {
        (order.qty, order.qty * price)
    };
    if qty < spec.min_qty {
        return Err(Reject::MinQty);
    }
    if cost < spec.min_cost {
        return Err(Reject::MinCost);
    }
    Ok(())
}

fn check_price(spec: &MarketSpec, price: Decimal) -> Result<(), Reject> {
    if price <= Decimal::ZERO || price > MOST {
        return Err(Reject::Price);
    }
    if price.normalize().scale() > spec.price_decimals {
        return Err(Reject::PriceDecimals);
    }
    if !(price % spec.tick).is_zero() {
        return Err(Reject::Tick);
    }
    Ok(())
}
