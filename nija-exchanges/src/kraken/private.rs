//! Calls under a user's key: signed and sent one after another for each key, since nonces must arrive in order.

use nija_core::{
    Clock, CredentialId, LimitUsage, Method, RequestBody, RequestPurpose, UnsignedRequest, UserId,
    VenueAccount, VenueError, VenueId,
};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use super::{KrakenTier, counter::CallCounters};
use crate::transport::HttpClient;

/// Form fields in the order they are sent.
pub(super) type Form = Vec<(&'static str, String)>;

/// Private calls of one venue.
#[derive(Debug)]
pub(super) struct Private {
    venue: VenueId,
    http: HttpClient,
    turns: Turns,
    clock: Arc<dyn Clock>,
    counters: CallCounters,
}

impl Private {
    pub(super) fn new(venue: VenueId, http: HttpClient, clock: Arc<dyn Clock>, tier: KrakenTier) -> Self {
        Self { venue, http, turns: Turns::default(), clock, counters: CallCounters::new(tier) }
    }

    /// Calls `/0/private/<call>` and returns the answer's text.
    pub(super) async fn call(
        &self,
        account: &VenueAccount,
        path: &'static str,
        form: Form,
        purpose: RequestPurpose,
    ) -> Result<String, VenueError> {
        let request = UnsignedRequest {
            venue: self.venue.clone(),
            method: Method::Post,
            path: path.to_owned(),
            query: Vec::new(),
            body: RequestBody::Form(form.into_iter().map(|(name, value)| (name.into(), value)).collect()),
            purpose,
        };
        let turn = self.turns.of(account.signer.credential());
        // Held until the answer is there: a request that overtook this one would make its nonce stale.
        let _mine = turn.lock().await;
        let signed = account.signer.sign(request).await?;
        self.counters.count(account.user, path, self.clock.now());
        Ok(self.http.send(Some(account.user), &signed).await?.body)
    }

    /// How far the counter of this user's key is.
    pub(super) fn limits_used(&self, user: Option<UserId>) -> Vec<LimitUsage> {
        user.and_then(|user| self.counters.used(user, self.clock.now())).into_iter().collect()
    }
}

/// One lock for each key in use. Those that nobody holds are dropped as the map grows.
#[derive(Debug, Default)]
struct Turns(Mutex<HashMap<CredentialId, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    fn of(&self, key: CredentialId) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock();
        if let Some(turn) = turns.get(&key).and_then(Weak::upgrade) {
            return turn;
        }
        if turns.len() == turns.capacity() {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        turns.insert(key, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u128) -> CredentialId {
        CredentialId::from_uuid(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_key_has_one_turn_while_somebody_holds_it_and_idle_keys_are_forgotten() {
        let turns = Turns::default();
        let held = turns.of(key(0));
        assert!(Arc::ptr_eq(&held, &turns.of(key(0))));
        for number in 1..100_000 {
            drop(turns.of(key(number)));
        }
        assert!(turns.0.lock().len() < 100);
        assert!(Arc::ptr_eq(&held, &turns.of(key(0))));
    }
}
