//! A vault's tables from one database to another: a backup of PostgreSQL is a SQLite file, and becomes either again.

use nija_core::VaultError;

use super::sql::{Row, Sql, Value};

/// What a column holds.
#[derive(Clone, Copy)]
enum Kind {
    Int,
    Text,
    Blob,
}
use Kind::{Blob, Int, Text};

struct Table {
    name: &'static str,
    columns: &'static [(&'static str, Kind)],
    /// The log and its checkpoints only grow, in their order; the others may come in any.
    order: &'static str,
}

/// Each after those that it refers to. A test holds this against the schema.
const TABLES: &[Table] = &[
    Table { name: "keys", columns: &[("id", Blob), ("kind", Text), ("envelope", Blob)], order: "id" },
    Table { name: "identity_keys", columns: &[("id", Blob), ("envelope", Blob)], order: "id" },
    Table {
        name: "user_keys",
        columns: &[("user", Blob), ("id", Blob), ("envelope", Blob), ("created_at", Int)],
        order: "id",
    },
    Table {
        name: "credentials",
        columns: &[
            ("id", Blob),
            ("user", Blob),
            ("venue", Text),
            ("label", Text),
            ("custody", Text),
            ("status", Text),
            ("version", Int),
            ("created_at", Int),
            ("destroyed_at", Int),
        ],
        order: "id",
    },
    Table {
        name: "credential_versions",
        columns: &[
            ("credential", Blob),
            ("version", Int),
            ("user_key", Blob),
            ("envelope", Blob),
            ("nonce_key", Blob),
            ("rights", Text),
            ("withdrawn", Int),
            ("created_at", Int),
            ("derivation", Text),
        ],
        order: "credential, version",
    },
    Table {
        name: "policies",
        columns: &[("user", Blob), ("user_key", Blob), ("envelope", Blob)],
        order: "user_key",
    },
    Table {
        name: "policy_history",
        columns: &[("user", Blob), ("revision", Int), ("user_key", Blob), ("envelope", Blob)],
        order: "revision",
    },
    Table {
        name: "notes",
        columns: &[("user", Blob), ("venue", Text), ("name", Text), ("note", Text)],
        order: "venue, name",
    },
    Table { name: "duties", columns: &[("name", Text)], order: "name" },
    Table {
        name: "audit",
        columns: &[
            ("seq", Int),
            ("format", Int),
            ("at", Int),
            ("action", Text),
            ("outcome", Text),
            ("user", Blob),
            ("venue", Text),
            ("credential", Blob),
            ("version", Int),
            ("purpose", Text),
            ("count", Int),
            ("detail", Text),
            ("previous", Blob),
            ("hash", Blob),
            ("actor", Text),
            ("origin", Text),
        ],
        order: "seq",
    },
    Table {
        name: "checkpoints",
        columns: &[
            ("entries", Int),
            ("at", Int),
            ("head", Blob),
            ("root", Blob),
            ("signer", Blob),
            ("signature", Blob),
            ("frontier", Blob),
        ],
        order: "entries",
    },
];

/// Rows in one statement: a trip over the network for each would take longer than all the rest.
const ROWS: usize = 64;

/// Copies everything into tables that are empty but for what the schema's steps wrote. Inside the caller's transactions.
pub(crate) fn copy_vault(from: &mut dyn Sql, to: &mut dyn Sql) -> Result<(), VaultError> {
    to.run("DELETE FROM duties", &[])?;
    for table in TABLES {
        let names: Vec<_> = table.columns.iter().map(|(name, _)| format!(r#""{name}""#)).collect();
        let names = names.join(", ");
        let (name, order) = (table.name, table.order);
        let mut waiting = Vec::new();
        from.each(&format!("SELECT {names} FROM {name} ORDER BY {order}"), &[], &mut |row| {
            waiting.push(read(row, table.columns)?);
            if waiting.len() == ROWS { write(to, name, &names, &mut waiting) } else { Ok(()) }
        })?;
        // One by one: each number of rows would be a statement of its own to prepare.
        for row in waiting {
            write(to, name, &names, &mut vec![row])?;
        }
    }
    Ok(())
}

enum Owned {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

fn read(row: &dyn Row, columns: &[(&str, Kind)]) -> Result<Vec<Owned>, VaultError> {
    let value = |(place, (_, kind)): (usize, &(&str, Kind))| {
        Ok(match kind {
            Int => Owned::Int(row.int(place)?),
            Text => Owned::Text(row.text(place)?),
            Blob => Owned::Blob(row.blob(place)?),
        })
    };
    columns.iter().enumerate().map(value).collect()
}

fn write(to: &mut dyn Sql, table: &str, names: &str, rows: &mut Vec<Vec<Owned>>) -> Result<(), VaultError> {
    let mut number = 0;
    let places: Vec<_> = rows
        .iter()
        .map(|row| {
            let one: Vec<_> = row
                .iter()
                .map(|_| {
                    number += 1;
                    format!("?{number}")
                })
                .collect();
            format!("({})", one.join(", "))
        })
        .collect();
    let values: Vec<_> = rows
        .iter()
        .flatten()
        .map(|value| match value {
            Owned::Int(number) => Value::from(*number),
            Owned::Text(text) => Value::from(text.as_ref()),
            Owned::Blob(bytes) => Value::from(bytes.as_ref()),
        })
        .collect();
    to.run(&format!("INSERT INTO {table} ({names}) VALUES {}", places.join(", ")), &values)?;
    rows.clear();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Database, Sqlite, values};

    #[test]
    fn every_column_of_every_table_is_copied() {
        let database = Sqlite::in_memory().unwrap();
        let mut reader = database.reader().unwrap();
        let columns = r#"SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
                         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"#;
        let mut found = reader
            .as_mut()
            .all(columns, values![], |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))
            .unwrap();
        let mut copied: Vec<_> = TABLES
            .iter()
            .flat_map(|table| {
                table.columns.iter().map(|(name, _)| (table.name.to_owned(), (*name).to_owned()))
            })
            .collect();
        found.sort();
        copied.sort();
        assert_eq!(found, copied);
    }
}
