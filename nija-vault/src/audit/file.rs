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
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use super::checkpoint::{Checkpoint, checkpoints};
use super::record::{AuditRecord, COLUMNS, read};
use super::verify::{AuditReport, Hashed, Walk};
use super::{Entry, merkle::Node, pipeline};
use crate::store::{Database, values};

/// How often a file that refused is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Entries that the file may miss before that is an alarm.
const FAR_BEHIND: u64 = 1000;
/// Wishes that may wait; what is committed needs none, and pending entries beyond it are counted.
const QUEUE: usize = 1024;

/// The database was put back, by a restore or by somebody, or the file is another vault's: its entries from there on would be missing in
/// the file without anyone noticing.
const ANOTHER: &str =
    "the log file has another entry there than the database: keep the file elsewhere, and begin a new one";

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
            last: None,
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
    /// The hash of the last entry in the file, until it was seen that the database has that entry too.
    last: Option<Node>,
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
            cut_torn_line(&self.path).map_err(unusable)?;
            let found = last_written(&self.path)?;
            (self.written, self.checkpoints, self.last) = (found.entries, found.signed, found.hash);
            self.file = Some(open(&self.path).map_err(unusable)?);
        }
        let mut lines = Vec::new();
        for entry in &self.pending {
            push(&mut lines, &Line::Pending(AuditRecord::pending(entry)))?;
        }
        let (mut written, mut signed) = (self.written, self.checkpoints);
        // A database that fails is no reason not to write what is pending.
        let last = self.last;
        let read = self.database.reader().and_then(|mut sql| {
            if let Some(hash) = last {
                let of = "SELECT hash FROM audit WHERE seq = ?1";
                let known = sql.as_mut().one(of, values![written], |row| row.get::<Node>(0))?;
                if known != Some(hash) {
                    return Err(VaultError::AuditBroken { seq: written, what: ANOTHER });
                }
            }
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
        match &read {
            Ok(()) => self.last = None,
            // By the next try somebody may have taken the file away.
            Err(VaultError::AuditBroken { .. }) => self.file = None,
            Err(_) => {}
        }
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

/// Where a file ends.
#[derive(Debug, Default)]
struct LastWritten {
    entries: u64,
    signed: u64,
    /// Of the last entry.
    hash: Option<Node>,
}

/// Where a file that is written to ends: the last entry and checkpoint in it. Zeros for one that is missing, or that is no regular
/// file. It is read from its end, however long it is.
fn last_written(path: &Path) -> Result<LastWritten, VaultError> {
    if !path.is_file() {
        return Ok(LastWritten::default());
    }
    let unusable = |error: std::io::Error| VaultError::Storage(format!("{}: {error}", path.display()));
    let (mut entry, mut signed) = (None, None);
    let mut lines = LinesFromEnd::open(path).map_err(unusable)?;
    while entry.is_none() || signed.is_none() {
        let Some(line) = lines.next_line().map_err(unusable)? else { break };
        match serde_json::from_slice(&line) {
            Ok(Line::Entry { record, hash }) => drop(entry.get_or_insert((record.seq, hash))),
            Ok(Line::Checkpoint(checkpoint)) => drop(signed.get_or_insert(checkpoint.entries)),
            Ok(Line::Pending(_)) => {}
            Err(error) => return Err(VaultError::Storage(format!("{}: {error}", path.display()))),
        }
    }
    let (entries, hash) = entry.map_or((0, None), |(entry, hash)| (entry, Some(hash)));
    Ok(LastWritten { entries, signed: signed.unwrap_or(0), hash })
}

/// What a crash left of a line that it cut goes: the entry is in the database, and is written again.
fn cut_torn_line(path: &Path) -> std::io::Result<()> {
    if !path.is_file() {
        return Ok(());
    }
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut end = file.metadata()?.len();
    let mut block = [0u8; 4096];
    while end > 0 {
        let start = end.saturating_sub(block.len() as u64);
        let part = block.get_mut(..usize::try_from(end - start).unwrap_or(0)).unwrap_or_default();
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
            let whole = start + at as u64 + 1;
            if whole < file.metadata()?.len() {
                tracing::warn!(file = %path.display(), "the end of the audit log file was cut off in a line, which is written again");
                file.set_len(whole)?;
            }
            return Ok(());
        }
        end = start;
    }
    file.set_len(0)
}

/// The lines of a file, last first, read in blocks.
struct LinesFromEnd {
    file: File,
    /// How much of the file is not read yet.
    left: u64,
    /// What is read and not handed out: it ends where the line after begins.
    held: Vec<u8>,
}

impl LinesFromEnd {
    const BLOCK: u64 = 64 * 1024;

    fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let left = file.metadata()?.len();
        Ok(Self { file, left, held: Vec::new() })
    }

    fn next_line(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        // The line's own end is not where the one before it ends.
        let mut searched = 1;
        loop {
            let inner = self.held.len().saturating_sub(searched);
            if let Some(at) =
                self.held.get(..inner).and_then(|held| held.iter().rposition(|byte| *byte == b'\n'))
            {
                return Ok(Some(self.held.split_off(at + 1)));
            }
            if self.left == 0 {
                let line = std::mem::take(&mut self.held);
                return Ok((!line.is_empty()).then_some(line));
            }
            searched = self.held.len().max(1);
            let start = self.left.saturating_sub(Self::BLOCK);
            let mut block = vec![0; usize::try_from(self.left - start).unwrap_or(0)];
            self.file.seek(SeekFrom::Start(start))?;
            self.file.read_exact(&mut block)?;
            block.append(&mut self.held);
            (self.held, self.left) = (block, start);
        }
    }
}

