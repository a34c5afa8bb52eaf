//! Dispatching REST requests: who asks, may they, and how often.

use super::auth::{self, For};
use super::error::Refusal;
use super::limits::Payer;
use super::protocol::{State, bearer};
use super::query::Query;
use super::{account, create, history, manage, public};
use crate::engine::AccountId;
use crate::faults::{Fault, FaultKind};
use crate::kraken::Tier;
use crate::venue::{Answer, Venue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use serde_json::Value;

pub(super) const PREFIX: &str = "/api/v3/brokerage/";

/// What a request's answer is made of.
pub(super) type Result<T> = std::result::Result<T, Refusal>;

/// Somebody whose token was checked.
pub(super) struct Caller<'a> {
    pub(super) state: &'a State,
    pub(super) venue: &'a Venue,
    pub(super) key: String,
    pub(super) account: AccountId,
    pub(super) now_ns: i64,
    pub(super) query: Query,
    pub(super) body: &'a [u8],
    pub(super) fault: Option<&'a Fault>,
}

/// Whether a path needs a token.
pub(super) fn is_private(path: &str) -> bool {
    match path.strip_prefix(PREFIX) {
        Some(rest) => rest != "time" && !rest.starts_with("market/"),
        None => path.starts_with("/v2/"),
    }
}

/// Carries out one request.
pub(super) fn handle(
    state: &State,
    venue: &Venue,
    parts: &Parts,
    body: &[u8],
    fault: Option<&Fault>,
) -> Answer {
    let kind = fault.map(|fault| fault.kind);
    let injected = match kind {
        Some(FaultKind::RateLimit) => Some(Refusal::RATE),
        Some(FaultKind::Unavailable) => Some(Refusal::UNAVAILABLE),
        // There are no nonces in order; a token that is refused is the nearest to it.
        Some(FaultKind::InvalidNonce) => Some(Refusal::UNAUTHORIZED),
        _ => None,
    };
    if let Some(refusal) = injected {
        return refusal.answer();
    }
    let now_ns = venue.clock.now_ns();
    let caller = if is_private(parts.uri.path()) {
        match authenticate(state, venue, parts, body, fault, now_ns) {
            Ok(caller) => Some(caller),
            Err(refusal) => return refusal.answer(),
        }
    } else {
        None
    };
    let payer = caller.as_ref().map_or(Payer::Address, |caller| Payer::User(caller.account));
    let standing = state.limits.take(payer, venue.tier == Tier::Unlimited, now_ns);
    let result = if standing.allowed {
        caller.map_or_else(|| public::open(venue, parts, now_ns), |caller| private(&caller, parts))
    } else {
        Err(Refusal::RATE)
    };
    let answer = match result {
        Ok(body) => Answer::json(StatusCode::OK, &body),
        Err(refusal) => refusal.answer(),
    };
    standing.headers().into_iter().fold(answer, |answer, (name, value)| answer.header(name, value))
}

fn authenticate<'a>(
    state: &'a State,
    venue: &'a Venue,
    parts: &Parts,
    body: &'a [u8],
    fault: Option<&'a Fault>,
    now_ns: i64,
) -> Result<Caller<'a>> {
    let token = bearer(parts).ok_or(Refusal::UNAUTHORIZED)?;
    let name = auth::claimed(token).ok_or(Refusal::UNAUTHORIZED)?;
    let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let purpose = For::Request { method: parts.method.as_str(), host, path: parts.uri.path() };
    let mut keys = venue.keys.lock();
    let key = keys.get_mut(&name).ok_or(Refusal::UNAUTHORIZED)?;
    let public = state.public_key(&name, &key.secret).ok_or(Refusal::UNAUTHORIZED)?;
    if !auth::verify(token, &name, &public, purpose, now_ns.div_euclid(1_000_000_000)) {
        return Err(Refusal::UNAUTHORIZED);
    }
    key.last_used_ns = now_ns;
    let right = right(&parts.method, parts.uri.path());
    if !right.is_empty() && !key.may(right) {
        return Err(Refusal::SCOPES);
    }
    let query = Query::parse(parts.uri.query())?;
    Ok(Caller { state, venue, account: key.account, key: name, now_ns, query, body, fault })
}

/// The right that a request needs (any, when empty).
fn right(method: &Method, path: &str) -> &'static str {
    let rest = path.strip_prefix(PREFIX).unwrap_or_default();
    match rest {
        "key_permissions" => "",
        "orders/preview" | "orders/edit_preview" => "view",
        _ if rest.starts_with("orders") && method == Method::POST => "trade",
        _ if method == Method::GET && !path.starts_with("/v2/") => "view",
        // Moving money between portfolios, converting it, sending it away.
        _ => "transfer",
    }
}

fn private(caller: &Caller<'_>, parts: &Parts) -> Result<Value> {
    let path = parts.uri.path();
    let Some(rest) = path.strip_prefix(PREFIX) else {
        return Err(Refusal::argument("this simulator lets no money out"));
    };
    let segments: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
    let get = parts.method == Method::GET;
    let post = parts.method == Method::POST;
    match segments.as_slice() {
        ["accounts"] if get => account::list(caller),
        ["accounts", id] if get => account::one(caller, id),
        ["key_permissions"] if get => account::permissions(caller),
        ["transaction_summary"] if get => account::summary(caller),
        ["portfolios"] if get => account::portfolios(caller),
        ["payment_methods"] if get => Ok(serde_json::json!({ "payment_methods": [] })),
        ["products" | "best_bid_ask" | "product_book", ..] if get => {
            public::market(caller.venue, &segments, &caller.query, caller.now_ns)
        }
        ["orders"] if post => create::create(caller),
        ["orders", "preview"] if post => create::preview(caller),
        ["orders", "batch_cancel"] if post => manage::cancel(caller),
        ["orders", "edit"] if post => manage::edit(caller),
        ["orders", "historical", "batch"] if get => history::orders(caller),
        ["orders", "historical", "fills"] if get => history::fills(caller),
        ["orders", "historical", id] if get => history::order(caller, id),
        ["orders", ..] => Err(Refusal::METHOD),
        // Even a key that may transfer gets nothing out of a simulator.
        ["portfolios" | "convert" | "intx" | "cfm" | "payment_methods", ..] => {
            Err(Refusal::argument("this simulator lets no money out"))
        }
        _ => Err(Refusal::PATH),
    }
}
