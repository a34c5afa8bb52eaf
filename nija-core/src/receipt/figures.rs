//! The sums of a receipt.

use rust_decimal::Decimal;

use crate::{Fill, Price, Side};

/// Digits behind the point that basis points are told with.
const BPS_DIGITS: u32 = 4;

/// What fills came to, beside what was expected of them. Sums of parts: adding two gives what both came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Execution {
    /// Executions.
    pub fills: usize,
    /// Base units filled.
    pub filled: Decimal,
    /// Quote units of those fills.
    pub notional: Decimal,
    /// Quote units that the same quantity was expected to be.
    pub expected_notional: Decimal,
    /// Quote units lost against the expected price: positive is worse, for buys and sells alike.
    pub slippage: Decimal,
    /// Fees paid, in quote units; a rebate is negative.
    pub fees: Decimal,
}

impl Execution {
    /// One fill against the price that was expected of it.
    pub(super) fn of(fill: &Fill, expected: Price) -> Self {
        let execution = &fill.execution;
        let quantity = execution.quantity.get();
        // A ledger takes no fill whose worth is beyond a decimal; an expected price far from it is cut, not a panic.
        let notional = quantity.saturating_mul(execution.price.get());
        let expected_notional = quantity.saturating_mul(expected.get());
        let over = notional.saturating_sub(expected_notional);
        Self {
            fills: 1,
            filled: quantity,
            notional,
            expected_notional,
            slippage: match execution.side {
                Side::Buy => over,
                Side::Sell => -over,
            },
            fees: fill.fee_in_quote,
        }
    }

    /// What both came to.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            fills: self.fills + other.fills,
            filled: self.filled.saturating_add(other.filled),
            notional: self.notional.saturating_add(other.notional),
            expected_notional: self.expected_notional.saturating_add(other.expected_notional),
            slippage: self.slippage.saturating_add(other.slippage),
            fees: self.fees.saturating_add(other.fees),
        }
    }

    /// The realised price.
    #[must_use]
    pub fn average_price(&self) -> Option<Decimal> {
        self.notional.checked_div(self.filled)
    }

    /// The price expected, weighted by what was filled.
    #[must_use]
    pub fn expected_price(&self) -> Option<Decimal> {
        self.expected_notional.checked_div(self.filled)
    }

    /// Slippage and fees, in quote units.
    #[must_use]
    pub fn cost(&self) -> Decimal {
        self.slippage.saturating_add(self.fees)
    }

    /// Slippage in basis points of the expected notional; positive is worse.
    #[must_use]
    pub fn slippage_bps(&self) -> Option<Decimal> {
        bps(self.slippage, self.expected_notional)
    }

    /// Fees in basis points of what was traded.
    #[must_use]
    pub fn fee_bps(&self) -> Option<Decimal> {
        bps(self.fees, self.notional)
    }

    /// [`Execution::cost`] in basis points of the expected notional; positive is worse.
    #[must_use]
    pub fn cost_bps(&self) -> Option<Decimal> {
        bps(self.cost(), self.expected_notional)
    }
}

pub(super) fn bps(part: Decimal, whole: Decimal) -> Option<Decimal> {
    let share = part.checked_mul(Decimal::from(10_000))?.checked_div(whole)?;
    Some(share.round_dp(BPS_DIGITS).normalize())
}
