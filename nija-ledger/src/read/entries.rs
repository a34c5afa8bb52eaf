//! A user's entries of the journal: which they are, and what is in them.

use nija_core::UserId;
use std::collections::HashMap;

use crate::{
    fault::Outcome,
    numbers::{from_column, to_column},
    projection::entries::{Mark, entries},
    sql::{Row, Sql, Value, all, values},
};

pub(crate) const BACK: &str =
    "SELECT first, steps FROM user_entries WHERE \"user\" = ?1 AND first < ?2 ORDER BY first DESC LIMIT ?3";
pub(crate) const ON: &str =
    "SELECT first, steps FROM user_entries WHERE \"user\" = ?1 AND first > ?2 ORDER BY first LIMIT ?3";

/// Rows of runs that are asked for at a time.
const RUNS: i64 = 8;

/// Entries whose bodies are asked for at a time.
pub(super) const AT_A_TIME: usize = 16;

/// The names of so many parameters, for a list of entries.
macro_rules! listed {
    () => {
        "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
    };
}
pub(super) use listed;

/// The newest entries before a place, of those kinds that are wanted, newest first; at most so many.
pub(super) fn newest(
    sql: &dyn Sql,
    user: UserId,
    before: i64,
    number: usize,
    wanted: impl Fn(Mark) -> bool,
) -> Outcome<Vec<u64>> {
    let (mut found, mut from) = (Vec::new(), before);
    loop {
        let runs = runs(sql, BACK, user, from, RUNS)?;
        for (first, entries) in &runs {
            from = *first;
            let older = entries.iter().rev().filter(|(seq, mark)| to_column(*seq) < before && wanted(*mark));
            found.extend(older.map(|(seq, _)| *seq));
        }
        if found.len() >= number || runs.is_empty() {
            found.truncate(number);
            return Ok(found);
        }
    }
}

/// Reads a user's entries on, from one of them.
pub(super) struct Onward<'s> {
    sql: &'s dyn Sql,
    user: UserId,
    /// The row that was read last.
    after: i64,
    ahead: std::collections::VecDeque<u64>,
}

impl<'s> Onward<'s> {
    pub(super) fn from(sql: &'s dyn Sql, user: UserId, place: i64) -> Outcome<Self> {
        let run = runs(sql, BACK, user, place.saturating_add(1), 1)?.pop();
        let after = run.as_ref().map_or(place.saturating_sub(1), |(first, _)| *first);
        let entries = run.into_iter().flat_map(|(_, entries)| entries);
        let ahead = entries.map(|(seq, _)| seq).filter(|seq| to_column(*seq) >= place).collect();
        Ok(Self { sql, user, after, ahead })
    }

    /// The next ones, as many as are asked for at a time; none when there are none left.
    pub(super) fn next(&mut self) -> Outcome<Vec<u64>> {
        while self.ahead.len() < AT_A_TIME {
            let runs = runs(self.sql, ON, self.user, self.after, RUNS)?;
            let Some((last, _)) = runs.last() else { break };
            self.after = *last;
            self.ahead.extend(runs.into_iter().flat_map(|(_, entries)| entries).map(|(seq, _)| seq));
        }
        Ok(self.ahead.drain(..self.ahead.len().min(AT_A_TIME)).collect())
    }
}

type Read = (i64, Vec<(u64, Mark)>);

fn runs(sql: &dyn Sql, question: &str, user: UserId, from: i64, number: i64) -> Outcome<Vec<Read>> {
    all(sql, question, values![user.as_uuid().into_bytes(), from, number], |row| {
        let first = row.get(0)?;
        Ok((first, entries(first, row.str(1)?)?))
    })
}

/// What a question finds of entries, in the order in which they are asked for. It asks for a [list](listed) of them, then for `more`, and
/// answers with the entry's number first.
pub(super) fn each<T>(
    sql: &dyn Sql,
    question: &str,
    seqs: &[u64],
    more: Option<[u8; 16]>,
    take: impl Fn(&dyn Row) -> Outcome<T>,
) -> Outcome<Vec<(u64, T)>> {
    let mut taken = Vec::with_capacity(seqs.len());
    for some in seqs.chunks(AT_A_TIME) {
        // A list that is short asks for its last one again.
        let last = some.last().copied().unwrap_or_default();
        let list = some.iter().copied().chain(std::iter::repeat(last)).take(AT_A_TIME);
        let mut asked: Vec<Value<'_>> = list.map(|seq| to_column(seq).into()).collect();
        asked.extend(more.map(Value::Id));
        let found = all(sql, question, &asked, |row| Ok((from_column(row.get(0)?), take(row)?)))?;
        let mut found: HashMap<u64, T> = found.into_iter().collect();
        taken.extend(some.iter().filter_map(|seq| Some((*seq, found.remove(seq)?))));
    }
    Ok(taken)
}
