//! Streams that lose, double and break, by seed: in the end book, executions and orders are the venue's own.
//!
//! `NIJA_STREAM_EVENTS` sets how many things go wrong (300 unless told otherwise; the figure is 10,000, which takes minutes),
//! `NIJA_STREAM_SEED` which.
#![allow(clippy::print_stdout)] // Figures for whoever runs it for longer.

use futures::StreamExt;
use nija_core::{
    AccountEvent, BookLevel, MarketEvent, OrderKind, OrderState, Price, Quantity, Side, TimeInForce,
    VenueFill,
};
use nija_exchanges::testing::{Trader, eventually, open_lane};
use nija_sim::{Account, Fault, FaultKind, NewAccount, VenueHandle};
use parking_lot::Mutex;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::support::dec;

/// Messages that are lost in the end: all there are.
const LAST: u64 = 1_000_000;
/// Levels of the book that are compared.
const DEPTH: usize = 10;

pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A venue with a user of it.
pub(crate) struct Scene<'a> {
    pub(crate) venue: &'a VenueHandle,
    pub(crate) key: Account,
    pub(crate) trader: Trader,
    /// The simulator's id of an execution, from ours.
    pub(crate) execution: fn(&str) -> &str,
    /// How far a quantity in a book by REST may be from the stream's, where the venue rounds it there.
    pub(crate) rest_rounds: Decimal,
    /// Whether the venue numbers its messages, so that a lost one is noticed with the next. Where it does not, nothing comes after the
    /// last lost ones, and they must be found all the same: the ends of orders as well.
    pub(crate) numbered: bool,
}

/// A key at the venue with the money for ten thousand orders.
pub(crate) fn rich(venue: &VenueHandle) -> Account {
    let balances = [("USD", 50_000_000_i64), ("BTC", 100)];
    let balances = balances.map(|(asset, amount)| (asset.to_owned(), Decimal::from(amount)));
    venue.add_account(NewAccount { balances: Some(BTreeMap::from(balances)), ..NewAccount::default() })
}

/// What the readers of the streams believe.
#[derive(Default)]
struct Believed {
    book: Option<(Vec<BookLevel>, Vec<BookLevel>)>,
    fills: BTreeMap<String, Quantity>,
    told: u64,
    orders: BTreeMap<String, OrderState>,
    connects: usize,
}

async fn read_market(trader: Trader, believed: Arc<Mutex<Believed>>) {
    let mut stream = trader.executor.market_stream(vec![trader.symbol().clone()], open_lane());
    while let Some(event) = stream.next().await {
        if let MarketEvent::Book { book, .. } = event {
            let cut = |levels: &[BookLevel]| levels.iter().take(DEPTH).copied().collect();
            believed.lock().book = Some((cut(&book.bids), cut(&book.asks)));
        }
    }
}

/// Reads as the engine does: after each connect, what was missed is asked for.
async fn read_account(trader: Trader, believed: Arc<Mutex<Believed>>) {
    let since = trader.now();
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    let learn = |fills: Vec<VenueFill>| {
        let mut believed = believed.lock();
        for fill in fills {
            let before = believed.fills.insert(fill.execution_id.to_string(), fill.quantity);
            assert!(before.is_none_or(|before| before == fill.quantity), "{fill:?} was another before");
        }
    };
    while let Some(event) = stream.next().await {
        match event {
            AccountEvent::Fill(fill) => {
                believed.lock().told += 1;
                learn(vec![fill]);
            }
            AccountEvent::Report(report) => {
                believed.lock().orders.insert(report.venue_order_id.to_string(), report.state);
            }
            AccountEvent::Connected => {
                believed.lock().connects += 1;
                learn(trader.executor.fills_since(&trader.account, since).await.unwrap_or_default());
            }
            _ => {}
        }
    }
}

