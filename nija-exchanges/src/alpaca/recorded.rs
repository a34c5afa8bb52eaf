//! Recorded answers are understood, vectors are met, and no answer whatsoever is a panic.

use nija_core::{
    Authenticator, CredentialSecret, Method, OrderKind, OrderState, RequestBody, RequestPurpose, SignContext,
    Timestamp, UnsignedRequest, VenueError,
};
use proptest::prelude::*;
use serde_json::{json, value::RawValue};
use std::collections::HashMap;

use super::{
    AlpacaAuthenticator, OAUTH,
    decoders::{CALLS, SYMBOLS, VENUE, read, take},
    parse, wire,
};
use crate::odd_json::{any_json, damaged};

#[test]
fn fixture_recorded_fields_keep_their_digits() {
    let Some(folder) = crate::fixtures::folder("fixture_recorded_fields (alpaca)") else { return };
    let folder = folder.join("payloads/alpaca/alpaca-py");
    let response = |file: &str, nth: usize| {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let records: Vec<HashMap<String, &RawValue>> = serde_json::from_str(&text).unwrap();
        records[nth]["response"].get().to_owned()
    };
    let account: wire::Account = serde_json::from_str(&response("account_routes.json", 0)).unwrap();
    assert_eq!((account.cash.0.to_string(), account.status.as_str()), ("-23140.2".to_owned(), "ACTIVE"));
    assert_eq!(account.non_marginable_buying_power.unwrap().0.to_string(), "98945.02");
    let positions: Vec<wire::Position> = serde_json::from_str(&response("position_routes.json", 0)).unwrap();
    assert_eq!((positions[0].symbol.as_str(), positions[0].qty.0.to_string()), ("AAPL", "5".to_owned()));
    let order: wire::Order = serde_json::from_str(&response("order_routes.json", 0)).unwrap();
    let report = parse::report(&VENUE, &order, SYMBOLS.by_name("AAPL").unwrap()).unwrap();
    assert_eq!(
        (report.state, report.kind, report.quantity.to_string()),
        (OrderState::Working, OrderKind::Market, "1".into())
    );
    assert_eq!(report.client_id.unwrap().to_string(), "eb9e2aaa-f71a-4f51-b5b4-52a6c565dad4");
    assert_eq!(report.at.to_string(), "2021-03-16T18:38:01.942282Z");
    let quotes = response("historical_crypto_data.json", 4);
    let quotes: wire::Quotes = serde_json::from_str(&quotes).unwrap();
    let quote = &quotes.quotes["BTC/USD"];
    assert_eq!(
        (quote.bp.0.to_string(), quote.ask_size.0.to_string()),
        ("40517.08".to_owned(), "1.5516".to_owned())
    );
}

#[test]
fn fixture_the_recorded_account_stream_is_understood() {
    let Some(recorded) =
        crate::fixtures::json("fixture_account_stream (alpaca)", "clients/alpaca-py/ws_trade_updates.json")
    else {
        return;
    };
    let mut updates = 0;
    for event in recorded["websocket"].as_array().unwrap() {
        let Some(text) = event["text"].as_str().filter(|_| event["event"] == "server") else { continue };
        let message: wire::AccountMessage<'_> = serde_json::from_str(text).unwrap();
        match message.stream.as_ref() {
            "authorization" => {
                let data: wire::Authorization = serde_json::from_str(message.data.unwrap().get()).unwrap();
                assert_eq!(data.status, "authorized");
            }
            "listening" => {
                let data: wire::Listening = serde_json::from_str(message.data.unwrap().get()).unwrap();
                assert_eq!(data.streams, ["trade_updates"]);
            }
            _ => {
                assert_eq!(read("trade_updates", 200, text).unwrap(), 1);
                updates += 1;
            }
        }
    }
    assert_eq!(updates, 1);
}

#[test]
fn fixture_the_clients_stop_is_a_stop_here() {
    let path = "clients/alpaca-py/create_stop_limit.json";
    let Some(recorded) = crate::fixtures::json("fixture_the_clients_stop (alpaca)", path) else { return };
    let mut order = recorded["requests"][0]["body_json"].clone();
    for (name, value) in [("id", "1"), ("status", "new"), ("submitted_at", "2023-11-14T22:13:20.123Z")] {
        order[name] = json!(value);
    }
    let order: wire::Order = serde_json::from_str(&order.to_string()).unwrap();
    let report = parse::report(&VENUE, &order, SYMBOLS.by_name("AAPL").unwrap()).unwrap();
    let (stop, price) = ("170".parse().unwrap(), "169".parse().unwrap());
    assert_eq!(report.kind, OrderKind::StopLimit { stop, price });
}

