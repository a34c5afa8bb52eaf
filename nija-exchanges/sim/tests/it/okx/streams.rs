//! Streams: what is subscribed, what is pushed, what is refused.

use super::{Client, number, quiet, sign};
use crate::support::dec;
use futures::{SinkExt, StreamExt};
use nija_sim::{Fault, FaultKind, Sim, Tier, VenueHandle, VenueKind};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

struct Stream(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Stream {
    async fn open(venue: &VenueHandle, kind: &str) -> Self {
        let url = venue.ws_public.replace("/public", &format!("/{kind}"));
        Self(connect_async(url).await.unwrap().0)
    }

    async fn say(&mut self, request: &Value) {
        self.0.send(Message::Text(request.to_string().into())).await.unwrap();
    }

    async fn subscribe(&mut self, arg: Value) {
        self.say(&json!({ "op": "subscribe", "args": [arg], "id": "1512" })).await;
    }

    async fn login(&mut self, client: &Client) -> Value {
        let timestamp = time::OffsetDateTime::now_utc().unix_timestamp().to_string();
        let signed = format!("{timestamp}GET/users/self/verify");
        let account = &client.account;
        let arg = json!({ "apiKey": account.key, "passphrase": account.passphrase, "timestamp": timestamp,
                          "sign": sign(&account.secret, &signed) });
        self.say(&json!({ "op": "login", "args": [arg] })).await;
        self.next().await
    }

    async fn frame(&mut self) -> Option<Message> {
        tokio::time::timeout(Duration::from_secs(20), self.0.next())
            .await
            .expect("a frame")
            .and_then(Result::ok)
    }

    async fn next(&mut self) -> Value {
        match self.frame().await {
            Some(Message::Text(text)) => serde_json::from_str(text.as_str()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The next push of a channel.
    async fn push(&mut self, channel: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["arg"]["channel"] == channel && message["event"].is_null() {
                return message;
            }
        }
    }
}

/// A book as a client keeps it.
#[derive(Debug, Default)]
struct Book {
    bids: BTreeMap<Decimal, Decimal>,
    asks: BTreeMap<Decimal, Decimal>,
    seq: i64,
    gaps: usize,
}

impl Book {
    fn apply(&mut self, message: &Value) {
        let data = &message["data"][0];
        if message["action"] == "snapshot" {
            *self = Self { gaps: self.gaps, ..Self::default() };
            assert_eq!(data["prevSeqId"], -1);
        } else if data["prevSeqId"].as_i64() != Some(self.seq) {
            self.gaps += 1;
        }
        self.seq = data["seqId"].as_i64().unwrap();
        for (name, side) in [("bids", &mut self.bids), ("asks", &mut self.asks)] {
            for level in data[name].as_array().unwrap() {
                let (price, qty) = (number(&level[0]), number(&level[1]));
                if qty.is_zero() {
                    side.remove(&price)
                } else {
                    side.insert(price, qty)
                };
            }
        }
    }

    fn checksum(&self) -> i32 {
        let text = |(price, qty): (&Decimal, &Decimal)| format!("{}:{}", price.normalize(), qty.normalize());
        let bids: Vec<String> = self.bids.iter().rev().take(25).map(text).collect();
        let asks: Vec<String> = self.asks.iter().take(25).map(text).collect();
        let mut parts = Vec::new();
        for index in 0..25 {
            parts.extend([bids.get(index), asks.get(index)].into_iter().flatten().cloned());
        }
        crc32fast::hash(parts.join(":").as_bytes()).cast_signed()
    }
}

#[tokio::test]
async fn a_book_follows_its_differences_numbers_and_checksums() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let client = Client::new(venue, 0);
    let mut stream = Stream::open(venue, "public").await;
    stream.subscribe(json!({ "channel": "books", "instId": "BTC-USDT" })).await;
    let ack = stream.next().await;
    assert_eq!(
        (&ack["event"], &ack["id"], &ack["arg"]["channel"]),
        (&json!("subscribe"), &json!("1512"), &json!("books"))
    );
    assert!(ack["connId"].as_str().is_some_and(|id| id.len() == 8));
    let mut book = Book::default();
    book.apply(&stream.push("books").await);
    for step in 0..10_i64 {
        client.placed(json!({ "px": (30_000 + step).to_string() })).await;
        assert!(venue.set_price("BTC-USDT", Decimal::from(60_000 + 10 * step)));
        let message = stream.push("books").await;
        assert_eq!(message["action"], "update");
        book.apply(&message);
        assert_eq!(message["data"][0]["checksum"], book.checksum(), "step {step}");
    }
    assert_eq!(book.gaps, 0);
    // A lost message shows in the numbers, and in the checksum.
    venue.fault(Fault::new(FaultKind::StreamGap));
    let placing = async {
        for step in 0..400_i64 {
            client.placed(json!({ "px": (50_000 + step).to_string() })).await;
        }
    };
    let message = tokio::select! {
        message = stream.push("books") => message,
        () = placing => panic!("nothing was pushed"),
    };
    book.apply(&message);
    assert_eq!(book.gaps, 1);
    stream.subscribe(json!({ "channel": "books", "instId": "BTC-USDT" })).await;
    loop {
        let message = stream.push("books").await;
        book.apply(&message);
        if message["action"] == "snapshot" {
            break;
        }
    }
    let best = (
        book.bids.last_key_value().map(|(price, _)| *price),
        book.asks.first_key_value().map(|(price, _)| *price),
    );
    assert_eq!(best.0.zip(best.1), venue.best("BTC-USDT"));
    assert!(book.bids.contains_key(&dec("50000")) && book.bids.contains_key(&dec("30009")));
    sim.shutdown().await;
}

#[tokio::test]
async fn tickers_tops_trades_and_candles() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let client = Client::new(venue, 0);
    let mut public = Stream::open(venue, "public").await;
    for channel in ["tickers", "bbo-tbt", "books5", "trades"] {
        public.subscribe(json!({ "channel": channel, "instId": "BTC-USDT" })).await;
    }
    assert_eq!(public.push("tickers").await["data"][0]["last"], "60000");
    assert_eq!(public.push("bbo-tbt").await["data"][0]["bids"].as_array().unwrap().len(), 1);
    let five = public.push("books5").await;
    assert_eq!((five["data"][0]["asks"].as_array().unwrap().len(), &five["action"]), (5, &Value::Null));
    client.placed(json!({ "ordType": "market", "px": "", "side": "sell", "sz": "0.01" })).await;
    let trade = public.push("trades").await;
    assert_eq!((&trade["data"][0]["side"], &trade["data"][0]["sz"]), (&json!("sell"), &json!("0.01")));
    let mut business = Stream::open(venue, "business").await;
    business.subscribe(json!({ "channel": "candle1m", "instId": "BTC-USDT" })).await;
    let candle = business.push("candle1m").await;
    assert_eq!(candle["data"][0].as_array().unwrap().len(), 9);
    assert!(venue.set_price("BTC-USDT", 61_000.into()));
    let candle = business.push("candle1m").await;
    assert_eq!(number(&candle["data"][0][4]), 61_000.into());
    public.0.send(Message::Text("ping".into())).await.unwrap();
    loop {
        match public.frame().await {
            Some(Message::Text(text)) if text.as_str() == "pong" => break,
            Some(_) => {}
            None => panic!("no pong"),
        }
    }
    sim.shutdown().await;
}

#[tokio::test]
async fn an_accounts_orders_and_balances() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let client = Client::new(venue, 0);
    let mut stream = Stream::open(venue, "private").await;
    let login = stream.login(&client).await;
    assert_eq!((&login["event"], &login["code"]), (&json!("login"), &json!("0")));
    stream.subscribe(json!({ "channel": "orders", "instType": "SPOT" })).await;
    assert_eq!(stream.next().await["event"], "subscribe");
    let count = stream.next().await;
    assert_eq!((&count["event"], &count["connCount"]), (&json!("channel-conn-count"), &json!("1")));
    stream.subscribe(json!({ "channel": "account" })).await;
    let first = stream.push("account").await;
    assert_eq!(
        (&first["eventType"], number(&first["data"][0]["details"][0]["cashBal"])),
        (&json!("snapshot"), 2.into())
    );
    stream.subscribe(json!({ "channel": "balance_and_position" })).await;
    assert_eq!(stream.push("balance_and_position").await["data"][0]["eventType"], "snapshot");
    let id = client.placed(json!({ "clOrdId": "mine" })).await;
    let live = stream.push("orders").await["data"][0].clone();
    assert_eq!(
        (&live["state"], &live["ordId"], &live["clOrdId"]),
        (&json!("live"), &json!(id), &json!("mine"))
    );
    let held = stream.push("account").await;
    assert_eq!(held["data"][0]["details"][0]["frozenBal"], "30");
    let amend = json!({ "instId": "BTC-USDT", "ordId": id, "newPx": "61000", "reqId": "r9" });
    assert_eq!(client.post("/api/v5/trade/amend-order", &amend).await["code"], "0");
    let amended = stream.push("orders").await["data"][0].clone();
    assert_eq!(
        (&amended["amendResult"], &amended["reqId"], &amended["px"]),
        (&json!("0"), &json!("r9"), &json!("61000"))
    );
    let filled = stream.push("orders").await["data"][0].clone();
    assert_eq!(
        (&filled["state"], &filled["fillSz"], &filled["execType"]),
        (&json!("filled"), &json!("0.001"), &json!("T"))
    );
    assert_eq!((&filled["fillFee"], &filled["fillFeeCcy"]), (&json!("-0.000001"), &json!("BTC")));
    let fills = client.rows("/api/v5/trade/fills").await;
    assert_eq!((&fills[0]["tradeId"], &fills[0]["fillPx"]), (&filled["tradeId"], &filled["fillPx"]));
    let moved = stream.push("balance_and_position").await["data"][0].clone();
    assert_eq!((&moved["eventType"], &moved["trades"][0]["tradeId"]), (&json!("filled"), &filled["tradeId"]));
    // Another account's orders are not told, and duplicates are.
    Client::new(venue, 1).placed(json!({})).await;
    venue.fault(Fault::new(FaultKind::DuplicateReports));
    let id = client.placed(json!({ "side": "sell", "px": "65000" })).await;
    for _ in 0..2 {
        assert_eq!(stream.push("orders").await["data"][0]["ordId"], id);
    }
    client.cancel(&id).await;
    let gone = stream.push("orders").await["data"][0].clone();
    assert_eq!((&gone["state"], &gone["cancelSource"]), (&json!("canceled"), &json!("1")));
    sim.shutdown().await;
}

