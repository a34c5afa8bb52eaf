//! Streams of users that lose, double and break, by seed, where the venue numbers no messages: in the end book and fills are the venue's.
//!
//! `NIJA_STREAM_EVENTS` sets how many things go wrong (300 unless told otherwise), `NIJA_STREAM_SEED` which.
#![allow(clippy::print_stdout)] // Figures for whoever runs it for longer.

use futures::StreamExt;
use nija_core::{
    AccountEvent, BookLevel, MarketEvent, OrderKind, Price, Quantity, Quote, Side, TimeInForce, VenueFill,
};
use nija_exchanges::testing::{Harness, Trader, eventually, open_lane};
use nija_sim::{Fault, FaultKind};
use parking_lot::Mutex;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;
use std::{collections::BTreeMap, sync::Arc};

use crate::{
    broken_streams::setting,
    support::dec,
    wire::{OnTheWire, Wire},
};

/// What differs between venues.
#[derive(Clone, Copy)]
pub(crate) struct Scene {
    /// Where nobody says another.
    pub(crate) seed: u64,
    /// Levels of the book that the stream keeps.
    pub(crate) depth: usize,
    /// The simulator's id of an order, from ours.
    pub(crate) order: fn(&str) -> &str,
}

/// What a reader of the streams believes.
#[derive(Default)]
struct Believed {
    book: Option<(Vec<BookLevel>, Vec<BookLevel>)>,
    quote: Option<Quote>,
    /// Order and quantity by execution.
    fills: BTreeMap<String, (String, Decimal)>,
    /// Executions that the stream itself told, each time.
    told: Vec<String>,
    connects: usize,
}

impl Believed {
    fn learn(&mut self, fill: &VenueFill, scene: Scene) {
        let order = (scene.order)(fill.venue_order_id.as_str()).to_owned();
        self.fills.insert(fill.execution_id.to_string(), (order, fill.quantity.get()));
    }

    /// Quantities by order.
    fn by_order(&self) -> BTreeMap<String, Decimal> {
        let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
        for (order, quantity) in self.fills.values() {
            *sums.entry(order.clone()).or_default() += quantity;
        }
        sums
    }
}

async fn read_market(trader: Trader, believed: Arc<Mutex<Believed>>) {
    let mut stream = trader.executor.market_stream(vec![trader.instrument.symbol.clone()], open_lane());
    while let Some(event) = stream.next().await {
        match event {
            MarketEvent::Book { book, .. } => {
                believed.lock().book = Some((book.bids.clone(), book.asks.clone()));
            }
            MarketEvent::Quote { quote, .. } => believed.lock().quote = Some(quote),
            _ => {}
        }
    }
}

/// Reads as the engine does: after each connect, what was missed is asked for.
async fn read_account(trader: Trader, believed: Arc<Mutex<Believed>>, scene: Scene) {
    let since = trader.now();
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    while let Some(event) = stream.next().await {
        match event {
            AccountEvent::Fill(fill) => {
                let mut believed = believed.lock();
                believed.learn(&fill, scene);
                believed.told.push(fill.execution_id.to_string());
            }
            AccountEvent::Connected => {
                let missed = trader.executor.fills_since(&trader.account, since).await.unwrap_or_default();
                let mut believed = believed.lock();
                missed.iter().for_each(|fill| believed.learn(fill, scene));
                believed.connects += 1;
            }
            _ => {}
        }
    }
}

/// Breaks the streams of a new user and compares in the end.
pub(crate) async fn run<W: Wire>(wire: &OnTheWire<W>, scene: Scene) {
    let (events, seed) = (setting("NIJA_STREAM_EVENTS", 300), setting("NIJA_STREAM_SEED", scene.seed));
    println!("seed {seed}, {events} events");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (venue, key) = (wire.venue(), wire.key());
    let trader = wire.trader(&key).await;
    let symbol = wire.symbol();
    let believed = Arc::new(Mutex::new(Believed::default()));
    let readers = [
        tokio::spawn(read_market(trader.clone(), believed.clone())),
        tokio::spawn(read_account(trader.clone(), believed.clone(), scene)),
    ];
    eventually("both streams are up", || async {
        let believed = believed.lock();
        (believed.connects > 0 && believed.book.is_some()).then_some(())
    })
    .await;
    let size = Quantity::new(dec("0.001")).unwrap();
    for nth in 0..events {
        let fault = match rng.random_range(0..100) {
            0..30 => Fault::new(FaultKind::StreamGap).times(rng.random_range(1..4)),
            30..97 => Fault::new(FaultKind::DuplicateReports).times(rng.random_range(1..4)),
            _ => Fault::new(FaultKind::StreamDisconnect),
        };
        let cut = fault.kind == FaultKind::StreamDisconnect;
        let connects = believed.lock().connects;
        venue.fault(fault);
        if cut {
            // Else nearly everything would happen while nobody listens.
            eventually("the stream is back", || async {
                (believed.lock().connects > connects).then_some(())
            })
            .await;
        }
        let price = Decimal::from(rng.random_range(59_000_i64..61_000));
        assert!(venue.set_price(W::SYMBOL, price));
        if nth % 5 == 0 {
            let side = if rng.random_bool(0.6) { Side::Buy } else { Side::Sell };
            // A sale of what is not there yet is refused: no matter.
            let _ = trader.place(side, OrderKind::Market, size, TimeInForce::Gtc).await;
        }
        if nth % 7 == 0 {
            let price = Price::new((price * dec("0.995")).round_dp(W::PLACES)).unwrap();
            let _ = trader.place(Side::Buy, OrderKind::Limit { price }, size, TimeInForce::Gtc).await;
        }
    }
    venue.clear_faults();
    // Of an order that is over, a report that was lost is noticed by nobody. Who connects anew asks.
    venue.fault(Fault::new(FaultKind::StreamDisconnect));
    assert!(venue.set_price(W::SYMBOL, 60_123.into()));
    eventually("book, best prices and fills are the venue's", || async {
        let book = trader.executor.book(&symbol, scene.depth).await.unwrap();
        let mut fills: BTreeMap<String, Decimal> = BTreeMap::new();
        for trade in venue.trades(&key.key) {
            *fills.entry(trade.order_id).or_default() += trade.qty;
        }
        let believed = believed.lock();
        let best = believed
            .quote
            .is_some_and(|quote| (quote.bid, quote.ask) == (book.bids[0].price, book.asks[0].price));
        let same = believed.book.as_ref() == Some(&(book.bids, book.asks));
        (best && same && believed.by_order() == fills).then_some(())
    })
    .await;
    let believed = believed.lock();
    let trades = venue.trades(&key.key).len();
    println!(
        "{trades} executions, {} told by the stream, {} connects",
        believed.told.len(),
        believed.connects
    );
    assert_eq!(believed.fills.len(), trades, "each execution once");
    assert!(trades as u64 > events / 20 && !believed.told.is_empty());
    readers.iter().for_each(tokio::task::JoinHandle::abort);
}
