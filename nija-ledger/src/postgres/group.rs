//! Batches that are committed together: checked one after the other, and written by one statement.

use super::{connect::Connection, question::Id};
use crate::{fault::Outcome, numbers::to_column, projection::sound::Sound};

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

    /// Takes up the entries of a batch.
    pub(super) fn take(&mut self, sound: &mut Sound) {
        for (record, body) in &mut sound.records {
            self.seqs.push(to_column(record.seq));
            self.users.push(Id(record.user.as_uuid().into_bytes()));
            self.times.push(record.at.micros());
            self.kinds.push(record.event.kind());
            self.orders.push(record.event.order().map(|order| Id(order.as_uuid().into_bytes())));
            self.bodies.push(std::mem::take(body));
        }
    }

    /// Writes the entries; durable when it answers.
    pub(super) fn write(&self, connection: &Connection, epoch: i64) -> Outcome<()> {
        let Self { seqs, users, times, kinds, orders, bodies } = self;
        connection.run(APPEND, &[&epoch, seqs, users, times, kinds, orders, bodies])?;
        Ok(())
    }
}
