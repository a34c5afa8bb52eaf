//! One private connection: the user's orders. What the stream does not tell, executions and balances, is asked for when it
//! tells that there is news of them.

use futures::SinkExt;
use nija_core::{
    AccountEvent, ExecutionReport, Method, RequestBody, RequestPurpose, UnsignedRequest, VenueAccount,
    VenueBalance, VenueError,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout, timeout_at};

use super::{
    super::{auth::STREAM, executor::Coinbase, symbols::SymbolMap, wire::ws},
    ANSWER, next, request,
    sequence::{Order, Sequence},
    tracked::TrackedOrders,
};
use crate::public_list::PublicList;
use crate::transport::{Ended, StreamCalls, StreamSender, WsConnection};

/// Messages that come this close together are answered with one question...
const TOGETHER: Duration = Duration::from_millis(10);
/// ...which is put off no longer than this.
const AT_MOST: Duration = Duration::from_millis(100);

struct Session {
    coinbase: Arc<Coinbase>,
    calls: StreamCalls,
    account: VenueAccount,
    symbols: Arc<SymbolMap>,
    out: StreamSender<AccountEvent>,
    orders: TrackedOrders,
    balances: HashMap<String, VenueBalance>,
    sequence: Sequence,
    up: bool,
    /// Reports not handed on yet: an order's executions go first.
    reports: Vec<ExecutionReport>,
    /// Whether balances may have changed.
    moved: bool,
}

/// Runs until the connection is lost or a message is missing.
pub(super) async fn session(
    coinbase: Arc<Coinbase>,
    account: VenueAccount,
    calls: StreamCalls,
    out: StreamSender<AccountEvent>,
) -> Ended {
    let mut session = Session {
        symbols: Arc::default(),
        orders: TrackedOrders::new(coinbase.venue.clone()),
        coinbase,
        calls,
        account,
        out,
        balances: HashMap::new(),
        sequence: Sequence::default(),
        up: false,
        reports: Vec::new(),
        moved: false,
    };
    let reason = match session.run().await {
        Ok(()) => "nobody reads".to_owned(),
        Err(reason) => reason,
    };
    Ended { was_up: session.up, reason }
}

impl Session {
    async fn run(&mut self) -> Result<(), String> {
        self.symbols =
            self.coinbase.market.symbols_by(&self.calls).await.map_err(|error| error.to_string())?;
        let (venue, address) = (&self.coinbase.venue, &self.coinbase.ws_private);
        let mut socket = self.calls.open(venue, address, &self.coinbase.websocket).await?;
        for channel in ["heartbeats", "user"] {
            let token = self.token().await?;
            let subscribe = request("subscribe", channel, &[], Some(&token));
            socket.send(subscribe).await.map_err(|error| error.0)?;
        }
        let answered_by = Instant::now() + ANSWER;
        while !self.up {
            let text = timeout_at(answered_by, next(&mut socket)).await;
            let text = text.map_err(|_| "the subscription was not answered".to_owned())??;
            if !self.take(&text).await? {
                return Ok(());
            }
        }
        loop {
            if !self.tell().await? {
                return Ok(());
            }
            let text = next(&mut socket).await?;
            if !self.take(&text).await? || !self.rest(&mut socket).await? {
                return Ok(());
            }
        }
    }

