//! How Kraken writes numbers and times.

use rust_decimal::{Decimal, RoundingStrategy};

/// Exactly `decimals` digits after the point; what lies beyond is cut.
pub(crate) fn fixed(value: Decimal, decimals: u32) -> String {
    // Far beyond any real amount, `Decimal` runs out of digits to print.
    let most = Decimal::from(1_000_000_000_000_000_000_i64);
    let cut = value.clamp(-most, most).round_dp_with_strategy(decimals, RoundingStrategy::ToZero);
    let digits = usize::try_from(decimals).unwrap_or(0);
    format!("{cut:.digits$}")
}

/// Unix seconds with a fraction, as Kraken's JSON numbers are. Not money, so a float is fine.
pub(crate) fn seconds(ns: i64) -> f64 {
    let micros = ns.div_euclid(100_000);
    micros as f64 / 10_000.0
}
