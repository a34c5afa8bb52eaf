//! The paper venue as an [`Executor`].

use arc_swap::ArcSwap;
use async_trait::async_trait;
use futures::stream::BoxStream;
use nija_core::{
    AccountEvent, AmbiguityBound, Candle, CandleInterval, Clock, ExecutionReport, Executor, FeeSchedule,
    Fill, Instrument, KeyRights, Lookup, MarketEvent, Notional, OrderBook, OrderLookup, OrderRef, Placement,
    Price, PriceReach, Quote, RepeatedClientId, RestingOrders, Side, StreamLane, Symbol, Timestamp,
    VenueAccount, VenueBalance, VenueContract, VenueError, VenueFill, VenueId, VenueOrder,
};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{
    PaperConfig, PaperMarket,
    generated::{self, GeneratedMarket},
    state::Accounts,
    streams,
};

/// Levels that an order over another venue's market may walk.
const DEPTH: usize = 100;

/// The paper venue. It keeps its accounts in memory; [`PaperExecutor::restore`] rebuilds them from the journal's fills.
#[derive(Debug, Clone)]
pub struct PaperExecutor(Arc<Paper>);

pub(super) struct Paper {
    pub(super) venue: VenueId,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) over: Option<Arc<dyn Executor>>,
    contract: VenueContract,
    fees: FeeSchedule,
    state: Mutex<State>,
    /// Instruments of the venue whose market this is over.
    listed: ArcSwap<HashMap<Symbol, Instrument>>,
}

struct State {
    markets: Vec<GeneratedMarket>,
    accounts: Accounts,
}

impl PaperExecutor {
    /// A venue where nobody has an account yet; each user's begins with the starting balances at the first call.
    #[must_use]
    pub fn new(config: PaperConfig, clock: Arc<dyn Clock>) -> Self {
        let (markets, over) = match &config.market {
            PaperMarket::Generated => (generated::markets(&config.venue, config.seed), None),
            PaperMarket::Over(executor) => (Vec::new(), Some(executor.clone())),
        };
        Self(Arc::new(Paper {
            contract: contract(&config.venue),
            fees: config.fees,
            state: Mutex::new(State { markets, accounts: Accounts::new(&config) }),
            listed: ArcSwap::default(),
            venue: config.venue,
            clock,
            over,
        }))
    }

    /// Rebuilds balances, fills and orders from the fills of earlier runs, oldest first. Call it once, before the first order.
    /// What rested when the earlier run ended is gone: those orders come back as cancelled.
    pub fn restore(&self, fills: &[Fill]) {
        self.0.state.lock().accounts.restore(fills);
    }
}

fn contract(venue: &VenueId) -> VenueContract {
    VenueContract {
        venue: venue.clone(),
        name: "Paper",
        needs_credential: false,
        repeated_client_id: RepeatedClientId::ReturnsExisting,
        lookup: OrderLookup::ByClientId,
        // An order is taken before the call returns, or never.
        ambiguity_bound: AmbiguityBound::Deadline(Duration::from_secs(1)),
        limit_scopes: Vec::new(),
        resting: RestingOrders::ALL,
        ordered_nonces: false,
        reach: PriceReach::UNBOUNDED,
    }
}

impl Paper {
    /// Brings a generated market to the present; resting orders fill on the way.
    pub(super) fn advance(&self) {
        self.with(|_, _| ());
    }

    /// Symbols that a stream must look at for resting orders.
    pub(super) fn resting_symbols(&self) -> Vec<Symbol> {
        self.state.lock().accounts.resting_symbols()
    }

    pub(super) fn listen(&self, user: nija_core::UserId) -> tokio::sync::broadcast::Receiver<AccountEvent> {
        self.state.lock().accounts.listen(user)
    }

    /// Quotes and books of the generated market now.
    pub(super) fn market(&self, symbols: &[Symbol]) -> Vec<(Symbol, Quote, OrderBook)> {
        self.with(|state, now| {
            state
                .markets
                .iter()
                .filter(|market| symbols.contains(&market.instrument.symbol))
                .filter_map(|market| {
                    let quote = market.quote(now)?;
                    Some((market.instrument.symbol.clone(), quote, market.book(10, now)))
                })
                .collect()
        })
    }

    /// Lets a book of the other venue meet the orders that rest in its symbol.
    pub(super) fn cross(&self, symbol: &Symbol, book: &OrderBook) {
        let now = self.clock.now();
        self.state.lock().accounts.cross(symbol, book, now);
    }

    pub(super) async fn cross_all(&self) {
        let Some(over) = &self.over else { return self.advance() };
        for symbol in self.resting_symbols() {
            // A venue that does not answer now is asked again at the next tick; the orders go on resting.
            if let Ok(book) = over.book(&symbol, DEPTH).await {
                self.cross(&symbol, &book);
            }
        }
    }

