//! How OKX wants private requests signed, and which may be signed at all.
//!
//! REST Authentication: the base64 of HMAC-SHA256 over timestamp, method, path with query and body, exactly as they are sent, with
//! the time in ISO format with milliseconds. WebSocket, Login: the same over the time in whole seconds and a fixed path.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use nija_core::{
    AuthError, Authenticator, CredentialSecret, Endpoint, Method, OrderReading, RequestBody, SignContext,
    SignedParts, Timestamp, UnsignedRequest, VenueId,
};
use percent_encoding::AsciiSet;
use std::{sync::Arc, time::Duration};

use super::algo;
use crate::transport::{
    ClockOffset,
    query::{self, UNRESERVED},
};

/// What a login signs. It is never sent to this path: its parts go into a message (WebSocket, Login).
pub(super) const LOGIN: &str = "/users/self/verify";
/// Not a parameter of OKX's: the unix millisecond, by OKX's clock, after which the request must not be taken up any more.
pub(super) const EXPIRES: &str = "nija-expires";

pub(super) const KEY: &str = "OK-ACCESS-KEY";
pub(super) const SIGN: &str = "OK-ACCESS-SIGN";
pub(super) const TIMESTAMP: &str = "OK-ACCESS-TIMESTAMP";
pub(super) const PASSPHRASE: &str = "OK-ACCESS-PASSPHRASE";

/// What the executor asks for, and nothing else: no withdrawal, no transfer between accounts, no conversion, no loan, no sub-account.
const ENDPOINTS: &[Endpoint] = &[
    get("/api/v5/account/balance"),
    get("/api/v5/account/config"),
    get("/api/v5/account/trade-fee"),
    get("/api/v5/trade/fills"),
    get("/api/v5/trade/fills-history"),
    get("/api/v5/trade/order"),
    get(algo::ORDER),
    get("/api/v5/trade/orders-algo-pending"),
    get("/api/v5/trade/orders-pending"),
    post("/api/v5/trade/order"),
    post("/api/v5/trade/cancel-order"),
    post("/api/v5/trade/cancel-batch-orders"),
    post(algo::ORDER),
    post("/api/v5/trade/cancel-algos"),
    get(LOGIN),
];

const fn get(path: &'static str) -> Endpoint {
    Endpoint { method: Method::Get, path }
}

const fn post(path: &'static str) -> Endpoint {
    Endpoint { method: Method::Post, path }
}

/// Signs for OKX. Runs inside the signer alone.
#[derive(Debug, Clone)]
pub struct OkxAuthenticator {
    venue: VenueId,
    clock: Arc<ClockOffset>,
}

impl OkxAuthenticator {
    /// Signs for the venue of this id. [`super::OkxExecutor::authenticator`] makes one that follows the venue's clock.
    #[must_use]
    pub fn new(venue: VenueId) -> Self {
        Self { venue, clock: Arc::default() }
    }

    pub(super) const fn with_clock(venue: VenueId, clock: Arc<ClockOffset>) -> Self {
        Self { venue, clock }
    }
}

/// OKX's lists are written with commas.
const LISTS: &AsciiSet = &UNRESERVED.remove(b',');

impl Authenticator for OkxAuthenticator {
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
        let key = header(secret.expose_key("API key of one OKX request"), "OKX's API keys are plain text")?;
        let passphrase = secret.expose_passphrase("passphrase of one OKX request").unwrap_or_default();
        let passphrase = header(passphrase, "OKX's keys come with a passphrase")?;
        let secret =
            header(secret.expose_secret("secret of one OKX request"), "OKX's secrets are plain text")?;
        let now = self.clock.at_venue(context.now);
        let expires = request.query.iter().find(|(name, _)| name == EXPIRES).map(|(_, at)| at.as_str());
        let timestamp = match expires {
            _ if request.path == LOGIN => now.micros().div_euclid(1_000_000).to_string(),
            // Algo orders take no `expTime`. The older the time that they are signed for, the sooner they are void.
            Some(at) if request.path == algo::ORDER => iso_millis(signed_for(at, now)?),
            _ => iso_millis(now),
        };
        let (body, content_type) = match &request.body {
            RequestBody::Json(text) => (text.as_bytes(), Some("application/json")),
            RequestBody::Empty => (&[][..], None),
            RequestBody::Form(_) => return Err(AuthError::BadSecret("OKX takes JSON bodies alone")),
        };
        let query = query::without(&request.query, EXPIRES, LISTS);
        let mut hmac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()));
        let separator = if query.is_empty() { "" } else { "?" };
        for part in [&timestamp, request.method.as_str(), &request.path, separator, &query] {
            hmac.update(part.as_bytes());
        }
        hmac.update(body);
        let mut headers = vec![
            (KEY, key.to_owned()),
            (SIGN, STANDARD.encode(hmac.sign().as_ref())),
            (TIMESTAMP, timestamp),
            (PASSPHRASE, passphrase.to_owned()),
        ];
        if let Some(at) = expires.filter(|_| request.path != algo::ORDER) {
            headers.push(("expTime", at.to_owned()));
        }
        Ok(SignedParts { headers, query, body: body.to_vec(), content_type })
    }
}

/// How old the time of a request may be (REST Authentication).
const OLDEST: Duration = Duration::from_secs(30);

/// The time to sign for, so that the request is too old after millisecond `expires`: never later than now.
fn signed_for(expires: &str, now: Timestamp) -> Result<Timestamp, AuthError> {
    let millis: i64 = expires.parse().map_err(|_| AuthError::BadSecret("the request's end is no time"))?;
    Ok(Timestamp::from_micros(millis.saturating_mul(1000)).minus(OLDEST).min(now))
}

/// Text that can stand in a header.
fn header<'a>(text: &'a str, otherwise: &'static str) -> Result<&'a str, AuthError> {
    let text = text.trim();
    let fits = !text.is_empty() && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if fits { Ok(text) } else { Err(AuthError::BadSecret(otherwise)) }
}

/// `2020-12-08T09:08:57.715Z`: always three places.
fn iso_millis(at: Timestamp) -> String {
    let mut text = Timestamp::from_micros(at.micros().div_euclid(1000) * 1000).to_string();
    text.truncate(text.trim_end_matches('Z').len());
    let places = match text.find('.') {
        Some(point) => text.len() - point - 1,
        None => {
            text.push('.');
            0
        }
    };
    text.extend(std::iter::repeat_n('0', 3_usize.saturating_sub(places)));
    text.push('Z');
    text
}

#[cfg(test)]
mod tests;
