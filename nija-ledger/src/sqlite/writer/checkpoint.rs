//! Moves a long write-ahead log into the file while appends go on.
//!
//! A log starts over when all of it is in the file at the moment when somebody writes. Copying and syncing some 16 MiB takes tens of
//! milliseconds, for which nobody should wait: a thread of its own does that, and the writer copies what came meanwhile, which is little.

use nija_core::LedgerError;
use rusqlite::Connection;
use std::{sync::mpsc, thread::JoinHandle};

use crate::sqlite::fault::{Fault, Outcome};

/// Frames in the log (4 KiB each) from which on they are moved into the file.
pub(super) const CHECKPOINT: i64 = 4000;
/// Frames at which the writer waits for the thread, so that the log has a bound.
const MOST: i64 = 3 * CHECKPOINT;

/// The thread that copies.
pub(super) struct Copier {
    wishes: Option<mpsc::Sender<()>>,
    copied: mpsc::Receiver<Outcome<()>>,
    copies: bool,
    thread: Option<JoinHandle<()>>,
}

impl Copier {
    /// Copies on a connection of its own, to the journal.
    pub(super) fn start(journal: Connection) -> Result<Self, LedgerError> {
        let (wishes, wished) = mpsc::channel::<()>();
        let (done, copied) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("nija-checkpoint".to_owned())
            .spawn(move || {
                for () in wished {
                    // Nobody hears it while the ledger is being closed.
                    let _ = done.send(frames(&journal, "PASSIVE").map(drop));
                }
            })
            .map_err(|error| LedgerError::Storage(format!("the log's copier did not start: {error}")))?;
        Ok(Self { wishes: Some(wishes), copied, copies: false, thread: Some(thread) })
    }

    /// Moves the log on, where it is long. Runs after the answers, so that nobody waits for it who was not waiting anyway.
    pub(super) fn look(&mut self, journal: &Connection) -> Outcome<()> {
        let length = frames(journal, "NOOP")?;
        if length >= CHECKPOINT && self.is_copied(length >= MOST)? {
            frames(journal, "PASSIVE")?;
        }
        Ok(())
    }

    /// Whether the log was copied as it stood a moment ago; starts that where it was not yet.
    fn is_copied(&mut self, wait: bool) -> Outcome<bool> {
        if !self.copies {
            // A thread that ended is told by what it does not answer.
            let _ = self.wishes.as_ref().map(|thread| thread.send(()));
            self.copies = true;
        }
        let ended = || Fault::Ledger(LedgerError::Storage("the log's copier has ended".to_owned()));
        let copied = if wait {
            self.copied.recv().map_err(|_| ended())?
        } else {
            match self.copied.try_recv() {
                Ok(copied) => copied,
                Err(mpsc::TryRecvError::Empty) => return Ok(false),
                Err(mpsc::TryRecvError::Disconnected) => return Err(ended()),
            }
        };
        self.copies = false;
        copied.map(|()| true)
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        self.wishes.take();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the log's copier ended by a panic");
        }
    }
}

/// Frames in the log after a checkpoint of this kind.
fn frames(journal: &Connection, mode: &str) -> Outcome<i64> {
    let mut statement = journal.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
    Ok(statement.query_row([], |row| row.get(1))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::connect;

    #[test]
    fn what_is_written_while_the_thread_copies_is_copied_by_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let journal = connect::writer(&path).unwrap();
        let mut copier = Copier::start(connect::copier(&path).unwrap()).unwrap();
        journal.execute_batch("CREATE TABLE filler (body BLOB)").unwrap();
        let fill = |pages: i64| {
            journal.execute("INSERT INTO filler VALUES (zeroblob(?1))", [pages * 4096]).unwrap();
        };
        fill(CHECKPOINT);
        while !copier.is_copied(false).unwrap() {
            fill(1);
        }
        copier.look(&journal).unwrap();
        copier.is_copied(true).unwrap();
        copier.look(&journal).unwrap();
        frames(&journal, "PASSIVE").unwrap();
        fill(1);
        assert!(frames(&journal, "NOOP").unwrap() < 100, "the log started over");
    }

    #[test]
    fn a_log_that_is_much_too_long_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let journal = connect::writer(&path).unwrap();
        let mut copier = Copier::start(connect::copier(&path).unwrap()).unwrap();
        journal.execute_batch("CREATE TABLE filler (body BLOB)").unwrap();
        journal.execute("INSERT INTO filler VALUES (zeroblob(?1))", [MOST * 4096]).unwrap();
        copier.look(&journal).unwrap();
        journal.execute("INSERT INTO filler VALUES (zeroblob(1))", []).unwrap();
        assert!(frames(&journal, "NOOP").unwrap() < 100, "the log started over");
    }
}
