//! Orders, their filters, their money.

use super::{Client, number, quiet};
use crate::support::dec;
use nija_sim::{Sim, VenueKind};
use serde_json::{Value, json};

#[tokio::test]
async fn a_limit_order_rests_holds_and_is_cancelled() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let id = client.placed(json!({ "clOrdId": "nija1", "tag": "t1" })).await;
    let order = client.order(&id).await;
    for (field, value) in [
        ("state", "live"),
        ("px", "30000"),
        ("sz", "0.001"),
        ("accFillSz", "0"),
        ("avgPx", ""),
        ("clOrdId", "nija1"),
        ("tag", "t1"),
        ("ordType", "limit"),
        ("side", "buy"),
        ("tgtCcy", ""),
        ("fee", "0"),
        ("instId", "BTC-USDT"),
        ("instType", "SPOT"),
    ] {
        assert_eq!(order[field], value, "{field}");
    }
    assert_eq!(client.row("/api/v5/trade/order?instId=BTC-USDT&clOrdId=nija1").await, order);
    assert_eq!(client.rows("/api/v5/trade/orders-pending").await, [order]);
    assert_eq!(client.balance("USDT", "frozenBal").await, 30.into());
    assert_eq!(client.balance("USDT", "availBal").await, 49_970.into());
    assert_eq!(client.balance("USDT", "cashBal").await, 50_000.into());
    assert_eq!(client.cancel(&id).await["code"], "0");
    assert_eq!(client.balance("USDT", "frozenBal").await, 0.into());
    let order = client.order(&id).await;
    assert_eq!((&order["state"], &order["cancelSource"]), (&json!("canceled"), &json!("1")));
    let again = client.cancel(&id).await;
    assert_eq!((&again["code"], &again["data"][0]["sCode"]), (&json!("1"), &json!("51400")));
    assert!(client.rows("/api/v5/trade/orders-pending").await.is_empty());
    assert_eq!(client.rows("/api/v5/trade/orders-history?instType=SPOT").await, [order]);
    sim.shutdown().await;
}

#[tokio::test]
async fn a_client_id_is_taken_while_its_order_is_pending() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let first = client.placed(json!({ "clOrdId": "same" })).await;
    let twice = client.place(json!({ "clOrdId": "same" })).await;
    assert_eq!((&twice["sCode"], &twice["ordId"]), (&json!("51016"), &json!("")));
    assert_eq!(client.cancel(&first).await["code"], "0");
    let second = client.placed(json!({ "clOrdId": "same" })).await;
    assert_ne!(first, second);
    let found = client.row("/api/v5/trade/order?instId=BTC-USDT&clOrdId=same").await;
    assert_eq!(found["ordId"], second, "the newest of them");
    let both = client.row(&format!("/api/v5/trade/order?instId=BTC-USDT&clOrdId=same&ordId={first}")).await;
    assert_eq!(both["ordId"], first, "an id counts more");
    for bad in ["a-b", "a_b", &"x".repeat(33), "ä"] {
        assert_eq!(client.place(json!({ "clOrdId": bad })).await["sCode"], "51000", "{bad}");
    }
    sim.shutdown().await;
}

