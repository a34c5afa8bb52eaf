//! Lost answers, and an app that ends in the middle.

use nija_device::core::OrderState;
use nija_device::{Protection, Role, StoreFailed};
use nija_sim::{Fault, FaultKind, VenueKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::phone::{Phone, opening};

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
    phone.steady.advance(Duration::from_secs(29));
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

#[tokio::test]
async fn an_entry_that_nobody_sold_into_leaves_nothing() {
    let phone = Phone::at(VenueKind::Kraken).await;
    let low = nija_device::Opening { limit: Some(crate::phone::price("58000")), ..opening() };
    let trade = phone.device.open(&phone.id(), low).await.unwrap();
    assert!(trade.done && trade.held().is_zero(), "{trade:?}");
    assert!(trade.legs.iter().all(|leg| leg.role == Role::Entry && leg.state != OrderState::Filled));
    assert_eq!(phone.open_orders(), []);
    phone.sim.shutdown().await;
}
