//! The engine in this process, for one user: whoever owns the data folder.

use async_trait::async_trait;
use nija::{Platform, PlatformConfig, VenueConfig, wire};
use nija_client::wire::BotStatus;
use nija_core::{
    CandleInterval, ClientOrderId, CredentialId, Order, OrderId, PositionId, TradeSignal, UserId, VenueId,
};
use std::{path::PathBuf, time::Duration};

use crate::{
    error::HostError,
    host::{Host, json},
    request::Request,
};

/// Longest wait for an order to settle, as at a server.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

pub(crate) struct Embedded {
    platform: Platform,
    user: UserId,
    started: nija_core::Timestamp,
}

impl Embedded {
    pub(crate) async fn open(path: PathBuf, venues: Vec<String>) -> Result<Self, HostError> {
        let mut config = PlatformConfig::new(&path);
        for name in venues {
            if name == "paper" {
                config = config.paper();
                continue;
            }
            let unknown = |why: String| HostError::new("venue_unknown", why);
            let venue = VenueId::new(&name).map_err(|error| unknown(error.to_string()))?;
            let venue = VenueConfig::live(&name, venue).ok_or_else(|| {
                let kinds = VenueConfig::KINDS.join(", ");
                unknown(format!("there is no venue {name}; the venues are paper, {kinds}"))
            })?;
            config = config.venue(venue);
        }
        let platform = Platform::open(config).await?;
        let user = owner(&path, &platform)?;
        let started = platform.clock().now();
        Ok(Self { platform, user, started })
    }

    fn signal(&self, order: &nija_client::wire::NewOrder) -> Result<TradeSignal, HostError> {
        let engine = self.platform.engine();
        let id = match &order.client_order_id {
            Some(id) => id.clone(),
            None => format!("auto-{}", self.new_order_id()),
        };
        let id = ClientOrderId::new(&id)
            .map_err(|error| HostError::new("client_order_id_invalid", error.to_string()))?;
        let venues: Vec<VenueId> = engine.venues().into_iter().map(|status| status.venue).collect();
        Ok(wire::signal(self.user, id, order, &venues, &engine.instruments())?)
    }

    fn new_order_id(&self) -> OrderId {
        OrderId::generate(self.platform.clock().now(), self.platform.entropy().as_ref())
    }

    /// The order when it is settled or the time is over; a refused one is an error that carries it.
    async fn settled(&self, order: Order, wait_ms: u64) -> Result<String, HostError> {
        let wait = Duration::from_millis(wait_ms).min(LONGEST_WAIT);
        let order = self.platform.engine().settled(self.user, order.id(), wait).await?;
        match wire::order_problem(&order) {
            None => json(&wire::order(&order)),
            Some(code) => {
                let words = order.reason.as_ref().map(|reason| reason.text.clone()).unwrap_or_default();
                Err(HostError::new(code, words).with_order(&wire::order(&order)))
            }
        }
    }

    async fn order(&self, id: &str) -> Result<Order, HostError> {
        let missing = || HostError::new("not_found", format!("there is no order {id}"));
        let id: OrderId = id.parse().map_err(|_| missing())?;
        self.platform.ledger().order(self.user, id).await?.ok_or_else(missing)
    }

    async fn close_position(&self, id: &str, wait_ms: u64) -> Result<String, HostError> {
        let position = PositionId::new(id).map_err(|error| HostError::new("not_found", error.to_string()))?;
        let name = ClientOrderId::new(&format!("close-{}", self.new_order_id()))
            .map_err(|error| HostError::new("internal_error", error.to_string()))?;
        let submitted = self.platform.engine().close_position(self.user, &position, name).await?;
        self.settled(submitted.order, wait_ms).await
    }

    async fn overview(&self) -> Result<String, HostError> {
        let account = self.platform.engine().account(self.user).await?;
        let bot = BotStatus {
            state: if account.paused.is_some() { "paused" } else { "running" }.to_owned(),
            since: account.paused.unwrap_or(self.started).to_string(),
        };
        // The Python overview has no activity list; the journal's is asked for by itself.
        json(&wire::overview(&account, bot, Vec::new(), self.platform.clock().now()))
    }

    fn markets(&self, symbol: Option<&str>) -> Result<String, HostError> {
        let symbol = symbol.map(wire::symbol).transpose()?;
        let engine = self.platform.engine();
        let (instruments, snapshot) = (engine.instruments(), engine.market());
        let rows: Vec<_> = instruments
            .iter()
            .filter(|it| it.tradable && symbol.as_ref().is_none_or(|symbol| it.symbol == *symbol))
            .map(|it| wire::market(it, &snapshot, engine.fees(self.user, &it.venue, &it.symbol)))
            .collect();
        json(&rows)
    }

