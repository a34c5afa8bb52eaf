//! One order over several venues, where that is cheaper or none could take it alone.

use nija_core::{
    BookLevel, Price, Quantity, RouteShare, Side,
    whole::{compare, times},
};
use rust_decimal::Decimal;
use std::cmp::Ordering;

use super::{ExpectedCost, Market, Offer, Parts, bps::Bps};
use crate::score::lots;

/// Shares that together are cheaper than the best venue alone, or as much as no venue takes alone.
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
    /// The level at hand, what is left of it, and its cost; `None` when there is none left.
    head: Option<(Decimal, Quantity)>,
    /// What its venue can take besides what was taken.
    room: Quantity,
    taken: Quantity,
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

    /// Takes as much of the level at hand as there is, and no more than `wanted`.
    fn take(&mut self, wanted: Quantity) -> Quantity {
        let Some((unit, there)) = self.head else {
            return Quantity::ZERO;
        };
        let took = there.min(wanted).min(self.room);
        self.taken = self.taken.plus(took);
        self.room = self.room.minus(took);
        if took == there {
            self.advance();
        } else {
            self.head = Some((unit, there.minus(took)));
        }
        took
    }
}

/// How a venue takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// With whatever is cheapest there.
    Any,
    /// With this much at least, its smallest order: the others have too little without it.
    AtLeast(Quantity),
    /// Not at all: what it would take is less than its smallest order.
    Out,
}

type Costed<'a> = (Offer<'a>, Parts, Decimal);

