//! What an order really cost, over HTTP.

use nija_client::wire;
use rust_decimal::Decimal;

use nija_core::RoutingPolicy;
use nija_sim::NewAccount;

use crate::{
    stream::Stream,
    support::{Host, buy},
};

#[tokio::test]
async fn a_filled_orders_receipt_adds_up_to_the_order_and_is_its_owners_alone() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let (bob, _) = host.trader("bob").await;
    let order: wire::Order = serde_json::from_value(ada.place(&buy("50")).await.ok()).unwrap();
    let path = format!("/v1/orders/{}/receipt", order.id);
    let receipt: wire::OrderReceipt = serde_json::from_value(ada.get(&path).await.ok()).unwrap();
    assert_eq!((&receipt.state, &receipt.order_id), (&order.state, &order.id));
    assert_eq!((receipt.total.filled, receipt.total.fees), (order.filled, order.fees));
    let (expected, average) = (receipt.total.expected_price.unwrap(), receipt.total.average_price.unwrap());
    let slippage = (average - expected) * order.filled;
    assert!((receipt.total.slippage - slippage).abs() < Decimal::new(1, 9), "{receipt:?}");
    assert_eq!(receipt.total.cost, receipt.total.slippage + receipt.total.fees);
    let [attempt] = receipt.attempts.as_slice() else { panic!("{receipt:?}") };
    assert_eq!((&attempt.figures, Some(&attempt.venue)), (&receipt.total, order.venue.as_ref()));
    let times = &receipt.times;
    for at in
        [&times.taken_up_at, &times.routed_at, &times.acknowledged_at, &times.first_fill_at, &times.ended_at]
    {
        assert!(at.is_some(), "{times:?}");
    }
    assert!(times.route_ms.is_some_and(|ms| ms >= Decimal::ZERO) && times.total_ms.is_some());
    bob.get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_refused_orders_receipt_says_why() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    ada.act("/v1/bot/pause").await.ok();
    let refused = ada.place(&buy("50")).await;
    let id = refused.json["order"]["id"].as_str().unwrap();
    let receipt = ada.get(&format!("/v1/orders/{id}/receipt")).await.ok();
    assert_eq!(
        (receipt["state"].as_str(), receipt["reason_code"].as_str()),
        (Some("rejected"), Some("trading_paused"))
    );
    assert_eq!(receipt["attempts"], serde_json::json!([]));
}

#[tokio::test]
async fn a_split_order_shows_its_shares_and_its_receipt_sums_its_childrens() {
    let host = Host::with(|config| {
        config.routing.policy = RoutingPolicy::ExpectedCost;
        config.engine.limits.max_equity_share = Decimal::ONE;
    })
    .await;
    let ada = host.user("ada").await;
    for venue in host.sim.venues() {
        let balances = [("USD".to_owned(), Decimal::from(300))].into();
        let account = venue.add_account(NewAccount { balances: Some(balances), ..NewAccount::default() });
        ada.connect(&venue.name, &account).await;
    }
    let preview: wire::OrderPreview =
        serde_json::from_value(ada.post("/v1/orders?dry_run=true", &buy("400")).await.ok()).unwrap();
    assert!(preview.accepted, "{preview:?}");
    adds_up(&preview.route.unwrap());

    let mut stream = Stream::open(&ada, "").await;
    let order: wire::Order = serde_json::from_value(ada.place(&buy("400")).await.ok()).unwrap();
    // What its children do is told of the order itself, beside the events of theirs.
    let own = |event: &serde_json::Value| event["type"] == "order.update" && event["data"]["id"] == order.id;
    let seen =
        stream.until(|event| own(event) && event["data"]["state"] == "filled" && event["seq"] != 0).await;
    let beside = seen.iter().filter(|event| own(event) && event["seq"] == 0);
    assert!(beside.filter(|event| event["data"]["filled"] != "0").count() >= 2, "{seen:#?}");
    assert_eq!(
        (order.state.as_str(), order.method.as_deref(), order.children),
        ("filled", Some("split"), Some(2))
    );
    let routes: wire::RoutingDecisions =
        serde_json::from_value(ada.get("/v1/routing/decisions").await.ok()).unwrap();
    let of_order = |id: &str| routes.items.iter().find(|it| it.order_id.as_deref() == Some(id)).unwrap();
    let route = of_order(&order.id);
    adds_up(route);

    let receipt = ada.get(&format!("/v1/orders/{}/receipt", order.id)).await.ok();
    let receipt: wire::OrderReceipt = serde_json::from_value(receipt).unwrap();
    let sum = |of: fn(&wire::ReceiptFigures) -> Decimal| -> Decimal {
        receipt.children.iter().map(|child| of(&child.figures)).sum()
    };
    assert_eq!((receipt.method.as_deref(), receipt.children.len()), (Some("split"), 2));
    assert_eq!(receipt.total.filled, sum(|it| it.filled));
    assert_eq!(receipt.total.cost, sum(|it| it.cost));
    assert_eq!((receipt.total.filled, receipt.total.fees), (order.filled, order.fees));
    for child in &receipt.children {
        let own = of_order(&child.order_id);
        assert_eq!((own.shares.len(), own.venue.as_ref()), (0, child.venues.first()));
        let share = route.shares.iter().find(|share| Some(&share.venue) == own.venue.as_ref()).unwrap();
        assert_eq!(share.quantity, child.figures.filled);
    }
}

/// The shares are the whole, and what is expected of the order is theirs together.
fn adds_up(route: &wire::RoutingDecision) {
    assert_eq!((route.venue.as_ref(), route.shares.len()), (None, 2), "{route:?}");
    let sum = |of: fn(&wire::RouteShare) -> Decimal| -> Decimal { route.shares.iter().map(of).sum() };
    assert!((sum(|it| it.share) - Decimal::ONE).abs() <= Decimal::new(1, 4), "{route:?}");
    assert!(route.shares.iter().all(|it| it.cost.is_some()));
    assert!((route.estimated_fees.unwrap() - sum(|it| it.estimated_fees)).abs() < Decimal::new(1, 7));
    let notional = sum(|it| it.estimated_price * it.quantity);
    let whole = route.estimated_price.unwrap() * sum(|it| it.quantity);
    assert!((notional - whole).abs() < Decimal::new(1, 4), "{route:?}");
}
