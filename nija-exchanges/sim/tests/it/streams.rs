//! WebSocket v2: public channels with checksums, private ones with reports, and what faults do to them.

use crate::support::{Client, dec, quiet};
use futures::{SinkExt, StreamExt};
use nija_sim::{Fault, FaultKind, RandomFaults, Sim, VenueHandle, VenueKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

struct Stream(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Stream {
    async fn open(url: &str) -> Self {
        let mut stream = Self(connect_async(url).await.unwrap().0);
        let status = stream.next().await;
        assert_eq!(
            (status["channel"].as_str(), status["data"][0]["system"].as_str()),
            (Some("status"), Some("online"))
        );
        stream
    }

    async fn private(client: &Client, venue: &VenueHandle, params: Value) -> Self {
        let token = client.call("GetWebSocketsToken", &[]).await["token"].clone();
        let mut stream = Self::open(&venue.ws_private).await;
        let mut params = params;
        params["token"] = token;
        stream.send(json!({ "method": "subscribe", "params": params, "req_id": 1 })).await;
        let answer = stream.next().await;
        assert_eq!(
            (answer["success"].as_bool(), answer["req_id"].as_i64()),
            (Some(true), Some(1)),
            "{answer}"
        );
        stream
    }

    async fn send(&mut self, value: Value) {
        self.0.send(Message::text(value.to_string())).await.unwrap();
    }

    async fn text(&mut self) -> Option<String> {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(20), self.0.next())
                .await
                .expect("a message in time");
            match next {
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    async fn next(&mut self) -> Value {
        serde_json::from_str(&self.text().await.expect("an open stream")).unwrap()
    }

    /// The next message of a channel.
    async fn on(&mut self, channel: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["channel"] == channel {
                return message;
            }
        }
    }
}

/// A client's own book, kept as Kraken's guide says: digits as they came, truncated to the depth.
#[derive(Default)]
struct Book {
    bids: BTreeMap<rust_decimal::Decimal, (String, String)>,
    asks: BTreeMap<rust_decimal::Decimal, (String, String)>,
}

impl Book {
    fn apply(&mut self, text: &str, depth: usize) -> u32 {
        for (name, side) in [("\"bids\":[", &mut self.bids), ("\"asks\":[", &mut self.asks)] {
            let from = text.find(name).unwrap() + name.len();
            let list = &text[from..from + text[from..].find(']').unwrap()];
            for level in list.split("},{").filter(|level| !level.is_empty()) {
                let field = |name: &str| -> String {
                    let from = level.find(name).unwrap() + name.len();
                    level[from..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect()
                };
                let (price, qty) = (field("\"price\":"), field("\"qty\":"));
                let key = price.parse().unwrap();
                if dec(&qty).is_zero() {
                    side.remove(&key);
                } else {
                    side.insert(key, (price, qty));
                }
            }
        }
        while self.bids.len() > depth {
            self.bids.pop_first();
        }
        while self.asks.len() > depth {
            self.asks.pop_last();
        }
        let strip = |text: &str| text.replace('.', "").trim_start_matches('0').to_owned();
        let asks = self.asks.values().take(10);
        let all: String =
            asks.chain(self.bids.values().rev().take(10)).flat_map(|(p, q)| [strip(p), strip(q)]).collect();
        crc32fast::hash(all.as_bytes())
    }
}

#[tokio::test]
async fn the_book_can_be_followed_by_its_checksum() {
    let sim = Sim::builder().accounts(1).speed(30.0).start().await.unwrap();
    let venue = sim.venue(VenueKind::Kraken);
    let mut stream = Stream::open(&venue.ws_public).await;
    let params = json!({ "channel": "book", "symbol": ["BTC/USD"], "depth": 10 });
    stream.send(json!({ "method": "subscribe", "params": params })).await;
    let mut book = Book::default();
    let (mut snapshots, mut updates) = (0, 0);
    while updates < 12 {
        let text = stream.text().await.unwrap();
        let message: Value = serde_json::from_str(&text).unwrap();
        if message["channel"] != "book" {
            continue;
        }
        if message["type"] == "snapshot" {
            snapshots += 1;
        } else {
            updates += 1;
        }
        let ours = book.apply(&text, 10);
        assert_eq!(message["data"][0]["checksum"], ours, "after {updates} updates: {text}");
    }
    assert_eq!(snapshots, 1);
    sim.shutdown().await;
}

#[tokio::test]
async fn tickers_come_at_least_each_second_and_trades_and_candles_follow() {
    let sim = Sim::builder().accounts(1).speed(20.0).start().await.unwrap();
    let mut stream = Stream::open(&sim.venue(VenueKind::Kraken).ws_public).await;
    for channel in ["ticker", "trade", "ohlc"] {
        let params = json!({ "channel": channel, "symbol": ["BTC/USD", "ETH/USD"] });
        stream.send(json!({ "method": "subscribe", "params": params, "req_id": 5 })).await;
    }
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    while ["ticker/update", "trade/update", "ohlc/update"]
        .iter()
        .any(|kind| seen.get(*kind).copied() < Some(3))
    {
        let message = stream.next().await;
        if let (Some(channel), Some(kind)) = (message["channel"].as_str(), message["type"].as_str()) {
            *seen.entry(format!("{channel}/{kind}")).or_default() += 1;
            if channel == "ticker" {
                let row = &message["data"][0];
                assert!(row["bid"].as_f64().unwrap() < row["ask"].as_f64().unwrap());
            }
        } else {
            assert_eq!((message["success"].as_bool(), message["req_id"].as_i64()), (Some(true), Some(5)));
        }
    }
    for snapshot in ["ticker/snapshot", "trade/snapshot", "ohlc/snapshot"] {
        assert_eq!(seen.get(snapshot), Some(&2), "{snapshot}, one per symbol");
    }
    sim.shutdown().await;
}

#[tokio::test]
async fn an_idle_stream_beats_and_a_ping_is_answered() {
    let sim = quiet().await;
    let mut stream = Stream::open(&sim.venue(VenueKind::Kraken).ws_public).await;
    stream.send(json!({ "method": "ping", "req_id": 9 })).await;
    let pong = stream.next().await;
    assert_eq!((pong["method"].as_str(), pong["req_id"].as_i64()), (Some("pong"), Some(9)));
    let params = json!({ "channel": "book", "symbol": ["ETH/USD"] });
    stream.send(json!({ "method": "subscribe", "params": params })).await;
    stream.on("heartbeat").await;
    stream.send(json!({ "method": "subscribe", "params": { "channel": "instrument" } })).await;
    let instruments = stream.on("instrument").await;
    assert!(instruments["data"]["pairs"].as_array().unwrap().iter().any(|pair| pair["symbol"] == "BTC/USD"));
    sim.shutdown().await;
}

#[tokio::test]
async fn bad_requests_are_refused_and_the_stream_lives() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let mut stream = Stream::open(&venue.ws_public).await;
    for (request, error) in [
        (json!([1, 2]), "Malformed request"),
        (json!({ "method": "dance" }), "Unsupported method"),
        (json!({ "method": "subscribe", "params": { "channel": "gossip" } }), "Channel not supported"),
        (json!({ "method": "subscribe", "params": { "channel": "book" } }), "Symbol(s) not found"),
        (
            json!({ "method": "subscribe", "params": { "channel": "book", "symbol": ["XBT/USD"] } }),
            "Currency pair not supported XBT/USD",
        ),
        (
            json!({ "method": "subscribe", "params": { "channel": "book", "symbol": ["BTC/USD"], "depth": 7 } }),
            "Depth not supported",
        ),
    ] {
        stream.send(request.clone()).await;
        let answer = stream.next().await;
        assert_eq!(
            (answer["success"].as_bool(), answer["error"].as_str()),
            (Some(false), Some(error)),
            "{request}"
        );
    }
    let params = json!({ "channel": "executions", "token": "stolen" });
    stream.send(json!({ "method": "subscribe", "params": params })).await;
    assert_eq!(stream.next().await["success"], false, "private data needs the private endpoint");
    let mut private = Stream::open(&venue.ws_private).await;
    private.send(json!({ "method": "subscribe", "params": params })).await;
    assert_eq!(private.next().await["error"], "ESession:Invalid session");
    sim.shutdown().await;
}

#[tokio::test]
async fn an_orders_life_is_reported_in_order() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    let resting = client
        .order(
            "buy",
            &[("ordertype", "limit"), ("price", "30000"), ("volume", "0.001"), ("cl_ord_id", "rest")],
        )
        .await;
    let mut stream = Stream::private(
        &client,
        venue,
        json!({ "channel": "executions", "snap_orders": true, "snap_trades": true }),
    )
    .await;
    let snapshot = stream.on("executions").await;
    assert_eq!((snapshot["type"].as_str(), snapshot["sequence"].as_u64()), (Some("snapshot"), Some(1)));
    assert_eq!(snapshot["data"][0]["order_id"], resting.as_str());
    assert_eq!(snapshot["data"][0]["cl_ord_id"], "rest");

    let taken = client.order("buy", &[("ordertype", "market"), ("volume", "0.001")]).await;
    client.call("CancelOrder", &[("txid", &resting)]).await;
    let mut seen = Vec::new();
    let mut sequence = 1;
    while seen.last().is_none_or(|(_, kind)| kind != "canceled") {
        let message = stream.on("executions").await;
        sequence += 1;
        assert_eq!(message["sequence"], sequence);
        let report = &message["data"][0];
        if report["exec_type"] == "trade" {
            let trade = &venue.trades(&client.account.key)[0];
            assert_eq!(report["exec_id"], trade.id.as_str());
            assert_eq!(report["liquidity_ind"], "t");
            assert_eq!(dec(&report["last_qty"].to_string()), trade.qty);
            assert_eq!(dec(&report["fees"][0]["qty"].to_string()), trade.fee);
        }
        seen.push((
            report["order_id"].as_str().unwrap().to_owned(),
            report["exec_type"].as_str().unwrap().to_owned(),
        ));
    }
    let kinds: Vec<(&str, &str)> = seen.iter().map(|(id, kind)| (id.as_str(), kind.as_str())).collect();
    let (t, r) = (taken.as_str(), resting.as_str());
    assert_eq!(kinds, [(t, "pending_new"), (t, "new"), (t, "trade"), (t, "filled"), (r, "canceled")]);
    sim.shutdown().await;
}

#[tokio::test]
async fn balances_follow_the_trades() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    let mut stream = Stream::private(&client, venue, json!({ "channel": "balances" })).await;
    let snapshot = stream.on("balances").await;
    let rows = snapshot["data"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["asset"] == "BTC" && row["balance"].as_f64() == Some(2.0)));
    client.order("buy", &[("ordertype", "market"), ("volume", "0.01")]).await;
    let update = stream.on("balances").await;
    let btc = update["data"].as_array().unwrap().iter().find(|row| row["asset"] == "BTC").unwrap();
    assert_eq!((btc["amount"].as_f64(), btc["balance"].as_f64()), (Some(0.01), Some(2.01)));
    sim.shutdown().await;
}

