//! Rate limits as venues tell them in the headers of their answers.

use nija_core::{LimitScope, LimitUsage, UserId};
use parking_lot::Mutex;
use reqwest::header::HeaderMap;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// A header that tells a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitHeader {
    /// What the limit counts by.
    pub scope: LimitScope,
    /// Its name for people, with its window: `weight in 1 min`.
    pub name: &'static str,
    /// Its window: a figure older than that says nothing any more.
    pub window: Duration,
    /// Whether placing an order counts against it.
    pub orders: bool,
    /// Which header counts.
    pub count: LimitCount,
    /// The most that may be used.
    pub limit: LimitBound,
}

/// What a header counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitCount {
    /// What was used.
    Used(&'static str),
    /// What is left, of the bound.
    Remaining(&'static str),
}

/// The most that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitBound {
    /// Another header says it.
    Header(&'static str),
    /// The venue's documentation says it.
    Documented(u64),
}

/// Whose figures: of what is counted by address, everybody's; of the rest, one user's, or the platform's own key's.
type Whose = Option<UserId>;

/// A header's newest figures, used and at most, and when they came.
type Figures = (u64, u64, Instant);

/// The newest figures of each header, kept apart by whose they are. Those of users who are idle are forgotten.
#[derive(Debug, Default)]
pub(super) struct LimitsSeen {
    headers: &'static [LimitHeader],
    newest: Mutex<HashMap<(usize, Whose), Figures>>,
}

impl LimitsSeen {
    pub(super) fn new(headers: &'static [LimitHeader]) -> Self {
        Self { headers, newest: Mutex::default() }
    }

    fn whose(header: &LimitHeader, user: Whose) -> Whose {
        user.filter(|_| header.scope != LimitScope::Ip)
    }

    /// Reads the headers of an answer to this user, or to nobody's request; those that it does not have keep their last figures.
    pub(super) fn note(&self, user: Option<UserId>, answer: &HeaderMap) {
        self.note_at(user, answer, Instant::now());
    }

    fn note_at(&self, user: Option<UserId>, answer: &HeaderMap, now: Instant) {
        if self.headers.is_empty() {
            return;
        }
        let number = |name: &str| answer.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let mut newest = self.newest.lock();
        for (place, header) in self.headers.iter().enumerate() {
            let limit = match header.limit {
                LimitBound::Header(name) => number(name),
                LimitBound::Documented(limit) => Some(limit),
            };
            let Some(limit) = limit else { continue };
            let used = match header.count {
                LimitCount::Used(name) => number(name),
                LimitCount::Remaining(name) => number(name).map(|left| limit.saturating_sub(left)),
            };
            if let Some(used) = used {
                if newest.len() == newest.capacity() {
                    newest.retain(|(place, _), (_, _, at)| self.is_news(*place, *at, now));
                }
                newest.insert((place, Self::whose(header, user)), (used, limit, now));
            }
        }
    }

    fn is_news(&self, place: usize, at: Instant, now: Instant) -> bool {
        self.headers.get(place).is_some_and(|header| now.saturating_duration_since(at) < header.window)
    }

    /// What is counted by address, and this user's own.
    pub(super) fn used(&self, user: Option<UserId>) -> Vec<LimitUsage> {
        self.used_at(user, Instant::now())
    }

    fn used_at(&self, user: Option<UserId>, now: Instant) -> Vec<LimitUsage> {
        if self.headers.is_empty() {
            return Vec::new();
        }
        let newest = self.newest.lock();
        let usage = |(place, header): (usize, &LimitHeader)| {
            let (used, limit, at) = *newest.get(&(place, Self::whose(header, user)))?;
            self.is_news(place, at, now).then(|| LimitUsage {
                scope: header.scope,
                name: header.name.to_owned(),
                used,
                limit: Some(limit),
                orders: header.orders,
            })
        };
        self.headers.iter().enumerate().filter_map(usage).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{SeededEntropy, Timestamp};

    const MINUTE: Duration = Duration::from_secs(60);
    const HEADERS: &[LimitHeader] = &[
        LimitHeader {
            scope: LimitScope::Ip,
            name: "weight in 1 min",
            window: MINUTE,
            orders: true,
            count: LimitCount::Used("x-used"),
            limit: LimitBound::Documented(6000),
        },
        LimitHeader {
            scope: LimitScope::Account,
            name: "requests in 1 min",
            window: MINUTE,
            orders: true,
            count: LimitCount::Remaining("x-left"),
            limit: LimitBound::Header("x-limit"),
        },
    ];

    fn answer(headers: &[(&'static str, &str)]) -> HeaderMap {
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn user(seed: u64) -> UserId {
        UserId::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed))
    }

    fn figures(seen: &LimitsSeen, user: Option<UserId>) -> Vec<(u64, Option<u64>)> {
        seen.used(user).into_iter().map(|it| (it.used, it.limit)).collect()
    }

    #[test]
    fn the_newest_figures_are_kept_and_nonsense_is_not() {
        let (seen, one) = (LimitsSeen::new(HEADERS), Some(user(1)));
        assert!(seen.used(one).is_empty());
        seen.note(one, &answer(&[("x-used", "12"), ("x-left", "150"), ("x-limit", "200")]));
        seen.note(one, &answer(&[("x-used", "many"), ("x-left", "300"), ("x-limit", "200")]));
        assert_eq!(figures(&seen, one), [(12, Some(6000)), (0, Some(200))]);
    }

    #[test]
    fn what_is_counted_by_address_is_everybodys_and_what_is_counted_by_account_its_own_users() {
        let seen = LimitsSeen::new(HEADERS);
        seen.note(Some(user(1)), &answer(&[("x-used", "9"), ("x-left", "1"), ("x-limit", "200")]));
        assert_eq!(figures(&seen, Some(user(1))), [(9, Some(6000)), (199, Some(200))]);
        assert_eq!(figures(&seen, Some(user(2))), [(9, Some(6000))]);
        assert_eq!(figures(&seen, None), [(9, Some(6000))]);
        seen.note(None, &answer(&[("x-left", "190"), ("x-limit", "200")]));
        assert_eq!(figures(&seen, None), [(9, Some(6000)), (10, Some(200))], "the platform's own key");
        assert_eq!(figures(&seen, Some(user(2))), [(9, Some(6000))]);
    }

    #[test]
    fn figures_end_with_their_window_and_who_is_idle_is_forgotten() {
        let (seen, start) = (LimitsSeen::new(HEADERS), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        for second in 0..5_000 {
            let headers = answer(&[("x-left", "150"), ("x-limit", "200")]);
            seen.note_at(Some(user(second)), &headers, at(second));
        }
        assert!(seen.newest.lock().len() < 300, "{}", seen.newest.lock().len());
        let last = Some(user(4_999));
        assert_eq!(seen.used_at(last, at(5_058)).first().map(|it| it.used), Some(50));
        assert!(seen.used_at(last, at(5_059)).is_empty());
    }
}
