//! Signatures, nonces and rights.

use crate::support::{Client, dec, fixtures, http, nonce, quiet, sign};
use nija_sim::{Fault, FaultKind, NewAccount, VenueKind};
use serde_json::Value;

#[tokio::test]
async fn one_changed_byte_is_refused_wherever_it_is() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Kraken), 0);
    let nonce = nonce().to_string();
    let (path, body) = ("/0/private/Balance", format!("nonce={nonce}&x=1"));
    let good = sign(&client.account.secret, path, &nonce, &body);
    let post = |path: &str, body: String, sign: String| {
        let request = http().post(format!("{}{path}", client.rest)).header("API-Key", &client.account.key);
        async move {
            request.header("API-Sign", sign).body(body).send().await.unwrap().json::<Value>().await.unwrap()
        }
    };
    let bad = [
        post(path, body.replace("x=1", "x=2"), good.clone()).await,
        post(path, format!("{body} "), good.clone()).await,
        post("/0/private/BalanceEx", body.clone(), good.clone()).await,
        post(path, body.clone(), good.replacen(&good[..1], if good.starts_with('A') { "B" } else { "A" }, 1))
            .await,
        post(path, body.clone(), "not base64!".into()).await,
    ];
    for answer in bad {
        assert_eq!(answer["error"][0], "EAPI:Invalid signature");
    }
    // A refused signature does not use up the nonce.
    let answer = post(path, body, good).await;
    assert_eq!(answer["error"], serde_json::json!([]));
    sim.shutdown().await;
}

#[tokio::test]
async fn fixture_vectors_verify_on_the_wire() {
    let Some(root) = fixtures("fixture_vectors_verify_on_the_wire") else { return };
    let vectors: Value =
        serde_json::from_str(&std::fs::read_to_string(root.join("vectors/kraken.json")).unwrap()).unwrap();
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let mut checked = 0;
    for vector in
        vectors["official"].as_array().unwrap().iter().chain(vectors["from_clients"].as_array().unwrap())
    {
        let secret = vector["secret"].as_str().or(vectors["keys"]["secret"].as_str()).unwrap();
        let account = venue.add_account(NewAccount { secret: Some(secret.into()), ..NewAccount::default() });
        let request = http()
            .post(format!("{}{}", venue.rest, vector["path"].as_str().unwrap()))
            .header("API-Key", account.key)
            .header("API-Sign", vector["expected"].as_str().unwrap())
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(vector["body"].as_str().unwrap().to_owned());
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let refused = answer["error"].to_string().contains("EAPI:Invalid");
        assert_eq!(!refused, vector["verifies"].as_bool().unwrap(), "{vector}: {answer}");
        checked += 1;
    }
    assert!(checked >= 10);
    sim.shutdown().await;
}

#[tokio::test]
async fn nonces_rise_strictly_and_belong_to_a_key() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let (one, two) = (Client::new(venue, 0), Client::new(venue, 1));
    let send = async |client: &Client, nonce: &str| -> String {
        let answer: Value = client
            .post("/0/private/Balance", nonce, &format!("nonce={nonce}"))
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        answer["error"][0].as_str().unwrap_or("ok").to_owned()
    };
    assert_eq!(send(&one, "5000000").await, "ok");
    assert_eq!(send(&one, "5000000").await, "EAPI:Invalid nonce");
    assert_eq!(send(&one, "4999999").await, "EAPI:Invalid nonce");
    assert_eq!(send(&two, "4999999").await, "ok", "another key counts for itself");
    assert_eq!(send(&one, "5000001").await, "ok");
    for bad in ["", "-1", "1.5", "zero", "18446744073709551616"] {
        assert_eq!(send(&one, bad).await, "EAPI:Invalid nonce", "{bad:?}");
    }
    venue.fault(Fault::new(FaultKind::NonceReset).value(0).key(&one.account.key));
    assert_eq!(send(&one, "7").await, "ok", "after a reset low nonces are good again");
    sim.shutdown().await;
}

#[tokio::test]
async fn a_key_does_only_what_it_may() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let reader = venue
        .add_account(NewAccount { permissions: Some(vec!["query-funds".into()]), ..NewAccount::default() });
    let reader = Client::of(venue, reader);
    assert_eq!(dec(reader.call("Balance", &[]).await["ZUSD"].as_str().unwrap()), 100_000.into());
    for method in
        ["AddOrder", "CancelOrder", "OpenOrders", "ClosedOrders", "TradesHistory", "GetWebSocketsToken"]
    {
        assert_eq!(reader.error(method, &[]).await, "EGeneral:Permission denied", "{method}");
    }
    let trader = Client::new(venue, 0);
    assert_eq!(trader.error("Withdraw", &[]).await, "EGeneral:Permission denied");
    assert!(!venue.accounts[0].may_withdraw);
    let risky = Client::new(venue, 2);
    assert!(risky.account.may_withdraw);
    assert_eq!(risky.error("Withdraw", &[]).await, "EFunding:Unknown withdraw key");
    venue.fault(
        Fault::new(FaultKind::PermissionChange).permissions(&["query-funds"]).key(&trader.account.key),
    );
    assert_eq!(trader.error("AddOrder", &[]).await, "EGeneral:Permission denied");
    assert_eq!(trader.call("GetApiKeyInfo", &[]).await["permissions"], serde_json::json!(["query-funds"]));
    sim.shutdown().await;
}

#[tokio::test]
async fn an_unknown_key_is_refused() {
    let sim = quiet().await;
    let mut client = Client::new(sim.venue(VenueKind::Kraken), 0);
    client.account.key = "nobody".into();
    assert_eq!(client.error("Balance", &[]).await, "EAPI:Invalid key");
    sim.shutdown().await;
}
