//! Rate limits and faults.

use super::{Client, quiet, stamp};
use crate::support::http;
use nija_sim::{Fault, FaultKind, Sim, Tier, VenueKind};
use serde_json::{Value, json};

#[tokio::test]
async fn calls_are_limited_in_two_seconds() {
    let sim = Sim::builder().venues([VenueKind::Okx]).tier(Tier::Pro).paused(true).start().await.unwrap();
    let venue = sim.venue(VenueKind::Okx);
    let mut codes = Vec::new();
    // Three windows' worth at least: however the windows fall, one is over its 20.
    for _ in 0..61 {
        let answer =
            http().get(format!("{}/api/v5/market/tickers?instType=SPOT", venue.rest)).send().await.unwrap();
        let status = answer.status().as_u16();
        codes.push((status, answer.json::<Value>().await.unwrap()["code"].as_str().unwrap().to_owned()));
        if codes.last().is_some_and(|(status, _)| *status == 429) {
            break;
        }
    }
    assert!(codes[..20].iter().all(|(status, _)| *status == 200), "{codes:?}");
    assert_eq!(codes.last(), Some(&(429, "50011".to_owned())), "{codes:?}");
    sim.shutdown().await;
}

#[tokio::test]
async fn faults_hit_as_they_say() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let client = Client::new(venue, 0);
    let target = "/api/v5/trade/order";
    let order = |client_id: &str| {
        json!({ "instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "30000",
                "sz": "0.001", "clOrdId": client_id })
        .to_string()
    };
    let on = |kind: FaultKind| Fault::new(kind).on(target);
    let cases = [
        ("a1", on(FaultKind::RateLimit), 429, Some("50011"), false),
        ("a2", on(FaultKind::RateLimit).status(200), 200, Some("50011"), false),
        ("a3", on(FaultKind::Unavailable), 503, Some("50001"), false),
        ("a4", on(FaultKind::Unavailable).processed(true), 400, Some("50004"), true),
        ("a5", on(FaultKind::InvalidNonce), 401, Some("50102"), false),
        ("a6", on(FaultKind::Http5xx), 503, None, false),
        ("a7", on(FaultKind::Html502), 502, None, true),
        ("a8", on(FaultKind::DropBefore), 0, None, false),
        ("a9", on(FaultKind::DropAfter), 0, None, true),
        ("b1", on(FaultKind::SlowDrip).ms(50), 200, Some("0"), true),
    ];
    for (client_id, fault, status, code, carried_out) in cases {
        venue.fault(fault);
        let body = order(client_id);
        let headers = client.headers("POST", target, &body, &stamp(0));
        match client.request("POST", target, &body, headers).await {
            Err(_) => assert_eq!(status, 0, "{client_id}"),
            Ok(answer) => {
                assert_eq!(answer.status().as_u16(), status, "{client_id}");
                if let Some(code) = code {
                    assert_eq!(answer.json::<Value>().await.unwrap()["code"], code, "{client_id}");
                }
            }
        }
        let found = client.get(&format!("{target}?instId=BTC-USDT&clOrdId={client_id}")).await;
        assert_eq!(found["code"] == "0", carried_out, "{client_id}: {found}");
    }
    venue.fault(on(FaultKind::PartialFill).fraction(rust_decimal::Decimal::new(25, 2)));
    let id = client.placed(json!({ "px": "61000", "sz": "0.004" })).await;
    let order = client.order(&id).await;
    assert_eq!((&order["state"], &order["accFillSz"]), (&json!("partially_filled"), &json!("0.001")));
    venue.fault(Fault::new(FaultKind::ClockSkew).ms(60_000));
    assert_eq!(client.get("/api/v5/account/config").await["code"], "50102");
    sim.shutdown().await;
}
