//! Entries that the journal has already, taken up again.

use nija_core::{JournalRecord, LedgerError, Timestamp, UserId};
use uuid::Uuid;

use super::{Projector, Staged, lookups::Lookups};
use crate::{fault::Outcome, numbers::from_column, sql::Row};

/// An entry as the journal has it: `seq, user, at, body`.
pub(crate) fn record(row: &dyn Row) -> Outcome<JournalRecord> {
    Ok(JournalRecord {
        seq: from_column(row.get(0)?),
        user: UserId::from_uuid(Uuid::from_bytes(row.get(1)?)),
        at: Timestamp::from_micros(row.get(2)?),
        event: row.body(3)?,
    })
}

/// Takes up one entry.
pub(crate) fn replay(tables: &dyn Lookups, staged: &mut Staged, record: &JournalRecord) -> Outcome<()> {
    let mut projector = Projector::new(tables, staged, record.user);
    if !projector.is_new(&record.event)? {
        return Err(LedgerError::Invalid("it counts an execution a second time".into()).into());
    }
    projector.apply(record.seq, record.at, &record.event)?;
    let changes = projector.finish();
    staged.take(changes);
    Ok(())
}
