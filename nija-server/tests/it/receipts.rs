//! What an order really cost, over HTTP.

use nija_client::wire;
use rust_decimal::Decimal;

use crate::support::{Host, buy};

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
