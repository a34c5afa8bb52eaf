//! Signatures, clocks and rights.

use super::{Client, quiet, stamp};
use crate::support::http;
use nija_sim::{Fault, FaultKind, NewAccount, VenueKind};
use serde_json::{Value, json};

const BALANCE: &str = "/api/v5/account/balance?ccy=BTC";

#[tokio::test]
async fn every_changed_byte_of_a_signed_request_is_refused() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let body =
        json!({ "instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "30000",
                       "sz": "0.001", "clOrdId": "nija1" })
        .to_string();
    let target = "/api/v5/trade/order";
    let good = client.headers("POST", target, &body, &stamp(0));
    let mut refused = 0;
    for at in 0..body.len() {
        let mut changed = body.clone().into_bytes();
        changed[at] ^= 1;
        let changed = String::from_utf8(changed).unwrap();
        let (status, answer) = client.send("POST", target, &changed, good.clone()).await;
        assert_eq!((status, &answer["code"]), (401, &json!("50113")), "{changed}");
        refused += 1;
    }
    for (index, code) in [(0, "50111"), (1, "50113"), (3, "50105")] {
        let value = good[index].1.clone();
        for at in 0..value.len() {
            let mut changed = value.clone().into_bytes();
            changed[at] ^= 1;
            // A header cannot carry it.
            if changed[at].is_ascii_control() {
                continue;
            }
            let mut headers = good.clone();
            headers[index].1 = String::from_utf8(changed).unwrap();
            let (status, answer) = client.send("POST", target, &body, headers).await;
            assert_eq!((status, &answer["code"]), (401, &json!(code)), "header {index}, byte {at}");
            refused += 1;
        }
    }
    let mut other_second = good.clone();
    other_second[2].1 = stamp(1_000);
    let (status, answer) = client.send("POST", target, &body, other_second).await;
    assert_eq!((status, &answer["code"]), (401, &json!("50113")));
    let (_, answer) = client.send("GET", "/api/v5/account/config", "", good.clone()).await;
    assert_eq!(answer["code"], "50113", "another method and path");
    assert!(refused > 200, "{refused}");
    assert!(sim.venue(VenueKind::Okx).orders(&client.account.key).is_empty());
    let (_, answer) = client.send("POST", target, &body, good).await;
    assert_eq!(answer["code"], "0", "{answer}");
    sim.shutdown().await;
}

#[tokio::test]
async fn the_query_is_signed_as_it_stands() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let good = client.headers("GET", BALANCE, "", &stamp(0));
    for other in
        ["/api/v5/account/balance", "/api/v5/account/balance?ccy=ETH", "/api/v5/account/balance?ccy=BTC&"]
    {
        let (status, answer) = client.send("GET", other, "", good.clone()).await;
        assert_eq!((status, &answer["code"]), (401, &json!("50113")), "{other}");
    }
    let (status, answer) = client.send("GET", BALANCE, "", good).await;
    assert_eq!((status, &answer["code"]), (200, &json!("0")));
    sim.shutdown().await;
}

#[tokio::test]
async fn each_missing_or_wrong_header_has_its_code() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Okx), 0);
    let good = client.headers("GET", BALANCE, "", &stamp(0));
    for (index, code) in [(0, "50103"), (1, "50106"), (2, "50107"), (3, "50104")] {
        let mut headers = good.clone();
        headers.remove(index);
        let (status, answer) = client.send("GET", BALANCE, "", headers).await;
        assert_eq!((status, &answer["code"]), (401, &json!(code)));
    }
    for (ahead, code) in [(29_000, "0"), (-29_000, "0"), (-31_000, "50102"), (31_000, "50102")] {
        let headers = client.headers("GET", BALANCE, "", &stamp(ahead));
        let (_, answer) = client.send("GET", BALANCE, "", headers).await;
        assert_eq!(answer["code"], code, "{ahead} ms");
    }
    for bad in ["1597026383085", "yesterday", "2020-12-08 09:08:57.715"] {
        let headers = client.headers("GET", BALANCE, "", bad);
        let (status, answer) = client.send("GET", BALANCE, "", headers).await;
        assert_eq!((status, &answer["code"]), (401, &json!("50112")), "{bad}");
    }
    sim.shutdown().await;
}

