//! A loopback server whose tokens, answers and frames the tests decide.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use nija_client::wire::{
    BotStatus, NewOrder, PasswordLogin, Problem, RefreshRequest, Session, StreamTicket, User,
};
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

#[derive(Default)]
pub(crate) struct Shared {
    /// The tokens of turn `n` are `access-n` and `refresh-n`; only the newest are good.
    pub(crate) turn: AtomicU64,
    /// What `expires_in` says.
    pub(crate) token_life: AtomicU64,
    pub(crate) refreshes: AtomicUsize,
    /// Orders by the id they came with.
    pub(crate) orders: Mutex<Vec<NewOrder>>,
    /// How many answers to orders are lost after the order was taken.
    pub(crate) lose_answers: AtomicUsize,
    pub(crate) order_calls: AtomicUsize,
    pub(crate) refuse_orders: AtomicBool,
    /// What each stream connection was asked to resume from, and the socket to play on.
    pub(crate) sockets: Mutex<Option<mpsc::UnboundedSender<Connected>>>,
}

/// The query of a stream connection, and its socket.
pub(crate) type Connected = (Vec<(String, String)>, WebSocket);
pub(crate) type Sockets = mpsc::UnboundedReceiver<Connected>;

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) shared: Arc<Shared>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        shared.token_life.store(900, SeqCst);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        let app = router(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, shared }
    }

    pub(crate) async fn sockets(&self) -> Sockets {
        let (sender, receiver) = mpsc::unbounded_channel();
        *self.shared.sockets.lock().await = Some(sender);
        receiver
    }

    /// As if the access token's time were over.
    pub(crate) fn expire(&self) {
        self.shared.turn.fetch_add(1, SeqCst);
    }
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/auth/login", post(login))
        .route("/v1/auth/refresh", post(refresh))
        .route("/v1/auth/logout", post(|| async { StatusCode::NO_CONTENT }))
        .route("/v1/me", get(me))
        .route("/v1/bot/pause", post(pause))
        .route("/v1/orders", post(place))
        .route("/v1/venues", get(|| async { (StatusCode::BAD_GATEWAY, "<html>proxy</html>") }))
        .route("/v1/markets", get(|| async { "{not json" }))
        .route("/v1/stream/ticket", post(ticket))
        .route("/v1/stream", get(stream))
        .with_state(shared)
}

type Shares = State<Arc<Shared>>;

async fn login(State(shared): Shares, Json(login): Json<PasswordLogin>) -> Response {
    if login.password == PASSWORD { session(&shared) } else { problem(401, "wrong_login", None) }
}

/// Each spent token ends the one before: a second refresh with the same token is refused.
async fn refresh(State(shared): Shares, Json(body): Json<RefreshRequest>) -> Response {
    shared.refreshes.fetch_add(1, SeqCst);
    let spent: u64 = body.refresh_token.trim_start_matches("refresh-").parse().unwrap_or(u64::MAX);
    let issued = shared.turn.load(SeqCst);
    if spent + 1 < issued || spent > issued {
        return problem(401, "session_ended", None);
    }
    session(&shared)
}

fn session(shared: &Shared) -> Response {
    let turn = shared.turn.fetch_add(1, SeqCst) + 1;
    Json(Session {
        user: user(),
        access_token: format!("access-{turn}"),
        token_type: "Bearer".to_owned(),
        expires_in: shared.token_life.load(SeqCst),
        refresh_token: format!("refresh-{turn}"),
    })
    .into_response()
}

pub(crate) fn user() -> User {
    User {
        id: "u1".to_owned(),
        email: "me@example.com".to_owned(),
        role: "user".to_owned(),
        tier: "basic".to_owned(),
        created_at: "2026-11-23T00:00:00Z".to_owned(),
    }
}

#[allow(clippy::result_large_err)] // An answer is what axum takes as an error.
fn authorised(shared: &Shared, headers: &HeaderMap) -> Result<(), Response> {
    let wanted = format!("Bearer access-{}", shared.turn.load(SeqCst));
    let sent = headers.get("authorization").and_then(|value| value.to_str().ok());
    if sent == Some(&wanted) { Ok(()) } else { Err(problem(401, "token_expired", None)) }
}

async fn me(State(shared): Shares, headers: HeaderMap) -> Result<Json<User>, Response> {
    authorised(&shared, &headers)?;
    Ok(Json(user()))
}

async fn pause(State(shared): Shares, headers: HeaderMap) -> Result<Json<BotStatus>, Response> {
    authorised(&shared, &headers)?;
    Ok(Json(BotStatus { state: "paused".to_owned(), since: "2026-11-23T00:00:00Z".to_owned() }))
}

async fn place(
    State(shared): Shares,
    headers: HeaderMap,
    Json(order): Json<NewOrder>,
) -> Result<Response, Response> {
    authorised(&shared, &headers)?;
    shared.order_calls.fetch_add(1, SeqCst);
    let answer = order_json(&order);
    if shared.refuse_orders.load(SeqCst) {
        return Err(problem(422, "risk_refused", Some(answer)));
    }
    let mut orders = shared.orders.lock().await;
    if !orders.iter().any(|known| known.client_order_id == order.client_order_id) {
        orders.push(order);
    }
    if shared.lose_answers.load(SeqCst) > 0 {
        shared.lose_answers.fetch_sub(1, SeqCst);
        return Err((StatusCode::GATEWAY_TIMEOUT, "proxy gave up").into_response());
    }
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

pub(crate) fn order_json(order: &NewOrder) -> Value {
    json!({
        "id": "o1", "client_order_id": order.client_order_id, "symbol": order.symbol, "side": order.side,
        "order_type": "market", "size": order.size, "size_type": "quote", "state": "filled", "filled": "0.0004",
        "fees": "0.1", "signal_type": "entry", "created_at": "2026-11-23T00:00:00Z",
        "updated_at": "2026-11-23T00:00:00Z", "a_field_from_the_future": true
    })
}

async fn ticket(State(shared): Shares, headers: HeaderMap) -> Result<Json<StreamTicket>, Response> {
    authorised(&shared, &headers)?;
    Ok(Json(StreamTicket { ticket: "t".to_owned(), expires_in: 30 }))
}

async fn stream(
    State(shared): Shares,
    Query(query): Query<Vec<(String, String)>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade.on_upgrade(async move |socket| {
        if let Some(sockets) = shared.sockets.lock().await.as_ref() {
            sockets.send((query, socket)).ok();
        }
    })
}

pub(crate) async fn say(socket: &mut WebSocket, frame: Value) {
    socket.send(Message::text(frame.to_string())).await.expect("sent");
}

fn problem(status: u16, code: &str, order: Option<Value>) -> Response {
    let problem = Problem {
        kind: format!("urn:nija:problem:{code}"),
        title: code.to_owned(),
        status,
        code: code.to_owned(),
        detail: "Details.".to_owned(),
        request_id: None,
        order: order.and_then(|order| serde_json::from_value(order).ok()),
        retry_after: None,
    };
    let status = StatusCode::from_u16(status).expect("status");
    (status, [("content-type", "application/problem+json")], Json(problem)).into_response()
}
