//! What the users believe against what the venue knows.

use nija_client::{OrderQuery, PageQuery};
use nija_core::{OrderId, VenueClientId};
use nija_sim::VenueHandle;
use rust_decimal::Decimal;
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use super::load::{Load, User};

pub(crate) async fn compare(seed: u64, url: &str, venue: &VenueHandle, users: &[User], load: &Load) -> usize {
    let keys: Vec<&str> = users.iter().map(|user| user.account.key.as_str()).collect();
    let keys = &keys;
    futures::future::join_all((0..load.users()).map(async |user| {
        every_acknowledged_order_is_on_record(seed, url, load, user).await;
        each_intent_has_one_order_at_most(seed, venue, keys[user], load, user);
        positions_are_the_venues_fills(seed, url, venue, keys[user], load, user).await;
    }))
    .await;
    keys.iter().map(|key| venue.orders(key).iter().filter(|order| !order.filled.is_zero()).count()).sum()
}

async fn every_acknowledged_order_is_on_record(seed: u64, url: &str, load: &Load, user: usize) {
    let client = load.client(url, user);
    for sent in load.sent.iter().filter(|sent| sent.user == user) {
        let told = sent.settled.as_ref().expect("finished loads are answered whole");
        let order = client
            .order(&told.id)
            .await
            .unwrap_or_else(|error| panic!("seed {seed}: {} is lost: {error}", told.id));
        assert_eq!(Some(&order.client_order_id), sent.order.client_order_id.as_ref());
        let settled =
            ["filled", "cancelled", "rejected", "failed", "expired"].contains(&order.state.as_str());
        assert!(settled, "seed {seed}: order {} is still {} ({:?})", order.id, order.state, order.reason);
    }
    let all = client.orders(&OrderQuery { state: None, page: PageQuery::newest(200) }).await.unwrap();
    let sent = load.sent.iter().filter(|sent| sent.user == user).count();
    assert_eq!(all.items.len(), sent, "seed {seed}: user {user} has other orders than it sent");
}

/// A further attempt is allowed only when the one before is provably dead, so at most one may ever have filled or rest.
fn each_intent_has_one_order_at_most(seed: u64, venue: &VenueHandle, key: &str, load: &Load, user: usize) {
    let mut at_venue: HashMap<String, usize> = HashMap::new();
    for order in venue.orders(key) {
        *at_venue.entry(order.client_id.expect("every order carries our id")).or_default() += 1;
    }
    let mut accounted = 0;
    for sent in load.sent.iter().filter(|sent| sent.user == user) {
        let id: OrderId = sent.settled.as_ref().unwrap().id.parse().unwrap();
        let orders: usize =
            (0..8).filter_map(|n| at_venue.get(&VenueClientId::derive(id, n).to_string())).sum();
        assert!(orders <= 1, "seed {seed}: order {id} is {orders} times at the venue");
        accounted += orders;
    }
    assert_eq!(accounted, at_venue.len(), "seed {seed}: the venue has an order of {key} that nobody sent");
}

async fn positions_are_the_venues_fills(
    seed: u64,
    url: &str,
    venue: &VenueHandle,
    key: &str,
    load: &Load,
    user: usize,
) {
    let mut truth: BTreeMap<String, Decimal> = BTreeMap::new();
    for trade in venue.trades(key) {
        *truth.entry(trade.symbol).or_default() += if trade.side == "buy" { trade.qty } else { -trade.qty };
    }
    truth.retain(|_, quantity| !quantity.is_zero());
    let client = load.client(url, user);
    let positions = async || -> BTreeMap<String, Decimal> {
        let open = client.positions_open().await.unwrap().into_iter();
        open.map(|p| (p.symbol, if p.side == "long" { p.quantity } else { -p.quantity })).collect()
    };
    // Fills come over the venue's stream: the condition is that they arrive, not how soon.
    let arrived = async {
        while positions().await != truth {
            tokio::task::yield_now().await;
        }
    };
    if tokio::time::timeout(Duration::from_secs(20), arrived).await.is_err() {
        assert_eq!(
            positions().await,
            truth,
            "seed {seed}: user {user}'s positions are not the venue's fills"
        );
    }
}
