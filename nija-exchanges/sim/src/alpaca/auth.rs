//! Who asks: two headers, or a bearer token.

use super::error::{Refusal, Result};
use crate::engine::AccountId;
use crate::venue::Venue;
use axum::http::HeaderMap;
use subtle::ConstantTimeEq;

/// A checked caller.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) account: AccountId,
    /// May place and cancel orders.
    pub(crate) trades: bool,
    /// May read stock prices.
    pub(crate) data: bool,
}

/// The caller by a request's headers.
pub(crate) fn by_headers(venue: &Venue, headers: &HeaderMap) -> Result<Caller> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (header("apca-api-key-id"), header("apca-api-secret-key"), header("authorization")) {
        (Some(key), Some(secret), None) => by_pair(venue, key, secret),
        (None, None, Some(bearer)) => match bearer.strip_prefix("Bearer ") {
            Some(token) => by_token(venue, token),
            None => Err(Refusal::unauthorized()),
        },
        _ => Err(Refusal::unauthorized()),
    }
}

/// The caller by key id and secret.
pub(crate) fn by_pair(venue: &Venue, key: &str, secret: &str) -> Result<Caller> {
    let keys = venue.keys.lock();
    let found = keys.get(key).filter(|found| same(&found.secret, secret));
    found.map(caller).ok_or_else(Refusal::unauthorized)
}

/// The caller by an OAuth token: here each account's secret is its token as well.
pub(crate) fn by_token(venue: &Venue, token: &str) -> Result<Caller> {
    let keys = venue.keys.lock();
    let mut found = None;
    for name in keys.names() {
        if let Some(key) = keys.get(&name).filter(|key| same(&key.secret, token)) {
            found = Some(caller(key));
        }
    }
    found.ok_or_else(Refusal::unauthorized)
}

fn same(known: &str, given: &str) -> bool {
    !known.is_empty() && bool::from(known.as_bytes().ct_eq(given.as_bytes()))
}

fn caller(key: &crate::venue::Key) -> Caller {
    Caller { account: key.account, trades: key.may("trading"), data: key.may("data") }
}
