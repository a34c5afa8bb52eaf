//! The simulated Alpaca beyond what its own client asks of it.

use crate::support::{dec, http};
use futures::{SinkExt, StreamExt};
use nija_sim::{Account, Fault, FaultKind, NewAccount, Sim, SimHandle, Tier, VenueHandle, VenueKind};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};

async fn quiet() -> SimHandle {
    let builder = Sim::builder().venues([VenueKind::Alpaca]).accounts(2).no_limits().paused(true);
    let sim = builder.start().await.unwrap();
    let venue = sim.venue(VenueKind::Alpaca);
    assert!(venue.set_market_open(Some(true)));
    assert!(venue.set_price("BTC-USD", 60_000.into()) && venue.set_price("AAPL", 200.into()));
    sim
}

async fn call(
    venue: &VenueHandle,
    account: &Account,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let mut request = http()
        .request(method, format!("{}{path}", venue.rest))
        .header("APCA-API-KEY-ID", &account.key)
        .header("APCA-API-SECRET-KEY", &account.secret);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    let status = answer.status();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
}

#[tokio::test]
async fn two_hundred_calls_a_minute_are_counted_for_each_account_and_told_in_headers() {
    let sim = Sim::builder()
        .venues([VenueKind::Alpaca])
        .accounts(2)
        .tier(Tier::Pro)
        .paused(true)
        .start()
        .await
        .unwrap();
    let venue = sim.venue(VenueKind::Alpaca);
    let get = |account: &Account| {
        http()
            .get(format!("{}/v2/clock", venue.rest))
            .header("APCA-API-KEY-ID", &account.key)
            .header("APCA-API-SECRET-KEY", &account.secret)
            .send()
    };
    let mut refused = None;
    // A minute may end in between: then its count begins anew, once.
    for nth in 0..402 {
        let answer = get(&venue.accounts[0]).await.unwrap();
        assert_eq!(answer.headers()["x-ratelimit-limit"], "200");
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.headers()["x-ratelimit-remaining"], "0");
            let text = answer.text().await.unwrap();
            assert_eq!(text, r#"{"message":"too many requests."}"#);
            refused = Some(nth);
            break;
        }
    }
    assert!(refused.is_some_and(|nth| nth >= 200), "{refused:?}");
    assert_eq!(get(&venue.accounts[1]).await.unwrap().status(), StatusCode::OK);
    sim.shutdown().await;
}

#[tokio::test]
async fn a_key_without_the_right_to_trade_reads_and_places_nothing() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Alpaca);
    let reader =
        venue.add_account(NewAccount { permissions: Some(vec!["data".into()]), ..NewAccount::default() });
    let order = json!({ "symbol": "BTC/USD", "qty": "0.01", "side": "buy", "type": "market", "time_in_force": "gtc" });
    let (status, said) = call(venue, &reader, Method::POST, "/v2/orders", Some(order)).await;
    assert_eq!((status, said), (StatusCode::FORBIDDEN, json!({ "message": "forbidden." })));
    let (status, account) = call(venue, &reader, Method::GET, "/v2/account", None).await;
    assert_eq!((status, &account["trading_blocked"]), (StatusCode::OK, &json!(true)));
    assert!(account.get("pattern_day_trader").is_none() && account.get("daytrade_count").is_none());
    assert!(venue.orders(&reader.key).is_empty());
    sim.shutdown().await;
}

#[tokio::test]
async fn an_order_of_the_day_ends_with_the_session_and_one_at_night_waits_for_it() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Alpaca);
    let account = &venue.accounts[0];
    assert!(venue.set_market_open(Some(false)));
    let order =
        json!({ "symbol": "AAPL", "notional": 50, "side": "buy", "type": "market", "time_in_force": "day" });
    let (status, placed) = call(venue, account, Method::POST, "/v2/orders", Some(order)).await;
    assert_eq!(
        (status, &placed["status"], &placed["qty"]),
        (StatusCode::OK, &json!("accepted"), &Value::Null)
    );
    let path = format!("/v2/orders/{}", placed["id"].as_str().unwrap());
    assert_eq!(call(venue, account, Method::GET, &path, None).await.1["status"], "accepted");
    assert!(venue.set_market_open(Some(true)));
    assert_eq!(call(venue, account, Method::GET, &path, None).await.1["status"], "filled");
    let order = json!({
        "symbol": "AAPL", "qty": 1, "side": "buy", "type": "limit", "limit_price": 100, "time_in_force": "day",
    });
    let placed = call(venue, account, Method::POST, "/v2/orders", Some(order)).await.1;
    assert!(placed["expires_at"].as_str().is_some_and(|at| at.ends_with(":00:00Z")), "{placed}");
    sim.shutdown().await;
}

