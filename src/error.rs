//! What can go wrong while a platform is put together or a credential is taken up.

use nija_core::{LedgerError, VaultError, VenueError, VenueId};
use nija_router::EngineError;

/// An error of [`crate::Platform`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlatformError {
    /// The data folder cannot be made or is not private.
    #[error("the data folder {path} cannot be used: {source}")]
    DataDir {
        /// Folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The configuration makes no sense.
    #[error("{0}")]
    Config(String),
    /// The machine has no randomness to give.
    #[error("no randomness from the operating system: {0}")]
    Entropy(String),
    /// No such venue here.
    #[error("this platform does not trade at {0}")]
    UnknownVenue(VenueId),
    /// The venue takes no key.
    #[error("{0} needs no credential")]
    NoCredentialNeeded(VenueId),
    /// The key may withdraw. NIJA never keeps such a key.
    #[error("this key may withdraw or transfer funds at {0}; make one that can only trade and read")]
    KeyCanWithdraw(VenueId),
    /// The key may not trade.
    #[error("this key may not place orders at {0}; give it the right to trade")]
    KeyCannotTrade(VenueId),
    /// The orders that rest at the venue are unknown to it.
    #[error(
        "this key does not see the orders that rest at {0}; make it for the same account as the one in use"
    )]
    KeyOfAnotherAccount(VenueId),
    /// It is stored already.
    #[error("this key is the one in use at {0}, or one of before; make a new one")]
    KeyKnown(VenueId),
    /// Nothing is being rotated.
    #[error("no key is being rotated at {0}")]
    NoRotation(VenueId),
    /// The rotation is not so far, or further.
    #[error("the rotation is at another step: {0}")]
    RotationStep(&'static str),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The venue.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
