//! One WebSocket connection that notices when the other side has gone silent.

use futures::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{self, Bytes, Message, Utf8Bytes, http::StatusCode, protocol::WebSocketConfig},
};

use super::Address;

/// Limits of a WebSocket connection.
#[derive(Debug, Clone)]
pub struct WsConfig {
    /// For the connection with TLS and the upgrade.
    pub connect_timeout: Duration,
    /// After this long without a message the other side is asked for a sign of life; after as long again it counts as gone.
    pub silence: Duration,
    /// What asks for it where a venue wants text instead of a ping frame. Its answer arrives as a message.
    pub ask: Option<&'static str>,
    /// Bytes of one message.
    pub max_message: usize,
}

impl Default for WsConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            silence: Duration::from_secs(5),
            ask: None,
            max_message: 8 * 1024 * 1024,
        }
    }
}

/// Why a connection is over, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WsError(pub String);

/// A connection was refused since there were too many, or since this address is banned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TurnedAway {
    pub(super) banned: bool,
    pub(super) retry_after: Option<Duration>,
}

impl TurnedAway {
    fn of(error: &tungstenite::Error) -> Option<Self> {
        let tungstenite::Error::Http(answer) = error else { return None };
        let banned = answer.status() == StatusCode::IM_A_TEAPOT;
        let limited = banned || answer.status() == StatusCode::TOO_MANY_REQUESTS;
        limited.then(|| Self { banned, retry_after: super::http::retry_after(answer.headers()) })
    }
}

/// An open connection.
pub struct WsConnection {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    silence: Duration,
    ask: Option<&'static str>,
    /// By when the other side must be heard of, and whether it was asked for a sign of life. Kept here, so that waits which are dropped
    /// and begun anew do not put it off.
    due: Instant,
    asked: bool,
}

impl WsConnection {
    /// Connects.
    ///
    /// # Errors
    /// [`WsError`] when there is no connection within the time set.
    pub async fn open(address: &Address, config: &WsConfig) -> Result<Self, WsError> {
        Self::connect(address, config).await.map_err(|(error, _)| error)
    }

    /// Connects; an error says as well whether the other side had too many requests.
    pub(super) async fn connect(
        address: &Address,
        config: &WsConfig,
    ) -> Result<Self, (WsError, Option<TurnedAway>)> {
        let limits = WebSocketConfig::default()
            .max_message_size(Some(config.max_message))
            .max_frame_size(Some(config.max_message))
            .read_buffer_size(16 * 1024);
        let connecting = connect_async_with_config(address.as_str(), Some(limits), true);
        match timeout(config.connect_timeout, connecting).await {
            Err(_) => Err((WsError("no connection in time".into()), None)),
            Ok(Err(error)) => {
                let turned_away = TurnedAway::of(&error);
                Err((WsError(format!("no connection: {error}")), turned_away))
            }
            Ok(Ok((socket, _))) => Ok(Self {
                socket,
                silence: config.silence,
                ask: config.ask,
                due: Instant::now() + config.silence,
                asked: false,
            }),
        }
    }

    /// Sends text.
    ///
    /// # Errors
    /// [`WsError`] when the connection is over, or takes nothing.
    pub async fn send(&mut self, text: String) -> Result<(), WsError> {
        match timeout(self.silence, self.socket.send(Message::text(text))).await {
            Err(_) => Err(WsError("the other side reads nothing".into())),
            Ok(sent) => sent.map_err(|error| WsError(error.to_string())),
        }
    }

    /// The next text, in a text frame or a binary one (Alpaca's paper host). Answers pings, and asks for a sign of life when it is quiet. Safe to drop while waiting.
    ///
    /// # Errors
    /// [`WsError`] when the connection is over or the other side is silent.
    pub async fn next(&mut self) -> Result<Utf8Bytes, WsError> {
        loop {
            let message = match timeout_at(self.due, self.socket.next()).await {
                Err(_) if self.asked => return Err(WsError("the other side is silent".into())),
                Err(_) => {
                    self.asked = true;
                    self.due = Instant::now() + self.silence;
                    let ask =
                        self.ask.map_or_else(|| Message::Ping(Bytes::from_static(b"nija")), Message::text);
                    match timeout(self.silence, self.socket.send(ask)).await {
                        Ok(Ok(())) => continue,
                        Ok(Err(error)) => return Err(WsError(error.to_string())),
                        Err(_) => return Err(WsError("the other side is silent".into())),
                    }
                }
                Ok(message) => message,
            };
            self.asked = false;
            self.due = Instant::now() + self.silence;
            match message {
                None => return Err(WsError("the connection was closed".into())),
                Some(Err(error)) => return Err(WsError(error.to_string())),
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Close(frame))) => {
                    let why = frame.map_or_else(String::new, |frame| {
                        format!(" ({} {})", u16::from(frame.code), frame.reason)
                    });
                    return Err(WsError(format!("closed by the other side{why}")));
                }
                Some(Ok(Message::Binary(bytes))) => {
                    return Utf8Bytes::try_from(bytes)
                        .map_err(|_| WsError("a binary message that is not text".into()));
                }
                // Pings are answered by the library; any of these is a sign of life.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            }
        }
    }
}

impl std::fmt::Debug for WsConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WsConnection")
    }
}