#[tokio::test]
async fn a_partial_fill_is_told_and_a_client_id_names_its_order_for_ever() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Alpaca);
    let account = &venue.accounts[0];
    venue.fault(Fault::new(FaultKind::PartialFill).on("/v2/orders").fraction(dec("0.4")));
    let order = json!({
        "symbol": "BTC/USD", "qty": 0.01, "side": "buy", "type": "limit", "limit_price": 61000, "time_in_force": "gtc",
        "client_order_id": "c-1",
    });
    let (status, _) = call(venue, account, Method::POST, "/v2/orders", Some(order.clone())).await;
    assert_eq!(status, StatusCode::OK);
    let path = "/v2/orders:by_client_order_id?client_order_id=c-1";
    let found = call(venue, account, Method::GET, path, None).await.1;
    assert_eq!((&found["status"], &found["filled_qty"]), (&json!("partially_filled"), &json!("0.004")));
    let (status, said) = call(venue, account, Method::POST, "/v2/orders", Some(order)).await;
    assert_eq!((status, &said["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(40_010_001)));
    let other = call(venue, &venue.accounts[1], Method::GET, path, None).await;
    assert_eq!(other.0, StatusCode::NOT_FOUND, "another account's ids are its own");
    sim.shutdown().await;
}

#[tokio::test]
async fn the_account_stream_speaks_in_binary_frames_and_only_to_its_owner() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Alpaca);
    let (mut socket, _) = connect_async(venue.ws_private.as_str()).await.unwrap();
    let mut ask = async |message: Value| {
        socket.send(Message::text(message.to_string())).await.unwrap();
        let Message::Binary(bytes) = socket.next().await.unwrap().unwrap() else { panic!("not binary") };
        serde_json::from_slice::<Value>(&bytes).unwrap()
    };
    let listen = json!({ "action": "listen", "data": { "streams": ["trade_updates"] } });
    assert_eq!(ask(listen.clone()).await["data"]["status"], "unauthorized");
    let wrong =
        json!({ "action": "authenticate", "data": { "key_id": venue.accounts[0].key, "secret_key": "x" } });
    assert_eq!(ask(wrong).await["data"]["status"], "unauthorized");
    let token = json!({ "action": "authenticate", "data": { "oauth_token": venue.accounts[0].secret } });
    assert_eq!(ask(token).await["data"]["status"], "authorized");
    assert_eq!(ask(listen).await, json!({ "stream": "listening", "data": { "streams": ["trade_updates"] } }));
    sim.shutdown().await;
}

