//! What was bought within the last hour, for the user's policy. It outlives the app: ending it gives nobody a fresh hour.

use nija_core::{Clock, PolicyRefusal, SignError, Timestamp, VaultError};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::sync::Arc;

use crate::store::Store;

const MINUTE: i64 = 60_000_000;
/// Whole minutes: what was bought in one counts until the same minute of the next hour is over.
const KEPT: i64 = 60;

/// Sums by minute, of all venues together.
pub(crate) struct Spent {
    store: Arc<dyn Store>,
    name: String,
    turn: Mutex<()>,
}

impl Spent {
    pub(crate) fn new(store: Arc<dyn Store>, name: String) -> Self {
        Self { store, name, turn: Mutex::new(()) }
    }

    /// Hands `allow` what was bought within the hour and keeps what it answers, before anything is signed.
    pub(crate) fn spend(
        &self,
        clock: &dyn Clock,
        allow: impl FnOnce(Decimal) -> Result<Decimal, PolicyRefusal>,
    ) -> Result<(), SignError> {
        let _turn = self.turn.lock();
        let failed = |what: &str| SignError::Vault(VaultError::Storage(what.to_owned()));
        let kept = self.store.get(&self.name).map_err(|error| failed(&error.to_string()))?;
        let mut minutes: Vec<(i64, Decimal)> = match kept {
            Some(text) => {
                serde_json::from_str(&text).map_err(|_| failed("the sum of this hour is damaged"))?
            }
            None => Vec::new(),
        };
        let now = minute(clock.now());
        // A clock that was set back keeps what is there, and adds to it.
        minutes.retain(|(at, _)| *at >= now - KEPT);
        let spent = minutes.iter().fold(Decimal::ZERO, |sum, (_, value)| sum.saturating_add(*value));
        let value = allow(spent)?;
        match minutes.last_mut() {
            Some((at, sum)) if *at >= now => *sum = sum.saturating_add(value),
            _ => minutes.push((now, value)),
        }
        let text =
            serde_json::to_string(&minutes).map_err(|_| failed("the sum of this hour cannot be written"))?;
        self.store.set(&self.name, &text).map_err(|error| failed(&error.to_string()))
    }
}

fn minute(at: Timestamp) -> i64 {
    at.micros().div_euclid(MINUTE)
}