#[tokio::test]
async fn market_orders_are_sized_by_either_currency() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let client = Client::new(venue, 0);
    let market = |side: &str, sz: &str, target: &str| json!({ "ordType": "market", "px": "", "side": side, "sz": sz, "tgtCcy": target });
    // By default a buy spends quote, and a sell gives base.
    let id = client.placed(market("buy", "100", "")).await;
    let order = client.order(&id).await;
    assert_eq!(
        (&order["state"], &order["tgtCcy"], &order["sz"]),
        (&json!("filled"), &json!("quote_ccy"), &json!("100"))
    );
    let (filled, avg) = (number(&order["accFillSz"]), number(&order["avgPx"]));
    assert!(filled * avg <= 100.into() && filled * avg > dec("99.9"), "{order}");
    // The fee is taken from what is bought.
    assert_eq!(order["feeCcy"], "BTC");
    let fee = number(&order["fee"]);
    assert!(fee < 0.into() && (fee + filled * dec("0.001")).abs() < dec("0.00000000001"), "{fee}");
    assert_eq!(client.balance("BTC", "cashBal").await, dec("2") + filled + fee);
    let id = client.placed(market("sell", "0.01", "")).await;
    let order = client.order(&id).await;
    assert_eq!(
        (&order["tgtCcy"], &order["accFillSz"], &order["feeCcy"]),
        (&json!("base_ccy"), &json!("0.01"), &json!("USDT"))
    );
    let id = client.placed(market("buy", "0.01", "base_ccy")).await;
    assert_eq!(client.order(&id).await["accFillSz"], "0.01");
    let id = client.placed(market("sell", "600", "quote_ccy")).await;
    let order = client.order(&id).await;
    let received = number(&order["accFillSz"]) * number(&order["avgPx"]);
    assert!((received - dec("600")).abs() < dec("0.01"), "{order}");
    // Sized in what it receives, it is cut to what there is; unless that is banned.
    let poor = venue.add_account(nija_sim::NewAccount {
        balances: Some([("USDT".to_owned(), dec("600")), ("BTC".to_owned(), dec("0.001"))].into()),
        ..Default::default()
    });
    let poor = Client::of(venue, poor);
    let mut banned = market("buy", "0.02", "base_ccy");
    banned["banAmend"] = json!(true);
    assert_eq!(poor.place(banned).await["sCode"], "51008");
    let id = poor.placed(market("buy", "0.02", "base_ccy")).await;
    let order = poor.order(&id).await;
    let filled = number(&order["accFillSz"]);
    assert!(filled < dec("0.01") && filled > dec("0.0099"), "{order}");
    assert_eq!(poor.place(market("buy", "700", "quote_ccy")).await["sCode"], "51008");
    assert_eq!(poor.place(market("sell", "1", "base_ccy")).await["sCode"], "51008");
    sim.shutdown().await;
}

#[tokio::test]
async fn executions_carry_fees_with_their_sign() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let client = Client::new(venue, 0);
    let bought = client.placed(json!({ "px": "61000", "sz": "0.002", "clOrdId": "buy1" })).await;
    let sold = client.placed(json!({ "side": "sell", "px": "59000", "sz": "0.002" })).await;
    let fills = client.rows("/api/v5/trade/fills").await;
    assert_eq!(fills.len(), 2);
    let (sale, buy) = (&fills[0], &fills[1]);
    assert_eq!(
        (&buy["ordId"], &buy["clOrdId"], &buy["side"]),
        (&json!(bought), &json!("buy1"), &json!("buy"))
    );
    assert_eq!(
        (&buy["feeCcy"], &buy["fee"], &buy["feeRate"]),
        (&json!("BTC"), &json!("-0.000002"), &json!("-0.001"))
    );
    assert_eq!(
        (&sale["ordId"], &sale["feeCcy"], &sale["execType"]),
        (&json!(sold), &json!("USDT"), &json!("T"))
    );
    assert_eq!(number(&sale["fee"]), -(number(&sale["fillPx"]) * dec("0.000002")));
    let of_order = client.rows(&format!("/api/v5/trade/fills?ordId={sold}&instType=SPOT")).await;
    assert_eq!(of_order, fills[..1]);
    let bill = |row: &Value| row["billId"].as_str().unwrap().to_owned();
    assert_eq!(client.rows(&format!("/api/v5/trade/fills?after={}", bill(sale))).await, fills[1..]);
    assert_eq!(client.rows(&format!("/api/v5/trade/fills?before={}", bill(buy))).await, fills[..1]);
    assert_eq!(client.rows("/api/v5/trade/fills-history?instType=SPOT&limit=1").await, fills[..1]);
    let seen: Vec<_> = venue.trades(&client.account.key).into_iter().map(|trade| trade.id).collect();
    assert_eq!(seen, [bill(buy), bill(sale)]);
    let rates = client.row("/api/v5/account/trade-fee?instType=SPOT&instId=BTC-USDT").await;
    assert_eq!(
        (&rates["maker"], &rates["taker"], &rates["level"]),
        (&json!("-0.0008"), &json!("-0.001"), &json!("Lv1"))
    );
    assert_eq!(venue.total_supply("BTC"), 6.into(), "money is conserved");
    sim.shutdown().await;
}

