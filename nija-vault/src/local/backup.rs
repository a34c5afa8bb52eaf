//! Backups: a snapshot of the whole vault with its audit chain, encrypted under the root.
//!
//! Secrets are ciphertext in the database already; the backup also hides who has accounts where. Numbers are big-endian:
//! `NJBK` and 1 (5 bytes), the root's id (16), the backup's id (16), when it was made in microseconds (8), then frames: length (4) and
//! an envelope with up to 1 MiB of the snapshot, bound to the backup, its place and whether it is the last. A backup that
//! was cut, put together from two, or changed anywhere does not restore.

use nija_core::{Timestamp, VaultError};
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::LocalVault;
use crate::config::{RootKey, VaultDatabase};
use crate::crypto::{Binding, Kind, Root, random, sync_parent};
use crate::store::Postgres;

const MAGIC: &[u8; 5] = b"NJBK\x01";
const FRAME: usize = 1 << 20;
/// An envelope is longer than its content by a header and a tag.
const MOST: u32 = (1 << 20) + 1024;

/// What a backup says about itself. Nothing of it is proven before it is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupInfo {
    /// When it was made.
    pub at: Timestamp,
    /// Bytes of the snapshot.
    pub bytes: u64,
}

struct Header {
    root: [u8; 16],
    id: [u8; 16],
    at: Timestamp,
}

impl LocalVault {
    /// Writes a backup of the vault, as it is now, to a file that must not exist yet. The vault stays open for everyone.
    /// `progress` is told the bytes done and the bytes there are.
    ///
    /// # Errors
    /// [`VaultError::Storage`] when the file is there or cannot be written, or the database cannot be read.
    pub async fn back_up(
        &self,
        to: &Path,
        mut progress: impl FnMut(u64, u64) + Send + 'static,
    ) -> Result<BackupInfo, VaultError> {
        // It is part of what it records.
        self.inner.writer.record(self.inner.entry("backup")).await?;
        self.inner.writer.checkpoint().await?;
        let (vault, to, at) = (Arc::clone(&self.inner), to.to_owned(), self.inner.clock.now());
        let work = move || {
            if to.exists() {
                return Err(failed(&to, "it is there already"));
            }
            let scratch = Scratch::beside(&to)?;
            let snapshot = scratch.0.join("snapshot");
            vault.database.snapshot(&snapshot)?;
            let sealed = scratch.0.join("sealed");
            let info = seal(vault.root()?, &snapshot, &sealed, at, &mut progress)?;
            put(&sealed, &to)?;
            Ok(info)
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| VaultError::Storage(error.to_string()))?
    }
}

/// When a backup says that it was made.
///
/// # Errors
/// [`VaultError::Storage`] when the file is no backup.
pub fn backup_time(backup: &Path) -> Result<Timestamp, VaultError> {
    let mut file = File::open(backup).map_err(|error| failed(backup, &error.to_string()))?;
    read_header(&mut file, backup).map(|header| header.at)
}

