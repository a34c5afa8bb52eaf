//! One server at a time: two writers would hand out the same nonces and sequence numbers.
//!
//! A lock that lasts as long as the writer's connection keeps a second server out while the first lives. What keeps two from ever
//! appending both is the epoch: each server takes the next one, and the database refuses every write of an earlier one, in the
//! transaction that writes. So a lock that was lost without notice costs a server its ledger, and nobody an entry.

use nija_core::LedgerError;

use super::{connect::Connection, question::Id, schema};
use crate::fault::{Fault, Outcome};

/// Of the ledger's owner ("nijaledg" in ASCII); one ledger a database.
const LOCK: i64 = 0x6e69_6a61_6c65_6467;

/// How long a new server waits for the end of a dead one's connection.
const WAIT: &str = "2s";

/// What the database says of a write of an earlier epoch.
pub(super) const FENCED: &str = "NJ001";

/// An owner of the ledger.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    token: [u8; 16],
    pub(super) epoch: i64,
}

impl Owner {
    /// Takes the ledger: locks it, brings its schema to the newest version, and begins an epoch.
    pub(super) fn take(connection: &Connection) -> Outcome<Self> {
        connection.script(&format!("SET lock_timeout = '{WAIT}'"))?;
        if let Err(fault) = connection.script(&format!("SELECT pg_advisory_lock({LOCK})")) {
            return Err(if fault.is_code("55P03") { in_use(connection) } else { fault });
        }
        connection.script("SET lock_timeout = '10s'")?;
        schema::migrate(connection)?;
        let token = uuid::Uuid::new_v4().into_bytes();
        let next = "UPDATE owner SET epoch = epoch + 1, token = $1, holder = $2, since = now() WHERE id = 0 RETURNING epoch";
        match connection.row(next, &[&Id(token), &holder()])? {
            Some(row) => Ok(Self { token, epoch: row.try_get(0)? }),
            None => {
                let words = "the ledger's database has lost the row of its owner";
                Err(LedgerError::Storage(words.into()).into())
            }
        }
    }

    /// Takes the ledger up again on a new connection: the next epoch, once whatever was under way on the old one has ended. From then
    /// on nothing of it can arrive. `None` where somebody else took the ledger meanwhile.
    pub(super) fn again(self, connection: &Connection) -> Outcome<Option<Self>> {
        if connection.row("SELECT 1 FROM owner WHERE id = 0 AND token = $1", &[&Id(self.token)])?.is_none() {
            return Ok(None);
        }
        let locked = connection.row("SELECT pg_try_advisory_lock($1)", &[&LOCK])?;
        if !locked.map_or(Ok(false), |row| row.try_get(0))? {
            // The old connection, as long as the database has not noticed its end; or another server that has not taken its epoch yet.
            let words = "the database still holds the ledger for its last connection";
            return Err(LedgerError::Storage(words.into()).into());
        }
        let next = "UPDATE owner SET epoch = epoch + 1 WHERE id = 0 AND token = $1 RETURNING epoch";
        let taken = connection.row(next, &[&Id(self.token)])?;
        taken.map(|row| Ok(Self { token: self.token, epoch: row.try_get(0)? })).transpose()
    }

    /// Within a transaction: `false` where the epoch is not the newest; else the next one waits for the transaction's end.
    pub(super) fn is_current(self, connection: &Connection) -> Outcome<bool> {
        let mine = "SELECT 1 FROM owner WHERE id = 0 AND epoch = $1 FOR SHARE";
        Ok(connection.row(mine, &[&self.epoch])?.is_some())
    }
}

/// Why nothing is written any more.
pub(super) fn lost() -> LedgerError {
    LedgerError::Storage(
        "another server has taken the ledger over; nothing is written by this one any more".into(),
    )
}

fn in_use(connection: &Connection) -> Fault {
    let told = connection
        .row("SELECT holder, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') FROM owner", &[]);
    let by = match told {
        Ok(Some(row)) => match (row.try_get::<_, String>(0), row.try_get::<_, String>(1)) {
            (Ok(holder), Ok(since)) => format!("{holder} since {since} UTC"),
            _ => "another server".to_owned(),
        },
        _ => "another server".to_owned(),
    };
    let words = format!("the ledger in this database is in use by {by}; only one server may write it");
    LedgerError::Storage(words).into()
}

/// Who this is, for the message above.
fn holder() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "an unnamed host" } else { host.trim() };
    format!("process {} on {host}", std::process::id())
}
