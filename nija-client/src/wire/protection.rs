//! What guards positions, and the kill switch.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Balance;

/// What a position is to be guarded by: with an entry (`protection` of an order) or by `PUT /v1/positions/{id}/protection`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewProtection {
    /// Ends the position when the market is at this price or worse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_price: Option<Decimal>,
    /// A stop that follows the best price at this share of it: `0.02` is 2 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailing_share: Option<Decimal>,
    /// The same at this many quote units; not together with `trailing_share`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailing_distance: Option<Decimal>,
    /// TP1 to TP3, the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub take_profits: Vec<TakeProfit>,
}

/// Closes a share of the position at a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TakeProfit {
    /// The price to win at.
    pub price: Decimal,
    /// Share of the position at its largest: above 0, all together 1 at most.
    pub share: Decimal,
}

/// What guards a position, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Protection {
    /// The position.
    pub position_id: String,
    /// What was wanted.
    pub plan: NewProtection,
    /// Where the stop stands now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_now: Option<Decimal>,
    /// The order that rests at the venue for it; without one the position is watched here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resting_order_id: Option<String>,
    /// Whether the stop went off: the position is being closed.
    pub stop_hit: bool,
    /// Take-profits that are done, from 1.
    pub taken: Vec<u32>,
    /// What is to be known of it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// RFC 3339, UTC.
    pub set_at: String,
}

/// `POST /v1/kill-switch`: stops the caller's trading, or lets it go on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetKillSwitch {
    /// Throws it, or takes it off.
    pub on: bool,
    /// Whether positions are closed at market as well.
    #[serde(default)]
    pub flatten: bool,
    /// The account's password: needed to take it off, never to throw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl std::fmt::Debug for SetKillSwitch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetKillSwitch")
            .field("on", &self.on)
            .field("flatten", &self.flatten)
            .finish_non_exhaustive()
    }
}

/// A kill switch that is on, and how far its work has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KillSwitch {
    /// `user`, `platform` or `venue:kraken`.
    pub scope: String,
    /// Whose, of a user's; administrators alone are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Whether positions are closed as well.
    pub flatten: bool,
    /// RFC 3339, UTC.
    pub since: String,
    /// Whether its work is done.
    pub done: bool,
    /// Whether, with its work done, the venues have no order and no position in the scope, as far as the caller is told of it.
    pub flat: bool,
    /// Whether, with its work done, all that is left are positions too small to be closed: those that `dust` names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flat_except_dust: bool,
    /// What is not confirmed: so far, or at the end.
    pub unconfirmed: Vec<Unconfirmed>,
    /// Positions that are less than their venue takes in one order, where closing them was wanted. Absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dust: Vec<Dust>,
    /// What each venue said when it was asked.
    pub proof: Vec<VenueProof>,
}

/// Something that a kill switch could not confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unconfirmed {
    /// Whose; administrators alone are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// Which order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Why not, in words.
    pub why: String,
}

/// What is left of a position and is too small to be closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dust {
    /// Whose; administrators alone are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Where.
    pub venue: String,
    /// Canonical symbol.
    pub symbol: String,
    /// Base units, below zero where it is short.
    pub quantity: Decimal,
}

/// What a venue said when it was asked whether the account is flat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VenueProof {
    /// Whose account; administrators alone are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The venue.
    pub venue: String,
    /// RFC 3339, UTC.
    pub asked_at: String,
    /// Orders that it has open.
    pub open_orders: u32,
    /// Positions left there.
    pub positions: u32,
    /// What is there.
    pub balances: Vec<Balance>,
}
