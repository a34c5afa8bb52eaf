//! One WebSocket connection: `/ws/v5/public`, `/ws/v5/private` or `/ws/v5/business`.

use super::algo_trigger;
use super::protocol::State;
use super::ws_account::AccountChannels;
use super::ws_login::{self, User};
use super::ws_market::MarketChannels;
use super::ws_trade;
use crate::faults::FaultKind;
use crate::kraken::Tier;
use crate::venue::Venue;
use axum::body::Body;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};

/// Largest request (64 KB over all channels' arguments).
const REQUEST: usize = 64 * 1024;
/// The pace of books and tickers.
const TENTH: Duration = Duration::from_millis(100);
/// A connection on which nothing is said for so long is closed.
const SILENCE: Duration = Duration::from_secs(30);
/// Requests to subscribe, unsubscribe and log in, in an hour on one connection.
const REQUESTS: u64 = 480;
const HOUR: Duration = Duration::from_secs(3_600);

/// Which address a connection came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    Public,
    Private,
    Business,
}

impl Address {
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/ws/v5/public" => Some(Self::Public),
            "/ws/v5/private" => Some(Self::Private),
            "/ws/v5/business" => Some(Self::Business),
            _ => None,
        }
    }
}

/// A refusal of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u32,
    pub(super) msg: String,
}

pub(super) fn refuse<T>(code: u32, msg: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code, msg: msg.into() })
}

/// What a push is of, which says which faults hit it.
#[derive(Debug)]
pub(super) enum Push {
    /// The word that answers a `ping`.
    Pong,
    /// An answer: no fault hits it.
    Event(Value),
    Market(Value),
    Account(Value),
    /// Goodbye, with a code.
    Close(u16, &'static str),
}

/// Upgrades a request to a stream.
pub(super) async fn serve(state: Arc<State>, venue: Arc<Venue>, request: Request) -> Response<Body> {
    let (mut parts, _) = request.into_parts();
    let Some(address) = Address::of(parts.uri.path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if venue.tier != Tier::Unlimited && !state.limits.connect(venue.clock.now_ns()) {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade
            .max_message_size(REQUEST)
            .on_upgrade(move |socket| Connection::new(state, venue, address).run(socket)),
        Err(refusal) => refusal.into_response(),
    }
}

struct Connection {
    state: Arc<State>,
    venue: Arc<Venue>,
    address: Address,
    number: u64,
    user: Option<User>,
    market: MarketChannels,
    account: AccountChannels,
    /// Since when requests are counted, and how many came.
    requests: (Instant, u64),
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.state.watchers.leave_all(self.number);
    }
}

impl Connection {
    fn new(state: Arc<State>, venue: Arc<Venue>, address: Address) -> Self {
        let number = state.watchers.number();
        Self {
            state,
            venue,
            address,
            number,
            user: None,
            market: MarketChannels::default(),
            account: AccountChannels::default(),
            requests: (Instant::now(), 0),
        }
    }

    /// `connId`.
    fn id(&self) -> String {
        format!("{:08x}", self.number.wrapping_mul(0x9e37_79b9) & 0xffff_ffff)
    }

