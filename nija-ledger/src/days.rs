//! UTC days in microseconds, for any number at all.

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// The first microsecond of the day that a moment is in.
pub(crate) const fn start(micros: i64) -> i64 {
    micros.div_euclid(DAY).saturating_mul(DAY)
}

/// The first microsecond of the day after.
pub(crate) const fn next(micros: i64) -> i64 {
    start(micros).saturating_add(DAY)
}
