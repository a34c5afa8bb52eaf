//! One connection to the account stream: own orders, with executions and balances fetched as they change.
//!
//! docs.alpaca.markets, "Websocket Streaming": authenticate, listen to `trade_updates`; the paper host sends binary frames. The
//! stream's execution ids are not documented to be those of the account's activities, and balances are not streamed at all: an
//! update says what has changed, and REST what it is now, so that an execution has one id wherever it is seen.

use futures::SinkExt;
use nija_core::{
    AccountEvent, ExecutionReport, Method, RequestBody, RequestPurpose, Timestamp, UnsignedRequest,
    VenueAccount, VenueError, VenueFill, VenueOrderId,
};
use rust_decimal::Decimal;
use serde_json::json;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    super::{auth, executor::Alpaca, orders, symbols::SymbolMap, wire},
    ANSWER,
    linked::{self, Linked},
    missed::Memory,
};
use crate::transport::{Ended, StreamCalls, StreamSender, WsConnection};

/// Updates come in bunches: wait this long for the rest of one before asking.
const BUNCH: Duration = Duration::from_millis(40);
/// Between two readings of the balances, which take two calls of 200 a minute.
const BALANCES_EVERY: Duration = Duration::from_millis(1_500);
/// Executions are not in the list the moment that they are told: how often to ask again, waiting twice as long each time.
const TRIES: u32 = 6;
/// A venue's clock may be this far behind the time in its message.
const SLACK: Duration = Duration::from_secs(5);

/// Executions that were told of and have not been read yet.
struct Wanted {
    since: Timestamp,
    at: Instant,
    tries: u32,
    /// How much of each order must be covered.
    filled: HashMap<String, Decimal>,
}

pub(super) struct Session {
    pub(super) alpaca: Arc<Alpaca>,
    pub(super) calls: StreamCalls,
    pub(super) account: VenueAccount,
    pub(super) symbols: Arc<SymbolMap>,
    out: StreamSender<AccountEvent>,
    pub(super) memory: OwnedMutexGuard<Memory>,
    wanted: Option<Wanted>,
    pub(super) linked: Linked,
    /// When to compare with REST next.
    check_at: Instant,
    /// When to read the balances next, and when they were last read.
    balances_at: Option<Instant>,
    balances_read: Option<Instant>,
    up: bool,
}

/// Runs until the connection is lost.
pub(super) async fn session(
    alpaca: Arc<Alpaca>,
    account: VenueAccount,
    memory: Arc<Mutex<Memory>>,
    calls: StreamCalls,
    out: StreamSender<AccountEvent>,
) -> Ended {
    let mut session = Session {
        alpaca,
        calls,
        account,
        symbols: Arc::default(),
        out,
        memory: memory.lock_owned().await,
        wanted: None,
        linked: Linked::default(),
        check_at: Instant::now(),
        balances_at: None,
        balances_read: None,
        up: false,
    };
    let reason = match session.run().await {
        Ok(()) => "nobody reads".to_owned(),
        Err(reason) => reason,
    };
    Ended { was_up: session.up, reason }
}

impl Session {
    async fn run(&mut self) -> Result<(), String> {
        let account = self.account.clone();
        let symbols = self.alpaca.market.symbols_by(&self.calls, &account).await;
        self.symbols = symbols.map_err(|error| error.to_string())?;
        let mut socket = self.connect().await?;
        self.up = true;
        if !self.emit(AccountEvent::Connected).await {
            return Ok(());
        }
        self.balances_at = Some(Instant::now());
        loop {
            let due = [self.wanted.as_ref().map(|wanted| wanted.at), self.linked.due(), self.balances_at];
            let due = due.into_iter().flatten().fold(self.check_at, Instant::min);
            let go_on = tokio::select! {
                // What is due first: a busy stream must not put it off for ever.
                biased;
                () = sleep_until(due) => self.fetch().await?,
                text = socket.next() => self.take(&text.map_err(|error| error.0)?).await?,
            };
            if !go_on {
                return Ok(());
            }
        }
    }

