//! One connection to the market streams: `/ws/<name>`, `/stream?streams=<name>/<name>`, and what is subscribed later.

use super::protocol::State;
use super::ws_market::MarketStreams;
use super::ws_user::UserEvents;
use crate::faults::FaultKind;
use crate::venue::Venue;
use axum::body::Body;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::http::Response;
use axum::response::IntoResponse;
use futures::SinkExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// Largest request.
const REQUEST: usize = 64 * 1024;
/// Streams on a connection at most.
const STREAMS: usize = 1_024;
/// The pace of the fastest books.
const TENTH: Duration = Duration::from_millis(100);
/// Ticks between pings.
const PING: u64 = 200;

/// Upgrades a request to a stream.
pub(crate) async fn serve(venue: Arc<Venue>, state: Arc<State>, request: Request) -> Response<Body> {
    let (mut parts, _) = request.into_parts();
    let path = parts.uri.path().trim_end_matches('/').to_owned();
    let combined = path == "/stream";
    let names: Vec<String> = if combined {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let streams = url::form_urlencoded::parse(query).find(|(name, _)| name == "streams");
        streams.map(|(_, list)| list.split('/').map(str::to_owned).collect()).unwrap_or_default()
    } else {
        path.strip_prefix("/ws/").map(|rest| rest.split('/').map(str::to_owned).collect()).unwrap_or_default()
    };
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade.max_message_size(REQUEST).on_upgrade(move |socket| {
            let mut connection = Connection {
                venue,
                state,
                combined,
                names: Vec::new(),
                markets: MarketStreams::default(),
                users: BTreeMap::new(),
            };
            names.iter().for_each(|name| connection.add(name));
            connection.run(socket)
        }),
        Err(refusal) => refusal.into_response(),
    }
}

struct Connection {
    venue: Arc<Venue>,
    state: Arc<State>,
    combined: bool,
    names: Vec<String>,
    markets: MarketStreams,
    /// By listen key.
    users: BTreeMap<String, UserEvents>,
}

impl Connection {
    async fn run(mut self, mut socket: WebSocket) {
        let mut changed = self.venue.changed.subscribe();
        let mut disconnects = self.venue.disconnects.subscribe();
        disconnects.mark_unchanged();
        let mut down = self.venue.down.subscribe();
        let mut tick = tokio::time::interval(TENTH);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ticks = 0_u64;
        loop {
            let mut answer = None;
            let mut events = Vec::new();
            let mut ping = false;
            tokio::select! {
                frame = socket.recv() => match frame {
                    Some(Ok(Frame::Text(text))) => answer = Some(self.request(text.as_str())),
                    Some(Ok(Frame::Binary(bytes))) => answer = Some(self.request(&String::from_utf8_lossy(&bytes))),
                    Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                    Some(Ok(Frame::Close(_)) | Err(_)) | None => break,
                },
                Ok(()) = changed.changed() => events = self.changes(false, false),
                _ = tick.tick() => {
                    ticks += 1;
                    ping = ticks.is_multiple_of(PING);
                    events = self.changes(true, ticks.is_multiple_of(10));
                }
                Ok(()) = disconnects.changed() => return,
                _ = down.wait_for(|down| *down) => return,
            }
            let frames = answer.map(|answer| Frame::Text(answer.to_string().into()));
            for frame in frames.into_iter().chain(ping.then(|| Frame::Ping(Vec::new().into()))) {
                if send(&mut socket, frame).await.is_err() {
                    return;
                }
            }
            for (name, data) in events {
                if self.users.contains_key(&name) {
                    wait_if_late(&self.venue).await;
                }
                if self.venue.hits_message(FaultKind::StreamGap) {
                    continue;
                }
                let message = if self.combined { json!({ "stream": name, "data": data }) } else { data };
                if send(&mut socket, Frame::Text(message.to_string().into())).await.is_err() {
                    return;
                }
            }
        }
        // A close is answered with one.
        let _ = socket.close().await;
    }

    fn changes(&mut self, tenth: bool, second: bool) -> Vec<(String, Value)> {
        let mut out = self.markets.changes(&self.venue, tenth, second);
        for (key, events) in &mut self.users {
            out.extend(
                events.changes(&self.venue, &self.state).into_iter().map(|event| (key.clone(), event)),
            );
        }
        out
    }

    fn add(&mut self, name: &str) {
        if name.is_empty() || self.names.iter().any(|known| known == name) || self.names.len() == STREAMS {
            return;
        }
        self.names.push(name.to_owned());
        // A listen key is a stream's name as well.
        let owner = self.state.listen_keys.owner(name, self.venue.clock.now_ns());
        match owner.and_then(|key| self.venue.account_of(&key)) {
            Some(account) => drop(self.users.insert(name.to_owned(), UserEvents::new(&self.venue, account))),
            None => self.markets.add(&self.venue, name),
        }
    }

    fn remove(&mut self, name: &str) {
        self.names.retain(|known| known != name);
        self.users.remove(name);
        self.markets.remove(name);
    }

    fn request(&mut self, text: &str) -> Value {
        let request: Value = match serde_json::from_str(text) {
            Ok(request) => request,
            Err(error) => return failure(3, &format!("Invalid JSON: {error}"), &Value::Null),
        };
        let id = request.get("id").cloned().unwrap_or(Value::Null);
        if !(id.is_null() || id.is_u64() || id.is_i64() || id.as_str().is_some_and(|id| id.len() <= 36)) {
            return failure(2, "Invalid request: request ID must be an unsigned integer", &Value::Null);
        }
        let Some(method) = request.get("method").and_then(Value::as_str) else {
            return failure(2, "Invalid request: missing field `method`", &id);
        };
        let params: Vec<Value> = request.get("params").and_then(Value::as_array).cloned().unwrap_or_default();
        let names: Vec<&str> = params.iter().filter_map(Value::as_str).collect();
        let done = || json!({ "result": null, "id": id });
        match method {
            "SUBSCRIBE" => {
                names.iter().for_each(|name| self.add(name));
                done()
            }
            "UNSUBSCRIBE" => {
                names.iter().for_each(|name| self.remove(name));
                done()
            }
            "LIST_SUBSCRIPTIONS" => json!({ "result": self.names, "id": id }),
            "SET_PROPERTY" | "GET_PROPERTY" if names.first() != Some(&"combined") => {
                failure(0, "Unknown property", &id)
            }
            "GET_PROPERTY" => json!({ "result": self.combined, "id": id }),
            "SET_PROPERTY" => match params.get(1).and_then(Value::as_bool) {
                Some(combined) => {
                    self.combined = combined;
                    done()
                }
                None => failure(1, "Invalid value type: expected Boolean", &id),
            },
            other => {
                let shown: String = other.chars().take(40).collect();
                let msg = format!(
                    "Invalid request: unknown variant `{shown}`, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, \
                     `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"
                );
                failure(2, &msg, &id)
            }
        }
    }
}

fn failure(code: i64, msg: &str, id: &Value) -> Value {
    json!({ "code": code, "msg": msg, "id": id })
}

/// Holds a report back while they are late.
pub(super) async fn wait_if_late(venue: &Venue) {
    let late = venue.streams.late_ms.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(late)).await;
}

/// Sends one frame, giving up on a client that does not read for a while.
pub(super) async fn send(socket: &mut WebSocket, frame: Frame) -> Result<(), ()> {
    match tokio::time::timeout(Duration::from_secs(10), socket.send(frame)).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(()),
    }
}
