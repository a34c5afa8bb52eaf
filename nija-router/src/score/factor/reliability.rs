use super::Points;
use nija_core::whole::units;
use rust_decimal::Decimal;

/// The share of calls that succeeded, in per cent.
pub(crate) fn reliability(success_rate: Decimal) -> Points {
    Points::bounded(units(success_rate, Points::SCALE + 2))
}

#[cfg(test)]
mod tests {
    use super::reliability;

    #[test]
    fn it_is_the_success_rate_in_per_cent() {
        let score = |rate: &str| reliability(rate.parse().unwrap()).decimal().normalize().to_string();
        assert_eq!(score("0.985"), "98.5");
        assert_eq!(score("1.2"), "100");
        assert_eq!(score("-0.1"), "0");
    }
}
