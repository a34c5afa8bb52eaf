//! A batch that follows from what is there.

use nija_core::{Appended, JournalEvent, JournalRecord};

use super::{Changes, Projector, Staged, known::Known, lookups::Lookups};
use crate::{encode::Encoded, fault::Outcome};

/// Its entries, each with its body, and what follows from them.
pub(crate) struct Sound {
    pub(crate) records: Vec<(JournalRecord, String)>,
    changes: Changes,
}

impl Sound {
    /// Draws the consequences of a batch after entry `last_seq`; one that does not follow leaves no trace. `tables` is where they stand as yet.
    pub(crate) fn draw(
        tables: &dyn Lookups,
        staged: &Staged,
        last_seq: u64,
        encoded: Encoded,
    ) -> Outcome<Self> {
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
        Ok(Self { records, changes: projector.finish() })
    }

    /// Takes it up in memory; `last_seq` moves on.
    pub(crate) fn take_up(self, (staged, known): (&mut Staged, &mut Known), last_seq: &mut u64) -> Appended {
        let Self { records, mut changes } = self;
        // Should it come to nothing after all, a key too many does no harm.
        changes.note_keys(known);
        let positions = std::mem::take(&mut changes.changed);
        staged.take(changes);
        if let Some((newest, _)) = records.last() {
            *last_seq = newest.seq;
        }
        Appended { records: records.into_iter().map(|(record, _)| record).collect(), positions }
    }
}