    /// Takes in what came along with a message that is news.
    async fn rest(&mut self, socket: &mut WsConnection) -> Result<bool, String> {
        let end = Instant::now() + AT_MOST;
        while self.moved && Instant::now() < end {
            let Ok(text) = timeout(TOGETHER, socket.next()).await else { break };
            if !self.take(&text.map_err(|error| error.0)?).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A token without a request in it, from the signer.
    async fn token(&self) -> Result<String, String> {
        let request = UnsignedRequest {
            venue: self.coinbase.venue.clone(),
            method: Method::Get,
            path: STREAM.to_owned(),
            query: Vec::new(),
            body: RequestBody::Empty,
            purpose: RequestPurpose::OpenStream,
        };
        let signed = self.account.signer.sign(request).await.map_err(|error| error.to_string())?;
        let token = signed.headers().iter().find_map(|(_, value)| value.strip_prefix("Bearer "));
        token.map(str::to_owned).ok_or_else(|| "the signer made no token".to_owned())
    }

    /// Takes in one message; false when nobody reads any more.
    async fn take(&mut self, text: &str) -> Result<bool, String> {
        let message: ws::Message<'_> = serde_json::from_str(text)
            .map_err(|error| format!("a message that is not understood: {error}"))?;
        match self.sequence.take(message.sequence_num) {
            Order::Next => {}
            Order::Old => return Ok(true),
            Order::Gap => return Err("a message is missing".to_owned()),
        }
        let events = message.events.map_or("[]", |events| events.get());
        match (message.channel.as_deref(), message.kind.as_deref()) {
            (Some("user"), _) => Ok(self.is_up().await && self.user(events)?),
            (Some("subscriptions"), _) => {
                let events: Vec<ws::Subscriptions<'_>> = serde_json::from_str(events).unwrap_or_default();
                let mine = events.iter().any(|event| event.subscriptions.contains_key("user"));
                Ok(!mine || self.is_up().await)
            }
            (_, Some("error")) => {
                let words = message.message.as_deref().unwrap_or("no reason given");
                Err(format!("the subscription was refused: {words}"))
            }
            _ => Ok(true),
        }
    }

    async fn is_up(&mut self) -> bool {
        if self.up {
            return true;
        }
        self.up = true;
        self.moved = true;
        self.emit(AccountEvent::Connected).await
    }

    fn user(&mut self, events: &str) -> Result<bool, String> {
        let events: Vec<ws::User<'_>> = serde_json::from_str(events)
            .map_err(|error| format!("an order that is not understood: {error}"))?;
        let now = self.coinbase.market.clock.now();
        for event in &events {
            for order in &event.orders {
                if let Some(report) = self.orders.take(order, event.kind == "snapshot", &self.symbols, now)? {
                    self.coinbase.client_ids.learn(report.venue_order_id.as_str(), report.client_id);
                    self.reports.push(report);
                    self.moved = true;
                }
            }
        }
        Ok(true)
    }

    /// Hands on what is news: executions, then what became of their orders, then balances. Executions that Coinbase has not
    /// filed yet are asked for again with the next message, which is a heartbeat at the latest.
    async fn tell(&mut self) -> Result<bool, String> {
        for order in self.orders.owing() {
            let fills = match self.calls.ask(self.coinbase.fills_of(&self.account, &order)).await {
                Ok(fills) => fills,
                // A limit passes. The connection stays, and they are asked for again with the next message.
                Err(VenueError::RateLimited { .. }) => return Ok(true),
                Err(error) => return Err(error.to_string()),
            };
            let news = self.orders.news(&order, fills);
            self.moved |= !news.is_empty();
            if self.orders.still_owes(&order) {
                return Err(format!("the executions of order {order} are not filed"));
            }
            for fill in news {
                if !self.emit(AccountEvent::Fill(fill)).await {
                    return Ok(false);
                }
            }
        }
        for report in std::mem::take(&mut self.reports) {
            if !self.emit(AccountEvent::Report(report)).await {
                return Ok(false);
            }
        }
        if !std::mem::take(&mut self.moved) {
            return Ok(true);
        }
        let balances = match self.calls.ask(self.coinbase.balances(&self.account)).await {
            Ok(balances) => balances,
            Err(VenueError::RateLimited { .. }) => {
                self.moved = true;
                return Ok(true);
            }
            Err(error) => return Err(error.to_string()),
        };
        for balance in balances {
            let known = self.balances.get(&balance.asset);
            if known.is_some_and(|known| (known.total, known.available) == (balance.total, balance.available))
            {
                continue;
            }
            self.balances.insert(balance.asset.clone(), balance.clone());
            if !self.emit(AccountEvent::Balance(balance)).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn emit(&mut self, event: AccountEvent) -> bool {
        self.out.send(event).await.is_ok()
    }
}
