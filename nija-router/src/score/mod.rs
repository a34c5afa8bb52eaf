//! Scoring: hard eligibility first, then a weighted sum of factors.

mod config;
mod eligibility;
mod factor;
mod plan;
mod reason;
mod weights;

pub use config::ScoreConfig;
pub use weights::{Weights, WeightsError};

use nija_core::{Candidate, FactorScore, RouteDecision, RouteRequest, Router, VenueView};
use rust_decimal::Decimal;

/// The default policy: fees, reliability, latency, load and the pair's record, weighted.
///
/// ```
/// use nija_router::{ScoreConfig, WeightedScore, Weights};
/// let dear = Weights { fees: "0.9".parse().unwrap(), ..Weights::default() };
/// let refused = WeightedScore::new(ScoreConfig { weights: dear, ..ScoreConfig::default() });
/// assert_eq!(refused.unwrap_err().to_string(), "the weights sum to 1.60 and must sum to 1");
/// ```
#[derive(Debug, Clone, Default)]
pub struct WeightedScore {
    config: ScoreConfig,
}

impl WeightedScore {
    /// With settings of one's own.
    ///
    /// # Errors
    /// [`WeightsError`] when the weights do not sum to one.
    pub fn new(config: ScoreConfig) -> Result<Self, WeightsError> {
        config.weights.check()?;
        Ok(Self { config })
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
        let late = eligibility::after_sizing(intent, view, &planned.plan, planned.fee_rate, &self.config);
        if !late.is_empty() {
            return refused(late);
        }
        let factors = self.factors(view, planned.fee_rate);
        Candidate {
            venue: view.venue.clone(),
            score: Some(factors.iter().map(|factor| factor.score * factor.weight).sum()),
            factors,
            rejections: Vec::new(),
            plan: Some(planned.plan),
        }
    }

    fn factors(&self, view: &VenueView, fee_rate: Decimal) -> Vec<FactorScore> {
        let (weights, health) = (&self.config.weights, &view.health);
        [
            ("fees", factor::fees(fee_rate), weights.fees),
            ("reliability", factor::reliability(health.success_rate), weights.reliability),
            ("latency", factor::latency(health.latency), weights.latency),
            ("load", factor::load(health.queue_depth, health.queue_capacity), weights.load),
            ("record", factor::record(view.pair_record), weights.record),
        ]
        .into_iter()
        .map(|(name, score, weight)| FactorScore { name: name.to_owned(), score, weight })
        .collect()
    }
}

impl Router for WeightedScore {
    fn route(&self, request: &RouteRequest<'_>) -> RouteDecision {
        let mut candidates: Vec<_> =
            request.venues.iter().map(|view| self.candidate(request, view)).collect();
        // Highest score first; equal ones by name, so that the same request gives the same decision.
        candidates.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.venue.cmp(&b.venue)));
        let signal = &request.intent.get().signal;
        RouteDecision {
            symbol: signal.symbol.clone(),
            side: signal.side,
            policy: "weighted_score".to_owned(),
            venue: candidates.first().filter(|best| best.score.is_some()).map(|best| best.venue.clone()),
            reason: reason::reason(&candidates),
            candidates,
            decided_at: request.now,
        }
    }
}
