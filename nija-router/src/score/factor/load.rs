use rust_decimal::Decimal;

/// 100 for an empty lane, 0 for a full one.
pub(crate) fn load(depth: usize, capacity: usize) -> Decimal {
    if depth == 0 && capacity > 0 {
        return Decimal::ONE_HUNDRED;
    }
    let used = Decimal::from(depth)
        .checked_mul(Decimal::ONE_HUNDRED)
        .and_then(|depth| depth.checked_div(Decimal::from(capacity)));
    used.map_or(Decimal::ZERO, |used| super::bounded(Decimal::ONE_HUNDRED - used))
}

#[cfg(test)]
mod tests {
    use super::load;
    use rust_decimal::Decimal;

    #[test]
    fn a_quarter_full_lane_scores_three_quarters() {
        assert_eq!(load(256, 1024), Decimal::from(75));
        assert_eq!(load(0, 1024), Decimal::ONE_HUNDRED);
        assert_eq!(load(2000, 1024), Decimal::ZERO);
        assert_eq!(load(0, 0), Decimal::ZERO);
    }
}
