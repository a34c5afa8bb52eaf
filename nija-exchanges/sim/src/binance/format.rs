//! How Binance writes numbers and times.

use rust_decimal::{Decimal, RoundingStrategy};

/// Eight digits after the point; what lies beyond is cut.
pub(crate) fn eight(value: Decimal) -> String {
    fixed(value, 8)
}

/// Exactly `decimals` digits after the point; what lies beyond is cut.
pub(crate) fn fixed(value: Decimal, decimals: u32) -> String {
    // Far beyond any real amount, `Decimal` runs out of digits to print.
    let most = Decimal::from(1_000_000_000_000_000_000_i64);
    let mut cut = value.clamp(-most, most).round_dp_with_strategy(decimals, RoundingStrategy::ToZero);
    cut.rescale(decimals);
    cut.to_string()
}

/// Milliseconds.
pub(crate) fn ms(ns: i64) -> i64 {
    ns.div_euclid(1_000_000)
}
