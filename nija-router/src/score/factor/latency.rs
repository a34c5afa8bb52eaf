use super::Points;
use std::time::Duration;

/// `100 - ms / 10`: an answer that takes a second scores nothing.
pub(crate) fn latency(typical: Option<Duration>) -> Points {
    typical.map_or(Points::UNKNOWN, |time| {
        // A microsecond costs a ten-thousandth.
        let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        Points::bounded(Points::FULL.0.saturating_sub(micros))
    })
}

#[cfg(test)]
mod tests {
    use super::latency;
    use std::time::Duration;

    #[test]
    fn ten_milliseconds_cost_a_point() {
        let score = |time| latency(time).decimal().normalize().to_string();
        assert_eq!(score(Some(Duration::ZERO)), "100");
        assert_eq!(score(Some(Duration::from_millis(250))), "75");
        assert_eq!(score(Some(Duration::from_secs(5))), "0");
        assert_eq!(score(None), "50");
    }
}
