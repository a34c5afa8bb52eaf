//! One insert an order, committed in groups by one writer, `synchronous = FULL`: the least that a durable answer can be.

use rusqlite::Connection;
use std::path::Path;
use tokio::sync::{mpsc, oneshot};

use crate::bench::{Outcome, failed};

type Insert = (String, oneshot::Sender<bool>);

/// A table that is only added to.
#[derive(Debug, Clone)]
pub(super) struct Journal(mpsc::Sender<Insert>);

impl Journal {
    pub(super) fn open(path: &Path) -> Outcome<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE entries (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;",
        )?;
        let (queue, inserts) = mpsc::channel(1024);
        std::thread::spawn(move || write(&connection, inserts));
        Ok(Self(queue))
    }

    /// Comes back when the text is on disk.
    pub(super) async fn insert(&self, body: String) -> Outcome<()> {
        let (answer, answered) = oneshot::channel();
        let gone = || failed("the reference's journal ended");
        self.0.send((body, answer)).await.map_err(|_| gone())?;
        if answered.await.map_err(|_| gone())? { Ok(()) } else { Err(failed("the insert failed")) }
    }
}

fn write(connection: &Connection, mut inserts: mpsc::Receiver<Insert>) {
    let mut group = Vec::new();
    while inserts.blocking_recv_many(&mut group, 1024) > 0 {
        let committed = commit(connection, &group).is_ok();
        for (_, answer) in group.drain(..) {
            let _caller_went = answer.send(committed);
        }
    }
}

fn commit(connection: &Connection, group: &[Insert]) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut insert = connection.prepare_cached("INSERT INTO entries (body) VALUES (?1)")?;
    for (body, _) in group {
        insert.execute([body])?;
    }
    connection.execute_batch("COMMIT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_answered_is_in_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bare.db");
        let journal = Journal::open(&path).unwrap();
        let inserts = (0..100).map(|n| journal.insert(n.to_string()));
        assert!(futures::future::join_all(inserts).await.iter().all(Result::is_ok));
        let reader = Connection::open(&path).unwrap();
        let rows: i64 = reader.query_row("SELECT count(*) FROM entries", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 100);
    }
}