#[tokio::test]
async fn stream_faults_gap_repeat_and_disconnect() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    let mut stream = Stream::private(&client, venue, json!({ "channel": "executions" })).await;
    stream.on("executions").await;

    venue.fault(Fault::new(FaultKind::StreamGap).times(1));
    let id = client.order("buy", &[("ordertype", "limit"), ("price", "30000"), ("volume", "0.001")]).await;
    let message = stream.on("executions").await;
    assert_eq!(
        (message["sequence"].as_u64(), message["data"][0]["exec_type"].as_str()),
        (Some(3), Some("new"))
    );

    venue.fault(Fault::new(FaultKind::DuplicateReports).times(1));
    client.call("CancelOrder", &[("txid", &id)]).await;
    let (first, second) = (stream.on("executions").await, stream.on("executions").await);
    assert_eq!(first["data"], second["data"]);
    assert_eq!(first["data"][0]["exec_type"], "canceled");

    venue.fault(Fault::new(FaultKind::StreamDisconnect));
    while stream.text().await.is_some() {}
    let mut again = Stream::private(&client, venue, json!({ "channel": "executions" })).await;
    assert_eq!(again.on("executions").await["type"], "snapshot");
    sim.shutdown().await;
}

#[tokio::test]
async fn messages_of_streams_are_lost_and_repeated_by_seed_too_and_counted() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    let mut stream = Stream::private(&client, venue, json!({ "channel": "executions" })).await;
    stream.on("executions").await;
    let draw = |kind| venue.random_faults(RandomFaults { seed: 3, rate: 1.0, kinds: vec![kind], path: None });
    let order = || client.order("buy", &[("ordertype", "limit"), ("price", "30000"), ("volume", "0.001")]);

    // An order is told twice: taken up, and resting.
    let struck = async |kind| {
        while venue.fault_hits_by_kind().get(&kind) != Some(&2) {
            tokio::task::yield_now().await;
        }
    };
    draw(FaultKind::DuplicateReports);
    order().await;
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(stream.on("executions").await);
    }
    assert_eq!((&told[0]["data"], &told[2]["data"]), (&told[1]["data"], &told[3]["data"]));
    struck(FaultKind::DuplicateReports).await;

    draw(FaultKind::StreamGap);
    order().await;
    struck(FaultKind::StreamGap).await;
    venue.clear_faults();
    order().await;
    let next = stream.on("executions").await["sequence"].as_u64().unwrap();
    assert_eq!(next - told[3]["sequence"].as_u64().unwrap(), 3, "two messages are missing");
    assert_eq!(venue.fault_hits(), 0, "no request was hit");
    sim.shutdown().await;
}

#[tokio::test]
async fn late_reports_come_late_and_a_stale_book_stands_still() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    let mut stream = Stream::private(&client, venue, json!({ "channel": "executions" })).await;
    stream.on("executions").await;
    venue.fault(Fault::new(FaultKind::LateReports).ms(400));
    let before = std::time::Instant::now();
    client.order("buy", &[("ordertype", "limit"), ("price", "30000"), ("volume", "0.001")]).await;
    stream.on("executions").await;
    // A lower bound: what was held back this long cannot have come sooner, however loaded the machine is.
    assert!(before.elapsed() >= Duration::from_millis(390));

    let mut book = Stream::open(&venue.ws_public).await;
    book.send(json!({ "method": "subscribe", "params": { "channel": "book", "symbol": ["BTC/USD"] } })).await;
    book.on("book").await;
    venue.fault(Fault::new(FaultKind::StaleBook));
    venue.set_price("BTC-USD", dec("61000"));
    book.on("heartbeat").await;
    venue.clear_faults();
    let healed = book.on("book").await;
    assert!(
        healed["data"][0]["bids"]
            .as_array()
            .unwrap()
            .iter()
            .any(|level| level["price"].as_f64() > Some(60_500.0))
    );
    sim.shutdown().await;
}
