//! REST: from a request to a call, and from its result to an answer.

use super::auth;
use super::error::BinanceError;
use super::limits;
use super::params::Params;
use super::private::Caller;
use super::protocol::State;
use super::public;
use super::routes::{self, Route, Security};
use crate::faults::{Fault, FaultKind};
use crate::venue::{Answer, Venue};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde_json::{Value, json};

/// Carries out one request.
pub(crate) fn handle(
    venue: &Venue,
    state: &State,
    parts: &Parts,
    body: &[u8],
    fault: Option<&Fault>,
) -> Answer {
    let now_ns = venue.clock.now_ns();
    let query = parts.uri.query().unwrap_or_default();
    let params = Params::from_http(query, body);
    let none = Params::default();
    let route = routes::find(parts.method.as_str(), parts.uri.path(), params.as_ref().unwrap_or(&none));
    let Some(route) = route else {
        let page = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n</body>\r\n</html>\r\n";
        return Answer::new(StatusCode::NOT_FOUND, "text/html", page);
    };
    let mut account = None;
    let result = scripted(fault, now_ns).and_then(|()| {
        state.limits.request(venue.tier, route.weight, now_ns)?;
        let params = params?;
        let done = run(venue, state, route, &params, parts, query, body, fault, &mut account);
        // Carried out, and the answer of the engine is late.
        match fault {
            Some(fault) if fault.kind == FaultKind::Unavailable => Err(BinanceError::timeout()),
            _ => done,
        }
    });
    let mut answer = match &result {
        Ok(value) => Answer::json(StatusCode::OK, value),
        Err(error) => {
            let answer = Answer::json(error.status, &json!({ "code": error.code, "msg": error.msg }));
            match error.retry_after {
                Some(seconds) => answer.header("retry-after", seconds.to_string()),
                None => answer,
            }
        }
    };
    if parts.uri.path().starts_with("/sapi/") {
        return answer.header("x-sapi-used-ip-weight-1m", "1");
    }
    let weight = state.limits.weight(now_ns).to_string();
    answer = answer.header("x-mbx-used-weight", weight.clone()).header("x-mbx-used-weight-1m", weight);
    if let Some(account) = account.filter(|_| result.is_ok() && counts_orders(route.call)) {
        let [seconds, day] = state.limits.orders(account, now_ns);
        answer = answer.header("x-mbx-order-count-10s", seconds.to_string());
        answer = answer.header("x-mbx-order-count-1d", day.to_string());
    }
    answer
}

pub(crate) fn counts_orders(call: &str) -> bool {
    matches!(call, "newOrder" | "cancelReplace" | "oco" | "oldOco")
}

/// Faults that are refusals of the venue's own. `Unavailable` is one unless its request is to be carried out.
pub(crate) fn scripted(fault: Option<&Fault>, now_ns: i64) -> Result<(), BinanceError> {
    let Some(fault) = fault else { return Ok(()) };
    match fault.kind {
        FaultKind::RateLimit => Err(limits::scripted(fault.status, now_ns)),
        FaultKind::Unavailable if !fault.processed.unwrap_or(false) => Err(BinanceError::outage()),
        FaultKind::InvalidNonce => Err(BinanceError::late()),
        _ => Ok(()),
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one request")]
fn run(
    venue: &Venue,
    state: &State,
    route: Route,
    params: &Params,
    parts: &Parts,
    query: &str,
    body: &[u8],
    fault: Option<&Fault>,
    account: &mut Option<usize>,
) -> Result<Value, BinanceError> {
    if route.security == Security::None {
        return public::call(venue, route.call, params);
    }
    let key = parts.headers.get("x-mbx-apikey").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let payload = auth::payload(query, body);
    let caller = authenticate(venue, state, route, params, key, &payload, fault)?;
    *account = Some(caller.account);
    caller.call(route.call)
}

/// Who asks, and may they.
pub(crate) fn authenticate<'a>(
    venue: &'a Venue,
    state: &'a State,
    route: Route,
    params: &'a Params,
    name: &str,
    payload: &[u8],
    fault: Option<&'a Fault>,
) -> Result<Caller<'a>, BinanceError> {
    let well_formed = !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric());
    if !well_formed {
        return Err(BinanceError::bad_key_format());
    }
    let now_ns = venue.clock.now_ns();
    let mut keys = venue.keys.lock();
    let key = keys.get_mut(name).ok_or_else(BinanceError::key_refused)?;
    if let Security::Signed(right) = route.security {
        let signature = params.need("signature")?;
        let timestamp = params.time("timestamp")?.ok_or_else(|| BinanceError::mandatory("timestamp"))?;
        auth::verify(&key.secret, payload, signature)?;
        auth::in_time(timestamp, params.int("recvWindow")?, now_ns)?;
        if !right.is_empty() && !key.may(right) {
            return Err(BinanceError::key_refused());
        }
    }
    key.last_used_ns = now_ns;
    Ok(Caller { venue, state, key: name.to_owned(), account: key.account, params, now_ns, fault })
}
