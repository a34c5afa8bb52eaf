//! Which parameters a signature may be over.
//!
//! Binance's signature covers the parameters and neither the method nor the path (rest-api.md, "SIGNED Endpoint security"): what is signed for
//! one call is good for every other that takes the same parameters. A list of paths alone would let the parameters of a withdrawal, or of
//! an order, be signed as those of a read. So each call has its own list of names, and no name of another call's is signed with it.

use nija_core::{AuthError, Method, RequestBody, UnsignedRequest};

use super::auth::{LISTEN_KEY, STREAM};
use super::stated::{PAIR, SINGLE, TIMES};

/// Numbers and times are all that a stream's parameters hold: they are signed as they are, and a value with `&` in it would be more than one.
fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit())
}

/// The names that a call takes besides [`TIMES`].
fn names(method: Method, path: &str) -> &'static [&'static str] {
    match (method, path) {
        (Method::Get, "/api/v3/account") => &["omitZeroBalances"],
        (Method::Get, "/api/v3/allOrders") => &["symbol", "orderId", "startTime", "endTime", "limit"],
        (Method::Get, "/api/v3/myTrades") => {
            &["symbol", "orderId", "startTime", "endTime", "fromId", "limit"]
        }
        (Method::Get | Method::Delete, "/api/v3/openOrders")
        | (Method::Get, "/api/v3/account/commission") => &["symbol"],
        (Method::Get | Method::Delete, "/api/v3/order") => &["symbol", "orderId", "origClientOrderId"],
        (Method::Delete, "/api/v3/orderList") => &["symbol", "orderListId", "listClientOrderId"],
        (Method::Post, "/api/v3/order") => SINGLE,
        (Method::Post, "/api/v3/orderList/oco") => PAIR,
        (_, LISTEN_KEY) => &["listenKey"],
        _ => &[],
    }
}

/// Refuses a request with a parameter that is not its call's.
pub(super) fn check(request: &UnsignedRequest) -> Result<(), AuthError> {
    let form = match &request.body {
        RequestBody::Form(fields) => fields.as_slice(),
        _ => &[],
    };
    let names = names(request.method, &request.path);
    let is_known = |name: &str| names.contains(&name) || TIMES.contains(&name);
    let is_stream = request.path == STREAM;
    let mut all = request.query.iter().chain(form);
    match all.find(|(name, value)| !is_known(name) || is_stream && !is_plain(value)) {
        None => Ok(()),
        Some(_) => Err(AuthError::ParameterNotAllowed { method: request.method, path: request.path.clone() }),
    }
}
