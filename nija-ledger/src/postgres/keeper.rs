//! The thread that writes the tables: one generation at a time, while the journal goes on.

use nija_core::LedgerError;
use postgres::Config;
use std::{
    sync::{Arc, mpsc},
    thread::JoinHandle,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{connect::Connection, tables};
use crate::{
    fault::{Fault, Outcome},
    projection::Generation,
};

/// What follows from the entries after one.
pub(super) struct Work {
    pub(super) before: u64,
    pub(super) generation: Generation,
}

/// Hands work to the thread and hears of it. Ends the thread when it is dropped.
pub(super) struct Keeper {
    work: Option<mpsc::Sender<Arc<Work>>>,
    done: UnboundedReceiver<Outcome<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(super) fn start(config: Config) -> Outcome<Self> {
        let (work, to_do) = mpsc::channel();
        let (written, done) = unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("nija-tables".to_owned())
            .spawn(move || run(&config, &to_do, &written))
            .map_err(|error| {
                LedgerError::Storage(format!("the writer of the tables did not start: {error}"))
            })?;
        Ok(Self { work: Some(work), done, thread: Some(thread) })
    }

    /// Has work done; [`Keeper::done`] tells how that went.
    pub(super) fn hand(&self, work: Arc<Work>) {
        // A thread that ended is told by `done`.
        let _ = self.work.as_ref().map(|thread| thread.send(work));
    }

    /// Waits until the work is done or failed. Dropped, nothing is missed.
    pub(super) async fn done(&mut self) -> Outcome<()> {
        self.done.recv().await.unwrap_or_else(|| Err(ended()))
    }

    /// The same on this thread.
    pub(super) fn wait(&mut self) -> Outcome<()> {
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

fn run(config: &Config, work: &mpsc::Receiver<Arc<Work>>, done: &UnboundedSender<Outcome<()>>) {
    let mut connection = None;
    for work in work {
        let was_open = connection.is_some();
        let mut written = write(config, &mut connection, &work);
        if was_open && written.as_ref().is_err_and(Fault::is_lost) {
            // A restarted server is noticed only by the first statement that fails.
            written = write(config, &mut connection, &work);
        }
        // Nobody hears it while the ledger is being closed.
        let _ = done.send(written);
    }
}

fn write(config: &Config, connection: &mut Option<Connection>, work: &Work) -> Outcome<()> {
    let open = match connection.take().filter(|connection| !connection.is_closed()) {
        Some(open) => open,
        None => Connection::open(config)?,
    };
    let written = tables::write(&open, work.before, &work.generation);
    *connection = Some(open).filter(|_| !written.as_ref().is_err_and(Fault::is_lost));
    written
}
