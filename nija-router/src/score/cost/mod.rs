//! The policy that goes by what filling an order now is expected to cost.

mod bps;
mod config;
mod failure;
mod fees;
mod latency;
mod middle;
mod price;
mod slippage;
mod split;
mod words;

pub use config::CostConfig;

use nija_core::{
    Candidate, CostEstimate, OrderKind, Price, Quantity, RouteDecision, RoutePlan, RouteRequest, Router,
    RoutingPolicy, Side, VenueView, whole::times,
};
use rust_decimal::Decimal;
use std::borrow::Cow;

use super::{
    exits,
    fitted::{Fitted, fit, refused},
    most::most,
};
use bps::Bps;

/// Goes where filling this size now is expected to cost least: the real book walked level by level, the user's own fees, the market's move until
/// the order is there, and the chance of failing times what a failure costs. In basis points of the order's worth at the middle of the market.
///
/// An entry at market goes to several venues at once when that is cheaper after all of this, or when no venue alone has the money, the goods or the
/// depth for it and several together have.
///
/// ```
/// use nija_router::{CostConfig, ExpectedCost};
/// let whole = ExpectedCost::new(CostConfig { split_gain: None, ..CostConfig::default() });
/// # let _ = whole;
/// ```
#[derive(Debug, Clone, Default)]
pub struct ExpectedCost {
    config: CostConfig,
}

/// The parts of a cost.
#[derive(Debug, Clone, Copy)]
struct Parts {
    price: Bps,
    fees: Bps,
    latency: Bps,
    failure: Bps,
}

impl Parts {
    fn total(self) -> Bps {
        self.price + self.fees + self.latency + self.failure
    }

    fn estimate(self) -> CostEstimate {
        CostEstimate {
            price: self.price.decimal(),
            fees: self.fees.decimal(),
            latency: self.latency.decimal(),
            failure: self.failure.decimal(),
        }
    }
}

/// A venue that can take the order or a part of it, with what makes an order there dearer whatever its size.
struct Offer<'a> {
    view: &'a VenueView,
    fitted: Fitted<'a>,
    /// The most that it can take.
    most: Quantity,
    latency: Bps,
    slippage: Bps,
    chance: Bps,
    price_of_failure: Bps,
}

/// What all venues have in common.
struct Market {
    side: Side,
    middle: Decimal,
}

impl ExpectedCost {
    /// With settings of one's own.
    #[must_use]
    pub const fn new(config: CostConfig) -> Self {
        Self { config }
    }

    fn offer<'a>(
        &self,
        request: &RouteRequest<'_>,
        view: &'a VenueView,
        fitted: Fitted<'a>,
        most: Quantity,
    ) -> Offer<'a> {
        let time = latency::until_there(&view.health, &self.config);
        // What waits for its price is not overtaken on its way.
        let moves = if fitted.planned.crosses { request.volatility } else { None };
        Offer {
            latency: latency::adverse_move(moves, time, &self.config),
            // What waits for its price gets it.
            slippage: slippage::slippage(view.pair_slippage.filter(|_| fitted.planned.crosses)),
            chance: failure::chance(view),
            price_of_failure: failure::price_of_failure(request.volatility, &self.config),
            view,
            fitted,
            most,
        }
    }

    /// Whether an order may go to several venues at once: an entry at market that no venue was asked for.
    fn may_split(&self, request: &RouteRequest<'_>) -> bool {
        let intent = request.intent.get();
        request.may_split
            && self.config.split_gain.is_some()
            && request.venues.len() > 1
            && intent.parent.is_none()
            && intent.signal.kind == OrderKind::Market
            && !intent.signal.signal_type.is_exit()
            && intent.signal.venue.is_none()
    }

    /// The cost of a size at a venue, and what the size is expected to be worth there.
    fn cost(&self, market: &Market, offer: &Offer<'_>, quantity: Quantity) -> (Parts, Decimal) {
        let filled =
            price::filled(offer.view, &offer.fitted, market.side, quantity, self.config.rules.collar);
        let at_the_middle = times(quantity.get(), market.middle);
        let parts = Parts {
            price: price::price(market.side, filled.worth, at_the_middle) + offer.slippage,
            fees: fees::fees(offer.fitted.planned.fee_rate, filled.worth, at_the_middle),
            latency: offer.latency,
            failure: failure::failure(offer.chance, filled.missed, offer.price_of_failure),
        };
        (parts, filled.worth)
    }

    /// What would be sent for a size: the plan with the price and fees that the walk expects.
    fn plan(offer: &Offer<'_>, quantity: Quantity, worth: Decimal) -> RoutePlan {
        let planned = &offer.fitted.planned;
        // Two digits more than the tick: enough to tell, few enough to count with.
        let places = offer.view.instrument.as_ref().map_or(8, |rules| rules.tick_size.scale() + 2);
        let average = worth.checked_div(quantity.get()).map(|price| price.round_dp(places));
        RoutePlan {
            quantity,
            price: average.and_then(|price| Price::new(price).ok()).unwrap_or(planned.plan.price),
            fees: times(worth, planned.fee_rate).round_dp(12),
            ..planned.plan.clone()
        }
    }

    /// A venue that can take all that it was fitted to.
    fn candidate(offer: &Offer<'_>, parts: Parts, worth: Decimal) -> Candidate {
        Candidate {
            venue: offer.view.venue.clone(),
            score: Some(score(parts.total())),
            factors: Vec::new(),
            cost: Some(parts.estimate()),
            rejections: Vec::new(),
            plan: Some(Self::plan(offer, offer.fitted.planned.plan.quantity, worth)),
        }
    }
}

