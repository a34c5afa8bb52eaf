//! The one writer: a thread that commits everything that waits in one transaction (group commit), and adds to the audit chain.
//!
//! A change and its audit entry are in the same transaction. Entries that nobody waits for ride along, or are gathered for 20 ms;
//! when storage fails they are kept and tried again, up to a bound, and what had to be dropped is counted in an entry of its own.

#[cfg(test)]
mod doubt;
mod gathered;

use nija_core::{Timestamp, VaultError};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

use self::gathered::{Added, GATHER, Gathered};
use super::sql::{Database, Sql, WriteSql, in_savepoint, in_transaction};
use crate::audit::{Chain, Entry, FileSink, make_checkpoint};
use crate::crypto::Identity;

/// Jobs that may wait. A full queue refuses changes and counts the entries that it had to drop.
const QUEUE: usize = 8192;
/// Jobs in one transaction.
const BATCH: usize = 256;
/// Entries after which a checkpoint is made, also while there is no quiet moment.
const CHECKPOINT_EVERY: u64 = 1000;
/// How long a stop waits for the log file.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the thread looks after expired leases while nothing else happens.
const IDLE: Duration = Duration::from_secs(10);

/// What a change did: its answer, and the entry that records it.
pub(crate) struct Change<T> {
    pub(crate) answer: T,
    pub(crate) entry: Entry,
    /// Whether ciphertext was destroyed: the log that may hold older pages is emptied then.
    pub(crate) destroyed: bool,
    /// Runs after the commit and before the answer, also when the caller has gone meanwhile.
    pub(crate) after: Box<dyn FnOnce() + Send>,
}

/// Tells a waiting caller how the commit went.
type Finish = Box<dyn FnOnce(Result<(), VaultError>) + Send>;
/// The batch's transaction, or why there is none.
type Begun<'a> = Result<(&'a mut dyn Sql, &'a mut Chain), VaultError>;
/// Makes the change inside a savepoint and records it; says whether ciphertext was destroyed.
type Run = Box<dyn FnOnce(Begun<'_>) -> (Finish, bool) + Send>;

enum Job {
    Run(Run),
    /// There are gathered entries.
    Notes,
    Checkpoint(oneshot::Sender<Result<(), VaultError>>),
    Stop(oneshot::Sender<()>),
}

/// Whether the database takes entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct DatabaseSink {
    /// Why the last commit failed; `None` after one that did not.
    pub(crate) error: Option<String>,
    /// Entries that wait for it.
    pub(crate) waiting: u64,
}

/// The way to the writer's thread. Cheap to clone; everything that somebody waits for waits in one queue.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: SyncSender<Job>,
    notes: Arc<Gathered>,
    dropped: Arc<AtomicU64>,
    health: Arc<Mutex<DatabaseSink>>,
    refused: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread. `idle` runs between batches, at least every ten seconds; `doubt` runs when it is not known whether changes took
    /// place, before their callers hear of it.
    pub(crate) fn start(
        database: Arc<dyn Database>,
        identity: Arc<Identity>,
        sink: Option<FileSink>,
        now: impl Fn() -> Timestamp + Send + 'static,
        idle: impl Fn() + Send + 'static,
        doubt: impl Fn() + Send + 'static,
    ) -> Result<Self, VaultError> {
        let (queue, jobs) = sync_channel(QUEUE);
        let notes = Arc::new(Gathered::new(QUEUE));
        let (dropped, health) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(DatabaseSink::default())));
        let mut thread = Thread {
            database,
            jobs,
            notes: Arc::clone(&notes),
            dropped: Arc::clone(&dropped),
            health: Arc::clone(&health),
            unwritten: Vec::new(),
            told: 0,
            identity,
            sink,
            checkpointed: 0,
            length: 0,
            now: Box::new(now),
            doubt: Box::new(doubt),
        };
        std::thread::Builder::new()
            .name("nija-vault-writer".into())
            .spawn(move || thread.run(&idle))
            .map_err(|error| VaultError::Storage(error.to_string()))?;
        Ok(Self { queue, notes, dropped, health, refused: Arc::default() })
    }

    /// Makes a change; it and its audit entry are durable when this answers. A change that fails leaves nothing but
    /// `refusal` with the error's words.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        refusal: Entry,
        change: impl FnOnce(&mut dyn Sql) -> Result<Change<T>, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let (reply, answer) = oneshot::channel();
        let run: Run = Box::new(move |begun| {
            let made = begun.and_then(|(sql, chain)| make(sql, chain, &refusal, change));
            let destroyed = made.as_ref().is_ok_and(|made| made.destroyed);
            let finish: Finish = Box::new(move |committed: Result<(), VaultError>| {
                let answer = committed.and(made).map(|made| {
                    (made.after)();
                    made.answer
                });
                // The caller may have gone; the change stands all the same.
                reply.send(answer).ok();
            });
            (finish, destroyed)
        });
        self.send(Job::Run(run))?;
        answer.await.map_err(|_| closed())?
    }

    /// Records an entry; durable when this answers.
    pub(crate) async fn record(&self, entry: Entry) -> Result<(), VaultError> {
        let refusal = entry.clone();
        self.change(refusal, move |_| {
            Ok(Change { answer: (), entry, destroyed: false, after: Box::new(|| ()) })
        })
        .await
    }

    /// Records an entry with the next commit, which comes within 20 ms, and does not wait for it.
    pub(crate) fn note(&self, entry: Entry) {
        let lost = match self.notes.add(entry) {
            Added::Another => 0,
            Added::Full => 1,
            Added::First => match self.queue.try_send(Job::Notes) {
                // A full queue's thread is about to commit, and takes what is gathered along.
                Ok(()) | Err(TrySendError::Full(_)) => 0,
                Err(TrySendError::Disconnected(_)) => self.notes.take().len() as u64,
            },
        };
        if lost > 0 {
            self.dropped.fetch_add(lost, Ordering::Relaxed);
            tracing::error!("an audit entry was dropped: the vault's writer is overloaded or closed");
        }
    }

    /// Has everything that was sent before behind a checkpoint when this answers.
    pub(crate) async fn checkpoint(&self) -> Result<(), VaultError> {
        let (done, made) = oneshot::channel();
        self.send(Job::Checkpoint(done))?;
        made.await.map_err(|_| closed())?
    }

    /// Counts a refused signature.
    pub(crate) fn count_refusal(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// How many signatures were refused since the start.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How the database takes entries.
    pub(crate) fn health(&self) -> DatabaseSink {
        self.health.lock().clone()
    }

    /// Waits until everything sent before is written, and ends the thread.
    pub(crate) async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.send(Job::Stop(done)).is_ok() {
            // An error means that the thread has ended, which is what was asked for.
            drop(stopped.await);
        }
    }

    fn send(&self, job: Job) -> Result<(), VaultError> {
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => VaultError::Storage("too many changes are waiting".into()),
            TrySendError::Disconnected(_) => closed(),
        })
    }
}

