//! Kraken's call counter, which no answer tells: counted here as its documentation describes it.
//!
//! docs.kraken.com, "Spot REST Rate Limits": each key has a counter; a call adds one, history calls add two, orders and cancels count
//! elsewhere (with the matching engine, by pair); it falls by a third, a half or one a second, depending on the account's tier.

use nija_core::{LimitScope, LimitUsage, Timestamp, UserId};
use parking_lot::Mutex;
use std::collections::HashMap;

/// The account's tier, which sets its limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KrakenTier {
    /// 15, less 0.33 a second.
    #[default]
    Starter,
    /// 20, less 0.5 a second.
    Intermediate,
    /// 20, less 1 a second.
    Pro,
}

impl KrakenTier {
    const fn most(self) -> u64 {
        match self {
            Self::Starter => 15,
            Self::Intermediate | Self::Pro => 20,
        }
    }

    /// Hundredths a second.
    const fn decay(self) -> u64 {
        match self {
            Self::Starter => 33,
            Self::Intermediate => 50,
            Self::Pro => 100,
        }
    }
}

/// One key's counter, in hundredths, as it stood at a moment.
#[derive(Debug, Clone, Copy)]
struct Counter {
    value: u64,
    at: Timestamp,
}

impl Counter {
    fn now(self, tier: KrakenTier, now: Timestamp) -> u64 {
        let millis = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        self.value.saturating_sub(millis.saturating_mul(tier.decay()) / 1000)
    }
}

/// The counters of all users whose keys were used lately. A user has one key at a time here; one that was put in its place is counted on
/// with it, which is never too little.
#[derive(Debug)]
pub(super) struct CallCounters {
    tier: KrakenTier,
    keys: Mutex<HashMap<UserId, Counter>>,
}

impl CallCounters {
    pub(super) fn new(tier: KrakenTier) -> Self {
        Self { tier, keys: Mutex::default() }
    }

    /// Counts a call.
    pub(super) fn count(&self, user: UserId, path: &str, now: Timestamp) {
        let cost = match path.rsplit('/').next() {
            Some("AddOrder" | "CancelOrder" | "CancelAll") => return,
            Some("TradesHistory" | "ClosedOrders" | "Ledgers") => 200,
            _ => 100,
        };
        let mut keys = self.keys.lock();
        if keys.len() == keys.capacity() {
            keys.retain(|_, counter| counter.now(self.tier, now) > 0);
        }
        let counter = keys.entry(user).or_insert(Counter { value: 0, at: now });
        *counter = Counter { value: counter.now(self.tier, now).saturating_add(cost), at: now };
    }

    /// This user's counter; nothing before the first call, or long after the last. Orders count elsewhere.
    pub(super) fn used(&self, user: UserId, now: Timestamp) -> Option<LimitUsage> {
        let counter = self.keys.lock().get(&user)?.now(self.tier, now);
        Some(LimitUsage {
            scope: LimitScope::Key,
            name: "call counter, counted here".to_owned(),
            used: counter.div_ceil(100),
            limit: Some(self.tier.most()),
            orders: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn calls_fill_a_counter_and_time_empties_it() {
        let (counters, start) = (CallCounters::new(KrakenTier::Starter), Timestamp::from_micros(1_000_000));
        let key = |number: u64| UserId::from_uuid(uuid::Uuid::from_u128(number.into()));
        let used = |after| counters.used(key(1), start.plus(Duration::from_secs(after))).map(|it| it.used);
        assert_eq!(used(0), None);
        for path in ["/0/private/BalanceEx", "/0/private/TradesHistory", "/0/private/AddOrder"] {
            counters.count(key(1), path, start);
        }
        for _ in 0..14 {
            counters.count(key(2), "/0/private/BalanceEx", start);
        }
        assert_eq!((used(0), used(3), used(6), used(60)), (Some(3), Some(3), Some(2), Some(0)));
        for number in 3..10_000 {
            counters.count(key(number), "/0/private/BalanceEx", start.plus(Duration::from_secs(number * 10)));
        }
        assert!(counters.keys.lock().len() < 100, "keys that rest are forgotten");
    }
}
