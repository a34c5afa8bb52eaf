//! One private connection: executions and balances.

use futures::SinkExt;
use nija_core::{AccountEvent, Symbol, VenueAccount, VenueBalance, VenueId};
use rust_decimal::Decimal;
use serde_json::json;
use std::{collections::HashMap, sync::Arc};
use tokio::time::{Instant, timeout_at};

use super::{
    super::{executor::Kraken, symbols::SymbolMap, wire::ws},
    ANSWER, request,
    tracked::TrackedOrders,
};
use crate::decode;
use crate::public_list::PublicList;
use crate::transport::{Ended, StreamCalls, StreamSender};

struct Session {
    kraken: Arc<Kraken>,
    calls: StreamCalls,
    symbols: Arc<SymbolMap>,
    out: StreamSender<AccountEvent>,
    orders: TrackedOrders,
    /// All that there is of each asset.
    totals: HashMap<String, Decimal>,
    /// Number of the last message of each channel.
    sequence: HashMap<String, u64>,
    up: bool,
    executions_answered: bool,
    balances_answered: bool,
}

/// Runs until the connection is lost or a message is missing.
pub(super) async fn session(
    kraken: Arc<Kraken>,
    account: VenueAccount,
    calls: StreamCalls,
    out: StreamSender<AccountEvent>,
) -> Ended {
    let mut session = Session {
        symbols: Arc::default(),
        orders: TrackedOrders::new(kraken.venue.clone()),
        kraken,
        calls,
        out,
        totals: HashMap::new(),
        sequence: HashMap::new(),
        up: false,
        executions_answered: false,
        balances_answered: false,
    };
    let reason = match session.run(&account).await {
        Ok(()) => "nobody reads".to_owned(),
        Err(reason) => reason,
    };
    Ended { was_up: session.up, reason }
}

impl Session {
    async fn run(&mut self, account: &VenueAccount) -> Result<(), String> {
        self.symbols = self.kraken.market.symbols_by(&self.calls).await.map_err(|error| error.to_string())?;
        let token =
            self.calls.ask(self.kraken.stream_token(account)).await.map_err(|error| error.to_string())?;
        let (venue, address) = (&self.kraken.venue, &self.kraken.ws_private);
        let mut socket = self.calls.open(venue, address, &self.kraken.websocket).await?;
        // Executions first: what open orders hold must be known when the balances come.
        let executions = json!({
            "channel": "executions", "token": token, "snap_orders": true, "snap_trades": true, "order_status": true,
        });
        let balances = json!({ "channel": "balances", "token": token, "snapshot": true });
        for params in [executions, balances] {
            socket.send(request("subscribe", &params)).await.map_err(|error| error.0)?;
        }
        let answered_by = Instant::now() + ANSWER;
        loop {
            let text = if self.executions_answered && self.balances_answered {
                socket.next().await
            } else {
                let next = timeout_at(answered_by, socket.next()).await;
                next.map_err(|_| "a subscription was not answered".to_owned())?
            };
            let text = text.map_err(|error| error.0)?;
            if !self.take(&text).await? {
                return Ok(());
            }
        }
    }

    /// Takes in one message; false when nobody reads any more.
    async fn take(&mut self, text: &str) -> Result<bool, String> {
        let message: ws::Message<'_> = serde_json::from_str(text)
            .map_err(|error| format!("a message that is not understood: {error}"))?;
        if let (Some(channel), Some(number)) = (message.channel.as_deref(), message.sequence)
            && !self.is_next(channel, number)?
        {
            return Ok(true);
        }
        let snapshot = message.kind.as_deref() == Some("snapshot");
        let data = message.data.map_or("[]", |data| data.get());
        match (message.channel.as_deref(), message.method.as_deref()) {
            (Some("executions"), _) => self.executions(data, snapshot).await,
            (Some("balances"), _) => self.balances(data).await,
            (_, Some("subscribe")) => self.answered(&message).await,
            _ => Ok(true),
        }
    }

