//! Market data of all venues: one snapshot, read without a lock, and who is to be told when prices move.

use arc_swap::ArcSwap;
use futures::StreamExt;
use nija_core::{
    Instrument, MarketEvent, MarketSnapshot, MarketView, Price, Quote, Symbol, Timestamp, UserEventKind,
    UserId, VenueId, Volatility,
};
use parking_lot::Mutex;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Notify;

use super::{
    backoff::Backoff,
    ids::Ids,
    inner::Inner,
    rates::{Rates, RatesNow},
    venue::Venue,
};
use crate::Currencies;

/// A symbol at a venue.
pub(crate) type Key = (VenueId, Symbol);

/// Events taken up at a time: one snapshot is published for all of them.
const BATCH: usize = 256;

/// What can be traded, as a list and by name.
#[derive(Default)]
struct Listed {
    all: Arc<Vec<Arc<Instrument>>>,
    by_key: HashMap<Key, Arc<Instrument>>,
}

/// Instruments and the newest prices.
#[derive(Default)]
pub(crate) struct Market {
    snapshot: ArcSwap<MarketSnapshot>,
    /// The next snapshot, under the writers' lock.
    building: Mutex<MarketSnapshot>,
    listed: ArcSwap<Listed>,
    moved: Mutex<BTreeSet<Key>>,
    holders: Mutex<HashMap<Key, Ids<UserId>>>,
    /// Who is to be woken when a price moves.
    watched: Mutex<HashMap<Key, Arc<Notify>>>,
    rates: Rates,
}

impl Market {
    pub(crate) fn new(currencies: Currencies) -> Self {
        Self { rates: Rates::new(currencies), ..Self::default() }
    }

    /// What other currencies are worth in USD.
    pub(crate) fn rates(&self, now: Timestamp) -> RatesNow<'_> {
        self.rates.at(now)
    }

    /// What is traded at the venues, so that the prices that measure it are watched too.
    pub(crate) fn measure<'a>(&self, traded: impl Iterator<Item = &'a Symbol>) {
        self.rates.measure(traded);
    }

    pub(crate) fn snapshot(&self) -> Arc<MarketSnapshot> {
        self.snapshot.load_full()
    }

    pub(crate) fn instruments(&self) -> Arc<Vec<Arc<Instrument>>> {
        self.listed.load().all.clone()
    }

    /// A symbol's rules at a venue.
    pub(crate) fn instrument(&self, key: &Key) -> Option<Arc<Instrument>> {
        self.listed.load().by_key.get(key).cloned()
    }

    fn add_instruments(&self, venue: &VenueId, added: &[Arc<Instrument>]) {
        self.listed.rcu(|known| {
            let others = known.all.iter().filter(|rules| rules.venue != *venue);
            let all: Vec<_> = others.chain(added).cloned().collect();
            let named =
                |rules: &Arc<Instrument>| ((rules.venue.clone(), rules.symbol.clone()), rules.clone());
            Listed { by_key: all.iter().map(named).collect(), all: Arc::new(all) }
        });
    }

    /// A user has (`true`) or no longer has a position.
    pub(crate) fn note_holding(&self, user: UserId, key: &Key, holds: bool) {
        let mut holders = self.holders.lock();
        if holds {
            holders.entry(key.clone()).or_default().insert(user);
        } else if let Some(users) = holders.get_mut(key) {
            users.remove(&user);
            if users.is_empty() {
                holders.remove(key);
            }
        }
    }

    /// Wakes at every move of a price from now on.
    pub(crate) fn watch(&self, key: &Key) -> Arc<Notify> {
        self.watched.lock().entry(key.clone()).or_default().clone()
    }

    pub(super) fn take_up(&self, venue: &VenueId, events: Vec<MarketEvent>) {
        let (mut moved, mut rates) = (Vec::new(), Vec::new());
        let mut building = self.building.lock();
        for event in events {
            match event {
                MarketEvent::Quote { symbol, quote } => {
                    if self.rates.takes(&symbol) {
                        rates.push((symbol.clone(), quote));
                    }
                    let key = (venue.clone(), symbol);
                    let view = building.markets.entry(key.clone()).or_default();
                    view.volatility = moved_by(view, &quote).or(view.volatility);
                    view.quote = Some(quote);
                    moved.push(key);
                }
                MarketEvent::Book { symbol, book } => {
                    building.markets.entry((venue.clone(), symbol)).or_default().book = Some(book);
                }
                _ => {}
            }
        }
        // Stored under the lock: a snapshot never gives way to an older one.
        self.rates.take_up(&rates);
        self.snapshot.store(Arc::new(building.clone()));
        drop(building);
        {
            let watched = self.watched.lock();
            if !watched.is_empty() {
                moved.iter().filter_map(|key| watched.get(key)).for_each(|watch| watch.notify_waiters());
            }
        }
        self.moved.lock().extend(moved);
    }

    /// Users who hold what moved since the last time.
    fn take_moved(&self) -> Ids<UserId> {
        let moved = std::mem::take(&mut *self.moved.lock());
        let holders = self.holders.lock();
        moved.iter().filter_map(|key| holders.get(key)).flatten().copied().collect()
    }
}

