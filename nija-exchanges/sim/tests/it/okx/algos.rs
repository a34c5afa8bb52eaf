//! Algo orders: stops, brackets, triggers.

use super::{Client, number, quiet};
use nija_sim::{SimHandle, VenueKind};
use serde_json::{Value, json};

async fn place(client: &Client, with: Value) -> Value {
    let mut order = json!({ "instId": "BTC-USDT", "tdMode": "cash", "side": "sell", "ordType": "conditional", "sz": "0.01" });
    for (name, value) in with.as_object().unwrap() {
        order[name] = value.clone();
    }
    client.post("/api/v5/trade/order-algo", &order).await["data"][0].clone()
}

async fn placed(client: &Client, with: Value) -> String {
    let item = place(client, with).await;
    assert_eq!(item["sCode"], "0", "{item}");
    item["algoId"].as_str().unwrap().to_owned()
}

async fn algo(client: &Client, id: &str) -> Value {
    client.row(&format!("/api/v5/trade/order-algo?algoId={id}")).await
}

fn to(sim: &SimHandle, price: u32) {
    assert!(sim.venue(VenueKind::Okx).set_price("BTC-USDT", price.into()));
}

#[tokio::test]
async fn a_stop_holds_nothing_and_becomes_an_order_that_names_it() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let id = placed(
        &client,
        json!({ "slTriggerPx": "58000", "slOrdPx": "57500", "algoClOrdId": "stop1", "tag": "t" }),
    )
    .await;
    assert_eq!(client.balance("BTC", "frozenBal").await, 0.into());
    let waiting = client.rows("/api/v5/trade/orders-algo-pending?ordType=conditional,oco").await;
    assert_eq!(waiting.len(), 1);
    for (field, value) in [
        ("algoId", id.as_str()),
        ("state", "live"),
        ("ordType", "conditional"),
        ("slTriggerPx", "58000"),
        ("slOrdPx", "57500"),
        ("slTriggerPxType", "last"),
        ("tpTriggerPx", ""),
        ("ordId", ""),
        ("last", "60000"),
        ("algoClOrdId", "stop1"),
    ] {
        assert_eq!(waiting[0][field], value, "{field}");
    }
    assert_eq!(client.row("/api/v5/trade/order-algo?algoClOrdId=stop1").await, waiting[0]);
    assert_eq!(
        place(&client, json!({ "slTriggerPx": "58000", "slOrdPx": "-1", "algoClOrdId": "stop1" })).await["sCode"],
        "51065"
    );
    to(&sim, 58_001);
    assert_eq!(algo(&client, &id).await["state"], "live");
    to(&sim, 57_900);
    let done = algo(&client, &id).await;
    assert_eq!(
        (&done["state"], &done["actualSide"], &done["actualSz"]),
        (&json!("effective"), &json!("sl"), &json!("0.01"))
    );
    let child = client.order(done["ordId"].as_str().unwrap()).await;
    assert_eq!(done["ordIdList"], json!([child["ordId"]]));
    for (field, value) in [
        ("algoId", id.as_str()),
        ("algoClOrdId", "stop1"),
        ("clOrdId", ""),
        ("source", "7"),
        ("px", "57500"),
        ("state", "filled"),
        ("tag", "t"),
    ] {
        assert_eq!(child[field], value, "{field}");
    }
    assert!(client.rows("/api/v5/trade/orders-algo-pending?ordType=conditional").await.is_empty());
    assert_eq!(
        client.rows("/api/v5/trade/orders-algo-history?ordType=conditional&state=effective").await,
        [done]
    );
    let gone =
        client.post("/api/v5/trade/cancel-algos", &json!([{ "instId": "BTC-USDT", "algoId": id }])).await;
    assert_eq!(gone["data"][0]["sCode"], "51412");
    sim.shutdown().await;
}

