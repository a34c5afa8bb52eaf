//! Rate limits by tier.

use crate::support::Client;
use nija_sim::{Sim, Tier, VenueKind};

#[tokio::test]
async fn too_many_calls_are_refused_in_krakens_words_and_orders_count_apart() {
    let sim = Sim::builder().accounts(1).tier(Tier::Starter).paused(true).start().await.unwrap();
    let client = Client::new(sim.venue(VenueKind::Kraken), 0);
    let mut refused = None;
    for call in 0..40 {
        let answer = client.raw("Balance", &[]).await;
        if answer["error"][0] == "EAPI:Rate limit exceeded" {
            refused = Some(call);
            break;
        }
    }
    assert!(refused.is_some_and(|call| call >= 15), "refused at {refused:?}");
    let id = client.order("buy", &[("ordertype", "limit"), ("price", "100"), ("volume", "0.01")]).await;
    client.call("CancelOrder", &[("txid", &id)]).await;
    let mut orders = 0;
    let error = loop {
        let form = [
            ("pair", "XBTUSD"),
            ("type", "buy"),
            ("ordertype", "limit"),
            ("price", "100"),
            ("volume", "0.01"),
        ];
        let answer = client.raw("AddOrder", &form).await;
        match answer["error"][0].as_str() {
            Some(error) => break error.to_owned(),
            None => orders += 1,
        }
        let id = answer["result"]["txid"][0].as_str().unwrap().to_owned();
        client.call("CancelOrder", &[("txid", &id)]).await;
        assert!(orders < 30, "young cancels cost eight points each");
    };
    assert_eq!(error, "EOrder:Rate limit exceeded");
    sim.shutdown().await;
}

#[tokio::test]
async fn open_orders_per_pair_are_limited() {
    let sim = Sim::builder().accounts(1).no_limits().paused(true).start().await.unwrap();
    let client = Client::new(sim.venue(VenueKind::Kraken), 0);
    for _ in 0..70 {
        client.order("buy", &[("ordertype", "limit"), ("price", "100"), ("volume", "0.01")]).await;
    }
    assert_eq!(client.call("OpenOrders", &[]).await["open"].as_object().unwrap().len(), 70, "unlimited tier");
    assert_eq!(Tier::Starter.max_open_orders(), 60);
    sim.shutdown().await;
}