impl Scene<'_> {
    fn set_price(&self, price: Decimal) {
        assert!(self.venue.set_price(self.trader.symbol().as_str(), price));
    }

    /// A resting order well below the market, where the money for it is there.
    async fn rest(&self, price: Decimal, size: Quantity) -> Option<nija_core::OrderRef> {
        let price =
            Price::new(price * dec("0.99")).unwrap().floor_to(self.trader.instrument.tick_size).unwrap();
        let (order, placed) =
            self.trader.place(Side::Buy, OrderKind::Limit { price }, size, TimeInForce::Gtc).await;
        placed.is_ok().then_some(order)
    }

    pub(crate) async fn run(self) {
        let (events, seed) = (setting("NIJA_STREAM_EVENTS", 300), setting("NIJA_STREAM_SEED", 11));
        println!("seed {seed}, {events} events");
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let believed = Arc::new(Mutex::new(Believed::default()));
        let readers = [
            tokio::spawn(read_market(self.trader.clone(), believed.clone())),
            tokio::spawn(read_account(self.trader.clone(), believed.clone())),
        ];
        eventually("both streams are up", || async {
            let believed = believed.lock();
            (believed.connects > 0 && believed.book.is_some()).then_some(())
        })
        .await;
        let size = self.trader.quantity().await;
        for nth in 0..events {
            self.venue.fault(match rng.random_range(0..100) {
                0..45 => Fault::new(FaultKind::StreamGap).times(rng.random_range(1..4)),
                45..95 => Fault::new(FaultKind::DuplicateReports).times(rng.random_range(1..4)),
                _ => Fault::new(FaultKind::StreamDisconnect),
            });
            let price = Decimal::from(rng.random_range(59_000_i64..61_000));
            self.set_price(price);
            if nth % 5 == 0 {
                let side = if rng.random_bool(0.6) { Side::Buy } else { Side::Sell };
                // A sale of what is not there yet is refused: no matter.
                let _ = self.trader.place(side, OrderKind::Market, size, TimeInForce::Gtc).await;
            }
            if nth % 7 == 0 {
                self.rest(price, size).await;
            }
        }
        self.end(size).await;
        self.compare(&believed, events).await;
        readers.iter().for_each(tokio::task::JoinHandle::abort);
    }

    /// All of the last messages are lost: of the book, of an order's end, of an execution.
    async fn end(&self, size: Quantity) {
        self.venue.clear_faults();
        let last = self.rest(dec("60000"), size).await;
        self.venue.fault(Fault::new(FaultKind::StreamGap).times(LAST));
        self.set_price(dec("60200"));
        // A little further, so that what is left of the book before would not cross itself.
        self.set_price(dec("60201"));
        let _ = self.trader.place(Side::Buy, OrderKind::Market, size, TimeInForce::Gtc).await;
        if let Some(last) = last {
            self.trader.executor.cancel(&self.trader.account, &last).await.unwrap();
        }
        // A message of the book at least, and one of the account.
        eventually("the last messages are lost", || async {
            (self.venue.stream_gaps_left() + 2 <= LAST).then_some(())
        })
        .await;
        self.venue.clear_faults();
        if self.numbered {
            self.set_price(dec("60202"));
            self.trader.trade(Side::Buy, size).await;
        }
    }

    async fn compare(&self, believed: &Mutex<Believed>, events: u64) {
        let last = Mutex::new((false, false, false, 0, 0, 0));
        eventually("book, executions and orders are the venue's", || async {
            let book = self.trader.executor.book(self.trader.symbol(), DEPTH).await.unwrap();
            let trades = self.venue.trades(&self.key.key);
            let orders = self.venue.orders(&self.key.key);
            let believed = believed.lock();
            let told: BTreeMap<&str, Decimal> =
                believed.fills.iter().map(|(id, quantity)| ((self.execution)(id), quantity.get())).collect();
            let fills: BTreeMap<&str, Decimal> =
                trades.iter().map(|trade| (trade.id.as_str(), trade.qty)).collect();
            let ends = self.numbered
                || orders.iter().all(|order| {
                    let state = believed.orders.get(&order.id);
                    state.is_some_and(|state| match order.status.as_str() {
                        "open" => !state.is_final(),
                        "filled" => *state == OrderState::Filled,
                        _ => state.is_final(),
                    })
                });
            let same = |ours: &[BookLevel], theirs: &[BookLevel]| {
                ours.len() == theirs.len()
                    && ours.iter().zip(theirs).all(|(ours, theirs)| {
                        let apart = (ours.quantity.get() - theirs.quantity.get()).abs();
                        ours.price == theirs.price && apart <= self.rest_rounds
                    })
            };
            let shown = believed.book.as_ref();
            let same_book =
                shown.is_some_and(|(bids, asks)| same(bids, &book.bids) && same(asks, &book.asks));
            let now = (same_book, told == fills, ends, told.len(), fills.len(), believed.connects);
            if std::mem::replace(&mut *last.lock(), now) != now {
                println!(
                    "book {}, executions {}, ends {}: {} of {}, {} connects",
                    now.0, now.1, now.2, now.3, now.4, now.5
                );
            }
            (same_book && told == fills && ends).then_some(())
        })
        .await;
        let believed = believed.lock();
        let orders: BTreeSet<String> =
            self.venue.trades(&self.key.key).into_iter().map(|trade| trade.order_id).collect();
        println!(
            "{} executions of {} orders, {} told by the stream, {} connects",
            believed.fills.len(),
            orders.len(),
            believed.told,
            believed.connects
        );
        assert!(orders.len() as u64 > events / 30 && believed.told > 0, "something was traded");
    }
}
