//! One order over several venues, where that is cheaper.

use nija_core::{
    BookLevel, OrderKind, Price, Quantity, RouteRequest, RouteShare, Side,
    whole::{compare, times},
};
use rust_decimal::Decimal;
use std::cmp::Ordering;

use super::{ExpectedCost, Market, Offer, Parts, bps::Bps};

/// Shares that together are cheaper than the best venue alone.
pub(super) struct Split {
    pub(super) shares: Vec<RouteShare>,
    pub(super) cost: Bps,
}

/// A venue's levels, taken from the best on, each with what a unit of it costs with everything that the venue adds.
struct Ladder<'a> {
    levels: &'a [BookLevel],
    /// What a venue shows that has no book.
    touch: BookLevel,
    next: usize,
    limit: Option<Price>,
    side: Side,
    /// One more or less than the fee rate.
    with_fee: Decimal,
    added: Decimal,
    /// The level at hand and its cost; `None` when there is none left.
    head: Option<(Decimal, Quantity)>,
}

impl Ladder<'_> {
    /// Goes to the next level within the order's limit there.
    fn advance(&mut self) {
        let level = match (self.levels.get(self.next), self.next) {
            (Some(level), _) => Some(*level),
            (None, 0) => Some(self.touch),
            (None, _) => None,
        };
        self.next += 1;
        let within = |level: &BookLevel| match (self.limit, self.side) {
            (Some(limit), Side::Buy) => level.price <= limit,
            (Some(limit), Side::Sell) => level.price >= limit,
            (None, _) => true,
        };
        self.head = level.filter(within).map(|level| {
            let paid = times(level.price.get(), self.with_fee);
            let unit = match self.side {
                Side::Buy => paid + self.added,
                Side::Sell => paid - self.added,
            };
            (unit, level.quantity)
        });
    }
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
    let mut ladders: Vec<_> = costed
        .iter()
        .zip(takes_part)
        .map(|((offer, ..), takes_part)| {
            let mut ladder = ladder(offer, market);
            if *takes_part {
                ladder.advance();
            }
            ladder
        })
        .collect();
    let mut shares = vec![Quantity::ZERO; costed.len()];
    let mut missing = size;
    while !missing.is_zero() {
        let heads = ladders.iter_mut().zip(&mut shares);
        let cheapest = heads.filter(|(ladder, _)| ladder.head.is_some()).reduce(|best, next| {
            let order = match (&next.0.head, &best.0.head) {
                (Some((next, _)), Some((best, _))) => compare(*next, *best),
                _ => Ordering::Equal,
            };
            let better = match market.side {
                Side::Buy => order.is_lt(),
                Side::Sell => order.is_gt(),
            };
            if better { next } else { best }
        });
        let (ladder, share) = cheapest?;
        let (_, quantity) = ladder.head?;
        let take = quantity.min(missing);
        *share = share.plus(take);
        missing = missing.minus(take);
        ladder.advance();
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

/// Before the first level.
fn ladder<'a>(offer: &'a Offer<'_>, market: &Market) -> Ladder<'a> {
    let planned = &offer.fitted.planned;
    let added = (offer.latency + offer.slippage + offer.price_of_failure.scaled(offer.chance)).decimal();
    let quote = offer.fitted.quote;
    let (rate, size) = match market.side {
        Side::Buy => (planned.fee_rate, quote.ask_size),
        Side::Sell => (-planned.fee_rate, quote.bid_size),
    };
    Ladder {
        levels: offer.view.book.as_ref().map_or(&[][..], |book| book.against(market.side)),
        touch: BookLevel { price: quote.taker_price(market.side), quantity: size },
        next: 0,
        limit: planned.plan.kind.worst_price(),
        side: market.side,
        with_fee: Decimal::ONE + rate,
        added: times(market.middle, added.max(Decimal::ZERO)) * Decimal::new(1, 4),
        head: None,
    }
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
