//! Lost answers, and an app that ends in the middle.

use nija_device::core::OrderState;
use nija_device::{Protection, Role, Selling, StoreFailed};
use nija_sim::{Fault, FaultKind, VenueKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::phone::{FIVE, Phone, btc, opening, price};

const PLACE: &str = "/0/private/AddOrder";

#[tokio::test]
async fn an_entry_whose_answer_was_lost_is_found_never_sent_again_and_gets_its_stop() {
    for kind in [FaultKind::DropAfter, FaultKind::Html502] {
        let phone = Phone::at(VenueKind::Kraken).await;
        phone.venue().fault(Fault::new(kind).on(PLACE));
        let trade = phone.opened().await;
        assert_eq!(trade.protection(), Protection::Resting, "{trade:?}");
        let orders = phone.orders();
        assert_eq!(orders.len(), 2, "one entry and its stop: {orders:?}");
        assert_eq!(phone.venue().fault_hits(), 1);
        phone.sim.shutdown().await;
    }
}

#[tokio::test]
async fn a_stop_whose_answer_was_lost_is_found_and_no_second_one_placed() {
    let phone = Phone::at(VenueKind::Kraken).await;
    let handle = phone.venue().clone();
    let mut seen = false;
    phone.store.on_set(move |_, text| {
        if text.contains(r#""role":"stop""#) && !seen {
            seen = true;
            handle.fault(Fault::new(FaultKind::DropAfter).on(PLACE));
        }
        Ok(())
    });
    let trade = phone.opened().await;
    assert_eq!(trade.protection(), Protection::Resting, "{trade:?}");
    assert_eq!((phone.orders().len(), phone.open_orders().len(), phone.venue().fault_hits()), (2, 1, 1));
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn an_order_that_never_arrived_is_in_doubt_until_the_venues_bound_is_over_by_both_clocks() {
    let mut phone = Phone::at(VenueKind::Kraken).await;
    let id = phone.id();
    phone.venue().fault(Fault::new(FaultKind::DropBefore).on(PLACE));
    let trade = phone.opened().await;
    assert_eq!(trade.protection(), Protection::InDoubt, "{trade:?}");
    assert_eq!(phone.orders(), []);
    let refused = phone.device.open(&id, opening()).await.unwrap_err();
    assert_eq!(refused.code(), "order_in_doubt");

    // A clock that the user set forward proves nothing.
    phone.clock.forward(Duration::from_secs(3600));
    assert!(phone.device.trade(&id, trade.id).await.unwrap().in_doubt());
    // Nor does a restart, after which nobody knows how long it has been.
    phone.restart();
    assert!(phone.device.trade(&id, trade.id).await.unwrap().in_doubt());
    phone.steady.advance(Duration::from_secs(14));
    assert!(phone.device.trade(&id, trade.id).await.unwrap().in_doubt());
    phone.steady.advance(Duration::from_secs(2));
    let dead = phone.device.trade(&id, trade.id).await.unwrap();
    assert!(dead.done, "{dead:?}");
    assert_eq!(dead.note.unwrap().code, "proven_absent");
    assert_eq!(phone.orders(), [], "nothing was sent again");
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn a_venue_without_a_bound_leaves_it_to_the_owners_eyes_after_ten_minutes() {
    let phone = Phone::at(VenueKind::Alpaca).await;
    let id = phone.id();
    phone.venue().fault(Fault::new(FaultKind::DropBefore).on("/v2/orders"));
    let trade = phone.opened().await;
    assert!(trade.in_doubt(), "{trade:?}");
    phone.wait(Duration::from_secs(599));
    assert_eq!(phone.device.dismiss(&id, trade.id).await.unwrap_err().code(), "too_early");
    assert!(phone.device.trade(&id, trade.id).await.unwrap().in_doubt());
    phone.wait(Duration::from_secs(2));
    let dismissed = phone.device.dismiss(&id, trade.id).await.unwrap();
    assert!(dismissed.done && !dismissed.in_doubt());
    assert_eq!(dismissed.note.unwrap().code, "dismissed");
    assert_eq!(phone.orders(), []);
    phone.sim.shutdown().await;
}

/// The app ends at each moment at which something is put on record, journal or head, before it is kept and after: nothing is ever placed
/// twice, the journal is believed, and the next start brings the position and its stop together, or nothing at all.
#[tokio::test]
async fn an_app_that_ends_at_any_write_leaves_one_entry_and_one_stop_or_nothing() {
    for keeps in [false, true] {
        let mut ended = 0;
        for at in 0..60 {
            let mut phone = Phone::at(VenueKind::Kraken).await;
            phone.store.keeps_what_fails.store(keeps, Ordering::SeqCst);
            let is_dead = Arc::new(AtomicBool::new(false));
            let (dead, mut writes) = (is_dead.clone(), 0);
            let keeps = phone.store.clone();
            phone.store.on_set(move |name, _| {
                if name.contains(".orders.") || name.contains(".head.") || name.contains(".key.") {
                    if writes >= at {
                        // The app is gone: what comes after the first is not kept either way.
                        if dead.swap(true, Ordering::SeqCst) {
                            keeps.keeps_what_fails.store(false, Ordering::SeqCst);
                        }
                        return Err(StoreFailed);
                    }
                    writes += 1;
                }
                Ok(())
            });
            let opened = phone.device.open(&phone.id(), opening()).await;
            if !is_dead.load(Ordering::SeqCst) {
                assert_eq!(opened.unwrap().protection(), Protection::Resting);
                phone.sim.shutdown().await;
                break;
            }
            ended += 1;
            assert_eq!(opened.unwrap_err().code(), "store_unavailable");
            phone.store.heal();
            phone.restart();
            phone.device.settle(&phone.id()).await.unwrap();
            phone.wait(Duration::from_secs(60));
            let trades = phone.device.settle(&phone.id()).await.unwrap();
            let orders = phone.orders();
            let entries = orders.iter().filter(|order| order.side == "buy").count();
            let stops = phone.open_orders().len();
            assert!(entries <= 1, "at {at}: {orders:?}");
            assert_eq!(stops, entries, "at {at}: {orders:?} {trades:?}");
            assert!(
                trades.iter().all(|trade| !trade.in_doubt() && trade.protection() != Protection::Missing)
            );
            phone.sim.shutdown().await;
        }
        assert!(ended >= 13, "{ended}");
    }
}

/// A stop that the venue took and knows nothing of later: in doubt, then over, and the position gets another one.
#[tokio::test]
async fn a_stop_that_the_venue_lost_is_in_doubt_until_its_bound_and_is_then_replaced() {
    for kind in FIVE {
        for restarts in [false, true] {
            let mut phone = Phone::at(kind).await;
            let id = phone.id();
            let trade = phone.opened().await;
            let [stop] = &phone.open_orders()[..] else { panic!("{:?}", phone.orders()) };
            assert!(phone.venue().lose_order(&phone.account.key, &stop.id));
            assert_eq!(phone.open_orders(), [], "{kind:?}");
            let lost = phone.device.trade(&id, trade.id).await.unwrap();
            assert_eq!(lost.protection(), Protection::InDoubt, "{kind:?} {lost:?}");
            assert_eq!(lost.legs[1].reason.as_ref().unwrap().code, "not_at_venue");
            assert_eq!(phone.device.open(&id, opening()).await.unwrap_err().code(), "order_in_doubt");
            if restarts {
                phone.restart();
            }
            phone.wait(Duration::from_secs(9));
            assert!(phone.device.trade(&id, trade.id).await.unwrap().in_doubt(), "{kind:?}");
            assert_eq!(phone.open_orders(), [], "{kind:?}: nothing is replaced before it is certain");
            if kind == VenueKind::Alpaca {
                // It bounds nothing: its owner looks.
                phone.wait(Duration::from_secs(580));
                assert!(phone.device.trade(&id, trade.id).await.unwrap().in_doubt());
                assert_eq!(phone.device.dismiss(&id, trade.id).await.unwrap_err().code(), "too_early");
                phone.wait(Duration::from_secs(20));
                phone.device.dismiss(&id, trade.id).await.unwrap();
            } else {
                phone.wait(Duration::from_secs(40));
            }
            let again = phone.device.trade(&id, trade.id).await.unwrap();
            assert_eq!((again.protection(), again.held()), (Protection::Resting, trade.held()), "{again:?}");
            let ended = &again.legs[1];
            assert_eq!(ended.state, OrderState::Cancelled);
            let why = if kind == VenueKind::Alpaca { "dismissed" } else { "gone_at_venue" };
            assert_eq!(ended.reason.as_ref().unwrap().code, why);
            let [another] = &phone.open_orders()[..] else { panic!("{kind:?} {:?}", phone.orders()) };
            assert_ne!(another.client_id, stop.client_id);
            phone.sim.shutdown().await;
        }
    }
}

/// What it filled before it was lost counts.
#[tokio::test]
async fn a_sale_that_the_venue_lost_after_it_filled_counts_with_its_executions() {
    for kind in FIVE {
        let phone = Phone::at(kind).await;
        let (id, quantity) = (phone.id(), "0.01".parse().unwrap());
        let resting = Selling { symbol: btc(), quantity, limit: Some(price("63000")) };
        let sale = phone.device.sell(&id, resting).await.unwrap();
        assert!(sale.legs[0].is_live(), "{kind:?} {sale:?}");
        let [order] = &phone.open_orders()[..] else { panic!() };
        phone.sim.set_price("BTC-USD", 64_000.into());
        assert_eq!(phone.open_orders(), []);
        assert!(phone.venue().lose_order(&phone.account.key, &order.id));
        assert!(phone.device.trade(&id, sale.id).await.unwrap().in_doubt(), "{kind:?}");
        phone.wait(Duration::from_secs(601));
        if kind == VenueKind::Alpaca {
            phone.device.dismiss(&id, sale.id).await.unwrap();
        }
        let over = phone.device.trade(&id, sale.id).await.unwrap();
        assert!(over.done, "{kind:?} {over:?}");
        let leg = &over.legs[0];
        assert_eq!((leg.state, leg.filled), (OrderState::Cancelled, quantity), "{kind:?} {leg:?}");
        assert_eq!(leg.base_change, Some(-quantity.get()), "{kind:?}");
        phone.sim.shutdown().await;
    }
}

#[tokio::test]
async fn an_entry_that_nobody_sold_into_leaves_nothing() {
    let phone = Phone::at(VenueKind::Kraken).await;
    let low = nija_device::Opening { limit: Some(price("58000")), ..opening() };
    let trade = phone.device.open(&phone.id(), low).await.unwrap();
    assert!(trade.done && trade.held().is_zero(), "{trade:?}");
    assert!(trade.legs.iter().all(|leg| leg.role == Role::Entry && leg.state != OrderState::Filled));
    assert_eq!(phone.open_orders(), []);
    phone.sim.shutdown().await;
}
