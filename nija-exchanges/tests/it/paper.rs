//! What is the paper venue's own: money to the last digit, restarts, seeds.

use futures::StreamExt;
use nija_core::{
    AccountEvent, Executor, Fill, Lookup, ManualClock, MarketEvent, OrderKind, OrderRef, OrderState, Price,
    Quantity, Side, TimeInForce, Timestamp, VenueAccount, VenueClientId, VenueFill,
};
use nija_exchanges::{
    paper::{PaperConfig, PaperExecutor},
    testing::{Harness, Trader, open_lane, venue_order, within},
};
use proptest::prelude::*;
use rust_decimal::Decimal;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::support::{Paper, btc, dec, keyless};

fn new_id() -> VenueClientId {
    uuid::Uuid::new_v4().to_string().parse().unwrap()
}

/// The journal's view of a venue's executions.
fn journal(account: &VenueAccount, fills: &[VenueFill]) -> Vec<Fill> {
    let of = |execution: &VenueFill| Fill {
        user: account.user,
        order: None,
        fee_in_quote: execution.fee,
        execution: execution.clone(),
    };
    fills.iter().map(of).collect()
}

async fn all_fills(executor: &PaperExecutor, account: &VenueAccount) -> Vec<VenueFill> {
    executor.fills_since(account, Timestamp::from_micros(0)).await.unwrap()
}

async fn totals(executor: &PaperExecutor, account: &VenueAccount) -> BTreeMap<String, (Decimal, Decimal)> {
    let mut balances = executor.balances(account).await.unwrap();
    // An asset that was looked at and never had is as good as none.
    balances.retain(|one| !one.total.is_zero() || one.available != one.total);
    balances.into_iter().map(|one| (one.asset, (one.total, one.available))).collect()
}

#[derive(Debug, Clone)]
enum Step {
    Place { buy: bool, limit: Option<i64>, thousandths: i64, ioc: bool },
    Wait(u64),
    CancelAll,
}

