//! The default policy: a weighted sum of factors.

use nija_core::{
    Candidate, FactorScore, RouteDecision, RouteRequest, Router, RoutingPolicy, VenueView, Weights,
    WeightsError, whole::compare,
};
use rust_decimal::Decimal;
use std::borrow::Cow;

use super::{
    RouteRules, exits, factor,
    factor::Points,
    fitted::{self, fit},
    plan::Planned,
    reason,
    weights::WholeWeights,
};

/// Settings of [`WeightedScore`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScoreConfig {
    /// What counts how much, for users who did not say.
    pub weights: Weights,
    /// What is asked of every venue.
    pub rules: RouteRules,
}

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

    fn candidate(
        &self,
        request: &RouteRequest<'_>,
        view: &VenueView,
        (weights, whole): (&Weights, &WholeWeights),
    ) -> Candidate {
        match fit(request, view, &self.config.rules) {
            Ok(fitted) => Self::scored(view, fitted.planned, (weights, whole)),
            Err(refusal) => fitted::refused(view, refusal.reasons),
        }
    }

    /// A venue that can take what is planned there.
    fn scored(view: &VenueView, planned: Planned, (weights, whole): (&Weights, &WholeWeights)) -> Candidate {
        let (score, factors) = score(view, planned.fee_rate, weights, whole);
        Candidate {
            venue: view.venue.clone(),
            score: Some(score),
            factors,
            cost: None,
            rejections: Vec::new(),
            plan: Some(planned.plan),
        }
    }
}

impl Router for WeightedScore {
    fn route(&self, request: &RouteRequest<'_>) -> RouteDecision {
        let own = request.preference.weights.map(|weights| (weights, WholeWeights::new(&weights)));
        let (weights, whole) =
            own.as_ref().map_or((&self.config.weights, &self.weights), |(weights, whole)| (weights, whole));
        let mut candidates: Vec<_> =
            request.venues.iter().map(|view| self.candidate(request, view, (weights, whole))).collect();
        // Highest score first; equal ones by name, so that the same request gives the same decision.
        candidates.sort_by(|a, b| {
            let better = match (a.score, b.score) {
                (Some(a), Some(b)) => compare(b, a),
                (a, b) => b.is_some().cmp(&a.is_some()),
            };
            better.then_with(|| a.venue.cmp(&b.venue))
        });
        let signal = &request.intent.get().signal;
        let mut decision = RouteDecision {
            symbol: signal.symbol.clone(),
            side: signal.side,
            policy: Cow::Borrowed(RoutingPolicy::WeightedScore.as_str()),
            venue: candidates.first().filter(|best| best.score.is_some()).map(|best| best.venue.clone()),
            reason: reason::reason(&candidates, whole),
            candidates,
            split: Vec::new(),
            incomplete: None,
            decided_at: request.now,
        };
        exits::close(&mut decision, request, &self.config.rules, |view, fitted| {
            Self::scored(view, fitted.planned, (weights, whole))
        });
        decision
    }
}

fn score(
    view: &VenueView,
    fee_rate: Decimal,
    weights: &Weights,
    whole: &WholeWeights,
) -> (Decimal, Vec<FactorScore>) {
    let health = &view.health;
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
    (whole.score(&points), factors)
}
