//! How ledger and vault reach a PostgreSQL database: its address, TLS, and what is said where that does not work.
//!
//! ```
//! use nija_postgres::Address;
//!
//! let address = Address::parse("postgres://nija:secret@db.example.org/nija?sslmode=verify-full", "nija-ledger")?;
//! assert!(address.is_encrypted());
//! # Ok::<(), nija_postgres::Error>(())
//! ```

mod address;
mod tls;

pub use address::Address;

/// Why there is no connection. It holds no word of the connection string, which has a password in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What is wrong, and what to do about it.
    #[error("{0}")]
    Told(String),
    /// Whatever else the database or the way to it said.
    #[error(transparent)]
    Postgres(#[from] postgres::Error),
}

fn told(words: impl Into<String>) -> Error {
    Error::Told(words.into())
}