#[tokio::test]
async fn algo_orders_are_told_on_their_own_address() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let client = Client::new(venue, 0);
    let mut stream = Stream::open(venue, "business").await;
    assert_eq!(stream.login(&client).await["code"], "0");
    stream.subscribe(json!({ "channel": "orders-algo", "instType": "SPOT" })).await;
    assert_eq!(stream.next().await["event"], "subscribe");
    let stop = json!({ "instId": "BTC-USDT", "tdMode": "cash", "side": "sell", "ordType": "conditional", "sz": "0.01",
                       "slTriggerPx": "58000", "slOrdPx": "-1", "algoClOrdId": "s1" });
    assert_eq!(client.post("/api/v5/trade/order-algo", &stop).await["code"], "0");
    let live = stream.push("orders-algo").await["data"][0].clone();
    assert_eq!((&live["state"], &live["algoClOrdId"]), (&json!("live"), &json!("s1")));
    // Nobody asks: the step of the tape sees that its price has come.
    assert!(venue.set_price("BTC-USDT", 57_000.into()));
    let done = stream.push("orders-algo").await["data"][0].clone();
    assert_eq!((&done["state"], &done["algoId"]), (&json!("effective"), &live["algoId"]));
    assert_eq!(client.order(done["ordId"].as_str().unwrap()).await["state"], "filled");
    sim.shutdown().await;
}

