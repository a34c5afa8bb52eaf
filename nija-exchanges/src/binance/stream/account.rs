//! One private connection: the user's orders, executions and balances.

use futures::SinkExt;
use nija_core::{AccountEvent, VenueAccount, VenueError};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

use super::{
    super::{UserStream, executor::Binance, symbols::SymbolMap, wire::ws},
    ANSWER,
    events::{self, Orders},
};
use crate::public_list::PublicList;
use crate::transport::{Address, Ended, Protocol, StreamCalls, StreamSender, WsConnection};

/// A listen key lives for an hour; this often it is renewed (user-data-stream.md recommends every 30 minutes).
const RENEW: Duration = Duration::from_secs(25 * 60);
/// Before it is tried again where the venue was limiting requests.
const RENEW_AGAIN: Duration = Duration::from_secs(60);

/// Numbers of our requests.
const LOG_ON: u64 = 1;
const SUBSCRIBE: u64 = 2;

struct Session {
    binance: Arc<Binance>,
    calls: StreamCalls,
    symbols: Arc<SymbolMap>,
    out: StreamSender<AccountEvent>,
    orders: Orders,
    up: bool,
}

/// Runs until the connection is lost or an execution is missing.
pub(super) async fn session(
    binance: Arc<Binance>,
    account: VenueAccount,
    calls: StreamCalls,
    out: StreamSender<AccountEvent>,
) -> Ended {
    let orders = Orders::new(binance.venue.clone());
    let mut session = Session { symbols: Arc::default(), orders, binance, calls, out, up: false };
    let reason = match session.run(&account).await {
        Ok(()) => "nobody reads".to_owned(),
        Err(reason) => reason,
    };
    Ended { was_up: session.up, reason }
}

impl Session {
    async fn run(&mut self, account: &VenueAccount) -> Result<(), String> {
        self.symbols =
            self.binance.market.symbols_by(&self.calls).await.map_err(|error| error.to_string())?;
        match self.binance.user_stream {
            UserStream::WebSocketApi => self.signed(account).await,
            UserStream::ListenKey => self.listening(account).await,
        }
    }

    /// Over the WebSocket API.
    async fn signed(&mut self, account: &VenueAccount) -> Result<(), String> {
        let mut socket = self.open(&self.binance.ws_api).await?;
        let params = self.binance.stream_params(account).await.map_err(|error| error.to_string())?;
        // Ed25519 keys log the connection in (only they can); HMAC keys sign the subscription itself. Both sign the same.
        let logs_on = params.iter().any(|(name, value)| name == "signature" && !is_hex(value));
        let method = if logs_on { "session.logon" } else { "userDataStream.subscribe.signature" };
        let number = if logs_on { LOG_ON } else { SUBSCRIBE };
        send(&mut socket, number, method, Some(typed(params))).await?;
        let answered_by = Instant::now() + ANSWER;
        loop {
            let text = if self.up {
                socket.next().await
            } else {
                let next = timeout_at(answered_by, socket.next()).await;
                next.map_err(|_| "the subscription was not answered".to_owned())?
            };
            let text = text.map_err(|error| error.0)?;
            let message: ws::Private<'_> = serde_json::from_str(&text)
                .map_err(|error| format!("a message that is not understood: {error}"))?;
            if let Some(event) = message.event {
                if !self.event(event.get()).await? {
                    return Ok(());
                }
                continue;
            }
            let answer = message.id.map(|id| id.get()).unwrap_or_default();
            if let Some(error) = &message.error {
                let error = super::super::error::classify(&self.binance.venue, error.code, &error.msg);
                self.learn_from(&error).await;
                return Err(format!("the stream was refused: {error}"));
            }
            if message.status.is_some_and(|status| status != 200) {
                return Err(format!(
                    "the stream was refused with status {}",
                    message.status.unwrap_or_default()
                ));
            }
            if answer == LOG_ON.to_string() {
                send(&mut socket, SUBSCRIBE, "userDataStream.subscribe", None).await?;
            } else if answer == SUBSCRIBE.to_string() && !self.connected().await {
                return Ok(());
            }
        }
    }

