//! Drawing consequences again from entries of the journal.

use super::{ahead::Found, connect::Connection, tables};
use crate::{
    fault::Outcome,
    numbers::to_column,
    projection::{
        Staged,
        known::Known,
        replay::{record, replay},
    },
};

/// Entries whose consequences are held in memory at a time.
const AT_A_TIME: i64 = 4096;

const AFTER: &str = r#"SELECT seq, "user", at, body FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2"#;

/// Writes all that the tables lack, however much it is; answers with the last entry of the journal.
pub(super) fn catch_up(connection: &Connection) -> Outcome<u64> {
    let mut last = tables::projected(connection)?;
    let mut staged = Staged::after(last);
    while let Some(reached) = take_up(connection, &mut staged, last)? {
        tables::write(connection, &staged.hand_over(reached))?;
        staged.written();
        last = reached;
    }
    Ok(last)
}

/// What the tables lack of what follows from the journal.
pub(super) fn missing(connection: &Connection) -> Outcome<Staged> {
    let mut last = tables::projected(connection)?;
    let mut staged = Staged::after(last);
    while let Some(reached) = take_up(connection, &mut staged, last)? {
        last = reached;
    }
    Ok(staged)
}

/// Takes up some entries after one; answers with the last of them, if there are any.
fn take_up(connection: &Connection, staged: &mut Staged, after: u64) -> Outcome<Option<u64>> {
    let rows = connection.rows(AFTER, &[&to_column(after), &AT_A_TIME])?;
    let records = rows.iter().map(|row| record(row)).collect::<Outcome<Vec<_>>>()?;
    let events = records.iter().map(|record| (record.user, &record.event));
    let found = Found::fetch(connection, (staged, &Known::new()), events)?;
    for record in &records {
        replay(&found.on(connection), staged, record)?;
    }
    Ok(records.last().map(|record| record.seq))
}