    async fn run(mut self, mut socket: WebSocket) {
        let mut changed = self.venue.changed.subscribe();
        let mut disconnects = self.venue.disconnects.subscribe();
        disconnects.mark_unchanged();
        let mut down = self.venue.down.subscribe();
        let mut tick = tokio::time::interval(TENTH);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_said = Instant::now();
        loop {
            let pushes = tokio::select! {
                frame = socket.recv() => {
                    last_said = Instant::now();
                    match frame {
                        Some(Ok(Frame::Text(text))) if text.as_str() == "ping" => vec![Push::Pong],
                        Some(Ok(Frame::Text(text))) => self.request(text.as_str()),
                        Some(Ok(Frame::Binary(bytes))) => self.request(&String::from_utf8_lossy(&bytes)),
                        Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => Vec::new(),
                        Some(Ok(Frame::Close(_)) | Err(_)) | None => return,
                    }
                }
                Ok(()) = changed.changed() => self.changes(false),
                _ = tick.tick() => {
                    if last_said.elapsed() >= SILENCE {
                        vec![Push::Close(4004, "No data received in 30s.")]
                    } else if self.key_changed() {
                        vec![Push::Close(4007, "API key has been updated or deleted. Please reconnect.")]
                    } else {
                        self.changes(true)
                    }
                }
                Ok(()) = disconnects.changed() => return,
                _ = down.wait_for(|down| *down) => return,
            };
            for push in pushes {
                let text = match push {
                    Push::Pong => "pong".to_owned(),
                    Push::Event(value) => value.to_string(),
                    Push::Close(code, reason) => {
                        let frame = CloseFrame { code, reason: reason.into() };
                        let _ = send(&mut socket, Frame::Close(Some(frame))).await;
                        return;
                    }
                    Push::Market(_) | Push::Account(_) if self.venue.hits_message(FaultKind::StreamGap) => {
                        continue;
                    }
                    Push::Market(value) => value.to_string(),
                    Push::Account(value) => {
                        let late = self.venue.streams.late_ms.load(Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(late)).await;
                        value.to_string()
                    }
                };
                last_said = Instant::now();
                if send(&mut socket, Frame::Text(text.into())).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Whether the key's rights are others than when it logged in.
    fn key_changed(&self) -> bool {
        self.user.as_ref().is_some_and(|user| {
            self.venue.keys.lock().get(&user.key).is_none_or(|key| key.permissions != user.permissions)
        })
    }

    /// What a change at the venue means for this connection; `paced` ten times a second.
    fn changes(&mut self, paced: bool) -> Vec<Push> {
        algo_trigger::settle(&self.venue, &self.state, self.venue.clock.now_ns());
        let mut out: Vec<Push> =
            self.market.changes(&self.venue, paced).into_iter().map(Push::Market).collect();
        if let Some(user) = &self.user {
            let told = self.account.changes(&self.venue, &self.state, user.account);
            out.extend(told.into_iter().map(Push::Account));
        }
        out
    }

    fn request(&mut self, text: &str) -> Vec<Push> {
        let shown: String = text.chars().take(200).collect();
        let Ok(Value::Object(request)) = serde_json::from_str::<Value>(text) else {
            return vec![self.error(&Value::Null, 60012, &format!("Invalid request: {shown}"))];
        };
        let id = request.get("id").cloned().unwrap_or(Value::Null);
        let op = request.get("op").and_then(Value::as_str).unwrap_or_default();
        if matches!(op, "login" | "subscribe" | "unsubscribe") && !self.may_ask() {
            return vec![self.error(&id, 60014, "Requests too frequent")];
        }
        let args: Vec<Value> = match request.get("args").and_then(Value::as_array) {
            Some(args) if !args.is_empty() => args.clone(),
            _ if op.is_empty() => return vec![self.error(&id, 60012, &format!("Invalid request: {shown}"))],
            _ => return vec![self.error(&id, 60013, "Invalid args")],
        };
        match op {
            "login" => self.login(&args),
            "subscribe" => args.iter().flat_map(|arg| self.subscribe(&id, arg)).collect(),
            "unsubscribe" => args.iter().map(|arg| self.unsubscribe(&id, arg)).collect(),
            _ if ws_trade::is_op(op) => match (&self.user, self.address) {
                (_, Address::Public | Address::Business) => {
                    let msg = "The current operation is not supported by this URL. Please use the correct WebSocket \
                               URL for the operation.";
                    vec![self.error(&id, 60028, msg)]
                }
                (None, Address::Private) => vec![self.error(&id, 60011, "Please log in")],
                (Some(user), Address::Private) => {
                    vec![Push::Event(ws_trade::answer(&self.venue, &self.state, user, op, &id, &request))]
                }
            },
            _ => vec![self.error(
                &id,
                60019,
                &format!("Invalid op: {}", op.chars().take(40).collect::<String>()),
            )],
        }
    }

    /// Counts a request.
    fn may_ask(&mut self) -> bool {
        if self.requests.0.elapsed() >= HOUR {
            self.requests = (Instant::now(), 0);
        }
        self.requests.1 += 1;
        self.venue.tier == Tier::Unlimited || self.requests.1 <= REQUESTS
    }

    fn error(&self, id: &Value, code: u32, msg: &str) -> Push {
        self.event(id, json!({ "event": "error", "code": code.to_string(), "msg": msg }))
    }

    /// An answer, with the request's id and the connection's.
    fn event(&self, id: &Value, mut event: Value) -> Push {
        if !id.is_null() {
            event["id"] = id.clone();
        }
        event["connId"] = json!(self.id());
        Push::Event(event)
    }

    fn login(&mut self, args: &[Value]) -> Vec<Push> {
        if self.user.is_some() {
            let msg = "The WebSocket endpoint does not allow multiple or repeated logins.";
            return vec![self.error(&Value::Null, 60031, msg)];
        }
        match ws_login::check(&self.venue, args) {
            Ok(user) => {
                self.user = Some(user);
                vec![self.event(&Value::Null, json!({ "event": "login", "code": "0", "msg": "" }))]
            }
            Err(Refusal { code, msg }) => {
                vec![self.error(&Value::Null, code, &msg), Push::Close(4001, "Login failed.")]
            }
        }
    }

    fn subscribe(&mut self, id: &Value, arg: &Value) -> Vec<Push> {
        let channel = match self.channel(arg) {
            Ok(channel) => channel,
            Err(Refusal { code, msg }) => return vec![self.error(id, code, &msg)],
        };
        let first = match &self.user {
            Some(user) if is_account(&channel) => {
                self.account.add(&self.venue, &self.state, user.account, &channel, arg)
            }
            _ => self.market.add(&self.venue, &channel, arg),
        };
        let first = match first {
            Ok(first) => first,
            Err(Refusal { code, msg }) => return vec![self.error(id, code, &msg)],
        };
        let mut out = vec![self.event(id, json!({ "event": "subscribe", "arg": arg }))];
        if let Some(user) = self.user.as_ref().filter(|_| is_counted(&channel)) {
            let (count, admitted) = self.state.watchers.join(&channel, user.account, self.number);
            let event = if admitted { "channel-conn-count" } else { "channel-conn-count-error" };
            let count = count.to_string();
            out.push(
                self.event(&Value::Null, json!({ "event": event, "channel": channel, "connCount": count })),
            );
            if !admitted {
                self.account.remove(&channel, arg);
                return out;
            }
        }
        out.extend(first.into_iter().map(if is_account(&channel) { Push::Account } else { Push::Market }));
        out
    }

    fn unsubscribe(&mut self, id: &Value, arg: &Value) -> Push {
        let channel = match self.channel(arg) {
            Ok(channel) => channel,
            Err(Refusal { code, msg }) => return self.error(id, code, &msg),
        };
        if is_account(&channel) {
            if self.account.remove(&channel, arg) {
                self.state.watchers.leave(&channel, self.number);
            }
        } else {
            self.market.remove(&channel, arg);
        }
        self.event(id, json!({ "event": "unsubscribe", "arg": arg }))
    }

    /// The channel that an argument names, if this address has it and its sender may hear it.
    fn channel(&self, arg: &Value) -> Result<String, Refusal> {
        let empty = Map::new();
        let fields = arg.as_object().unwrap_or(&empty);
        let Some(channel) = fields.get("channel").and_then(Value::as_str) else {
            return refuse(60012, format!("Invalid request: {}", short(&arg.to_string())));
        };
        let home = match channel {
            "tickers" | "trades" | "books" | "books5" | "bbo-tbt" | "books-l2-tbt" | "books50-l2-tbt"
            | "instruments" => Address::Public,
            "orders" | "account" | "balance_and_position" | "positions" => Address::Private,
            "orders-algo" | "trades-all" => Address::Business,
            _ if channel.starts_with("candle") => Address::Business,
            _ => {
                let msg = format!("channel:{} doesn't exist", short(channel));
                return refuse(
                    60018,
                    format!(
                        "Wrong URL or {msg}. Please use the correct URL, channel and parameters referring to API document."
                    ),
                );
            }
        };
        match (home, self.address) {
            _ if home == self.address => {}
            (Address::Business, _) => {
                return refuse(
                    64001,
                    "This channel has been migrated to the '/business' URL. Please subscribe using the new URL.",
                );
            }
            (_, Address::Business) => {
                return refuse(64002, "This channel is not supported by \"/business\" URL.");
            }
            _ => {
                let msg = format!(
                    "The current WebSocket endpoint does not support subscribing to {channel} channels. Please check the WebSocket URL"
                );
                return refuse(60008, msg);
            }
        }
        if is_account(channel) && self.user.is_none() {
            return refuse(60011, "Please log in");
        }
        if matches!(channel, "books-l2-tbt" | "books50-l2-tbt") {
            return refuse(
                64003,
                "Your trading fee tier doesn't meet the requirement to access this channel",
            );
        }
        Ok(channel.to_owned())
    }
}

/// Whether a channel is an account's own.
fn is_account(channel: &str) -> bool {
    is_counted(channel) || channel == "orders-algo"
}

/// Whether only so many connections may hear a channel.
fn is_counted(channel: &str) -> bool {
    matches!(channel, "orders" | "account" | "balance_and_position" | "positions")
}

pub(super) fn short(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Sends one frame, giving up on a client that does not read for a while.
async fn send(socket: &mut WebSocket, frame: Frame) -> Result<(), ()> {
    match tokio::time::timeout(Duration::from_secs(10), socket.send(frame)).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(()),
    }
}