    fn with<T>(&self, f: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let mut state = self.state.lock();
        let now = self.clock.now();
        let State { markets, accounts } = &mut *state;
        for market in markets.iter_mut() {
            market.advance(now, |market, at| {
                let symbol = &market.instrument.symbol;
                if accounts.rests_in(symbol) {
                    accounts.cross(symbol, &market.book(10, at), at);
                }
            });
        }
        f(&mut state, now)
    }

    fn generated<T>(
        &self,
        symbol: &Symbol,
        f: impl FnOnce(&GeneratedMarket, Timestamp) -> Option<T>,
    ) -> Result<T, VenueError> {
        self.with(|state, now| {
            state
                .markets
                .iter()
                .find(|market| market.instrument.symbol == *symbol)
                .and_then(|market| f(market, now))
        })
        .ok_or_else(|| self.not_listed(symbol))
    }

    fn not_listed(&self, symbol: &Symbol) -> VenueError {
        VenueError::NotListed { venue: self.venue.clone(), symbol: symbol.clone() }
    }

    async fn listed(&self, over: &Arc<dyn Executor>) -> Result<Vec<Instrument>, VenueError> {
        let mut instruments = over.instruments().await.map_err(|error| self.upstream(&error))?;
        for instrument in &mut instruments {
            instrument.venue = self.venue.clone();
            // What rests here rests in memory, whatever the other venue has.
            instrument.resting = RestingOrders::ALL;
        }
        let by_symbol = instruments.iter().map(|one| (one.symbol.clone(), one.clone()));
        self.listed.store(Arc::new(by_symbol.collect()));
        Ok(instruments)
    }

    async fn instrument(&self, over: &Arc<dyn Executor>, symbol: &Symbol) -> Result<Instrument, VenueError> {
        if let Some(instrument) = self.listed.load().get(symbol) {
            return Ok(instrument.clone());
        }
        let listed = self.listed(over).await?;
        let found = listed.into_iter().find(|instrument| instrument.symbol == *symbol);
        found.ok_or_else(|| self.not_listed(symbol))
    }

    /// What an order is measured by.
    async fn market_of(&self, symbol: &Symbol) -> Result<(Instrument, OrderBook), VenueError> {
        match &self.over {
            Some(over) => Ok((self.instrument(over, symbol).await?, self.book(symbol, DEPTH).await?)),
            None => self
                .generated(symbol, |market, now| Some((market.instrument.clone(), market.book(DEPTH, now)))),
        }
    }

    async fn book(&self, symbol: &Symbol, depth: usize) -> Result<OrderBook, VenueError> {
        match &self.over {
            Some(over) => over.book(symbol, depth).await.map_err(|error| self.upstream(&error)),
            None => self.generated(symbol, |market, now| Some(market.book(depth, now))),
        }
    }

    /// A failure of the other venue's public calls: nothing happened here.
    fn upstream(&self, error: &VenueError) -> VenueError {
        match error {
            VenueError::NotListed { symbol, .. } => self.not_listed(symbol),
            other => VenueError::NotSent { venue: self.venue.clone(), message: other.to_string() },
        }
    }
}

impl std::fmt::Debug for Paper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Paper").field("venue", &self.venue).finish_non_exhaustive()
    }
}

#[async_trait]
impl Executor for PaperExecutor {
    fn contract(&self) -> &VenueContract {
        &self.0.contract
    }

    async fn instruments(&self) -> Result<Vec<Instrument>, VenueError> {
        match &self.0.over {
            Some(over) => self.0.listed(over).await,
            None => Ok(self.0.with(|state, _| {
                let markets = state.markets.iter();
                markets.map(|market| market.instrument.clone()).collect()
            })),
        }
    }

    async fn quote(&self, symbol: &Symbol) -> Result<Quote, VenueError> {
        match &self.0.over {
            Some(over) => over.quote(symbol).await.map_err(|error| self.0.upstream(&error)),
            None => self.0.generated(symbol, |market, now| market.quote(now)),
        }
    }

    async fn book(&self, symbol: &Symbol, depth: usize) -> Result<OrderBook, VenueError> {
        self.0.book(symbol, depth).await
    }

    async fn candles(
        &self,
        symbol: &Symbol,
        interval: CandleInterval,
        limit: usize,
    ) -> Result<Vec<Candle>, VenueError> {
        match &self.0.over {
            Some(over) => {
                over.candles(symbol, interval, limit).await.map_err(|error| self.0.upstream(&error))
            }
            None => self.0.generated(symbol, |market, _| Some(market.candles(interval.minutes(), limit))),
        }
    }

    fn default_fees(&self) -> FeeSchedule {
        FeeSchedule { from_venue: false, ..self.0.fees }
    }

