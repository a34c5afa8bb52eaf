//! Routing: which venue, and why.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc, time::Duration};

use crate::{
    Approved, FeeSchedule, Instrument, OrderBook, OrderIntent, OrderKind, Price, Quantity, Quote, Reason,
    RoutingPreference, Side, Symbol, Timestamp, VenueId, Volatility,
};

/// Chooses a venue. Pure and synchronous: the same request gives the same decision.
pub trait Router: Send + Sync {
    /// Scores every venue and chooses.
    fn route(&self, request: &RouteRequest<'_>) -> RouteDecision;
}

/// What a router may look at.
#[derive(Debug, Clone, Copy)]
pub struct RouteRequest<'a> {
    /// What risk let through.
    pub intent: &'a Approved<OrderIntent>,
    /// The present moment.
    pub now: Timestamp,
    /// Every venue of the platform, as this user meets it.
    pub venues: &'a [VenueView],
    /// How much the symbol's price moves; `None` when unknown.
    pub volatility: Option<Volatility>,
    /// What the user wants of the router.
    pub preference: RoutingPreference,
    /// Whether it may go to several venues at once.
    pub may_split: bool,
}

impl<'a> RouteRequest<'a> {
    /// With the platform's policy, in a market of which no movement is known.
    #[must_use]
    pub fn new(intent: &'a Approved<OrderIntent>, now: Timestamp, venues: &'a [VenueView]) -> Self {
        Self {
            intent,
            now,
            venues,
            volatility: None,
            preference: RoutingPreference::default(),
            may_split: true,
        }
    }
}

/// A venue as one user meets it, for one symbol.
#[derive(Debug, Clone)]
pub struct VenueView {
    /// Venue.
    pub venue: VenueId,
    /// The symbol's rules there; `None` when it is not listed, or not known yet.
    pub instrument: Option<Arc<Instrument>>,
    /// Whether the venue has said since the start what it lists.
    pub listed: bool,
    /// Newest best prices.
    pub quote: Option<Quote>,
    /// Newest depth.
    pub book: Option<Arc<OrderBook>>,
    /// The user's fees.
    pub fees: FeeSchedule,
    /// How the venue does.
    pub health: VenueHealth,
    /// Whether the user can trade there (a credential, or none needed).
    pub connected: bool,
    /// Whether the user's tier allows this venue.
    pub within_tier: bool,
    /// Base units that the user could sell, reservations taken off; `None` when the balance is not known.
    pub available_base: Option<Decimal>,
    /// Quote units that the user could spend, reservations taken off; `None` when the balance is not known.
    pub available_quote: Option<Decimal>,
    /// For an exit: base units of the user's position there that its side closes and no live order closes already; zero where there is none.
    /// `None` where that is not asked, or not known.
    pub closable: Option<Decimal>,
    /// 0 to 100: how well orders on this pair went here; `None` when unknown.
    pub pair_record: Option<Decimal>,
    /// How many basis points worse than the book promised orders on this pair filled here of late, below zero when better; `None` when unknown.
    pub pair_slippage: Option<Decimal>,
    /// What the platform itself holds against sending entries there; exits go all the same.
    pub barred: Option<Ineligible>,
}

/// How a venue does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VenueHealth {
    /// Its breaker.
    pub breaker: BreakerState,
    /// Share of calls that succeeded, 0 to 1, over the recent past.
    pub success_rate: Decimal,
    /// Typical answer time.
    pub latency: Option<Duration>,
    /// Orders waiting in its lane.
    pub queue_depth: usize,
    /// Orders that the lane can hold.
    pub queue_capacity: usize,
}

/// A circuit breaker's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// One probe may go through.
    HalfOpen,
    /// No entries; exits and cancels still go through.
    Open,
}

/// Why a venue cannot take an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ineligible {
    /// Too little money there.
    InsufficientUsd,
    /// Nothing to sell there.
    InsufficientBase,
    /// Less of a position there than the exit is to close, or none.
    InsufficientPosition,
    /// Not listed.
    PairNotListed,
    /// It has not said since the start what it lists: it is down, or wants nothing sent.
    VenueSilent,
    /// Its breaker is open.
    BreakerOpen,
    /// The user is not connected.
    NoCredentials,
    /// Below its smallest order.
    BelowMinNotional,
    /// Above its largest order.
    AboveMaxSize,
    /// Not open for trading.
    MarketClosed,
    /// No fresh price.
    StaleQuote,
    /// The user's tier does not include it.
    TierVenueLimit,
    /// The caller asked for another venue.
    NotRequested,
    /// Its book holds less than twice the size.
    InsufficientLiquidity,
    /// Its lane is full.
    QueueFull,
    /// It is limiting requests and said to come back later.
    RateLimited,
    /// The venue has no orders of this kind.
    KindNotSupported,
    /// Its kill switch is on.
    KillSwitch,
    /// The key there signs only while its user is present, and the entry brings no stop that would rest there.
    StopMustRest,
    /// The key there signs only while its user is present, and the entry might fill when nobody can place its stop any more.
    MustFillAtOnce,
    /// The key there is about to be locked: no time would be left to place a stop.
    KeyClosing,
}

