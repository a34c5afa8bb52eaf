//! One order over several venues, where that is cheaper.

use nija_core::{BookLevel, OrderKind, Quantity, RouteRequest, RouteShare, Side, whole::times};
use rust_decimal::Decimal;

use super::{ExpectedCost, Market, Offer, Parts, bps::Bps};

/// Levels looked at over all venues: a bound for very deep books.
const LEVELS: usize = 1000;

/// Shares that together are cheaper than the best venue alone.
pub(super) struct Split {
    pub(super) shares: Vec<RouteShare>,
    pub(super) cost: Bps,
}

/// A level of one venue, by what a unit of it costs with everything that the venue adds.
struct Level {
    venue: usize,
    unit: Decimal,
    quantity: Quantity,
}

type Costed<'a> = (Offer<'a>, Parts, Decimal);

/// Fills the best venue's size from all venues' levels, the cheapest first. Shares that are too small for their venue go to the others.
pub(super) fn split(
    router: &ExpectedCost,
    request: &RouteRequest<'_>,
    market: &Market,
    costed: &[Costed<'_>],
) -> Option<Split> {
    let gain = Bps::of_share(router.config.split_gain?);
    let intent = request.intent.get();
    let (best, best_parts, _) = costed.first()?;
    let alone = costed.len() < 2
        || intent.parent.is_some()
        || intent.signal.kind != OrderKind::Market
        || intent.signal.signal_type.is_exit()
        || intent.signal.venue.is_some();
    if alone {
        return None;
    }
    let size = best.fitted.planned.plan.quantity;
    let mut takes_part = vec![true; costed.len()];
    // Each round leaves out one venue at least.
    for _ in 0..costed.len() {
        let shares = filled(market, costed, &takes_part, size)?;
        let mut small = false;
        for (venue, share) in shares.iter().enumerate() {
            if !share.is_zero() && !takes(costed, venue, market.side, *share) {
                small = true;
                if let Some(part) = takes_part.get_mut(venue) {
                    *part = false;
                }
            }
        }
        if !small {
            return cheaper(router, market, costed, &shares, size)
                .filter(|split| split.cost + gain <= best_parts.total());
        }
    }
    None
}

/// The shares, by the places of the venues. `None` when one venue has it all, or they have too little.
fn filled(
    market: &Market,
    costed: &[Costed<'_>],
    takes_part: &[bool],
    size: Quantity,
) -> Option<Vec<Quantity>> {
    let mut levels: Vec<Level> = costed
        .iter()
        .enumerate()
        .filter(|(venue, _)| takes_part.get(*venue).copied().unwrap_or_default())
        .flat_map(|(venue, (offer, ..))| of_venue(venue, offer, market, size))
        .collect();
    levels.sort_by(|a, b| match market.side {
        Side::Buy => a.unit.cmp(&b.unit),
        Side::Sell => b.unit.cmp(&a.unit),
    });
    let mut shares = vec![Quantity::ZERO; costed.len()];
    let mut missing = size;
    for level in levels {
        let take = level.quantity.min(missing);
        if let Some(share) = shares.get_mut(level.venue) {
            *share = share.plus(take);
        }
        missing = missing.minus(take);
        if missing.is_zero() {
            break;
        }
    }
    if !missing.is_zero() {
        return None;
    }
    // On the lot; what that cuts off goes to the largest share.
    for (share, (offer, ..)) in shares.iter_mut().zip(costed) {
        if let Some(rules) = &offer.view.instrument {
            *share = share.floor_to(rules.lot_size);
        }
    }
    let cut = shares.iter().fold(size, |left, share| left.minus(*share));
    let (largest, (offer, ..)) = shares.iter_mut().zip(costed).max_by_key(|(share, _)| **share)?;
    let lot = offer.view.instrument.as_ref().map_or(Decimal::ZERO, |rules| rules.lot_size);
    *largest = largest.plus(cut).floor_to(lot);
    (shares.iter().filter(|share| !share.is_zero()).count() > 1).then_some(shares)
}

/// A venue's levels within the order's limit there, each with the venue's fee, latency and risk of failing in its price.
fn of_venue<'a>(
    venue: usize,
    offer: &'a Offer<'_>,
    market: &Market,
    size: Quantity,
) -> impl Iterator<Item = Level> + 'a {
    let side = market.side;
    let planned = &offer.fitted.planned;
    let limit = planned.plan.kind.worst_price();
    let added = (offer.latency + offer.price_of_failure.scaled(offer.chance)).decimal();
    let added = times(market.middle, added.max(Decimal::ZERO)) / Decimal::from(10_000);
    let rate = planned.fee_rate;
    let quote = [BookLevel {
        price: offer.fitted.quote.taker_price(side),
        quantity: match side {
            Side::Buy => offer.fitted.quote.ask_size,
            Side::Sell => offer.fitted.quote.bid_size,
        },
    }];
    let book = offer.view.book.as_ref().map(|book| book.against(side)).filter(|levels| !levels.is_empty());
    let touch = if book.is_some() { None } else { Some(quote) };
    let within = move |level: &BookLevel| match (limit, side) {
        (Some(limit), Side::Buy) => level.price <= limit,
        (Some(limit), Side::Sell) => level.price >= limit,
        (None, _) => true,
    };
    let mut found = Quantity::ZERO;
    book.unwrap_or_default()
        .iter()
        .copied()
        .chain(touch.into_iter().flatten())
        .take(LEVELS)
        .take_while(within)
        .take_while(move |level| {
            // Nobody needs more of one venue than all.
            let goes_on = found < size;
            found = found.plus(level.quantity);
            goes_on
        })
        .map(move |level| {
            let price = level.price.get();
            let unit = match side {
                Side::Buy => price + price * rate + added,
                Side::Sell => price - price * rate - added,
            };
            Level { venue, unit, quantity: level.quantity }
        })
}

/// Whether a venue takes an order of a share's size.
fn takes(costed: &[Costed<'_>], venue: usize, side: Side, share: Quantity) -> bool {
    costed.get(venue).is_some_and(|(offer, ..)| {
        let plan = &offer.fitted.planned.plan;
        let fits = offer.view.instrument.as_ref().map(|rules| rules.fit(side, plan.kind, share, plan.price));
        matches!(fits, Some(Ok((fitted, _))) if fitted == share) && share <= plan.quantity
    })
}

/// What the shares cost together, each counted by its part of the whole.
fn cheaper(
    router: &ExpectedCost,
    market: &Market,
    costed: &[Costed<'_>],
    shares: &[Quantity],
    size: Quantity,
) -> Option<Split> {
    let (mut cost, mut split) = (Bps::default(), Vec::new());
    for (share, (offer, ..)) in shares.iter().zip(costed).filter(|(share, _)| !share.is_zero()) {
        let (parts, worth) = router.cost(market, offer, *share);
        cost = cost + parts.total().scaled(Bps::of_parts(share.get(), size.get()));
        split.push(RouteShare {
            venue: offer.view.venue.clone(),
            plan: ExpectedCost::plan(offer, *share, worth),
        });
    }
    split.sort_by(|a, b| b.plan.quantity.cmp(&a.plan.quantity).then_with(|| a.venue.cmp(&b.venue)));
    (split.len() > 1).then_some(Split { shares: split, cost })
}
