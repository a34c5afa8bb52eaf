//! What a call to a venue came to, as far as its lane is concerned.

use nija_core::{LimitScope, VenueError};

use super::told::Limited;

/// What a call says of its venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The venue did its part, be it with a business refusal.
    Answer,
    /// It failed.
    Failure,
    /// It had no room for the request. That says nothing of how it does otherwise, and least of all that it does well.
    Limited(LimitScope, Limited),
    /// The request never came to it.
    Nothing,
}

impl Heard {
    pub(crate) fn of<T>(outcome: &Result<T, VenueError>) -> Self {
        match outcome {
            Ok(_) => Self::Answer,
            Err(VenueError::RateLimited { scope, banned, retry_after, .. }) => {
                Self::Limited(*scope, Limited { banned: *banned, retry_after: *retry_after })
            }
            Err(error) if error.is_failure() => Self::Failure,
            Err(error) if error.is_answer() => Self::Answer,
            Err(_) => Self::Nothing,
        }
    }
}