    async fn candles(
        &self,
        symbol: &str,
        venue: Option<&str>,
        interval: &str,
        limit: u32,
    ) -> Result<String, HostError> {
        let engine = self.platform.engine();
        let symbol = wire::symbol(symbol)?;
        let venues: Vec<VenueId> = engine.venues().into_iter().map(|status| status.venue).collect();
        let venue = venue.map(|name| wire::venue(&venues, name)).transpose()?;
        wire::listed(&engine.instruments(), &symbol, venue.as_ref())?;
        let interval: CandleInterval = serde_json::from_value(interval.into())
            .map_err(|_| HostError::new("query_invalid", "interval must be 1m, 5m, 15m, 1h or 1d"))?;
        let candles = engine.candles(venue.as_ref(), &symbol, interval, limit.clamp(1, 720) as usize).await?;
        json(&candles.iter().map(wire::candle).collect::<Vec<_>>())
    }

    async fn connect_exchange(
        &self,
        venue: &str,
        label: &str,
        credential: &nija_client::wire::CredentialPlaintext,
    ) -> Result<String, HostError> {
        let venue =
            VenueId::new(venue).map_err(|error| HostError::new("venue_not_found", error.to_string()))?;
        let key = self.platform.vault().sealing_key().await?;
        let sealed = nija::vault::seal_credential(
            &key,
            self.user,
            &venue,
            &credential.key,
            &credential.secret,
            credential.passphrase.as_deref(),
        )?;
        let stored = self.platform.store_credential(self.user, &venue, label, &sealed).await?;
        json(&serde_json::json!({
            "id": stored.id.to_string(),
            "venue": stored.venue.to_string(),
            "label": stored.label,
            "version": stored.version,
            "rights": stored.rights.names,
        }))
    }
}

#[async_trait]
impl Host for Embedded {
    async fn call(&self, request: Request) -> Result<String, HostError> {
        let engine = self.platform.engine();
        match request {
            Request::PlaceOrder { order, wait_ms } => {
                let submitted = engine.submit(self.signal(&order)?).await?;
                self.settled(submitted.order, wait_ms).await
            }
            Request::PreviewOrder { order } => {
                json(&wire::preview(&engine.preview(self.signal(&order)?).await?))
            }
            Request::Order { id } => json(&wire::order(&self.order(&id).await?)),
            Request::CancelOrder { id } => {
                let order = self.order(&id).await?;
                json(&wire::order(&engine.cancel(self.user, order.id()).await?))
            }
            Request::Positions => json(&wire::open_positions(&engine.account(self.user).await?)),
            Request::ClosePosition { id, wait_ms } => self.close_position(&id, wait_ms).await,
            Request::Overview => self.overview().await,
            Request::Markets { symbol } => self.markets(symbol.as_deref()),
            Request::Candles { symbol, venue, interval, limit } => {
                self.candles(&symbol, venue.as_deref(), &interval, limit).await
            }
            Request::ConnectExchange { venue, label, credential } => {
                self.connect_exchange(&venue, &label, &credential).await
            }
            Request::DisconnectExchange { id } => {
                self.platform.revoke_key(self.user, credential(&id)?).await?;
                json(&())
            }
            // Whoever has the folder is its user: there is no password to ask for.
            Request::DestroyKey { id, password: _ } => {
                self.platform.destroy_key(self.user, credential(&id)?).await?;
                json(&())
            }
            Request::Pause { paused } => {
                engine.set_paused(self.user, paused).await?;
                json(&())
            }
            Request::Close => {
                self.platform.close().await;
                json(&())
            }
        }
    }
}

fn credential(id: &str) -> Result<CredentialId, HostError> {
    id.parse().map_err(|_| HostError::new("not_found", "you have no such credential"))
}

/// The folder's one user, made at its first opening.
fn owner(folder: &std::path::Path, platform: &Platform) -> Result<UserId, HostError> {
    let file = folder.join("user.id");
    let failed = |what: String| HostError::new("data_dir", format!("{}: {what}", file.display()));
    match std::fs::read_to_string(&file) {
        Ok(text) => text.trim().parse().map_err(|_| failed("does not hold a user's id".into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let user = UserId::generate(platform.clock().now(), platform.entropy().as_ref());
            std::fs::write(&file, user.to_string()).map_err(|error| failed(error.to_string()))?;
            Ok(user)
        }
        Err(error) => Err(failed(error.to_string())),
    }
}