/// Makes the database of a backup again: a SQLite file that must not exist yet, or in a PostgreSQL database that holds no vault. A
/// backup of the one can be restored to the other. Blocks.
///
/// # Errors
/// [`VaultError::Root`] when the backup was made under another root; [`VaultError::Envelope`] when it was changed or cut;
/// [`VaultError::Storage`] when something cannot be read or written. Nothing is left behind then.
pub fn restore(
    backup: &Path,
    root: RootKey,
    into: &VaultDatabase,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupInfo, VaultError> {
    match into {
        VaultDatabase::Sqlite(file) => {
            if file.exists() {
                return Err(failed(file, "it is there already; a restore never writes over a vault"));
            }
            // SQLite takes a log that lies beside a file for that file's: it would be played into the restored vault.
            for end in ["-wal", "-journal", "-shm"] {
                let mut beside = file.as_os_str().to_owned();
                beside.push(end);
                if Path::new(&beside).exists() {
                    let why = "it belongs to a database that is gone; move it away, and restore then";
                    return Err(failed(Path::new(&beside), why));
                }
            }
            let scratch = Scratch::beside(file)?;
            let opened = scratch.0.join("restored");
            let info = unseal(backup, root, &opened, progress)?;
            put(&opened, file)?;
            Ok(info)
        }
        VaultDatabase::Postgres(url) => {
            let scratch = tempfile::tempdir().map_err(|error| VaultError::Storage(error.to_string()))?;
            let opened = scratch.path().join("restored");
            let info = unseal(backup, root, &opened, progress)?;
            // The blocking client must not run where a runtime runs, and the caller may be there.
            std::thread::scope(|scope| scope.spawn(|| Postgres::open(url)?.fill(&opened)).join())
                .unwrap_or_else(|_| Err(VaultError::Storage("filling the database failed".into())))?;
            Ok(info)
        }
        VaultDatabase::Memory => Err(VaultError::Storage("a database in memory would be gone again".into())),
    }
}

/// Writes the snapshot in a backup to a file that is not there yet.
fn unseal(
    backup: &Path,
    root: RootKey,
    opened: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupInfo, VaultError> {
    let whole = fs::metadata(backup).map_err(|error| failed(backup, &error.to_string()))?.len();
    let mut file = BufReader::new(File::open(backup).map_err(|error| failed(backup, &error.to_string()))?);
    let header = read_header(&mut file, backup)?;
    let root = Root::unseal(root, Some(header.root))?;
    if root.key.id != header.root {
        return Err(VaultError::Root("it is not the root that the backup was made under".into()));
    }
    let io = |error: std::io::Error| failed(opened, &error.to_string());
    let mut out = BufWriter::new(create_private(opened).map_err(io)?);
    let mut bytes = 0;
    for place in 0u64.. {
        let mut length = [0u8; 4];
        file.read_exact(&mut length).map_err(|_| cut())?;
        let length = u32::from_be_bytes(length);
        // The topmost bit says that it is the last.
        let (is_last, length) = (length >> 31 == 1, length & 0x7fff_ffff);
        if length > MOST {
            return Err(cut());
        }
        let mut envelope = vec![0; length as usize];
        file.read_exact(&mut envelope).map_err(|_| cut())?;
        let binding = Binding::backup(header.at, place, is_last);
        let frame = root
            .key
            .unwrap(Kind::Backup, header.id, &binding, &envelope)
            .map_err(|error| if place == 0 { root.explain(error) } else { error })?;
        out.write_all(&frame).map_err(io)?;
        bytes += frame.len() as u64;
        progress(bytes.min(whole), whole);
        if is_last {
            break;
        }
    }
    if file.read(&mut [0]).map_err(|error| failed(backup, &error.to_string()))? != 0 {
        return Err(VaultError::Envelope("something follows the end of the backup"));
    }
    out.flush().and_then(|()| out.get_ref().sync_all()).map_err(io)?;
    Ok(BackupInfo { at: header.at, bytes })
}

fn seal(
    root: &Root,
    snapshot: &Path,
    sealed: &Path,
    at: Timestamp,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupInfo, VaultError> {
    let io = |error: std::io::Error| failed(sealed, &error.to_string());
    let total = fs::metadata(snapshot).map_err(io)?.len();
    let mut from = File::open(snapshot).map_err(io)?;
    let mut out = BufWriter::new(create_private(sealed).map_err(io)?);
    let id: [u8; 16] = random()?;
    let header = [MAGIC.as_slice(), &root.key.id, &id, &at.micros().to_be_bytes()].concat();
    out.write_all(&header).map_err(io)?;
    let (mut done, mut place) = (0, 0u64);
    loop {
        let mut frame = Vec::with_capacity(FRAME);
        Read::by_ref(&mut from).take(FRAME as u64).read_to_end(&mut frame).map_err(io)?;
        done += frame.len() as u64;
        let is_last = done >= total || frame.is_empty();
        let envelope = root.key.wrap(Kind::Backup, id, &Binding::backup(at, place, is_last), at, &frame)?;
        let length = u32::try_from(envelope.len()).map_err(|_| cut())? | u32::from(is_last) << 31;
        out.write_all(&length.to_be_bytes()).and_then(|()| out.write_all(&envelope)).map_err(io)?;
        progress(done, total);
        if is_last {
            break;
        }
        place += 1;
    }
    out.flush().and_then(|()| out.get_ref().sync_all()).map_err(io)?;
    Ok(BackupInfo { at, bytes: done })
}

fn read_header(file: &mut impl Read, path: &Path) -> Result<Header, VaultError> {
    let mut bytes = [0u8; 5 + 16 + 16 + 8];
    file.read_exact(&mut bytes).map_err(|_| failed(path, "it is no backup of a vault"))?;
    let (magic, rest) = bytes.split_at(5);
    let (root, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (id, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (at, _) = rest.split_first_chunk().ok_or_else(cut)?;
    if magic != MAGIC {
        return Err(failed(path, "it is no backup of a vault, or of a later version"));
    }
    Ok(Header { root: *root, id: *id, at: Timestamp::from_micros(i64::from_be_bytes(*at)) })
}

/// Gives a finished file its name, unless something is there by now.
fn put(finished: &Path, name: &Path) -> Result<(), VaultError> {
    tempfile::TempPath::try_from_path(finished)
        .and_then(|file| file.persist_noclobber(name).map_err(|error| error.error))
        .and_then(|()| sync_parent(name))
        .map_err(|error| failed(name, &error.to_string()))
}

fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn cut() -> VaultError {
    VaultError::Envelope("the backup is cut short")
}

fn failed(path: &Path, why: &str) -> VaultError {
    VaultError::Storage(format!("{}: {why}", path.display()))
}

/// A folder for the owner alone that goes when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(path: &Path) -> Result<Self, VaultError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}", hex::encode(random::<6>()?)));
        let folder = path.with_file_name(name);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).map_err(|error| failed(&folder, &error.to_string()))?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "a temporary folder is left behind");
        }
    }
}