    /// Whether a message is new. The same number again is the same message; one that does not follow the one before means that
    /// something is missing.
    fn is_next(&mut self, channel: &str, number: u64) -> Result<bool, String> {
        match self.sequence.get_mut(channel) {
            Some(last) if number == *last => Ok(false),
            Some(last) if number == last.wrapping_add(1) => {
                *last = number;
                Ok(true)
            }
            Some(last) => Err(format!("message {number} of {channel} came after {last}")),
            None => {
                self.sequence.insert(channel.to_owned(), number);
                Ok(true)
            }
        }
    }

    async fn answered(&mut self, message: &ws::Message<'_>) -> Result<bool, String> {
        if message.success != Some(true) {
            let error = message.error.as_deref().unwrap_or("no reason given");
            return Err(format!("the subscription was refused: {error}"));
        }
        let about =
            message.result.and_then(|result| serde_json::from_str::<ws::Acknowledged<'_>>(result.get()).ok());
        match about.as_ref().map(|about| about.channel.as_ref()) {
            Some("executions") => {
                self.executions_answered = true;
                self.up = true;
                Ok(self.emit(AccountEvent::Connected).await)
            }
            Some("balances") => {
                self.balances_answered = true;
                Ok(true)
            }
            _ => Ok(true),
        }
    }

    async fn executions(&mut self, data: &str, snapshot: bool) -> Result<bool, String> {
        let executions: Vec<ws::Execution<'_>> = serde_json::from_str(data)
            .map_err(|error| format!("an execution that is not understood: {error}"))?;
        let now = self.kraken.market.clock.now();
        for execution in &executions {
            let told = self.orders.take(execution, snapshot, &self.symbols, now)?;
            if let Some(fill) = told.fill {
                // What was told of these is over until it is told anew.
                for asset in [fill.symbol.base(), fill.symbol.quote(), &fill.fee_asset] {
                    self.totals.remove(asset);
                }
                if !self.emit(AccountEvent::Fill(fill)).await {
                    return Ok(false);
                }
            }
            if let Some(report) = told.report {
                self.kraken.client_ids.learn(report.venue_order_id.as_str(), report.client_id);
                let symbol = report.symbol.clone();
                if !self.emit(AccountEvent::Report(report)).await || !self.balances_of(&symbol).await {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    async fn balances(&mut self, data: &str) -> Result<bool, String> {
        let balances: Vec<ws::Balance> = serde_json::from_str(data)
            .map_err(|error| format!("a balance that is not understood: {error}"))?;
        for balance in balances {
            let (asset, total) = held(&self.kraken.venue, &self.symbols, &balance)?;
            self.totals.insert(asset.clone(), total);
            if !self.balance(&asset).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What an order of this symbol holds has changed, and with it what is available. Kraken streams only totals.
    async fn balances_of(&mut self, symbol: &Symbol) -> bool {
        self.balance(symbol.base()).await && self.balance(symbol.quote()).await
    }

    async fn balance(&mut self, asset: &str) -> bool {
        let Some(&total) = self.totals.get(asset) else { return true };
        let balance = VenueBalance {
            venue: self.kraken.venue.clone(),
            asset: asset.to_owned(),
            total,
            available: total - self.orders.held(asset),
            at: self.kraken.market.clock.now(),
        };
        self.emit(AccountEvent::Balance(balance)).await
    }

    async fn emit(&mut self, event: AccountEvent) -> bool {
        self.out.send(event).await.is_ok()
    }
}

/// The asset of a streamed balance, by our name, and how much there is of it.
pub(in super::super) fn held(
    venue: &VenueId,
    symbols: &SymbolMap,
    balance: &ws::Balance,
) -> Result<(String, Decimal), String> {
    let asset = decode::asset(venue, "balances.asset", &symbols.asset(&balance.asset));
    let total = decode::money(venue, "balances.balance", balance.balance.0);
    asset.and_then(|asset| Ok((asset, total?))).map_err(|error| error.to_string())
}
