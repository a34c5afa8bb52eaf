//! Limits of requests in two seconds: by address, by user, or by user and instrument. That the windows begin at even seconds
//! is not documented.

use super::error::{OkxError, Result};
use crate::engine::AccountId;
use axum::http::StatusCode;
use parking_lot::Mutex;
use std::collections::HashMap;

const WINDOW_NS: i64 = 2_000_000_000;
const SECOND_NS: i64 = 1_000_000_000;
/// Connections in a second (WebSocket overview).
const CONNECTIONS: u64 = 3;

/// Who is counted: nobody in particular (all clients of a simulator share an address), or a user, or a user at an instrument.
pub(super) type Payer = Option<(AccountId, Option<usize>)>;

/// Counters of one venue.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    window: i64,
    counts: HashMap<(&'static str, Payer), u64>,
    second: i64,
    connections: u64,
}

impl Limits {
    /// Counts `cost` requests of a call that may have `most` in a window.
    pub(super) fn take(
        &self,
        call: &'static str,
        payer: Payer,
        cost: u64,
        most: u64,
        now_ns: i64,
    ) -> Result<()> {
        let mut state = self.0.lock();
        let window = now_ns.div_euclid(WINDOW_NS);
        if window != state.window {
            state.window = window;
            state.counts.clear();
        }
        let count = state.counts.entry((call, payer)).or_default();
        // What is refused does not count.
        if *count + cost > most {
            return Err(OkxError::rate(StatusCode::TOO_MANY_REQUESTS));
        }
        *count += cost;
        Ok(())
    }

    /// Whether another connection may be opened in this second.
    pub(super) fn connect(&self, now_ns: i64) -> bool {
        let mut state = self.0.lock();
        let second = now_ns.div_euclid(SECOND_NS);
        if second != state.second {
            (state.second, state.connections) = (second, 0);
        }
        state.connections += 1;
        state.connections <= CONNECTIONS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_payer_has_windows_of_two_seconds() {
        let limits = Limits::default();
        let mine = Some((1, Some(0)));
        assert!((0..60).all(|_| limits.take("place", mine, 1, 60, 5).is_ok()));
        let error = limits.take("place", mine, 1, 60, WINDOW_NS - 1).unwrap_err();
        assert_eq!((error.status.as_u16(), error.code), (429, 50011));
        assert!(limits.take("place", Some((1, Some(1))), 1, 60, 5).is_ok(), "another instrument");
        assert!(limits.take("place", Some((2, Some(0))), 1, 60, 5).is_ok(), "another user");
        assert!(limits.take("cancel", mine, 1, 60, 5).is_ok(), "another call");
        assert!(limits.take("place", mine, 61, 60, WINDOW_NS).is_err(), "too many at once");
        assert!(limits.take("place", mine, 60, 60, WINDOW_NS).is_ok(), "a new window");
    }

    #[test]
    fn connections_are_counted_by_the_second() {
        let limits = Limits::default();
        let opened = (0..5).filter(|_| limits.connect(7)).count();
        assert_eq!(opened, 3);
        assert!(limits.connect(SECOND_NS));
    }
}
