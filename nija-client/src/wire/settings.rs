//! A user's own limits.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Limits on top of what the platform and the plan allow; an absent one is no limit of one's own. Shares are of the equity: `"0.05"` is 5 %.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RiskLimits {
    /// Largest entry, as a share of equity: at least `"0.02"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_equity_share: Option<Decimal>,
    /// Entries stop when the day's loss reaches this share of the equity that the day began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_daily_loss: Option<Decimal>,
    /// Entries stop when the account is this share below its best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_drawdown: Option<Decimal>,
    /// Largest position in one symbol, in quote units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_position: Option<Decimal>,
    /// Open positions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub positions: Option<u32>,
    /// How far beyond the best price an entry's limit may be, as a share of that price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_collar: Option<Decimal>,
    /// What may be entered; an empty list is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_symbols: Option<Vec<String>>,
}

/// `GET /v1/settings/risk`, with an `ETag`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RiskSettings {
    /// The `ETag`, for those who cannot read headers: goes back as `If-Match` of a change.
    pub version: String,
    /// `low`, `medium` or `high` where the user's limits are that level's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The user's own limits as they hold now.
    pub limits: RiskLimits,
    /// What holds with the platform's and the plan's limits: field by field the tightest.
    pub effective: RiskLimits,
    /// A loosening that waits for its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingLimits>,
    /// Seconds that a loosening waits.
    pub loosening_delay_s: u64,
    /// The ready-made levels, the most careful first.
    pub levels: Vec<RiskLevel>,
}

/// A ready-made set of limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RiskLevel {
    /// `low`, `medium` or `high`.
    pub level: String,
    /// Its limits.
    pub limits: RiskLimits,
}

/// Limits that take effect later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingLimits {
    /// `low`, `medium` or `high` where they are that level's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// What holds from then on.
    pub limits: RiskLimits,
    /// The names of the limits that become looser.
    pub looser: Vec<String>,
    /// RFC 3339, UTC.
    pub effective_at: String,
}

/// `PUT /v1/settings/risk`, with the `ETag` as `If-Match`: a level, or limits of one's own.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeRiskSettings {
    /// `low`, `medium` or `high`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// All of them: one that is left out is no limit any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<RiskLimits>,
    /// The account's password; needed when any limit becomes looser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl std::fmt::Debug for ChangeRiskSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangeRiskSettings")
            .field("level", &self.level)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
