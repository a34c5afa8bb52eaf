//! The three streams: the account's, crypto's prices, stocks' prices.

use super::msgpack;
use super::state::State;
use super::ws_account::AccountStream;
use super::ws_data::DataStream;
use crate::faults::FaultKind;
use crate::venue::Venue;
use axum::body::Body;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::http::Response;
use axum::response::IntoResponse;
use parking_lot::Mutex;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Largest request.
const REQUEST: usize = 64 * 1024;

pub(crate) const ACCOUNT: &str = "/stream";
pub(crate) const CRYPTO: &str = "/v1beta3/crypto/us";
const STOCKS: [&str; 3] = ["/v2/iex", "/v2/sip", "/v2/delayed_sip"];

/// Which stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Account,
    Crypto,
    Stocks,
}

/// The stream of a path, if it is one's.
pub(crate) fn kind(path: &str) -> Option<Kind> {
    match path.trim_end_matches('/') {
        ACCOUNT => Some(Kind::Account),
        CRYPTO => Some(Kind::Crypto),
        path if STOCKS.contains(&path) => Some(Kind::Stocks),
        _ => None,
    }
}

/// One message to a client, and what faults may do to it.
pub(crate) struct Out {
    pub(crate) body: Value,
    pub(crate) sort: Sort,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// An answer to the client.
    Answer,
    /// Prices: may be swallowed.
    Prices,
    /// An order's update: may be swallowed, doubled or late.
    Update,
}

/// How messages are written.
#[derive(Debug, Clone, Copy)]
enum Codec {
    /// JSON in text frames.
    Text,
    /// JSON in binary frames, as the paper host's account stream.
    Binary,
    Msgpack,
}

enum Stream {
    Account(AccountStream),
    Data(DataStream),
}

/// Upgrades a request to a stream.
pub(crate) async fn serve(venue: Arc<Venue>, state: Arc<Mutex<State>>, request: Request) -> Response<Body> {
    let (mut parts, _) = request.into_parts();
    let kind = kind(parts.uri.path()).unwrap_or(Kind::Account);
    let msgpack = parts
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("msgpack"));
    let (codec, stream) = match kind {
        Kind::Account => (Codec::Binary, Stream::Account(AccountStream::new(Arc::clone(&venue), state))),
        _ => {
            let codec = if msgpack { Codec::Msgpack } else { Codec::Text };
            (codec, Stream::Data(DataStream::new(Arc::clone(&venue), kind, &parts.headers)))
        }
    };
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => {
            upgrade.max_message_size(REQUEST).on_upgrade(move |socket| run(venue, stream, codec, socket))
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn run(venue: Arc<Venue>, mut stream: Stream, codec: Codec, mut socket: WebSocket) {
    let mut changed = venue.changed.subscribe();
    let mut disconnects = venue.disconnects.subscribe();
    disconnects.mark_unchanged();
    let mut down = venue.down.subscribe();
    let greeting = match &mut stream {
        Stream::Account(_) => Vec::new(),
        Stream::Data(stream) => stream.greet(),
    };
    if send_all(&venue, &mut socket, codec, greeting).await.is_err() {
        return;
    }
    loop {
        let out = tokio::select! {
            frame = socket.recv() => match frame {
                Some(Ok(Frame::Text(text))) => stream.request(serde_json::from_str(text.as_str()).ok()),
                Some(Ok(Frame::Binary(bytes))) => stream.request(match codec {
                    Codec::Msgpack => msgpack::decode(&bytes),
                    _ => serde_json::from_slice(&bytes).ok(),
                }),
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => Vec::new(),
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return,
            },
            Ok(()) = changed.changed() => stream.changes(),
            Ok(()) = disconnects.changed() => return,
            _ = down.wait_for(|down| *down) => return,
        };
        if send_all(&venue, &mut socket, codec, out).await.is_err() {
            return;
        }
    }
}

impl Stream {
    /// What a message of the client's is answered; `None` is one that could not be read.
    fn request(&mut self, message: Option<Value>) -> Vec<Out> {
        match self {
            Self::Account(stream) => stream.request(message),
            Self::Data(stream) => stream.request(message),
        }
    }

    fn changes(&mut self) -> Vec<Out> {
        match self {
            Self::Account(stream) => stream.changes(),
            Self::Data(stream) => stream.changes(),
        }
    }
}

async fn send_all(venue: &Venue, socket: &mut WebSocket, codec: Codec, out: Vec<Out>) -> Result<(), ()> {
    for Out { body, sort } in out {
        if sort == Sort::Update {
            let late = venue.streams.late_ms.load(Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(late)).await;
        }
        if sort != Sort::Answer && venue.hits_message(FaultKind::StreamGap) {
            continue;
        }
        let copies =
            if sort == Sort::Update && venue.hits_message(FaultKind::DuplicateReports) { 2 } else { 1 };
        for _ in 0..copies {
            send(socket, codec, &body).await?;
        }
    }
    Ok(())
}

/// Sends one message, giving up on a client that does not read for a while.
async fn send(socket: &mut WebSocket, codec: Codec, body: &Value) -> Result<(), ()> {
    let frame = match codec {
        Codec::Text => Frame::Text(body.to_string().into()),
        Codec::Binary => Frame::Binary(body.to_string().into_bytes().into()),
        Codec::Msgpack => Frame::Binary(msgpack::encode(body).into()),
    };
    match tokio::time::timeout(Duration::from_secs(10), socket.send(frame)).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(()),
    }
}
