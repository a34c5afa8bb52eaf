//! The main job over HTTP: an order passes risk, is routed, journaled, signed and sent, and its fill is a position.

use nija_client::wire;
use reqwest::Method;
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    api::answer,
    support::{Host, buy, eventually},
};

#[tokio::test]
async fn an_order_becomes_a_fill_and_the_fill_a_position() {
    let host = Host::start().await;
    let (ada, accounts) = host.trader("ada").await;
    let order: wire::Order = serde_json::from_value(ada.place(&buy("50")).await.ok()).unwrap();
    assert_eq!(order.state, "filled");
    let venue = host.venue(order.venue.as_deref().unwrap());
    let account = &accounts[usize::from(venue.name == "kraken-b")];
    let trades = venue.trades(&account.key);
    assert!(!trades.is_empty());
    let bought: Decimal = trades.iter().map(|trade| trade.qty).sum();
    assert_eq!(order.filled, bought.normalize());
    assert!(order.filled * order.average_price.unwrap() <= Decimal::from(50));
    assert!(order.fees > Decimal::ZERO);

    let open: Vec<wire::Position> = serde_json::from_value(ada.get("/v1/positions/open").await.ok()).unwrap();
    let [position] = open.as_slice() else { panic!("{open:?}") };
    assert_eq!((position.side.as_str(), position.quantity), ("long", order.filled));
    assert_eq!(position.venue, venue.name);

    let overview: wire::Overview =
        serde_json::from_value(ada.get("/v1/dashboard/overview").await.ok()).unwrap();
    assert_eq!(overview.positions.len(), 1);
    assert_eq!(overview.bot.state, "running");
    let line = &overview.recent_activity[0];
    assert!(line.title.starts_with("Bought 0.000") && line.title.contains(" BTC at 6"), "{}", line.title);
    assert_eq!(line.order_id.as_ref(), Some(&order.id));
    assert!(overview.balances.iter().any(|it| it.asset == "USD" && it.venue == "kraken"));

    let routes: wire::Page<wire::RoutingDecision> =
        serde_json::from_value(ada.get("/v1/routing/decisions").await.ok()).unwrap();
    assert_eq!(routes.items[0].order_id.as_ref(), Some(&order.id));
    assert_eq!(routes.items[0].venue, order.venue);
    assert_eq!(routes.items[0].candidates.iter().filter(|it| it.eligible).count(), 2);
}

#[tokio::test]
async fn a_dry_run_shows_the_route_and_sends_nothing() {
    let host = Host::start().await;
    let (ada, accounts) = host.trader("ada").await;
    let preview: wire::OrderPreview =
        serde_json::from_value(ada.post("/v1/orders?dry_run=true", &buy("50")).await.ok()).unwrap();
    assert!(preview.accepted, "{preview:?}");
    let route = preview.route.unwrap();
    assert_eq!((route.order_id, route.candidates.len()), (None, 2));
    assert!(route.estimated_price.is_some() && route.estimated_fees.is_some());
    assert!(preview.checks.iter().all(|check| check.verdict == "allow") && !preview.checks.is_empty());
    assert!(
        accounts.iter().zip(host.sim.venues()).all(|(account, venue)| venue.orders(&account.key).is_empty())
    );
    assert_eq!(ada.get("/v1/orders").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn the_same_id_and_content_is_one_order_and_other_content_is_refused() {
    let host = Host::start().await;
    let (ada, accounts) = host.trader("ada").await;
    let mut order = buy("50");
    order["client_order_id"] = json!("apex-1");
    let first = ada.place(&order).await;
    let again = ada.place(&order).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));
    assert_eq!(first.json["id"], again.json["id"]);
    order["size"] = json!("51");
    let detail = ada.place(&order).await.problem(409, "client_order_id_reused");
    assert!(detail.contains(first.json["id"].as_str().unwrap()));
    let placed: usize =
        accounts.iter().zip(host.sim.venues()).map(|(account, venue)| venue.orders(&account.key).len()).sum();
    assert_eq!(placed, 1);
}

