//! The executor of a simulated venue: the network between the engine and the [`Exchange`].

use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use nija_core::{
    AccountEvent, Candle, CandleInterval, Clock, ExecutionReport, Executor, FeeSchedule, Instrument,
    KeyRights, LimitScope, LimitUsage, Lookup, MarketEvent, Notional, OrderBook, OrderLookup, OrderRef,
    Placement, Price, Quantity, Quote, StreamLane, Symbol, Timestamp, UserId, VenueAccount, VenueBalance,
    VenueContract, VenueError, VenueFill, VenueId, VenueOrder,
};
use parking_lot::{Mutex, MutexGuard};
use rust_decimal::Decimal;
use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{
    exchange::{Exchange, Portions},
    fees::{FEE, FEE_ASSET},
    resting::Resting,
    stream::Stream,
    trouble::{Outcome, Trouble},
    witness::Witness,
};
use crate::support::TestClock;

pub(crate) struct SimVenue {
    pub(crate) id: VenueId,
    pub(crate) place: usize,
    /// What every user has of the third asset for fees in the beginning.
    pub(crate) fee_deposit: Decimal,
    contract: VenueContract,
    clock: TestClock,
    trouble: Arc<Trouble>,
    witness: Arc<Witness>,
    exchange: Arc<Mutex<Exchange>>,
    /// When each user last had too many requests.
    spent: Arc<Mutex<HashMap<UserId, Timestamp>>>,
}

impl SimVenue {
    pub(crate) fn new(
        place: usize,
        fee_deposit: Decimal,
        exchange: Exchange,
        clock: &TestClock,
        trouble: &Arc<Trouble>,
        witness: &Arc<Witness>,
    ) -> Self {
        Self {
            id: exchange.venue.clone(),
            place,
            fee_deposit,
            contract: exchange.contract.clone(),
            clock: clock.clone(),
            trouble: trouble.clone(),
            witness: witness.clone(),
            exchange: Arc::new(Mutex::new(exchange)),
            spent: Arc::default(),
        }
    }

    pub(crate) fn exchange(&self) -> MutexGuard<'_, Exchange> {
        self.exchange.lock()
    }

    fn is_down(&self) -> bool {
        self.trouble.is_down(self.place)
    }

    fn lost(&self) -> VenueError {
        VenueError::AnswerLost { venue: self.id.clone(), message: "connection reset".into() }
    }

    async fn network(&self) {
        self.witness.words.called(&self.id, self.clock.now());
        tokio::time::sleep(self.trouble.dice.millis(1..25)).await;
    }

    /// A call that only reads: slow, failing or hanging as the trouble has it.
    async fn read(&self, user: UserId) -> Result<(), VenueError> {
        self.witness.asking(&self.id);
        self.network().await;
        if self.is_down() {
            return Err(VenueError::Unavailable { venue: self.id.clone(), message: "maintenance".into() });
        }
        if self.trouble.calm != Some(user) && self.trouble.strikes(self.trouble.reads) {
            match self.trouble.dice.number(0..4) {
                0 => std::future::pending().await,
                1 => tokio::time::sleep(self.trouble.dice.millis(0..9_000)).await,
                2 => return Err(self.limited(user)),
                _ => return Err(self.lost()),
            }
        }
        Ok(())
    }

    /// Too many requests: of this key, or where nobody is to be spared, of everybody; now and then a ban, and now and then for an absurd time.
    fn limited(&self, user: UserId) -> VenueError {
        let dice = &self.trouble.dice;
        self.spent.lock().insert(user, self.clock.now());
        let of_all = self.trouble.calm.is_none() && dice.chance(30);
        let banned = dice.chance(20);
        let retry_after = match dice.number(0..10) {
            0..5 => None,
            5..9 => Some(dice.millis(0..20_000)),
            _ => Some(dice.millis(20_000..200_000_000)),
        };
        let (told, whose) = (retry_after.unwrap_or(Duration::from_secs(1)), (!of_all).then_some(user));
        self.witness.words.said(&self.id, whose, self.clock.now(), told, banned);
        VenueError::RateLimited {
            venue: self.id.clone(),
            scope: if of_all { LimitScope::Ip } else { LimitScope::Key },
            banned,
            retry_after,
        }
    }

    fn portions(&self) -> Portions {
        if self.trouble.calm.is_some() {
            return vec![100];
        }
        let choices: [&[u32]; 6] = [&[100], &[100], &[40, 60], &[50], &[10, 20, 30], &[]];
        self.trouble.dice.pick(&choices).to_vec()
    }

    /// The request is on its way: it arrives whatever becomes of who sent it.
    fn send(&self, order: &VenueOrder, after: Duration) -> tokio::task::JoinHandle<Option<Resting>> {
        let (exchange, witness) = (self.exchange.clone(), self.witness.clone());
        let (order, clock, portions) = (order.clone(), self.clock.clone(), self.portions());
        let venue = self.id.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let received = exchange.lock().receive(&order, clock.now(), &portions);
            if let Some((taken, true)) = &received {
                witness.arrived(&venue, order.client_id(), &taken.id);
            }
            received.map(|(taken, _)| taken)
        })
    }

    fn quote_of(&self, symbol: &Symbol) -> Option<Quote> {
        if symbol.base() == FEE_ASSET && self.trouble.hides_fees() {
            return None;
        }
        let (price, touch) = {
            let exchange = self.exchange();
            (Price::new(*exchange.prices.get(symbol)?).ok()?, exchange.touch)
        };
        let size = touch.map_or(Decimal::from(1000), |worth| (worth / price.get()).round_dp(6));
        let size = Quantity::new(size).ok()?;
        Some(Quote { bid: price, bid_size: size, ask: price, ask_size: size, at: self.clock.now() })
    }
}

