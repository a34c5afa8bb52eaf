//! The durable journal and its projections.
//!
//! [`SqliteLedger`] keeps the journal in one SQLite file, append-only, and what follows from it (orders, positions, fills, sums,
//! pauses) in another beside it, which is written right behind it and can be drawn anew from it to the last digit. [`PostgresLedger`]
//! does the same in two schemas of a PostgreSQL database.
//!
//! ```
//! use nija_core::{JournalBatch, JournalEvent, Ledger, SeededEntropy, Timestamp, UserId};
//! use nija_ledger::SqliteLedger;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let now = Timestamp::from_micros(1_700_000_000_000_000);
//! # let user = UserId::generate(now, &SeededEntropy::new(1));
//! let ledger = SqliteLedger::open(&folder.path().join("ledger.db"))?;
//! let events = vec![JournalEvent::Paused { paused: true }];
//! ledger.append(JournalBatch { user, at: now, events }).await?; // on the disk from here on
//! assert_eq!(ledger.paused(user).await?, Some(now));
//! assert!(ledger.verify_projections().await?.is_empty());
//! ledger.close().await;
//! # Ok(())
//! # }
//! ```

mod amounts;
mod answers;
mod days;
mod encode;
mod exact;
mod fault;
#[cfg(test)]
mod hot;
mod jobs;
mod keeper;
mod numbers;
mod postgres;
mod projection;
mod read;
mod readers;
mod running;
mod sql;
mod sqlite;
#[cfg(feature = "testing")]
pub mod testing;
mod verify;
mod writer;

pub use postgres::{PostgresLedger, PostgresQuestions};
pub use sqlite::{SqliteLedger, SqliteQuestions};

/// What a ledger did since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerStats {
    /// Transactions committed, each with one wait for the disk.
    pub commits: u64,
    /// Appends and nonce reservations in them, refused ones included.
    pub jobs: u64,
}
