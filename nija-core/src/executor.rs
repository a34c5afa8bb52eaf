//! One venue, as the engine sees it.

use async_trait::async_trait;
use futures::stream::BoxStream;
use std::{fmt, sync::Arc, time::Duration};

use crate::{
    Candle, CandleInterval, ExecutionReport, FeeSchedule, Instrument, KeyRights, LimitScope, LimitUsage,
    MarketEvent, Notional, OrderBook, Quote, SignError, Signer, StreamLane, Symbol, Timestamp, UserId,
    VenueBalance, VenueClientId, VenueContract, VenueFill, VenueId, VenueOrder, VenueOrderId,
};

/// A user's account at a venue: who, and what signs for them.
#[derive(Clone)]
pub struct VenueAccount {
    /// Whose.
    pub user: UserId,
    /// Signs; [`NoSigner`] where the venue needs no key.
    pub signer: Arc<dyn Signer>,
}

impl fmt::Debug for VenueAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VenueAccount").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The signer of a venue that needs none: it refuses.
#[derive(Debug, Clone, Copy)]
pub struct NoSigner;

#[async_trait]
impl Signer for NoSigner {
    fn credential(&self) -> crate::CredentialId {
        crate::CredentialId::from_uuid(uuid::Uuid::nil())
    }

    async fn sign(&self, _: crate::UnsignedRequest) -> Result<crate::SignedRequest, SignError> {
        Err(SignError::NoKey)
    }
}

/// The venue took an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The venue's id.
    pub venue_order_id: VenueOrderId,
    /// What the venue said of its state, where the answer says so.
    pub report: Option<ExecutionReport>,
    /// What it filled at once, where the answer names each execution. The account's stream may tell them again.
    pub fills: Vec<VenueFill>,
}

/// What a look-up by client id found. One at a time, so that the report's size does not matter.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// It is there.
    Found(ExecutionReport),
    /// The venue looked everywhere and has no such order now. Dead only after the ambiguity bound has passed.
    Absent,
}

/// Names an order at its venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRef {
    /// Symbol.
    pub symbol: Symbol,
    /// Our id.
    pub client_id: VenueClientId,
    /// The venue's id, where known.
    pub venue_order_id: Option<VenueOrderId>,
}

/// What the user's own stream delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountEvent {
    /// An order changed.
    Report(ExecutionReport),
    /// An execution.
    Fill(VenueFill),
    /// A balance changed.
    Balance(VenueBalance),
    /// The stream is up. What happened before it must be asked for: reconcile.
    Connected,
    /// The stream is down, for this reason; it reconnects by itself.
    Disconnected(String),
}

/// Whether a failed call may have had an effect at the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Certainly not.
    None,
    /// Perhaps: the order is `Unknown` until evidence settles it.
    Unknown,
}

/// What can go wrong with a venue. Each kind says by [`VenueError::effect`] whether the call may have had an effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VenueError {
    /// The venue refused, for a reason that another try would meet again.
    #[error("{venue} refused: {message} ({code})")]
    Rejected {
        /// Venue.
        venue: VenueId,
        /// The venue's code.
        code: String,
        /// The venue's words.
        message: String,
    },
    /// The account has too little.
    #[error("{venue} refused: insufficient funds ({message})")]
    InsufficientFunds {
        /// Venue.
        venue: VenueId,
        /// The venue's words.
        message: String,
    },
    /// The key is wrong, expired or lacks a right.
    #[error("{venue} does not accept the key: {message}")]
    KeyRefused {
        /// Venue.
        venue: VenueId,
        /// The venue's words.
        message: String,
    },
    /// Too many requests; nothing was done.
    #[error("{venue} is limiting requests")]
    RateLimited {
        /// Venue.
        venue: VenueId,
        /// What was too much: [`LimitScope::Ip`] all that leaves this address, orders included; any other what this account asked for, or what
        /// was asked for without one.
        scope: LimitScope,
        /// Whether the sender is turned away for a while, and what is sent meanwhile prolongs that.
        banned: bool,
        /// How long to wait, where the venue says so.
        retry_after: Option<Duration>,
    },
    /// The nonce came out of order: the venue did nothing, and the same call signed anew can succeed.
    #[error("{venue} did not accept the nonce: {message}")]
    NonceRefused {
        /// Venue.
        venue: VenueId,
        /// The venue's words.
        message: String,
    },
    /// The venue says that it is not open for business (maintenance, cancel-only); nothing was done.
    #[error("{venue} is not available: {message}")]
    Unavailable {
        /// Venue.
        venue: VenueId,
        /// The venue's words.
        message: String,
    },
    /// The request never left: no connection, or a check before sending failed.
    #[error("the request to {venue} was not sent: {message}")]
    NotSent {
        /// Venue.
        venue: VenueId,
        /// Why.
        message: String,
    },
    /// The answer was lost: a timeout, a reset, a 5xx, an HTML page, the venue's own "unknown".
    #[error("the answer of {venue} was lost: {message}")]
    AnswerLost {
        /// Venue.
        venue: VenueId,
        /// What was seen.
        message: String,
    },
    /// The answer came and could not be understood.
    #[error("the answer of {venue} could not be read at {path}: {message}")]
    Decode {
        /// Venue.
        venue: VenueId,
        /// Where in the payload.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// The order does not fit the venue's rules.
    #[error(transparent)]
    Filter(#[from] crate::FilterError),
    /// The venue has no such symbol.
    #[error("{venue} does not list {symbol}")]
    NotListed {
        /// Venue.
        venue: VenueId,
        /// Symbol.
        symbol: Symbol,
    },
    /// Nothing was signed, so nothing was sent.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl VenueError {
    /// Whether the call may have had an effect.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        match self {
            Self::AnswerLost { .. } | Self::Decode { .. } => Effect::Unknown,
            _ => Effect::None,
        }
    }

    /// Whether nothing was done and the very same call may succeed later.
    #[must_use]
    pub const fn may_try_again(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. }
                | Self::NonceRefused { .. }
                | Self::Unavailable { .. }
                | Self::NotSent { .. }
        )
    }

    /// Whether it counts against the venue's health: business refusals do not.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::AnswerLost { .. } | Self::Decode { .. } | Self::Unavailable { .. } | Self::NotSent { .. }
        )
    }

    /// Whether it shows that the venue is well: it did its part and refused. A request that it had no room for, or that never left, shows
    /// neither that nor the contrary.
    #[must_use]
    pub const fn is_answer(&self) -> bool {
        matches!(
            self,
            Self::Rejected { .. }
                | Self::InsufficientFunds { .. }
                | Self::KeyRefused { .. }
                | Self::NonceRefused { .. }
        )
    }
}

