//! A start during a venue's outage: nothing is known of what it lists, and no exit is refused for that.

use nija_core::{
    Ineligible, JournalEvent, KillScope, Order, OrderId, OrderSize, OrderState, Quantity, TradeSignal,
};
use nija_router::Engine;
use std::{sync::Arc, time::Duration};

use crate::{
    protection::{guarded, opened, plan, rests},
    support::{FakeVenue, LONG, Platform, dec, entry, exit, symbol, until, user},
};

const SECOND: Duration = Duration::from_secs(1);

/// The venue is away or back.
fn away(venue: &FakeVenue, away: bool) {
    let mut world = venue.world();
    (world.lists, world.reads_fail) = (!away, away);
}

/// A position at the first of the venues, all of which are away when the engine starts again.
async fn started(platform: &Platform, venues: &[&Arc<FakeVenue>]) -> Arc<Engine> {
    let engine = platform.start().await;
    opened(&engine, TradeSignal { venue: Some(venues[0].id.clone()), ..entry(user(1), "in") }).await;
    engine.stop().await;
    venues.iter().for_each(|venue| away(venue, true));
    platform.start_unheard().await
}

async fn standing(engine: &Engine, order: OrderId) -> Order {
    engine.settled(user(1), order, Duration::ZERO).await.unwrap()
}

async fn submitted(engine: &Engine, signal: TradeSignal) -> Order {
    engine.submit(signal).await.unwrap().order
}

fn waits(order: &Order) {
    let reason = order.reason.as_ref().map(|reason| reason.code.as_str());
    assert_eq!((order.state, reason, order.leg.is_none()), (OrderState::Pending, Some("venue_silent"), true));
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_comes_before_its_venues_first_answer_waits_for_it_over_restarts_too() {
    let (platform, venue) = Platform::single();
    let mut engine = started(&platform, &[&venue]).await;
    let before = venue.placements();
    let mut outs = Vec::new();
    for (id, place) in [("anywhere", None), ("there", Some(venue.id.clone()))] {
        let signal = TradeSignal {
            venue: place,
            size: OrderSize::Base(Quantity::new(dec("0.0005")).unwrap()),
            ..exit(user(1), id, "1")
        };
        let order = submitted(&engine, signal.clone()).await;
        waits(&order);
        assert!(order.reason.as_ref().is_some_and(|reason| reason.text.starts_with("a has not answered")));
        let again = engine.submit(signal).await.unwrap();
        assert_eq!((again.replayed, again.order.id()), (true, order.id()));
        outs.push(order.id());
    }
    // An entry has somebody who asks again.
    let refused = submitted(&engine, entry(user(1), "in2")).await;
    assert!(refused.state.is_final(), "{refused:?}");
    for _ in 0..2 {
        tokio::time::sleep(70 * SECOND).await;
        for order in &outs {
            waits(&standing(&engine, *order).await);
        }
        engine.stop().await;
        engine = platform.start_unheard().await;
    }
    assert_eq!(venue.placements(), before);
    away(&venue, false);
    for order in outs {
        let order = engine.settled(user(1), order, LONG).await.unwrap();
        assert_eq!((order.state, order.reason), (OrderState::Filled, None));
        let receipt = engine.receipt(user(1), order.intent.id).await.unwrap().unwrap();
        assert_eq!((receipt.not_routed, receipt.attempts.len()), (None, 1));
    }
    assert_eq!(venue.placements(), before + 2);
    assert!(platform.ledger.replay_agrees());
}

#[tokio::test(start_paused = true)]
async fn it_can_be_cancelled_and_is_never_sent_then() {
    let (platform, venue) = Platform::single();
    let engine = started(&platform, &[&venue]).await;
    let before = venue.placements();
    let (first, second) = (
        submitted(&engine, exit(user(1), "1", "1")).await,
        submitted(&engine, exit(user(1), "2", "1")).await,
    );
    assert_eq!(engine.cancel(user(1), first.id()).await.unwrap().state, OrderState::Cancelled);
    engine.stop().await;
    let engine = platform.start_unheard().await;
    assert_eq!(engine.cancel(user(1), second.id()).await.unwrap().state, OrderState::Cancelled);
    away(&venue, false);
    tokio::time::sleep(LONG).await;
    assert_eq!((venue.placements(), engine.venues()[0].up), (before, true));
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_has_answered_and_does_not_list_the_pair_refuses_it_as_ever() {
    let (platform, venue) = Platform::single();
    let engine = started(&platform, &[&venue]).await;
    let waiting = submitted(&engine, exit(user(1), "out", "1")).await;
    waits(&waiting);
    venue.world().prices.remove(&symbol("BTC-USD"));
    away(&venue, false);
    let refused = engine.settled(user(1), waiting.id(), LONG).await.unwrap();
    assert_eq!(refused.state, OrderState::Failed, "{:?}", refused.reason);
    let again = submitted(&engine, exit(user(1), "again", "1")).await;
    let reasons: Vec<_> = [refused, again].map(|order| order.reason.unwrap().text).into();
    assert!(reasons.iter().all(|text| text.contains("not listed")), "{reasons:?}");
}

#[tokio::test(start_paused = true)]
async fn an_exit_goes_where_its_position_is_whoever_else_is_silent() {
    let (platform, a, b) = Platform::pair();
    let engine = started(&platform, &[&a, &b]).await;
    // The venue that answers holds nothing of it.
    away(&b, false);
    until("the other venue", async || engine.instruments().iter().any(|rules| rules.venue == b.id)).await;
    let waiting = submitted(&engine, exit(user(1), "out", "1")).await;
    waits(&waiting);
    let candidates = platform.ledger.records().into_iter().rev().find_map(|record| match record.event {
        JournalEvent::NotRouted { decision, .. } => Some(decision.candidates),
        _ => None,
    });
    let why: Vec<_> = candidates.unwrap().into_iter().map(|one| (one.venue, one.rejections)).collect();
    assert!(why.contains(&(a.id.clone(), vec![Ineligible::VenueSilent])), "{why:?}");
    away(&a, false);
    let order = engine.settled(user(1), waiting.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.leg.map(|leg| leg.venue)), (OrderState::Filled, Some(a.id.clone())));
    // One whose position is nowhere is refused at once, whoever is silent.
    engine.stop().await;
    away(&a, true);
    let engine = platform.start_unheard().await;
    let none = submitted(&engine, exit(user(1), "none", "1")).await;
    assert!(none.state.is_final(), "{none:?}");
}

/// Its attempt came to nothing before the venue said again what it lists: it is no other exit for that.
#[tokio::test(start_paused = true)]
async fn an_exit_that_was_under_way_before_the_restart_waits_as_well() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, entry(user(1), "in")).await;
    venue.script([crate::support::Answer::LostBefore]);
    let out = submitted(&engine, exit(user(1), "out", "1")).await;
    until("it to leave", async || venue.placements() == 2).await;
    engine.stop().await;
    // Questions are answered, and prove that it never came.
    venue.world().lists = false;
    let engine = platform.start_unheard().await;
    tokio::time::sleep(LONG).await;
    let order = standing(&engine, out.id()).await;
    assert!(!order.state.is_final(), "{order:?}");
    away(&venue, false);
    let order = engine.settled(user(1), out.id(), LONG).await.unwrap();
    assert_eq!((order.state, venue.placements()), (OrderState::Filled, 3), "{:?}", order.reason);
}