#[tokio::test]
async fn of_a_bracket_one_side_comes() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let bracket = json!({ "ordType": "oco", "tpTriggerPx": "62000", "tpOrdPx": "-1", "slTriggerPx": "58000", "slOrdPx": "-1" });
    let id = placed(&client, bracket.clone()).await;
    to(&sim, 62_100);
    let done = algo(&client, &id).await;
    assert_eq!((&done["state"], &done["actualSide"]), (&json!("effective"), &json!("tp")));
    let child = client.order(done["ordId"].as_str().unwrap()).await;
    assert_eq!(
        (&child["state"], &child["ordType"], &child["accFillSz"]),
        (&json!("filled"), &json!("market"), &json!("0.01"))
    );
    to(&sim, 57_000);
    assert_eq!(client.rows("/api/v5/trade/fills").await.len(), 1, "the other side is gone");
    to(&sim, 60_000);
    let id = placed(&client, bracket).await;
    let cancel = json!([{ "instId": "BTC-USDT", "algoId": id }, { "instId": "BTC-USDT", "algoId": "1" }]);
    let gone = client.post("/api/v5/trade/cancel-algos", &cancel).await;
    assert_eq!(
        (&gone["code"], &gone["data"][0]["sCode"], &gone["data"][1]["sCode"]),
        (&json!("2"), &json!("0"), &json!("51400"))
    );
    to(&sim, 57_000);
    assert_eq!(algo(&client, &id).await["state"], "canceled");
    assert_eq!(client.rows("/api/v5/trade/fills").await.len(), 1);
    sim.shutdown().await;
}

#[tokio::test]
async fn triggers_come_from_either_side_and_fit_the_balance() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let up = placed(
        &client,
        json!({ "ordType": "trigger", "side": "buy", "triggerPx": "61000", "orderPx": "61100", "sz": "5" }),
    )
    .await;
    let down = placed(
        &client,
        json!({ "ordType": "trigger", "side": "buy", "triggerPx": "59000", "orderPx": "58000" }),
    )
    .await;
    to(&sim, 61_100);
    let done = algo(&client, &up).await;
    assert_eq!((&done["state"], &done["actualSide"]), (&json!("effective"), &json!("")));
    let child = client.order(done["ordId"].as_str().unwrap()).await;
    assert_eq!((&child["source"], &child["algoId"]), (&json!("6"), &json!(up)));
    assert!(
        number(&child["sz"]) < 1.into() && number(&child["sz"]) * number(&child["px"]) > 49_990.into(),
        "{child}"
    );
    assert_eq!(algo(&client, &down).await["state"], "live");
    // There is nothing left to buy with.
    to(&sim, 58_900);
    let failed = algo(&client, &down).await;
    assert_eq!((&failed["state"], &failed["ordId"]), (&json!("order_failed"), &json!("")));
    assert_eq!(failed["failCode"], "51008");
    sim.shutdown().await;
}

#[tokio::test]
async fn a_stop_without_funds_fails_and_says_why() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let id = placed(&client, json!({ "slTriggerPx": "58000", "slOrdPx": "-1", "sz": "5" })).await;
    to(&sim, 57_000);
    let failed = algo(&client, &id).await;
    assert_eq!((&failed["state"], &failed["failCode"]), (&json!("order_failed"), &json!("51008")));
    assert_eq!(
        client.rows("/api/v5/trade/orders-algo-history?ordType=conditional&state=order_failed").await,
        [failed]
    );
    sim.shutdown().await;
}

