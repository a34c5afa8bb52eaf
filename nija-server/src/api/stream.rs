//! The door of the live stream.

use axum::{
    Json,
    extract::{State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::StatusCode,
    response::Response,
};
use nija_client::wire;
use serde::Deserialize;
use utoipa::IntoParams;

use super::body::StrictQuery;
use crate::{
    auth::{CurrentUser, TicketHolder},
    openapi::{BadQuery, Limited, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::{AppState, Phase},
    stream::{self, Resume},
};

/// What one read takes at most: clients send next to nothing, and the default would be 128 KiB for each connection.
const READ: usize = 1024;
/// Bytes from which on frames are written out before their batch is over. Grows with what is sent; an idle connection has none.
const WRITE: usize = 16 * 1024;
/// Clients have nothing to say; this is room for a close frame and a ping.
const MOST_FROM_CLIENT: usize = 4096;

/// A ticket for one WebSocket, so that no token stands in a URL.
#[utoipa::path(post, path = "/v1/stream/ticket", operation_id = "stream_ticket", tag = "stream",
    responses((status = 201, body = wire::StreamTicket), SignedIn))]
pub(super) async fn ticket(
    State(app): State<AppState>,
    user: CurrentUser,
) -> (StatusCode, Json<wire::StreamTicket>) {
    let holder = TicketHolder { user: user.id, session: user.session };
    let ticket = app.tickets.issue(holder, app.now(), app.platform.entropy().as_ref());
    let expires_in = app.tickets.life().as_secs();
    (StatusCode::CREATED, Json(wire::StreamTicket { ticket: ticket.to_string(), expires_in }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamQuery {
    /// A ticket of `POST /v1/stream/ticket`; works once.
    ticket: String,
    /// The stream's name, from the `hello` before the connection was lost.
    stream: Option<String>,
    /// The last `seq` seen in it.
    resume_from: Option<u64>,
}

/// The live stream: a WebSocket whose text frames are `StreamEvent`s. The first is `hello`.
#[utoipa::path(get, path = "/v1/stream", operation_id = "stream", tag = "stream", security(()), params(StreamQuery),
    responses((status = 101, description = "The stream begins"),
              (status = 401, description = "`ticket_refused`", body = wire::Problem, content_type = "application/problem+json"), BadQuery, Limited))]
pub(super) async fn stream(
    State(app): State<AppState>,
    StrictQuery(query): StrictQuery<StreamQuery>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> ApiResult<Response> {
    let upgrade = upgrade
        .map_err(|error| Problem::new(kinds::REQUEST_INVALID, format!("open a WebSocket here: {error}")))?;
    if app.phase() == Phase::Draining {
        return Err(Problem::new(kinds::DRAINING, "the server is shutting down").retry_after(5));
    }
    let holder =
        app.tickets.redeem(&query.ticket, app.now()).filter(|holder| !app.revoked.contains(&holder.session));
    let holder = holder.ok_or_else(|| {
        Problem::new(
            kinds::TICKET_REFUSED,
            "the ticket is unknown, used or too old; ask for a new one at POST /v1/stream/ticket",
        )
    })?;
    let place = app.streams.enter(holder.user).ok_or_else(|| {
        let most = app.config.stream.per_user;
        Problem::new(kinds::TOO_MANY_STREAMS, format!("{most} streams of one user are the limit; close one"))
            .retry_after(5)
    })?;
    let resume = query.stream.zip(query.resume_from).map(|(stream, seq)| Resume { stream, seq });
    Ok(upgrade
        .read_buffer_size(READ)
        .write_buffer_size(WRITE)
        .max_message_size(MOST_FROM_CLIENT)
        .max_frame_size(MOST_FROM_CLIENT)
        .on_upgrade(move |socket| stream::run(app, holder, resume, socket, place)))
}
