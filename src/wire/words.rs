//! Numbers and orders as people read them.

use nija_core::{Order, OrderSize, Symbol};
use rust_decimal::Decimal;
use std::time::Duration;

/// `63,120.10`: at least `places` decimals, all that there are, thousands apart.
pub(super) fn number(value: Decimal, places: usize) -> String {
    let text = value.abs().normalize().to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::with_capacity(whole.len() * 4 / 3);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if value.is_sign_negative() && !value.is_zero() { "-" } else { "" };
    if part.is_empty() && places == 0 {
        format!("{sign}{grouped}")
    } else {
        format!("{sign}{grouped}.{part:0<places$}")
    }
}

/// `50.00 USD of BTC` or `0.5 BTC`.
pub(super) fn size(order: &Order) -> String {
    let symbol: &Symbol = &order.intent.signal.symbol;
    match order.intent.signal.size {
        OrderSize::Base(quantity) => format!("{} {}", number(quantity.get(), 0), symbol.base()),
        OrderSize::Quote(money) => {
            format!("{} {} of {}", number(money.get(), 2), symbol.quote(), symbol.base())
        }
    }
}

/// Milliseconds with the microseconds behind the point.
pub(super) fn milliseconds(time: Duration) -> Decimal {
    Decimal::new(i64::try_from(time.as_micros()).unwrap_or(i64::MAX), 3).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_like_money() {
        for (value, places, text) in [
            ("63120.1", 2, "63,120.10"),
            ("0.00050", 0, "0.0005"),
            ("1234567", 2, "1,234,567.00"),
            ("-1000", 0, "-1,000"),
            ("0.123456", 2, "0.123456"),
            ("999", 0, "999"),
        ] {
            assert_eq!(number(value.parse().unwrap(), places), text);
        }
    }
}
