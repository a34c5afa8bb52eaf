//! Drawing consequences again from entries of the journal.

use nija_core::{JournalEvent, Timestamp, UserId};

use super::{ahead::Found, connect::Connection, tables};
use crate::{
    fault::{Fault, Outcome},
    numbers::{from_column, to_column},
    projection::{Staged, known::Known, replay},
    sql::Row,
};

/// Entries whose consequences are held in memory at a time.
const AT_A_TIME: i64 = 4096;

const AFTER: &str = r#"SELECT seq, "user", at, body FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2"#;

/// Writes all that the tables lack, however much it is; answers with the last entry of the journal.
pub(super) fn catch_up(connection: &Connection) -> Outcome<u64> {
    let mut last = tables::projected(connection)?;
    let mut staged = Staged::default();
    while let Some(reached) = take_up(connection, &mut staged, last)? {
        tables::write(connection, last, &staged.hand_over(reached))?;
        staged.written();
        last = reached;
    }
    Ok(last)
}

/// What the tables lack of what follows from the journal, and the last entry that they hold.
pub(super) fn missing(connection: &Connection) -> Outcome<(u64, Staged)> {
    let projected = tables::projected(connection)?;
    let (mut last, mut staged) = (projected, Staged::default());
    while let Some(reached) = take_up(connection, &mut staged, last)? {
        last = reached;
    }
    Ok((projected, staged))
}

/// Takes up some entries after one; answers with the last of them, if there are any.
fn take_up(connection: &Connection, staged: &mut Staged, after: u64) -> Outcome<Option<u64>> {
    let mut entries = Vec::new();
    for row in connection.rows(AFTER, &[&to_column(after), &AT_A_TIME])? {
        let row: &dyn Row = &row;
        let user = UserId::from_uuid(uuid::Uuid::from_bytes(row.get(1)?));
        let event: JournalEvent =
            serde_json::from_str(row.str(3)?).map_err(|error| Fault::unreadable("an entry", error))?;
        entries.push((from_column(row.get(0)?), user, Timestamp::from_micros(row.get(2)?), event));
    }
    let events = entries.iter().map(|(_, user, _, event)| (*user, event));
    let found = Found::fetch(connection, (staged, &Known::new()), events)?;
    let mut last = None;
    for (seq, user, at, event) in entries {
        replay(&found.on(connection), staged, seq, (user, at, event))?;
        last = Some(seq);
    }
    Ok(last)
}