    /// Connects, authenticates and listens.
    async fn connect(&mut self) -> Result<WsConnection, String> {
        let login = self.login().await?;
        let (venue, address) = (&self.alpaca.venue, &self.alpaca.ws_private);
        let mut socket = self.calls.open(venue, address, &self.alpaca.websocket).await?;
        let by = Instant::now() + ANSWER;
        socket.send(login).await.map_err(|error| error.0)?;
        let text = answer(&mut socket, by, "authorization").await?;
        let authorized: wire::Authorization = serde_json::from_str(&text)
            .unwrap_or(wire::Authorization { status: "not understood".to_owned() });
        if authorized.status != "authorized" {
            let status: String = authorized.status.chars().filter(|c| !c.is_control()).take(100).collect();
            return Err(format!("the venue does not accept the key for the stream: {status}"));
        }
        let listen = json!({ "action": "listen", "data": { "streams": ["trade_updates"] } });
        socket.send(listen.to_string()).await.map_err(|error| error.0)?;
        let text = answer(&mut socket, by, "listening").await?;
        let listening: Result<wire::Listening, _> = serde_json::from_str(&text);
        match listening {
            Ok(listening) if listening.streams.iter().any(|stream| stream == "trade_updates") => Ok(socket),
            Ok(listening) => {
                Err(format!("trade updates were refused: {}", listening.error.unwrap_or_default()))
            }
            Err(error) => Err(format!("an answer that is not understood: {error}")),
        }
    }

    /// The message that authenticates, from the headers of a signed request that is never sent. An OAuth token has a form of its
    /// own ("Using OAuth2 and Trading API").
    async fn login(&self) -> Result<String, String> {
        let request = UnsignedRequest {
            venue: self.alpaca.venue.clone(),
            method: Method::Get,
            path: auth::STREAM.to_owned(),
            query: Vec::new(),
            body: RequestBody::Empty,
            purpose: RequestPurpose::OpenStream,
        };
        let signed = self.account.signer.sign(request).await.map_err(|error| error.to_string())?;
        let data = match signed.headers() {
            [(_, bearer)] => json!({ "oauth_token": bearer.trim_start_matches("Bearer ") }),
            [(_, key), (_, secret), ..] => json!({ "key_id": key, "secret_key": secret }),
            [] => return Err("the signer gave no credential".to_owned()),
        };
        Ok(json!({ "action": "authenticate", "data": data }).to_string())
    }

    /// Takes in one message; false when nobody reads any more.
    async fn take(&mut self, text: &str) -> Result<bool, String> {
        let message: wire::AccountMessage<'_> = serde_json::from_str(text)
            .map_err(|error| format!("a message that is not understood: {error}"))?;
        if message.stream != "trade_updates" {
            return Ok(true);
        }
        let data = message.data.map_or("null", |data| data.get());
        let update: wire::TradeUpdate = serde_json::from_str(data)
            .map_err(|error| format!("an update that is not understood: {error}"))?;
        if orders::listed(&self.symbols, &update.order).is_none() {
            tracing::debug!(
                symbol = update.order.symbol,
                "an update of something that is not listed is left out"
            );
            return Ok(true);
        }
        tracing::trace!(event = update.event, execution = update.execution_id, "update");
        let at = update.timestamp.as_deref().and_then(|text| text.parse().ok());
        if update.order.is_linked() {
            let at = at.unwrap_or_else(|| self.alpaca.market.clock.now());
            self.ask_for(update.order, at);
            return Ok(true);
        }
        let report = self.alpaca.report(&update.order, &self.symbols).map_err(|error| error.to_string())?;
        let at = at.unwrap_or(report.at);
        Ok(self.tell(&update.order, report, at).await)
    }

    /// Sees to it that an order that may be linked is asked for with what it is linked to.
    pub(super) fn ask_for(&mut self, order: wire::Order, since: Timestamp) {
        self.linked.told(order, since, Instant::now() + BUNCH);
    }

    /// Hands on the report of an order, if it is news, and sees to what comes with it.
    pub(super) async fn tell(&mut self, order: &wire::Order, report: ExecutionReport, at: Timestamp) -> bool {
        let now = Instant::now();
        for (id, filled) in linked::executed(order) {
            self.want(id, filled, at.min(report.at), now);
        }
        let soonest = self.balances_read.map_or(now, |read| read + BALANCES_EVERY).max(now + BUNCH);
        self.balances_at = Some(self.balances_at.unwrap_or(soonest));
        !self.memory.told.is_news(&report) || self.emit(AccountEvent::Report(report)).await
    }

    fn want(&mut self, order: &str, filled: Decimal, at: Timestamp, now: Instant) {
        let since = at.minus(SLACK);
        let wanted = self.wanted.get_or_insert_with(|| Wanted {
            since,
            at: now + BUNCH,
            tries: 0,
            filled: HashMap::new(),
        });
        wanted.since = wanted.since.min(since);
        wanted.tries = 0;
        wanted.at = wanted.at.min(now + BUNCH);
        let most = wanted.filled.entry(order.to_owned()).or_default();
        *most = (*most).max(filled);
    }