#[tokio::test]
async fn a_key_does_only_what_it_may() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let reader = venue
        .add_account(NewAccount { permissions: Some(vec!["read_only".into()]), ..NewAccount::default() });
    let reader = Client::of(venue, reader);
    assert_eq!(reader.row("/api/v5/account/config").await["perm"], "read_only");
    let order = json!({ "instId": "BTC-USDT" });
    for path in ["order", "cancel-order", "amend-order", "batch-orders", "cancel-batch-orders"] {
        let answer = reader.post(&format!("/api/v5/trade/{path}"), &order).await;
        assert_eq!(answer["code"], "50120", "{path}");
    }
    let trader = Client::new(venue, 0);
    let config = trader.row("/api/v5/account/config").await;
    assert_eq!((&config["perm"], &config["acctLv"]), (&json!("read_only,trade"), &json!("1")));
    let risky = Client::new(venue, 2);
    assert!(risky.account.may_withdraw && !trader.account.may_withdraw);
    assert_eq!(risky.row("/api/v5/account/config").await["perm"], "read_only,withdraw,trade");
    for path in ["withdrawal", "transfer"] {
        let target = format!("/api/v5/asset/{path}");
        let body = json!({ "ccy": "BTC", "amt": "1", "dest": "4", "toAddr": "x", "from": "18", "to": "6" });
        assert_eq!(trader.post(&target, &body).await["code"], "50120");
        assert_eq!(risky.post(&target, &body).await["code"], "58207");
    }
    let gone = Fault::new(FaultKind::PermissionChange).permissions(&["read_only"]).key(&trader.account.key);
    venue.fault(gone);
    assert_eq!(trader.post("/api/v5/trade/order", &order).await["code"], "50120");
    assert_eq!(trader.row("/api/v5/account/config").await["perm"], "read_only");
    sim.shutdown().await;
}

#[tokio::test]
async fn an_order_that_came_too_late_is_not_placed() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let client = Client::new(venue, 0);
    let target = "/api/v5/trade/order";
    let body =
        json!({ "instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "30000",
                       "sz": "0.001" })
        .to_string();
    let now_ms = i64::try_from(time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap();
    for (expires, code) in [(now_ms - 1, "50036"), (now_ms + 60_000, "0")] {
        let mut headers = client.headers("POST", target, &body, &stamp(0));
        headers.push(("expTime", expires.to_string()));
        let (_, answer) = client.send("POST", target, &body, headers).await;
        assert_eq!(answer["code"], code, "{answer}");
    }
    assert_eq!(venue.orders(&client.account.key).len(), 1);
    // The request waits longer than it is good for.
    venue.fault(Fault::new(FaultKind::Delay).on(target).ms(300));
    let mut headers = client.headers("POST", target, &body, &stamp(0));
    headers.push(("expTime", (now_ms + 1).to_string()));
    let (_, answer) = client.send("POST", target, &body, headers).await;
    assert_eq!(answer["code"], "50036");
    assert_eq!(venue.orders(&client.account.key).len(), 1);
    sim.shutdown().await;
}

#[tokio::test]
async fn garbage_gets_an_error_and_the_venue_lives() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let client = Client::new(venue, 0);
    let long = format!("{{\"instId\":\"{}\"}}", "9".repeat(10_000));
    let target = "/api/v5/trade/order";
    for body in ["", "x", "[]", "[1]", "{}", "\"a\"", "null", "\u{0}", "{\"instId\":{}}", "[[[[[[", &long] {
        for target in
            [target, "/api/v5/trade/batch-orders", "/api/v5/trade/cancel-order", "/api/v5/trade/amend-order"]
        {
            let headers = client.headers("POST", target, body, &stamp(0));
            let (status, answer) = client.send("POST", target, body, headers).await;
            assert!(answer["code"] != "0" && status < 500, "{target} {body}: {answer}");
        }
    }
    let fields = ["instId", "tdMode", "side", "ordType", "sz", "px", "clOrdId", "tgtCcy", "tag", "banAmend"];
    let values = [
        json!("1e28"),
        json!("79228162514264337593543950335"),
        json!("∞"),
        json!("１"),
        json!("--1"),
        json!({}),
        json!([1]),
    ];
    for field in fields {
        for value in &values {
            let item = client.place(json!({ field: value })).await;
            let fits = matches!(field, "clOrdId" | "tag")
                && value
                    .as_str()
                    .is_some_and(|text| text.len() <= 32 && text.bytes().all(|b| b.is_ascii_alphanumeric()));
            assert!(item["sCode"] != "0" || fits, "{field}={value}: {item}");
        }
    }
    for value in
        [json!("79228162514264337593543950335"), json!("0.0000000000000000000000000001"), json!(1e300)]
    {
        for field in ["sz", "px"] {
            let item = client.place(json!({ "ordType": "market", "px": "", field: value })).await;
            assert_ne!(item["sCode"], "0", "market {field}={value}");
        }
    }
    for path in
        ["/", "/api", "/api/v5", "/api/v5/public/../trade/order", "/api/v5/trade/%00", "/ws/v5/nothing"]
    {
        let answer = http().get(format!("{}{path}", venue.rest)).send().await.unwrap();
        assert!(!answer.status().is_server_error(), "{path}");
    }
    for query in
        ["instId=", "instId=%00", "sz=-1&instId=BTC-USDT", "sz=999999999999999999999&instId=BTC-USDT"]
    {
        let answer = http().get(format!("{}/api/v5/market/books?{query}", venue.rest)).send().await.unwrap();
        assert_ne!(answer.json::<Value>().await.unwrap()["code"], "0", "{query}");
    }
    let content = {
        let mut headers = client.headers("POST", target, "{}", &stamp(0));
        headers[4].1 = "text/plain".into();
        client.send("POST", target, "{}", headers).await
    };
    assert_eq!((content.0, &content.1["code"]), (400, &json!("50006")));
    assert_eq!(client.row("/api/v5/account/config").await["acctLv"], "1");
    sim.shutdown().await;
}
