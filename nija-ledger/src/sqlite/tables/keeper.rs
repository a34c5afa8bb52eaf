//! The thread that writes the tables: one generation at a time, while the journal goes on.

use nija_core::LedgerError;
use rusqlite::Connection;
use std::{
    sync::{Arc, mpsc},
    thread::JoinHandle,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::super::{
    fault::{Fault, Outcome},
    projection,
};
use crate::projection::Generation;

/// Hands generations to the thread and hears of them. Ends the thread when it is dropped.
pub(in crate::sqlite) struct Keeper {
    generations: Option<mpsc::Sender<Arc<Generation>>>,
    done: UnboundedReceiver<Outcome<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(in crate::sqlite) fn start(tables: Connection) -> Result<Self, LedgerError> {
        let (generations, to_write) = mpsc::channel();
        let (written, done) = unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("nija-tables".to_owned())
            .spawn(move || run(&tables, &to_write, &written))
            .map_err(|error| {
                LedgerError::Storage(format!("the writer of the tables did not start: {error}"))
            })?;
        Ok(Self { generations: Some(generations), done, thread: Some(thread) })
    }

    /// Has a generation written; [`Keeper::done`] tells how that went.
    pub(in crate::sqlite) fn hand(&self, generation: Arc<Generation>) {
        // A thread that ended is told by `done`.
        let _ = self.generations.as_ref().map(|thread| thread.send(generation));
    }

    /// Waits until the generation is written or failed. Dropped, nothing is missed.
    pub(in crate::sqlite) async fn done(&mut self) -> Outcome<()> {
        self.done.recv().await.unwrap_or_else(|| Err(ended()))
    }

    /// The same on this thread.
    pub(in crate::sqlite) fn wait(&mut self) -> Outcome<()> {
        self.done.blocking_recv().unwrap_or_else(|| Err(ended()))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.generations.take();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer of the ledger's tables ended by a panic");
        }
    }
}

fn ended() -> Fault {
    Fault::Ledger(LedgerError::Storage("the writer of the tables has ended".to_owned()))
}

fn run(
    tables: &Connection,
    generations: &mpsc::Receiver<Arc<Generation>>,
    done: &UnboundedSender<Outcome<()>>,
) {
    for generation in generations {
        // Nobody hears it while the ledger is being closed.
        let _ = done.send(write(tables, &generation));
    }
}

/// In one transaction, which is undone where it fails.
fn write(tables: &Connection, generation: &Generation) -> Outcome<()> {
    let writing = tables.unchecked_transaction()?;
    projection::write(&writing, generation)?;
    Ok(writing.commit()?)
}
