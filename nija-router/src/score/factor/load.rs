use super::Points;

/// 100 for an empty lane, 0 for a full one.
pub(crate) fn load(depth: usize, capacity: usize) -> Points {
    let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let free = whole(capacity.saturating_sub(depth)).saturating_mul(Points::FULL.0);
    Points::bounded(free.checked_div(whole(capacity)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::load;

    #[test]
    fn a_quarter_full_lane_scores_three_quarters() {
        let score = |depth, capacity| load(depth, capacity).decimal().normalize().to_string();
        assert_eq!(score(256, 1024), "75");
        assert_eq!(score(0, 1024), "100");
        assert_eq!(score(2000, 1024), "0");
        assert_eq!(score(0, 0), "0");
    }
}