    /// Under a listen key, at the public address.
    async fn listening(&mut self, account: &VenueAccount) -> Result<(), String> {
        let key =
            self.calls.ask(self.binance.listen_key(account)).await.map_err(|error| error.to_string())?;
        let address = self.binance.streams.join(&format!("/ws/{key}"));
        let address = Address::parse(&address, Protocol::WebSocket)
            .map_err(|_| "the listen key is no part of an address")?;
        let mut socket = self.open(&address).await?;
        if !self.connected().await {
            return Ok(());
        }
        let mut renewal = Instant::now() + RENEW;
        loop {
            match timeout_at(renewal, socket.next()).await {
                Ok(text) => {
                    if !self.event(&text.map_err(|error| error.0)?).await? {
                        return Ok(());
                    }
                }
                Err(_) => {
                    let renewed = self.calls.ask(self.binance.renew_listen_key(account, &key)).await;
                    renewal = match renewed {
                        Ok(()) => Instant::now() + RENEW,
                        // It lives for as long again: a stream that works is not given up for a limit.
                        Err(VenueError::RateLimited { .. }) => Instant::now() + RENEW_AGAIN,
                        Err(error) => return Err(error.to_string()),
                    };
                }
            }
        }
    }

    async fn open(&self, address: &Address) -> Result<WsConnection, String> {
        self.calls.open(&self.binance.venue, address, &self.binance.websocket).await
    }

    /// A refused timestamp means that the clocks went apart: the next connection should know by how much.
    async fn learn_from(&self, error: &VenueError) {
        if matches!(error, VenueError::NonceRefused { .. })
            && let Err(error) = self.calls.ask_public(self.binance.market.measure_clock()).await
        {
            tracing::warn!(venue = %self.binance.venue, %error, "the venue's clock could not be read");
        }
    }

    async fn connected(&mut self) -> bool {
        self.up = true;
        let market = &self.binance.market;
        self.orders.begin(market.offset.at_venue(market.clock.now()));
        self.emit(AccountEvent::Connected).await
    }

    /// Takes in one event; false when nobody reads any more.
    async fn event(&mut self, text: &str) -> Result<bool, String> {
        let not_understood = |error: serde_json::Error| format!("an event that is not understood: {error}");
        let kind: ws::Kind<'_> = serde_json::from_str(text).map_err(not_understood)?;
        match kind.event.as_deref() {
            Some("executionReport") => {
                let message: ws::Execution<'_> = serde_json::from_str(text).map_err(not_understood)?;
                let told = self.orders.take(&message, &self.symbols)?;
                if let Some((order, id)) = told.order {
                    self.binance.client_ids.learn(order.as_str(), id);
                }
                if let Some(fill) = told.fill
                    && !self.emit(AccountEvent::Fill(fill)).await
                {
                    return Ok(false);
                }
                match told.report {
                    Some(report) => Ok(self.emit(AccountEvent::Report(report)).await),
                    None => Ok(true),
                }
            }
            Some("outboundAccountPosition") => {
                let position: ws::Position = serde_json::from_str(text).map_err(not_understood)?;
                let at = self.binance.market.clock.now();
                for balance in events::balances(&self.binance.venue, position, at)? {
                    if !self.emit(AccountEvent::Balance(balance)).await {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Some("eventStreamTerminated" | "listenKeyExpired") => {
                Err("the venue ended the stream".to_owned())
            }
            Some("serverShutdown") => Err("the venue's server is going down".to_owned()),
            _ => Ok(true),
        }
    }

    async fn emit(&mut self, event: AccountEvent) -> bool {
        self.out.send(event).await.is_ok()
    }
}

async fn send(socket: &mut WsConnection, id: u64, method: &str, params: Option<Value>) -> Result<(), String> {
    let mut request = json!({ "id": id, "method": method });
    if let Some(params) = params {
        request["params"] = params;
    }
    socket.send(request.to_string()).await.map_err(|error| error.0)
}

/// The parameters as JSON: times are numbers there.
fn typed(params: Vec<(String, String)>) -> Value {
    let typed = params.into_iter().map(|(name, value)| {
        let number =
            matches!(name.as_str(), "timestamp" | "recvWindow").then(|| value.parse::<i64>().ok()).flatten();
        (name, number.map_or(Value::String(value), Value::from))
    });
    Value::Object(typed.collect())
}

fn is_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
