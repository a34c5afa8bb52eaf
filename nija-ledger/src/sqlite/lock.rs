//! One process at a time: two writers would hand out the same nonces and sequence numbers.

use nija_core::LedgerError;
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

/// Holds the lock file beside a data file for as long as it lives; the system frees it when the process dies.
#[derive(Debug)]
pub(super) struct DataLock {
    file: File,
}

/// Closing the file would not do: whoever starts a program has a copy of it open for a moment, and with that the lock.
impl Drop for DataLock {
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the ledger could not be unlocked; the end of this process does that");
        }
    }
}

impl DataLock {
    /// Locks `ledger.db` by `ledger.lock` beside it.
    pub(super) fn take(database: &Path) -> Result<Self, LedgerError> {
        let path = lock_path(database);
        let failed = |error: std::io::Error| {
            LedgerError::Storage(format!("the lock file {} failed: {error}", path.display()))
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(taken(database, &mut file)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // The number is only for the message above; the lock is what counts.
        file.set_len(0).map_err(failed)?;
        write!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { file })
    }
}

fn lock_path(database: &Path) -> PathBuf {
    database.with_extension("lock")
}

fn taken(database: &Path, file: &mut File) -> LedgerError {
    let mut holder = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut holder));
    let by = match read {
        Ok(_) if holder.bytes().all(|b| b.is_ascii_digit()) && !holder.is_empty() => {
            format!("process {holder}")
        }
        _ => "another process".to_owned(),
    };
    LedgerError::Storage(format!("{} is in use by {by}; only one process may write it", database.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_free_again_at_once_even_where_the_file_is_open_elsewhere_still() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("ledger.db");
        let lock = DataLock::take(&database).unwrap();
        // As in a child process that has not become another program yet.
        let copy = lock.file.try_clone().unwrap();
        assert!(DataLock::take(&database).is_err());
        drop(lock);
        let again = DataLock::take(&database).unwrap();
        drop(copy);
        assert!(DataLock::take(&database).is_err());
        drop(again);
    }
}