#[test]
fn fixture_every_vector_is_met() {
    let Some(vectors) = crate::fixtures::json("fixture_vectors (alpaca)", "vectors/alpaca.json") else {
        return;
    };
    let key = |name: &str| vectors["keys"][name].as_str().unwrap().to_owned();
    let authenticator = AlpacaAuthenticator::new(VENUE.clone());
    let (mut met, context) = (0, SignContext { now: Timestamp::from_micros(0), nonce: 0 });
    for vector in vectors["from_clients"].as_array().unwrap() {
        let target = vector["target"].as_str().unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let wanted: Vec<(String, String)> =
            serde_json::from_value::<HashMap<String, String>>(vector["headers"].clone())
                .unwrap()
                .into_iter()
                .collect();
        let oauth = wanted.iter().any(|(name, _)| name == "Authorization");
        let secret = if oauth {
            CredentialSecret::new(OAUTH.to_owned(), key("oauth_token"), None)
        } else {
            CredentialSecret::new(key("api_key"), key("secret"), None)
        };
        let body = vector["body"].as_str().unwrap();
        let request = UnsignedRequest {
            venue: VENUE.clone(),
            // What is compared does not depend on the method; PATCH is never signed.
            method: if vector["method"] == "GET" { Method::Get } else { Method::Post },
            path: path.to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .map(|(name, value)| (name.into_owned().into(), value.into_owned()))
                .collect(),
            body: if body.is_empty() { RequestBody::Empty } else { RequestBody::Json(body.to_owned()) },
            purpose: RequestPurpose::Read,
        };
        let parts = authenticator.authenticate(&request, &secret, &context).unwrap();
        let sort = |mut headers: Vec<(String, String)>| {
            headers.sort();
            headers
        };
        let headers = parts.headers.into_iter().map(|(name, value)| (name.to_owned(), value));
        assert_eq!(sort(headers.collect()), sort(wanted), "{target}");
        assert_eq!((parts.query.as_str(), parts.body.as_slice()), (query, body.as_bytes()), "{target}");
        met += 1;
    }
    assert!(met >= 25, "{met}");
}

#[test]
fn a_missing_field_is_named_with_its_place() {
    let error = read("orders", 200, r#"[{"id":"1","status":"new"},{"id":"2"}]"#).unwrap_err();
    assert!(
        matches!(&error, VenueError::Decode { path, message, .. } if path == "orders.[1]" && message.contains("status")),
        "{error}"
    );
    let order =
        r#"{"id":"1","status":"new","symbol":"AAPL","submitted_at":"2021-03-16T18:38:01Z","side":"hold"}"#;
    let error = read("order", 200, order).unwrap_err();
    assert!(matches!(&error, VenueError::Decode { path, .. } if path == "order.1.side"), "{error}");
}

/// Names and words that matter.
const NAMES: &[&str] = &[
    "class",
    "symbol",
    "status",
    "tradable",
    "id",
    "qty",
    "filled_qty",
    "filled_avg_price",
    "side",
    "type",
    "limit_price",
    "submitted_at",
    "updated_at",
    "transaction_time",
    "price",
    "order_id",
    "cum_qty",
    "cash",
    "asset_class",
    "quotes",
    "orderbooks",
    "bars",
    "BTC/USD",
    "AAPL",
    "bp",
    "bs",
    "ap",
    "as",
    "t",
    "b",
    "a",
    "p",
    "s",
    "r",
    "T",
    "S",
    "o",
    "h",
    "l",
    "c",
    "v",
    "stream",
    "data",
    "event",
    "order",
    "is_open",
    "next_open",
    "next_close",
    "crypto_tier",
];
const WORDS: &[&str] = &[
    "BTC/USD",
    "AAPL",
    "buy",
    "limit",
    "crypto",
    "us_equity",
    "2021-03-16T18:38:01.942282Z",
    "9999-99-99",
    "filled",
];

/// An answer or message that is right, to be damaged.
fn sound() -> Vec<&'static str> {
    include_str!("../../fuzz/seeds/alpaca.jsonl").lines().collect()
}

proptest! {
    // PROPTEST_CASES sets how many are tried.
    #[test]
    fn any_json_is_read_or_refused(
        value in any_json(NAMES, WORDS),
        call in prop::sample::select(CALLS.to_vec()),
        status in prop::sample::select(vec![200_u16, 207, 301, 400, 403, 404, 422]),
    ) {
        let text = value.to_string();
        let _ = read(call, status, &text);
        take(&text);
        take(&json!([value]).to_string());
    }

    #[test]
    fn damaged_answers_are_read_or_refused(
        texts in damaged(sound()),
        call in prop::sample::select(CALLS.to_vec()),
    ) {
        for text in &texts {
            let _ = read(call, 200, text);
            take(text);
        }
    }
}