fn step() -> impl Strategy<Value = Step> {
    let place = (any::<bool>(), prop::option::of(-40_i64..40), 1_i64..100, any::<bool>());
    prop_oneof![
        4 => place.prop_map(|(buy, limit, thousandths, ioc)| Step::Place { buy, limit, thousandths, ioc }),
        2 => (1_u64..120_000).prop_map(Step::Wait),
        1 => Just(Step::CancelAll),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn equity_is_conserved_to_the_last_digit_and_a_restart_rebuilds_it(
        steps in prop::collection::vec(step(), 1..40),
        seed in any::<u64>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(walk(steps, seed));
    }
}

async fn walk(steps: Vec<Step>, seed: u64) {
    let clock = ManualClock::at(Timestamp::from_micros(1_790_000_000_000_000));
    let config = PaperConfig { seed, ..PaperConfig::default() };
    let paper = PaperExecutor::new(config.clone(), Arc::new(clock.clone()));
    let account = keyless();
    for step in steps {
        match step {
            Step::Wait(millis) => clock.advance(Duration::from_millis(millis)),
            Step::CancelAll => {
                paper.cancel_all(&account).await.unwrap();
            }
            Step::Place { buy, limit, thousandths, ioc } => {
                let side = if buy { Side::Buy } else { Side::Sell };
                let mid = paper.quote(&btc()).await.unwrap().mid();
                let kind = limit.map_or(OrderKind::Market, |tenths| OrderKind::Limit {
                    price: Price::new((mid + mid * Decimal::new(tenths, 4)).round_dp(1)).unwrap(),
                });
                let quantity = Quantity::new(Decimal::new(thousandths, 3)).unwrap();
                let tif = if ioc { TimeInForce::Ioc } else { TimeInForce::Gtc };
                let deadline = clock.now_plus(5);
                let order = venue_order(account.user, new_id(), btc(), side, kind, quantity, tif, deadline);
                // A refusal for lack of money is part of the walk.
                let _ = paper.place(&account, &order, nija_core::Notional::ZERO).await;
            }
        }
        check(&paper, &account).await;
    }
    paper.cancel_all(&account).await.unwrap();
    for (asset, (total, available)) in totals(&paper, &account).await {
        assert_eq!(total, available, "{asset} is still held");
    }
    let restarted = PaperExecutor::new(config, Arc::new(clock.clone()));
    restarted.restore(&journal(&account, &all_fills(&paper, &account).await));
    assert_eq!(totals(&restarted, &account).await, totals(&paper, &account).await);
    assert_eq!(all_fills(&restarted, &account).await, all_fills(&paper, &account).await);
}

/// Balances are the starting money and the executions, and nothing is held or spent that is not there.
async fn check(paper: &PaperExecutor, account: &VenueAccount) {
    let (mut base, mut quote) = (Decimal::ZERO, Decimal::from(10_000));
    for fill in all_fills(paper, account).await {
        let sign = if fill.side == Side::Buy { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
        base += sign * fill.quantity.get();
        quote -= sign * fill.quantity.get() * fill.price.get() + fill.fee;
    }
    let totals = totals(paper, account).await;
    let of = |asset: &str| totals.get(asset).copied().unwrap_or_default();
    assert_eq!(of("BTC").0, base);
    assert_eq!(of("USD").0, quote);
    for (asset, (total, available)) in &totals {
        assert!(*total >= Decimal::ZERO, "{asset}: {total}");
        assert!(available <= total && *available >= Decimal::ZERO, "{asset}: {available} of {total}");
    }
}

trait Later {
    fn now_plus(&self, seconds: u64) -> Timestamp;
}

impl Later for ManualClock {
    fn now_plus(&self, seconds: u64) -> Timestamp {
        nija_core::Clock::now(self).plus(Duration::from_secs(seconds))
    }
}

#[tokio::test]
async fn the_same_seed_and_clock_show_the_same_market() {
    let (one, two) = (Paper::start(), Paper::start());
    for paper in [&one, &two] {
        paper.clock.advance(Duration::from_secs(90));
    }
    assert_eq!(one.executor.book(&btc(), 10).await.unwrap(), two.executor.book(&btc(), 10).await.unwrap());
}

#[tokio::test]
async fn after_a_restart_orders_are_found_by_their_executions() {
    let paper = Paper::start();
    let trader = Trader::new(&paper).await;
    let quantity = trader.quantity().await;
    let mut filled = trader.trade(Side::Buy, quantity).await;
    let resting = trader.rest(Side::Buy, quantity).await;
    let restarted = PaperExecutor::new(PaperConfig::default(), Arc::new(paper.clock.clone()));
    restarted.restore(&journal(&trader.account, &all_fills(&paper.executor, &trader.account).await));
    let find = async |order: &OrderRef| restarted.find(&trader.account, order, trader.now()).await.unwrap();
    let Lookup::Found(report) = find(&filled).await else {
        panic!("the filled order is known");
    };
    assert_eq!((report.state, report.filled, report.kind), (OrderState::Filled, quantity, OrderKind::Market));
    assert_eq!(find(&resting).await, Lookup::Absent);
    // The same client id again: the first order, no second one.
    let again = venue_order(
        trader.account.user,
        filled.client_id,
        btc(),
        Side::Buy,
        OrderKind::Market,
        quantity,
        TimeInForce::Gtc,
        paper.clock.now_plus(5),
    );
    let placed = restarted.place(&trader.account, &again, nija_core::Notional::ZERO).await.unwrap();
    assert_eq!(Some(placed.venue_order_id), filled.venue_order_id.take());
    assert_eq!(
        all_fills(&restarted, &trader.account).await.len(),
        all_fills(&paper.executor, &trader.account).await.len()
    );
    // Another order gets executions of other ids.
    let more = venue_order(
        trader.account.user,
        new_id(),
        btc(),
        Side::Buy,
        OrderKind::Market,
        quantity,
        TimeInForce::Gtc,
        paper.clock.now_plus(5),
    );
    restarted.place(&trader.account, &more, nija_core::Notional::ZERO).await.unwrap();
    let fills = all_fills(&restarted, &trader.account).await;
    let mut ids: Vec<_> = fills.iter().map(|fill| &fill.execution_id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), fills.len());
}

#[tokio::test]
async fn resting_orders_fill_while_only_the_users_stream_is_read() {
    let paper = Paper::start();
    let trader = Trader::new(&paper).await;
    let mut stream = paper.executor.account_stream(trader.account.clone(), open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        let quote = paper.executor.quote(&btc()).await.unwrap();
        let kind = OrderKind::Limit { price: quote.bid };
        let quantity = trader.quantity().await;
        let (order, placed) = trader.place(Side::Buy, kind, quantity, TimeInForce::Gtc).await;
        placed.unwrap();
        loop {
            paper.clock.advance(Duration::from_secs(20));
            match stream.next().await.unwrap() {
                AccountEvent::Fill(fill) => {
                    assert_eq!((fill.client_id, fill.price), (Some(order.client_id), quote.bid));
                    break;
                }
                AccountEvent::Report(report) => assert_eq!(report.state, OrderState::Working),
                AccountEvent::Balance(_) => {}
                other => panic!("{other:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn prices_come_several_times_a_second() {
    let paper = Paper::start();
    let mut stream = paper.executor.market_stream(vec![btc()], open_lane());
    within(async {
        let mut seen = Vec::new();
        while seen.len() < 3 {
            paper.clock.advance(Duration::from_millis(250));
            if let MarketEvent::Quote { quote, .. } = stream.next().await.unwrap() {
                assert!(seen.last().is_none_or(|last: &nija_core::Quote| last.at < quote.at));
                seen.push(quote);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_large_market_order_pays_more_level_by_level_and_its_fee_is_the_takers() {
    let paper = Paper::start();
    let trader = Trader::new(&paper).await;
    let book = paper.executor.book(&btc(), 10).await.unwrap();
    let quantity = Quantity::new(dec("0.15")).unwrap();
    let order = trader.trade(Side::Buy, quantity).await;
    let fills = all_fills(&paper.executor, &trader.account).await;
    let best = book.asks[0];
    assert_eq!(fills[0].price, best.price);
    assert_eq!(fills[0].quantity, best.quantity.min(quantity));
    let cost: Decimal = fills.iter().map(|fill| fill.quantity.get() * fill.price.get()).sum();
    let fees: Decimal = fills.iter().map(|fill| fill.fee).sum();
    assert_eq!(fees, (cost * dec("0.0040")).round_dp(10));
    assert!(fills.iter().all(|fill| fill.client_id == Some(order.client_id)));
}

#[test]
fn the_default_is_ten_thousand_dollars_at_the_venue_paper() {
    let config = PaperConfig::default();
    assert_eq!(config.venue.as_str(), "paper");
    assert_eq!(config.starting_balances, BTreeMap::from([("USD".to_owned(), dec("10000"))]));
    assert!(Paper::start().clock().now() > Timestamp::from_micros(0));
}
