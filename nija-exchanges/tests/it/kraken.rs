//! What is Kraken's own: nonces, deadlines, pages, rights, checksums, sequence numbers.

use futures::{StreamExt, future::join_all};
use nija_core::{
    AccountEvent, AmbiguityBound, Executor, Lookup, MarketEvent, OrderKind, OrderState, Side, TimeInForce,
    VenueError,
};
use nija_exchanges::{
    kraken::{KrakenConfig, KrakenExecutor},
    testing::{Harness, Trader, VenueFault, eventually, open_lane, within},
};
use nija_sim::{Fault, FaultKind, NewAccount, TRADING_PERMISSIONS, WITHDRAW};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

use crate::support::{Kraken, btc, dec, id, signed};

#[tokio::test]
async fn calls_at_once_with_one_key_keep_their_nonces_in_order() {
    let kraken = Kraken::start().await;
    let account = signed(&kraken.key());
    // The first one is held up on its way: whoever overtook it would make its nonce stale.
    kraken.venue().fault(Fault::new(FaultKind::Delay).on("/0/private/BalanceEx").ms(300));
    let calls = (0..40).map(|_| kraken.executor.balances(&account));
    for balances in join_all(calls).await {
        assert_eq!(balances.unwrap().iter().find(|one| one.asset == "USD").unwrap().total, dec("10000"));
    }
}

#[tokio::test]
async fn a_key_that_may_withdraw_is_known_as_one() {
    let kraken = Kraken::start().await;
    let permissions = TRADING_PERMISSIONS.iter().chain(&[WITHDRAW]).map(|name| (*name).to_owned());
    let key = kraken
        .venue()
        .add_account(NewAccount { permissions: Some(permissions.collect()), ..NewAccount::default() });
    let rights = kraken.executor.key_rights(&signed(&key)).await.unwrap();
    assert_eq!((rights.can_trade, rights.can_withdraw), (Some(true), Some(true)));
    assert!(rights.names.contains(&WITHDRAW.to_owned()));
}

#[tokio::test]
async fn calls_are_counted_as_kraken_counts_them() {
    let kraken = Kraken::start().await;
    let account = signed(&kraken.key());
    let used = || kraken.executor.limits_used(Some(account.user));
    assert!(used().is_empty(), "no key was used yet");
    for _ in 0..4 {
        kraken.executor.balances(&account).await.unwrap();
    }
    let used = used();
    assert!(
        matches!(&used[..], [calls] if calls.used > 0 && calls.used <= 4 && calls.limit == Some(15) && !calls.orders),
        "{used:?}"
    );
}

#[tokio::test]
async fn a_wrong_secret_is_the_keys_fault() {
    let kraken = Kraken::start().await;
    let mut key = kraken.key();
    key.secret = kraken.key().secret;
    let error = kraken.executor.balances(&signed(&key)).await.unwrap_err();
    assert!(matches!(error, VenueError::KeyRefused { .. }), "{error}");
}

#[tokio::test]
async fn an_order_that_reaches_the_engine_after_its_deadline_is_refused_there() {
    let kraken = Kraken::start().await;
    let trader = Trader::new(&kraken).await;
    let quantity = trader.quantity().await;
    let price = trader.far(Side::Buy).await;
    let order = nija_exchanges::testing::venue_order(
        trader.account.user,
        uuid::Uuid::new_v4().to_string().parse().unwrap(),
        btc(),
        Side::Buy,
        OrderKind::Limit { price },
        quantity,
        TimeInForce::Gtc,
        trader.now().plus(Duration::from_millis(2_500)),
    );
    kraken.venue().fault(Fault::new(FaultKind::Delay).on("/0/private/AddOrder").ms(3_500));
    let error =
        trader.executor.place(&trader.account, &order, quantity.at(price).unwrap()).await.unwrap_err();
    assert!(matches!(error, VenueError::Unavailable { .. }), "{error}");
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
}

#[tokio::test]
async fn deadlines_follow_a_clock_that_is_off() {
    let kraken = Kraken::start().await;
    for skew in [40_000, -40_000] {
        kraken.venue().fault(Fault::new(FaultKind::ClockSkew).ms(skew));
        // Reading the instruments measures the clock again.
        let trader = Trader::new(&kraken).await;
        let quantity = trader.quantity().await;
        let order = trader.rest(Side::Buy, quantity).await;
        trader.executor.cancel(&trader.account, &order).await.unwrap();
    }
    let AmbiguityBound::Deadline(bound) = kraken.executor.contract().ambiguity_bound else {
        panic!("Kraken bounds its doubt");
    };
    // Kraken tells its time in whole seconds.
    assert!(bound >= Duration::from_secs(2) && bound <= Duration::from_secs(60));
}

