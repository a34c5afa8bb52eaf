//! The Market Data API: crypto to everybody, stocks to keys.

use super::assets::{self, ASSETS, Class};
use super::bars;
use super::error::{Refusal, Result};
use super::protocol::moment;
use super::query::{Query, rfc3339};
use super::rest::{Said, ok};
use crate::engine::{Engine, MarketId};
use crate::venue::Venue;
use axum::http::Method;
use serde_json::{Map, Value, json};

/// Rows in one answer, usually and at most.
const USUAL: usize = 1_000;
const MOST: usize = 10_000;
/// Levels of a book.
const DEPTH: usize = 100;

/// `/v1beta3/crypto/us/...`.
pub(crate) fn crypto(venue: &Venue, method: &Method, what: &str, query: &Query) -> Said {
    if method != Method::GET {
        return Err(Refusal::no_endpoint());
    }
    let wanted = symbols(query, Class::Crypto)?;
    match what {
        "latest/quotes" | "latest/trades" | "latest/bars" | "latest/orderbooks" => {
            latest(venue, &what["latest/".len()..], &wanted)
        }
        "bars" | "trades" | "quotes" => history(venue, what, &wanted, query),
        "snapshots" => {
            let (engine, now_ns) = (venue.engine.lock(), venue.clock.now_ns());
            ok(json!({ "snapshots": by_symbol(&wanted, |market| Some(snapshot(&engine, market, now_ns))) }))
        }
        _ => Err(Refusal::no_endpoint()),
    }
}

/// `/v2/stocks/...`; a symbol may stand in the path instead of the query.
pub(crate) fn stocks(venue: &Venue, method: &Method, what: &str, query: &Query) -> Said {
    if method != Method::GET {
        return Err(Refusal::no_endpoint());
    }
    if query.get("feed").is_some_and(|feed| {
        !["iex", "sip", "delayed_sip", "otc", "boats", "overnight"]
            .contains(&feed.to_ascii_lowercase().as_str())
    }) {
        return Err(Refusal::invalid("invalid feed"));
    }
    match what {
        "quotes/latest" | "trades/latest" | "bars/latest" => {
            latest(venue, what.trim_end_matches("/latest"), &symbols(query, Class::Stock)?)
        }
        "bars" | "trades" | "quotes" => history(venue, what, &symbols(query, Class::Stock)?, query),
        "snapshots" => {
            let wanted = symbols(query, Class::Stock)?;
            let (engine, now_ns) = (venue.engine.lock(), venue.clock.now_ns());
            ok(by_symbol(&wanted, |market| Some(snapshot(&engine, market, now_ns))))
        }
        _ => one_stock(venue, what, query),
    }
}

fn one_stock(venue: &Venue, what: &str, query: &Query) -> Said {
    let (symbol, what) = what.split_once('/').ok_or_else(Refusal::no_endpoint)?;
    let (market, asset) = assets::find(symbol)
        .filter(|(_, asset)| asset.class == Class::Stock && asset.symbol.eq_ignore_ascii_case(symbol))
        .ok_or_else(|| Refusal::not_found("symbol not found"))?;
    let wanted = [market];
    let flat = |said: Value, from: &str, to: &str| {
        let mut out = said;
        let row = out[from][asset.symbol].take();
        if let Some(out) = out.as_object_mut() {
            out.remove(from);
            out.insert(to.to_owned(), row);
            out.insert("symbol".to_owned(), json!(asset.symbol));
        }
        out
    };
    match what {
        "quotes/latest" => ok(flat(latest(venue, "quotes", &wanted)?.1, "quotes", "quote")),
        "trades/latest" => ok(flat(latest(venue, "trades", &wanted)?.1, "trades", "trade")),
        "bars/latest" => ok(flat(latest(venue, "bars", &wanted)?.1, "bars", "bar")),
        "bars" | "trades" | "quotes" => ok(flat(history(venue, what, &wanted, query)?.1, what, what)),
        "snapshot" => {
            let mut out = snapshot(&venue.engine.lock(), market, venue.clock.now_ns());
            out["symbol"] = json!(asset.symbol);
            ok(out)
        }
        _ => Err(Refusal::no_endpoint()),
    }
}

/// The markets asked for; those that are not listed are left out of the answer, as the venue does.
fn symbols(query: &Query, class: Class) -> Result<Vec<MarketId>> {
    let names = query.list("symbols");
    if names.is_empty() {
        return Err(Refusal::invalid("symbols is required"));
    }
    let exact = |name: &&str| ASSETS.iter().position(|asset| asset.class == class && asset.symbol == *name);
    Ok(names.iter().filter_map(exact).collect())
}