    async fn fees(&self, _: &VenueAccount, _: &Symbol) -> Result<FeeSchedule, VenueError> {
        Ok(FeeSchedule { from_venue: true, ..self.0.fees })
    }

    async fn balances(&self, account: &VenueAccount) -> Result<Vec<VenueBalance>, VenueError> {
        let venue = self.0.venue.clone();
        Ok(self.0.with(|state, now| state.accounts.user(account.user).balances(&venue, now)))
    }

    async fn key_rights(&self, _: &VenueAccount) -> Result<KeyRights, VenueError> {
        Ok(KeyRights { can_trade: Some(true), can_withdraw: Some(false), ..KeyRights::default() })
    }

    async fn place(
        &self,
        account: &VenueAccount,
        order: &VenueOrder,
        _: Notional,
    ) -> Result<Placement, VenueError> {
        let paper = &self.0;
        if order.user() != account.user {
            return Err(VenueError::Rejected {
                venue: paper.venue.clone(),
                code: "wrong_account".into(),
                message: "the order is another user's".into(),
            });
        }
        let (instrument, book) = paper.market_of(order.symbol()).await?;
        let (placed, fills) = paper.with(|state, now| {
            let known = state.accounts.user(account.user).order(order.client_id()).cloned();
            if let Some(known) = known {
                return Ok((known, Vec::new()));
            }
            if now > order.deadline() {
                return Err(VenueError::NotSent {
                    venue: paper.venue.clone(),
                    message: "its deadline has passed".into(),
                });
            }
            fits(&instrument, order, &book)?;
            state.accounts.place(order, &book, now)
        })?;
        Ok(Placement {
            venue_order_id: placed.venue_order_id.clone(),
            report: Some(placed.report(&paper.venue)),
            fills,
        })
    }

    async fn cancel(&self, account: &VenueAccount, order: &OrderRef) -> Result<(), VenueError> {
        self.0.with(|state, now| {
            state.accounts.cancel(account.user, order.client_id, now);
        });
        Ok(())
    }

    async fn cancel_all(&self, account: &VenueAccount) -> Result<Option<u64>, VenueError> {
        Ok(Some(self.0.with(|state, now| {
            let open = state.accounts.user(account.user).open_orders();
            let ids: Vec<_> = open.map(|order| order.client_id).collect();
            let cancelled = ids.into_iter().filter(|id| state.accounts.cancel(account.user, *id, now));
            cancelled.count() as u64
        })))
    }

    async fn find(
        &self,
        account: &VenueAccount,
        order: &OrderRef,
        _: Timestamp,
    ) -> Result<Lookup, VenueError> {
        self.0.cross_all().await;
        Ok(self.0.with(|state, _| {
            let found = state.accounts.user(account.user).order(order.client_id);
            found.map_or(Lookup::Absent, |order| Lookup::Found(order.report(&self.0.venue)))
        }))
    }

    async fn open_orders(&self, account: &VenueAccount) -> Result<Vec<ExecutionReport>, VenueError> {
        self.0.cross_all().await;
        Ok(self.0.with(|state, _| {
            let open = state.accounts.user(account.user).open_orders();
            let mut reports: Vec<_> = open.map(|order| order.report(&self.0.venue)).collect();
            reports.sort_by_key(|report| (report.at, report.client_id));
            reports
        }))
    }

    async fn fills_since(
        &self,
        account: &VenueAccount,
        since: Timestamp,
    ) -> Result<Vec<VenueFill>, VenueError> {
        Ok(self.0.with(|state, _| {
            let fills = state.accounts.user(account.user).fills();
            fills.filter(|fill| fill.at >= since).cloned().collect()
        }))
    }

    fn market_stream(
        &self,
        symbols: Vec<Symbol>,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, MarketEvent> {
        streams::market(self.0.clone(), symbols, lane)
    }

    fn account_stream(
        &self,
        account: VenueAccount,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, AccountEvent> {
        streams::account(self.0.clone(), account, lane)
    }
}

/// The venue's own check of an order: it is refused where it breaks a rule, never changed.
fn fits(instrument: &Instrument, order: &VenueOrder, book: &OrderBook) -> Result<(), VenueError> {
    let best = match order.side() {
        Side::Buy => book.asks.first(),
        Side::Sell => book.bids.first(),
    };
    let reference: Option<Price> = best.map(|level| level.price).or(order.kind().worst_price());
    let out_of_range = || nija_core::FilterError::OutOfRange { venue: instrument.venue.clone() };
    let fitted =
        instrument.fit(order.side(), order.kind(), order.quantity(), reference.ok_or_else(out_of_range)?)?;
    if fitted == (order.quantity(), order.kind()) { Ok(()) } else { Err(out_of_range().into()) }
}
