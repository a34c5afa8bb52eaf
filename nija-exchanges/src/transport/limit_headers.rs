//! Rate limits as venues tell them in the headers of their answers.

use nija_core::{LimitScope, LimitUsage};
use parking_lot::Mutex;
use reqwest::header::HeaderMap;

/// A header that tells a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitHeader {
    /// What the limit counts by.
    pub scope: LimitScope,
    /// Its name for people, with its window: `weight in 1 min`.
    pub name: &'static str,
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

/// The newest figures of each header.
#[derive(Debug, Default)]
pub(super) struct LimitsSeen {
    headers: &'static [LimitHeader],
    newest: Mutex<Vec<Option<(u64, u64)>>>,
}

impl LimitsSeen {
    pub(super) fn new(headers: &'static [LimitHeader]) -> Self {
        Self { headers, newest: Mutex::new(vec![None; headers.len()]) }
    }

    /// Reads an answer's headers; those that it does not have keep their last figures.
    pub(super) fn note(&self, answer: &HeaderMap) {
        if self.headers.is_empty() {
            return;
        }
        let number = |name: &str| answer.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let mut newest = self.newest.lock();
        for (header, newest) in self.headers.iter().zip(newest.iter_mut()) {
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
                *newest = Some((used, limit));
            }
        }
    }

    pub(super) fn used(&self) -> Vec<LimitUsage> {
        let newest = self.newest.lock();
        let known = self.headers.iter().zip(newest.iter());
        let usage = |(header, newest): (&LimitHeader, &Option<(u64, u64)>)| {
            newest.map(|(used, limit)| LimitUsage {
                scope: header.scope,
                name: header.name.to_owned(),
                used,
                limit: Some(limit),
            })
        };
        known.filter_map(usage).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: &[LimitHeader] = &[
        LimitHeader {
            scope: LimitScope::Ip,
            name: "weight in 1 min",
            count: LimitCount::Used("x-used"),
            limit: LimitBound::Documented(6000),
        },
        LimitHeader {
            scope: LimitScope::Account,
            name: "requests in 1 min",
            count: LimitCount::Remaining("x-left"),
            limit: LimitBound::Header("x-limit"),
        },
    ];

    fn answer(headers: &[(&'static str, &str)]) -> HeaderMap {
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_newest_figures_are_kept_and_nonsense_is_not() {
        let seen = LimitsSeen::new(HEADERS);
        assert!(seen.used().is_empty());
        seen.note(&answer(&[("x-used", "12"), ("x-left", "150"), ("x-limit", "200")]));
        seen.note(&answer(&[("x-used", "many"), ("x-left", "300"), ("x-limit", "200")]));
        let used: Vec<_> = seen.used().into_iter().map(|it| (it.used, it.limit)).collect();
        assert_eq!(used, [(12, Some(6000)), (0, Some(200))]);
    }
}
