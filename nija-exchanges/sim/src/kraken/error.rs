//! Kraken's error strings.

use super::pairs::Pair;
use crate::engine::Reject;
use std::borrow::Cow;

/// One string of the `error` array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KrakenError(pub(crate) Cow<'static, str>);

impl KrakenError {
    pub(crate) const INVALID_KEY: Self = Self::fixed("EAPI:Invalid key");
    pub(crate) const INVALID_SIGNATURE: Self = Self::fixed("EAPI:Invalid signature");
    pub(crate) const INVALID_NONCE: Self = Self::fixed("EAPI:Invalid nonce");
    pub(crate) const API_RATE: Self = Self::fixed("EAPI:Rate limit exceeded");
    pub(crate) const ORDER_RATE: Self = Self::fixed("EOrder:Rate limit exceeded");
    pub(crate) const PERMISSION: Self = Self::fixed("EGeneral:Permission denied");
    pub(crate) const UNKNOWN_METHOD: Self = Self::fixed("EGeneral:Unknown method");
    pub(crate) const INVALID_ARGUMENTS: Self = Self::fixed("EGeneral:Invalid arguments");
    pub(crate) const UNKNOWN_PAIR: Self = Self::fixed("EQuery:Unknown asset pair");
    pub(crate) const UNKNOWN_ASSET: Self = Self::fixed("EQuery:Unknown asset");
    pub(crate) const UNKNOWN_ORDER: Self = Self::fixed("EOrder:Unknown order");
    pub(crate) const INVALID_ORDER: Self = Self::fixed("EOrder:Invalid order");
    pub(crate) const DEADLINE: Self = Self::fixed("EService:Deadline elapsed");
    pub(crate) const UNAVAILABLE: Self = Self::fixed("EService:Unavailable");
    pub(crate) const MARGIN: Self = Self::fixed("EOrder:Margin allowance exceeded");
    pub(crate) const WITHDRAW_KEY: Self = Self::fixed("EFunding:Unknown withdraw key");

    const fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// `EGeneral:Invalid arguments:<field>`.
    pub(crate) fn argument(field: &str) -> Self {
        let clean: String = field.chars().filter(|c| c.is_ascii_graphic()).take(40).collect();
        Self(Cow::Owned(format!("EGeneral:Invalid arguments:{clean}")))
    }

    /// The string for an engine's refusal.
    pub(crate) fn from_reject(reject: &Reject, pair: &Pair) -> Self {
        match reject {
            Reject::InsufficientFunds => Self::fixed("EOrder:Insufficient funds"),
            Reject::UnknownOrder => Self::UNKNOWN_ORDER,
            Reject::MinQty => Self::fixed("EOrder:Order minimum not met"),
            Reject::MinCost => Self::fixed("EOrder:Cost minimum not met"),
            Reject::PriceDecimals => Self(Cow::Owned(format!(
                "EOrder:Invalid price:{} price can only be specified up to {} decimals.",
                pair.altname, pair.price_decimals
            ))),
            Reject::Tick => Self::fixed("EOrder:Tick size check failed"),
            Reject::Quantity => Self::argument("volume"),
            Reject::Price => Self::argument("price"),
            Reject::PostOnly => Self::fixed("EOrder:Post only order"),
            // Kraken's documents name the rule but not the words; these are the words seen in the wild.
            Reject::DuplicateClientId => Self::fixed("EOrder:Duplicate order"),
            Reject::FillOrKill => Self::fixed("EOrder:Insufficient liquidity"),
            Reject::Expiry => Self::argument("expiretm"),
            Reject::TooManyOrders => Self::fixed("EOrder:Orders limit exceeded"),
        }
    }
}
