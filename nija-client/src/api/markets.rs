//! Venues and market data.

use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::wire::{Candle, Health, Market, Venue};

/// Which candles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CandleQuery {
    /// The venue; the server chooses when missing.
    pub venue: Option<String>,
    /// `1m`, `5m`, `15m` or `1h`.
    pub interval: Option<String>,
    /// How many.
    pub limit: Option<u32>,
}

impl Client {
    /// The venues of this server, and whether the caller is connected to them.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn venues(&self) -> Result<Vec<Venue>, ClientError> {
        self.call(Call::get(&["v1", "venues"])).await
    }

    /// What can be traded and where, with the caller's fees; all of it or one `symbol`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn markets(&self, symbol: Option<&str>) -> Result<Vec<Market>, ClientError> {
        self.call(Call::get(&["v1", "markets"]).query("symbol", symbol)).await
    }

    /// Candles of `symbol`, oldest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn candles(&self, symbol: &str, query: &CandleQuery) -> Result<Vec<Candle>, ClientError> {
        let path = ["v1", "markets", symbol, "candles"];
        let call = Call::get(&path)
            .query("venue", query.venue.as_deref())
            .query("interval", query.interval.as_deref())
            .query("limit", query.limit);
        self.call(call).await
    }

    /// How the server is; needs no session.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn health(&self) -> Result<Health, ClientError> {
        self.open_call(Call::get(&["health"])).await
    }
}
