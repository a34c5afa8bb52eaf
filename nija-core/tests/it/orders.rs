//! An order as it follows from its events.

use nija_core::{
    ExecutionMethod, JournalEvent, Order, OrderIntent, OrderKind, OrderSize, OrderState, Quantity, Reason,
    Side, SignalType, TimeInForce, Timestamp, TradeSignal, TransitionError, VenueClientId, VenueOrder,
};
use std::time::Duration;

use crate::support::{START, approved, dec, decision, fill, intent, leg, of, order_id};

fn later(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

fn becomes(order: &Order, state: OrderState) -> JournalEvent {
    JournalEvent::StateChanged { order: order.id(), state, reason: None, venue_order_id: None, sent_at: None }
}

fn routed(order: &Order) -> JournalEvent {
    JournalEvent::Routed { order: order.id(), decision: decision(Some("kraken")), leg: leg(order.id()) }
}

/// An order on its way to a venue.
fn queued() -> Order {
    let mut order = Order::new(intent());
    order.apply(&routed(&order), later(1)).unwrap();
    order
}

#[test]
fn an_order_is_routed_sent_filled_in_parts_and_done() {
    let mut order = queued();
    assert_eq!((order.state, order.remaining()), (OrderState::Queued, of("10")));
    assert_eq!(order.average_price(), None, "nothing is filled yet");
    let working = JournalEvent::StateChanged {
        order: order.id(),
        state: OrderState::Working,
        reason: None,
        venue_order_id: Some(of("O-1")),
        sent_at: Some(later(1)),
    };
    order.apply(&working, later(2)).unwrap();
    assert_eq!(order.leg.as_ref().unwrap().venue_order_id, Some(of("O-1")));

    order.apply(&JournalEvent::Filled(fill(Some(order.id()), "4", "100")), later(3)).unwrap();
    assert_eq!((order.state, order.remaining(), order.filled), (OrderState::PartialFill, of("6"), of("4")));
    order.apply(&JournalEvent::Filled(fill(Some(order.id()), "6", "110")), later(4)).unwrap();
    assert_eq!((order.state, order.remaining()), (OrderState::Filled, Quantity::ZERO));
    assert_eq!((order.filled_notional, order.fees), (dec("1060"), dec("2")));
    assert_eq!((order.average_price(), order.updated_at), (Some(of("106")), later(4)));
}

#[test]
fn what_does_not_follow_is_refused_in_words_and_changes_nothing() {
    let mut order = queued();
    order.apply(&becomes(&order, OrderState::Cancelled), later(2)).unwrap();
    let before = order.clone();
    for event in [becomes(&order, OrderState::Working), routed(&order)] {
        let refused = order.apply(&event, later(3)).unwrap_err();
        assert!(matches!(refused, TransitionError::Illegal { from: OrderState::Cancelled, .. }), "{refused}");
        assert!(refused.to_string().contains("is cancelled and cannot become"), "{refused}");
    }
    let strangers = JournalEvent::CancelWished { order: order_id(99) };
    let refused = order.apply(&strangers, later(3)).unwrap_err();
    assert_eq!(refused, TransitionError::WrongOrder { order: order.id() });
    assert_eq!(order, before);
}

#[test]
fn a_fill_that_comes_after_a_cancel_is_money_all_the_same() {
    let mut order = queued();
    order.apply(&becomes(&order, OrderState::Cancelled), later(2)).unwrap();
    order.apply(&JournalEvent::Filled(fill(Some(order.id()), "4", "100")), later(3)).unwrap();
    assert_eq!((order.state, order.filled, order.fees), (OrderState::Cancelled, of("4"), dec("1")));
    // The venue's id was never told; the fill has it.
    assert_eq!(order.leg.unwrap().venue_order_id, Some(of("O-1")));
}

#[test]
fn what_a_fee_is_worth_is_no_word_of_the_venue() {
    let valued = |order| JournalEvent::FeeValued { fill: fill(Some(order), "4", "100") };
    let mut order = queued();
    order.apply(&JournalEvent::Filled(fill(Some(order.id()), "4", "100")), later(3)).unwrap();
    let before = order.clone();
    order.apply(&valued(order.id()), later(4)).unwrap();
    assert_eq!(order.fees, dec("2"));
    let mut parent = scheduled(None);
    parent.apply_child(&valued(order_id(3)), later(5));
    assert_eq!((parent.fees, parent.filled), (dec("1"), Quantity::ZERO));
    assert_eq!(Order { fees: before.fees, ..order }, before);
}

#[test]
fn the_reason_of_an_end_is_kept_and_a_wish_to_cancel_is_no_news_of_the_order() {
    let mut order = queued();
    order.apply(&JournalEvent::CancelWished { order: order.id() }, later(5)).unwrap();
    assert!(order.cancel_wished);
    assert_eq!(order.updated_at, later(1), "nothing happened to it");
    let reason = Some(Reason::new("insufficient_usd", "you have 20 USD at kraken and this order needs 50"));
    let (state, id) = (OrderState::Rejected, order.id());
    let ended = JournalEvent::StateChanged {
        order: id,
        state,
        reason: reason.clone(),
        venue_order_id: None,
        sent_at: None,
    };
    order.apply(&ended, later(6)).unwrap();
    assert_eq!((order.state, order.reason), (OrderState::Rejected, reason));
}

#[test]
fn a_dead_attempt_is_followed_by_another_route() {
    let mut order = queued();
    order.apply(&becomes(&order, OrderState::Unknown), later(2)).unwrap();
    let mut again = leg(order.id());
    again.attempt = 1;
    again.kind = OrderKind::Limit { price: of("105") };
    let mut goes_less_far = decision(Some("coinbase"));
    goes_less_far.incomplete = Some(Reason::new("insufficient_position", "closes 4 of 10 BTC"));
    let rerouted = JournalEvent::Routed { order: order.id(), decision: goes_less_far, leg: again };
    order.apply(&rerouted, later(3)).unwrap();
    assert_eq!(order.state, OrderState::Queued);
    assert_eq!(order.reason.as_ref().unwrap().text, "closes 4 of 10 BTC");
    let leg = order.leg.unwrap();
    assert_eq!((leg.attempt, leg.worst_price()), (1, of("105")));
}

#[test]
fn a_market_order_is_valued_by_what_the_route_expects() {
    assert_eq!(leg(order_id(2)).worst_price(), of("100"));
}

/// An order that two others carry out.
fn scheduled(size: Option<OrderSize>) -> Order {
    let mut order = Order::new(intent());
    let method = ExecutionMethod::Twap { slices: 2, every_ms: 10_000 };
    let begun = JournalEvent::Scheduled { order: order.id(), method, size, decision: None };
    order.apply(&begun, later(1)).unwrap();
    order
}

fn child_of(parent: &Order, n: u64) -> OrderIntent {
    OrderIntent { parent: Some(parent.id()), ..OrderIntent::new(order_id(n), later(n), intent().signal) }
}

#[test]
fn an_order_that_others_carry_out_counts_them_and_what_they_fill() {
    let mut order = scheduled(None);
    assert_eq!((order.state, order.remaining()), (OrderState::Working, Quantity::ZERO));
    assert_eq!(order.allowed_size(), OrderSize::Base(of("10")), "all that was wanted");
    for n in [3, 4] {
        order.apply_child(&JournalEvent::IntentAccepted { intent: child_of(&order, n) }, later(n));
    }
    order.apply_child(&JournalEvent::Filled(fill(Some(order_id(3)), "5", "100")), later(5));
    // What else becomes of a child is no news of its parent.
    order.apply_child(&JournalEvent::CancelWished { order: order_id(4) }, later(9));
    let schedule = order.schedule.clone().unwrap();
    assert_eq!((schedule.children, schedule.last_child_at, schedule.stopped), (2, Some(later(4)), false));
    assert_eq!((order.state, order.filled, order.updated_at), (OrderState::PartialFill, of("5"), later(5)));

    let reason = Reason::new("cancelled", "you cancelled it");
    let stopped = JournalEvent::Stopped { order: order.id(), reason: reason.clone() };
    order.apply(&stopped, later(6)).unwrap();
    assert!(order.schedule.as_ref().unwrap().stopped);
    assert_eq!(order.reason, Some(reason));
}

#[test]
fn children_come_to_no_more_than_risk_let_through() {
    let order = scheduled(Some(OrderSize::Base(of("4"))));
    assert_eq!(order.allowed_size(), OrderSize::Base(of("4")));
}

#[test]
fn a_schedule_takes_the_place_of_what_was_tried_at_a_venue() {
    let mut order = queued();
    order.apply(&becomes(&order, OrderState::Unknown), later(2)).unwrap();
    let mut shared = decision(None);
    shared.incomplete = Some(Reason::new("insufficient_position", "closes 4 of 10 BTC"));
    let (id, method) = (order.id(), ExecutionMethod::Split);
    let begun = JournalEvent::Scheduled { order: id, method, size: None, decision: Some(shared) };
    order.apply(&begun, later(3)).unwrap();
    assert_eq!((order.state, order.leg), (OrderState::Working, None));
    assert_eq!(order.reason.unwrap().code, "insufficient_position");
    let schedule = order.schedule.unwrap();
    assert_eq!((schedule.method.as_str(), schedule.begin_of(7)), ("split", later(3)));
}

#[test]
fn what_goes_to_a_venue_is_what_was_approved_on_the_routes_lot_and_tick() {
    let signal = TradeSignal {
        side: Side::Sell,
        signal_type: SignalType::Exit,
        time_in_force: TimeInForce::Gtc,
        ..intent().signal
    };
    let wanted = OrderIntent { signal, ..intent() };
    let (id, kind) = (VenueClientId::derive(wanted.id, 3), OrderKind::Limit { price: of("99.5") });
    let order = VenueOrder::from_approved(&approved(wanted.clone()), id, kind, of("9.99"), later(30));
    assert_eq!((order.user(), order.client_id()), (wanted.signal.user, id));
    assert_eq!((order.symbol().as_str(), order.side(), order.kind()), ("BTC-USD", Side::Sell, kind));
    assert_eq!((order.quantity(), order.time_in_force()), (of("9.99"), TimeInForce::Gtc));
    assert!(order.reduce_only(), "an exit can only reduce a position");
    assert_eq!(order.deadline(), later(30));
    let entry = VenueOrder::from_approved(&approved(intent()), id, kind, of("9.99"), later(30));
    assert!(!entry.reduce_only());
}

#[test]
fn a_fee_in_the_base_asset_changes_what_is_held() {
    let changed = |side, fee_asset: &str| {
        let mut execution = fill(None, "2", "100").execution;
        (execution.side, execution.fee_asset, execution.fee) = (side, fee_asset.to_owned(), dec("0.01"));
        execution.base_change()
    };
    assert_eq!(changed(Side::Buy, "USD"), dec("2"));
    assert_eq!(changed(Side::Buy, "BTC"), dec("1.99"));
    assert_eq!(changed(Side::Sell, "USD"), dec("-2"));
    assert_eq!(changed(Side::Sell, "BTC"), dec("-2.01"));
}

#[test]
fn stops_are_served_before_exits_and_exits_before_entries() {
    use SignalType::{Entry, Exit, Other, StopLoss};
    let mut kinds = [Other, Exit, Entry, StopLoss];
    kinds.sort_by_key(|kind| kind.priority());
    assert_eq!(kinds, [StopLoss, Exit, Entry, Other]);
    assert_eq!(kinds.map(SignalType::is_exit), [true, true, false, false]);
}
