//! The admin port: faults, prices, accounts, and a look inside without credentials.

use crate::account::NewAccount;
use crate::faults::{Fault, RandomFaults};
use crate::inspect;
use crate::venue::Venue;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

type Shared = State<Arc<Venue>>;
type Reply = (StatusCode, Json<Value>);

/// A venue's admin routes.
pub(crate) fn router(venue: Arc<Venue>) -> Router {
    Router::new()
        .route("/", get(about))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/accounts", get(accounts).post(add_account))
        .route("/accounts/{key}/orders", get(orders))
        .route("/accounts/{key}/trades", get(trades))
        .route("/accounts/{key}/balances", get(balances))
        .route("/pause", post(pause))
        .route("/resume", post(resume))
        .route("/price", post(price))
        .route("/market", post(market))
        .with_state(venue)
}

/// One scripted fault, several, or a seeded plan.
#[derive(Deserialize)]
#[serde(untagged)]
enum FaultBody {
    Random(RandomFaults),
    One(Fault),
    Many(Vec<Fault>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceBody {
    symbol: String,
    price: Decimal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarketBody {
    open: Option<bool>,
}

async fn about(State(venue): Shared) -> Json<Value> {
    Json(json!({
        "venue": venue.name,
        "kind": venue.kind,
        "paused": venue.paused.load(Ordering::Relaxed),
        "down": *venue.down.borrow(),
    }))
}

async fn faults(State(venue): Shared) -> Json<Value> {
    let plan = &venue.faults;
    Json(json!({ "hits": plan.hits(), "by_kind": plan.hits_by_kind(), "pending": plan.pending() }))
}

async fn add_fault(State(venue): Shared, Json(body): Json<FaultBody>) -> Json<Value> {
    match body {
        FaultBody::One(fault) => venue.inject(fault),
        FaultBody::Many(faults) => faults.into_iter().for_each(|fault| venue.inject(fault)),
        FaultBody::Random(random) => venue.inject_random(random),
    }
    Json(json!({ "ok": true }))
}

async fn clear_faults(State(venue): Shared) -> Json<Value> {
    venue.heal();
    Json(json!({ "ok": true }))
}

async fn accounts(State(venue): Shared) -> Json<Value> {
    Json(json!(venue.keys.lock().names()))
}

async fn add_account(State(venue): Shared, Json(body): Json<NewAccount>) -> Json<Value> {
    Json(json!(venue.add_account(body)))
}

async fn orders(state: Shared, path: Path<String>) -> Reply {
    inspected(&state, &path, |venue, key| inspect::orders(venue, key).map(|orders| json!(orders)))
}

async fn trades(state: Shared, path: Path<String>) -> Reply {
    inspected(&state, &path, |venue, key| inspect::trades(venue, key).map(|trades| json!(trades)))
}

async fn balances(state: Shared, path: Path<String>) -> Reply {
    inspected(&state, &path, |venue, key| inspect::balances(venue, key).map(|balances| json!(balances)))
}

async fn pause(State(venue): Shared) -> Json<Value> {
    venue.paused.store(true, Ordering::SeqCst);
    Json(json!({ "paused": true }))
}

async fn resume(State(venue): Shared) -> Json<Value> {
    venue.paused.store(false, Ordering::SeqCst);
    Json(json!({ "paused": false }))
}

async fn price(State(venue): Shared, Json(body): Json<PriceBody>) -> Reply {
    if venue.set_price(&body.symbol, body.price) {
        (StatusCode::OK, Json(json!({ "paused": true })))
    } else {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": "unknown symbol or bad price" })))
    }
}

async fn market(State(venue): Shared, Json(body): Json<MarketBody>) -> Reply {
    if venue.set_market_open(body.open) {
        (StatusCode::OK, Json(json!({ "open": body.open })))
    } else {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": "no market here has hours" })))
    }
}

fn inspected(venue: &Venue, key: &str, look: impl Fn(&Venue, &str) -> Option<Value>) -> Reply {
    match look(venue, key) {
        Some(value) => (StatusCode::OK, Json(value)),
        None => (StatusCode::NOT_FOUND, Json(json!({ "error": "unknown key" }))),
    }
}