/// What a new quote says of how much the market moves; nothing before there were two.
fn moved_by(view: &MarketView, quote: &Quote) -> Option<Volatility> {
    let before = view.quote.as_ref()?;
    let elapsed = quote.at.since(before.at);
    if elapsed.is_zero() && quote.mid() == before.mid() {
        return None;
    }
    let (from, to) = (Price::new(before.mid()).ok()?, Price::new(quote.mid()).ok()?);
    Some(view.volatility.unwrap_or_default().after_move(from, to, elapsed))
}

impl Inner {
    /// Keeps a venue's instruments and prices; never ends.
    pub(super) async fn watch_market(self: Arc<Self>, venue: Arc<Venue>, wanted: HashSet<Symbol>) {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        loop {
            match self.ask(&venue, None, crate::lane::Sending::Read, venue.executor.instruments()).await {
                Ok(all) => {
                    let symbols = self.take_up_instruments(&venue, all, &wanted);
                    backoff.reset();
                    tokio::select! {
                        () = self.follow_market(&venue, symbols.clone(), &wanted) => {}
                        // The stream is of what was listed when it began.
                        () = self.until_listed_anew(&venue, &symbols, &wanted) => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(venue = %venue.id, %error, "its instruments could not be read");
                    venue.set_up(false, Some(error.to_string()));
                    venue.set_tried();
                }
            }
            // Who waits for the venue's own word asks when that ends: a try meanwhile sends nothing.
            let pause = backoff.spread(self.entropy.as_ref());
            let held = venue.lane.held_reading(None);
            tokio::time::sleep(held.map_or(pause, |held| held.min(pause))).await;
        }
    }

    /// Answers with what the venue lists of the symbols wanted, and with what it lists that measures currencies: that is watched and cannot be
    /// traded.
    fn take_up_instruments(
        &self,
        venue: &Venue,
        all: Vec<Instrument>,
        wanted: &HashSet<Symbol>,
    ) -> BTreeSet<Symbol> {
        let names: Vec<_> = all.iter().map(|rules| &rules.symbol).collect();
        let mut followed: BTreeSet<_> = self.market.rates.wanted(&names).into_iter().collect();
        let listed: Vec<_> =
            all.into_iter().filter(|rules| wanted.contains(&rules.symbol)).map(Arc::new).collect();
        self.market.add_instruments(&venue.id, &listed);
        venue.listed.set();
        followed.extend(listed.iter().map(|rules| rules.symbol.clone()));
        followed
    }

    /// Reads the venue's rules again now and then; ends when it lists other symbols than these.
    async fn until_listed_anew(&self, venue: &Venue, listed: &BTreeSet<Symbol>, wanted: &HashSet<Symbol>) {
        let mut pause = Backoff::new(self.config.instruments_interval, self.config.instruments_interval);
        loop {
            pause.wait(self.entropy.as_ref()).await;
            match self.ask(venue, None, crate::lane::Sending::Read, venue.executor.instruments()).await {
                Ok(all) => {
                    if self.take_up_instruments(venue, all, wanted) != *listed {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(venue = %venue.id, %error, "its instruments could not be read again");
                }
            }
        }
    }

    /// Waits for every venue's first prices, within a bound: an order that comes before them could only be refused.
    pub(super) async fn markets_tried(&self) {
        let all = futures::future::join_all(self.venues.iter().map(|venue| venue.tried()));
        if tokio::time::timeout(self.config.connect_wait, all).await.is_err() {
            tracing::warn!("a venue has sent no prices yet; starting without it");
        }
    }

    /// Ends when the stream does.
    async fn follow_market(&self, venue: &Arc<Venue>, symbols: BTreeSet<Symbol>, traded: &HashSet<Symbol>) {
        let awaited = |symbol: &&Symbol| traded.contains(*symbol) || self.market.rates.is_awaited(symbol);
        let mut unpriced: BTreeSet<_> = symbols.iter().filter(awaited).cloned().collect();
        let stream = venue.executor.market_stream(symbols.into_iter().collect(), venue.stream_lane());
        let mut stream = stream.ready_chunks(BATCH);
        while let Some(events) = stream.next().await {
            for event in &events {
                match event {
                    MarketEvent::Quote { symbol, .. } => drop(unpriced.take(symbol)),
                    MarketEvent::Connected => venue.set_up(true, None),
                    MarketEvent::Disconnected => {
                        venue.set_up(false, Some("its market stream is down".to_owned()));
                        venue.set_tried();
                    }
                    _ => {}
                }
            }
            self.market.take_up(&venue.id, events);
            if unpriced.is_empty() {
                venue.set_tried();
            }
        }
        venue.set_up(false, Some("its market stream ended".to_owned()));
        venue.set_tried();
    }

    /// Tells the holders of what moved, a few times a second at most; never ends.
    pub(super) async fn publish_marks(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(self.config.mark_interval.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let now = self.clock.now();
            for user in self.market.take_moved() {
                self.bus.publish(user, now, UserEventKind::Marked);
            }
        }
    }
}
