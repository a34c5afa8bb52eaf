//! Kraken's answers that the simulator does not give.

use nija_core::{Executor, SystemClock, Timestamp};
use nija_exchanges::kraken::{KrakenConfig, KrakenExecutor};
use nija_sim::{Account, NewAccount};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{Kraken, id, signed};

const OURS: &str = "7d1c9a52-6c3a-4d65-9a4c-0b9d9a1f7a10";

/// Answers each request by its path and body.
async fn server(answer: fn(&str, &str) -> Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, answer));
        }
    });
    address
}

async fn serve(mut socket: TcpStream, answer: fn(&str, &str) -> Value) {
    let (mut text, mut block) = (String::new(), [0_u8; 4096]);
    loop {
        let length = |head: &str| {
            let header = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
            });
            header.unwrap_or(0_usize)
        };
        let whole = text.split_once("\r\n\r\n").filter(|(head, body)| body.len() >= length(head));
        if let Some((head, body)) = whole {
            let path = head.split_whitespace().nth(1).unwrap_or_default();
            let body = answer(path, body).to_string();
            let head =
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            return;
        }
        match socket.read(&mut block).await {
            Ok(0) | Err(_) => return,
            Ok(read) => text.push_str(&String::from_utf8_lossy(&block[..read])),
        }
    }
}

fn order(client_id: Option<&str>) -> Value {
    json!({ "status": "closed", "opentm": 1_700_000_000, "closetm": 1_700_000_001, "vol": "1", "vol_exec": "1", "cost": "10",
        "fee": "0", "price": "10", "cl_ord_id": client_id,
        "descr": { "pair": "XBTUSD", "type": "buy", "ordertype": "market", "price": "0", "price2": "0" } })
}

fn script(path: &str, body: &str) -> Value {
    let trade = |order: &str| {
        json!({ "ordertxid": order, "pair": "XXBTZUSD", "time": 1_700_000_001.5, "type": "buy", "ordertype": "market",
            "price": "10", "cost": "10", "fee": "0.01", "vol": "1", "maker": false })
    };
    match path {
        "/0/public/AssetPairs" => {
            json!({ "error": [], "result": { "XXBTZUSD": { "altname": "XBTUSD", "wsname": "XBT/USD",
            "base": "XXBT", "quote": "ZUSD", "pair_decimals": 1, "lot_decimals": 8, "status": "online" } } })
        }
        "/0/public/Time" => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            json!({ "error": [], "result": { "unixtime": now } })
        }
        "/0/private/TradesHistory" => json!({ "error": [], "result": { "count": 3, "trades": {
            "T1": trade("OAAAAA-AAAAA-AAAAAA"), "T2": trade("OBBBBB-BBBBB-BBBBBB"), "T3": trade("OCCCCC-CCCCC-CCCCCC") } } }),
        // The second is not there any more, or not there yet.
        "/0/private/QueryOrders" if body.contains("OBBBBB") => json!({ "error": ["EOrder:Unknown order"] }),
        "/0/private/QueryOrders" => {
            let mut found = serde_json::Map::new();
            for (id, client_id) in [("OAAAAA-AAAAA-AAAAAA", Some(OURS)), ("OCCCCC-CCCCC-CCCCCC", None)] {
                if body.contains(id) {
                    found.insert(id.to_owned(), order(client_id));
                }
            }
            json!({ "error": [], "result": found })
        }
        other => panic!("{other} was not expected"),
    }
}

/// Kraken refuses a question about many orders for one that it does not know. The others' executions stay theirs.
#[tokio::test]
async fn an_order_that_is_not_told_takes_no_others_names() {
    let address = server(script).await;
    let config = KrakenConfig::new(id("kraken"), address.as_str(), "ws://127.0.0.1:1", "ws://127.0.0.1:1");
    let executor = KrakenExecutor::new(config, Arc::new(SystemClock)).unwrap();
    let account: Account = Kraken::start().await.venue().add_account(NewAccount::default());
    let since = Timestamp::from_micros(1_700_000_000_000_000);
    let fills = executor.fills_since(&signed(&account), since).await.unwrap();
    let named: Vec<_> = fills.iter().map(|fill| (fill.execution_id.as_str(), fill.client_id)).collect();
    assert_eq!(named, [("T1", OURS.parse().ok()), ("T2", None), ("T3", None)]);
}
