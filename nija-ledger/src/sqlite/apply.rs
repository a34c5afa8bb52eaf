//! One batch: its entries in the journal and what follows from them.

use nija_core::{Appended, JournalRecord};
use rusqlite::{Connection, params};

use super::{fault::Outcome, numbers::to_column, projection::Projector};
use crate::encode::Encoded;

const INSERT: &str =
    "INSERT INTO journal (seq, user, at, type, order_id, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// Writes a batch after entry `last_seq`, which moves on. On an error the caller undoes what was written.
pub(super) fn apply(connection: &Connection, last_seq: &mut u64, encoded: Encoded) -> Outcome<Appended> {
    let Encoded { batch, bodies } = encoded;
    let mut projector = Projector::new(connection, batch.user);
    let mut records = Vec::with_capacity(batch.events.len());
    for (event, body) in batch.events.into_iter().zip(bodies) {
        if !projector.is_new(&event)? {
            continue;
        }
        *last_seq += 1;
        connection.prepare_cached(INSERT)?.execute(params![
            to_column(*last_seq),
            batch.user.as_uuid().as_bytes(),
            batch.at.micros(),
            event.kind(),
            event.order().map(|order| *order.as_uuid().as_bytes()),
            body,
        ])?;
        projector.apply(*last_seq, batch.at, &event)?;
        records.push(JournalRecord { seq: *last_seq, user: batch.user, at: batch.at, event });
    }
    let positions = projector.finish()?;
    Ok(Appended { records, positions })
}
