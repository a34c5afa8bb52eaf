//! What can go wrong with a request to the engine. A refusal by risk or routing is no error: it is on record as an order.

use nija_core::{LedgerError, OrderId, VaultError, VenueError};
use std::time::Duration;

/// Why the engine did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The client order id names another intent.
    #[error("this client order id was used for another order, {order}; take a new one")]
    ClientOrderIdReused {
        /// The order that has it.
        order: OrderId,
    },
    /// The user has no such order.
    #[error("there is no such order")]
    NoSuchOrder,
    /// The user has no such open position.
    #[error("there is no such open position")]
    NoSuchPosition,
    /// The venue's lane is full; nothing was taken up.
    #[error("every venue that would take it is too busy; try again in {} ms", retry_after.as_millis())]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The request makes no sense; in words.
    #[error("{0}")]
    Invalid(String),
    /// The engine is shutting down; nothing was taken up.
    #[error("the platform is shutting down; nothing was taken up")]
    Draining,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A venue failed.
    #[error(transparent)]
    Venue(#[from] VenueError),
}
