//! Two private connections: the user's orders, executions and balances come over one, their algo orders over the other, that of the
//! business service.

use futures::SinkExt;
use nija_core::{AccountEvent, VenueAccount};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::Instant;

use super::{
    super::{
        account, auth,
        executor::Okx,
        symbols::SymbolMap,
        wire::{self, ws},
    },
    ANSWER, Heard,
    events::Orders,
    hear, request,
};
use crate::public_list::PublicList;
use crate::transport::{Address, Ended, StreamCalls, StreamSender, WsConnection};

struct Session {
    okx: Arc<Okx>,
    calls: StreamCalls,
    symbols: Arc<SymbolMap>,
    out: StreamSender<AccountEvent>,
    orders: Orders,
    up: bool,
    /// Subscriptions not answered yet.
    waiting: usize,
    /// What one connection tells before the other is up: it is passed on behind `Connected`.
    early: Vec<String>,
}

/// Runs until the connection is lost or an execution is missing.
pub(super) async fn session(
    okx: Arc<Okx>,
    account: VenueAccount,
    calls: StreamCalls,
    out: StreamSender<AccountEvent>,
) -> Ended {
    let orders = Orders::new(okx.venue.clone());
    let mut session = Session {
        symbols: Arc::default(),
        orders,
        okx,
        calls,
        out,
        up: false,
        waiting: 3,
        early: Vec::new(),
    };
    let reason = match session.run(&account).await {
        Ok(()) => "nobody reads".to_owned(),
        Err(reason) => reason,
    };
    Ended { was_up: session.up, reason }
}

impl Session {
    async fn run(&mut self, account: &VenueAccount) -> Result<(), String> {
        self.symbols = self.okx.market.symbols_by(&self.calls).await.map_err(|error| error.to_string())?;
        let mut private = self.open(account, &self.okx.ws_private).await?;
        let mut business = self.open(account, &self.okx.ws_business).await?;
        let answered_by = Instant::now() + ANSWER;
        loop {
            let goes_on = tokio::select! {
                text = private.next() => {
                    let text = text.map_err(|error| error.0)?;
                    let orders = json!({ "channel": "orders", "instType": "SPOT" });
                    // Only what happens: each push names the currencies that moved (Account channel, `updateInterval`).
                    let params = json!({ "updateInterval": "0" }).to_string();
                    let balances = json!({ "channel": "account", "extraParams": params });
                    self.take(&text, &mut private, &[orders, balances]).await?
                }
                text = business.next() => {
                    let text = text.map_err(|error| error.0)?;
                    let algos = json!({ "channel": "orders-algo", "instType": "SPOT" });
                    self.take(&text, &mut business, &[algos]).await?
                }
                () = tokio::time::sleep_until(answered_by), if !self.up => {
                    return Err("a subscription was not answered".to_owned());
                }
            };
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// A connection with its login on the way.
    async fn open(&self, account: &VenueAccount, address: &Address) -> Result<WsConnection, String> {
        let mut socket = self.calls.open(&self.okx.venue, address, &self.okx.websocket).await?;
        log_in(&self.okx, account, &mut socket).await?;
        Ok(socket)
    }

    /// Takes in one message of a connection that wants these channels; false when nobody reads any more.
    async fn take(
        &mut self,
        text: &str,
        socket: &mut WsConnection,
        channels: &[Value],
    ) -> Result<bool, String> {
        match hear(text)? {
            Heard::LoggedIn => {
                request(socket, "subscribe", channels).await?;
                Ok(true)
            }
            Heard::Subscribed => {
                self.waiting = self.waiting.saturating_sub(1);
                if self.waiting > 0 || self.up {
                    return Ok(true);
                }
                self.up = true;
                let market = &self.okx.market;
                self.orders.begin(market.offset.at_venue(market.clock.now()));
                if !self.emit(AccountEvent::Connected).await {
                    return Ok(false);
                }
                for text in std::mem::take(&mut self.early) {
                    if let Heard::Data(message) = hear(&text)?
                        && !self.data(&message).await?
                    {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Heard::Data(_) if !self.up => {
                self.early.push(text.to_owned());
                Ok(true)
            }
            Heard::Data(message) => self.data(&message).await,
            Heard::Else => Ok(true),
        }
    }

    async fn data(&mut self, message: &ws::Message<'_>) -> Result<bool, String> {
        let (Some(arg), Some(data)) = (&message.arg, message.data) else { return Ok(true) };
        match arg.channel.as_ref() {
            "orders" => self.orders(data.get()).await,
            "account" => self.balances(data.get()).await,
            "orders-algo" => self.algos(data.get()).await,
            _ => Ok(true),
        }
    }

    async fn orders(&mut self, data: &str) -> Result<bool, String> {
        let orders: Vec<ws::Order<'_>> = serde_json::from_str(data)
            .map_err(|error| format!("an order that is not understood: {error}"))?;
        for order in &orders {
            let told = self.orders.take(order, &self.symbols)?;
            if let Some(fill) = told.fill
                && !self.emit(AccountEvent::Fill(fill)).await
            {
                return Ok(false);
            }
            if let Some(report) = told.report {
                self.okx.learn(&order.ord_id, &report.venue_order_id, report.client_id);
                if !self.emit(AccountEvent::Report(report)).await {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    async fn algos(&mut self, data: &str) -> Result<bool, String> {
        let algos: Vec<wire::Algo> = serde_json::from_str(data)
            .map_err(|error| format!("an algo order that is not understood: {error}"))?;
        for algo in &algos {
            if let Some(report) = self.orders.take_algo(algo, &self.symbols)?
                && !self.emit(AccountEvent::Report(report)).await
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn balances(&mut self, data: &str) -> Result<bool, String> {
        let accounts: Vec<ws::Account> = serde_json::from_str(data)
            .map_err(|error| format!("a balance that is not understood: {error}"))?;
        let at = self.okx.market.clock.now();
        for balance in accounts.iter().flat_map(|account| &account.details) {
            let balance =
                account::balance(&self.okx.venue, balance, at).map_err(|error| error.to_string())?;
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

/// Sends the login of a connection.
async fn log_in(okx: &Okx, account: &VenueAccount, socket: &mut WsConnection) -> Result<(), String> {
    let names = [auth::KEY, auth::PASSPHRASE, auth::TIMESTAMP, auth::SIGN];
    let [key, passphrase, timestamp, sign] =
        okx.login(account, names).await.map_err(|error| error.to_string())?;
    let login = json!({ "apiKey": key, "passphrase": passphrase, "timestamp": timestamp, "sign": sign });
    request(socket, "login", &[login]).await
}
