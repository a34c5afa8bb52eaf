//! Users who trade at the venue itself while an order of theirs is on its way there: whose an execution is may be in doubt, that it happened is not.

use nija_core::{
    Clock, JournalEvent, Ledger, Order, OrderKind, OrderLeg, OrderSize, OrderState, Quantity, Side,
    SignalType, TimeInForce, TradeSignal,
};
use nija_router::Engine;
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use crate::support::{
    Answer, FakeVenue, LONG, Platform, attempts_of, dec, entry, exit, state, symbol, until, user,
};

const SIDES: [(Side, Side); 2] = [(Side::Buy, Side::Sell), (Side::Sell, Side::Buy)];

/// A position of 0.01 BTC, bought or sold short.
async fn holding(opens: Side) -> (Platform, Arc<FakeVenue>, Arc<Engine>) {
    let (platform, venue) = Platform::single();
    venue.world().account(user(1)).balances.insert("BTC".into(), Decimal::ONE);
    let engine = platform.start().await;
    let size = OrderSize::Base(Quantity::new(dec("0.01")).unwrap());
    let order = engine.submit(TradeSignal { side: opens, size, ..entry(user(1), "in") }).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    (platform, venue, engine)
}

/// The user trades this much at the venue, at once.
fn trade(platform: &Platform, venue: &FakeVenue, side: Side, quantity: &str) {
    let (symbol, quantity) = (symbol("BTC-USD"), Quantity::new(dec(quantity)).unwrap());
    let (ioc, now) = (TimeInForce::Ioc, platform.clock.now());
    venue.world().arrive(user(1), None, &symbol, side, OrderKind::Market, quantity, ioc, now);
}

/// What the account has at the venue beyond the BTC that it had in the beginning.
fn there(venue: &FakeVenue) -> Decimal {
    (venue.world().account(user(1)).balances["BTC"] - Decimal::ONE).normalize()
}

/// Every execution of the venue is on record once, and the position is what the venue has.
async fn agrees(platform: &Platform, venue: &FakeVenue) {
    until("all executions to be on record", async || {
        platform.ledger.all_fills().len() == venue.world().account(user(1)).fills.len()
    })
    .await;
    let open = platform.position(user(1), "BTC-USD").await;
    assert_eq!(open.map(|open| open.quantity.normalize()).unwrap_or_default(), there(venue));
    assert!(platform.ledger.replay_agrees());
}

fn closing(side: Side, id: &str, quantity: &str) -> TradeSignal {
    TradeSignal { side, ..exit(user(1), id, quantity) }
}