#[async_trait]
impl Executor for SimVenue {
    fn contract(&self) -> &VenueContract {
        &self.contract
    }

    async fn instruments(&self) -> Result<Vec<Instrument>, VenueError> {
        self.witness.asking(&self.id);
        if self.is_down() {
            return Err(VenueError::Unavailable { venue: self.id.clone(), message: "maintenance".into() });
        }
        let symbols: Vec<_> = self.exchange().prices.keys().cloned().collect();
        let rules = symbols.into_iter().map(|symbol| Instrument {
            venue: self.id.clone(),
            venue_symbol: symbol.as_str().to_owned(),
            symbol,
            lot_size: Decimal::new(1, 6),
            tick_size: Decimal::new(1, 2),
            min_quantity: Quantity::new(Decimal::new(1, 6)).unwrap(),
            max_quantity: None,
            min_notional: Notional::new(Decimal::ONE).unwrap(),
            tradable: true,
            reach: self.contract.reach,
            resting: self.contract.resting,
        });
        Ok(rules.collect())
    }

    async fn quote(&self, symbol: &Symbol) -> Result<Quote, VenueError> {
        self.witness.asking(&self.id);
        self.network().await;
        if self.is_down() {
            return Err(VenueError::Unavailable { venue: self.id.clone(), message: "maintenance".into() });
        }
        self.quote_of(symbol)
            .ok_or_else(|| VenueError::NotListed { venue: self.id.clone(), symbol: symbol.clone() })
    }

    async fn book(&self, symbol: &Symbol, _: usize) -> Result<OrderBook, VenueError> {
        Err(VenueError::NotListed { venue: self.id.clone(), symbol: symbol.clone() })
    }

    async fn candles(&self, _: &Symbol, _: CandleInterval, _: usize) -> Result<Vec<Candle>, VenueError> {
        Ok(Vec::new())
    }

    fn default_fees(&self) -> FeeSchedule {
        FeeSchedule { maker: FEE, taker: FEE, from_venue: false }
    }

    async fn fees(&self, account: &VenueAccount, _: &Symbol) -> Result<FeeSchedule, VenueError> {
        self.read(account.user).await?;
        Ok(self.default_fees())
    }

    async fn balances(&self, account: &VenueAccount) -> Result<Vec<VenueBalance>, VenueError> {
        self.read(account.user).await?;
        let now = self.clock.now();
        let mut exchange = self.exchange();
        let assets: Vec<_> = exchange.account(account.user).totals.keys().cloned().collect();
        Ok(assets.iter().map(|asset| exchange.balance(account.user, asset, now)).collect())
    }

    async fn key_rights(&self, _: &VenueAccount) -> Result<KeyRights, VenueError> {
        Ok(KeyRights::default())
    }

