//! REST: from a request to a call, and from its result to an answer.

use super::auth::{self, header};
use super::body::{self, Fields};
use super::error::{OkxError, Result};
use super::protocol::State;
use super::query::Query;
use super::routes::{self, By, Right, Route};
use super::{account, algo_calls, algo_trigger, history, instruments, limits, manage, market, place, public};
use crate::engine::AccountId;
use crate::faults::{Fault, FaultKind};
use crate::kraken::Tier;
use crate::venue::{Answer, Venue};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde_json::{Value, json};

/// Somebody whose request was checked.
pub(super) struct Caller<'a> {
    pub(super) state: &'a State,
    pub(super) venue: &'a Venue,
    pub(super) key: String,
    pub(super) account: AccountId,
    pub(super) now_ns: i64,
    pub(super) query: Query,
    /// Of a POST request.
    pub(super) body: Value,
    pub(super) fault: Option<&'a Fault>,
}

/// Rows in the envelope of all answers.
pub(super) fn rows(data: impl Into<Value>) -> Value {
    json!({ "code": "0", "data": data.into(), "msg": "" })
}

/// Carries out one request.
pub(super) fn handle(
    state: &State,
    venue: &Venue,
    parts: &Parts,
    body: &[u8],
    fault: Option<&Fault>,
) -> Answer {
    let done = scripted(fault).and_then(|()| {
        let done = run(state, venue, parts, body, fault);
        match fault {
            // Carried out, and the answer of the engine is late.
            Some(fault) if fault.kind == FaultKind::Unavailable => Err(OkxError::timeout()),
            _ => done,
        }
    });
    match done {
        Ok(value) => Answer::json(StatusCode::OK, &value),
        Err(error) => error.answer(),
    }
}

/// Faults that are refusals of the venue's own. `Unavailable` is one unless its request is to be carried out.
fn scripted(fault: Option<&Fault>) -> Result<()> {
    let Some(fault) = fault else { return Ok(()) };
    match fault.kind {
        // Both are documented: status 429, and 200 with the same code.
        FaultKind::RateLimit if fault.status == Some(200) => Err(OkxError::rate(StatusCode::OK)),
        FaultKind::RateLimit => Err(OkxError::rate(StatusCode::TOO_MANY_REQUESTS)),
        FaultKind::Unavailable if !fault.processed.unwrap_or(false) => Err(OkxError::unavailable()),
        // There are no nonces; a request that came too late is the nearest to it.
        FaultKind::InvalidNonce => Err(OkxError::late()),
        _ => Ok(()),
    }
}

fn run(state: &State, venue: &Venue, parts: &Parts, body: &[u8], fault: Option<&Fault>) -> Result<Value> {
    let now_ns = venue.clock.now_ns();
    let route = routes::find(parts.method.as_str(), parts.uri.path())?;
    let query = Query::parse(parts.uri.query());
    let Right::Key(right) = route.right else {
        count(state, venue, route, None, 1, now_ns)?;
        return open(venue, route.call, &query, now_ns);
    };
    let (key, account) = {
        let mut keys = venue.keys.lock();
        let name = auth::authenticate(&keys, parts, body, now_ns)?;
        let key = keys.get_mut(&name).ok_or_else(OkxError::key)?;
        key.last_used_ns = now_ns;
        if !key.may(right) {
            return Err(OkxError::permission());
        }
        (name, key.account)
    };
    let post = parts.method == "POST";
    if post && !header(parts, "content-type").to_ascii_lowercase().starts_with("application/json") {
        return Err(OkxError::content_type());
    }
    let body = if post { body::parse(body)? } else { Value::Null };
    let caller = Caller { state, venue, key, account, now_ns, query, body, fault };
    checked(&caller, route, post, header(parts, "expTime"))
}

/// Carries out a call of somebody who may, within the limits.
pub(super) fn checked(caller: &Caller<'_>, route: Route, post: bool, expires: &str) -> Result<Value> {
    let Caller { state, venue, now_ns, body, .. } = caller;
    let instrument = match (route.by, post) {
        (By::Instrument, true) => Fields::of(body)?.text("instId")?,
        (By::Instrument, false) => caller.query.get("instId").map(str::to_owned),
        _ => None,
    };
    let market = instrument.and_then(|id| instruments::find(&id)).map(|(market, _)| market);
    let orders = body.as_array().map_or(1, |list| list.len() as u64);
    let cost = if route.by == By::Orders { orders } else { 1 };
    count(state, venue, route, Some((caller.account, market)), cost, *now_ns)?;
    if route.expires {
        in_time(expires, *now_ns)?;
    }
    algo_trigger::settle(venue, state, *now_ns);
    let done = private(caller, route.call);
    algo_trigger::settle(venue, state, *now_ns);
    done
}

fn count(
    state: &State,
    venue: &Venue,
    route: Route,
    payer: limits::Payer,
    cost: u64,
    now_ns: i64,
) -> Result<()> {
    if venue.tier == Tier::Unlimited {
        return Ok(());
    }
    state.limits.take(route.call, payer, cost, route.most, now_ns)
}

/// Whether a request still counts, by its header `expTime` (unix milliseconds).
fn in_time(expires: &str, now_ns: i64) -> Result<()> {
    if expires.is_empty() {
        return Ok(());
    }
    let ms: i64 = expires.parse().map_err(|_| OkxError::parameter("expTime"))?;
    if ms.saturating_mul(1_000_000) >= now_ns {
        return Ok(());
    }
    let msg =
        "The expTime can't be earlier than the current system time. Please adjust the expTime and try again.";
    Err(OkxError::new(50036, msg))
}

fn open(venue: &Venue, call: &str, query: &Query, now_ns: i64) -> Result<Value> {
    match call {
        "time" => Ok(public::time(now_ns)),
        "instruments" => public::instruments(query),
        "priceLimit" => public::price_limit(venue, query, now_ns),
        "status" => Ok(rows(json!([]))),
        "ticker" => market::ticker(venue, query, now_ns),
        "tickers" => market::tickers(venue, query, now_ns),
        "books" => market::books(venue, query, 400, now_ns),
        "booksFull" => market::books(venue, query, 5_000, now_ns),
        "candles" | "historyCandles" => market::candles(venue, query),
        "trades" => market::trades(venue, query),
        _ => Err(OkxError::path()),
    }
}

fn private(caller: &Caller<'_>, call: &str) -> Result<Value> {
    match call {
        "balance" => account::balance(caller),
        "config" => account::config(caller),
        "tradeFee" => account::trade_fee(caller),
        "accountInstruments" => public::instruments(&caller.query),
        // Spot makes none.
        "positions" => Ok(rows(json!([]))),
        "place" => place::one(caller),
        "placeBatch" => place::batch(caller),
        "cancel" => manage::cancel(caller),
        "cancelBatch" => manage::cancel_batch(caller),
        "amend" => manage::amend(caller),
        "amendBatch" => manage::amend_batch(caller),
        "order" => history::order(caller),
        "pending" => history::pending(caller),
        "history" | "archive" => history::history(caller),
        "fills" | "fillsHistory" => history::fills(caller),
        "placeAlgo" => algo_calls::place(caller),
        "cancelAlgos" => algo_calls::cancel(caller),
        "algo" => algo_calls::one(caller),
        "algosPending" => algo_calls::pending(caller),
        "algosHistory" => algo_calls::history(caller),
        // Even a key that may withdraw gets nothing out of a simulator.
        _ => Err(OkxError::new(58207, "Withdrawal address isn't on the verification-free whitelist.")),
    }
}
