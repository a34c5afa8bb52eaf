//! Nonces: one counter for each venue key, whoever signs with it.
//!
//! A venue counts nonces by its API key, so the counter is named by a digest of that key and not by our credential's id:
//! a check before storing, the stored credential and a later version with the same key all go on where the other stopped.
//! The digest tells nothing that the (public) key id would not, and a venue's key ids are too long to guess.
//!
//! The unit is nanoseconds since 1970 UTC: above what clients that count in milliseconds or microseconds used before, within
//! a signed 64-bit number until 2262, with room for 1,000 nonces in a microsecond. The time is only a floor. What never goes
//! back is the mark that the [`NonceSource`] keeps, also when the clock does.

use nija_core::{Clock, CredentialId, CredentialSecret, LedgerError, NonceSource, VenueId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use uuid::Uuid;

use crate::crypto::digest;

/// Nonces reserved at once: one durable write for this many signatures.
const BLOCK: u64 = 256;

/// The counter's name for a venue's key.
pub(crate) fn nonce_key(venue: &VenueId, secret: &CredentialSecret) -> CredentialId {
    let key = secret.expose_key("to name the nonce counter of this venue key");
    let hash = digest("nija nonce key", &[venue.as_str().as_bytes(), key.as_bytes()]);
    let mut id = [0u8; 16];
    id.copy_from_slice(&hash[..16]);
    CredentialId::from_uuid(uuid::Builder::from_custom_bytes(id).into_uuid())
}

/// A counter: what is left of the block that was reserved last.
#[derive(Debug)]
pub(crate) struct NonceLease {
    key: CredentialId,
    /// Next to give, and the end of the block (exclusive). Held while a block is reserved: the others wait for that block.
    block: tokio::sync::Mutex<(u64, u64)>,
}

impl NonceLease {
    /// Greater than every nonce that was given for this key before.
    pub(crate) async fn next(&self, source: &dyn NonceSource, clock: &dyn Clock) -> Result<u64, LedgerError> {
        let mut block = self.block.lock().await;
        if block.0 == block.1 {
            let floor = u64::try_from(clock.now().micros()).unwrap_or(0).saturating_mul(1000);
            let first = source.reserve(self.key, floor.max(block.1), BLOCK).await?;
            let end = first.checked_add(BLOCK).filter(|_| first >= block.1);
            let end = end.ok_or_else(|| LedgerError::Storage("a nonce was given out twice".into()))?;
            *block = (first, end);
        }
        let nonce = block.0;
        block.0 += 1;
        Ok(nonce)
    }
}

/// The counters in use.
#[derive(Debug, Default)]
pub(crate) struct NonceLeases(Mutex<HashMap<Uuid, Weak<NonceLease>>>);

impl NonceLeases {
    /// The one counter of a key.
    pub(crate) fn get(&self, key: CredentialId) -> Arc<NonceLease> {
        let mut leases = self.0.lock();
        if let Some(lease) = leases.get(&key.as_uuid()).and_then(Weak::upgrade) {
            return lease;
        }
        let lease = Arc::new(NonceLease { key, block: tokio::sync::Mutex::new((0, 0)) });
        leases.insert(key.as_uuid(), Arc::downgrade(&lease));
        lease
    }

    /// Forgets those that nobody holds; what is left of their blocks is never used.
    pub(crate) fn sweep(&self) {
        self.0.lock().retain(|_, lease| lease.strong_count() > 0);
    }
}
