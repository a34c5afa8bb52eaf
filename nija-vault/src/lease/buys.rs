//! What each user bought within the last hour, for the user's policy.
//!
//! It is kept by this process alone and counts what was signed, sent or not. A restart forgets it: within the hour after one, up to
//! twice the limit can be signed.

use nija_core::{Timestamp, UserId};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::collections::{HashMap, VecDeque};

const MINUTE: i64 = 60_000_000;
/// Whole minutes: what was bought in one counts until the same minute of the next hour is over.
const KEPT: i64 = 60;

/// Sums by minute.
#[derive(Debug, Default)]
pub(crate) struct Buys(Mutex<HashMap<UserId, VecDeque<(i64, Decimal)>>>);

impl Buys {
    /// Hands `allow` what was bought within the hour and adds what it answers; one order at a time.
    pub(crate) fn spend<E>(
        &self,
        user: UserId,
        now: Timestamp,
        allow: impl FnOnce(Decimal) -> Result<Decimal, E>,
    ) -> Result<(), E> {
        let minute = now.micros().div_euclid(MINUTE);
        let mut all = self.0.lock();
        let mine = all.entry(user).or_default();
        while mine.pop_front_if(|(at, _)| *at < minute - KEPT).is_some() {}
        let spent = mine.iter().fold(Decimal::ZERO, |sum, (_, value)| sum.saturating_add(*value));
        let value = allow(spent)?;
        match mine.back_mut() {
            // A clock that was set back adds to what is there: nothing is forgotten early.
            Some((at, sum)) if *at >= minute => *sum = sum.saturating_add(value),
            _ => mine.push_back((minute, value)),
        }
        Ok(())
    }

    /// Forgets users who bought nothing for an hour.
    pub(crate) fn sweep(&self, now: Timestamp) {
        let minute = now.micros().div_euclid(MINUTE);
        self.0.lock().retain(|_, mine| mine.back().is_some_and(|(at, _)| *at >= minute - KEPT));
    }
}
