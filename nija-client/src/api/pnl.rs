//! Profits by day, pair and venue, and the curve of the account.

use super::PageQuery;
use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::wire::{EquityCurve, Page, PnlBy, PnlRow};

/// Which days, both included: `2026-11-26`.
#[derive(Debug, Clone, Copy, Default)]
pub struct DayRange<'a> {
    /// The first; all from the first fill on when missing.
    pub from: Option<&'a str>,
    /// The last; up to today when missing.
    pub to: Option<&'a str>,
}

/// Which part of the curve, and how fine.
#[derive(Debug, Clone, Copy, Default)]
pub struct CurveQuery<'a> {
    /// From this moment on, RFC 3339.
    pub from: Option<&'a str>,
    /// Before this moment, RFC 3339.
    pub to: Option<&'a str>,
    /// Points at most: 1 to 2000, 500 when missing.
    pub points: Option<usize>,
}

impl Client {
    /// What was won and paid by day (newest first), pair or venue (by name).
    ///
    /// # Errors
    /// Problem `query_invalid` for days that are none or, by pair and venue, more than 366.
    pub async fn pnl(
        &self,
        by: PnlBy,
        days: DayRange<'_>,
        page: &PageQuery,
    ) -> Result<Page<PnlRow>, ClientError> {
        let by = match by {
            PnlBy::Day => "day",
            PnlBy::Pair => "pair",
            PnlBy::Venue => "venue",
        };
        let call = Call::get(&["v1", "dashboard", "pnl"]).query("by", Some(by));
        self.call(call.query("from", days.from).query("to", days.to).page(page)).await
    }

    /// What the account was worth over time, oldest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn equity_curve(&self, query: CurveQuery<'_>) -> Result<EquityCurve, ClientError> {
        let call = Call::get(&["v1", "dashboard", "equity", "curve"]).query("from", query.from);
        self.call(call.query("to", query.to).query("points", query.points)).await
    }
}