impl Ineligible {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InsufficientUsd => "insufficient_usd",
            Self::InsufficientBase => "insufficient_base",
            Self::InsufficientPosition => "insufficient_position",
            Self::PairNotListed => "pair_not_listed",
            Self::VenueSilent => "venue_silent",
            Self::BreakerOpen => "breaker_open",
            Self::NoCredentials => "no_credentials",
            Self::BelowMinNotional => "below_min_notional",
            Self::AboveMaxSize => "above_max_size",
            Self::MarketClosed => "market_closed",
            Self::StaleQuote => "stale_quote",
            Self::TierVenueLimit => "tier_venue_limit",
            Self::NotRequested => "not_requested",
            Self::InsufficientLiquidity => "insufficient_liquidity",
            Self::QueueFull => "queue_full",
            Self::RateLimited => "rate_limited",
            Self::KindNotSupported => "kind_not_supported",
            Self::KillSwitch => "kill_switch",
            Self::StopMustRest => "stop_must_rest",
            Self::MustFillAtOnce => "must_fill_at_once",
            Self::KeyClosing => "key_closing",
        }
    }

    /// The same in words, for the user's eyes.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::InsufficientUsd => "not enough money there",
            Self::InsufficientBase => "not enough to sell there",
            Self::InsufficientPosition => "not enough of a position there",
            Self::PairNotListed => "the pair is not listed there",
            Self::VenueSilent => "it has not answered since the platform started",
            Self::BreakerOpen => "paused after errors",
            Self::NoCredentials => "not connected",
            Self::BelowMinNotional => "below its smallest order",
            Self::AboveMaxSize => "above its largest order",
            Self::MarketClosed => "closed for trading",
            Self::StaleQuote => "no fresh price",
            Self::TierVenueLimit => "not in the plan",
            Self::NotRequested => "another venue was asked for",
            Self::InsufficientLiquidity => "its book is too thin",
            Self::QueueFull => "too busy",
            Self::RateLimited => "limiting requests",
            Self::KindNotSupported => "no orders of this type there",
            Self::KillSwitch => "its kill switch is on",
            Self::StopMustRest => {
                "the key signs only while its user is present, and the entry brings no stop that rests there"
            }
            Self::MustFillAtOnce => {
                "the key signs only while its user is present, so an entry fills at once or not at all: send a market order or a limit that is immediate or cancel"
            }
            Self::KeyClosing => {
                "its key is being locked, and no time is left to place a stop: unlock it anew"
            }
        }
    }
}

/// One part of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorScore {
    /// `fees`, `latency`, ...
    pub name: Cow<'static, str>,
    /// 0 to 100.
    pub score: Decimal,
    /// 0 to 1.
    pub weight: Decimal,
}

/// What filling an order at a venue is expected to cost: basis points of the order's worth at the middle of the whole market. Less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostEstimate {
    /// What the book asks beyond the middle, level by level for this size. Below zero where a venue offers better than the middle.
    pub price: Decimal,
    /// The user's fees.
    pub fees: Decimal,
    /// What the price is expected to run away until the order is there.
    pub latency: Decimal,
    /// The chance that it fails, and the share that finds nothing within its limit, times what a failure costs.
    pub failure: Decimal,
}

impl CostEstimate {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.price + self.fees + self.latency + self.failure
    }

    /// As points from 0 to 100, for those who read scores: a basis point costs one, as with the fees of the weighted score.
    #[must_use]
    pub fn score(&self) -> Decimal {
        (Decimal::ONE_HUNDRED - self.total()).clamp(Decimal::ZERO, Decimal::ONE_HUNDRED)
    }
}

/// One venue in a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Venue.
    pub venue: VenueId,
    /// 0 to 100; `None` when it is not eligible.
    pub score: Option<Decimal>,
    /// The parts of the score; none where the policy goes by cost.
    pub factors: Vec<FactorScore>,
    /// What filling the order here is expected to cost, where the policy goes by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostEstimate>,
    /// Why it is not eligible.
    pub rejections: Vec<Ineligible>,
    /// What would be sent there; `None` when it is not eligible.
    pub plan: Option<RoutePlan>,
}

/// What would be sent to a venue, fitted to its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutePlan {
    /// Base units on the lot.
    pub quantity: Quantity,
    /// Kind, its prices on the tick.
    pub kind: OrderKind,
    /// Expected price.
    pub price: Price,
    /// Expected fees, quote units.
    pub fees: Decimal,
    /// Expected answer time.
    pub latency: Option<Duration>,
}

/// A venue's share of an order that goes to several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteShare {
    /// Venue.
    pub venue: VenueId,
    /// What would be sent there.
    pub plan: RoutePlan,
    /// What the share is expected to cost there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostEstimate>,
}

/// The code of an order for which no venue is left.
pub const NO_EXECUTION_VENUE_AVAILABLE: &str = "no_execution_venue_available";

/// Where an order goes, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteDecision {
    /// Symbol.
    pub symbol: Symbol,
    /// Direction.
    pub side: Side,
    /// The scoring policy.
    pub policy: Cow<'static, str>,
    /// The venue that takes it whole; `None` when no candidate was eligible, be it that several take it together (`split`).
    pub venue: Option<VenueId>,
    /// In words.
    pub reason: String,
    /// Every venue, best first, ineligible ones last.
    pub candidates: Vec<Candidate>,
    /// Where it pays to fill the order at several venues at once, or only several together can take it: each one's share, the largest first.
    /// Empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub split: Vec<RouteShare>,
    /// Why an exit closes less than risk let through, or than was asked for, where it does: its order says so from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<Reason>,
    /// When.
    pub decided_at: Timestamp,
}

impl RouteDecision {
    /// The chosen candidate.
    #[must_use]
    pub fn chosen(&self) -> Option<&Candidate> {
        let venue = self.venue.as_ref()?;
        self.candidates.iter().find(|candidate| candidate.venue == *venue)
    }

    /// Whether it goes anywhere: to one venue, or to several together.
    #[must_use]
    pub const fn is_routed(&self) -> bool {
        self.venue.is_some() || !self.split.is_empty()
    }
}