#[tokio::test(start_paused = true)]
async fn a_kill_switch_closes_positions_once_their_venue_answers() {
    let (platform, venue) = Platform::single();
    let engine = started(&platform, &[&venue]).await;
    let report = engine.kill(user(1), KillScope::User, true, 20 * SECOND).await.unwrap();
    assert!(!report.done, "{report:?}");
    // Longer than so many refused tries would have taken.
    tokio::time::sleep(600 * SECOND).await;
    let made = platform.ledger.all_orders().len();
    assert_eq!(made, 2, "one to open it, one to close it");
    away(&venue, false);
    until("it to be closed", async || platform.position(user(1), "BTC-USD").await.is_none()).await;
    assert_eq!(platform.ledger.all_orders().len(), made);
}

/// It named no venue, and goes where its position is.
#[tokio::test(start_paused = true)]
async fn a_venues_switch_cancels_the_exit_that_waits_for_that_venue() {
    for flatten in [false, true] {
        let (platform, a, b) = Platform::pair();
        let engine = platform.start().await;
        opened(&engine, TradeSignal { venue: Some(a.id.clone()), ..entry(user(1), "in") }).await;
        engine.stop().await;
        // It answers everything but what it lists.
        a.world().lists = false;
        let engine = platform.start_unheard().await;
        let waiting = submitted(&engine, exit(user(1), "out", "1")).await;
        waits(&waiting);
        // The switch of another venue is none of its business.
        engine.kill(user(1), KillScope::Venue(b.id.clone()), flatten, 20 * SECOND).await.unwrap();
        waits(&standing(&engine, waiting.id()).await);
        let before = a.placements();
        let report =
            engine.kill(user(1), KillScope::Venue(a.id.clone()), flatten, 20 * SECOND).await.unwrap();
        assert_eq!((report.done, report.flat), (!flatten, false), "{report:?}");
        assert_eq!(standing(&engine, waiting.id()).await.state, OrderState::Cancelled);
        away(&a, false);
        tokio::time::sleep(LONG).await;
        // What closes the position is the switch's own.
        assert_eq!(a.placements() - before, usize::from(flatten));
        assert_eq!(platform.position(user(1), "BTC-USD").await.is_none(), flatten);
    }
}

/// What a venue takes is not known yet: its stops are not taken for what should not rest.
#[tokio::test(start_paused = true)]
async fn a_start_before_the_venue_answers_leaves_a_resting_stop_alone() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    rests(&venue, "58000", "0.01").await;
    engine.stop().await;
    let (before, orders) = (venue.world().cancels, platform.ledger.all_orders().len());
    venue.world().lists = false;
    let engine = platform.start_unheard().await;
    tokio::time::sleep(LONG).await;
    assert_eq!((venue.world().cancels, platform.ledger.all_orders().len()), (before, orders));
    away(&venue, false);
    tokio::time::sleep(LONG).await;
    assert_eq!((venue.world().cancels, platform.ledger.all_orders().len()), (before, orders));
    rests(&venue, "58000", "0.01").await;
    engine.stop().await;
}
