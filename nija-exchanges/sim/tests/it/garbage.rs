//! Nothing that a client sends brings a venue down.

use crate::support::{Client, http, nonce, quiet, sign};
use nija_sim::VenueKind;
use serde_json::Value;

#[tokio::test]
async fn garbage_gets_an_error_and_the_venue_lives() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    let long = "9".repeat(10_000);
    let bodies = [
        "nonce",
        "nonce=1&nonce=2",
        "%zz=%",
        "\u{0}\u{1}",
        "{\"nonce\":{}}",
        "[[[[",
        &format!("nonce={long}"),
        &format!("pair={long}&nonce=1"),
    ];
    for body in bodies {
        for kind in ["application/x-www-form-urlencoded", "application/json", "text/plain"] {
            let answer: Value = http()
                .post(format!("{}/0/private/AddOrder", venue.rest))
                .header("API-Key", &client.account.key)
                .header("API-Sign", sign(&client.account.secret, "/0/private/AddOrder", "1", body))
                .header("Content-Type", kind)
                .body(body.to_owned())
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            assert!(answer["error"][0].as_str().unwrap().starts_with('E'), "{body} {kind}: {answer}");
        }
    }
    for value in [
        long.as_str(),
        "1e28",
        "79228162514264337593543950335",
        "0.0000000000000000000000000001",
        "∞",
        "１",
        "--1",
    ] {
        for field in ["volume", "price", "userref", "expiretm", "pair", "deadline", "cl_ord_id"] {
            let mut form = vec![
                ("pair", "XBTUSD"),
                ("type", "buy"),
                ("ordertype", "limit"),
                ("price", "30000"),
                ("volume", "0.001"),
            ];
            form.retain(|(name, _)| *name != field);
            form.push((field, value));
            let answer = client.raw("AddOrder", &form).await;
            let refused = answer["error"][0].as_str().is_some_and(|error| error.starts_with('E'));
            assert!(refused || field == "cl_ord_id" || field == "userref", "{field}={value}: {answer}");
        }
    }
    for path in ["/", "/0", "/0/private/", "/0/public/../private/Balance", "/0/private/%00", "/v3"] {
        let answer = http().get(format!("{}{path}", venue.rest)).send().await.unwrap();
        assert!(!answer.status().is_server_error(), "{path}");
    }
    client.call("Balance", &[]).await;
    sim.shutdown().await;
}

#[tokio::test]
async fn json_bodies_work_as_forms_do() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let account = &venue.accounts[0];
    let (path, nonce) = ("/0/private/Balance", nonce().to_string());
    let body = format!("{{\"nonce\": {nonce}}}");
    let answer: Value = http()
        .post(format!("{}{path}", venue.rest))
        .header("API-Key", &account.key)
        .header("API-Sign", sign(&account.secret, path, &nonce, &body))
        .header("Content-Type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["error"], serde_json::json!([]));
    sim.shutdown().await;
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let sent =
        http().post(format!("{}/0/private/Balance", venue.rest)).body(vec![b'x'; 2_000_000]).send().await;
    // Either the refusal arrives, or the connection breaks while the rest is still being written.
    assert!(sent.is_err() || sent.is_ok_and(|answer| answer.status() == 413));
    Client::new(venue, 0).call("Balance", &[]).await;
    sim.shutdown().await;
}
