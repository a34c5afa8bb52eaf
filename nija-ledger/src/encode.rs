//! Batches as they are stored. Callers encode their own batch, so that the one writer need not.

use nija_core::{JournalBatch, LedgerError};

/// A batch with the JSON body of each of its events.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) batch: JournalBatch,
    pub(crate) bodies: Vec<String>,
}

impl Encoded {
    pub(crate) fn new(batch: JournalBatch) -> Result<Self, LedgerError> {
        let bodies = batch
            .events
            .iter()
            .map(|event| {
                serde_json::to_string(event)
                    .map_err(|error| LedgerError::Invalid(format!("an event has no JSON form: {error}")))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { batch, bodies })
    }
}
