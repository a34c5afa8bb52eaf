//! The second sink: the chain as lines of JSON in a file, which may lie on another disk or be a pipe to another machine.
//!
//! A thread of its own follows the database and writes what was committed. Whatever happens to the file (full, read-only, a pipe
//! that nobody reads), the vault goes on: signing waits for neither sink. What the file has not got is in the database, and
//! is written as soon as the file takes it; what the *database* does not take is written here as a `pending` line, so that at
//! least one of the two knows of it.

use nija_core::{Timestamp, VaultError};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use super::checkpoint::{Checkpoint, checkpoints};
use super::record::{AuditRecord, COLUMNS, read};
use super::verify::{AuditReport, Walk};
use super::{Entry, merkle::Node};
use crate::store::{Database, values};

/// How often a file that refused is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Entries that the file may miss before that is an alarm.
const FAR_BEHIND: u64 = 1000;
/// Wishes that may wait; what is committed needs none, and pending entries beyond it are counted.
const QUEUE: usize = 1024;

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// An entry of the chain.
    Entry {
        record: AuditRecord,
        #[serde(with = "hex::serde")]
        hash: Node,
    },
    /// A checkpoint over the entries above.
    Checkpoint(Checkpoint),
    /// An entry that the database did not take when it was due.
    Pending(AuditRecord),
}

/// How the file is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileSinkHealth {
    /// The last entry that is in the file.
    pub written: u64,
    /// Why the last try failed; `None` after one that did not.
    pub error: Option<String>,
    /// Pending entries that could not even be queued.
    pub lost: u64,
    /// Whether more than a thousand entries are missing in it.
    pub is_far_behind: bool,
    /// When it last had all that the database had.
    pub caught_up_at: Option<Timestamp>,
}

enum Wish {
    Follow,
    Pending(Vec<Entry>),
    Stop(SyncSender<()>),
}

/// The way to the file's thread.
#[derive(Clone)]
pub(crate) struct FileSink {
    wishes: SyncSender<Wish>,
    health: Arc<Mutex<FileSinkHealth>>,
}

impl FileSink {
    pub(crate) fn start(
        path: PathBuf,
        database: Arc<dyn Database>,
        now: impl Fn() -> Timestamp + Send + 'static,
    ) -> Result<Self, VaultError> {
        let (wishes, receiver) = sync_channel(QUEUE);
        let health = Arc::new(Mutex::new(FileSinkHealth::default()));
        let thread = Follower {
            path,
            database,
            health: Arc::clone(&health),
            now: Box::new(now),
            file: None,
            written: 0,
            checkpoints: 0,
            pending: Vec::new(),
        };
        std::thread::Builder::new()
            .name("nija-vault-audit".into())
            .spawn(move || thread.run(&receiver))
            .map_err(|error| VaultError::Storage(error.to_string()))?;
        Ok(Self { wishes, health })
    }

    /// Something was committed.
    pub(crate) fn follow(&self) {
        // A full queue has wishes enough.
        drop(self.wishes.try_send(Wish::Follow));
    }

    /// The database did not take these.
    pub(crate) fn pending(&self, entries: Vec<Entry>) {
        let count = entries.len() as u64;
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            self.wishes.try_send(Wish::Pending(entries))
        {
            self.health.lock().lost += count;
            tracing::error!(
                count,
                "ALARM: neither the vault's database nor its log file takes audit entries"
            );
        }
    }

    /// Says so, once, when the file is far behind: a pipe that nobody reads blocks without an error.
    pub(crate) fn look(&self, entries: u64) {
        let mut health = self.health.lock();
        let behind = entries.saturating_sub(health.written);
        let is_far = behind > FAR_BEHIND;
        if is_far && !health.is_far_behind {
            tracing::error!(behind, "ALARM: the vault's audit log file is far behind: is it blocked?");
        }
        health.is_far_behind = is_far;
    }

    pub(crate) fn health(&self) -> FileSinkHealth {
        self.health.lock().clone()
    }

    /// Writes what there is and ends the thread, unless the file blocks for longer than `patience`.
    pub(crate) fn stop(&self, patience: Duration) {
        let (done, stopped) = sync_channel(1);
        if self.wishes.try_send(Wish::Stop(done)).is_ok() {
            // An error means that the file blocks: then nobody waits for it any longer.
            stopped.recv_timeout(patience).ok();
        }
    }
}

struct Follower {
    path: PathBuf,
    database: Arc<dyn Database>,
    health: Arc<Mutex<FileSinkHealth>>,
    now: Box<dyn Fn() -> Timestamp + Send>,
    file: Option<File>,
    written: u64,
    checkpoints: u64,
    pending: Vec<Entry>,
}

