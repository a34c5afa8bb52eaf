//! How Coinbase wants private requests signed, and which may be signed at all.
//!
//! A request carries a token (JWT) of at most two minutes, made for its method, host and path, under an ES256 or Ed25519 key:
//! docs.cdp.coinbase.com, "API key authentication". The body and the query are not under the signature.

mod key;
mod token;

use nija_core::{
    AuthError, Authenticator, CredentialSecret, Endpoint, Method, OrderReading, RequestBody, SignContext,
    SignedParts, UnsignedRequest, VenueId,
};
use std::sync::Arc;

use crate::transport::{
    ClockOffset,
    query::{self, UNRESERVED},
};
use key::SigningKey;
use token::Token;

/// Not a path of Coinbase's: asks for the token of a WebSocket subscription, which names no request.
pub(super) const STREAM: &str = "/stream/user";
/// Not a parameter of Coinbase's: the unix second at which the token must end, when that is sooner than usual. It is not sent.
pub(super) const EXPIRES: &str = "nija-token-expires";

/// What the executor asks for, and nothing else: no payment method, no portfolio transfer, no conversion, no allocation.
const ENDPOINTS: &[Endpoint] = &[
    get("/api/v3/brokerage/accounts"),
    get("/api/v3/brokerage/key_permissions"),
    get("/api/v3/brokerage/transaction_summary"),
    get("/api/v3/brokerage/orders/historical/batch"),
    get("/api/v3/brokerage/orders/historical/fills"),
    get("/api/v3/brokerage/orders/historical/*"),
    post("/api/v3/brokerage/orders"),
    post("/api/v3/brokerage/orders/batch_cancel"),
    get(STREAM),
];

const fn get(path: &'static str) -> Endpoint {
    Endpoint { method: Method::Get, path }
}

const fn post(path: &'static str) -> Endpoint {
    Endpoint { method: Method::Post, path }
}

/// Signs for Coinbase. Runs inside the signer alone.
#[derive(Debug, Clone)]
pub struct CoinbaseAuthenticator {
    venue: VenueId,
    host: Arc<str>,
    clock: Arc<ClockOffset>,
}

impl CoinbaseAuthenticator {
    /// Signs for the venue of this id, with tokens made for this host. [`super::CoinbaseExecutor::authenticator`] makes one that
    /// follows the venue's clock.
    #[must_use]
    pub fn new(venue: VenueId, host: &str) -> Self {
        Self { venue, host: host.into(), clock: Arc::default() }
    }

    pub(super) fn with_clock(venue: VenueId, host: &str, clock: Arc<ClockOffset>) -> Self {
        Self { venue, host: host.into(), clock }
    }
}

impl Authenticator for CoinbaseAuthenticator {
    fn venue(&self) -> &VenueId {
        &self.venue
    }

    fn endpoints(&self) -> &[Endpoint] {
        ENDPOINTS
    }

    fn needs_nonce(&self) -> bool {
        false
    }

    fn order_in(&self, request: &UnsignedRequest) -> OrderReading {
        super::stated::read(request)
    }

    fn authenticate(
        &self,
        request: &UnsignedRequest,
        secret: &CredentialSecret,
        context: &SignContext,
    ) -> Result<SignedParts, AuthError> {
        let key = SigningKey::parse(secret.expose_secret("private key of one Coinbase token"))?;
        let token = Token {
            key_name: secret.expose_key("name of the key in one Coinbase token"),
            host: &self.host,
            request: (request.path != STREAM).then_some((request.method, request.path.as_str())),
            now: self.clock.at_venue(context.now),
            expires: request
                .query
                .iter()
                .find(|(name, _)| name == EXPIRES)
                .and_then(|(_, at)| at.parse().ok()),
        };
        let mut authorization = "Bearer ".to_owned();
        authorization.push_str(&token.sign(&key)?);
        let (body, content_type) = match &request.body {
            RequestBody::Json(text) => (text.clone().into_bytes(), Some("application/json")),
            RequestBody::Empty | RequestBody::Form(_) => (Vec::new(), None),
        };
        Ok(SignedParts {
            headers: vec![("Authorization", authorization)],
            query: query::without(&request.query, EXPIRES, UNRESERVED),
            body,
            content_type,
        })
    }
}

#[cfg(test)]
mod tests;
