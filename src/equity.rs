//! The equity curve: measured from time to time, kept beside the journal.

use nija_core::EquityKeep;

use crate::{Platform, PlatformError};

/// Samples written together: an order that is journaled meanwhile waits for no more than these.
const AT_A_TIME: usize = 128;

impl Platform {
    /// Measures what every account is worth at the last quotes, and keeps it. A host calls this at its own interval; answers how many
    /// accounts were measured.
    ///
    /// # Errors
    /// [`PlatformError`] when the ledger could not keep them.
    pub async fn sample_equity(&self, keep: EquityKeep) -> Result<usize, PlatformError> {
        let samples = self.engine().equity_samples().await;
        let ledger = self.ledger();
        for some in samples.chunks(AT_A_TIME) {
            ledger.keep_equity(some.to_vec(), keep).await?;
        }
        Ok(samples.len())
    }
}
