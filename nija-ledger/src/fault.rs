//! Errors inside the SQLite backend, and their one translation into [`LedgerError`].

use nija_core::{LedgerError, TransitionError};
use rusqlite::ErrorCode;

/// What goes wrong in here: a refusal that the caller caused, or the storage.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
}

pub(crate) type Outcome<T> = Result<T, Fault>;

impl Fault {
    /// Something stored that cannot be read back.
    pub(crate) fn unreadable(what: &str, why: impl std::fmt::Display) -> Self {
        Self::Ledger(LedgerError::Storage(format!("{what} cannot be read: {why}")))
    }

    /// Whether it is unknown what reached the disk, so that nothing may be built on it.
    pub(crate) fn leaves_doubt(&self) -> bool {
        matches!(self, Self::Sql(error) if matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        ))
    }

    /// Whether the file is no database or a broken one.
    pub(crate) fn is_of_the_file(&self) -> bool {
        matches!(self, Self::Sql(error) if matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        ))
    }
}

impl From<TransitionError> for Fault {
    fn from(error: TransitionError) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<Fault> for LedgerError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Ledger(error) => error,
            Fault::Sql(error) => Self::Storage(words(&error)),
        }
    }
}

fn words(error: &rusqlite::Error) -> String {
    let plain = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full",
        Some(ErrorCode::ReadOnly) => "the data file is read-only",
        Some(ErrorCode::CannotOpen) => "the data file cannot be opened",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "the data file is damaged",
        Some(ErrorCode::SystemIoFailure) => "the disk failed to read or write",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another program locks the data file",
        Some(ErrorCode::PermissionDenied) => "the data file may not be accessed",
        Some(ErrorCode::OutOfMemory) => "memory ran out",
        _ => return error.to_string(),
    };
    format!("{plain} ({error})")
}
