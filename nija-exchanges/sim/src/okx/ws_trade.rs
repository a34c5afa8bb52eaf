//! Placing, amending and cancelling over a stream: the same calls as over REST, with the same limits.

use super::error::{OkxError, Result};
use super::protocol::State;
use super::query::Query;
use super::rest::{self, Caller};
use super::routes;
use super::ws_login::User;
use crate::venue::Venue;
use serde_json::{Map, Value, json};

fn route(op: &str) -> Option<&'static str> {
    Some(match op {
        "order" => "/api/v5/trade/order",
        "batch-orders" => "/api/v5/trade/batch-orders",
        "cancel-order" => "/api/v5/trade/cancel-order",
        "batch-cancel-orders" => "/api/v5/trade/cancel-batch-orders",
        "amend-order" => "/api/v5/trade/amend-order",
        "batch-amend-orders" => "/api/v5/trade/amend-batch-orders",
        _ => return None,
    })
}

pub(super) fn is_op(op: &str) -> bool {
    route(op).is_some()
}

/// The answer to an operation.
pub(super) fn answer(
    venue: &Venue,
    state: &State,
    user: &User,
    op: &str,
    id: &Value,
    request: &Map<String, Value>,
) -> Value {
    let mut answer = match run(venue, state, user, op, request) {
        Ok(answer) => answer,
        Err(error) => json!({ "code": error.code.to_string(), "data": [], "msg": error.msg }),
    };
    answer["id"] = id.clone();
    answer["op"] = json!(op);
    answer
}

fn run(venue: &Venue, state: &State, user: &User, op: &str, request: &Map<String, Value>) -> Result<Value> {
    let path = route(op).ok_or_else(OkxError::path)?;
    let route = routes::find("POST", path)?;
    if !user.permissions.iter().any(|right| right == routes::TRADE) {
        return Err(OkxError::permission());
    }
    let args = request.get("args").cloned().unwrap_or_default();
    // One order comes as a list of one.
    let single = matches!(op, "order" | "cancel-order" | "amend-order");
    let body = match args.as_array().map(Vec::as_slice) {
        Some([one]) if single => one.clone(),
        _ if single => return Err(OkxError::json()),
        _ => args,
    };
    let now_ns = venue.clock.now_ns();
    let expires = request.get("expTime").and_then(Value::as_str).unwrap_or_default();
    let caller = Caller {
        state,
        venue,
        key: user.key.clone(),
        account: user.account,
        now_ns,
        query: Query::default(),
        body,
        fault: None,
    };
    rest::checked(&caller, route, true, expires)
}