impl Follower {
    fn run(mut self, wishes: &Receiver<Wish>) {
        let mut failing = false;
        loop {
            let wish = if failing {
                match wishes.recv_timeout(RETRY) {
                    Ok(wish) => wish,
                    Err(RecvTimeoutError::Timeout) => Wish::Follow,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            } else {
                match wishes.recv() {
                    Ok(wish) => wish,
                    Err(_) => return,
                }
            };
            let done = match wish {
                Wish::Follow => None,
                Wish::Pending(entries) => {
                    self.pending.extend(entries);
                    None
                }
                Wish::Stop(done) => Some(done),
            };
            let outcome = self.write();
            self.report(outcome.as_ref().err(), failing);
            failing = outcome.is_err();
            if let Some(done) = done {
                done.send(()).ok();
                return;
            }
        }
    }

    fn report(&self, error: Option<&VaultError>, was_failing: bool) {
        let mut health = self.health.lock();
        health.written = self.written;
        health.error = error.map(ToString::to_string);
        match error {
            Some(error) if !was_failing => {
                tracing::error!(%error, file = %self.path.display(), "ALARM: the vault's audit log file takes no entries");
            }
            None => {
                if was_failing {
                    tracing::warn!(file = %self.path.display(), "the vault's audit log file takes entries again");
                }
                health.caught_up_at = Some((self.now)());
            }
            Some(_) => {}
        }
    }

    /// Appends what is committed and not in the file yet, and what is pending.
    fn write(&mut self) -> Result<(), VaultError> {
        let unusable = |error: std::io::Error| VaultError::Storage(error.to_string());
        if self.file.is_none() {
            (self.written, self.checkpoints) = last_written(&self.path)?;
            self.file = Some(open(&self.path).map_err(unusable)?);
        }
        let mut lines = Vec::new();
        for entry in &self.pending {
            push(&mut lines, &Line::Pending(AuditRecord::pending(entry)))?;
        }
        let (mut written, mut signed) = (self.written, self.checkpoints);
        // A database that fails is no reason not to write what is pending.
        let read = self.database.reader().and_then(|mut sql| {
            let rest = format!("SELECT {COLUMNS} FROM audit WHERE seq > ?1 ORDER BY seq");
            sql.as_mut().each(&rest, values![written], &mut |row| {
                let (record, hash) = self::read(row)?;
                written = record.seq;
                push(&mut lines, &Line::Entry { record, hash })
            })?;
            for checkpoint in checkpoints(sql.as_mut())? {
                if checkpoint.entries > signed && checkpoint.entries <= written {
                    signed = checkpoint.entries;
                    push(&mut lines, &Line::Checkpoint(checkpoint))?;
                }
            }
            Ok(())
        });
        if !lines.is_empty() {
            let file = self.file.as_mut().ok_or_else(|| VaultError::Storage("no file".into()))?;
            let before = file.metadata().map(|metadata| metadata.len());
            if let Err(error) = file.write_all(&lines).and_then(|()| sync(file)) {
                // Half a line must not stay: the next try begins at the same entry.
                if let Ok(length) = before {
                    drop(file.set_len(length));
                }
                self.file = None;
                return Err(unusable(error));
            }
        }
        self.pending.clear();
        (self.written, self.checkpoints) = (written, signed);
        read
    }
}

fn push(lines: &mut Vec<u8>, line: &Line) -> Result<(), VaultError> {
    serde_json::to_writer(&mut *lines, line).map_err(|error| VaultError::Storage(error.to_string()))?;
    lines.push(b'\n');
    Ok(())
}

/// A pipe has nothing to sync.
fn sync(file: &File) -> std::io::Result<()> {
    if file.metadata()?.is_file() { file.sync_data() } else { Ok(()) }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The last entry and checkpoint in a file; none in one that is missing, or that is no regular file.
fn last_written(path: &Path) -> Result<(u64, u64), VaultError> {
    if !path.is_file() {
        return Ok((0, 0));
    }
    let (mut entry, mut signed) = (0, 0);
    each_line(path, &mut |line| {
        match line {
            Line::Entry { record, .. } => entry = record.seq,
            Line::Checkpoint(checkpoint) => signed = checkpoint.entries,
            Line::Pending(_) => {}
        }
        Ok(())
    })?;
    Ok((entry, signed))
}

fn each_line(path: &Path, take: &mut dyn FnMut(Line) -> Result<(), VaultError>) -> Result<(), VaultError> {
    let unusable = |error: String| VaultError::Storage(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(|error| unusable(error.to_string()))?;
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| unusable(error.to_string()))?;
        let line =
            serde_json::from_str(&line).map_err(|error| unusable(format!("line {}: {error}", number + 1)))?;
        take(line)?;
    }
    Ok(())
}

/// The checkpoints in a log file: what [`verify_audit_file`](super::verify_audit_file) can be given to compare the database with.
///
/// # Errors
/// [`VaultError::Storage`] when the file cannot be read.
pub fn checkpoints_of_log(path: &Path) -> Result<Vec<Checkpoint>, VaultError> {
    let mut found = Vec::new();
    each_line(path, &mut |line| {
        if let Line::Checkpoint(checkpoint) = line {
            found.push(checkpoint);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Walks the chain in a log file.
///
/// # Errors
/// [`VaultError::AuditBroken`] names the first bad entry; [`VaultError::Storage`] when the file cannot be read.
pub fn verify_audit_log(path: &Path, pinned: Option<&[u8; 32]>) -> Result<AuditReport, VaultError> {
    let known = checkpoints_of_log(path)?;
    let mut walk = Walk::new(pinned, known.iter())?;
    each_line(path, &mut |line| match line {
        Line::Entry { record, hash } => walk.step(&record, &hash),
        Line::Checkpoint(_) | Line::Pending(_) => Ok(()),
    })?;
    walk.finish()
}
