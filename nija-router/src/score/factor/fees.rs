use super::Points;
use nija_core::whole::units;
use rust_decimal::Decimal;

/// `100 - 10,000 * rate`: a basis point of fee costs a point.
pub(crate) fn fees(rate: Decimal) -> Points {
    Points::bounded(Points::FULL.0.saturating_sub(units(rate, 8)))
}

#[cfg(test)]
mod tests {
    use super::fees;

    #[test]
    fn a_basis_point_costs_a_point_and_one_per_cent_leaves_nothing() {
        let score = |rate: &str| fees(rate.parse().unwrap()).decimal().normalize().to_string();
        assert_eq!(score("0.0040"), "60");
        assert_eq!(score("0"), "100");
        assert_eq!(score("0.0150"), "0");
        assert_eq!(score("-0.0001"), "100");
    }
}
