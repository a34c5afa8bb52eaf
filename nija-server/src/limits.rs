//! How many requests a minute: each user by tier, each address before anyone has signed in.

use axum::http::{HeaderMap, HeaderValue};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};
use nija_core::{Tier, UserId};
use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
};

use crate::{
    config::LimitsConfig,
    problem::{Problem, kinds},
};

/// The windows of all users and addresses.
pub(crate) struct Limits {
    basic: Window<UserId>,
    pro: Window<UserId>,
    enterprise: Window<UserId>,
    addresses: Window<IpAddr>,
}

/// What is left of a window after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    limit: u32,
    remaining: u32,
    /// Seconds until the window is whole again.
    reset: u64,
}

impl Limits {
    pub(crate) fn new(config: &LimitsConfig) -> Self {
        Self {
            basic: Window::new(config.basic_per_minute),
            pro: Window::new(config.pro_per_minute),
            enterprise: Window::new(config.enterprise_per_minute),
            addresses: Window::new(config.auth_per_minute),
        }
    }

    /// Counts a request of a user.
    pub(crate) fn user(&self, user: UserId, tier: Tier) -> Result<Left, Problem> {
        let window = match tier {
            Tier::Basic => &self.basic,
            Tier::Pro => &self.pro,
            Tier::Enterprise => &self.enterprise,
        };
        window.count(&user)
    }

    /// Counts a request of somebody who has not signed in.
    pub(crate) fn address(&self, address: IpAddr) -> Result<Left, Problem> {
        self.addresses.count(&network(address))
    }

    /// Forgets windows that are whole again; call now and then.
    pub(crate) fn tidy(&self) {
        for window in [&self.basic, &self.pro, &self.enterprise] {
            window.limiter.retain_recent();
        }
        self.addresses.limiter.retain_recent();
    }
}

impl Left {
    /// Writes `RateLimit-Limit`, `-Remaining` and `-Reset`.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        headers.insert("ratelimit-limit", HeaderValue::from(self.limit));
        headers.insert("ratelimit-remaining", HeaderValue::from(self.remaining));
        headers.insert("ratelimit-reset", HeaderValue::from(self.reset));
    }
}

struct Window<K: Hash + Eq + Clone> {
    limit: u32,
    limiter: RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>,
}

impl<K: Hash + Eq + Clone> Window<K> {
    fn new(per_minute: u32) -> Self {
        let limit = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let limiter = RateLimiter::dashmap(Quota::per_minute(limit)).with_middleware();
        Self { limit: limit.get(), limiter }
    }

    fn count(&self, key: &K) -> Result<Left, Problem> {
        match self.limiter.check_key(key) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = u64::from(self.limit.saturating_sub(remaining));
                Ok(Left { limit: self.limit, remaining, reset: (used * 60).div_ceil(u64::from(self.limit)) })
            }
            Err(until) => {
                let seconds = until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
                let limit = self.limit;
                Err(Problem::new(
                    kinds::RATE_LIMITED,
                    format!("{limit} requests a minute are the limit; wait {seconds} s"),
                )
                .retry_after(seconds))
            }
        }
    }
}

/// IPv6 users own a whole /64, so that is what counts.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{SeededEntropy, Timestamp};

    #[test]
    fn each_user_has_a_window_of_the_tier_and_is_told_what_is_left() {
        let limits =
            Limits::new(&LimitsConfig { basic_per_minute: 2, pro_per_minute: 3, ..LimitsConfig::default() });
        let user = |seed| UserId::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed));
        let left = limits.user(user(1), Tier::Basic).unwrap();
        assert_eq!((left.limit, left.remaining), (2, 1));
        assert!(limits.user(user(1), Tier::Basic).is_ok());
        assert_eq!(limits.user(user(1), Tier::Basic).unwrap_err().code(), "rate_limited");
        assert!(limits.user(user(2), Tier::Basic).is_ok(), "another user is not held up");
        assert_eq!(limits.user(user(1), Tier::Pro).unwrap().remaining, 2);
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let ip = |text: &str| network(text.parse().unwrap());
        assert_eq!(ip("2001:db8:0:1::1"), ip("2001:db8:0:1:ffff::9"));
        assert_ne!(ip("2001:db8:0:1::1"), ip("2001:db8:0:2::1"));
        assert_eq!(ip("::ffff:10.0.0.1"), ip("10.0.0.1"));
    }
}