#[tokio::test]
async fn stops_that_come_with_an_order_wait_once_it_is_filled() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let stops = json!([{ "attachAlgoClOrdId": "both1", "tpTriggerPx": "62000", "tpOrdPx": "-1", "slTriggerPx": "54500", "slOrdPx": "-1" }]);
    let id = client.placed(json!({ "px": "58000", "sz": "0.01", "attachAlgoOrds": stops })).await;
    let shown = client.order(&id).await["attachAlgoOrds"][0].clone();
    assert_eq!((&shown["attachAlgoClOrdId"], &shown["slTriggerPx"]), (&json!("both1"), &json!("54500")));
    let waiting = async || client.rows("/api/v5/trade/orders-algo-pending?ordType=conditional,oco").await;
    assert!(waiting().await.is_empty(), "the order is not filled");
    to(&sim, 57_900);
    let both = waiting().await;
    assert_eq!(both.len(), 1);
    // What was bought, less the fee of a resting order.
    assert_eq!(
        (&both[0]["ordType"], &both[0]["side"], &both[0]["sz"]),
        (&json!("oco"), &json!("sell"), &json!("0.009992"))
    );
    to(&sim, 62_100);
    let done = client.row("/api/v5/trade/order-algo?algoClOrdId=both1").await;
    assert_eq!((&done["state"], &done["actualSide"]), (&json!("effective"), &json!("tp")));
    assert_eq!(client.order(done["ordId"].as_str().unwrap()).await["accFillSz"], "0.009992");
    // Of an order that comes to nothing there are none.
    let gone =
        client.placed(json!({ "attachAlgoOrds": [{ "slTriggerPx": "29000", "slOrdPx": "-1" }] })).await;
    assert_eq!(client.cancel(&gone).await["code"], "0");
    assert!(waiting().await.is_empty());
    for (stops, code) in [
        (json!([{ "slTriggerPx": "30000", "slOrdPx": "-1" }]), "51047"),
        (json!([{ "tpTriggerPx": "30000", "tpOrdPx": "-1" }]), "51046"),
        (json!([{ "attachAlgoClOrdId": "x" }]), "51178"),
        (
            json!([{ "slTriggerPx": "29000", "slOrdPx": "-1" }, { "tpTriggerPx": "31000", "tpOrdPx": "-1" }]),
            "51077",
        ),
        (json!([{ "callbackRatio": "0.05" }]), "51000"),
        (json!([{ "slTriggerPx": "29000.01", "slOrdPx": "-1" }]), "51150"),
        (json!("x"), "51000"),
    ] {
        assert_eq!(client.place(json!({ "attachAlgoOrds": stops })).await["sCode"], code, "{stops}");
    }
    let market = json!({ "ordType": "market", "px": "", "tgtCcy": "base_ccy", "attachAlgoOrds": [{ "slTriggerPx": "29000", "slOrdPx": "-1" }] });
    assert_eq!(client.place(market).await["sCode"], "51044");
    sim.shutdown().await;
}

#[tokio::test]
async fn algo_refusals_have_codes() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let cases = [
        (json!({}), "51000"),
        (json!({ "slTriggerPx": "58000" }), "51000"),
        (json!({ "slOrdPx": "58000" }), "51000"),
        (json!({ "slTriggerPx": "61000", "slOrdPx": "-1" }), "51280"),
        (json!({ "tpTriggerPx": "59000", "tpOrdPx": "-1" }), "51279"),
        (json!({ "side": "buy", "slTriggerPx": "59000", "slOrdPx": "-1", "sz": "100" }), "51278"),
        (json!({ "side": "buy", "tpTriggerPx": "61000", "tpOrdPx": "-1", "sz": "100" }), "51277"),
        (json!({ "ordType": "oco", "slTriggerPx": "58000", "slOrdPx": "-1" }), "51000"),
        (json!({ "ordType": "trigger" }), "51000"),
        (json!({ "ordType": "move_order_stop", "callbackRatio": "0.05" }), "51000"),
        (json!({ "slTriggerPx": "58000.05", "slOrdPx": "-1" }), "51150"),
        (json!({ "slTriggerPx": "58000", "slOrdPx": "57000.05" }), "51150"),
        (json!({ "slTriggerPx": "58000", "slOrdPx": "57000", "sz": "0.000001" }), "51020"),
        (json!({ "slTriggerPx": "58000", "slOrdPx": "57000", "slTriggerPxType": "mark" }), "51000"),
        (json!({ "slTriggerPx": "58000", "slOrdPx": "-1", "sz": "100000" }), "51275"),
        (json!({ "slTriggerPx": "58000", "slOrdPx": "-1", "algoClOrdId": "a-b" }), "51000"),
        (json!({ "slTriggerPx": "58000", "slOrdPx": "-1", "instId": "NOPE" }), "51001"),
    ];
    for (with, code) in cases {
        assert_eq!(place(&client, with.clone()).await["sCode"], code, "{with}");
    }
    for (query, code) in [
        ("order-algo", "50015"),
        ("order-algo?algoId=1", "51603"),
        ("orders-algo-pending", "50014"),
        ("orders-algo-pending?ordType=none", "51000"),
        ("orders-algo-history?ordType=oco", "50015"),
        ("orders-algo-history?ordType=oco&state=live", "51000"),
    ] {
        assert_eq!(client.get(&format!("/api/v5/trade/{query}")).await["code"], code, "{query}");
    }
    // A hundred stops may wait in one instrument.
    for _ in 0..100 {
        placed(&client, json!({ "slTriggerPx": "58000", "slOrdPx": "57000" })).await;
    }
    assert_eq!(place(&client, json!({ "slTriggerPx": "58000", "slOrdPx": "57000" })).await["sCode"], "51261");
    sim.shutdown().await;
}