    async fn place(
        &self,
        account: &VenueAccount,
        order: &VenueOrder,
        _: Notional,
    ) -> Result<Placement, VenueError> {
        let dice = &self.trouble.dice;
        let outcome = if self.is_down() {
            Outcome::Unavailable
        } else if order.kind().waits() && self.trouble.strikes(self.trouble.stops) {
            Outcome::Rejected
        } else {
            self.trouble.outcome(account.user)
        };
        let (venue, message) = (self.id.clone(), format!("{outcome:?}"));
        self.witness.asking(&venue);
        self.witness.trying(order);
        if outcome == Outcome::NotSent {
            self.network().await;
            return Err(VenueError::NotSent { venue, message });
        }
        self.witness.sending(&venue, order);
        let answers = match outcome {
            Outcome::Rejected => Err(VenueError::Rejected { venue, code: "no".into(), message }),
            Outcome::KeyRefused => Err(VenueError::KeyRefused { venue, message }),
            Outcome::NonceRefused => Err(VenueError::NonceRefused { venue, message }),
            Outcome::RateLimited => Err(self.limited(account.user)),
            Outcome::Unavailable => Err(VenueError::Unavailable { venue, message }),
            Outcome::LostBefore => Err(self.lost()),
            _ => Ok(()),
        };
        if let Err(error) = answers {
            self.network().await;
            return Err(error);
        }
        match outcome {
            Outcome::Late => {
                self.send(order, dice.millis(0..20_000));
                self.network().await;
                return Err(self.lost());
            }
            Outcome::Hangs => {
                if dice.chance(50) {
                    self.send(order, dice.millis(1..3_000));
                }
                return std::future::pending().await;
            }
            _ => {}
        }
        let arrived = self.send(order, dice.millis(1..25)).await.unwrap_or_default();
        if outcome == Outcome::TakenSlowly {
            tokio::time::sleep(dice.millis(0..12_000)).await;
        } else {
            self.network().await;
        }
        if outcome == Outcome::LostAfter {
            return Err(if dice.chance(50) {
                self.lost()
            } else {
                let (path, message) = ("$".to_owned(), "<html>".to_owned());
                VenueError::Decode { venue: self.id.clone(), path, message }
            });
        }
        let Some(arrived) = arrived else {
            let (code, message) = ("refused".to_owned(), "too late, or no money".to_owned());
            return Err(VenueError::Rejected { venue: self.id.clone(), code, message });
        };
        let names_fills = dice.chance(50);
        let mut exchange = self.exchange();
        let stands = exchange.order(account.user, &arrived.id);
        let report = (outcome != Outcome::TakenBriefly).then(|| exchange.report(&stands));
        let fills = if report.is_some() && names_fills {
            let all = exchange.account(account.user).fills.iter();
            all.filter(|fill| fill.venue_order_id == arrived.id).cloned().collect()
        } else {
            Vec::new()
        };
        Ok(Placement { venue_order_id: arrived.id, report, fills })
    }

    async fn cancel(&self, account: &VenueAccount, order: &OrderRef) -> Result<(), VenueError> {
        self.witness.asking(&self.id);
        self.witness.cancelling(order.client_id);
        let outcome = if self.is_down() { Outcome::Unavailable } else { self.trouble.outcome(account.user) };
        self.network().await;
        let venue = self.id.clone();
        match outcome {
            Outcome::NotSent => return Err(VenueError::NotSent { venue, message: "cancel".into() }),
            Outcome::Unavailable => return Err(VenueError::Unavailable { venue, message: "cancel".into() }),
            Outcome::LostBefore => return Err(self.lost()),
            Outcome::Hangs => return std::future::pending().await,
            _ => {}
        }
        {
            let mut exchange = self.exchange();
            let orders = &exchange.account(account.user).orders;
            let known = orders.iter().find(|known| known.client == Some(order.client_id));
            if let Some(id) = known.map(|known| known.id.clone()) {
                exchange.end(account.user, &id);
            }
        }
        self.network().await;
        if outcome == Outcome::LostAfter { Err(self.lost()) } else { Ok(()) }
    }

