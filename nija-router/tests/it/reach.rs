//! How far from the market, and from its stop, a venue lets a limit price be.

use nija_core::{OrderKind, PriceReach, Router, Side, TradeSignal, VenueView};
use nija_router::WeightedScore;
use std::sync::Arc;

use crate::{
    protection::{guarded, opened, plan, price, rests},
    support::{
        FakeVenue, Platform, TestClock, dec, entry, exit,
        route::{NOW, approved, view},
        user,
    },
};

const REACH: PriceReach = PriceReach { market: None, stop: None, bracket: None };

fn sent(signal: TradeSignal, reach: PriceReach) -> OrderKind {
    let mut venue: VenueView = view("a");
    Arc::make_mut(venue.instrument.as_mut().unwrap()).reach = reach;
    let intent = approved(signal);
    let decision = WeightedScore::default().route(&nija_core::RouteRequest::new(&intent, NOW, &[venue]));
    decision.chosen().unwrap().plan.as_ref().unwrap().kind
}

#[test]
fn an_exits_limit_is_no_further_away_than_its_venue_takes_it() {
    // The bid is 49,990.
    let limit = |at| OrderKind::Limit { price: price(at) };
    let out = |kind| TradeSignal { kind, ..exit(user(1), "x", "0.5") };
    let near = PriceReach { market: Some(dec("0.05")), ..REACH };
    assert_eq!(sent(out(limit("40000")), near), limit("47490.5"));
    assert_eq!(sent(out(limit("40000")), REACH), limit("40000"));
    assert_eq!(sent(out(limit("55000")), near), limit("55000"));
    let stop = |limit| OrderKind::StopLimit { stop: price("48000"), price: price(limit) };
    let tight = PriceReach { stop: Some(dec("0.02")), ..REACH };
    assert_eq!(sent(out(stop("45000")), tight), stop("47040"));
    assert_eq!(sent(out(stop("47900")), tight), stop("47900"));
}

#[test]
fn an_entry_at_market_keeps_the_tighter_of_both_collars() {
    let ask = |share| OrderKind::Limit { price: price(share) };
    for (reach, limit) in [("0.002", "50100"), ("0.05", "50250")] {
        let reach = PriceReach { market: Some(dec(reach)), ..REACH };
        assert_eq!(sent(entry(user(1), "x"), reach), ask(limit));
    }
    // What an entry asks for itself is its user's business.
    let own = TradeSignal { kind: ask("50100"), side: Side::Buy, ..entry(user(1), "x") };
    assert_eq!(sent(own, PriceReach { market: Some(dec("0.001")), ..REACH }), ask("50100"));
}

#[tokio::test(start_paused = true)]
async fn a_resting_stop_has_a_limit_that_its_venue_takes() {
    for (reach, bracket, limit) in [
        (REACH, false, "54520"),
        (PriceReach { stop: Some(dec("0.02")), ..REACH }, false, "56840"),
        // A bracket's limit is the venue's own: it takes one that accepts as much, 8 % or 5 %.
        (PriceReach { bracket: Some(dec("0.08")), ..REACH }, true, "53360"),
        (PriceReach { bracket: Some(dec("0.05")), ..REACH }, true, "54520"),
        (PriceReach { stop: Some(dec("0.02")), bracket: Some(dec("0.05")), ..REACH }, true, "54520"),
    ] {
        let clock = TestClock::new();
        let venue = FakeVenue::new("a", &clock, |contract| contract.reach = reach);
        let platform = Platform::new(clock, vec![venue.clone()]);
        platform.join(user(1), 10_000);
        let engine = platform.start().await;
        let profits: &[(&str, &str)] = if bracket { &[("61000", "1")] } else { &[] };
        opened(&engine, guarded("in", plan(Some("58000"), profits))).await;
        rests(&venue, "58000", "0.01").await;
        let kind = venue.orders(user(1))[1].kind;
        assert_eq!((kind.worst_price(), kind.take_profit().is_some()), (Some(price(limit)), bracket));
    }
}
