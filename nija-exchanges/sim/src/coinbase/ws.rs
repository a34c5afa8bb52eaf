//! One WebSocket connection: subscriptions in, channels out. Every message has the connection's next number.

use super::auth::{self, For};
use super::protocol::State;
use super::ws_market::MarketChannels;
use super::ws_user::UserChannel;
use crate::clock::rfc3339;
use crate::faults::FaultKind;
use crate::venue::Venue;
use axum::body::Body;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::http::Response;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};

/// Largest request.
const REQUEST: usize = 64 * 1024;
/// Heartbeats come once a second.
const BEAT: Duration = Duration::from_secs(1);
/// A connection that has subscribed to nothing by then is closed (WebSocket overview).
const SUBSCRIBE: Duration = Duration::from_secs(5);

/// What a channel has to say.
pub(super) struct Said {
    pub(super) channel: &'static str,
    pub(super) events: Value,
}

/// Upgrades a request to a stream.
pub(super) async fn serve(state: Arc<State>, venue: Arc<Venue>, request: Request) -> Response<Body> {
    let (mut parts, _) = request.into_parts();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade
            .max_message_size(REQUEST)
            .on_upgrade(move |socket| Connection::new(state, venue).run(socket)),
        Err(refusal) => refusal.into_response(),
    }
}

/// The state of one connection.
struct Connection {
    state: Arc<State>,
    venue: Arc<Venue>,
    market: MarketChannels,
    user: Option<UserChannel>,
    heartbeats: Option<u64>,
    sequence: u64,
    opened: Instant,
    subscribed: bool,
}

impl Connection {
    fn new(state: Arc<State>, venue: Arc<Venue>) -> Self {
        Self {
            state,
            venue,
            market: MarketChannels::default(),
            user: None,
            heartbeats: None,
            sequence: 0,
            opened: Instant::now(),
            subscribed: false,
        }
    }