#[tokio::test]
async fn the_idempotency_key_header_names_an_order_too() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let keyed = |order: serde_json::Value| {
        let request =
            ada.request(Method::POST, "/v1/orders?wait_ms=10000").header("idempotency-key", "key-7");
        answer(request.json(&order))
    };
    let first = keyed(buy("50")).await;
    assert_eq!((first.status.as_u16(), &first.json["client_order_id"]), (201, &json!("key-7")));
    let again = keyed(buy("50")).await;
    assert_eq!((again.status.as_u16(), &again.json["id"]), (200, &first.json["id"]));
    let mut both = buy("50");
    both["client_order_id"] = json!("another");
    keyed(both).await.problem(422, "client_order_id_invalid");
}

#[tokio::test]
async fn orders_placed_at_the_same_moment_under_one_id_are_one() {
    let host = Host::start().await;
    let (ada, accounts) = host.trader("ada").await;
    let mut order = buy("50");
    order["client_order_id"] = json!("race");
    let answers = futures::future::join_all((0..8).map(|_| ada.place(&order))).await;
    let ids: std::collections::HashSet<_> =
        answers.iter().map(|it| it.clone().ok()["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(answers.iter().filter(|it| it.status == 201).count(), 1);
    let placed: usize =
        accounts.iter().zip(host.sim.venues()).map(|(account, venue)| venue.orders(&account.key).len()).sum();
    assert_eq!(placed, 1);
}

#[tokio::test]
async fn a_resting_order_is_listed_as_working_and_can_be_cancelled() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let mut order = buy("50");
    order["order_type"] = json!("limit");
    order["limit_price"] = json!("58000");
    order["venue"] = json!("kraken");
    let id = ada.post("/v1/orders", &order).await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/orders/{id}");
    eventually("the order rests", || async {
        (ada.get(&path).await.ok()["state"] == "working").then_some(())
    })
    .await;
    let working = ada.get("/v1/orders?state=working").await.ok();
    assert_eq!(working["items"][0]["id"], json!(id));
    let asked = ada.act(&format!("{path}/cancel")).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    eventually("it is cancelled", || async {
        (ada.get(&path).await.ok()["state"] == "cancelled").then_some(())
    })
    .await;
    let told = ada.get("/v1/activity?kind=order").await.ok();
    assert!(told["items"][0]["title"].as_str().unwrap().starts_with("Cancelled: buy"), "{told}");
    ada.act("/v1/orders/0193f7a0-0000-7000-8000-000000000000/cancel").await.problem(404, "not_found");
}

#[tokio::test]
async fn closing_a_position_sells_all_of_it_even_while_paused() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    ada.place(&buy("50")).await.ok();
    assert_eq!(ada.act("/v1/bot/pause").await.ok()["state"], "paused");
    let id = ada.get("/v1/positions/open").await.ok()[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/positions/{}/close?wait_ms=10000", id.replace(':', "%3A"));
    let closed = ada.act(&path).await;
    assert_eq!(closed.status, 201, "{}", closed.text);
    let exit: wire::Order = serde_json::from_value(closed.json).unwrap();
    assert_eq!(
        (exit.side.as_str(), exit.signal_type.as_str(), exit.state.as_str()),
        ("sell", "exit", "filled")
    );
    assert_eq!(ada.get("/v1/positions/open").await.ok(), json!([]));
    let past: wire::Page<wire::Position> =
        serde_json::from_value(ada.get("/v1/positions/closed").await.ok()).unwrap();
    assert_eq!((past.items[0].id.as_str(), past.items[0].closed_at.is_some()), (id.as_str(), true));
    ada.act(&path).await.problem(404, "not_found");
    let resumed = ada.act("/v1/bot/resume").await.ok();
    assert_eq!(resumed["state"], "running");
    let told = ada.get("/v1/activity?kind=bot").await.ok();
    assert_eq!(
        (&told["items"][0]["title"], &told["items"][1]["title"]),
        (&json!("Trading resumed"), &json!("Trading paused"))
    );
    ada.place(&buy("50")).await.ok();
}
