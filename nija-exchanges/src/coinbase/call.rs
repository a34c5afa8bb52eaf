//! One call under a user's key, and what its answer says.

use nija_core::{Method, RequestBody, RequestPurpose, UnsignedRequest, VenueAccount, VenueError};
use serde::Serialize;

use super::{error, executor::Coinbase};
use crate::decode::unreadable;

/// Query parameters in the order they are sent.
pub(super) type Query = Vec<(&'static str, String)>;

impl Coinbase {
    /// Reads something of the user's.
    pub(super) async fn read(
        &self,
        account: &VenueAccount,
        path: &str,
        query: Query,
    ) -> Result<String, VenueError> {
        let query = query.into_iter().map(|(name, value)| (name.into(), value)).collect();
        let request = UnsignedRequest {
            venue: self.venue.clone(),
            method: Method::Get,
            path: path.to_owned(),
            query,
            body: RequestBody::Empty,
            purpose: RequestPurpose::Read,
        };
        self.call(account, request).await
    }

    /// Sends something; the token lives until unix second `expires`, where that is said.
    pub(super) async fn post<T: Serialize + Sync>(
        &self,
        account: &VenueAccount,
        path: &'static str,
        body: &T,
        purpose: RequestPurpose,
        expires: Option<i64>,
    ) -> Result<String, VenueError> {
        let body = serde_json::to_string(body).map_err(|error| self.not_sent(error.to_string()))?;
        let expires = expires.map(|at| (super::auth::EXPIRES.into(), at.to_string()));
        let request = UnsignedRequest {
            venue: self.venue.clone(),
            method: Method::Post,
            path: path.to_owned(),
            query: expires.into_iter().collect(),
            body: RequestBody::Json(body),
            purpose,
        };
        self.call(account, request).await
    }

    async fn call(&self, account: &VenueAccount, request: UnsignedRequest) -> Result<String, VenueError> {
        let signed = account.signer.sign(request).await?;
        let answer = self.http.send(Some(account.user), &signed).await?;
        match error::refused(&self.venue, &answer) {
            Some(refusal @ VenueError::KeyRefused { .. }) if answer.status.as_u16() == 401 => {
                Err(self.explain_unauthorized(refusal).await)
            }
            Some(refusal) => Err(refusal),
            None => Ok(answer.body),
        }
    }

    /// A token made by a clock that is off is refused like a wrong key. The venue's clock is measured again: where it turns out
    /// to be elsewhere than thought, the same call signed anew can succeed.
    async fn explain_unauthorized(&self, refusal: VenueError) -> VenueError {
        let before = self.market.offset.micros();
        if !self.market.measure_clock_again().await {
            return refusal;
        }
        let moved = self.market.offset.micros().saturating_sub(before);
        if moved.abs() < 1_000_000 {
            return refusal;
        }
        VenueError::NonceRefused {
            venue: self.venue.clone(),
            message: format!(
                "this machine's clock was off by {} s, so the token was refused; it is followed from now on",
                moved / 1_000_000
            ),
        }
    }

    pub(super) fn not_sent(&self, message: impl Into<String>) -> VenueError {
        VenueError::NotSent { venue: self.venue.clone(), message: message.into() }
    }

    /// Pages that do not end are refused rather than followed.
    pub(super) fn too_long(&self, call: &str, pages: usize) -> VenueError {
        unreadable(&self.venue, call, format_args!("more than {pages} pages"))
    }
}

/// The next page's cursor; none at the end, and none where it does not move on.
pub(super) fn next_cursor(has_next: Option<bool>, cursor: Option<String>, current: &str) -> Option<String> {
    cursor.filter(|next| has_next != Some(false) && !next.is_empty() && next != current)
}