#[tokio::test]
async fn price_streams_say_what_is_wrong_in_the_venues_codes() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Alpaca);
    let (mut socket, _) = connect_async(venue.ws_public.as_str()).await.unwrap();
    let mut next = async |send: Option<&str>| {
        if let Some(text) = send {
            socket.send(Message::text(text.to_owned())).await.unwrap();
        }
        let Message::Text(text) = socket.next().await.unwrap().unwrap() else { panic!("not text") };
        serde_json::from_str::<Value>(&text).unwrap()[0].clone()
    };
    assert_eq!(next(None).await, json!({ "T": "success", "msg": "connected" }));
    for (text, code) in [
        (r#"{"action":"subscribe","quotes":["BTC/USD"]}"#.to_owned(), 401),
        (r#"{"action":"auth","key":"no","secret":"one"}"#.to_owned(), 402),
        ("nonsense".to_owned(), 400),
        ("[]".to_owned(), 400),
    ] {
        assert_eq!(next(Some(&text)).await["code"], code, "{text}");
    }
    let key = &venue.accounts[0];
    let auth = json!({ "action": "auth", "key": key.key, "secret": key.secret }).to_string();
    assert_eq!(next(Some(&auth)).await["msg"], "authenticated");
    assert_eq!(next(Some(&auth)).await["code"], 403);
    let subscribed = next(Some(r#"{"action":"subscribe","orderbooks":["BTC/USD"]}"#)).await;
    assert_eq!((&subscribed["T"], &subscribed["orderbooks"]), (&json!("subscription"), &json!(["BTC/USD"])));
    let book = next(None).await;
    assert!(book["T"] == "o" && book["r"] == true && book["b"].as_array().unwrap().len() >= 10, "{book}");
    sim.shutdown().await;
}

#[tokio::test]
async fn a_pair_of_exits_is_a_parent_with_a_held_leg_and_an_execution_in_part_takes_from_it() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Alpaca);
    let account = &venue.accounts[0];
    let buy =
        json!({ "symbol": "AAPL", "qty": "10", "side": "buy", "type": "market", "time_in_force": "day" });
    assert_eq!(call(venue, account, Method::POST, "/v2/orders", Some(buy)).await.0, StatusCode::OK);
    venue.fault(Fault::new(FaultKind::PartialFill).on("/v2/orders").fraction(dec("0.4")));
    // As the documents write it: the limit stands in `take_profit` alone.
    let pair = json!({
        "symbol": "AAPL", "qty": "10", "side": "sell", "type": "limit", "time_in_force": "gtc", "order_class": "oco",
        "take_profit": { "limit_price": "199" }, "stop_loss": { "stop_price": "180", "limit_price": "170" },
    });
    let (status, placed) = call(venue, account, Method::POST, "/v2/orders", Some(pair)).await;
    assert_eq!((status, &placed["legs"][0]["status"]), (StatusCode::OK, &json!("held")), "{placed}");
    let path = format!("/v2/orders/{}", placed["id"].as_str().unwrap());
    assert_eq!(call(venue, account, Method::GET, &path, None).await.1["legs"], Value::Null);
    let nested = call(venue, account, Method::GET, &format!("{path}?nested=true"), None).await.1;
    assert_eq!((&nested["filled_qty"], &nested["legs"][0]["qty"]), (&json!("4"), &json!("6")), "{nested}");
    let list = async |query: &str| {
        let listed = call(venue, account, Method::GET, &format!("/v2/orders?{query}"), None).await.1;
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["status"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(list("status=open&nested=true").await, ["partially_filled"]);
    assert_eq!(list("status=open").await, ["held", "partially_filled"]);
    assert!(venue.set_price("AAPL", 175.into()));
    let over = call(venue, account, Method::GET, &format!("{path}?nested=true"), None).await.1;
    assert_eq!(
        (&over["status"], &over["legs"][0]["status"], &over["legs"][0]["filled_qty"]),
        (&json!("canceled"), &json!("filled"), &json!("6")),
        "{over}"
    );
    sim.shutdown().await;
}

#[tokio::test]
async fn garbage_is_refused_and_never_a_server_error() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Alpaca);
    let account = &venue.accounts[0];
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    for body in [
        json!({}),
        json!([]),
        json!("x"),
        json!({ "symbol": 5 }),
        json!({ "symbol": "A".repeat(100_000), "qty": 1, "side": "buy", "type": "market", "time_in_force": "day" }),
        json!({ "symbol": "AAPL", "qty": 1e300, "side": "buy", "type": "market", "time_in_force": "day" }),
        json!({ "symbol": "AAPL", "qty": "99999999999999999999999", "side": "buy", "type": "market", "time_in_force": "day" }),
        json!({ "symbol": "AAPL", "notional": "NaN", "side": "buy", "type": "market", "time_in_force": "day" }),
        json!({ "symbol": "AAPL", "qty": 1, "side": "buy", "type": "limit", "limit_price": 1e300, "time_in_force": "day" }),
        json!({ "symbol": "AAPL", "qty": 1, "side": "buy", "type": "market", "time_in_force": "day", "take_profit": [] }),
        json!(deep),
    ] {
        let (status, said) = call(venue, account, Method::POST, "/v2/orders", Some(body.clone())).await;
        assert!(status.is_client_error(), "{status} {said}");
    }
    for path in [
        "/v2/orders/..",
        "/v2/orders/61e69015-8549-4bfd-b9c3-ffffffffffff",
        "/v2/assets/%2F%2F",
        "/v2/account/activities?page_size=0",
        "/v2/account/activities/FILL?page_token=x",
        "/v2/orders?limit=501",
        "/v2/orders?after=yesterday",
        "/v2/calendar?start=9999-99-99",
        "/v2/stocks/bars?symbols=AAPL&timeframe=0Min",
        "/v1beta3/crypto/us/bars?symbols=BTC/USD&timeframe=99999999999999999999Min",
        "/v1beta3/crypto/us/latest/quotes",
        "/v2/nothing",
        "/",
    ] {
        let (status, said) = call(venue, account, Method::GET, path, None).await;
        assert!(status.is_client_error(), "{path}: {status} {said}");
    }
    assert_eq!(call(venue, account, Method::GET, "/v2/account", None).await.0, StatusCode::OK);
    sim.shutdown().await;
}