/// The change and its entry, or the refusal's entry.
fn make<T>(
    sql: &mut dyn Sql,
    chain: &mut Chain,
    refusal: &Entry,
    change: impl FnOnce(&mut dyn Sql) -> Result<Change<T>, VaultError>,
) -> Result<Change<T>, VaultError> {
    let before = chain.clone();
    let made = in_savepoint(sql, |sql| {
        let made = change(sql)?;
        chain.append(sql, &made.entry)?;
        Ok(made)
    });
    made.or_else(|error| {
        *chain = before;
        let entry = refusal.clone().refused(&error.to_string());
        in_savepoint(sql, |sql| chain.append(sql, &entry))?;
        Err(error)
    })
}

fn closed() -> VaultError {
    VaultError::Storage("the vault is closed".into())
}

struct Thread {
    database: Arc<dyn Database>,
    jobs: Receiver<Job>,
    notes: Arc<Gathered>,
    dropped: Arc<AtomicU64>,
    /// Entries of batches that could not be committed.
    unwritten: Vec<Entry>,
    /// How many of those the log file was told.
    told: usize,
    health: Arc<Mutex<DatabaseSink>>,
    identity: Arc<Identity>,
    sink: Option<FileSink>,
    /// Entries behind the newest checkpoint, and entries, as far as known here.
    checkpointed: u64,
    length: u64,
    now: Box<dyn Fn() -> Timestamp + Send>,
    doubt: Box<dyn Fn() + Send>,
}

impl Thread {
    fn run(&mut self, idle: &dyn Fn()) {
        loop {
            let first = match self.jobs.recv_timeout(IDLE) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let quiet = first.is_none();
            let second = if matches!(first, Some(Job::Notes)) { self.gather() } else { None };
            let (mut runs, mut wanted, mut stop) = (Vec::new(), Vec::new(), None);
            let rest = std::iter::from_fn(|| self.jobs.try_recv().ok());
            for job in first.into_iter().chain(second).chain(rest).take(BATCH) {
                match job {
                    Job::Run(run) => runs.push(run),
                    Job::Notes => {}
                    Job::Checkpoint(done) => wanted.push(done),
                    Job::Stop(done) => {
                        stop = Some(done);
                        break;
                    }
                }
            }
            self.unwritten.append(&mut self.notes.take());
            if !runs.is_empty() || !self.unwritten.is_empty() {
                self.commit(runs);
            }
            let due = self.length >= self.checkpointed + CHECKPOINT_EVERY;
            let is_time = due || ((stop.is_some() || quiet) && self.length != self.checkpointed);
            if is_time || !wanted.is_empty() {
                let made = self.checkpoint();
                wanted.drain(..).for_each(|done| drop(done.send(made.clone())));
            }
            wanted.drain(..).for_each(|done| drop(done.send(Ok(()))));
            if let Some(done) = stop {
                if let Some(sink) = &self.sink {
                    sink.stop(PATIENCE);
                }
                done.send(()).ok();
                return;
            }
            idle();
        }
    }

