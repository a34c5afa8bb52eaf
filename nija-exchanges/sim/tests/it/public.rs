//! Public REST, compared with recorded answers.

use crate::support::{dec, fixtures, http, quiet};
use nija_sim::{Sim, Tape, VenueKind};
use serde_json::Value;
use std::collections::BTreeSet;

async fn get(rest: &str, path: &str) -> Value {
    http().get(format!("{rest}/0/public/{path}")).send().await.unwrap().json().await.unwrap()
}

/// Every field of the recorded object that a client could rely on is there, with the same JSON type.
fn assert_shape(ours: &Value, recorded: &Value, at: &str) {
    match (ours, recorded) {
        (Value::Object(ours), Value::Object(recorded)) => {
            for (name, value) in recorded {
                assert_shape(
                    ours.get(name).unwrap_or_else(|| panic!("{at}.{name} is missing")),
                    value,
                    &format!("{at}.{name}"),
                );
            }
        }
        (Value::Array(ours), Value::Array(recorded)) => {
            if let (Some(ours), Some(recorded)) = (ours.first(), recorded.first()) {
                assert_shape(ours, recorded, &format!("{at}[0]"));
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        _ => assert_eq!(
            std::mem::discriminant(ours),
            std::mem::discriminant(recorded),
            "{at}: {ours} {recorded}"
        ),
    }
}

#[tokio::test]
async fn fixture_answers_have_the_recorded_shapes() {
    let Some(root) = fixtures("fixture_answers_have_the_recorded_shapes") else { return };
    let sim = quiet().await;
    let rest = &sim.venue(VenueKind::Kraken).rest;
    for (path, file) in [
        ("Time", "xchange/rest_servertime"),
        ("SystemStatus", "jkorf/rest_GetSystemStatus"),
        ("Ticker?pair=XBTUSD", "jkorf/rest_GetTicker"),
        ("OHLC?pair=XBTUSD&interval=1", "jkorf/rest_GetKlines"),
        ("Depth?pair=XBTUSD", "jkorf/rest_GetOrderBook"),
        ("Trades?pair=XBTUSD", "jkorf/rest_GetTradeHistory"),
        ("Spread?pair=XBTUSD", "jkorf/rest_GetRecentSpread"),
    ] {
        let text = std::fs::read_to_string(root.join(format!("payloads/kraken/{file}.json"))).unwrap();
        let recorded: Value = serde_json::from_str(&text).unwrap();
        let recorded = recorded.get("response").unwrap_or(&recorded);
        assert_shape(&get(rest, path).await, recorded, path);
    }
    let text = std::fs::read_to_string(root.join("payloads/kraken/jkorf/rest_GetSymbols.json")).unwrap();
    let recorded: Value = serde_json::from_str(&text).unwrap();
    let ours = get(rest, "AssetPairs").await;
    let pair = recorded["response"]["result"].as_object().unwrap().values().next().unwrap();
    assert_shape(&ours["result"]["XXBTZUSD"], pair, "AssetPairs");
    sim.shutdown().await;
}

#[tokio::test]
async fn every_name_of_a_pair_finds_it() {
    let sim = quiet().await;
    let rest = &sim.venue(VenueKind::Kraken).rest;
    for name in ["XXBTZUSD", "XBTUSD", "XBT/USD", "BTC/USD", "BTCUSD", "xbtusd"] {
        assert!(get(rest, &format!("Ticker?pair={name}")).await["result"]["XXBTZUSD"].is_object(), "{name}");
    }
    let all: BTreeSet<String> =
        get(rest, "AssetPairs").await["result"].as_object().unwrap().keys().cloned().collect();
    for name in ["XXBTZUSD", "XETHZUSD", "SOLUSD", "XBTUSDT"] {
        assert!(all.contains(name), "{name}");
    }
    for (path, error) in [
        ("Ticker?pair=DOGE", "EQuery:Unknown asset pair"),
        ("OHLC?pair=XBTUSD&interval=7", "EGeneral:Invalid arguments:interval"),
        ("Depth", "EGeneral:Invalid arguments:pair"),
        ("Depth?pair=XBTUSD&count=0", "EGeneral:Invalid arguments:count"),
        ("Assets?asset=NOPE", "EQuery:Unknown asset"),
        ("Nonsense", "EGeneral:Unknown method"),
    ] {
        assert_eq!(get(rest, path).await["error"][0], error, "{path}");
    }
    sim.shutdown().await;
}

#[tokio::test]
async fn the_price_that_was_set_is_the_price_that_is_shown() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    assert!(venue.set_price("ETH-USD", dec("3000")));
    assert!(!venue.set_price("ETH-EUR", dec("3000")));
    assert!(!venue.set_price("ETH-USD", dec("-1")));
    let ticker = &get(&venue.rest, "Ticker?pair=ETHUSD").await["result"]["XETHZUSD"];
    assert_eq!(dec(ticker["c"][0].as_str().unwrap()), dec("3000"));
    let (bid, ask) = venue.best("ETH-USD").unwrap();
    assert!(bid < dec("3000") && ask > dec("3000") && (ask - bid) / ask < dec("0.001"));
    sim.shutdown().await;
}

#[tokio::test]
async fn fixture_a_recorded_tape_plays_at_todays_prices() {
    let Some(root) = fixtures("fixture_a_recorded_tape_plays_at_todays_prices") else { return };
    let tape = Tape::recorded(root.join("market"), 7).unwrap();
    let sim = Sim::builder().tape(tape).accounts(1).paused(true).start().await.unwrap();
    let venue = sim.venue(VenueKind::Kraken);
    let (bid, _) = venue.best("BTC-USD").unwrap();
    assert!(bid > dec("30000") && bid < dec("200000"), "{bid}");
    let rows = get(&venue.rest, "OHLC?pair=XBTUSD&interval=60").await;
    assert!(rows["result"]["XXBTZUSD"].as_array().unwrap().len() > 100);
    sim.shutdown().await;
}

#[test]
fn a_tape_that_is_not_there_is_an_error() {
    assert!(Tape::recorded("/nowhere/at/all.csv", 7).is_err());
}