#[tokio::test]
async fn fills_of_many_pages_all_come_once_with_their_client_ids() {
    let kraken = Kraken::start().await;
    let key = kraken.key();
    let mut trader = Trader::new(&kraken).await;
    trader.account = signed(&key);
    let since = trader.now().minus(Duration::from_secs(5));
    let quantity = trader.quantity().await;
    let mut placed = Vec::new();
    for nth in 0..120 {
        let side = if nth % 2 == 0 { Side::Buy } else { Side::Sell };
        placed.push(trader.trade(side, quantity).await.client_id);
    }
    // One that knows nothing of these orders, as after a restart.
    let fresh = KrakenExecutor::new(Kraken::config(kraken.venue()), kraken.clock()).unwrap();
    let fills = fresh.fills_since(&trader.account, since).await.unwrap();
    let mut seen: Vec<_> = fills.iter().map(|fill| fill.client_id.unwrap()).collect();
    seen.sort();
    seen.dedup();
    placed.sort();
    assert_eq!(seen, placed);
    assert_eq!(fills.len(), kraken.venue().trades(&key.key).len());
}

#[tokio::test]
async fn an_order_of_many_closed_ones_is_found_by_its_client_id() {
    let kraken = Kraken::start().await;
    let trader = Trader::new(&kraken).await;
    let since = trader.now();
    let quantity = trader.quantity().await;
    let mut first = trader.trade(Side::Buy, quantity).await;
    for _ in 0..60 {
        trader.trade(Side::Buy, quantity).await;
    }
    first.venue_order_id = None;
    let found = trader.executor.find(&trader.account, &first, since).await.unwrap();
    assert!(matches!(found, Lookup::Found(report) if report.state == OrderState::Filled));
}

