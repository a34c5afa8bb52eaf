//! The venue's clock: the machine's, plus a skew that a fault may inject.

use std::sync::atomic::{AtomicI64, Ordering};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A clock that can be wrong.
#[derive(Debug, Default)]
pub(crate) struct SimClock {
    skew_ms: AtomicI64,
}

impl SimClock {
    /// Unix nanoseconds as this venue sees them.
    pub(crate) fn now_ns(&self) -> i64 {
        let now = i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos()).unwrap_or(i64::MAX);
        now.saturating_add(self.skew_ms.load(Ordering::Relaxed).saturating_mul(1_000_000))
    }

    /// Sets how far the clock is ahead (or, below zero, behind).
    pub(crate) fn set_skew_ms(&self, ms: i64) {
        self.skew_ms.store(ms, Ordering::Relaxed);
    }
}

/// A time as RFC 3339 with microseconds.
pub(crate) fn rfc3339(ns: i64) -> String {
    let micros = i128::from(ns.div_euclid(1_000)) * 1_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(micros).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let format = time::macros::format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z"
    );
    time.format(&format).unwrap_or_default()
}

/// Unix nanoseconds of an RFC 3339 time.
pub(crate) fn parse_rfc3339(text: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos()).ok()
}
