//! The ledger on PostgreSQL: one writer with group commit, a few readers, and tables of what follows from the journal behind it.
//!
//! The client is the blocking one, since the writer has a thread of its own and readers have tokio's blocking threads; it must neither
//! run nor be dropped on a thread that drives a runtime.

mod ahead;
mod beside;
mod connect;
mod group;
mod keeper;
mod owner;
mod question;
mod readers;
mod replay;
mod schema;
mod tables;
mod writer;

use nija_core::LedgerError;
use parking_lot::Mutex;
use std::{
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
};
use tokio::sync::mpsc;

use crate::{
    LedgerStats,
    answers::answer_by_jobs_and_questions,
    fault::Outcome,
    jobs::{self, Answer, Counters, Job, QUEUE},
    questions::questions,
    verify,
};
use connect::Connection;
use owner::Owner;
use readers::{Reader, Readers};
use writer::Committer;

/// A [`Ledger`](nija_core::Ledger) in a PostgreSQL database, in the schema `nija_ledger`. A batch is committed, and with that on the
/// database's disk, before its append answers; appends that wait at the same time share one commit. The tables of what follows from the
/// journal stand in `nija_ledger_tables`, are written a little later and before anybody reads them, and are drawn anew where they are of
/// another version.
///
/// One server writes at a time: a second one is refused, and where one lost the database without noticing and another took over, the
/// database refuses the first one's writes. A connection that is lost is made again; a commit that lost its answer is looked up.
pub struct PostgresLedger {
    queue: mpsc::Sender<Job>,
    readers: Readers,
    /// Those of [`PostgresLedger::questions`].
    questioners: Readers,
    counters: Arc<Counters>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl PostgresLedger {
    /// Connects, makes the tables where they are missing, and brings them to the newest version. The connection string is libpq's
    /// (`host=... user=... password=... dbname=...` or a `postgresql://` address); with `sslmode=require` the server's certificate is
    /// checked against the system's roots. Blocks.
    ///
    /// # Errors
    /// [`LedgerError::Storage`] says in words why the database cannot be used: not reached, in use by another server, of a newer version, ...
    pub fn open(url: &str) -> Result<Self, LedgerError> {
        let config = connect::parse(url)?;
        let counters = Arc::<Counters>::default();
        let committer = connect::elsewhere(|| {
            let connection = Connection::open(&config)?;
            let owner = Owner::take(&connection)?;
            schema::prepare_tables(&connection)?;
            let last = replay::catch_up(&connection)?;
            Committer::new(config.clone(), connection, owner, last, Arc::clone(&counters))
        })?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        let timer = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| LedgerError::Storage(format!("the writer has no timer: {error}")))?;
        let thread = std::thread::Builder::new()
            .name("nija-ledger".to_owned())
            .spawn(move || writer::write(committer, jobs, timer))
            .map_err(|error| LedgerError::Storage(format!("the writer did not start: {error}")))?;
        let (readers, questioners) = (Readers::new(config.clone()), Readers::new(config));
        Ok(Self { queue, readers, questioners, counters, thread: Mutex::new(Some(thread)) })
    }

    /// Commits what waits and lets another server in. Later calls answer [`LedgerError::Closed`].
    pub async fn close(&self) {
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
        work: impl FnOnce(&Reader) -> Outcome<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.read_by(&self.readers, work).await
    }

    async fn read_by<T: Send + 'static>(
        &self,
        readers: &Readers,
        work: impl FnOnce(&Reader) -> Outcome<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        if self.counters.lags.load(Ordering::Acquire) {
            self.ask(Job::Settle).await?;
        }
        readers.read(work).await
    }

    async fn differences(&self) -> Result<Vec<String>, LedgerError> {
        self.read(|reader| verify::differences(reader)).await
    }

    /// Hands a job to the writer and waits for its answer.
    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, LedgerError> {
        jobs::ask(&self.queue, job).await
    }
}

answer_by_jobs_and_questions!(PostgresLedger);
questions!(PostgresQuestions, PostgresLedger, Reader);

impl Drop for PostgresLedger {
    /// Without [`PostgresLedger::close`]: the writer ends when its queue does; waiting for it lets the ledger be opened again at once.
    fn drop(&mut self) {
        self.queue = mpsc::channel(1).0;
        if let Some(thread) = self.thread.get_mut().take() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for PostgresLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresLedger").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
