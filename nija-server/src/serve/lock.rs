//! One server a data folder: two would both send.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use super::StartError;

/// Holds the folder until dropped, or until the process ends in whatever way.
#[derive(Debug)]
pub(super) struct DataLock(#[allow(dead_code)] File);

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
