//! Between our numbers and SQLite's signed 64-bit ones.

/// A place in the journal, for a column. No journal grows beyond 2^63 entries.
pub(crate) fn to_column(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A place in the journal, from a column.
pub(crate) fn from_column(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or(0)
}
