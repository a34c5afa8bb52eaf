//! Whose entries are whose, compared one by one: where a row ends follows from when it was written, not from the journal.

use rusqlite::{Connection, Rows};
use std::{collections::VecDeque, ops::ControlFlow};

use crate::{
    fault::Outcome,
    projection::entries::{Mark, entries},
    sql::{Row, Sql, values},
};

pub(crate) const ALL: &str = "SELECT \"user\", first, steps FROM user_entries ORDER BY \"user\", first";

/// A user's, by number.
type Entry = ([u8; 16], u64, Mark);

pub(super) fn compare(stored: &dyn Sql, rebuilding: &Connection) -> Outcome<Option<String>> {
    let mut should = rebuilding.prepare(ALL)?;
    let mut should = Should { rows: should.query([])?, ahead: VecDeque::new() };
    let mut difference = None;
    let mut differ = |is: Option<Entry>| -> Outcome<bool> {
        let should = should.next()?;
        if is != should {
            difference =
                Some(format!("an entry of user_entries is {} and should be {}", show(is), show(should)));
        }
        Ok(is != should)
    };
    let mut ended = false;
    stored.each(ALL, values![], &mut |row| {
        for entry in read(row)? {
            if differ(Some(entry))? {
                ended = true;
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if !ended {
        differ(None)?;
    }
    Ok(difference)
}

/// What follows from the journal.
struct Should<'r> {
    rows: Rows<'r>,
    ahead: VecDeque<Entry>,
}

impl Should<'_> {
    fn next(&mut self) -> Outcome<Option<Entry>> {
        while self.ahead.is_empty() {
            let Some(row) = self.rows.next()? else { return Ok(None) };
            self.ahead.extend(read(row)?);
        }
        Ok(self.ahead.pop_front())
    }
}

fn read(row: &dyn Row) -> Outcome<Vec<Entry>> {
    let user: [u8; 16] = row.get(0)?;
    let entries = entries(row.get(1)?, row.str(2)?)?;
    Ok(entries.into_iter().map(|(seq, mark)| (user, seq, mark)).collect())
}

fn show(entry: Option<Entry>) -> String {
    entry.map_or("missing".to_owned(), |(user, seq, mark)| {
        format!("[{} | {seq} | {mark:?}]", uuid::Uuid::from_bytes(user).simple())
    })
}
