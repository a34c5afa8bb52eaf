//! Streams that lose, double and break, by seed: in the end book and fills are the venue's.
//!
//! `NIJA_STREAM_EVENTS` sets how many things go wrong (300 unless told otherwise), `NIJA_STREAM_SEED` which.

use futures::StreamExt;
use nija_core::{
    AccountEvent, BookLevel, Executor, MarketEvent, OrderKind, Price, Quantity, Side, Symbol, TimeInForce,
};
use nija_exchanges::{
    alpaca::AlpacaExecutor,
    testing::{Trader, eventually},
};
use nija_sim::{Fault, FaultKind};
use parking_lot::Mutex;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::alpaca_harness::{Alpaca, signed};
use crate::support::{btc, dec};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What a stream's reader believes.
#[derive(Default)]
struct Believed {
    book: Option<(Vec<BookLevel>, Vec<BookLevel>)>,
    fills: BTreeSet<String>,
    connects: usize,
}

async fn read_market(executor: Arc<AlpacaExecutor>, symbol: Symbol, believed: Arc<Mutex<Believed>>) {
    let mut stream = executor.market_stream(vec![symbol]);
    while let Some(event) = stream.next().await {
        if let MarketEvent::Book { book, .. } = event {
            believed.lock().book = Some((book.bids.clone(), book.asks.clone()));
        }
    }
}

/// Reads as the engine does: after each connect, what was missed is asked for.
async fn read_account(trader: Trader, believed: Arc<Mutex<Believed>>) {
    let since = trader.now();
    let mut stream = trader.executor.account_stream(trader.account.clone());
    while let Some(event) = stream.next().await {
        match event {
            AccountEvent::Fill(fill) => {
                believed.lock().fills.insert(fill.execution_id.to_string());
            }
            AccountEvent::Connected => {
                let missed = trader.executor.fills_since(&trader.account, since).await.unwrap_or_default();
                let mut believed = believed.lock();
                believed.connects += 1;
                believed.fills.extend(missed.into_iter().map(|fill| fill.execution_id.to_string()));
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_gaps_repeats_and_breaks_book_and_fills_are_the_venues() {
    let (events, seed) = (setting("NIJA_STREAM_EVENTS", 300), setting("NIJA_STREAM_SEED", 11));
    println!("seed {seed}, {events} events");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let alpaca = Alpaca::start().await;
    let key = alpaca.key();
    let mut trader = Trader::new(&alpaca).await;
    trader.account = signed(&key);
    let believed = Arc::new(Mutex::new(Believed::default()));
    let readers = [
        tokio::spawn(read_market(alpaca.executor.clone(), btc(), believed.clone())),
        tokio::spawn(read_account(trader.clone(), believed.clone())),
    ];
    eventually("both streams are up", || async {
        let believed = believed.lock();
        (believed.connects > 0 && believed.book.is_some()).then_some(())
    })
    .await;
    let size = trader.quantity().await;
    for nth in 0..events {
        let fault = match rng.random_range(0..100) {
            0..45 => Fault::new(FaultKind::StreamGap).times(rng.random_range(1..4)),
            45..95 => Fault::new(FaultKind::DuplicateReports).times(rng.random_range(1..4)),
            _ => Fault::new(FaultKind::StreamDisconnect),
        };
        alpaca.venue().fault(fault);
        let price = Decimal::from(rng.random_range(59_000_i64..61_000));
        assert!(alpaca.venue().set_price("BTC-USD", price));
        if nth % 5 == 0 {
            let (side, size) = match rng.random_bool(0.6) {
                true => (Side::Buy, size),
                false => (Side::Sell, Quantity::new(size.get() * dec("0.5")).unwrap()),
            };
            // A sale of what is not there yet is refused: no matter.
            let _ = trader.place(side, OrderKind::Market, size, TimeInForce::Gtc).await;
        }
        if nth % 7 == 0 {
            let price = Price::new(price * dec("0.99")).unwrap();
            let price = price.floor_to(trader.instrument.tick_size).unwrap();
            let _ = trader.place(Side::Buy, OrderKind::Limit { price }, size, TimeInForce::Gtc).await;
        }
    }
    alpaca.venue().clear_faults();
    // Something of each kind that is told well, so that readers notice what they missed.
    trader.trade(Side::Buy, size).await;
    eventually("book and fills are the venue's", || async {
        assert!(alpaca.venue().set_price("BTC-USD", 60_123.into()));
        let book = trader.executor.book(&btc(), 25).await.unwrap();
        let fills: BTreeSet<String> = alpaca.venue().trades(&key.key).into_iter().map(|one| one.id).collect();
        let believed = believed.lock();
        let told: BTreeSet<String> =
            believed.fills.iter().map(|id| id.rsplit("::").next().unwrap_or_default().to_owned()).collect();
        let same = believed.book.as_ref() == Some(&(book.bids, book.asks)) && told == fills;
        same.then_some(())
    })
    .await;
    let trades = alpaca.venue().trades(&key.key);
    let mut by_order: BTreeMap<String, Decimal> = BTreeMap::new();
    for trade in &trades {
        *by_order.entry(trade.order_id.clone()).or_default() += trade.qty;
    }
    assert_eq!(believed.lock().fills.len(), trades.len(), "each execution once");
    assert!(by_order.len() > 10, "something was traded");
    readers.iter().for_each(tokio::task::JoinHandle::abort);
}
