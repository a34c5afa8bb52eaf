//! Orders.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use nija::router::Submitted;
use nija_client::wire;
use nija_core::{Order, OrderId, OrderState, UserId};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

use super::{
    body::{PathId, StrictJson, StrictQuery},
    new_order, page,
};
use crate::{
    auth::CurrentUser,
    metrics,
    openapi::{BadQuery, Invalid, Missing, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::{App, AppState},
    wire as to_wire,
};

/// Longest wait for an order to settle.
const LONGEST_WAIT_MS: u64 = 10_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PlaceQuery {
    /// Answers with an `OrderPreview`: every check and the route, nothing sent.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    dry_run: bool,
    /// Holds the answer until the order is where `wait_for` says or this many milliseconds are over: at most 10000.
    #[param(maximum = 10000)]
    wait_ms: Option<u64>,
    /// What `wait_ms` waits for: `settled` (the order has ended; the default) or `acknowledged` (its venue took it or refused it).
    #[serde(default)]
    #[param(value_type = Option<WaitFor>, inline)]
    wait_for: WaitFor,
}

/// How far an order is to be before it is answered.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum WaitFor {
    /// It has ended.
    #[default]
    Settled,
    /// Its venue took it, or it ended without.
    Acknowledged,
}

impl WaitFor {
    const fn holds(self, state: OrderState) -> bool {
        match self {
            Self::Settled => state.is_final(),
            Self::Acknowledged => state.is_acknowledged(),
        }
    }
}

/// Places an order, or shows what would happen to it.
///
/// The same `client_order_id` (or `Idempotency-Key` header) with the same content answers with the first order (200);
/// with other content it is refused (409). An order that risk refuses or that no venue can take is on record, too.
#[utoipa::path(post, path = "/v1/orders", operation_id = "place_order", tag = "trading", params(PlaceQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "Serves as `client_order_id` when the body has none")),
    request_body = wire::NewOrder,
    responses(
        (status = 201, description = "Taken up", body = wire::Order),
        (status = 200, description = "Seen before (`Order`), or a dry run (`OrderPreview`)", body = inline(Placed)),
        (status = 409, description = "`client_order_id_reused`", body = wire::Problem, content_type = "application/problem+json"), Invalid, SignedIn))]
pub(super) async fn place(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictQuery(query): StrictQuery<PlaceQuery>,
    headers: HeaderMap,
    StrictJson(order): StrictJson<wire::NewOrder>,
) -> ApiResult<Response> {
    let wait = wait(query.wait_ms)?;
    let signal = new_order::signal(&app, user.id, &headers, &order)?;
    if query.dry_run {
        let preview = app.platform.engine().preview(signal).await?;
        return Ok(Json(to_wire::preview(&preview)).into_response());
    }
    let submitted = app.platform.engine().submit(signal).await?;
    answer(&app, user.id, submitted, wait, query.wait_for).await
}

/// The two answers of a 200.
#[derive(utoipa::ToSchema, serde::Serialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum Placed {
    Order(Box<wire::Order>),
    Preview(Box<wire::OrderPreview>),
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OrdersQuery {
    /// Only orders in this state.
    state: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows at most: 1 to 200, 50 when missing.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// The caller's orders, newest first.
#[utoipa::path(get, path = "/v1/orders", operation_id = "list_orders", tag = "trading", params(OrdersQuery),
    responses((status = 200, body = wire::Page<wire::Order>), BadQuery, SignedIn))]
pub(super) async fn list(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictQuery(query): StrictQuery<OrdersQuery>,
) -> ApiResult<Json<wire::Page<wire::Order>>> {
    let state = query.state.as_deref().map(state).transpose()?;
    let request = page::request(query.cursor.as_deref(), query.limit)?;
    let orders = app.platform.ledger().orders(user.id, state, request).await?;
    Ok(Json(page::page(orders, |order| to_wire::order(&order))))
}

/// One order.
#[utoipa::path(get, path = "/v1/orders/{id}", operation_id = "get_order", tag = "trading", params(("id" = String, Path)),
    responses((status = 200, body = wire::Order), Missing, SignedIn))]
pub(super) async fn get(
    State(app): State<AppState>,
    user: CurrentUser,
    PathId(id): PathId<OrderId>,
) -> ApiResult<Json<wire::Order>> {
    let order = app.platform.ledger().order(user.id, id).await?;
    let order = order.ok_or_else(|| Problem::new(kinds::NOT_FOUND, "you have no such order"))?;
    Ok(Json(to_wire::order(&order)))
}

/// Asks for an order's cancellation. It may fill before the venue hears of it: watch its state.
#[utoipa::path(post, path = "/v1/orders/{id}/cancel", operation_id = "cancel_order", tag = "trading", params(("id" = String, Path)),
    responses((status = 202, body = wire::Order), Missing, SignedIn))]
pub(super) async fn cancel(
    State(app): State<AppState>,
    user: CurrentUser,
    PathId(id): PathId<OrderId>,
) -> ApiResult<(StatusCode, Json<wire::Order>)> {
    let order = app.platform.engine().cancel(user.id, id).await?;
    Ok((StatusCode::ACCEPTED, Json(to_wire::order(&order))))
}

/// Checks `wait_ms`.
pub(super) fn wait(ms: Option<u64>) -> ApiResult<Option<Duration>> {
    if ms.is_some_and(|ms| ms > LONGEST_WAIT_MS) {
        return Err(Problem::new(kinds::QUERY_INVALID, format!("wait_ms must be at most {LONGEST_WAIT_MS}")));
    }
    Ok(ms.filter(|ms| *ms > 0).map(Duration::from_millis))
}

/// What a submitted order is answered with, after waiting for it where the caller wants that.
pub(super) async fn answer(
    app: &App,
    user: UserId,
    submitted: Submitted,
    wait: Option<Duration>,
    until: WaitFor,
) -> ApiResult<Response> {
    let Submitted { mut order, replayed, .. } = submitted;
    if let Some(wait) = wait.filter(|_| !until.holds(order.state)) {
        let (engine, id) = (app.platform.engine(), order.id());
        let reached = async {
            match until {
                WaitFor::Settled => engine.settled(user, id, wait).await,
                WaitFor::Acknowledged => engine.acknowledged(user, id, wait).await,
            }
        };
        tokio::select! {
            reached = reached => order = reached?,
            // A server that shuts down does not keep its callers; the order is in the journal.
            () = app.draining() => {}
        }
    }
    metrics::order(order.state.as_str(), replayed);
    if let Some(problem) = refusal(&order) {
        return Err(problem);
    }
    let status = if replayed { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(to_wire::order(&order))).into_response())
}

/// An order that never went out is a problem for its caller; what a venue did with one that did is its state.
fn refusal(order: &Order) -> Option<Problem> {
    let kind = match to_wire::order_problem(order)? {
        code if code == kinds::NO_VENUE.code => kinds::NO_VENUE,
        _ => kinds::RISK_REFUSED,
    };
    let reason = order.reason.as_ref()?;
    Some(Problem::new(kind, reason.text.clone()).order(to_wire::order(order)))
}

fn state(text: &str) -> ApiResult<OrderState> {
    OrderState::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| {
        let names = OrderState::ALL.map(OrderState::as_str).join(", ");
        Problem::new(kinds::QUERY_INVALID, format!("state must be one of {names}"))
    })
}
