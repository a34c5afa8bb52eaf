//! Streams that lose, double and break, by seed: in the end book and fills are the venue's.
//!
//! `NIJA_STREAM_EVENTS` sets how many things go wrong (300 unless told otherwise), `NIJA_STREAM_SEED` which.

use futures::StreamExt;
use nija_core::{
    AccountEvent, BookLevel, Executor, MarketEvent, OrderKind, Price, Quantity, Quote, Side, TimeInForce,
    VenueFill,
};
use nija_exchanges::{
    okx::OkxExecutor,
    testing::{Trader, eventually, within},
};
use nija_sim::{Fault, FaultKind};
use parking_lot::Mutex;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::harness::{Okx, usdt};
use crate::support::dec;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
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
    fn learn(&mut self, fill: &VenueFill) {
        let order = fill.venue_order_id.as_str().to_owned();
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

async fn read_market(executor: Arc<OkxExecutor>, believed: Arc<Mutex<Believed>>) {
    let mut stream = executor.market_stream(vec![usdt()]);
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
async fn read_account(trader: Trader, believed: Arc<Mutex<Believed>>) {
    let since = trader.now();
    let mut stream = trader.executor.account_stream(trader.account.clone());
    while let Some(event) = stream.next().await {
        match event {
            AccountEvent::Fill(fill) => {
                let mut believed = believed.lock();
                believed.learn(&fill);
                believed.told.push(fill.execution_id.to_string());
            }
            AccountEvent::Connected => {
                let missed = trader.executor.fills_since(&trader.account, since).await.unwrap_or_default();
                let mut believed = believed.lock();
                missed.iter().for_each(|fill| believed.learn(fill));
                believed.connects += 1;
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_gaps_repeats_and_breaks_book_and_fills_are_the_venues() {
    let (events, seed) = (setting("NIJA_STREAM_EVENTS", 300), setting("NIJA_STREAM_SEED", 13));
    println!("seed {seed}, {events} events");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let okx = Okx::start().await;
    let key = okx.key();
    let mut trader = Trader::new(&okx).await;
    trader.account = okx.signed(&key);
    let believed = Arc::new(Mutex::new(Believed::default()));
    let readers = [
        tokio::spawn(read_market(okx.executor.clone(), believed.clone())),
        tokio::spawn(read_account(trader.clone(), believed.clone())),
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
        okx.venue().fault(fault);
        if cut {
            // Else nearly everything would happen while nobody listens.
            eventually("the stream is back", || async {
                (believed.lock().connects > connects).then_some(())
            })
            .await;
        }
        let price = Decimal::from(rng.random_range(59_000_i64..61_000));
        assert!(okx.venue().set_price("BTC-USDT", price));
        if nth % 5 == 0 {
            let side = if rng.random_bool(0.6) { Side::Buy } else { Side::Sell };
            // A sale of what is not there yet is refused: no matter.
            let _ = trader.place(side, OrderKind::Market, size, TimeInForce::Gtc).await;
        }
        if nth % 7 == 0 {
            let price = Price::new((price * dec("0.995")).round_dp(1)).unwrap();
            let _ = trader.place(Side::Buy, OrderKind::Limit { price }, size, TimeInForce::Gtc).await;
        }
    }
    okx.venue().clear_faults();
    // OKX numbers no messages of a user's stream: of an order that is over, a report that was lost is noticed by nobody. Who
    // connects anew asks.
    okx.venue().fault(Fault::new(FaultKind::StreamDisconnect));
    assert!(okx.venue().set_price("BTC-USDT", 60_123.into()));
    eventually("book, best prices and fills are the venue's", || async {
        let book = trader.executor.book(&usdt(), 50).await.unwrap();
        let mut fills: BTreeMap<String, Decimal> = BTreeMap::new();
        for trade in okx.venue().trades(&key.key) {
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
    let trades = okx.venue().trades(&key.key).len();
    println!(
        "{trades} executions, {} told by the stream, {} connects",
        believed.told.len(),
        believed.connects
    );
    assert_eq!(believed.fills.len(), trades, "each execution once");
    assert!(trades as u64 > events / 20 && !believed.told.is_empty());
    readers.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn an_execution_that_is_missing_ends_the_stream_and_it_comes_back() {
    let okx = Okx::start().await;
    let key = okx.key_with(1_000_000);
    let trader = okx.trader(&key).await;
    within(async {
        let mut stream = trader.executor.account_stream(trader.account.clone());
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        // It takes several levels, each an execution and a message; the order's beginning and the first of them are swallowed.
        okx.venue().fault(Fault::new(FaultKind::StreamGap).times(2));
        let order = trader.trade(Side::Buy, Quantity::new(dec("3")).unwrap()).await;
        assert!(okx.venue().trades(&key.key).len() > 2);
        loop {
            match stream.next().await.unwrap() {
                AccountEvent::Disconnected(reason) => {
                    assert!(reason.contains("is missing"), "{reason}");
                    break;
                }
                AccountEvent::Fill(fill) => panic!("told after one that is missing: {fill:?}"),
                _ => {}
            }
        }
        while stream.next().await.unwrap() != AccountEvent::Connected {}
        let since = trader.now().minus(Duration::from_secs(60));
        let fills = trader.executor.fills_since(&trader.account, since).await.unwrap();
        assert_eq!(fills.len(), okx.venue().trades(&key.key).len());
        assert!(fills.iter().all(|fill| fill.client_id == Some(order.client_id)));
    })
    .await;
}

#[tokio::test]
async fn reports_that_come_twice_are_delivered_once() {
    let okx = Okx::start().await;
    let trader = Trader::new(&okx).await;
    let quantity = trader.quantity().await;
    within(async {
        let mut stream = trader.executor.account_stream(trader.account.clone());
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        okx.venue().fault(Fault::new(FaultKind::DuplicateReports).times(20));
        let first = trader.trade(Side::Buy, quantity).await;
        let second = trader.trade(Side::Buy, quantity).await;
        let mut seen = Vec::new();
        loop {
            if let AccountEvent::Fill(fill) = stream.next().await.unwrap() {
                seen.push(fill.client_id);
                if fill.client_id == Some(second.client_id) {
                    break;
                }
            }
        }
        assert_eq!(seen.iter().filter(|id| **id == Some(first.client_id)).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_stream_whose_key_is_refused_says_so() {
    let okx = Okx::start().await;
    let mut key = okx.key();
    key.passphrase = Some("wrong".to_owned());
    let mut stream = okx.executor.account_stream(okx.signed(&key));
    within(async {
        let first = stream.next().await.unwrap();
        assert!(matches!(&first, AccountEvent::Disconnected(why) if why.contains("refused")), "{first:?}");
    })
    .await;
}
