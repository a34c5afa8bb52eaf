//! Orders are never bought twice, whatever happens to their answers.

use std::sync::atomic::Ordering::SeqCst;

use nija_client::wire::NewOrder;
use nija_client::{Client, ClientConfig, ClientError, NewOrderExt, PlaceOptions};

use crate::server::{PASSWORD, Server};

async fn client(server: &Server, order_retries: u32) -> Client {
    let mut config = ClientConfig::default();
    config.order_retries = order_retries;
    let client = Client::with_config(&server.url, config).expect("address");
    client.sign_in("me@example.com", PASSWORD).await.expect("signs in");
    client
}

fn order() -> NewOrder {
    NewOrder::market("BTC-USD", "buy", 25.into())
}

#[tokio::test]
async fn a_lost_answer_names_the_id_under_which_trying_again_is_safe() {
    let server = Server::start().await;
    let client = client(&server, 0).await;
    server.shared.lose_answers.store(1, SeqCst);
    let error = client.place_order(order(), PlaceOptions::default()).await.expect_err("lost");
    let ClientError::OrderUnsure { client_order_id, .. } = error else { panic!("{error}") };
    let again = order().with_id(&client_order_id);
    let placed = client.place_order(again, PlaceOptions::wait_ms(100)).await.expect("placed");
    assert_eq!(placed.client_order_id, client_order_id);
    assert_eq!(server.shared.orders.lock().await.len(), 1);
}

#[tokio::test]
async fn nothing_is_sent_twice_unless_asked_for() {
    let server = Server::start().await;
    let client = client(&server, 0).await;
    server.shared.lose_answers.store(1, SeqCst);
    client.place_order(order(), PlaceOptions::default()).await.expect_err("lost");
    assert_eq!(server.shared.order_calls.load(SeqCst), 1);
}

#[tokio::test]
async fn retries_that_were_asked_for_send_the_same_id() {
    let server = Server::start().await;
    let client = client(&server, 2).await;
    server.shared.lose_answers.store(2, SeqCst);
    let placed = client.place_order(order(), PlaceOptions::default()).await.expect("placed");
    let orders = server.shared.orders.lock().await;
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].client_order_id.as_deref(), Some(placed.client_order_id.as_str()));
    assert_eq!(server.shared.order_calls.load(SeqCst), 3);
}

#[tokio::test]
async fn a_refusal_carries_the_order_on_record() {
    let server = Server::start().await;
    let client = client(&server, 5).await;
    server.shared.refuse_orders.store(true, SeqCst);
    let error =
        client.place_order(order().with_id("mine"), PlaceOptions::default()).await.expect_err("refused");
    assert_eq!(error.code(), "risk_refused");
    assert_eq!(error.order().map(|order| order.client_order_id.as_str()), Some("mine"));
    assert_eq!(server.shared.order_calls.load(SeqCst), 1);
}

#[tokio::test]
async fn an_unreachable_server_is_sure_to_have_nothing() {
    let server = Server::start().await;
    let tokens = client(&server, 0).await.session().expect("session");
    let nobody = Client::new("http://127.0.0.1:1").expect("address");
    nobody.restore(tokens);
    let error = nobody.place_order(order(), PlaceOptions::default()).await.expect_err("nobody there");
    assert!(matches!(error, ClientError::Network { .. }), "{error}");
}
