//! Which problem an error of the platform is.

use nija::{PlatformError, router::EngineError};
use nija_core::{LedgerError, VaultError, VenueError};

use super::{Problem, kinds};
use crate::{
    accounts::AccountsError,
    auth::{HashError, TokenError},
};

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::ClientOrderIdReused { order } => Self::new(
                kinds::CLIENT_ORDER_ID_REUSED,
                format!(
                    "this client order id names order {order}, whose content is another; use a new id for a new order"
                ),
            ),
            EngineError::NoSuchOrder => Self::new(kinds::NOT_FOUND, "you have no such order"),
            EngineError::NoSuchPosition => Self::new(kinds::NOT_FOUND, "you have no such open position"),
            EngineError::Busy { retry_after } => {
                let seconds = retry_after.as_secs().max(1);
                Self::new(
                    kinds::BUSY,
                    format!("too many orders are waiting; nothing was sent; try again in {seconds} s"),
                )
                .retry_after(seconds)
            }
            EngineError::Invalid(what) => Self::new(kinds::ORDER_INVALID, what),
            EngineError::Draining => {
                Self::new(kinds::DRAINING, "the server is shutting down; nothing was sent").retry_after(5)
            }
            EngineError::Ledger(error) => error.into(),
            EngineError::Vault(error) => error.into(),
            EngineError::Venue(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<PlatformError> for Problem {
    fn from(error: PlatformError) -> Self {
        let text = error.to_string();
        match error {
            PlatformError::UnknownVenue(_) => Self::new(kinds::VENUE_NOT_FOUND, text),
            PlatformError::NoCredentialNeeded(_) => Self::new(kinds::NO_CREDENTIAL_NEEDED, text),
            PlatformError::KeyCanWithdraw(_) => Self::new(kinds::KEY_CAN_WITHDRAW, text),
            PlatformError::KeyCannotTrade(_) => Self::new(kinds::KEY_CANNOT_TRADE, text),
            PlatformError::Vault(error) => error.into(),
            PlatformError::Ledger(error) => error.into(),
            PlatformError::Venue(error) => error.into(),
            PlatformError::Engine(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        let text = error.to_string();
        match error {
            VaultError::NoCredential { .. } => Self::new(kinds::NOT_CONNECTED, text),
            VaultError::NoSuchCredential { .. } => Self::new(kinds::NOT_FOUND, text),
            VaultError::UnknownSealingKey { .. } => Self::new(kinds::SEALING_KEY_UNKNOWN, text),
            VaultError::NotOpened => Self::new(kinds::CREDENTIAL_NOT_OPENED, text),
            VaultError::Malformed(_) => Self::new(kinds::CREDENTIAL_INVALID, text),
            VaultError::UnknownVenue { .. } => Self::new(kinds::VENUE_NOT_FOUND, text),
            other => Self::internal(other),
        }
    }
}

impl From<VenueError> for Problem {
    fn from(error: VenueError) -> Self {
        let text = error.to_string();
        match error {
            VenueError::KeyRefused { .. } => Self::new(kinds::CREDENTIAL_REFUSED, text),
            VenueError::Rejected { .. } | VenueError::InsufficientFunds { .. } | VenueError::Filter(_) => {
                Self::new(kinds::VENUE_REFUSED, text)
            }
            VenueError::NotListed { .. } => Self::new(kinds::SYMBOL_UNKNOWN, text),
            VenueError::RateLimited { retry_after, .. } => {
                let seconds = retry_after.map_or(1, |wait| wait.as_secs().max(1));
                Self::new(kinds::VENUE_UNAVAILABLE, text).retry_after(seconds)
            }
            VenueError::Unavailable { .. } | VenueError::NotSent { .. } | VenueError::AnswerLost { .. } => {
                Self::new(kinds::VENUE_UNAVAILABLE, text).retry_after(5)
            }
            VenueError::Sign(nija_core::SignError::Vault(error)) => error.into(),
            VenueError::Sign(nija_core::SignError::Auth(error)) => {
                Self::new(kinds::CREDENTIAL_INVALID, error.to_string())
            }
            other => Self::internal(other),
        }
    }
}

macro_rules! internal {
    ($($error:ty),*) => {
        $(impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                Self::internal(error)
            }
        })*
    };
}

internal!(LedgerError, AccountsError, HashError, TokenError);