    async fn run(mut self, mut socket: WebSocket) {
        let mut changed = self.venue.changed.subscribe();
        let mut disconnects = self.venue.disconnects.subscribe();
        disconnects.mark_unchanged();
        let mut down = self.venue.down.subscribe();
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let (mut faulty, mut over) = (false, false);
            let out = tokio::select! {
                frame = socket.recv() => match frame {
                    Some(Ok(Frame::Text(text))) => self.request(text.as_str()),
                    Some(Ok(Frame::Binary(bytes))) => self.request(&String::from_utf8_lossy(&bytes)),
                    Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => Vec::new(),
                    Some(Ok(Frame::Close(_))) => { over = true; Vec::new() }
                    Some(Err(_)) | None => return,
                },
                Ok(()) = changed.changed() => { faulty = true; self.changes() }
                _ = beat.tick() => match self.beat() {
                    Some(out) => out,
                    None => return,
                },
                Ok(()) = disconnects.changed() => return,
                _ = down.wait_for(|down| *down) => return,
            };
            if over {
                // Reading on lets the answer to the close go out.
                let _ = tokio::time::timeout(BEAT, socket.recv()).await;
                return;
            }
            for message in out {
                let text = match message {
                    Out::Said(said) => {
                        if said.channel == "user" {
                            let late = self.venue.streams.late_ms.load(Ordering::Relaxed);
                            tokio::time::sleep(Duration::from_millis(late)).await;
                        }
                        let text = self.number(&said);
                        // A lost message has its number all the same.
                        if faulty && self.venue.hits_message(FaultKind::StreamGap) {
                            continue;
                        }
                        text
                    }
                    Out::Error(message) => json!({ "type": "error", "message": message }).to_string(),
                };
                if send(&mut socket, text).await.is_err() {
                    return;
                }
            }
        }
    }

    fn number(&mut self, said: &Said) -> String {
        let number = self.sequence;
        self.sequence += 1;
        json!({
            "channel": said.channel,
            "client_id": "",
            "timestamp": rfc3339(self.venue.clock.now_ns()),
            "sequence_num": number,
            "events": said.events,
        })
        .to_string()
    }

    /// What a change at the venue means for this connection's channels.
    fn changes(&mut self) -> Vec<Out> {
        let mut out = self.market.changes(&self.venue);
        if let Some(user) = &mut self.user {
            out.extend(user.changes(&self.venue));
        }
        out.into_iter().map(Out::Said).collect()
    }

    /// Once a second; `None` when the connection is to be closed.
    fn beat(&mut self) -> Option<Vec<Out>> {
        if !self.subscribed && self.opened.elapsed() >= SUBSCRIBE {
            return None;
        }
        let mut out = self.market.beat(&self.venue);
        if let Some(counter) = &mut self.heartbeats {
            *counter += 1;
            let time = rfc3339(self.venue.clock.now_ns()).replace('T', " ").replace('Z', " +0000 UTC");
            let event =
                json!({ "current_time": format!("{time} m=+{counter}.0"), "heartbeat_counter": *counter });
            out.push(Said { channel: "heartbeats", events: json!([event]) });
        }
        Some(out.into_iter().map(Out::Said).collect())
    }

    fn request(&mut self, text: &str) -> Vec<Out> {
        let Ok(Value::Object(request)) = serde_json::from_str(text) else {
            return vec![Out::Error("failed to parse message".to_owned())];
        };
        match self.subscription(&request) {
            Ok(out) => out.into_iter().map(Out::Said).collect(),
            Err(message) => vec![Out::Error(message)],
        }
    }

    fn subscription(&mut self, request: &Map<String, Value>) -> Result<Vec<Said>, String> {
        let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
        let subscribe = match text("type") {
            "subscribe" => true,
            "unsubscribe" => false,
            _ => return Err("type must be subscribe or unsubscribe".to_owned()),
        };
        let key = match request.get("jwt") {
            None | Some(Value::Null) => None,
            Some(token) => Some(self.key(token.as_str().unwrap_or_default())?),
        };
        let products: Vec<&str> = request
            .get("product_ids")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let channel = text("channel");
        let mut snapshots = Vec::new();
        match channel {
            "heartbeats" => self.heartbeats = subscribe.then_some(self.heartbeats.unwrap_or(0)),
            "user" | "futures_balance_summary" => {
                let (account, may_view) = key.ok_or("authentication failure")?;
                if !may_view {
                    return Err("authentication failure".to_owned());
                }
                if channel == "user" {
                    self.user = None;
                    if subscribe {
                        let (user, first) = UserChannel::start(&self.venue, account);
                        self.user = Some(user);
                        snapshots = first;
                    }
                }
            }
            _ => snapshots = self.market.change(&self.venue, subscribe, channel, &products)?,
        }
        self.subscribed |= subscribe;
        let mut out =
            vec![Said { channel: "subscriptions", events: json!([{ "subscriptions": self.standing() }]) }];
        out.extend(snapshots);
        Ok(out)
    }

    /// The account behind a token, and whether its key may look at it.
    fn key(&self, token: &str) -> Result<(usize, bool), String> {
        let failed = || "authentication failure".to_owned();
        let name = auth::claimed(token).ok_or_else(failed)?;
        let now_s = self.venue.clock.now_ns().div_euclid(1_000_000_000);
        let keys = self.venue.keys.lock();
        let key = keys.get(&name).ok_or_else(failed)?;
        let public = self.state.public_key(&name, &key.secret).ok_or_else(failed)?;
        if !auth::verify(token, &name, &public, For::Stream, now_s) {
            return Err(failed());
        }
        Ok((key.account, key.may("view")))
    }

    /// All that is subscribed now, by channel.
    fn standing(&self) -> BTreeMap<&'static str, Vec<String>> {
        let mut all = self.market.standing();
        if self.heartbeats.is_some() {
            all.insert("heartbeats", vec!["heartbeats".to_owned()]);
        }
        if let Some(user) = &self.user {
            all.insert("user", vec![user.id()]);
        }
        all
    }
}

/// A message to be sent: numbered, or a refusal, which has no number.
enum Out {
    Said(Said),
    Error(String),
}

/// Sends one text, giving up on a client that does not read for a while.
async fn send(socket: &mut WebSocket, text: String) -> Result<(), ()> {
    let sending = socket.send(Frame::Text(text.into()));
    match tokio::time::timeout(Duration::from_secs(10), sending).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(()),
    }
}
