//! Calls under a user's key: signed by the signer, sent once.

use nija_core::{Method, RequestBody, RequestPurpose, UnsignedRequest, VenueAccount, VenueError};
use serde::Serialize;

use super::{auth, error, executor::Okx};
use crate::decode::unreadable;

/// Query parameters in the order they are sent.
pub(super) type Query = Vec<(&'static str, String)>;

impl Okx {
    /// Reads something of the user's.
    pub(super) async fn read(
        &self,
        account: &VenueAccount,
        path: &'static str,
        query: Query,
    ) -> Result<String, VenueError> {
        let request = self.request(Method::Get, path, query, RequestBody::Empty, RequestPurpose::Read);
        self.call(account, request).await
    }

    /// Sends something, which OKX must take up before millisecond `expires` by its clock, where that is said.
    pub(super) async fn post<T: Serialize + Sync + ?Sized>(
        &self,
        account: &VenueAccount,
        path: &'static str,
        body: &T,
        purpose: RequestPurpose,
        expires: Option<i64>,
    ) -> Result<String, VenueError> {
        let body = serde_json::to_string(body).map_err(|error| self.not_sent(error.to_string()))?;
        let query = expires.map(|at| (auth::EXPIRES, at.to_string())).into_iter().collect();
        let request = self.request(Method::Post, path, query, RequestBody::Json(body), purpose);
        self.call(account, request).await
    }

    /// A signed login: the values of its headers, in the order of `names`.
    pub(super) async fn login<const N: usize>(
        &self,
        account: &VenueAccount,
        names: [&str; N],
    ) -> Result<[String; N], VenueError> {
        let purpose = RequestPurpose::OpenStream;
        let request = self.request(Method::Get, auth::LOGIN, Vec::new(), RequestBody::Empty, purpose);
        let signed = account.signer.sign(request).await?;
        let value = |name: &str| {
            let found = signed.headers().iter().find(|(header, _)| *header == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        Ok(names.map(value))
    }

    async fn call(&self, account: &VenueAccount, request: UnsignedRequest) -> Result<String, VenueError> {
        let signed = account.signer.sign(request).await?;
        let answer = self.http.send(Some(account.user), &signed).await?;
        match error::refused(&self.venue, &answer) {
            Some(refusal) => {
                self.learn_from(&refusal).await;
                Err(refusal)
            }
            None => Ok(answer.body),
        }
    }

    /// A refused timestamp means that the clocks went apart: the next call should know by how much.
    async fn learn_from(&self, refusal: &VenueError) {
        if matches!(refusal, VenueError::NonceRefused { .. })
            && let Err(error) = self.market.measure_clock().await
        {
            tracing::warn!(venue = %self.venue, %error, "the venue's clock could not be read");
        }
    }

    fn request(
        &self,
        method: Method,
        path: &'static str,
        query: Query,
        body: RequestBody,
        purpose: RequestPurpose,
    ) -> UnsignedRequest {
        UnsignedRequest {
            venue: self.venue.clone(),
            method,
            path: path.to_owned(),
            query: query.into_iter().map(|(name, value)| (name.into(), value)).collect(),
            body,
            purpose,
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