    fn limits_used(&self, user: Option<UserId>) -> Vec<LimitUsage> {
        let spent = user.and_then(|user| self.spent.lock().get(&user).copied());
        let left = spent.filter(|at| self.clock.now().since(*at) < Duration::from_secs(10));
        let usage = |_| LimitUsage {
            scope: LimitScope::Key,
            name: "requests in 10 s".to_owned(),
            used: 10,
            limit: Some(10),
            orders: true,
        };
        left.map(usage).into_iter().collect()
    }

    async fn cancel_all(&self, _: &VenueAccount) -> Result<Option<u64>, VenueError> {
        Ok(None)
    }

    async fn find(
        &self,
        account: &VenueAccount,
        order: &OrderRef,
        since: Timestamp,
    ) -> Result<Lookup, VenueError> {
        let user = account.user;
        let seek = |wanted: &dyn Fn(&Resting) -> bool| {
            let mut exchange = self.exchange();
            let seen = exchange.clock(self.clock.now()).minus(exchange.lag);
            let mut orders = exchange.account(user).orders.iter().filter(|known| known.at <= seen);
            let found =
                orders.rfind(|known| known.client == Some(order.client_id) && wanted(known)).cloned()?;
            let mut report = exchange.report(&found);
            report.client_id = Some(order.client_id);
            Some(Lookup::Found(report))
        };
        let skew = Duration::from_micros(self.exchange().skew.unsigned_abs());
        self.read(user).await?;
        let found = match self.contract.lookup {
            OrderLookup::ByClientId => seek(&|_| true),
            OrderLookup::OpenThenClosed => match seek(&Resting::is_open) {
                Some(found) => Some(found),
                None => {
                    self.read(user).await?;
                    seek(&|known| !known.is_open())
                }
            },
            OrderLookup::ListAndMatch => {
                seek(&|known| known.symbol == order.symbol && known.at >= since.minus(skew))
            }
        };
        Ok(found.unwrap_or(Lookup::Absent))
    }

    async fn open_orders(&self, account: &VenueAccount) -> Result<Vec<ExecutionReport>, VenueError> {
        self.read(account.user).await?;
        let mut exchange = self.exchange();
        let orders = exchange.account(account.user).orders.clone();
        Ok(orders.iter().filter(|order| order.is_open()).map(|order| exchange.report(order)).collect())
    }

    async fn fills_since(
        &self,
        account: &VenueAccount,
        since: Timestamp,
    ) -> Result<Vec<VenueFill>, VenueError> {
        self.read(account.user).await?;
        let mut exchange = self.exchange();
        Ok(exchange.account(account.user).fills.iter().filter(|fill| fill.at >= since).cloned().collect())
    }

    fn market_stream(&self, symbols: Vec<Symbol>, _: Arc<dyn StreamLane>) -> BoxStream<'static, MarketEvent> {
        let venue = Self {
            id: self.id.clone(),
            place: self.place,
            fee_deposit: self.fee_deposit,
            contract: self.contract.clone(),
            clock: self.clock.clone(),
            trouble: self.trouble.clone(),
            witness: self.witness.clone(),
            spent: self.spent.clone(),
            exchange: self.exchange.clone(),
        };
        let ticks = futures::stream::unfold((venue, symbols, false), |(venue, symbols, again)| async move {
            if again {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            let quotes: Vec<_> = symbols
                .iter()
                .filter_map(|symbol| {
                    Some(MarketEvent::Quote { symbol: symbol.clone(), quote: venue.quote_of(symbol)? })
                })
                .collect();
            Some((futures::stream::iter(quotes), (venue, symbols, true)))
        });
        futures::stream::iter([MarketEvent::Connected]).chain(ticks.flatten()).boxed()
    }

    fn account_stream(
        &self,
        account: VenueAccount,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, AccountEvent> {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        let stream = Stream::new(sender, &self.trouble, &self.witness);
        self.exchange().account(account.user).streams.push(stream.clone());
        let late = self.trouble.dice.millis(1..40);
        tokio::spawn(async move {
            tokio::time::sleep(late).await;
            // As every executor's: one that is down connects once the venue hears again.
            while let Some(held) = lane.held(Some(account.user)) {
                tokio::time::sleep(held.min(Duration::from_secs(1))).await;
            }
            stream.rise();
        });
        futures::stream::unfold(receiver, |mut receiver| async move {
            let event = receiver.recv().await?;
            Some((event, receiver))
        })
        .boxed()
    }
}
