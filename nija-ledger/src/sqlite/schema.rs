//! The journal's file, and the way from every older version of it to the newest. What follows from it is in `tables/`.

use nija_core::LedgerError;
use rusqlite::{Connection, TransactionBehavior};

use super::fault::Outcome;

/// Migrations in order; the file's `user_version` counts those that it has. Never change one that was released.
const MIGRATIONS: [&str; 11] = [
    include_str!("migrations/0001_journal.sql"),
    include_str!("migrations/0002_projected.sql"),
    include_str!("migrations/0003_kill_switches.sql"),
    include_str!("migrations/0004_children.sql"),
    include_str!("migrations/0005_user_entries.sql"),
    include_str!("migrations/0006_protections.sql"),
    include_str!("migrations/0007_risk_settings.sql"),
    include_str!("migrations/0008_journal_alone.sql"),
    include_str!("migrations/0009_equity.sql"),
    include_str!("migrations/0010_guards_that_fail.sql"),
    include_str!("migrations/0011_bans.sql"),
];

/// Brings a file to the newest version, each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> Outcome<()> {
    let version = version(connection)?;
    if version > MIGRATIONS.len() {
        let words = format!(
            "the data file has version {version} and this program knows only {}: it was written by a newer NIJA",
            MIGRATIONS.len()
        );
        return Err(LedgerError::Storage(words).into());
    }
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(version) {
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step.execute_batch(sql)?;
        step.execute_batch(&format!("PRAGMA user_version = {}", index + 1))?;
        step.commit()?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Outcome<usize> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    // A negative number is not ours either.
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let tables = |c: &Connection| -> i64 {
            c.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap()
        };
        let before = tables(&connection);
        migrate(&mut connection).unwrap();
        assert_eq!(tables(&connection), before);
        assert_eq!(version(&connection).unwrap(), MIGRATIONS.len());
    }

    #[test]
    fn a_file_of_a_newer_program_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA user_version = 999").unwrap();
        let error = LedgerError::from(migrate(&mut connection).unwrap_err());
        assert!(error.to_string().contains("newer NIJA"), "{error}");
    }
}
