//! One server a data folder: two would both send.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use super::StartError;

/// Holds the folder until dropped, or until the process ends in whatever way.
#[derive(Debug)]
pub(super) struct DataLock(File);

impl DataLock {
    pub(super) fn take(folder: &Path) -> Result<Self, StartError> {
        let failed = |source| StartError::DataDir { path: folder.display().to_string(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(folder.join("nija.lock"))
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StartError::DataDirInUse(folder.display().to_string())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// Closing the file would not do: whoever starts a program has a copy of it open for a moment, and with that the lock.
impl Drop for DataLock {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the data folder could not be unlocked; the end of this process does that");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_free_again_at_once_even_where_the_file_is_open_elsewhere_still() {
        let folder = tempfile::tempdir().unwrap();
        let lock = DataLock::take(folder.path()).unwrap();
        // As in a child process that has not become another program yet.
        let copy = lock.0.try_clone().unwrap();
        assert!(matches!(DataLock::take(folder.path()), Err(StartError::DataDirInUse(_))));
        drop(lock);
        let again = DataLock::take(folder.path()).unwrap();
        drop(copy);
        assert!(matches!(DataLock::take(folder.path()), Err(StartError::DataDirInUse(_))));
        drop(again);
    }
}
