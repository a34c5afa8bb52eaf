//! Streams that lose, double and break: in the end book and executions are the venue's.
//!
//! `NIJA_STREAM_EVENTS` sets how many things go wrong (300 unless told otherwise), `NIJA_STREAM_SEED` which.

use futures::StreamExt;
use nija_core::{
    AccountEvent, BookLevel, Executor, MarketEvent, OrderKind, OrderState, Quantity, Side, TimeInForce,
};
use nija_exchanges::{
    coinbase::CoinbaseExecutor,
    testing::{Harness, Trader, VenueFault, eventually, open_lane, within},
};
use nija_sim::{Fault, FaultKind};
use parking_lot::Mutex;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;
use std::{collections::BTreeSet, sync::Arc};

use super::harness::{Coinbase, ORDERS};
use crate::support::{btc, dec};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What the readers of the streams believe.
#[derive(Default)]
struct Believed {
    book: Option<(Vec<BookLevel>, Vec<BookLevel>)>,
    executions: BTreeSet<String>,
    connects: usize,
}

async fn read_market(executor: Arc<CoinbaseExecutor>, believed: Arc<Mutex<Believed>>) {
    let mut stream = executor.market_stream(vec![btc()], open_lane());
    while let Some(event) = stream.next().await {
        if let MarketEvent::Book { book, .. } = event {
            believed.lock().book = Some((book.bids.clone(), book.asks.clone()));
        }
    }
}

