//! What would be sent to a venue.

use nija_core::{
    FilterError, Ineligible, Notional, OrderIntent, OrderKind, OrderSize, Price, PriceReach, Quantity, Quote,
    RoutePlan, Side, TimeInForce, VenueView,
    whole::{compare, times},
};
use rust_decimal::Decimal;

use super::RouteRules;
use crate::planted::{Bug, planted};

/// A plan, and what it counts with.
pub(super) struct Planned {
    pub(super) plan: RoutePlan,
    /// Base units that the order asks for at the venue's price, whatever of it the venue can take.
    pub(super) asked: Quantity,
    pub(super) fee_rate: Decimal,
    /// Quote units that it can cost at worst, fees included.
    pub(super) worst_cost: Decimal,
    /// The same for each base unit.
    pub(super) worst_unit: Decimal,
    /// Whether it meets the market at once.
    pub(super) crosses: bool,
}

/// The kind that an order goes out as, and whether its price meets the touch at once.
struct Shape {
    kind: OrderKind,
    crosses: bool,
}

/// Sizes an order by the venue's quote and fees and fits it to the venue's rules.
#[inline]
pub(super) fn plan(
    intent: &OrderIntent,
    view: &VenueView,
    quote: &Quote,
    rules: &RouteRules,
) -> Result<Planned, Ineligible> {
    let signal = &intent.signal;
    let instrument = view.instrument.as_ref().ok_or(Ineligible::PairNotListed)?;
    let touch = quote.taker_price(signal.side);
    let Shape { kind, crosses } = shape(intent, touch, instrument.reach, rules)?;
    let price = match kind.worst_price() {
        Some(price) if !crosses => price,
        _ => touch,
    };
    // A stop that goes off meets the market more often than it rests.
    let rests = signal.time_in_force == TimeInForce::Gtc && !crosses && !kind.waits();
    let fee_rate = if rests { view.fees.maker } else { view.fees.taker };
    // A rebate is not counted on.
    let with_fee = if fee_rate.is_sign_negative() { Decimal::ONE } else { Decimal::ONE + fee_rate };
    let asked = match signal.size {
        OrderSize::Base(quantity) => quantity,
        OrderSize::Quote(money) => bought(money, signal.side, kind, price, with_fee, view)?,
    };
    let wanted = match view.closable {
        // No exit closes more than there is. Whether a part will do is decided once it is known what each venue holds.
        Some(there) if signal.signal_type.is_exit() && compare(there, asked.get()).is_lt() => {
            Quantity::new(there.max(Decimal::ZERO)).map_err(|_| Ineligible::InsufficientPosition)?
        }
        _ => asked,
    };
    let wanted = match (signal.signal_type.is_exit(), signal.side, view.available_base) {
        // An exit sells what there is: fees paid in base leave a little less than the fills add up to.
        (true, Side::Sell, Some(base)) if compare(base, wanted.get()).is_lt() => {
            Quantity::new(base.max(Decimal::ZERO)).map_err(|_| Ineligible::BelowMinNotional)?
        }
        _ => wanted,
    };
    if signal.signal_type.is_exit() && wanted.is_zero() {
        return Err(Ineligible::InsufficientBase);
    }
    let wanted = match instrument.max_quantity {
        // Too much for one order: as much as one takes, rather than nothing.
        Some(most) if signal.signal_type.is_exit() && wanted > most => most,
        _ => wanted,
    };
    let (quantity, kind) = instrument.fit(signal.side, kind, wanted, price).map_err(|error| match error {
        FilterError::NotTradable { .. } => Ineligible::MarketClosed,
        FilterError::KindNotSupported { .. } => Ineligible::KindNotSupported,
        FilterError::AboveMaxQuantity { .. } | FilterError::AboveMaxNotional { .. } => {
            Ineligible::AboveMaxSize
        }
        _ => Ineligible::BelowMinNotional,
    })?;
    let worth = quantity.at(price).map_err(|_| Ineligible::BelowMinNotional)?;
    let worst_unit = times(kind.worst_price().unwrap_or(price).get(), with_fee);
    Ok(Planned {
        plan: RoutePlan {
            quantity,
            kind,
            price,
            fees: times(worth.get(), fee_rate),
            latency: view.health.latency,
        },
        asked,
        fee_rate,
        worst_cost: times(quantity.get(), worst_unit),
        worst_unit,
        crosses,
    })
}

/// Exits go as they are asked for, their limits no further away than the venue takes them: no exit is refused for that. An entry at market becomes
/// a limit at a collared price, so that it never fills far away.
fn shape(
    intent: &OrderIntent,
    touch: Price,
    reach: PriceReach,
    rules: &RouteRules,
) -> Result<Shape, Ineligible> {
    let signal = &intent.signal;
    let kind = if signal.signal_type.is_exit() && !planted(Bug::IgnoresReach) {
        reach.bring_near(signal.kind, signal.side, touch)
    } else if signal.signal_type.is_exit() || signal.kind != OrderKind::Market {
        signal.kind
    } else {
        let collar = reach.market.map_or(rules.collar, |reach| reach.min(rules.collar));
        let factor = match signal.side {
            Side::Buy => Decimal::ONE + collar,
            Side::Sell => Decimal::ONE - collar,
        };
        let price = Price::new(times(touch.get(), factor)).map_err(|_| Ineligible::StaleQuote)?;
        OrderKind::Limit { price }
    };
    let crosses = match (kind, signal.side) {
        (OrderKind::Market, _) => true,
        (OrderKind::Limit { price }, Side::Buy) => price >= touch,
        (OrderKind::Limit { price }, Side::Sell) => price <= touch,
        (OrderKind::StopLimit { .. } | OrderKind::Bracket { .. }, _) => false,
    };
    Ok(Shape { kind, crosses })
}

/// Base units for an amount of money. A buy's fees come out of that money. Where the balance covers the amount and not the
/// collar's worst case, the size shrinks to what the worst case can pay.
fn bought(
    money: Notional,
    side: Side,
    kind: OrderKind,
    price: Price,
    with_fee: Decimal,
    view: &VenueView,
) -> Result<Quantity, Ineligible> {
    let unit = |price: Price| match side {
        Side::Buy => times(price.get(), with_fee),
        Side::Sell => price.get(),
    };
    // Cut to the lot's digits at once: sums of 28 digits cost ten times as much, and the lot takes them away anyway.
    let places = view.instrument.as_ref().map_or(18, |rules| rules.lot_size.scale());
    let too_small = |_| Ineligible::BelowMinNotional;
    let quantity = money.buys_at(unit(price), places).map_err(too_small)?;
    if let (Side::Buy, Some(worst), Some(available)) = (side, kind.worst_price(), view.available_quote)
        && let Ok(available) = Notional::new(available)
        && available >= money
    {
        let each = unit(worst);
        if compare(available.get(), times(quantity.get(), each)).is_lt() {
            return available.buys_at(each, places).map_err(too_small);
        }
    }
    Ok(quantity)
}