fn by_symbol(markets: &[MarketId], row: impl Fn(MarketId) -> Option<Value>) -> Value {
    let rows = markets.iter().filter_map(|market| Some((ASSETS[*market].symbol.to_owned(), row(*market)?)));
    Value::Object(rows.collect::<Map<_, _>>())
}

fn latest(venue: &Venue, what: &str, markets: &[MarketId]) -> Said {
    let engine = venue.engine.lock();
    let now_ns = venue.clock.now_ns();
    let rows = by_symbol(markets, |market| {
        let state = &engine.markets()[market];
        match what {
            "quotes" => Some(bars::quote(&engine, market, now_ns)),
            "trades" => state.last().map(|trade| bars::trade(market, trade)),
            "bars" => state.candles(1, 0, 1).last().map(|candle| bars::bar(market, candle)),
            _ => {
                let (bids, asks) = engine.depth(market, DEPTH);
                Some(json!({ "t": rfc3339(now_ns), "b": bars::levels(&bids), "a": bars::levels(&asks) }))
            }
        }
    });
    ok(json!({ what: rows }))
}

fn history(venue: &Venue, what: &str, markets: &[MarketId], query: &Query) -> Said {
    let now_ns = venue.clock.now_ns();
    let limit = query.count("limit", USUAL, MOST)?;
    let today = moment(now_ns).date().midnight().assume_utc().unix_timestamp_nanos();
    let start = query.time("start")?.unwrap_or_else(|| i64::try_from(today).unwrap_or(0));
    let end = query.time("end")?.unwrap_or(now_ns);
    let falling = match query.get("sort") {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(Refusal::invalid("sort must be asc or desc")),
    };
    let minutes = if what == "bars" {
        let frame = query.get("timeframe").ok_or_else(|| Refusal::invalid("timeframe is required"))?;
        bars::minutes(frame)?
    } else {
        1
    };
    let skip: usize = match query.get("page_token") {
        None => 0,
        Some(token) => token
            .strip_prefix("offset-")
            .and_then(|offset| offset.parse().ok())
            .ok_or_else(|| Refusal::invalid("invalid page_token"))?,
    };
    let engine = venue.engine.lock();
    let mut all: Vec<(MarketId, Value)> = Vec::new();
    for &market in markets {
        let mut rows = rows(&engine, what, market, minutes, (start, end));
        if falling {
            rows.reverse();
        }
        all.extend(rows.into_iter().map(|row| (market, row)));
    }
    let more = all.len() > skip.saturating_add(limit);
    let mut out: Map<String, Value> = Map::new();
    for (market, row) in all.into_iter().skip(skip).take(limit) {
        let list = out.entry(ASSETS[market].symbol).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(row);
        }
    }
    let token = more.then(|| format!("offset-{}", skip + limit));
    ok(json!({ what: out, "next_page_token": token }))
}

/// Oldest first, from `start` to `end`, both in nanoseconds and both included.
fn rows(engine: &Engine, what: &str, market: MarketId, minutes: i64, (start, end): (i64, i64)) -> Vec<Value> {
    let state = &engine.markets()[market];
    let within = |ns: i64| ns >= start && ns <= end;
    match what {
        "bars" => {
            let since_s = start.div_euclid(1_000_000_000).max(0);
            let candles = state.candles(minutes, since_s, usize::MAX);
            let wanted = candles.iter().filter(|candle| within(candle.begin_s.saturating_mul(1_000_000_000)));
            wanted.map(|candle| bars::bar(market, candle)).collect()
        }
        "trades" => state
            .trades()
            .filter(|trade| within(trade.time_ns))
            .map(|trade| bars::trade(market, trade))
            .collect(),
        _ => {
            let now = |ns: i64| bars::quote(engine, market, ns);
            let spreads = state.spreads().filter(|spread| within(spread.time_ns));
            spreads
                .map(|spread| {
                    // Sizes of the past are not kept: those of now stand in for them.
                    let mut quote = now(spread.time_ns);
                    quote["bp"] = super::query::number(spread.bid);
                    quote["ap"] = super::query::number(spread.ask);
                    quote
                })
                .collect()
        }
    }
}

fn snapshot(engine: &Engine, market: MarketId, now_ns: i64) -> Value {
    let state = &engine.markets()[market];
    let days = state.candles(1_440, 0, 2);
    let bar = |candle: Option<&crate::engine::Candle>| candle.map(|candle| bars::bar(market, candle));
    let day_before = if days.len() == 2 { days.first() } else { None };
    json!({
        "latestTrade": state.last().map(|trade| bars::trade(market, trade)),
        "latestQuote": bars::quote(engine, market, now_ns),
        "minuteBar": bar(state.candles(1, 0, 1).last()),
        "dailyBar": bar(days.last()),
        "prevDailyBar": bar(day_before),
    })
}
