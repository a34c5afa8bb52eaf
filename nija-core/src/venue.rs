//! What differs between venues, as data, so that the engine has no `if kraken`.

use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::VenueId;

/// A venue's promises. Every field cites the venue's documentation where it is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueContract {
    /// The venue.
    pub venue: VenueId,
    /// Its name for people.
    pub name: &'static str,
    /// Whether it takes orders only under a user's key.
    pub needs_credential: bool,
    /// What a repeated client order id does.
    pub repeated_client_id: RepeatedClientId,
    /// How an order is looked up after a lost answer.
    pub lookup: OrderLookup,
    /// Whether, and how long after sending, an order that was not matched is certain never to be.
    pub ambiguity_bound: AmbiguityBound,
    /// What its rate limits count by.
    pub limit_scopes: Vec<LimitScope>,
    /// Which kinds of order rest there; an instrument may have fewer.
    pub resting: RestingOrders,
    /// Whether requests of one key must arrive in the order of their nonces.
    pub ordered_nonces: bool,
}

/// What a repeated client order id does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RepeatedClientId {
    /// The first order is returned; nothing new is placed.
    ReturnsExisting,
    /// Refused, for ever.
    Rejected,
    /// Refused only while the first is open.
    UniqueWhileOpen,
}

/// How an order is looked up by the client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderLookup {
    /// One call answers for orders of any state.
    ByClientId,
    /// Open orders, then closed orders.
    OpenThenClosed,
    /// A list by product and time, to be matched here.
    ListAndMatch,
}

/// When an order in doubt that cannot be found is certainly dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AmbiguityBound {
    /// The venue drops a request that it did not take up within this time of sending.
    Deadline(Duration),
    /// It never says so: only a person or a found order settles it.
    Unbounded,
}

/// What a rate limit counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LimitScope {
    /// Address.
    Ip,
    /// API key.
    Key,
    /// Account.
    Account,
    /// Account and pair.
    Pair,
}

/// How much of a rate limit is used up, as the venue told it with its last answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitUsage {
    /// What it counts by.
    pub scope: LimitScope,
    /// The venue's name of it: `weight in 1 min`.
    pub name: String,
    /// Used up in the present window.
    pub used: u64,
    /// The most that may be used, where the venue says so.
    pub limit: Option<u64>,
}

/// Which orders rest at the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestingOrders {
    /// Limit orders.
    pub limit: bool,
    /// Stop-limit orders ([`OrderKind::StopLimit`](crate::OrderKind::StopLimit)).
    pub stop_limit: bool,
    /// A take-profit and a stop of which one ends the other ([`OrderKind::Bracket`](crate::OrderKind::Bracket)).
    pub bracket: bool,
}

impl RestingOrders {
    /// Every kind.
    pub const ALL: Self = Self { limit: true, stop_limit: true, bracket: true };

    /// Whether the venue takes an order of this kind at all: every venue takes market orders, and the others have to rest.
    #[must_use]
    pub const fn takes(self, kind: crate::OrderKind) -> bool {
        match kind {
            crate::OrderKind::Market => true,
            crate::OrderKind::Limit { .. } => self.limit,
            crate::OrderKind::StopLimit { .. } => self.stop_limit,
            crate::OrderKind::Bracket { .. } => self.bracket,
        }
    }
}
