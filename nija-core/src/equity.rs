//! Samples of what an account is worth: the equity curve.

use rust_decimal::Decimal;
use std::time::Duration;

use crate::{Timestamp, UserId};

/// An account at one moment, in the currency that accounts are measured in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EquitySample {
    /// Whose.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
    /// Cash and positions at the last quotes; missing while no venue told a balance or a position never had a price.
    pub equity: Option<Decimal>,
    /// Won by closing since the first fill, less all fees.
    pub realised: Decimal,
    /// What closing the open positions at the last quotes would win, fees not counted.
    pub unrealised: Decimal,
    /// Open positions that never had a price: they count as having won nothing.
    pub unpriced: u32,
}

impl EquitySample {
    /// All that was won or lost so far: unlike the equity, it does not move when money is paid in or out.
    #[must_use]
    pub fn pnl(&self) -> Decimal {
        self.realised.saturating_add(self.unrealised)
    }
}

/// How long samples are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EquityKeep {
    /// Every sample for so long.
    pub all: Duration,
    /// The last sample of each UTC day for so many days.
    pub days: u32,
}

impl EquityKeep {
    /// The oldest moment of which every sample is kept, as of a sample.
    #[must_use]
    pub fn all_from(&self, at: Timestamp) -> Timestamp {
        at.minus(self.all)
    }

    /// The first day of which a sample is kept, as of a sample.
    #[must_use]
    pub fn days_from(&self, at: Timestamp) -> Timestamp {
        at.day_start().minus(Duration::from_secs(86_400) * self.days)
    }
}

/// At most `most` of these samples, which are oldest first: time is cut into so many equal parts, and the last sample of each is kept.
#[must_use]
pub fn thin_samples(samples: Vec<EquitySample>, most: usize) -> Vec<EquitySample> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return samples };
    if samples.len() <= most {
        return samples;
    }
    let Some(parts) = i64::try_from(most).ok().filter(|parts| *parts > 0) else { return Vec::new() };
    let (start, span) = (first.at.micros(), last.at.micros().saturating_sub(first.at.micros()));
    let width = span / parts + 1;
    let part = |sample: &EquitySample| sample.at.micros().saturating_sub(start) / width;
    let mut kept: Vec<EquitySample> = Vec::with_capacity(most);
    for sample in samples {
        match kept.last_mut() {
            Some(known) if part(known) == part(&sample) => *known = sample,
            _ => kept.push(sample),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededEntropy;
    use proptest::prelude::*;

    fn samples(at: impl IntoIterator<Item = i64>) -> Vec<EquitySample> {
        let user = UserId::generate(Timestamp::from_micros(0), &SeededEntropy::new(1));
        let sample = |micros| EquitySample {
            user,
            at: Timestamp::from_micros(micros),
            equity: None,
            realised: Decimal::from(micros),
            unrealised: Decimal::ONE,
            unpriced: 0,
        };
        at.into_iter().map(sample).collect()
    }

    #[test]
    fn a_gap_stays_a_gap() {
        let told: Vec<_> =
            thin_samples(samples([0, 1, 2, 3, 90, 99]), 10).iter().map(|s| s.at.micros()).collect();
        assert_eq!(told, [0, 1, 2, 3, 90, 99], "few enough are left alone");
        let told: Vec<_> =
            thin_samples(samples([0, 1, 2, 3, 90, 99]), 4).iter().map(|s| s.at.micros()).collect();
        assert_eq!(told, [3, 99]);
    }

    proptest! {
        #[test]
        fn never_more_than_asked_for_and_always_the_newest(
            at in prop::collection::btree_set(0i64..10_000, 1..200),
            most in 0usize..50,
        ) {
            let all = samples(at);
            let kept = thin_samples(all.clone(), most);
            prop_assert!(kept.len() <= most);
            prop_assert!(kept.windows(2).all(|pair| pair[0].at < pair[1].at));
            prop_assert!(kept.iter().all(|sample| all.contains(sample)));
            if most > 0 {
                prop_assert_eq!(kept.last(), all.last());
            }
        }
    }
}
