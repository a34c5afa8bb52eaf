//! Which entries of the journal are whose.
//!
//! A row of the table holds a run of one user's entries as steps: how far each is from the one before, and a letter for what it is
//! (`0.1d4f`: the first entry, a decision right after it, a fill four later). With a row for each entry they were a third of all rows
//! that an order makes.

use nija_core::UserId;
use std::fmt::Write as _;

use crate::{
    fault::{Fault, Outcome},
    numbers::{from_column, to_column},
};

/// Entries of one row at most, so that a page is found by reading a few short rows.
const MOST: usize = 128;

/// An entry of the journal by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) user: UserId,
    pub(crate) seq: u64,
    pub(crate) mark: Mark,
}

/// What is asked for by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    Decision,
    Fill,
    Other,
}

impl Mark {
    /// Of an entry of this type.
    pub(crate) fn of(kind: &str) -> Self {
        match kind {
            "routed" | "not_routed" | "scheduled" => Self::Decision,
            "filled" => Self::Fill,
            _ => Self::Other,
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Decision => 'd',
            Self::Fill => 'f',
            Self::Other => '.',
        }
    }

    const fn named(letter: char) -> Option<Self> {
        match letter {
            'd' => Some(Self::Decision),
            'f' => Some(Self::Fill),
            '.' => Some(Self::Other),
            _ => None,
        }
    }
}

/// A row of the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) user: UserId,
    /// The oldest of its entries.
    pub(crate) first: i64,
    pub(crate) steps: String,
}

/// The rows for entries: those of one user after each other, so that each page of the table is met once.
pub(crate) fn runs(entries: &[Entry]) -> Vec<Run> {
    let mut entries = entries.to_vec();
    entries.sort_unstable();
    let (mut runs, mut last, mut length) = (Vec::<Run>::new(), 0, 0);
    for Entry { user, seq, mark } in entries {
        let goes_on = runs.last_mut().filter(|run| run.user == user && length < MOST);
        let (run, step) = match goes_on {
            Some(run) => (run, seq - last),
            None => {
                length = 0;
                runs.push(Run { user, first: to_column(seq), steps: String::new() });
                let Some(run) = runs.last_mut() else { break };
                (run, 0)
            }
        };
        // Writing to a string does not fail.
        let _ = write!(run.steps, "{step}{}", mark.letter());
        (last, length) = (seq, length + 1);
    }
    runs
}

/// The entries of a row, oldest first.
pub(crate) fn entries(first: i64, steps: &str) -> Outcome<Vec<(u64, Mark)>> {
    let wrong = || Fault::unreadable("a row", format!("{steps:?} are no steps from entry to entry"));
    let (mut entries, mut seq, mut rest) = (Vec::new(), from_column(first), steps);
    while !rest.is_empty() {
        let at = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
        let (step, from_letter) = rest.split_at(at);
        let mut letters = from_letter.chars();
        let mark = letters.next().and_then(Mark::named).ok_or_else(wrong)?;
        let step: u64 = step.parse().map_err(|_| wrong())?;
        seq = seq.checked_add(step).ok_or_else(wrong)?;
        entries.push((seq, mark));
        rest = letters.as_str();
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn user(number: u128) -> UserId {
        UserId::from_uuid(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_row_is_short_and_can_be_read_by_a_person() {
        let mine = |seq, kind| Entry { user: user(1), seq, mark: Mark::of(kind) };
        let theirs = Entry { user: user(2), seq: 8, mark: Mark::Other };
        let found = runs(&[mine(7, "intent_accepted"), theirs, mine(9, "routed"), mine(12, "filled")]);
        let run = |user, first, steps: &str| Run { user, first, steps: steps.to_owned() };
        assert_eq!(found, [run(user(1), 7, "0.2d3f"), run(user(2), 8, "0.")]);
    }

    #[test]
    fn a_row_that_was_tampered_with_is_told_and_not_guessed_at() {
        for steps in ["0", "0x", ".", "0.1", "-1.", "99999999999999999999.", "0.18446744073709551615f", "0é"]
        {
            let told = entries(1, steps).unwrap_err();
            assert!(format!("{told:?}").contains("steps"), "{steps}: {told:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written(written in proptest::collection::btree_map(1_u64..2_000, (0_u128..3, 0_usize..3), 0..600)) {
            let marks = [Mark::Decision, Mark::Fill, Mark::Other];
            let mut all: Vec<Entry> =
                written.iter().map(|(seq, (of, mark))| Entry { user: user(*of), seq: *seq, mark: marks[*mark] }).collect();
            let rows = runs(&all);
            let read = rows.iter().flat_map(|run| {
                assert!(run.steps.len() <= MOST * 5);
                entries(run.first, &run.steps).unwrap().into_iter().map(|(seq, mark)| Entry { user: run.user, seq, mark })
            });
            all.sort_unstable();
            prop_assert_eq!(read.collect::<Vec<_>>(), all);
        }
    }
}
