//! Keys: where they are, who opens them, and where they are not.

use nija_device::DeviceError;
use nija_device::core::OrderPolicy;
use nija_sim::VenueKind;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::phone::{Phone, opening};

#[tokio::test]
async fn the_key_is_on_the_phone_alone_and_only_its_hardware_opens_it() {
    let mut phone = Phone::at(VenueKind::Kraken).await;
    let id = phone.id();
    let [info] = &phone.device.keys().unwrap()[..] else { panic!() };
    assert!(info.in_hardware && info.rights.can_withdraw == Some(false));
    assert_eq!(info.fingerprint.len(), 32);
    let kept = phone.store.dump();
    assert!(!kept.contains(&phone.account.secret) && !kept.contains(&phone.account.key));

    let opening_it = |chip| {
        let device = phone.another(chip);
        let id = id.clone();
        async move { device.balances(&id).await }
    };
    assert!(matches!(opening_it(Some(8)).await, Err(DeviceError::Wrap(_))), "another phone's hardware");
    assert!(matches!(opening_it(None).await, Err(DeviceError::Wrap(_))), "no hardware");
    assert!(opening_it(Some(9)).await.is_ok());
    // One process at a time: what went on with the nonces meanwhile was another.
    phone.restart();

    // It is open for five minutes at most, and no longer than its owner likes.
    phone.device.balances(&id).await.unwrap();
    phone.device.lock(&id).await.unwrap();
    phone.device.balances(&id).await.unwrap();
    phone.steady.advance(Duration::from_secs(301));
    phone.device.balances(&id).await.unwrap();
    phone.restart();
    phone.device.check(&id).await.unwrap();
    phone.device.forget(&id).await.unwrap();
    assert!(matches!(phone.device.balances(&id).await, Err(DeviceError::NoKey(_))));
    assert!(phone.device.keys().unwrap().is_empty());
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn a_key_that_may_withdraw_or_that_the_venue_does_not_know_is_not_kept() {
    let phone = Phone::at(VenueKind::Kraken).await;
    let before = phone.device.keys().unwrap();
    let greedy = phone.venue().accounts.last().unwrap().clone();
    assert!(greedy.may_withdraw);
    let refused = phone.device.connect(phone.key(&greedy, None)).await.unwrap_err();
    assert_eq!(refused.code(), "key_can_withdraw");
    let mut unknown = phone.account.clone();
    unknown.key = "no-such-key".into();
    assert!(matches!(phone.device.connect(phone.key(&unknown, None)).await, Err(DeviceError::Venue(_))));
    assert_eq!(phone.device.keys().unwrap(), before, "the key before is still there");
    assert!(phone.device.balances(&phone.id()).await.is_ok());
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn a_key_is_not_given_up_while_something_is_open_under_it() {
    let phone = Phone::at(VenueKind::Kraken).await;
    let trade = phone.opened().await;
    assert_eq!(phone.device.forget(&phone.id()).await.unwrap_err().code(), "still_trading");
    let other = phone.venue().accounts[0].clone();
    assert_eq!(phone.device.connect(phone.key(&other, None)).await.unwrap_err().code(), "still_trading");
    phone.device.close(&phone.id(), trade.id).await.unwrap();
    phone.device.forget(&phone.id()).await.unwrap();
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn limits_are_bound_to_the_key_and_the_hour_outlives_the_app() {
    let limits = |order: &str, hour: &str| OrderPolicy {
        pairs: BTreeMap::from([(crate::phone::btc(), None)]),
        max_order: Some(order.parse().unwrap()),
        max_buys_per_hour: Some(hour.parse().unwrap()),
    };
    let mut phone = Phone::with_policy(VenueKind::Kraken, Some(limits("700", "1000"))).await;
    let id = phone.id();
    phone.opened().await;
    phone.restart();
    let second = phone.opened().await;
    let note = second.note.unwrap();
    assert!(second.done && note.code == "policy" && note.text.contains("within the hour"), "{}", note.text);
    assert_eq!(phone.orders().len(), 2, "the first and its stop");

    // Somebody with the store and without the hardware cannot widen them.
    let name = phone.store.kept.lock().unwrap().keys().find(|name| name.contains(".key.")).unwrap().clone();
    let text = phone.store.kept.lock().unwrap()[&name].clone();
    let wider = text.replace(r#"\"1000\""#, r#"\"9000\""#);
    assert_ne!(wider, text);
    phone.store.kept.lock().unwrap().insert(name.clone(), wider);
    phone.restart();
    assert_eq!(phone.device.balances(&id).await.unwrap_err().code(), "store_damaged");
    phone.store.kept.lock().unwrap().insert(name, text);
    // Its owner can.
    phone.device.set_policy(&id, Some(limits("700", "5000"))).await.unwrap();
    assert!(phone.device.open(&id, opening()).await.unwrap().note.is_none());
    phone.sim.shutdown().await;
}
