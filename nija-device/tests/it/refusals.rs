//! What is refused before anything is sent.

use nija_device::Opening;
use nija_device::core::{OrderPolicy, OrderSize, PriceBand, Symbol};
use nija_sim::VenueKind;
use std::collections::BTreeMap;

use crate::phone::{Phone, btc, opening, price};

async fn refuses(phone: &Phone, asked: Opening, code: &str) {
    let refused = phone.device.open(&phone.id(), asked).await.unwrap_err();
    assert_eq!(refused.code(), code, "{refused}");
    assert!(!refused.to_string().is_empty());
    assert_eq!(phone.orders(), [], "{code}");
}

#[tokio::test]
async fn an_opening_without_a_stop_that_can_rest_is_refused_in_words() {
    let phone = Phone::at(VenueKind::Kraken).await;
    refuses(&phone, Opening { stop: price("61000"), ..opening() }, "stop_not_below").await;
    // Kraken keeps a stop or a target.
    refuses(&phone, Opening { take_profit: Some(price("70000")), ..opening() }, "no_resting_bracket").await;
    let both = Phone::at(VenueKind::Coinbase).await;
    refuses(&both, Opening { take_profit: Some(price("59000")), ..opening() }, "target_not_above").await;
    // So little that its stop would be no whole order.
    refuses(&phone, Opening { size: OrderSize::Quote("0.4".parse().unwrap()), ..opening() }, "venue_filter")
        .await;
    phone.sim.shutdown().await;
    both.sim.shutdown().await;
}

#[tokio::test]
async fn the_policy_holds_up_neither_a_stop_nor_the_way_out() {
    let band = PriceBand { low: price("59500"), high: price("70000") };
    let policy = |most: &str| OrderPolicy {
        pairs: BTreeMap::from([(btc(), Some(band))]),
        max_order: Some(most.parse().unwrap()),
        max_buys_per_hour: Some("5000".parse().unwrap()),
    };
    let phone = Phone::with_policy(VenueKind::Kraken, Some(policy("5000"))).await;
    // The stop's limit is 6 % below it, and that is outside of what may be paid.
    let trade = phone.device.open(&phone.id(), opening()).await.unwrap();
    assert!(trade.note.is_none(), "{:?}", trade.note);
    assert_eq!(phone.orders().len(), 2, "the entry and its stop");
    // What one order may cost is far below what is held by now.
    phone.device.set_policy(&phone.id(), Some(policy("1"))).await.unwrap();
    let closed = phone.device.close(&phone.id(), trade.id).await.unwrap();
    assert!(closed.done && closed.note.is_none(), "{:?}", closed.note);
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn orders_outside_the_policy_are_never_signed() {
    let policy = OrderPolicy {
        pairs: BTreeMap::from([(btc(), None)]),
        max_order: Some("500".parse().unwrap()),
        max_buys_per_hour: None,
    };
    let phone = Phone::with_policy(VenueKind::Kraken, Some(policy)).await;
    let id = phone.id();
    let symbol = Symbol::new("ETH-USD").unwrap();
    assert!(phone.sim.set_price("ETH-USD", 3_000.into()));
    let size = OrderSize::Quote("100".parse().unwrap());
    let eth = Opening { symbol, size, stop: price("2900"), ..opening() };
    let other = phone.device.open(&id, eth).await.unwrap_err();
    assert_eq!(other.code(), "policy", "{other}");
    let large = phone.device.open(&id, opening()).await;
    assert_eq!(large.unwrap_err().code(), "policy");
    assert_eq!(phone.orders(), []);
    phone.sim.shutdown().await;
}