    /// Gives entries time to gather, until somebody wants something that is waited for.
    fn gather(&self) -> Option<Job> {
        let until = Instant::now() + GATHER;
        loop {
            match self.jobs.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Job::Notes) => {}
                Ok(job) => return Some(job),
                Err(_) => return None,
            }
        }
    }

    fn commit(&mut self, runs: Vec<Run>) {
        let lost = self.lost();
        let told = lost.as_ref().map_or(0, |entry| entry.count);
        let database = Arc::clone(&self.database);
        let Written { result, finishes, in_doubt } = match database.writer() {
            Ok(mut connection) => {
                let written = write(connection.as_mut(), self.unwritten.iter().chain(&lost), runs);
                if matches!(written.result, Ok((true, _))) {
                    connection.scrub();
                }
                written
            }
            Err(error) => refuse(runs, error),
        };
        if in_doubt {
            (self.doubt)();
        }
        match &result {
            Ok((_, length)) => {
                self.length = *length;
                self.unwritten.clear();
                self.told = 0;
                *self.health.lock() = DatabaseSink::default();
                if let Some(sink) = &self.sink {
                    sink.follow();
                    sink.look(self.length);
                }
                self.dropped.fetch_sub(told, Ordering::Relaxed);
            }
            Err(error) => {
                self.alarm(error);
                let over = self.unwritten.len().saturating_sub(QUEUE);
                self.unwritten.truncate(QUEUE);
                self.told = self.told.min(self.unwritten.len());
                self.dropped.fetch_add(over as u64, Ordering::Relaxed);
            }
        }
        for finish in finishes {
            finish(result.clone().map(|_| ()));
        }
    }

    /// The database takes no entries: says so, and leaves them with the log file.
    fn alarm(&mut self, error: &VaultError) {
        let mut health = self.health.lock();
        if health.error.is_none() {
            tracing::error!(%error, "ALARM: the vault's database takes no audit entries; signing goes on");
        }
        *health = DatabaseSink { error: Some(error.to_string()), waiting: self.unwritten.len() as u64 };
        if let (Some(sink), Some(news)) =
            (&self.sink, self.unwritten.get(self.told..).filter(|news| !news.is_empty()))
        {
            sink.pending(news.to_vec());
            self.told = self.unwritten.len();
        }
    }

    /// Signs for the chain as it is. What cannot be signed now is signed later; nothing waits for it.
    fn checkpoint(&mut self) -> Result<(), VaultError> {
        let (identity, at) = (Arc::clone(&self.identity), (self.now)());
        let database = Arc::clone(&self.database);
        let made = database.writer().and_then(|mut connection| {
            in_transaction(connection.as_mut(), |sql| {
                make_checkpoint(sql, &identity, at)?;
                Chain::load(sql)
            })
        });
        match made {
            Ok(chain) => {
                (self.length, self.checkpointed) = (chain.length(), chain.length());
                if let Some(sink) = &self.sink {
                    sink.follow();
                }
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "no checkpoint of the audit log could be made");
                // Not before as many entries again, or a quiet moment: a broken log must not cost every commit a walk.
                self.checkpointed = self.length;
                Err(error)
            }
        }
    }

    fn lost(&self) -> Option<Entry> {
        let lost = self.dropped.load(Ordering::Relaxed);
        (lost > 0).then(|| Entry::new("entries_lost", (self.now)()).counting(lost))
    }
}

/// How a batch ended, and whom to tell.
struct Written {
    /// Whether ciphertext was destroyed, and how long the chain is.
    result: Result<(bool, u64), VaultError>,
    finishes: Vec<Finish>,
    /// A commit that failed may have taken place: a server's answer can be lost.
    in_doubt: bool,
}

/// One transaction: the entries, then the changes.
fn write<'a>(
    connection: &mut dyn WriteSql,
    notes: impl Iterator<Item = &'a Entry>,
    runs: Vec<Run>,
) -> Written {
    let mut chain = match begin(connection, notes) {
        Ok(chain) => chain,
        Err(error) => {
            connection.roll_back();
            return refuse(runs, error);
        }
    };
    let mut destroyed = false;
    let mut finishes = Vec::with_capacity(runs.len());
    for run in runs {
        let (finish, freed) = run(Ok((connection.sql(), &mut chain)));
        finishes.push(finish);
        destroyed |= freed;
    }
    let result = connection.commit().map(|()| (destroyed, chain.length()));
    let in_doubt = result.is_err() && !finishes.is_empty();
    Written { result, finishes, in_doubt }
}

fn refuse(runs: Vec<Run>, error: VaultError) -> Written {
    let finishes = runs.into_iter().map(|run| run(Err(error.clone())).0).collect();
    Written { result: Err(error), finishes, in_doubt: false }
}

fn begin<'a>(
    connection: &mut dyn WriteSql,
    notes: impl Iterator<Item = &'a Entry>,
) -> Result<Chain, VaultError> {
    connection.begin()?;
    let sql = connection.sql();
    let mut chain = Chain::load(sql)?;
    for entry in notes {
        chain.append(sql, entry)?;
    }
    Ok(chain)
}
