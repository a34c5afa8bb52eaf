//! The ledger on SQLite: the journal's file with one writer and group commit, a file of what follows from it, a few readers.

mod apply;
mod connect;
mod equity;
mod lock;
mod nonces;
#[cfg(test)]
mod plans;
mod projection;
mod question;
#[cfg(test)]
mod questioned;
mod reader;
mod schema;
mod tables;
mod writer;

use crate::{
    LedgerStats, fault,
    jobs::{self, Answer, Counters, Job, QUEUE},
    numbers, verify,
};
use nija_core::LedgerError;
use parking_lot::Mutex;
use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
};
use tokio::sync::mpsc;

use crate::{answers::answer_by_jobs_and_questions, questions::questions};
pub(crate) use projection::write as write_tables;
pub(crate) use tables::create as create_tables;

use lock::DataLock;
use reader::Readers;
use writer::Committer;

/// A [`Ledger`](nija_core::Ledger) in an SQLite file. A batch is on the disk (`synchronous = FULL`) before its append answers;
/// appends that wait at the same time share one commit. The tables of what follows from the journal stand in a file beside it
/// (`<name>.tables.db`), are written a little later and before anybody reads them, and are drawn anew where that file is missing.
pub struct SqliteLedger {
    queue: mpsc::Sender<Job>,
    readers: Readers,
    /// Those of [`SqliteLedger::questions`].
    questioners: Readers,
    counters: Arc<Counters>,
    thread: Mutex<Option<JoinHandle<()>>>,
    lock: Mutex<Option<DataLock>>,
}

impl SqliteLedger {
    /// Opens the file, makes it when missing, and brings it to the newest version. `<name>.lock` beside it keeps other
    /// processes out. Blocks for a few disk accesses.
    ///
    /// # Errors
    /// [`LedgerError::Storage`] says in words why the file cannot be used: in use, damaged, of a newer version, ...
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let lock = DataLock::take(path)?;
        let counters = Arc::<Counters>::default();
        let committer = Committer::open(path, Arc::clone(&counters))?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        let timer = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| LedgerError::Storage(format!("the writer has no timer: {error}")))?;
        let thread = std::thread::Builder::new()
            .name("nija-ledger".to_owned())
            .spawn(move || writer::write(committer, jobs, &timer))
            .map_err(|error| LedgerError::Storage(format!("the writer did not start: {error}")))?;
        Ok(Self {
            queue,
            readers: Readers::new(path),
            questioners: Readers::new(path),
            counters,
            thread: Mutex::new(Some(thread)),
            lock: Mutex::new(Some(lock)),
        })
    }

    /// Commits what waits, closes the file and lets other processes in. Later calls answer [`LedgerError::Closed`].
    pub async fn close(&self) {
        // The writers close last: who reads cannot take the log into the file and remove it.
        self.readers.close().await;
        self.questioners.close().await;
        // An error means that the writer has ended already.
        let _ = self.queue.send(Job::Close).await;
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the ledger's writer ended by a panic");
            }
            self.lock.lock().take();
        }
    }

    /// Counts since the ledger was opened.
    #[must_use]
    pub fn stats(&self) -> LedgerStats {
        self.counters.stats()
    }

    /// Reads the tables, which are level with every append that was answered before.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> fault::Outcome<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.read_by(&self.readers, work).await
    }

    async fn read_by<T: Send + 'static>(
        &self,
        readers: &Readers,
        work: impl FnOnce(&rusqlite::Connection) -> fault::Outcome<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        if self.counters.lags.load(Ordering::Acquire) {
            self.ask(Job::Settle).await?;
        }
        readers.read(work).await
    }

    async fn differences(&self) -> Result<Vec<String>, LedgerError> {
        self.read(|c| verify::differences(c)).await
    }

    /// Hands a job to the writer and waits for its answer.
    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, LedgerError> {
        jobs::ask(&self.queue, job).await
    }
}

answer_by_jobs_and_questions!(SqliteLedger);
questions!(SqliteQuestions, SqliteLedger, rusqlite::Connection);

impl Drop for SqliteLedger {
    /// Without [`SqliteLedger::close`]: the writer ends when its queue does; waiting for it lets the file be opened again
    /// at once.
    fn drop(&mut self) {
        self.queue = mpsc::channel(1).0;
        if let Some(thread) = self.thread.get_mut().take() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for SqliteLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteLedger").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
