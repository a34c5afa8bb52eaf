//! What Python asks for.

use nija_client::wire::{CredentialPlaintext, NewOrder};
use serde::Deserialize;

use crate::error::HostError;

/// One call; `op` names it.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// A `NewOrder`, held until it is settled or the time is over.
    PlaceOrder { order: NewOrder, wait_ms: u64 },
    /// What an order would do.
    PreviewOrder { order: NewOrder },
    /// One order.
    Order { id: String },
    /// Cancels an order.
    CancelOrder { id: String },
    /// Open positions.
    Positions,
    /// Closes a position at market.
    ClosePosition { id: String, wait_ms: u64 },
    /// The account at a glance.
    Overview,
    /// What can be traded.
    Markets { symbol: Option<String> },
    /// Candles, oldest first.
    Candles { symbol: String, venue: Option<String>, interval: String, limit: u32 },
    /// Seals a key on this machine and stores it.
    ConnectExchange { venue: String, label: String, credential: CredentialPlaintext },
    /// Nothing is signed with a key any more.
    DisconnectExchange { id: String },
    /// The same, and what is stored of it is wiped. A server wants the account's password.
    DestroyKey { id: String, password: Option<String> },
    /// Entries are refused from now on, or no longer.
    Pause { paused: bool },
    /// Ends the session or the engine.
    Close,
}

impl Request {
    pub(crate) fn parse(text: &str) -> Result<Self, HostError> {
        // The text can hold an exchange key, so serde's words, which may quote it, stay here.
        serde_json::from_str(text).map_err(|error| {
            let place = format!("line {} column {}", error.line(), error.column());
            HostError::new("request_invalid", format!("a value in the request is not of its type ({place})"))
        })
    }
}
