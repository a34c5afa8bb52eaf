use rust_decimal::Decimal;
use std::time::Duration;

/// `100 - ms / 10`: an answer that takes a second scores nothing.
pub(crate) fn latency(typical: Option<Duration>) -> Decimal {
    typical.map_or(super::UNKNOWN, |time| {
        let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        super::bounded(Decimal::ONE_HUNDRED - Decimal::new(micros, 4))
    })
}

#[cfg(test)]
mod tests {
    use super::latency;
    use std::time::Duration;

    #[test]
    fn ten_milliseconds_cost_a_point() {
        let score = |ms| latency(Some(Duration::from_millis(ms))).normalize().to_string();
        assert_eq!(score(0), "100");
        assert_eq!(score(250), "75");
        assert_eq!(score(5000), "0");
        assert_eq!(latency(None).to_string(), "50");
    }
}
