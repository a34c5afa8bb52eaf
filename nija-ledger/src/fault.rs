//! Errors inside the databases' backends, and their one translation into [`LedgerError`].

use nija_core::{LedgerError, TransitionError};
use postgres::error::SqlState;
use rusqlite::ErrorCode;

/// What goes wrong in here: a refusal that the caller caused, or the storage.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error(transparent)]
    Postgres(#[from] postgres::Error),
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

    /// Whether PostgreSQL said this.
    pub(crate) fn is_code(&self, code: &str) -> bool {
        matches!(self, Self::Postgres(error) if error.code().is_some_and(|said| said.code() == code))
    }

    /// Whether the connection to PostgreSQL is at its end, or the server is: what was asked for last may have been done or not.
    pub(crate) fn is_lost(&self) -> bool {
        let Self::Postgres(error) = self else { return false };
        // Class 08 is about connections, 57P01 to 57P05 about the server's end.
        error.code().is_none_or(|code| code.code().starts_with("08") || code.code().starts_with("57P"))
    }

    /// Whether the file is no database or a broken one.
    pub(crate) fn is_of_the_file(&self) -> bool {
        matches!(self, Self::Sql(error) if matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        ))
    }
}

impl From<nija_postgres::Error> for Fault {
    fn from(error: nija_postgres::Error) -> Self {
        match error {
            nija_postgres::Error::Postgres(error) => Self::Postgres(error),
            told => Self::Ledger(LedgerError::Storage(told.to_string())),
        }
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
            Fault::Postgres(error) => Self::Storage(told(&error)),
        }
    }
}

/// The server's message, which names tables and constraints; its detail would quote values.
fn told(error: &postgres::Error) -> String {
    let Some(said) = error.as_db_error() else {
        return format!("the database cannot be reached ({error})");
    };
    let plain = match *said.code() {
        SqlState::DISK_FULL => "the database's disk is full",
        SqlState::OUT_OF_MEMORY => "the database is out of memory",
        SqlState::TOO_MANY_CONNECTIONS => "the database has no connection left",
        SqlState::READ_ONLY_SQL_TRANSACTION => "the database is read-only: a standby?",
        SqlState::INSUFFICIENT_PRIVILEGE => "the database does not allow this user that",
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => {
            "the database is going down or coming up"
        }
        _ => return format!("{} (PostgreSQL {})", said.message(), said.code().code()),
    };
    format!("{plain} ({}, PostgreSQL {})", said.message(), said.code().code())
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