impl Router for ExpectedCost {
    fn route(&self, request: &RouteRequest<'_>) -> RouteDecision {
        let signal = &request.intent.get().signal;
        let mut candidates = Vec::with_capacity(request.venues.len());
        let mut offers = Vec::with_capacity(request.venues.len());
        let may_split = self.may_split(request);
        let mut partial = Vec::new();
        for view in request.venues {
            match fit(request, view, &self.config.rules) {
                Ok(fitted) => {
                    let most = fitted.planned.plan.quantity;
                    offers.push(self.offer(request, view, fitted, most));
                }
                Err(refusal) => {
                    if let Some(fitted) = refusal.sized.filter(|_| may_split) {
                        let most = most(request.intent.get(), view, &fitted.planned, &self.config.rules);
                        partial.push(self.offer(request, view, *fitted, most));
                    }
                    candidates.push(refused(view, refusal.reasons));
                }
            }
        }
        candidates.sort_by(|a, b| a.venue.cmp(&b.venue));
        let middle = middle::middle(request, self.config.rules.max_quote_age);
        let market = Market { side: signal.side, middle };
        let mut costed: Vec<_> = offers
            .into_iter()
            .map(|offer| {
                let quantity = offer.fitted.planned.plan.quantity;
                let (parts, worth) = self.cost(&market, &offer, quantity);
                (offer, parts, worth)
            })
            .collect();
        // Least cost first; equal ones by name, so that the same request gives the same decision.
        costed.sort_by(|(a, one, _), (b, other, _)| {
            one.total().cmp(&other.total()).then_with(|| a.view.venue.cmp(&b.view.venue))
        });
        partial.retain(|offer| !offer.most.is_zero());
        partial.sort_by(|a, b| a.view.venue.cmp(&b.view.venue));
        let split = if may_split { split::split(self, &market, &costed, &partial) } else { None };
        let reason = words::reason(&costed, split.as_ref(), &candidates);
        let eligible = costed.iter().map(|(offer, parts, worth)| Self::candidate(offer, *parts, *worth));
        let mut decision = RouteDecision {
            symbol: signal.symbol.clone(),
            side: signal.side,
            policy: Cow::Borrowed(RoutingPolicy::ExpectedCost.as_str()),
            venue: costed.first().map(|(offer, ..)| offer.view.venue.clone()),
            reason,
            candidates: eligible.chain(candidates).collect(),
            split: split.map(|split| split.shares).unwrap_or_default(),
            incomplete: None,
            decided_at: request.now,
        };
        exits::close(&mut decision, request, &self.config.rules, |view, fitted| {
            let most = fitted.planned.plan.quantity;
            let offer = self.offer(request, view, fitted, most);
            let (parts, worth) = self.cost(&market, &offer, most);
            Self::candidate(&offer, parts, worth)
        });
        decision
    }
}

/// As points, for those who read scores: a basis point costs one, as with the fees of the weighted score.
fn score(cost: Bps) -> Decimal {
    let full = 100 * 10i64.pow(Bps::SCALE);
    Decimal::new(full.saturating_sub(cost.get()).clamp(0, full), Bps::SCALE)
}
