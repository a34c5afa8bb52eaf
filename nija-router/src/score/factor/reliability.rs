use rust_decimal::Decimal;

/// The share of calls that succeeded, in per cent.
pub(crate) fn reliability(success_rate: Decimal) -> Decimal {
    super::bounded(success_rate * Decimal::ONE_HUNDRED)
}

#[cfg(test)]
mod tests {
    use super::reliability;

    #[test]
    fn it_is_the_success_rate_in_per_cent() {
        assert_eq!(reliability("0.985".parse().unwrap()).to_string(), "98.500");
        assert_eq!(reliability("1.2".parse().unwrap()).to_string(), "100");
    }
}