#[tokio::test]
async fn a_book_that_lost_an_update_is_noticed_and_fetched_anew() {
    let kraken = Kraken::start().await;
    let mut stream = kraken.executor.market_stream(vec![btc()], open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(MarketEvent::Connected));
        // Wait for the first book, so that the swallowed message is an update.
        while !matches!(stream.next().await.unwrap(), MarketEvent::Book { .. }) {}
        // Two messages in a row, a ticker and a book: the market then moves on until the book is right again. A book that kept
        // the asks of a lost update would never be, since prices only rise.
        kraken.venue().fault(Fault::new(FaultKind::StreamGap).times(2));
        let mut right = 0;
        for price in (60_100_i64..).step_by(100) {
            assert!(kraken.venue().set_price("BTC-USD", price.into()));
            let wanted = kraken.venue().best("BTC-USD").unwrap();
            let best = async {
                loop {
                    if let MarketEvent::Book { book, .. } = stream.next().await.unwrap()
                        && (book.bids[0].price.get(), book.asks[0].price.get()) == wanted
                    {
                        break;
                    }
                }
            };
            // Moves whose messages were lost, or fell into the time without a book, are passed over.
            right += usize::from(timeout(Duration::from_millis(500), best).await.is_ok());
            if right == 3 {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_missing_message_of_the_account_ends_the_stream_and_it_comes_back() {
    let kraken = Kraken::start().await;
    let trader = Trader::new(&kraken).await;
    let quantity = trader.quantity().await;
    let mut stream = kraken.executor.account_stream(trader.account.clone(), open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        // The snapshot of balances is the last of the start: gaps from here on are among updates.
        while !matches!(stream.next().await.unwrap(), AccountEvent::Balance(_)) {}
        let order = trader.rest(Side::Buy, quantity).await;
        let is_new = |event: &AccountEvent| matches!(event, AccountEvent::Report(report) if report.client_id == Some(order.client_id));
        // Both messages of its beginning, pending and new, so that only its end can be missing.
        for _ in 0..2 {
            while !is_new(&stream.next().await.unwrap()) {}
        }
        kraken.venue().fault(Fault::new(FaultKind::StreamGap).times(1));
        trader.executor.cancel(&trader.account, &order).await.unwrap();
        eventually("the cancel's report is swallowed", || async {
            let open = trader.executor.open_orders(&trader.account).await.unwrap();
            open.is_empty().then_some(())
        })
        .await;
        let other = trader.rest(Side::Buy, quantity).await;
        while !matches!(stream.next().await.unwrap(), AccountEvent::Disconnected(_)) {}
        while stream.next().await.unwrap() != AccountEvent::Connected {}
        // The snapshot shows what is open now: the second order alone.
        loop {
            if let AccountEvent::Report(report) = stream.next().await.unwrap() {
                assert_eq!(report.client_id, Some(other.client_id));
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn executions_that_come_twice_are_delivered_once() {
    let kraken = Kraken::start().await;
    let trader = Trader::new(&kraken).await;
    let quantity = trader.quantity().await;
    let mut stream = kraken.executor.account_stream(trader.account.clone(), open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        kraken.venue().fault(Fault::new(FaultKind::DuplicateReports).times(20));
        let orders = [trader.trade(Side::Buy, quantity).await, trader.trade(Side::Buy, quantity).await];
        let mut executions = Vec::new();
        while executions.len() < 2 {
            if let AccountEvent::Fill(fill) = stream.next().await.unwrap() {
                executions.push(fill);
            }
        }
        let of: Vec<_> = executions.iter().map(|fill| fill.client_id).collect();
        assert_eq!(of, orders.map(|order| Some(order.client_id)));
    })
    .await;
}

#[tokio::test]
async fn streamed_balances_leave_out_what_open_orders_hold() {
    let kraken = Kraken::start().await;
    let trader = Trader::new(&kraken).await;
    let quantity = trader.quantity().await;
    let mut stream = kraken.executor.account_stream(trader.account.clone(), open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        while !matches!(stream.next().await.unwrap(), AccountEvent::Balance(_)) {}
        trader.rest(Side::Buy, quantity).await;
        loop {
            if let AccountEvent::Balance(balance) = stream.next().await.unwrap()
                && balance.available < balance.total
            {
                assert_eq!((balance.asset.as_str(), balance.total), ("USD", dec("10000")));
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_stop_goes_out_on_the_tick_and_its_stream_ends_with_one_final_report() {
    let kraken = Kraken::start().await;
    let trader = Trader::new(&kraken).await;
    // Twice the lot that a stop needs, so that what is left after fees is enough.
    let quantity = trader.quantity().await;
    let bought = trader.trade(Side::Buy, quantity).await;
    eventually("the market order is filled", || async {
        let found = trader.executor.find(&trader.account, &bought, trader.now()).await.unwrap();
        matches!(found, Lookup::Found(report) if report.state == OrderState::Filled).then_some(())
    })
    .await;
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        let price = |text: &str| text.parse().unwrap();
        let raw = OrderKind::StopLimit { stop: price("59000.04"), price: price("58000.01") };
        // A sell's prices are rounded up to the tick of 0.1.
        let kind = OrderKind::StopLimit { stop: price("59000.1"), price: price("58000.1") };
        let (order, placed) = trader.place(Side::Sell, raw, quantity, TimeInForce::Gtc).await;
        placed.unwrap();
        let open = trader.executor.open_orders(&trader.account).await.unwrap();
        assert!(matches!(&open[..], [report] if report.kind == kind), "{open:?}");
        kraken.reach(Side::Buy, price("59000.1")).await;
        let (mut sold, mut finals) = (dec("0"), Vec::new());
        while finals.is_empty() {
            match stream.next().await.unwrap() {
                AccountEvent::Fill(fill) if fill.client_id == Some(order.client_id) => {
                    sold += fill.quantity.get();
                }
                AccountEvent::Report(report) if report.client_id == Some(order.client_id) => {
                    assert_eq!(report.kind, kind);
                    finals.extend(report.state.is_final().then_some(report));
                }
                _ => {}
            }
        }
        assert_eq!((finals[0].state, finals[0].filled, sold), (OrderState::Filled, quantity, quantity.get()));
        // Whatever comes up to the next order's beginning is not about this one.
        let next = trader.rest(Side::Buy, quantity).await;
        loop {
            if let AccountEvent::Report(report) = stream.next().await.unwrap() {
                assert_eq!(report.client_id, Some(next.client_id));
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_stream_without_its_right_says_so_once_and_keeps_trying() {
    let kraken = Kraken::start().await;
    let account = kraken.account().await;
    assert!(kraken.fault(VenueFault::RightsRevoked));
    let mut stream = kraken.executor.account_stream(account, open_lane());
    within(async {
        let first = stream.next().await.unwrap();
        assert!(
            matches!(&first, AccountEvent::Disconnected(why) if why.contains("Permission denied")),
            "{first:?}"
        );
        let rights = TRADING_PERMISSIONS;
        kraken.venue().fault(Fault::new(FaultKind::PermissionChange).permissions(&rights));
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
    })
    .await;
}

#[tokio::test]
async fn one_users_slow_call_does_not_hold_up_another() {
    let kraken = Kraken::start().await;
    let (slow, quick) = (kraken.key(), signed(&kraken.key()));
    let hangs = Fault::new(FaultKind::AcceptThenTimeout).on("/0/private/BalanceEx").key(slow.key.clone());
    kraken.venue().fault(hangs);
    let slow = signed(&slow);
    let (lost, balances) = tokio::join!(kraken.executor.balances(&slow), async {
        eventually("the slow call hangs", || async { (kraken.venue().fault_hits() > 0).then_some(()) }).await;
        kraken.executor.balances(&quick).await
    });
    assert!(matches!(lost, Err(VenueError::AnswerLost { .. })));
    assert!(!balances.unwrap().is_empty());
}

#[test]
fn addresses_that_cannot_be_are_refused_at_the_start() {
    let clock = Arc::new(nija_core::SystemClock);
    let with = |rest: &str, public: &str| {
        KrakenExecutor::new(KrakenConfig::new(id("kraken"), rest, public, public), clock.clone())
    };
    assert!(with("https://api.kraken.com", "wss://ws.kraken.com").is_ok());
    assert!(with("ftp://api.kraken.com", "wss://ws.kraken.com").is_err());
    assert!(with("https://api.kraken.com", "https://ws.kraken.com").is_err());
    assert!(KrakenExecutor::new(KrakenConfig::live(id("kraken")), clock.clone()).is_ok());
}