    /// Reads what is due; false when nobody reads any more.
    async fn fetch(&mut self) -> Result<bool, String> {
        let now = Instant::now();
        if self.linked.due().is_some_and(|at| at <= now) && !self.fetch_linked().await? {
            return Ok(false);
        }
        if self.wanted.as_ref().is_some_and(|wanted| wanted.at <= now) && !self.fetch_fills().await? {
            return Ok(false);
        }
        if self.balances_at.is_some_and(|at| at <= now) && !self.fetch_balances().await? {
            return Ok(false);
        }
        if self.check_at <= now {
            self.check_at = now + self.alpaca.account_check;
            return self.make_up().await;
        }
        Ok(true)
    }

    async fn fetch_linked(&mut self) -> Result<bool, String> {
        let since = self.linked.since(self.alpaca.market.clock.now());
        let mut again = Vec::new();
        while let Some(order) = self.linked.pop() {
            let id = VenueOrderId::new(&order.id).map_err(|error| error.to_string())?;
            let whole = async {
                let found = self.alpaca.by_id(&self.account, &id).await?;
                self.alpaca.whole(&self.account, found.unwrap_or_else(|| order.clone())).await
            };
            let whole = match self.calls.ask(whole).await {
                Ok(whole) => whole,
                Err(error) if passes(&error) => {
                    again.push(order);
                    continue;
                }
                Err(error) => return Err(error.to_string()),
            };
            self.linked.known(&whole);
            let report = self.alpaca.report(&whole, &self.symbols).map_err(|error| error.to_string())?;
            let ended = report.state.is_final();
            if !self.tell(&whole, report, since).await {
                return Ok(false);
            }
            if whole.is_pair() && whole.is_half_over() && !ended {
                again.push(whole);
            }
        }
        if !self.linked.again(again, BUNCH) {
            // The comparisons with REST go on.
            tracing::debug!("a bracket of which one leg has ended goes on with the other");
        }
        Ok(true)
    }

    async fn fetch_fills(&mut self) -> Result<bool, String> {
        let Some(mut wanted) = self.wanted.take() else { return Ok(true) };
        match self.calls.ask(self.alpaca.executed_since(&self.account, wanted.since)).await {
            Ok(executed) => {
                for one in executed {
                    if let (Some(cumulative), Some(filled)) = (one.cumulative, wanted.filled.get(&one.order))
                        && cumulative >= *filled
                    {
                        wanted.filled.remove(&one.order);
                    }
                    if !self.fill(one.fill).await {
                        return Ok(false);
                    }
                }
            }
            Err(error) if passes(&error) => {}
            Err(error) => return Err(error.to_string()),
        }
        if wanted.filled.is_empty() {
            return Ok(true);
        }
        wanted.tries += 1;
        if wanted.tries > TRIES {
            // The report told of them: whoever keeps the account asks for what is missing.
            tracing::warn!(orders = wanted.filled.len(), "executions that were told of are not in the list");
            return Ok(true);
        }
        wanted.at = Instant::now() + BUNCH * 2_u32.pow(wanted.tries + 1);
        self.wanted = Some(wanted);
        Ok(true)
    }

    async fn fetch_balances(&mut self) -> Result<bool, String> {
        let now = Instant::now();
        self.balances_at = None;
        self.balances_read = Some(now);
        match self.calls.ask(self.alpaca.balances(&self.account)).await {
            Ok(balances) => {
                for balance in balances {
                    if !self.emit(AccountEvent::Balance(balance)).await {
                        return Ok(false);
                    }
                }
            }
            Err(error) if passes(&error) => self.balances_at = Some(now + BALANCES_EVERY),
            Err(error) => return Err(error.to_string()),
        }
        Ok(true)
    }

    /// Hands an execution on, once.
    pub(super) async fn fill(&mut self, fill: VenueFill) -> bool {
        !self.memory.fills.is_new(fill.execution_id.as_str()) || self.emit(AccountEvent::Fill(fill)).await
    }

    async fn emit(&mut self, event: AccountEvent) -> bool {
        self.out.send(event).await.is_ok()
    }
}

/// Whether a failed reading is worth another, with the stream kept.
pub(super) fn passes(error: &VenueError) -> bool {
    error.may_try_again() || matches!(error, VenueError::AnswerLost { .. })
}

/// The data of the next message of a stream.
async fn answer(socket: &mut WsConnection, by: Instant, stream: &str) -> Result<String, String> {
    loop {
        let next = timeout_at(by, socket.next()).await;
        let text = next.map_err(|_| format!("{stream:?} did not come"))?.map_err(|error| error.0)?;
        let message: wire::AccountMessage<'_> = serde_json::from_str(&text)
            .map_err(|error| format!("a message that is not understood: {error}"))?;
        if message.stream == stream {
            return Ok(message.data.map_or_else(|| "{}".to_owned(), |data| data.get().to_owned()));
        }
    }
}