/// Fills the order's size from all venues' levels, the cheapest first. Shares that are too small for their venue go to the others, or grow to its
/// smallest order where the others have too little. `partial` are venues that can take a part alone.
pub(super) fn split(
    router: &ExpectedCost,
    market: &Market,
    costed: &[Costed<'_>],
    partial: &[Offer<'_>],
) -> Option<Split> {
    let offers: Vec<&Offer<'_>> = costed.iter().map(|(offer, ..)| offer).chain(partial).collect();
    if offers.len() < 2 {
        return None;
    }
    let planned = |offer: &&Offer<'_>| offer.fitted.planned.plan.quantity;
    // For an amount of money the dearest venue sets the size, so that no share costs more than its part of it.
    let size = match costed.first() {
        Some((best, ..)) => best.fitted.planned.plan.quantity,
        None => offers.iter().map(planned).min()?,
    };
    let together = offers.iter().fold(Quantity::ZERO, |sum, offer| sum.plus(offer.most));
    if together < size {
        return None;
    }
    let shares = shares(market, &offers, size)?;
    let split = costs(router, market, &offers, &shares, size)?;
    let Some((_, alone, _)) = costed.first() else {
        return Some(split);
    };
    let gain = Bps::of_share(router.config.split_gain?);
    Some(split).filter(|split| split.cost + gain <= alone.total())
}

/// Shares that their venues take, by the places of the venues.
fn shares(market: &Market, offers: &[&Offer<'_>], size: Quantity) -> Option<Vec<Quantity>> {
    let mut parts = vec![Part::Any; offers.len()];
    // Each round brings one venue at least a step further: from any share to its least, and to none.
    for _ in 0..=2 * offers.len() {
        let shares = filled(market, offers, &parts, size)?;
        let small = (0..)
            .zip(offers.iter().zip(&shares))
            .find(|(_, (offer, share))| !share.is_zero() && !takes(offer, market.side, **share));
        let Some((place, (offer, _))) = small else {
            return (shares.iter().filter(|share| !share.is_zero()).count() > 1).then_some(shares);
        };
        let part = parts.get_mut(place)?;
        let before = std::mem::replace(part, Part::Out);
        if before == Part::Any && filled(market, offers, &parts, size).is_none() {
            *parts.get_mut(place)? = Part::AtLeast(lots::least(offer.view, &offer.fitted.planned.plan)?);
        }
    }
    None
}

/// The cheapest of all levels, by the places of the venues. `None` when they have too little.
fn filled(market: &Market, offers: &[&Offer<'_>], parts: &[Part], size: Quantity) -> Option<Vec<Quantity>> {
    let mut missing = size;
    let mut ladders = Vec::with_capacity(offers.len());
    for (offer, part) in offers.iter().zip(parts) {
        let mut ladder = ladder(offer, market);
        if *part != Part::Out {
            ladder.advance();
        }
        if let Part::AtLeast(least) = *part {
            if least > missing {
                return None;
            }
            while ladder.taken < least {
                let took = ladder.take(least.minus(ladder.taken));
                if took.is_zero() {
                    return None;
                }
                missing = missing.minus(took);
            }
        }
        ladders.push(ladder);
    }
    while !missing.is_zero() {
        let open = ladders.iter_mut().filter(|ladder| ladder.head.is_some() && !ladder.room.is_zero());
        let cheapest = open.reduce(|best, next| {
            let order = match (&next.head, &best.head) {
                (Some((next, _)), Some((best, _))) => compare(*next, *best),
                _ => Ordering::Equal,
            };
            let better = match market.side {
                Side::Buy => order.is_lt(),
                Side::Sell => order.is_gt(),
            };
            if better { next } else { best }
        });
        missing = missing.minus(cheapest?.take(missing));
    }
    on_lots(offers, ladders.iter().map(|ladder| ladder.taken).collect(), size)
}

/// Shares on their venues' lots; what that cuts off goes to the largest of them that have room. Less than a lot may be left.
fn on_lots(offers: &[&Offer<'_>], mut shares: Vec<Quantity>, size: Quantity) -> Option<Vec<Quantity>> {
    let lot = |offer: &Offer<'_>| lots::lot(offer.view);
    for (share, offer) in shares.iter_mut().zip(offers) {
        *share = share.floor_to(lot(offer));
    }
    let mut cut = shares.iter().fold(size, |left, share| left.minus(*share));
    let mut largest: Vec<_> = (0..shares.len()).collect();
    largest.sort_by_key(|place| std::cmp::Reverse(shares.get(*place).copied()));
    let mut coarsest = Decimal::ZERO;
    for place in largest {
        let (share, offer) = shares.get_mut(place).zip(offers.get(place))?;
        if share.is_zero() {
            continue;
        }
        coarsest = coarsest.max(lot(offer));
        let more = cut.min(offer.most.minus(*share)).floor_to(lot(offer));
        (*share, cut) = (share.plus(more), cut.minus(more));
    }
    (cut.get() < coarsest || cut.is_zero()).then_some(shares)
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
        room: offer.most,
        taken: Quantity::ZERO,
    }
}

/// Whether a venue takes an order of a share's size.
fn takes(offer: &Offer<'_>, side: Side, share: Quantity) -> bool {
    share <= offer.most && lots::takes(offer.view, side, &offer.fitted.planned.plan, share)
}

/// What the shares cost together, each counted by its part of the whole.
fn costs(
    router: &ExpectedCost,
    market: &Market,
    offers: &[&Offer<'_>],
    shares: &[Quantity],
    size: Quantity,
) -> Option<Split> {
    let (mut cost, mut split) = (Bps::default(), Vec::new());
    for (share, offer) in shares.iter().zip(offers).filter(|(share, _)| !share.is_zero()) {
        let (parts, worth) = router.cost(market, offer, *share);
        cost = cost + parts.total().scaled(Bps::of_parts(share.get(), size.get()));
        split.push(RouteShare {
            venue: offer.view.venue.clone(),
            plan: ExpectedCost::plan(offer, *share, worth),
            cost: Some(parts.estimate()),
        });
    }
    split.sort_by(|a, b| b.plan.quantity.cmp(&a.plan.quantity).then_with(|| a.venue.cmp(&b.venue)));
    (split.len() > 1).then_some(Split { shares: split, cost })
}