#[tokio::test]
async fn orders_are_placed_and_cancelled_over_the_stream() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let client = Client::new(venue, 0);
    let mut stream = Stream::open(venue, "private").await;
    let order = json!({ "instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "30000", "sz": "0.001" });
    let place = json!({ "id": "7", "op": "order", "args": [order] });
    stream.say(&place).await;
    assert_eq!(stream.next().await["code"], "60011");
    assert_eq!(stream.login(&client).await["code"], "0");
    stream.say(&place).await;
    let placed = stream.next().await;
    assert_eq!((&placed["id"], &placed["op"], &placed["code"]), (&json!("7"), &json!("order"), &json!("0")));
    let id = placed["data"][0]["ordId"].as_str().unwrap().to_owned();
    assert_eq!(client.order(&id).await["state"], "live");
    stream
        .say(&json!({ "id": "8", "op": "cancel-order", "args": [{ "instId": "BTC-USDT", "ordId": id }] }))
        .await;
    assert_eq!(stream.next().await["data"][0]["sCode"], "0");
    assert_eq!(client.order(&id).await["state"], "canceled");
    let late = json!({ "id": "9", "op": "order", "expTime": "1", "args": [order] });
    stream.say(&late).await;
    assert_eq!(stream.next().await["code"], "50036");
    sim.shutdown().await;
}

#[tokio::test]
async fn refusals_on_streams_have_codes() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let mut public = Stream::open(venue, "public").await;
    let cases = [
        (json!({ "channel": "books", "instId": "NOPE" }), "60018"),
        (json!({ "channel": "nothing", "instId": "BTC-USDT" }), "60018"),
        (json!({ "channel": "candle1m", "instId": "BTC-USDT" }), "64001"),
        (json!({ "channel": "orders", "instType": "SPOT" }), "60008"),
        (json!({ "channel": "books-l2-tbt", "instId": "BTC-USDT" }), "64003"),
        (json!({}), "60012"),
    ];
    for (arg, code) in cases {
        public.subscribe(arg.clone()).await;
        let error = public.next().await;
        assert_eq!((&error["event"], &error["code"]), (&json!("error"), &json!(code)), "{arg}: {error}");
    }
    for (text, code) in [
        ("x", "60012"),
        ("{}", "60012"),
        ("{\"op\":\"fly\",\"args\":[1]}", "60019"),
        ("{\"op\":\"subscribe\"}", "60013"),
        ("[]", "60012"),
    ] {
        public.0.send(Message::Text(text.into())).await.unwrap();
        assert_eq!(public.next().await["code"], code, "{text}");
    }
    let mut private = Stream::open(venue, "private").await;
    private.subscribe(json!({ "channel": "orders", "instType": "SPOT" })).await;
    assert_eq!(private.next().await["code"], "60011");
    let mut stranger = Client::new(venue, 0);
    stranger.account.secret.push('x');
    assert_eq!(private.login(&stranger).await["code"], "60007");
    match private.frame().await {
        Some(Message::Close(Some(frame))) => assert_eq!(u16::from(frame.code), 4001),
        other => panic!("{other:?}"),
    }
    let mut wrong = Client::new(venue, 0);
    wrong.account.passphrase = Some("no".into());
    assert_eq!(Stream::open(venue, "private").await.login(&wrong).await["code"], "60024");
    wrong.account.key = "nobody".into();
    assert_eq!(Stream::open(venue, "private").await.login(&wrong).await["code"], "60005");
    sim.shutdown().await;
}

