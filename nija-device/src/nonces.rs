//! Nonces of the venues that want them: never one twice, whatever the phone's clock does.

use nija_core::{Clock, CredentialId, LedgerError};
use parking_lot::Mutex;
use std::sync::Arc;

use crate::store::Store;

/// Nonces reserved at once: one write for this many signatures.
const BLOCK: u64 = 64;

/// The counter of one key. The unit is nanoseconds since 1970 UTC, as the vault's: above what other clients counted before.
pub(crate) struct Nonces {
    store: Arc<dyn Store>,
    name: String,
    /// Next to give, and the end of the block that was reserved.
    block: Mutex<(u64, u64)>,
}

impl Nonces {
    pub(crate) fn new(store: Arc<dyn Store>, name: String) -> Self {
        Self { store, name, block: Mutex::new((0, 0)) }
    }

    /// Greater than every nonce given before. The mark is kept before a nonce of its block is given.
    pub(crate) fn next(&self, key: CredentialId, clock: &dyn Clock) -> Result<u64, LedgerError> {
        let mut block = self.block.lock();
        if block.0 == block.1 {
            let unusable = |what: &str| LedgerError::Storage(format!("the nonces of key {key}: {what}"));
            let kept = self.store.get(&self.name).map_err(|error| unusable(&error.to_string()))?;
            // A mark that cannot be read is no licence to begin anew.
            let mark = kept.map_or(Ok(0), |text| text.parse::<u64>());
            let mark = mark.map_err(|_| unusable("the mark is damaged"))?;
            let now = u64::try_from(clock.now().micros()).unwrap_or(0).saturating_mul(1000);
            let first = now.max(mark).max(block.1);
            let end = first.checked_add(BLOCK).ok_or_else(|| unusable("they are used up"))?;
            self.store.set(&self.name, &end.to_string()).map_err(|error| unusable(&error.to_string()))?;
            *block = (first, end);
        }
        let nonce = block.0;
        block.0 += 1;
        Ok(nonce)
    }
}
