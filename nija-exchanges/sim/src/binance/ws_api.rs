//! One connection to the WebSocket API: REST's calls as messages, logging on, and accounts' events.

use super::error::BinanceError;
use super::params::Params;
use super::private::limits_now;
use super::protocol::State;
use super::rest::{authenticate, counts_orders};
use super::routes::{self, READ, Route, Security};
use super::ws::{send, wait_if_late};
use super::ws_user::UserEvents;
use super::{format::ms, public};
use crate::engine::AccountId;
use crate::faults::FaultKind;
use crate::venue::Venue;
use axum::body::Body;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use futures::SinkExt;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Largest request.
const REQUEST: usize = 64 * 1024;
/// Between pings.
const PING: Duration = Duration::from_secs(20);

/// Upgrades a request to a connection.
pub(crate) async fn serve(venue: Arc<Venue>, state: Arc<State>, request: Request) -> Response<Body> {
    let (mut parts, _) = request.into_parts();
    let hides_limits = parts.uri.query().is_some_and(|query| query.contains("returnRateLimits=false"));
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade.max_message_size(REQUEST).on_upgrade(move |socket| {
            // Connecting weighs 2.
            let _ = state.limits.request(venue.tier, 2, venue.clock.now_ns());
            let connection = Connection {
                venue,
                state,
                shows_limits: !hides_limits,
                session: None,
                subscriptions: BTreeMap::new(),
                next: 0,
            };
            connection.run(socket)
        }),
        Err(refusal) => refusal.into_response(),
    }
}

/// Who logged on.
#[derive(Debug, Clone)]
struct Session {
    key: String,
    since_ns: i64,
}

struct Connection {
    venue: Arc<Venue>,
    state: Arc<State>,
    shows_limits: bool,
    session: Option<Session>,
    subscriptions: BTreeMap<u64, UserEvents>,
    next: u64,
}

impl Connection {
    async fn run(mut self, mut socket: WebSocket) {
        let mut changed = self.venue.changed.subscribe();
        let mut disconnects = self.venue.disconnects.subscribe();
        disconnects.mark_unchanged();
        let mut down = self.venue.down.subscribe();
        let mut ping = tokio::time::interval(PING);
        loop {
            let mut answer = None;
            let mut events = Vec::new();
            let mut pings = false;
            tokio::select! {
                frame = socket.recv() => match frame {
                    Some(Ok(Frame::Text(text))) => answer = Some(self.request(text.as_str())),
                    Some(Ok(Frame::Binary(bytes))) => answer = Some(self.request(&String::from_utf8_lossy(&bytes))),
                    Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                    Some(Ok(Frame::Close(_)) | Err(_)) | None => break,
                },
                Ok(()) = changed.changed() => events = self.changes(),
                _ = ping.tick() => pings = true,
                Ok(()) = disconnects.changed() => return,
                _ = down.wait_for(|down| *down) => return,
            }
            // Who is banned is cut off.
            let banned = answer.as_ref().is_some_and(|answer: &Value| answer["status"] == json!(418));
            let frames = answer.map(|answer| Frame::Text(answer.to_string().into()));
            for frame in frames.into_iter().chain(pings.then(|| Frame::Ping(Vec::new().into()))) {
                if send(&mut socket, frame).await.is_err() {
                    return;
                }
            }
            if banned {
                return;
            }
            for event in events {
                wait_if_late(&self.venue).await;
                if self.venue.hits_message(FaultKind::StreamGap) {
                    continue;
                }
                if send(&mut socket, Frame::Text(event.to_string().into())).await.is_err() {
                    return;
                }
            }
        }
        // A close is answered with one.
        let _ = socket.close().await;
    }

    fn changes(&mut self) -> Vec<Value> {
        let mut out = Vec::new();
        for (number, events) in &mut self.subscriptions {
            let events = events.changes(&self.venue, &self.state);
            out.extend(events.into_iter().map(|event| json!({ "subscriptionId": number, "event": event })));
        }
        out
    }

    fn request(&mut self, text: &str) -> Value {
        let Ok(Value::Object(request)) = serde_json::from_str(text) else {
            return error(&Value::Null, &BinanceError::new(-1135, "Invalid JSON Request"));
        };
        let id = request.get("id").cloned().unwrap_or(Value::Null);
        let method = request.get("method").and_then(Value::as_str).unwrap_or_default();
        let method = method.strip_prefix("v3/").unwrap_or(method).to_owned();
        let empty = Map::new();
        let object = request.get("params").and_then(Value::as_object).unwrap_or(&empty);
        let shows = object.get("returnRateLimits").and_then(Value::as_bool).unwrap_or(self.shows_limits);
        let mut object = object.clone();
        object.remove("returnRateLimits");
        let mut account = None;
        let result = Params::from_json(&object).and_then(|params| self.call(&method, &params, &mut account));
        let orders = routes::of_method(&method)
            .and_then(|(verb, path)| routes::find(verb, path, &Params::default()))
            .is_some_and(|route| counts_orders(route.call));
        let mut answer = match result {
            Ok(result) => json!({ "id": id, "status": 200, "result": result }),
            Err(refusal) => error(&id, &refusal),
        };
        if shows {
            answer["rateLimits"] = limits_now(&self.venue, &self.state, account, orders);
        }
        answer
    }