#[tokio::test]
async fn connections_end_when_told_or_when_a_key_changes() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let client = Client::new(venue, 0);
    let mut stream = Stream::open(venue, "private").await;
    assert_eq!(stream.login(&client).await["code"], "0");
    assert_eq!(stream.login(&client).await["code"], "60031");
    venue.fault(Fault::new(FaultKind::PermissionChange).permissions(&["read_only"]).key(&client.account.key));
    match stream.frame().await {
        Some(Message::Close(Some(frame))) => assert_eq!(u16::from(frame.code), 4007),
        other => panic!("{other:?}"),
    }
    let mut stream = Stream::open(venue, "public").await;
    stream.subscribe(json!({ "channel": "tickers", "instId": "BTC-USDT" })).await;
    stream.push("tickers").await;
    venue.fault(Fault::new(FaultKind::StreamDisconnect));
    while stream.frame().await.is_some() {}
    sim.shutdown().await;
    let limited = Sim::builder().venues([VenueKind::Okx]).tier(Tier::Pro).paused(true).start().await.unwrap();
    let url = &limited.venue(VenueKind::Okx).ws_public;
    let mut opened = 0;
    let mut refused = 0;
    for _ in 0..12 {
        match connect_async(url).await {
            Ok(_) => opened += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(opened >= 3 && refused >= 1, "{opened} opened, {refused} refused");
    limited.shutdown().await;
}
