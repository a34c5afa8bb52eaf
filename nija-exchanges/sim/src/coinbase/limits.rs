//! Coinbase's rate limits: 10 public requests a second by address, 30 private ones by user ("REST rate limits").

use crate::engine::AccountId;
use parking_lot::Mutex;
use std::collections::HashMap;

/// Requests a second.
const PUBLIC: f64 = 10.0;
const PRIVATE: f64 = 30.0;

/// Who a request counts for. All of loopback is one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Payer {
    Address,
    User(AccountId),
}

/// Buckets that fill up again at their rate.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<HashMap<Payer, (f64, i64)>>);

/// What a bucket says after a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) allowed: bool,
    limit: f64,
    left: f64,
}

impl Limits {
    /// Counts a request.
    pub(super) fn take(&self, payer: Payer, unlimited: bool, now_ns: i64) -> Standing {
        let limit = if payer == Payer::Address { PUBLIC } else { PRIVATE };
        if unlimited {
            return Standing { allowed: true, limit, left: limit };
        }
        let mut buckets = self.0.lock();
        let (left, at_ns) = buckets.entry(payer).or_insert((limit, now_ns));
        let seconds = (now_ns - *at_ns).max(0) as f64 / 1e9;
        *left = (*left + seconds * limit).min(limit);
        *at_ns = now_ns;
        let allowed = *left >= 1.0;
        if allowed {
            *left -= 1.0;
        }
        Standing { allowed, limit, left: *left }
    }
}

impl Standing {
    /// `x-ratelimit-*`. That the reset counts seconds from now is not documented.
    pub(super) fn headers(&self) -> [(&'static str, String); 3] {
        let reset = if self.left < 1.0 { 1 } else { 0 };
        [
            ("x-ratelimit-limit", format!("{:.0}", self.limit)),
            ("x-ratelimit-remaining", format!("{:.0}", self.left.floor())),
            ("x-ratelimit-reset", reset.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_payer_has_a_bucket_that_fills_up_again() {
        let limits = Limits::default();
        assert!((0..30).all(|_| limits.take(Payer::User(1), false, 0).allowed));
        assert!(!limits.take(Payer::User(1), false, 0).allowed);
        assert!(
            limits.take(Payer::User(2), false, 0).allowed && limits.take(Payer::Address, false, 0).allowed
        );
        assert!(limits.take(Payer::User(1), false, 100_000_000).allowed);
        assert!((0..100).all(|_| limits.take(Payer::Address, true, 0).allowed));
    }
}
