//! The code by which every host names an error. Codes never change; words may.

use nija_core::{LedgerError, SignError, VaultError, VenueError};
use nija_router::EngineError;

use crate::PlatformError;

/// Something broke that the caller cannot mend.
const INTERNAL: &str = "internal_error";

/// An error with a code of its own.
pub trait ErrorCode {
    /// The code, such as `symbol_unknown`; `internal_error` for what a caller can do nothing about.
    fn code(&self) -> &'static str;
}

impl ErrorCode for PlatformError {
    fn code(&self) -> &'static str {
        match self {
            // Only a platform that is being opened can fail so; a server would not start.
            Self::DataDir { .. } => "data_dir",
            Self::Config(_) => "config",
            Self::UnknownVenue(_) => "venue_not_found",
            Self::NoCredentialNeeded(_) => "no_credential_needed",
            Self::KeyCanWithdraw(_) => "key_can_withdraw",
            Self::KeyCannotTrade(_) => "key_cannot_trade",
            Self::KeyOfAnotherAccount(_) => "key_of_another_account",
            Self::KeyKnown(_) => "key_known",
            Self::NoRotation(_) => "rotation_not_found",
            Self::RotationStep(_) => "rotation_step",
            Self::Vault(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Venue(error) => error.code(),
            Self::Engine(error) => error.code(),
            _ => INTERNAL,
        }
    }
}

impl ErrorCode for EngineError {
    fn code(&self) -> &'static str {
        match self {
            Self::ClientOrderIdReused { .. } => "client_order_id_reused",
            Self::NoSuchOrder | Self::NoSuchPosition => "not_found",
            Self::Busy { .. } => "busy",
            Self::Invalid(_) => "order_invalid",
            Self::Draining => "draining",
            Self::Vault(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Venue(error) => error.code(),
            _ => INTERNAL,
        }
    }
}

impl ErrorCode for LedgerError {
    fn code(&self) -> &'static str {
        match self {
            // A host can still be called after it closed its platform.
            Self::Closed => "draining",
            _ => INTERNAL,
        }
    }
}

impl ErrorCode for VaultError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoCredential { .. } => "not_connected",
            Self::NoSuchCredential { .. } | Self::NoSuchVersion { .. } => "not_found",
            Self::UnknownSealingKey { .. } => "sealing_key_unknown",
            Self::NotOpened => "credential_not_opened",
            Self::Locked { .. } => "credential_locked",
            Self::OnDevice { .. } => "credential_on_device",
            Self::Malformed(_) => "credential_invalid",
            Self::UnknownVenue { .. } => "venue_not_found",
            Self::Unsupported(_) => "not_supported",
            Self::Policy(_) => "policy_refused",
            Self::PolicyChanged => "settings_changed",
            _ => INTERNAL,
        }
    }
}

impl ErrorCode for VenueError {
    fn code(&self) -> &'static str {
        match self {
            Self::KeyRefused { .. } => "credential_refused",
            Self::Rejected { .. } | Self::InsufficientFunds { .. } | Self::Filter(_) => "venue_refused",
            Self::NotListed { .. } => "symbol_unknown",
            Self::RateLimited { .. }
            | Self::Unavailable { .. }
            | Self::NotSent { .. }
            | Self::AnswerLost { .. } => "venue_unavailable",
            Self::Sign(SignError::Vault(error)) => error.code(),
            Self::Sign(SignError::Auth(_)) => "credential_invalid",
            Self::Sign(SignError::Policy(_)) => "policy_refused",
            _ => INTERNAL,
        }
    }
}