/// Reads as the engine does: after each connect, what was missed is asked for.
async fn read_account(trader: Trader, believed: Arc<Mutex<Believed>>) {
    let since = trader.now();
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    while let Some(event) = stream.next().await {
        let fills = match event {
            AccountEvent::Fill(fill) => vec![fill],
            AccountEvent::Connected => {
                believed.lock().connects += 1;
                trader.executor.fills_since(&trader.account, since).await.unwrap_or_default()
            }
            _ => continue,
        };
        believed.lock().executions.extend(fills.into_iter().map(|fill| fill.execution_id.to_string()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_gaps_repeats_and_breaks_book_and_executions_are_the_venues() {
    let (events, seed) = (setting("NIJA_STREAM_EVENTS", 300), setting("NIJA_STREAM_SEED", 7));
    println!("seed {seed}, {events} events");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let coinbase = Coinbase::start().await;
    let key = coinbase.key();
    let mut trader = Trader::new(&coinbase).await;
    trader.account = coinbase.signed(&key);
    let believed = Arc::new(Mutex::new(Believed::default()));
    let readers = [
        tokio::spawn(read_market(coinbase.executor.clone(), believed.clone())),
        tokio::spawn(read_account(trader.clone(), believed.clone())),
    ];
    eventually("both streams are up", || async {
        let believed = believed.lock();
        (believed.connects > 0 && believed.book.is_some()).then_some(())
    })
    .await;
    let size = trader.quantity().await;
    for nth in 0..events {
        coinbase.venue().fault(match rng.random_range(0..100) {
            0..45 => Fault::new(FaultKind::StreamGap).times(rng.random_range(1..4)),
            45..95 => Fault::new(FaultKind::DuplicateReports).times(rng.random_range(1..4)),
            _ => Fault::new(FaultKind::StreamDisconnect),
        });
        let price = Decimal::from(rng.random_range(59_000_i64..61_000));
        assert!(coinbase.venue().set_price("BTC-USD", price));
        if nth % 5 == 0 {
            let side = if rng.random_bool(0.6) { Side::Buy } else { Side::Sell };
            // A sale of what is not there yet is refused: no matter.
            let _ = trader.place(side, OrderKind::Market, size, TimeInForce::Gtc).await;
        }
        if nth % 7 == 0 {
            let price = nija_core::Price::new((price * dec("0.99")).round_dp(2)).unwrap();
            let _ = trader.place(Side::Buy, OrderKind::Limit { price }, size, TimeInForce::Gtc).await;
        }
    }
    coinbase.venue().clear_faults();
    eventually("book and executions are the venue's", || async {
        assert!(coinbase.venue().set_price("BTC-USD", 60_123.into()));
        let book = trader.executor.book(&btc(), 50).await.unwrap();
        let trades = coinbase.venue().trades(&key.key);
        let all: BTreeSet<String> = trades.into_iter().map(|trade| trade.id).collect();
        let believed = believed.lock();
        (believed.book.as_ref() == Some(&(book.bids, book.asks)) && believed.executions == all).then_some(())
    })
    .await;
    assert!(believed.lock().executions.len() > 10, "something was traded");
    readers.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_book_that_lost_an_update_is_fetched_anew_before_it_goes_on() {
    let coinbase = Coinbase::start().await;
    let mut stream = coinbase.executor.market_stream(vec![btc()], open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(MarketEvent::Connected));
        while !matches!(stream.next().await.unwrap(), MarketEvent::Book { .. }) {}
        coinbase.venue().fault(Fault::new(FaultKind::StreamGap).times(1));
        assert!(coinbase.venue().set_price("BTC-USD", 61_000.into()));
        let wanted = coinbase.venue().best("BTC-USD").unwrap();
        // The lost message is noticed by the next one's number at the latest, which is a heartbeat's.
        loop {
            if let MarketEvent::Book { book, .. } = stream.next().await.unwrap() {
                let best = (book.bids[0].price.get(), book.asks[0].price.get());
                assert!(best.0 < best.1);
                if best == wanted {
                    break;
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_order_filled_in_parts_gives_each_execution_once() {
    let coinbase = Coinbase::start().await;
    let trader = Trader::new(&coinbase).await;
    let quantity = trader.quantity().await;
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        coinbase.venue().fault(Fault::new(FaultKind::DuplicateReports).times(20));
        coinbase.venue().fault(Fault::new(FaultKind::PartialFill).on(ORDERS).fraction(dec("0.4")));
        let ask = trader.executor.quote(&btc()).await.unwrap().ask;
        let kind = OrderKind::Limit { price: ask };
        let (order, placed) = trader.place(Side::Buy, kind, quantity, TimeInForce::Gtc).await;
        placed.unwrap();
        let (mut filled, mut states, mut ids) = (Quantity::ZERO, Vec::new(), BTreeSet::new());
        while states.last() != Some(&OrderState::Filled) {
            match stream.next().await.unwrap() {
                AccountEvent::Fill(fill) => {
                    assert!(ids.insert(fill.execution_id.clone()), "{fill:?} came twice");
                    assert_eq!(fill.client_id, Some(order.client_id));
                    filled = filled.plus(fill.quantity);
                }
                AccountEvent::Report(report) => {
                    assert_eq!(report.quantity, quantity);
                    if report.state == OrderState::PartialFill
                        && states.last() != Some(&OrderState::PartialFill)
                    {
                        coinbase.reach(Side::Buy, ask).await;
                    }
                    states.push(report.state);
                }
                _ => {}
            }
        }
        assert_eq!(filled, quantity);
        assert!(states.contains(&OrderState::PartialFill) && ids.len() >= 2, "{states:?}");
    })
    .await;
}

#[tokio::test]
async fn a_missing_message_of_the_account_ends_the_stream_and_it_comes_back() {
    let coinbase = Coinbase::start().await;
    let trader = Trader::new(&coinbase).await;
    let quantity = trader.quantity().await;
    let resting = trader.rest(Side::Buy, quantity).await;
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        let shown = async |stream: &mut futures::stream::BoxStream<'static, AccountEvent>| loop {
            if let AccountEvent::Report(report) = stream.next().await.unwrap() {
                break report;
            }
        };
        assert_eq!(shown(&mut stream).await.client_id, Some(resting.client_id));
        coinbase.venue().fault(Fault::new(FaultKind::StreamGap).times(1));
        trader.executor.cancel(&trader.account, &resting).await.unwrap();
        while !matches!(stream.next().await.unwrap(), AccountEvent::Disconnected(_)) {}
        while stream.next().await.unwrap() != AccountEvent::Connected {}
        // The snapshot shows what is open now: the second order alone.
        let other = trader.rest(Side::Buy, quantity).await;
        assert_eq!(shown(&mut stream).await.client_id, Some(other.client_id));
    })
    .await;
}

#[tokio::test]
async fn a_stream_without_its_right_says_so_once_and_keeps_trying() {
    let coinbase = Coinbase::start().await;
    let account = coinbase.account().await;
    coinbase.venue().fault(Fault::new(FaultKind::PermissionChange).permissions(&[]));
    let mut stream = coinbase.executor.account_stream(account, open_lane());
    within(async {
        let first = stream.next().await.unwrap();
        assert!(
            matches!(&first, AccountEvent::Disconnected(why) if why.contains("authentication failure")),
            "{first:?}"
        );
        coinbase.venue().fault(Fault::new(FaultKind::PermissionChange).permissions(&["view", "trade"]));
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        assert!(coinbase.fault(VenueFault::StreamCut));
        while !matches!(stream.next().await.unwrap(), AccountEvent::Disconnected(_)) {}
    })
    .await;
}
