//! What trading costs at a simulated venue.

use nija_core::Side;
use rust_decimal::Decimal;

use super::resting::Resting;

/// What fills cost: 26 basis points of their worth.
pub(crate) const FEE: Decimal = Decimal::from_parts(26, 0, 0, false, 4);

/// What fees are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FeesFrom {
    /// The quote currency.
    Quote,
    /// What a fill brings: base units of a buy, quote units of a sell.
    Received,
    /// A third asset while there is enough of it, what a fill brings otherwise.
    Third,
}

/// The third asset that fees are taken from where a venue does so, and what it is worth at all times.
pub(crate) const FEE_ASSET: &str = "GAS";
pub(crate) const FEE_ASSET_PRICE: i64 = 5;

impl FeesFrom {
    /// What a fill costs, and in what; `there` is what the account has of the third asset.
    pub(crate) fn of(
        self,
        order: &Resting,
        quantity: Decimal,
        worth: Decimal,
        there: Decimal,
    ) -> (String, Decimal) {
        let third = worth * FEE / Decimal::from(FEE_ASSET_PRICE);
        match (self, order.side) {
            (Self::Third, _) if there >= third => (FEE_ASSET.to_owned(), third),
            (Self::Received | Self::Third, Side::Buy) => (order.symbol.base().to_owned(), quantity * FEE),
            _ => (order.symbol.quote().to_owned(), worth * FEE),
        }
    }

    /// What a buy holds, with what it holds for its fee, for each unit of its worth: fees that come out of something else are not held.
    pub(crate) fn with_worth(self) -> Decimal {
        Decimal::ONE + if self == Self::Quote { FEE } else { Decimal::ZERO }
    }
}