fn each_line(path: &Path, take: &mut dyn FnMut(String) -> Result<(), VaultError>) -> Result<(), VaultError> {
    let unusable = |error: std::io::Error| VaultError::Storage(format!("{}: {error}", path.display()));
    for line in BufReader::with_capacity(1 << 20, File::open(path).map_err(unusable)?).lines() {
        take(line.map_err(unusable)?)?;
    }
    Ok(())
}

fn parse(path: &Path, number: usize, line: &str) -> Result<Line, VaultError> {
    serde_json::from_str(line)
        .map_err(|error| VaultError::Storage(format!("{}: line {number}: {error}", path.display())))
}

/// The checkpoints in a log file: what [`verify_audit_file`](super::verify_audit_file) can be given to compare the database with.
///
/// # Errors
/// [`VaultError::Storage`] when the file cannot be read.
pub fn checkpoints_of_log(path: &Path) -> Result<Vec<Checkpoint>, VaultError> {
    let (mut found, mut number) = (Vec::new(), 0);
    each_line(path, &mut |line| {
        number += 1;
        // Most lines are entries, and are not parsed for this.
        if line.contains("\"checkpoint\"")
            && let Line::Checkpoint(checkpoint) = parse(path, number, &line)?
        {
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
    let (mut walk, mut number) = (Walk::new(pinned, known.iter())?, 0);
    pipeline::in_order(
        |hand| {
            each_line(path, &mut |line| {
                number += 1;
                hand((number, line))
            })
        },
        |(number, line)| {
            Ok(match parse(path, number, &line)? {
                Line::Entry { record, hash } => Some(Hashed { computed: record.hash(), record, hash }),
                Line::Checkpoint(_) | Line::Pending(_) => None,
            })
        },
        |hashed| hashed.map_or(Ok(()), |hashed| walk.step(Some(&hashed))),
    )?;
    walk.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lines_from_the_end_are_the_lines(
            lines in prop::collection::vec("[a-z]{0,40}", 0..200),
            long in prop::collection::vec(0usize..200_000, 0..3),
            ends in any::<bool>(),
        ) {
            let mut lines = lines;
            lines.extend(long.into_iter().map(|length| "x".repeat(length)));
            let mut text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            if !ends {
                text.pop();
            }
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &text).unwrap();
            let mut back = Vec::new();
            let mut reader = LinesFromEnd::open(file.path()).unwrap();
            while let Some(line) = reader.next_line().unwrap() {
                back.push(String::from_utf8(line).unwrap());
            }
            back.reverse();
            prop_assert_eq!(back.concat(), text);
            prop_assert!(back.iter().all(|line| line.trim_end_matches('\n').find('\n').is_none()));
        }

        #[test]
        fn a_torn_line_is_cut_and_nothing_else(whole in "([a-z]{0,50}\n){0,300}", torn in "[a-z]{0,9000}") {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), format!("{whole}{torn}")).unwrap();
            cut_torn_line(file.path()).unwrap();
            prop_assert_eq!(std::fs::read_to_string(file.path()).unwrap(), whole);
        }
    }
}
