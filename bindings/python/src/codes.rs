//! The code of every error of the engine in this process: the one that a server answers with in its place.

use nija::{PlatformError, router::EngineError, wire::BadOrder};
use nija_core::{LedgerError, SignError, VaultError, VenueError};

use crate::error::HostError;

/// Something broke that the caller cannot mend.
const INTERNAL: &str = "internal_error";

impl From<BadOrder> for HostError {
    fn from(error: BadOrder) -> Self {
        Self::new(error.code, error.detail)
    }
}

impl From<EngineError> for HostError {
    fn from(error: EngineError) -> Self {
        Self::new(engine(&error), error.to_string())
    }
}

impl From<PlatformError> for HostError {
    fn from(error: PlatformError) -> Self {
        let code = match &error {
            // Only a platform that is being opened can fail so; a server would not start.
            PlatformError::DataDir { .. } => "data_dir",
            PlatformError::Config(_) => "config",
            PlatformError::UnknownVenue(_) => "venue_not_found",
            PlatformError::NoCredentialNeeded(_) => "no_credential_needed",
            PlatformError::KeyCanWithdraw(_) => "key_can_withdraw",
            PlatformError::KeyCannotTrade(_) => "key_cannot_trade",
            PlatformError::Vault(error) => vault(error),
            PlatformError::Ledger(error) => ledger(error),
            PlatformError::Venue(error) => venue(error),
            PlatformError::Engine(error) => engine(error),
            _ => INTERNAL,
        };
        Self::new(code, error.to_string())
    }
}

impl From<LedgerError> for HostError {
    fn from(error: LedgerError) -> Self {
        Self::new(ledger(&error), error.to_string())
    }
}

impl From<VaultError> for HostError {
    fn from(error: VaultError) -> Self {
        Self::new(vault(&error), error.to_string())
    }
}

fn engine(error: &EngineError) -> &'static str {
    match error {
        EngineError::ClientOrderIdReused { .. } => "client_order_id_reused",
        EngineError::NoSuchOrder | EngineError::NoSuchPosition => "not_found",
        EngineError::Busy { .. } => "busy",
        EngineError::Invalid(_) => "order_invalid",
        EngineError::Draining => "draining",
        EngineError::Vault(error) => vault(error),
        EngineError::Ledger(error) => ledger(error),
        EngineError::Venue(error) => venue(error),
        _ => INTERNAL,
    }
}

const fn ledger(error: &LedgerError) -> &'static str {
    match error {
        // Python can still call a platform that it has closed.
        LedgerError::Closed => "draining",
        _ => INTERNAL,
    }
}

fn vault(error: &VaultError) -> &'static str {
    match error {
        VaultError::NoCredential { .. } => "not_connected",
        VaultError::NoSuchCredential { .. } => "not_found",
        VaultError::UnknownSealingKey { .. } => "sealing_key_unknown",
        VaultError::NotOpened => "credential_not_opened",
        VaultError::Malformed(_) => "credential_invalid",
        VaultError::UnknownVenue { .. } => "venue_not_found",
        _ => INTERNAL,
    }
}

fn venue(error: &VenueError) -> &'static str {
    match error {
        VenueError::KeyRefused { .. } => "credential_refused",
        VenueError::Rejected { .. } | VenueError::InsufficientFunds { .. } | VenueError::Filter(_) => {
            "venue_refused"
        }
        VenueError::NotListed { .. } => "symbol_unknown",
        VenueError::RateLimited { .. }
        | VenueError::Unavailable { .. }
        | VenueError::NotSent { .. }
        | VenueError::AnswerLost { .. } => "venue_unavailable",
        VenueError::Sign(SignError::Vault(error)) => vault(error),
        VenueError::Sign(SignError::Auth(_)) => "credential_invalid",
        _ => INTERNAL,
    }
}