#[tokio::test]
async fn refusals_have_codes() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let cases = [
        (json!({ "instId": "NOPE-USDT" }), "51001"),
        (json!({ "sz": "0.000001" }), "51020"),
        (json!({ "sz": "0.001000001" }), "51121"),
        (json!({ "sz": "0" }), "51000"),
        (json!({ "sz": "-1" }), "51000"),
        (json!({ "sz": "" }), "51000"),
        (json!({ "px": "30000.05" }), "51150"),
        (json!({ "px": "" }), "51204"),
        (json!({ "px": "66000.1" }), "51137"),
        (json!({ "side": "sell", "px": "53999.9" }), "51138"),
        (json!({ "sz": "5" }), "51008"),
        (json!({ "sz": "1000" }), "51185"),
        (json!({ "ordType": "market", "px": "", "sz": "1000001" }), "51201"),
        (json!({ "ordType": "market" }), "51000"),
        (json!({ "tdMode": "cross" }), "51010"),
        (json!({ "tdMode": "" }), "51000"),
        (json!({ "ordType": "optimal_limit_ioc" }), "51000"),
        (json!({ "side": "hold" }), "51000"),
        (json!({ "reduceOnly": true }), "51139"),
        (json!({ "slTriggerPx": "29000" }), "51000"),
        (json!({ "stpMode": "cancel_taker" }), "51000"),
        (json!({ "px": "3e4" }), "51000"),
    ];
    for (with, code) in cases {
        let item = client.place(with.clone()).await;
        assert_eq!(item["sCode"], code, "{with}: {item}");
        assert_eq!(item["ordId"], "");
    }
    let id = client.placed(json!({ "px": "70000", "pxAmendType": "1" })).await;
    assert_eq!(client.order(&id).await["px"], "66000", "the highest allowed");
    assert!(sim.venue(VenueKind::Okx).orders(&client.account.key).len() == 1, "nothing else was placed");
    sim.shutdown().await;
    let lenient =
        Sim::builder().venues([VenueKind::Okx]).lenient(true).paused(true).no_limits().start().await.unwrap();
    assert!(lenient.set_price("BTC-USDT", 60_000.into()));
    Client::new(lenient.venue(VenueKind::Okx), 0).placed(json!({ "slTriggerPx": "29000" })).await;
    lenient.shutdown().await;
}

#[tokio::test]
async fn orders_that_cannot_be_are_accepted_and_cancelled() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let (bid, ask) = sim.venue(VenueKind::Okx).best("BTC-USDT").unwrap();
    let takes = client.placed(json!({ "ordType": "post_only", "px": ask.to_string() })).await;
    let order = client.order(&takes).await;
    assert_eq!(
        (&order["state"], &order["cancelSource"], &order["accFillSz"]),
        (&json!("canceled"), &json!("31"), &json!("0"))
    );
    let rests = client.placed(json!({ "ordType": "post_only", "px": bid.to_string() })).await;
    assert_eq!(client.order(&rests).await["state"], "live");
    let whole = client.placed(json!({ "ordType": "fok", "px": "50000", "sz": "0.5" })).await;
    let order = client.order(&whole).await;
    assert_eq!((&order["state"], &order["cancelSource"]), (&json!("canceled"), &json!("13")));
    let now = client.placed(json!({ "ordType": "ioc", "px": "50000" })).await;
    let order = client.order(&now).await;
    assert_eq!(
        (&order["state"], &order["cancelSource"], &order["ordType"]),
        (&json!("canceled"), &json!("14"), &json!("ioc"))
    );
    assert_eq!(client.balance("USDT", "frozenBal").await, bid * dec("0.001"));
    sim.shutdown().await;
}

#[tokio::test]
async fn an_order_that_meets_its_own_cancels_the_resting_one() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let (bid, ask) = sim.venue(VenueKind::Okx).best("BTC-USDT").unwrap();
    let inside = ((bid + ask) / dec("2")).round_dp(1);
    assert!(bid < inside && inside < ask);
    let rests = client.placed(json!({ "side": "sell", "px": inside.to_string() })).await;
    let takes = client.placed(json!({ "ordType": "ioc", "px": ask.to_string() })).await;
    let order = client.order(&rests).await;
    assert_eq!((&order["state"], &order["cancelSource"]), (&json!("canceled"), &json!("32")));
    let order = client.order(&takes).await;
    assert_eq!((&order["state"], number(&order["avgPx"])), (&json!("filled"), ask));
    sim.shutdown().await;
}

