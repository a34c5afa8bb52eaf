//! Realised profit and fees of a user, told by UTC day, by pair or by venue.

use rust_decimal::Decimal;

use crate::{Symbol, Timestamp, VenueId};

/// What profits are told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PnlBy {
    /// One group a UTC day, newest first.
    Day,
    /// One group a pair, by name.
    Pair,
    /// One group a venue, by name.
    Venue,
}

/// A day, a pair or a venue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PnlGroup {
    /// The day that begins then, UTC, by the venues' clocks.
    Day(Timestamp),
    /// A pair, at all venues.
    Pair(Symbol),
    /// A venue, with all its pairs.
    Venue(VenueId),
}

impl PnlGroup {
    /// What groups of this kind are told by.
    #[must_use]
    pub const fn by(&self) -> PnlBy {
        match self {
            Self::Day(_) => PnlBy::Day,
            Self::Pair(_) => PnlBy::Pair,
            Self::Venue(_) => PnlBy::Venue,
        }
    }
}

/// Which profits, of which days, and where the answer goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PnlQuery {
    /// By what.
    pub by: PnlBy,
    /// Days that begin then or later; all from the first on when missing.
    pub from: Option<Timestamp>,
    /// Days that begin before; all up to the last when missing.
    pub until: Option<Timestamp>,
    /// Groups that come after this one.
    pub after: Option<PnlGroup>,
    /// Groups at most.
    pub limit: usize,
}

/// What one group won and paid, in one quote currency: fills of different currencies are not added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PnlRow {
    /// Which day, pair or venue.
    pub group: PnlGroup,
    /// The currency of `realised`, `fees` and `in_quote`.
    pub currency: String,
    /// Won by closing, fees not counted.
    pub realised: Decimal,
    /// Fees paid, each at its worth when it was paid; below zero where rebates were more.
    pub fees: Decimal,
    /// Executions.
    pub fills: u64,
    /// The same fees by the asset that the venue took, by name; an asset that neither cost nor brought anything is left out.
    pub paid: Vec<FeePaid>,
}

/// Fees that were taken in one asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeePaid {
    /// `USD`, `BTC`, `BNB`, ...
    pub asset: String,
    /// Units of it.
    pub amount: Decimal,
    /// What they were worth in the quote currency when they were paid; zero where nobody quoted the asset.
    pub in_quote: Decimal,
}

/// A page of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PnlPage {
    /// In order, a group's currencies by name.
    pub rows: Vec<PnlRow>,
    /// Whether more groups come after the last one.
    pub more: bool,
}
