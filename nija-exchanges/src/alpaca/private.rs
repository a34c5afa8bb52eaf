//! Calls that carry a key: a user's through their signer, the operator's with the configured one.

use nija_core::{
    Clock, LimitUsage, Method, RequestBody, RequestPurpose, SignContext, UnsignedRequest, UserId,
    VenueAccount, VenueError, VenueId, sign_request,
};
use std::sync::Arc;

use super::auth::{AlpacaAuthenticator, DataKey};
use crate::transport::{HttpAnswer, HttpClient};

/// Query parameters in the order they are sent.
pub(super) type Query = Vec<(&'static str, String)>;

/// Private calls of one venue.
#[derive(Debug)]
pub(super) struct Private {
    venue: VenueId,
    http: HttpClient,
}

impl Private {
    pub(super) const fn new(venue: VenueId, http: HttpClient) -> Self {
        Self { venue, http }
    }

    /// What the last answers said of the trading host's limits.
    pub(super) fn limits_used(&self, user: Option<UserId>) -> Vec<LimitUsage> {
        self.http.limits_used(user)
    }

    pub(super) async fn get(
        &self,
        account: &VenueAccount,
        path: &str,
        query: Query,
    ) -> Result<HttpAnswer, VenueError> {
        self.call(account, Method::Get, path, query, RequestBody::Empty, RequestPurpose::Read).await
    }

    pub(super) async fn delete(&self, account: &VenueAccount, path: &str) -> Result<HttpAnswer, VenueError> {
        let purpose = RequestPurpose::CancelOrder;
        self.call(account, Method::Delete, path, Vec::new(), RequestBody::Empty, purpose).await
    }

    pub(super) async fn call(
        &self,
        account: &VenueAccount,
        method: Method,
        path: &str,
        query: Query,
        body: RequestBody,
        purpose: RequestPurpose,
    ) -> Result<HttpAnswer, VenueError> {
        let request = unsigned(&self.venue, method, path, query, body, purpose);
        self.http.send(Some(account.user), &account.signer.sign(request).await?).await
    }
}

/// What the operator's key is used for.
#[derive(Debug)]
pub(super) struct Operator {
    authenticator: AlpacaAuthenticator,
    venue: VenueId,
    key: DataKey,
    clock: Arc<dyn Clock>,
}

impl Operator {
    pub(super) fn new(venue: VenueId, key: DataKey, clock: Arc<dyn Clock>) -> Self {
        Self { authenticator: AlpacaAuthenticator::for_data(venue.clone()), venue, key, clock }
    }

    pub(super) async fn get(
        &self,
        http: &HttpClient,
        path: &str,
        query: Query,
    ) -> Result<HttpAnswer, VenueError> {
        http.send(None, &self.sign(path, query, RequestPurpose::Read)?).await
    }

    /// Signs a request of the data allow-list.
    pub(super) fn sign(
        &self,
        path: &str,
        query: Query,
        purpose: RequestPurpose,
    ) -> Result<nija_core::SignedRequest, VenueError> {
        let request = unsigned(&self.venue, Method::Get, path, query, RequestBody::Empty, purpose);
        let context = SignContext { now: self.clock.now(), nonce: 0 };
        let signed = sign_request(&self.authenticator, request, &self.key.0, &context);
        signed.map_err(|error| VenueError::NotSent {
            venue: self.venue.clone(),
            message: format!("the operator's data key: {error}"),
        })
    }
}

fn unsigned(
    venue: &VenueId,
    method: Method,
    path: &str,
    query: Query,
    body: RequestBody,
    purpose: RequestPurpose,
) -> UnsignedRequest {
    UnsignedRequest {
        venue: venue.clone(),
        method,
        path: path.to_owned(),
        query: query.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        body,
        purpose,
    }
}
