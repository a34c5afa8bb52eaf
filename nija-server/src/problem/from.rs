//! Which problem an error of the platform is.

use nija::{PlatformError, router::EngineError, wire::ErrorCode};
use nija_core::{LedgerError, SignError, VaultError, VenueError};

use super::{Problem, kinds};
use crate::{
    accounts::AccountsError,
    auth::{HashError, TokenError},
};

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let code = error.code();
        match error {
            EngineError::ClientOrderIdReused { order } => Self::coded(
                code,
                format!(
                    "this client order id names order {order}, whose content is another; use a new id for a new order"
                ),
            ),
            EngineError::NoSuchOrder => Self::coded(code, "you have no such order"),
            EngineError::NoSuchPosition => Self::coded(code, "you have no such open position"),
            EngineError::Busy { retry_after } => {
                // Not a moment too early.
                let seconds = retry_after.as_millis().div_ceil(1000).max(1);
                let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
                let detail = format!("no venue has room for it; nothing was sent; try again in {seconds} s");
                Self::coded(code, detail).retry_after(seconds)
            }
            EngineError::Invalid(what) => Self::coded(code, what),
            EngineError::Draining => {
                Self::coded(code, "the server is shutting down; nothing was sent").retry_after(5)
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
        match error {
            PlatformError::Vault(error) => error.into(),
            PlatformError::Ledger(error) => error.into(),
            PlatformError::Venue(error) => error.into(),
            PlatformError::Engine(error) => error.into(),
            other => Self::of(other),
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        Self::of(error)
    }
}

impl From<VenueError> for Problem {
    fn from(error: VenueError) -> Self {
        match error {
            VenueError::Sign(SignError::Vault(error)) => error.into(),
            VenueError::Sign(SignError::Auth(ref inner)) => Self::coded(error.code(), inner.to_string()),
            VenueError::RateLimited { retry_after, .. } => {
                let seconds = retry_after.map_or(1, |wait| wait.as_secs().max(1));
                Self::of(error).retry_after(seconds)
            }
            VenueError::Unavailable { .. } | VenueError::NotSent { .. } | VenueError::AnswerLost { .. } => {
                Self::of(error).retry_after(5)
            }
            other => Self::of(other),
        }
    }
}

impl Problem {
    /// An error in its own words; what has no problem of its own is an internal one, whose words stay here.
    fn of(error: impl ErrorCode + std::fmt::Display) -> Self {
        match kinds::by_code(error.code()) {
            Some(kind) if kind != kinds::INTERNAL => Self::new(kind, error.to_string()),
            _ => Self::internal(error),
        }
    }

    fn coded(code: &str, detail: impl Into<String>) -> Self {
        Self::new(kinds::by_code(code).unwrap_or(kinds::INTERNAL), detail)
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use std::time::Duration;

    #[test]
    fn a_full_queue_and_a_venue_that_limits_requests_say_when_to_come_back() {
        for (wait, header) in [(50, "1"), (1_000, "1"), (24_900, "25"), (120_000, "120")] {
            let busy = EngineError::Busy { retry_after: Duration::from_millis(wait) };
            let answer = Problem::from(busy).into_response();
            let told = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
            assert_eq!((answer.status().as_u16(), told.as_deref()), (503, Some(header)));
        }
    }
}