    fn call(
        &mut self,
        method: &str,
        params: &Params,
        account: &mut Option<AccountId>,
    ) -> Result<Value, BinanceError> {
        let now_ns = self.venue.clock.now_ns();
        let weigh = |weight: u64| self.state.limits.request(self.venue.tier, weight, now_ns);
        match method {
            "session.logon" => {
                weigh(2)?;
                let key = self.signed(params)?;
                // Documented: Ed25519 keys alone.
                let ed25519 =
                    self.venue.keys.lock().get(&key).is_some_and(|key| key.secret.contains("-----BEGIN"));
                if !ed25519 {
                    return Err(BinanceError::new(-4056, "HMAC-SHA-256 API key is not supported."));
                }
                self.session = Some(Session { key, since_ns: now_ns });
                Ok(self.status())
            }
            "session.status" => {
                weigh(2)?;
                Ok(self.status())
            }
            "session.logout" => {
                weigh(2)?;
                self.session = None;
                Ok(self.status())
            }
            "userDataStream.subscribe" => {
                weigh(2)?;
                let session = self.session.clone().ok_or_else(not_logged_on)?;
                self.subscribe(&session.key)
            }
            "userDataStream.subscribe.signature" => {
                weigh(2)?;
                let key = self.signed(params)?;
                self.subscribe(&key)
            }
            "userDataStream.unsubscribe" => {
                weigh(2)?;
                match params.int("subscriptionId")?.and_then(|number| u64::try_from(number).ok()) {
                    Some(number) if self.subscriptions.remove(&number).is_some() => {}
                    Some(_) => {
                        return Err(BinanceError::new(
                            -1130,
                            "Data sent for parameter 'subscriptionId' is not valid.",
                        ));
                    }
                    None => self.subscriptions.clear(),
                }
                Ok(json!({}))
            }
            "session.subscriptions" => {
                weigh(2)?;
                Ok(self.subscriptions.keys().map(|number| json!({ "subscriptionId": number })).collect())
            }
            _ => {
                let found =
                    routes::of_method(method).and_then(|(verb, path)| routes::find(verb, path, params));
                let route = found.ok_or_else(|| BinanceError::new(-1000, "Unknown method."))?;
                weigh(route.weight)?;
                self.rest(route, params, account)
            }
        }
    }

    /// A call that REST has too. After logging on, neither key nor signature is needed.
    fn rest(
        &self,
        route: Route,
        params: &Params,
        account: &mut Option<AccountId>,
    ) -> Result<Value, BinanceError> {
        if route.security == Security::None {
            return public::call(&self.venue, route.call, params);
        }
        let by_session = self.session.as_ref().filter(|_| params.get("signature").is_none());
        let key = params.get("apiKey").or(by_session.map(|session| session.key.as_str())).unwrap_or_default();
        let route = match (by_session, route.security) {
            (Some(session), Security::Signed(right)) => {
                let keys = self.venue.keys.lock();
                let may = right.is_empty() || keys.get(&session.key).is_some_and(|key| key.may(right));
                if !may {
                    return Err(BinanceError::key_refused());
                }
                Route { security: Security::KeyOnly, ..route }
            }
            _ => route,
        };
        let payload = params.sorted_without("signature");
        let caller = authenticate(&self.venue, &self.state, route, params, key, payload.as_bytes(), None)?;
        *account = Some(caller.account);
        caller.call(route.call)
    }

    /// The key that signed a message, which may read.
    fn signed(&self, params: &Params) -> Result<String, BinanceError> {
        let route = Route { call: "", security: Security::Signed(READ), weight: 0 };
        let payload = params.sorted_without("signature");
        let key = params.need("apiKey")?;
        let caller = authenticate(&self.venue, &self.state, route, params, key, payload.as_bytes(), None)?;
        Ok(caller.key)
    }

    fn subscribe(&mut self, key: &str) -> Result<Value, BinanceError> {
        let account = self.venue.account_of(key).ok_or_else(BinanceError::key_refused)?;
        let number = self.next;
        self.next += 1;
        self.subscriptions.insert(number, UserEvents::new(&self.venue, account));
        Ok(json!({ "subscriptionId": number }))
    }

    fn status(&self) -> Value {
        let session = self.session.as_ref();
        json!({
            "apiKey": session.map(|session| session.key.as_str()),
            "authorizedSince": session.map(|session| ms(session.since_ns)),
            "connectedSince": ms(self.venue.clock.now_ns()),
            "returnRateLimits": self.shows_limits,
            "serverTime": ms(self.venue.clock.now_ns()),
            "userDataStream": !self.subscriptions.is_empty(),
        })
    }
}

fn not_logged_on() -> BinanceError {
    BinanceError::new(-2015, "Invalid API-key, IP, or permissions for action.")
        .status(StatusCode::UNAUTHORIZED)
}

fn error(id: &Value, refusal: &BinanceError) -> Value {
    json!({
        "id": id,
        "status": refusal.status.as_u16(),
        "error": { "code": refusal.code, "msg": refusal.msg },
    })
}