#[tokio::test]
async fn amendments_change_orders_in_place() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let id = client.placed(json!({ "sz": "0.002" })).await;
    let amend = async |with: Value| {
        let mut body = json!({ "instId": "BTC-USDT", "ordId": id, "reqId": "r1" });
        for (name, value) in with.as_object().unwrap() {
            body[name] = value.clone();
        }
        client.post("/api/v5/trade/amend-order", &body).await["data"][0].clone()
    };
    let item = amend(json!({ "newSz": "0.001", "newPx": "31000" })).await;
    assert_eq!((&item["sCode"], &item["reqId"], &item["ordId"]), (&json!("0"), &json!("r1"), &json!(id)));
    let order = client.order(&id).await;
    assert_eq!(
        (&order["sz"], &order["px"], &order["state"]),
        (&json!("0.001"), &json!("31000"), &json!("live"))
    );
    assert_eq!(client.balance("USDT", "frozenBal").await, 31.into());
    for (with, code) in [
        (json!({ "newSz": "0.000001" }), "51020"),
        (json!({ "newSz": "0.0000000001" }), "51121"),
        (json!({ "newPx": "31000.01" }), "51150"),
        (json!({ "newSz": "2" }), "51008"),
        (json!({}), "51500"),
        (json!({ "newTpOrdPx": "1" }), "51000"),
        (json!({ "ordId": "1" }), "51500"),
    ] {
        assert_eq!(amend(with.clone()).await["sCode"], code, "{with}");
    }
    assert_eq!(client.order(&id).await["px"], "31000", "nothing changed");
    // It trades where its new price does.
    assert_eq!(amend(json!({ "newPx": "61000" })).await["sCode"], "0");
    let order = client.order(&id).await;
    assert_eq!((&order["state"], &order["accFillSz"]), (&json!("filled"), &json!("0.001")));
    assert_eq!(amend(json!({ "newPx": "32000" })).await["sCode"], "51503");
    let other = client.placed(json!({})).await;
    let failed = json!({ "instId": "BTC-USDT", "ordId": other, "newSz": "0.0000000001", "cxlOnFail": true });
    assert_eq!(client.post("/api/v5/trade/amend-order", &failed).await["code"], "1");
    assert_eq!(client.order(&other).await["state"], "canceled");
    sim.shutdown().await;
}

#[tokio::test]
async fn batches_succeed_in_part() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let order = |px: &str| json!({ "instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": px, "sz": "0.001" });
    let placed =
        client.post("/api/v5/trade/batch-orders", &json!([order("30000"), order("0"), order("30001")])).await;
    assert_eq!(placed["code"], "2", "{placed}");
    let codes: Vec<_> =
        placed["data"].as_array().unwrap().iter().map(|item| item["sCode"].as_str().unwrap()).collect();
    assert_eq!(codes, ["0", "51000", "0"]);
    let ids = [&placed["data"][0]["ordId"], &placed["data"][2]["ordId"]];
    let cancel = |id: &Value| json!({ "instId": "BTC-USDT", "ordId": id });
    let gone =
        client.post("/api/v5/trade/cancel-batch-orders", &json!([cancel(ids[0]), cancel(ids[1])])).await;
    assert_eq!(gone["code"], "0", "{gone}");
    let gone = client.post("/api/v5/trade/cancel-batch-orders", &json!([cancel(ids[0])])).await;
    assert_eq!((&gone["code"], &gone["msg"]), (&json!("1"), &json!("All operations failed")));
    let many: Vec<Value> = (0..21).map(|_| order("30000")).collect();
    assert_eq!(client.post("/api/v5/trade/batch-orders", &json!(many)).await["code"], "51111");
    assert!(client.rows("/api/v5/trade/orders-pending").await.is_empty());
    sim.shutdown().await;
}

#[tokio::test]
async fn lists_have_pages_and_filters() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let mut ids = Vec::new();
    for px in ["30000", "30001", "30002", "30003"] {
        ids.push(client.placed(json!({ "px": px })).await);
    }
    let listed = async |query: &str| {
        let rows = client.rows(&format!("/api/v5/trade/orders-pending?{query}")).await;
        rows.iter().map(|row| row["ordId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let newest_first: Vec<String> = ids.iter().rev().cloned().collect();
    assert_eq!(listed("instType=SPOT&instId=BTC-USDT&ordType=limit,ioc&state=live").await, newest_first);
    assert_eq!(listed("limit=2").await, newest_first[..2]);
    assert_eq!(listed(&format!("after={}", ids[2])).await, newest_first[2..]);
    assert_eq!(listed(&format!("before={}", ids[1])).await, newest_first[..2]);
    for nothing in ["instId=ETH-USDT", "ordType=post_only", "state=partially_filled", "instType=SWAP"] {
        assert!(listed(nothing).await.is_empty(), "{nothing}");
    }
    let other = Client::new(sim.venue(VenueKind::Okx), 1);
    assert!(other.rows("/api/v5/trade/orders-pending").await.is_empty());
    let foreign = format!("/api/v5/trade/order?instId=BTC-USDT&ordId={}", ids[0]);
    assert_eq!(other.get(&foreign).await["code"], "51603");
    sim.shutdown().await;
}
