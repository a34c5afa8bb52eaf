//! Dispatching REST requests.

use super::auth::{self, Caller};
use super::error::{Refusal, Result};
use super::limits::{LIMIT, Left};
use super::protocol::Alpaca;
use super::query::Query;
use super::{account, data, orders, positions};
use crate::faults::{Fault, FaultKind};
use crate::kraken::Tier;
use crate::venue::{Answer, Venue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use serde_json::Value;

/// A checked request.
pub(crate) struct Call<'a> {
    pub(crate) alpaca: &'a Alpaca,
    pub(crate) venue: &'a Venue,
    pub(crate) caller: Caller,
    pub(crate) query: Query,
    pub(crate) body: &'a [u8],
    pub(crate) fault: Option<&'a Fault>,
    pub(crate) now_ns: i64,
}

/// What a call says: a status, and JSON where there is any.
pub(crate) type Said = Result<(StatusCode, Value)>;

/// 200 with a body.
pub(crate) fn ok(body: Value) -> Said {
    Ok((StatusCode::OK, body))
}

/// Carries out one request.
pub(crate) fn handle(
    alpaca: &Alpaca,
    venue: &Venue,
    parts: &Parts,
    body: &[u8],
    fault: Option<&Fault>,
) -> Answer {
    match fault.map(|fault| fault.kind) {
        Some(FaultKind::RateLimit) => {
            let reset_s = venue.clock.now_ns().div_euclid(60_000_000_000) * 60 + 60;
            let left = Left { within: false, remaining: 0, reset_s };
            return limited(Refusal::too_many().answer(), left);
        }
        Some(FaultKind::Unavailable) => return Refusal::unavailable().answer(),
        _ => {}
    }
    let path = parts.uri.path();
    if let Some(what) = path.strip_prefix("/v1beta3/crypto/us/") {
        // Public, with or without a key.
        let query = Query::new(parts.uri.query());
        return said(data::crypto(venue, &parts.method, what, &query));
    }
    let caller = match auth::by_headers(venue, &parts.headers) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.answer(),
    };
    let now_ns = venue.clock.now_ns();
    let left = (venue.tier != Tier::Unlimited)
        .then(|| alpaca.state.lock().calls.entry(caller.account).or_default().count(now_ns));
    let answer = match left {
        Some(Left { within: false, .. }) => Refusal::too_many().answer(),
        _ => {
            let query = Query::new(parts.uri.query());
            let call = Call { alpaca, venue, caller, query, body, fault, now_ns };
            said(route(&call, &parts.method, path))
        }
    };
    match left {
        Some(left) => limited(answer, left),
        None => answer,
    }
}

fn limited(answer: Answer, left: Left) -> Answer {
    answer
        .header("x-ratelimit-limit", LIMIT.to_string())
        .header("x-ratelimit-remaining", left.remaining.to_string())
        .header("x-ratelimit-reset", left.reset_s.to_string())
}

fn said(said: Said) -> Answer {
    match said {
        Ok((StatusCode::NO_CONTENT, _)) => {
            Answer::new(StatusCode::NO_CONTENT, "application/json", String::new())
        }
        Ok((status, body)) => Answer::json(status, &body),
        Err(refusal) => refusal.answer(),
    }
}

fn route(call: &Call<'_>, method: &Method, path: &str) -> Said {
    let Some(what) = path.strip_prefix("/v2/") else {
        return Err(Refusal::no_endpoint());
    };
    if let Some(stocks) = what.strip_prefix("stocks/") {
        return if call.caller.data {
            data::stocks(call.venue, method, stocks, &call.query)
        } else {
            Err(Refusal::forbidden())
        };
    }
    // Even a key that might gets nothing out of a simulator.
    let moves_money = ["account/transfers", "transfers", "wallets", "ach_relationships", "journals"];
    if moves_money.iter().any(|beginning| what.starts_with(beginning)) {
        return Err(Refusal::forbidden());
    }
    let (head, rest) = what.split_once('/').map_or((what, None), |(head, rest)| (head, Some(rest)));
    match (method, head, rest) {
        (&Method::GET, "account", rest) => account::read(call, rest),
        (&Method::PATCH, "account", Some("configurations")) => account::configure(call),
        (&Method::GET, "assets", rest) => account::assets(call, rest),
        (&Method::GET, "clock", None) => account::clock(call),
        (&Method::GET, "calendar", None) => account::calendar(call),
        (_, "orders" | "orders:by_client_order_id", _) => orders::route(call, method, head, rest),
        (_, "positions", rest) => positions::route(call, method, rest),
        _ => Err(Refusal::no_endpoint()),
    }
}
