//! Reading what venues send: numbers from their digits, JSON with the place of what is wrong, checked amounts.

mod bounds;
mod number;

pub(crate) use bounds::{asset, moment, money, rate, step, sum, words};
use nija_core::{Price, Quantity, VenueError, VenueId};
pub(crate) use number::Num;
pub(crate) use number::{Level, Sparse, micros, parse};
use rust_decimal::Decimal;
use serde::Deserialize;

/// Where a payload does not make sense, and how.
#[allow(clippy::needless_pass_by_value)] // Literals, errors and `format_args!` are handed over as they are.
pub(crate) fn unreadable(venue: &VenueId, path: impl Into<String>, message: impl ToString) -> VenueError {
    // Ids and names of the payload stand in both: a sane length.
    let cut = |text: String| if text.len() > 300 { text.chars().take(300).collect() } else { text };
    VenueError::Decode { venue: venue.clone(), path: cut(path.into()), message: cut(message.to_string()) }
}

/// Reads JSON; an error names the place below `root`.
pub(crate) fn decode<'a, T: Deserialize<'a>>(
    venue: &VenueId,
    root: &str,
    json: &'a str,
) -> Result<T, VenueError> {
    serde_json::from_str(json).map_err(|_| {
        // Read again with the path kept: only errors pay for it.
        let mut deserializer = serde_json::Deserializer::from_str(json);
        match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
            Err(error) => unreadable(venue, format!("{root}.{}", error.path()), error.inner()),
            Ok(_) => unreadable(venue, root, "there is more after the end"),
        }
    })
}

pub(crate) fn price(venue: &VenueId, path: &str, value: Decimal) -> Result<Price, VenueError> {
    Price::new(value).map_err(|error| unreadable(venue, path, error))
}

pub(crate) fn quantity(venue: &VenueId, path: &str, value: Decimal) -> Result<Quantity, VenueError> {
    Quantity::new(value).map_err(|error| unreadable(venue, path, error))
}
