//! The overview, activity, routing decisions, and the bot's switch.

use super::PageQuery;
use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::wire::{Activity, BotStatus, EquityDay, Overview, Page, RoutingDecisions};

impl Client {
    /// Equity, profit and loss, open positions, newest activity. Money is in USD.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn overview(&self) -> Result<Overview, ClientError> {
        self.call(Call::get(&["v1", "dashboard", "overview"])).await
    }

    /// What was won and lost on each of the newest UTC days with fills (1 to 366, 90 when `None`), oldest first, by quote currency.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn equity(&self, days: Option<usize>) -> Result<Vec<EquityDay>, ClientError> {
        self.call(Call::get(&["v1", "dashboard", "equity"]).query("days", days)).await
    }

    /// What happened, newest first; `kind` is one of `trade`, `order`, `credential`, `bot`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn activity(
        &self,
        kind: Option<&str>,
        page: &PageQuery,
    ) -> Result<Page<Activity>, ClientError> {
        self.call(Call::get(&["v1", "activity"]).query("kind", kind).page(page)).await
    }

    /// Why orders went where they went, newest first, and how the venues fared lately.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn decisions(&self, page: &PageQuery) -> Result<RoutingDecisions, ClientError> {
        self.call(Call::get(&["v1", "routing", "decisions"]).page(page)).await
    }

    /// Stops new positions from being opened. Exits always go through.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn pause(&self) -> Result<BotStatus, ClientError> {
        self.call(Call::post(&["v1", "bot", "pause"])).await
    }

    /// Lets positions be opened again.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn resume(&self) -> Result<BotStatus, ClientError> {
        self.call(Call::post(&["v1", "bot", "resume"])).await
    }
}
