//! The thread that writes the tables: one generation at a time, while the journal goes on.

use nija_core::LedgerError;
use std::{
    sync::{Arc, mpsc},
    thread::JoinHandle,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::{
    fault::{Fault, Outcome},
    projection::Generation,
};

/// Hands generations to the thread and hears of it. Ends the thread when it is dropped.
pub(crate) struct Keeper {
    work: Option<mpsc::Sender<Arc<Generation>>>,
    done: UnboundedReceiver<Outcome<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// `write` writes a generation, whole or not at all.
    pub(crate) fn start(
        mut write: impl FnMut(&Generation) -> Outcome<()> + Send + 'static,
    ) -> Result<Self, LedgerError> {
        let (work, to_do) = mpsc::channel::<Arc<Generation>>();
        let (written, done) = unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("nija-tables".to_owned())
            .spawn(move || {
                for generation in to_do {
                    // Nobody hears it while the ledger is being closed.
                    let _ = written.send(write(&generation));
                }
            })
            .map_err(|error| {
                LedgerError::Storage(format!("the writer of the tables did not start: {error}"))
            })?;
        Ok(Self { work: Some(work), done, thread: Some(thread) })
    }

    /// Has a generation written; [`Keeper::done`] tells how that went.
    pub(crate) fn hand(&self, generation: Arc<Generation>) {
        // A thread that ended is told by `done`.
        let _ = self.work.as_ref().map(|thread| thread.send(generation));
    }

    /// Waits until it is written or that failed. Dropped, nothing is missed.
    pub(crate) async fn done(&mut self) -> Outcome<()> {
        self.done.recv().await.unwrap_or_else(|| Err(ended()))
    }

    /// The same on this thread.
    pub(crate) fn wait(&mut self) -> Outcome<()> {
        self.done.blocking_recv().unwrap_or_else(|| Err(ended()))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.work.take();
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
