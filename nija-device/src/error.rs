//! Why the phone did not do what was asked.

use nija_core::{OrderId, Reason, VenueError, VenueId};

use crate::{
    chain::JournalDoubt,
    store::{StoreFailed, WrapFailed},
};

/// What can go wrong. Orders that were sent have their own words in their [`Trade`](crate::Trade).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The app names no such venue.
    #[error("{0} is not one of this app's exchanges")]
    UnknownVenue(VenueId),
    /// There is no key for the venue on this phone.
    #[error("there is no key for {0} on this phone")]
    NoKey(VenueId),
    /// The venue needs no key.
    #[error("{0} needs no key")]
    NoKeyNeeded(VenueId),
    /// The key may withdraw.
    #[error("the key may withdraw at {0}; make one that may only trade")]
    KeyCanWithdraw(VenueId),
    /// The key may not trade.
    #[error("the key may not trade at {0}")]
    KeyCannotTrade(VenueId),
    /// Something of it is still at the venue.
    #[error("{venue} still has orders or positions of this phone; close them first")]
    StillTrading {
        /// The venue.
        venue: VenueId,
    },
    /// A rule refused; nothing was sent.
    #[error("{}", .0.text)]
    Refused(Reason),
    /// No trade of this phone has that id.
    #[error("this phone sent no order {0}")]
    NoSuchTrade(OrderId),
    /// What is kept is damaged, or was put there by somebody else.
    #[error("what this phone keeps cannot be read: {0}")]
    Damaged(&'static str),
    /// The journal of a venue is not the one that was written last, so orders may be at the venue that it does not name. Nothing is sent
    /// there before [`Device::reconcile`](crate::Device::reconcile) has asked the venue for them.
    #[error(
        "nothing is sent to {venue}: {doubt}, so orders may be there that this phone does not know; reconcile, which asks the exchange for them"
    )]
    JournalDoubted {
        /// The venue.
        venue: VenueId,
        /// What is wrong with it.
        doubt: JournalDoubt,
    },
    /// The host's store failed.
    #[error(transparent)]
    Store(#[from] StoreFailed),
    /// The host's key failed.
    #[error(transparent)]
    Wrap(#[from] WrapFailed),
    /// The venue refused or did not answer a question; no order was sent by it.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// A cipher or the system's randomness failed.
    #[error("the phone's cryptography failed: {0}")]
    Crypto(&'static str),
}

impl DeviceError {
    /// A rule's refusal.
    pub(crate) fn refused(code: &str, text: impl Into<String>) -> Self {
        Self::Refused(Reason::new(code, text))
    }

    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::UnknownVenue(_) => "unknown_venue",
            Self::NoKey(_) => "not_connected",
            Self::NoKeyNeeded(_) => "no_credential_needed",
            Self::KeyCanWithdraw(_) => "key_can_withdraw",
            Self::KeyCannotTrade(_) => "key_cannot_trade",
            Self::StillTrading { .. } => "still_trading",
            Self::Refused(reason) => &reason.code,
            Self::NoSuchTrade(_) => "no_such_order",
            Self::Damaged(_) => "store_damaged",
            Self::JournalDoubted { .. } => "journal_doubted",
            Self::Store(_) => "store_unavailable",
            Self::Wrap(_) => "device_key_refused",
            Self::Venue(error) => venue_code(error),
            Self::Crypto(_) => "crypto_failed",
        }
    }
}

/// A venue's refusal by name.
pub(crate) fn venue_code(error: &VenueError) -> &'static str {
    match error {
        VenueError::InsufficientFunds { .. } => "insufficient_funds",
        VenueError::KeyRefused { .. } => "key_refused",
        VenueError::RateLimited { .. } => "rate_limited",
        VenueError::NonceRefused { .. } => "nonce_refused",
        VenueError::Unavailable { .. } => "venue_unavailable",
        VenueError::NotSent { .. } => "not_sent",
        VenueError::AnswerLost { .. } | VenueError::Decode { .. } => "no_answer",
        VenueError::Filter(_) => "venue_filter",
        VenueError::NotListed { .. } => "pair_not_listed",
        VenueError::Sign(nija_core::SignError::Policy(_)) => "policy",
        VenueError::Sign(_) => "not_signed",
        _ => "venue_rejected",
    }
}
