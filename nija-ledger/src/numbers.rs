//! Between our numbers and a database's signed 64-bit ones.

use nija_core::LedgerError;

/// A place in the journal, for a column. No journal grows beyond 2^63 entries.
pub(crate) fn to_column(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A place in the journal, from a column.
pub(crate) fn from_column(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or(0)
}

/// The first of some nonces of a key, at least `floor`, and the column of the next one after them.
pub(crate) fn take(next: Option<i64>, floor: u64, count: u64) -> Result<(u64, i64), LedgerError> {
    let first = next.map_or(floor, |next| next.cast_unsigned().max(floor));
    let refuse = |words: &str| LedgerError::Invalid(words.to_owned());
    if count == 0 {
        return Err(refuse("a reservation takes at least one nonce"));
    }
    let after = first.checked_add(count).ok_or_else(|| refuse("the nonces of this key are used up"))?;
    Ok((first, after.cast_signed()))
}
