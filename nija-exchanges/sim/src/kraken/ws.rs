//! One WebSocket v2 connection: requests in, channels out.

use super::ws_private::PrivateChannels;
use super::ws_public::PublicChannels;
use super::ws_wire::{Message, failure, success};
use crate::clock::rfc3339;
use crate::faults::FaultKind;
use crate::venue::Venue;
use axum::body::Body;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::http::Response;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// Largest request.
const REQUEST: usize = 64 * 1024;
/// A ticker is sent at least this often, and a heartbeat when nothing else was.
const BEAT: Duration = Duration::from_secs(1);

/// Upgrades a request to a stream.
pub(crate) async fn serve(venue: Arc<Venue>, request: Request, private: bool) -> Response<Body> {
    let (mut parts, _) = request.into_parts();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade
            .max_message_size(REQUEST)
            .on_upgrade(move |socket| Connection::new(venue, private).run(socket)),
        Err(refusal) => refusal.into_response(),
    }
}

/// The state of one connection.
struct Connection {
    venue: Arc<Venue>,
    private: bool,
    public_channels: PublicChannels,
    private_channels: PrivateChannels,
    id: u64,
}

impl Connection {
    fn new(venue: Arc<Venue>, private: bool) -> Self {
        let id = u64::from_le_bytes(crate::account::random::<8>()) >> 1;
        Self {
            venue,
            private,
            public_channels: PublicChannels::default(),
            private_channels: PrivateChannels::default(),
            id,
        }
    }

    async fn run(mut self, mut socket: WebSocket) {
        let mut changed = self.venue.changed.subscribe();
        let mut news = None;
        let mut disconnects = self.venue.disconnects.subscribe();
        disconnects.mark_unchanged();
        let mut down = self.venue.down.subscribe();
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if send(&mut socket, self.status()).await.is_err() {
            return;
        }
        loop {
            let mut idle = false;
            let out = tokio::select! {
                frame = socket.recv() => match frame {
                    Some(Ok(Frame::Text(text))) => self.request(text.as_str()),
                    Some(Ok(Frame::Binary(bytes))) => self.request(&String::from_utf8_lossy(&bytes)),
                    Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => Vec::new(),
                    Some(Ok(Frame::Close(_)) | Err(_)) | None => return,
                },
                Ok(()) = changed.changed(), if !self.private => self.changes(),
                () = heard(&mut news) => self.changes(),
                _ = beat.tick() => { idle = true; self.beat() }
                Ok(()) = disconnects.changed() => return,
                _ = down.wait_for(|down| *down) => return,
            };
            if self.private && news.is_none() {
                news = self.news();
            }
            for text in out {
                if text.starts_with("{\"channel\":\"executions\"") {
                    let late = self.venue.streams.late_ms.load(Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(late)).await;
                }
                if !idle && text.starts_with("{\"channel\"") && self.venue.hits_message(FaultKind::StreamGap)
                {
                    continue;
                }
                if send(&mut socket, text).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Tells of changes of the account whose channels this connection has, beginning with those since they were subscribed.
    fn news(&self) -> Option<watch::Receiver<u64>> {
        let mut news = self.venue.engine.lock().news(self.private_channels.account()?)?;
        news.mark_changed();
        Some(news)
    }

    /// What a change at the venue means for this connection's channels.
    fn changes(&mut self) -> Vec<String> {
        let mut out = self.public_channels.changes(&self.venue, false);
        out.extend(self.private_channels.changes(&self.venue));
        out
    }

    /// Once a second: tickers whatever happened, and a heartbeat when there is nothing else to say.
    fn beat(&mut self) -> Vec<String> {
        let mut out = self.public_channels.changes(&self.venue, true);
        if out.is_empty() && (self.public_channels.any() || self.private_channels.any()) {
            out.push(r#"{"channel":"heartbeat"}"#.to_owned());
        }
        out
    }

    fn status(&self) -> String {
        let data = json!([{
            "api_version": "v2",
            "connection_id": self.id,
            "system": "online",
            "version": "2.0.0",
        }]);
        Message::new("status", false, data).text()
    }

    fn request(&mut self, text: &str) -> Vec<String> {
        let now_ns = self.venue.clock.now_ns();
        let Ok(Value::Object(request)) = serde_json::from_str(text) else {
            return vec![failure("error", "Malformed request", None, now_ns)];
        };
        let req_id = request.get("req_id").filter(|id| id.is_i64() || id.is_u64() || id.is_string());
        let method = request.get("method").and_then(Value::as_str).unwrap_or_default();
        let params = request.get("params").unwrap_or(&Value::Null);
        match method {
            "ping" => {
                let mut pong =
                    json!({ "method": "pong", "time_in": rfc3339(now_ns), "time_out": rfc3339(now_ns) });
                if let Some(req_id) = req_id {
                    pong["req_id"] = req_id.clone();
                }
                vec![pong.to_string()]
            }
            "subscribe" | "unsubscribe" => self.subscription(method, params, req_id, now_ns),
            "" => vec![failure("error", "Method not found", req_id, now_ns)],
            _ => vec![failure(method, "Unsupported method", req_id, now_ns)],
        }
    }

    fn subscription(
        &mut self,
        method: &str,
        params: &Value,
        req_id: Option<&Value>,
        now_ns: i64,
    ) -> Vec<String> {
        let subscribe = method == "subscribe";
        let channel = params.get("channel").and_then(Value::as_str).unwrap_or_default();
        let done = match channel {
            "executions" | "balances" if !self.private => {
                Err("Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
                    .to_owned())
            }
            "executions" | "balances" => {
                self.private_channels.change(&self.venue, subscribe, channel, params)
            }
            _ if self.private => {
                Err("Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"
                    .to_owned())
            }
            _ => self.public_channels.change(&self.venue, subscribe, channel, params),
        };
        match done {
            Ok(each) => {
                let mut out: Vec<String> = Vec::new();
                for (result, messages) in each {
                    out.push(success(method, &result, req_id, now_ns));
                    out.extend(messages);
                }
                out
            }
            Err(error) => vec![failure(method, &error, req_id, now_ns)],
        }
    }
}

/// Waits for an account to change; for ever while there is none.
async fn heard(news: &mut Option<watch::Receiver<u64>>) {
    let changed = match news {
        Some(news) => news.changed().await.is_ok(),
        None => false,
    };
    if !changed {
        std::future::pending::<()>().await;
    }
}

/// Sends one text, giving up on a client that does not read for a while.
async fn send(socket: &mut WebSocket, text: String) -> Result<(), ()> {
    let sending = socket.send(Frame::Text(text.into()));
    match tokio::time::timeout(Duration::from_secs(10), sending).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(()),
    }
}