/// What each attempt of an order asked for.
async fn asked(platform: &Platform, order: &Order) -> Vec<Decimal> {
    let journal = platform.ledger.order_journal(user(1), order.id()).await.unwrap();
    let leg = |event: &JournalEvent| match event {
        JournalEvent::Routed { leg: OrderLeg { quantity, .. }, .. } => Some(quantity.get().normalize()),
        _ => None,
    };
    journal.iter().filter_map(|record| leg(&record.event)).collect()
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_is_sent_again_closes_no_more_than_its_user_left_by_hand() {
    for (opens, closes) in SIDES {
        for answer in [Answer::LostBefore, Answer::RateLimitedFor(Duration::from_secs(10))] {
            let (platform, venue, engine) = holding(opens).await;
            venue.script([answer]);
            let order = engine.submit(closing(closes, "out", "0.01")).await.unwrap().order;
            until("it to be sent", async || venue.placements() == 2).await;
            // While nobody knows of it yet.
            trade(&platform, &venue, closes, "0.004");
            let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
            assert_eq!(order.state, OrderState::Filled, "{opens} {answer:?}: {:?}", order.reason);
            assert_eq!(asked(&platform, &order).await, [dec("0.01"), dec("0.006")], "{opens} {answer:?}");
            assert_eq!(there(&venue), Decimal::ZERO, "{opens} {answer:?}");
            agrees(&platform, &venue).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_waits_in_its_lane_closes_no_more_than_its_user_left_by_hand() {
    for (opens, closes) in SIDES {
        for (by_hand, left) in [("0.004", Some("0.006")), ("0.01", None)] {
            let (platform, venue, engine) = holding(opens).await;
            platform.join(user(2), 1000);
            venue.ban(Duration::from_secs(3), true);
            engine.submit(entry(user(2), "meets-the-ban")).await.unwrap();
            until("the ban to be met", async || venue.world().turned_away > 0).await;
            let order = engine.submit(closing(closes, "out", "0.01")).await.unwrap().order;
            assert_eq!(order.state, OrderState::Queued);
            trade(&platform, &venue, closes, by_hand);
            let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
            let legs: Vec<_> = [Some("0.01"), left].into_iter().flatten().map(dec).collect();
            assert_eq!(asked(&platform, &order).await, legs, "{opens} {by_hand}");
            let (state, code) = left.map_or((OrderState::Rejected, "no_position"), |_| {
                (OrderState::Filled, "reduced_to_position")
            });
            assert_eq!(
                (order.state, order.reason.unwrap().code.as_str()),
                (state, code),
                "{opens} {by_hand}"
            );
            assert_eq!(there(&venue), Decimal::ZERO, "{opens} {by_hand}");
            agrees(&platform, &venue).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_exit_of_what_its_user_closed_by_hand_ends_without_another_try() {
    for (opens, closes) in SIDES {
        let (platform, venue, engine) = holding(opens).await;
        venue.script([Answer::LostBefore]);
        let order = engine.submit(closing(closes, "out", "0.01")).await.unwrap().order;
        until("it to be sent", async || venue.placements() == 2).await;
        trade(&platform, &venue, closes, "0.01");
        let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
        assert_eq!((order.state, order.reason.unwrap().code.as_str()), (OrderState::Rejected, "no_position"));
        assert_eq!((venue.placements(), there(&venue)), (2, Decimal::ZERO));
        agrees(&platform, &venue).await;
    }
}

#[tokio::test(start_paused = true)]
async fn beside_an_order_in_doubt_an_exit_counts_what_may_have_been_closed_by_hand() {
    for (opens, closes) in SIDES {
        let (platform, venue, engine) = holding(opens).await;
        venue.script([Answer::LostBefore]);
        let doubtful = engine.submit(closing(closes, "doubtful", "0.002")).await.unwrap().order;
        state(&engine, user(1), doubtful.id(), OrderState::Unknown).await;
        trade(&platform, &venue, closes, "0.005");
        tokio::time::sleep(Duration::from_millis(100)).await;
        // 0.002 is in doubt, and 0.005 may be that order's or was done by hand: 0.003 is left in any case.
        let order = engine.submit(closing(closes, "out", "0.01")).await.unwrap().order;
        let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
        assert_eq!((order.state, asked(&platform, &order).await), (OrderState::Filled, vec![dec("0.003")]));
        assert_eq!(order.reason.unwrap().code, "reduced_to_position");
        // The other one never arrived: it goes again, for all that is left.
        let doubtful = engine.settled(user(1), doubtful.id(), LONG).await.unwrap();
        assert_eq!(asked(&platform, &doubtful).await, [dec("0.002"), dec("0.002")]);
        assert_eq!(there(&venue), Decimal::ZERO);
        agrees(&platform, &venue).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_exit_waits_a_moment_for_an_answer_that_tells_whose_an_execution_is() {
    for (opens, closes) in SIDES {
        let (platform, venue, engine) = holding(opens).await;
        venue.world().echoes = false;
        venue.script([Answer::TakenSlowly(Duration::from_secs(1))]);
        let first = engine.submit(closing(closes, "first", "0.004")).await.unwrap().order;
        until("it to be filled", async || venue.orders(user(1)).len() == 2).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        // Its execution is heard of, its answer is not: the other exit is not cut for it.
        let second = engine.submit(closing(closes, "second", "0.006")).await.unwrap().order;
        for order in [first, second] {
            let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
            assert_eq!((order.state, order.reason), (OrderState::Filled, None));
        }
        assert_eq!(attempts_of(&venue.orders(user(1)), second_id(&platform).await).len(), 1);
        assert_eq!(there(&venue), Decimal::ZERO);
        agrees(&platform, &venue).await;
    }
}

/// An exit of all that is open while the venue is silent on whose an execution of half of it is.
async fn waiting(closes: Side, platform: &Platform, venue: &Arc<FakeVenue>, engine: &Arc<Engine>) -> Order {
    venue.world().echoes = false;
    venue.script([Answer::TakenSlowly(Duration::from_secs(60))]);
    engine.submit(closing(closes, "first", "0.005")).await.unwrap();
    until("it to be filled", async || venue.orders(user(1)).len() == 2).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let (began, signal) = (platform.clock.now(), closing(closes, "out", "0.01"));
    let order = engine.submit(signal.clone()).await.unwrap().order;
    assert!(platform.clock.now().since(began) < Duration::from_millis(10));
    let code = order.reason.as_ref().map(|reason| reason.code.as_str());
    assert_eq!((order.state, code), (OrderState::Pending, Some("execution_in_doubt")));
    let again = engine.submit(signal).await.unwrap();
    assert_eq!((again.replayed, again.order.id()), (true, order.id()));
    order
}

#[tokio::test(start_paused = true)]
async fn such_an_exit_is_on_record_at_once_and_out_when_its_time_is_up() {
    for (opens, closes) in SIDES {
        let (platform, venue, engine) = holding(opens).await;
        let order = waiting(closes, &platform, &venue, &engine).await;
        assert_eq!(asked(&platform, &order).await, []);
        tokio::time::sleep(Duration::from_millis(3_100)).await;
        // Half of the position is in hand, and the other half may be closed.
        let order = engine.settled(user(1), order.id(), Duration::ZERO).await.unwrap();
        assert!(order.state.is_final(), "{order:?}");
        assert_eq!(venue.placements(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn it_can_be_cancelled_meanwhile_and_waits_over_a_restart() {
    for (opens, closes) in SIDES {
        let (platform, venue, engine) = holding(opens).await;
        let order = waiting(closes, &platform, &venue, &engine).await;
        let cancelled = engine.cancel(user(1), order.id()).await.unwrap();
        assert_eq!((cancelled.state, asked(&platform, &order).await), (OrderState::Cancelled, vec![]));
        let kept = engine.submit(closing(closes, "kept", "0.01")).await.unwrap().order;
        assert_eq!(kept.state, OrderState::Pending);
        engine.stop().await;
        drop(engine);
        let engine = platform.start().await;
        // The venue is asked anew: half of the position was closed by the first one.
        let kept = engine.settled(user(1), kept.id(), LONG).await.unwrap();
        assert_eq!((kept.state, asked(&platform, &kept).await), (OrderState::Filled, vec![dec("0.005")]));
        assert_eq!((there(&venue), asked(&platform, &order).await), (Decimal::ZERO, vec![]));
        agrees(&platform, &venue).await;
    }
}

async fn second_id(platform: &Platform) -> nija_core::OrderId {
    let name = nija_core::ClientOrderId::new("second").unwrap();
    platform.ledger.order_by_client_id(user(1), &name).await.unwrap().unwrap().id()
}

#[tokio::test(start_paused = true)]
async fn what_was_bought_by_hand_beside_an_entry_in_doubt_counts_against_the_limits() {
    let (mut platform, venue) = Platform::single();
    platform.config.limits.basic.largest_position = Some(dec("300"));
    let engine = platform.start().await;
    venue.script([Answer::LostBefore]);
    let doubtful = engine.submit(entry(user(1), "doubtful")).await.unwrap().order;
    state(&engine, user(1), doubtful.id(), OrderState::Unknown).await;
    // 150 USD.
    trade(&platform, &venue, Side::Buy, "0.0025");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let order = engine.submit(entry(user(1), "more")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    let OrderSize::Quote(size) = order.intent.signal.size else { panic!("{order:?}") };
    assert_eq!((order.state, size.get()), (OrderState::Filled, dec("100")));
    assert!(order.filled_notional < dec("51"), "{order:?}");
    let doubtful = engine.settled(user(1), doubtful.id(), LONG).await.unwrap();
    assert!(doubtful.filled_notional <= dec("100"));
    let open = platform.position(user(1), "BTC-USD").await.unwrap();
    assert!(open.cost <= dec("301"), "{open:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_in_doubt_over_a_restart_is_neither_lost_nor_counted_twice() {
    for (opens, closes) in SIDES {
        let (platform, venue, engine) = holding(opens).await;
        venue.script([Answer::LostBefore]);
        let order = engine.submit(closing(closes, "out", "0.01")).await.unwrap().order;
        state(&engine, user(1), order.id(), OrderState::Unknown).await;
        trade(&platform, &venue, closes, "0.004");
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(platform.ledger.all_fills().len(), 1, "it may be the order's");
        engine.stop().await;
        drop(engine);
        let engine = platform.start().await;
        let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
        assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
        assert_eq!(asked(&platform, &order).await, [dec("0.01"), dec("0.006")]);
        assert_eq!(there(&venue), Decimal::ZERO);
        agrees(&platform, &venue).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_held_outlives_a_ledger_that_fails() {
    for (opens, closes) in SIDES {
        let (platform, venue, engine) = holding(opens).await;
        venue.world().echoes = false;
        venue.script([Answer::TakenSlowly(Duration::from_secs(1))]);
        let first = engine.submit(closing(closes, "first", "0.002")).await.unwrap().order;
        until("it to be filled", async || venue.orders(user(1)).len() == 2).await;
        trade(&platform, &venue, closes, "0.005");
        tokio::time::sleep(Duration::from_millis(100)).await;
        // The answer tells whose both executions are, and nothing of it can be put on record; nor can the venue be asked anew.
        venue.world().reads_fail = true;
        platform.ledger.fail_next(1);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let order = engine.submit(closing(closes, "out", "0.01")).await.unwrap().order;
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(asked(&platform, &order).await, [dec("0.003")], "{opens}: {:?}", order.reason);
        venue.world().reads_fail = false;
        for order in [first, order] {
            engine.settled(user(1), order.id(), LONG).await.unwrap();
        }
        agrees(&platform, &venue).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_loss_waits_for_no_answer_and_closes_what_is_left_in_any_case() {
    for (opens, closes) in SIDES {
        let (platform, venue, engine) = holding(opens).await;
        venue.world().echoes = false;
        venue.script([Answer::TakenSlowly(Duration::from_secs(2))]);
        let first = engine.submit(closing(closes, "first", "0.004")).await.unwrap().order;
        until("it to be filled", async || venue.orders(user(1)).len() == 2).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let began = platform.clock.now();
        let stop = TradeSignal { signal_type: SignalType::StopLoss, ..closing(closes, "stop", "0.006") };
        let stop = engine.submit(stop).await.unwrap().order;
        assert!(platform.clock.now().since(began) < Duration::from_millis(50));
        assert_eq!(asked(&platform, &stop).await, [dec("0.002")]);
        for order in [first, stop] {
            let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
            assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
        }
        agrees(&platform, &venue).await;
    }
}
