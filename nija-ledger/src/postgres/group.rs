//! Batches that are committed together: checked one after the other, and written by one statement.

use nija_core::{Appended, JournalEvent, JournalRecord};

use super::{connect::Connection, question::Id};
use crate::{
    encode::Encoded,
    fault::Outcome,
    numbers::to_column,
    projection::{Projector, Staged, known::Known, lookups::Lookups},
};

/// One statement is one transaction, and one trip over the network.
const APPEND: &str = r#"INSERT INTO journal (seq, epoch, "user", at, type, order_id, body)
    SELECT seq, $1, u, at, kind, id, body
    FROM unnest($2::int8[], $3::bytea[], $4::int8[], $5::text[], $6::bytea[], $7::text[]) AS e (seq, u, at, kind, id, body)"#;

/// Entries of the journal, column by column.
#[derive(Default)]
pub(super) struct Group {
    seqs: Vec<i64>,
    users: Vec<Id>,
    times: Vec<i64>,
    kinds: Vec<&'static str>,
    orders: Vec<Option<Id>>,
    bodies: Vec<String>,
}

impl Group {
    pub(super) const fn is_empty(&self) -> bool {
        self.seqs.is_empty()
    }

    /// Draws the consequences of a batch after entry `last_seq`, which moves on; one that does not follow from what is there leaves no trace.
    pub(super) fn take(
        &mut self,
        tables: &dyn Lookups,
        (staged, known): (&mut Staged, &mut Known),
        last_seq: &mut u64,
        encoded: Encoded,
    ) -> Outcome<Appended> {
        let Encoded { batch, bodies } = encoded;
        let mut projector = Projector::new(tables, staged, batch.user);
        let mut records = Vec::with_capacity(batch.events.len());
        let mut kept = Vec::with_capacity(batch.events.len());
        let mut seq = *last_seq;
        for (event, body) in batch.events.into_iter().zip(bodies) {
            let event: JournalEvent = event;
            if !projector.is_new(&event)? {
                continue;
            }
            seq += 1;
            projector.apply(seq, batch.at, &event)?;
            records.push(JournalRecord { seq, user: batch.user, at: batch.at, event });
            kept.push(body);
        }
        let mut changes = projector.finish();
        // Should it come to nothing after all, a key too many does no harm.
        changes.note_keys(known);
        for (record, body) in records.iter().zip(kept) {
            self.seqs.push(to_column(record.seq));
            self.users.push(Id(record.user.as_uuid().into_bytes()));
            self.times.push(record.at.micros());
            self.kinds.push(record.event.kind());
            self.orders.push(record.event.order().map(|order| Id(order.as_uuid().into_bytes())));
            self.bodies.push(body);
        }
        *last_seq = seq;
        let positions = std::mem::take(&mut changes.changed);
        staged.take(changes);
        Ok(Appended { records, positions })
    }

    /// Writes the entries; durable when it answers.
    pub(super) fn write(&self, connection: &Connection, epoch: i64) -> Outcome<()> {
        let Self { seqs, users, times, kinds, orders, bodies } = self;
        connection.run(APPEND, &[&epoch, seqs, users, times, kinds, orders, bodies])?;
        Ok(())
    }
}