/// One venue. Every method that takes an account acts under that user's key alone.
#[async_trait]
pub trait Executor: Send + Sync {
    /// The venue's promises.
    fn contract(&self) -> &VenueContract;

    /// What is listed, with the rules of each.
    async fn instruments(&self) -> Result<Vec<Instrument>, VenueError>;

    /// Best prices now.
    async fn quote(&self, symbol: &Symbol) -> Result<Quote, VenueError>;

    /// Best prices now, asked for under the user's own key where the venue gives them to keys alone. For hosts that have no key but the user's.
    async fn quote_for(&self, _account: &VenueAccount, symbol: &Symbol) -> Result<Quote, VenueError> {
        self.quote(symbol).await
    }

    /// The book now, `depth` levels a side at most.
    async fn book(&self, symbol: &Symbol, depth: usize) -> Result<OrderBook, VenueError>;

    /// The newest candles, oldest first, `limit` at most.
    async fn candles(
        &self,
        symbol: &Symbol,
        interval: CandleInterval,
        limit: usize,
    ) -> Result<Vec<Candle>, VenueError>;

    /// Fees without an account: the venue's published first tier.
    fn default_fees(&self) -> FeeSchedule;

    /// The user's own fees.
    async fn fees(&self, account: &VenueAccount, symbol: &Symbol) -> Result<FeeSchedule, VenueError>;

    /// What the user has there.
    async fn balances(&self, account: &VenueAccount) -> Result<Vec<VenueBalance>, VenueError>;

    /// What the user's key may do.
    async fn key_rights(&self, account: &VenueAccount) -> Result<KeyRights, VenueError>;

    /// Places an order, once: it never retries by itself. `notional` values it for the signer's policy. A client id is given once, so a
    /// refusal because it is in use is [`VenueError::AnswerLost`]: an order of ours is there under it, to be looked up.
    async fn place(
        &self,
        account: &VenueAccount,
        order: &VenueOrder,
        notional: Notional,
    ) -> Result<Placement, VenueError>;

    /// Cancels an order. That it is gone already is not an error.
    async fn cancel(&self, account: &VenueAccount, order: &OrderRef) -> Result<(), VenueError>;

    /// Cancels all of the user's orders; answers with their number where the venue says it.
    async fn cancel_all(&self, account: &VenueAccount) -> Result<Option<u64>, VenueError>;

    /// Looks for an order by our id, among open and closed ones, since shortly before it was sent.
    async fn find(
        &self,
        account: &VenueAccount,
        order: &OrderRef,
        since: Timestamp,
    ) -> Result<Lookup, VenueError>;

    /// The user's open orders.
    async fn open_orders(&self, account: &VenueAccount) -> Result<Vec<ExecutionReport>, VenueError>;

    /// The user's executions at or after a moment, oldest first.
    async fn fills_since(
        &self,
        account: &VenueAccount,
        since: Timestamp,
    ) -> Result<Vec<VenueFill>, VenueError>;

    /// How much of the venue's rate limits is used up, as its last answers said: of those that it counts by address, and of this user's own
    /// where it counts by key or account, never of another's. Empty where it says nothing.
    fn limits_used(&self, _user: Option<UserId>) -> Vec<LimitUsage> {
        Vec::new()
    }

    /// Best prices and books of these symbols, reconnecting by itself until dropped. What it asks over HTTP goes through `lane`.
    fn market_stream(
        &self,
        symbols: Vec<Symbol>,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, MarketEvent>;

    /// The user's own orders, fills and balances, reconnecting by itself until dropped. What it asks over HTTP goes through `lane`.
    fn account_stream(
        &self,
        account: VenueAccount,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, AccountEvent>;
}
