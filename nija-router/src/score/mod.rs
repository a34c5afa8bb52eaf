//! Scoring: hard eligibility first, then a weighted sum of factors.

mod config;
mod eligibility;
mod factor;
mod plan;
mod reason;
mod weights;

pub use config::ScoreConfig;
pub use weights::{Weights, WeightsError};

use nija_core::{Candidate, FactorScore, RouteDecision, RouteRequest, Router, VenueView, whole::compare};
use rust_decimal::Decimal;
use std::borrow::Cow;

use factor::Points;
use weights::WholeWeights;

/// The default policy: fees, reliability, latency, load and the pair's record, weighted.
///
/// ```
/// use nija_router::{ScoreConfig, WeightedScore, Weights};
/// let dear = Weights { fees: "0.9".parse().unwrap(), ..Weights::default() };
/// let refused = WeightedScore::new(ScoreConfig { weights: dear, ..ScoreConfig::default() });
/// assert_eq!(refused.unwrap_err().to_string(), "the weights sum to 1.60 and must sum to 1");
/// ```
#[derive(Debug, Clone)]
pub struct WeightedScore {
    config: ScoreConfig,
    weights: WholeWeights,
}

impl Default for WeightedScore {
    fn default() -> Self {
        Self::of(ScoreConfig::default())
    }
}

impl WeightedScore {
    /// With settings of one's own.
    ///
    /// # Errors
    /// [`WeightsError`] when the weights do not sum to one.
    pub fn new(config: ScoreConfig) -> Result<Self, WeightsError> {
        config.weights.check()?;
        Ok(Self::of(config))
    }

    fn of(config: ScoreConfig) -> Self {
        Self { weights: WholeWeights::new(&config.weights), config }
    }

    fn candidate(&self, request: &RouteRequest<'_>, view: &VenueView) -> Candidate {
        let refused = |rejections| Candidate {
            venue: view.venue.clone(),
            score: None,
            factors: Vec::new(),
            rejections,
            plan: None,
        };
        let intent = request.intent.get();
        let early = eligibility::before_sizing(intent, view, request.now, &self.config);
        if !early.is_empty() {
            return refused(early);
        }
        let entry = !intent.signal.signal_type.is_exit();
        let Some(quote) = eligibility::usable_quote(entry, view, request.now, &self.config) else {
            return refused(vec![nija_core::Ineligible::StaleQuote]);
        };
        let planned = match plan::plan(intent, view, quote, &self.config) {
            Ok(planned) => planned,
            Err(reason) => return refused(vec![reason]),
        };
        let late = eligibility::after_sizing(intent, view, &planned, &self.config);
        if !late.is_empty() {
            return refused(late);
        }
        let (score, factors) = self.score(view, planned.fee_rate);
        Candidate {
            venue: view.venue.clone(),
            score: Some(score),
            factors,
            rejections: Vec::new(),
            plan: Some(planned.plan),
        }
    }

    fn score(&self, view: &VenueView, fee_rate: Decimal) -> (Decimal, Vec<FactorScore>) {
        let (weights, health) = (&self.config.weights, &view.health);
        let points = [
            factor::fees(fee_rate),
            factor::reliability(health.success_rate),
            factor::latency(health.latency),
            factor::load(health.queue_depth, health.queue_capacity),
            factor::record(view.pair_record),
        ];
        let [fees, reliability, latency, load, record] = points;
        let factor = |name, points: Points, weight| FactorScore {
            name: Cow::Borrowed(name),
            score: points.decimal(),
            weight,
        };
        let factors = vec![
            factor("fees", fees, weights.fees),
            factor("reliability", reliability, weights.reliability),
            factor("latency", latency, weights.latency),
            factor("load", load, weights.load),
            factor("record", record, weights.record),
        ];
        (self.weights.score(&points), factors)
    }
}

impl Router for WeightedScore {
    fn route(&self, request: &RouteRequest<'_>) -> RouteDecision {
        let mut candidates: Vec<_> =
            request.venues.iter().map(|view| self.candidate(request, view)).collect();
        // Highest score first; equal ones by name, so that the same request gives the same decision.
        candidates.sort_by(|a, b| {
            let better = match (a.score, b.score) {
                (Some(a), Some(b)) => compare(b, a),
                (a, b) => b.is_some().cmp(&a.is_some()),
            };
            better.then_with(|| a.venue.cmp(&b.venue))
        });
        let signal = &request.intent.get().signal;
        RouteDecision {
            symbol: signal.symbol.clone(),
            side: signal.side,
            policy: Cow::Borrowed("weighted_score"),
            venue: candidates.first().filter(|best| best.score.is_some()).map(|best| best.venue.clone()),
            reason: reason::reason(&candidates, &self.weights),
            candidates,
            decided_at: request.now,
        }
    }
}
