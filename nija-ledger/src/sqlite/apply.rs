//! One batch: its entries in the journal and what follows from them.

use nija_core::{Appended, JournalEvent, JournalRecord};
use rusqlite::{Connection, params};

use super::{fault::Outcome, numbers::to_column};
use crate::{
    encode::Encoded,
    projection::{
        Changes, Projector, Staged,
        known::{Known, Screened},
    },
};

// See migration 10 for the `OR FAIL`.
const INSERT: &str =
    "INSERT OR FAIL INTO journal (seq, user, at, type, order_id, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// A batch that follows from what is there.
pub(super) struct Sound {
    records: Vec<(JournalRecord, String)>,
    changes: Changes,
}

/// Draws the consequences of a batch after entry `last_seq`; nothing is written. `tables` is where they stand as yet.
pub(super) fn check(
    tables: &Screened<'_, Connection>,
    staged: &Staged,
    last_seq: u64,
    encoded: Encoded,
) -> Outcome<Sound> {
    let Encoded { batch, bodies } = encoded;
    let mut projector = Projector::new(tables, staged, batch.user);
    let mut records = Vec::with_capacity(batch.events.len());
    let mut seq = last_seq;
    for (event, body) in batch.events.into_iter().zip(bodies) {
        let event: JournalEvent = event;
        if !projector.is_new(&event)? {
            continue;
        }
        seq += 1;
        projector.apply(seq, batch.at, &event)?;
        records.push((JournalRecord { seq, user: batch.user, at: batch.at, event }, body));
    }
    Ok(Sound { records, changes: projector.finish() })
}

impl Sound {
    /// Writes the entries and hands the consequences over; `last_seq` moves on.
    pub(super) fn write(
        self,
        connection: &Connection,
        (staged, known): (&mut Staged, &mut Known),
        last_seq: &mut u64,
    ) -> Outcome<Appended> {
        let Self { records, mut changes } = self;
        // Should it come to nothing after all, a key too many does no harm.
        changes.note_keys(known);
        let mut insert = connection.prepare_cached(INSERT)?;
        for (record, body) in &records {
            insert.execute(params![
                to_column(record.seq),
                record.user.as_uuid().as_bytes(),
                record.at.micros(),
                record.event.kind(),
                record.event.order().map(|order| *order.as_uuid().as_bytes()),
                body,
            ])?;
            *last_seq = record.seq;
        }
        let positions = std::mem::take(&mut changes.changed);
        staged.take(changes);
        Ok(Appended { records: records.into_iter().map(|(record, _)| record).collect(), positions })
    }
}
