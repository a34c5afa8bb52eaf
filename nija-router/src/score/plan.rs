//! What would be sent to a venue.

use nija_core::{
    FilterError, Ineligible, Notional, OrderIntent, OrderKind, OrderSize, Price, Quantity, Quote, RoutePlan,
    Side, TimeInForce, VenueView,
};
use rust_decimal::Decimal;

use super::ScoreConfig;

/// A plan, and the fee rate that it counts with.
pub(super) struct Planned {
    pub(super) plan: RoutePlan,
    pub(super) fee_rate: Decimal,
}

/// Sizes an order by the venue's quote and fees and fits it to the venue's rules.
pub(super) fn plan(
    intent: &OrderIntent,
    view: &VenueView,
    quote: &Quote,
    config: &ScoreConfig,
) -> Result<Planned, Ineligible> {
    let signal = &intent.signal;
    let instrument = view.instrument.as_ref().ok_or(Ineligible::PairNotListed)?;
    let touch = quote.taker_price(signal.side);
    let kind = kind(intent, touch, config)?;
    let price = match kind {
        OrderKind::Limit { price } if !crosses(signal.side, price, touch) => price,
        _ => touch,
    };
    let rests = signal.time_in_force == TimeInForce::Gtc && price != touch;
    let fee_rate = if rests { view.fees.maker } else { view.fees.taker };
    let wanted = match signal.size {
        OrderSize::Base(quantity) => quantity,
        OrderSize::Quote(money) => bought(money, signal.side, kind, price, fee_rate, view)?,
    };
    let wanted = match (signal.signal_type.is_exit(), signal.side, view.available_base) {
        // An exit sells what there is: fees paid in base leave a little less than the fills add up to.
        (true, Side::Sell, Some(base)) => wanted.get().min(base),
        _ => wanted.get(),
    };
    let wanted = Quantity::new(wanted.max(Decimal::ZERO)).map_err(|_| Ineligible::BelowMinNotional)?;
    let (quantity, kind) = instrument.fit(signal.side, kind, wanted, price).map_err(|error| match error {
        FilterError::NotTradable { .. } => Ineligible::MarketClosed,
        _ => Ineligible::BelowMinNotional,
    })?;
    let worth = quantity.at(price).map_err(|_| Ineligible::BelowMinNotional)?;
    Ok(Planned {
        plan: RoutePlan { quantity, kind, price, fees: worth.get() * fee_rate, latency: view.health.latency },
        fee_rate,
    })
}

/// Exits go as they are asked for. An entry at market becomes a limit at a collared price, so that it never fills far away.
fn kind(intent: &OrderIntent, touch: Price, config: &ScoreConfig) -> Result<OrderKind, Ineligible> {
    let signal = &intent.signal;
    if signal.signal_type.is_exit() || signal.kind != OrderKind::Market {
        return Ok(signal.kind);
    }
    let factor = match signal.side {
        Side::Buy => Decimal::ONE + config.collar,
        Side::Sell => Decimal::ONE - config.collar,
    };
    let price = Price::new(touch.get() * factor).map_err(|_| Ineligible::StaleQuote)?;
    Ok(OrderKind::Limit { price })
}

fn crosses(side: Side, limit: Price, touch: Price) -> bool {
    match side {
        Side::Buy => limit >= touch,
        Side::Sell => limit <= touch,
    }
}

/// Base units for an amount of money. A buy's fees come out of that money. Where the balance covers the amount and not the
/// collar's worst case, the size shrinks to what the worst case can pay.
fn bought(
    money: Notional,
    side: Side,
    kind: OrderKind,
    price: Price,
    fee_rate: Decimal,
    view: &VenueView,
) -> Result<Quantity, Ineligible> {
    let with_fee = match side {
        Side::Buy => Decimal::ONE + fee_rate.max(Decimal::ZERO),
        Side::Sell => Decimal::ONE,
    };
    // Cut to the lot's digits at once: sums of 28 digits cost ten times as much, and the lot takes them away anyway.
    let places = view.instrument.as_ref().map_or(18, |rules| rules.lot_size.scale());
    let over = |money: Decimal, price: Price| {
        let exact = money.checked_div(price.get() * with_fee).ok_or(Ineligible::BelowMinNotional)?;
        Ok(exact.trunc_with_scale(places))
    };
    let mut quantity = over(money.get(), price)?;
    if let (Side::Buy, OrderKind::Limit { price: worst }, Some(available)) =
        (side, kind, view.available_quote)
        && available >= money.get()
        && available < quantity * worst.get() * with_fee
    {
        quantity = over(available, worst)?;
    }
    Quantity::new(quantity).map_err(|_| Ineligible::BelowMinNotional)
}
