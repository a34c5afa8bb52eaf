//! A price stream ("WebSocket Stream"): greeted, authenticated, subscribed; every message is an array.

use super::assets::{ASSETS, Class};
use super::auth;
use super::bars;
use super::query::{number, rfc3339};
use super::ws::{Kind, Out, Sort};
use crate::engine::{Candle, Engine, MarketId, PriceLevel};
use crate::venue::Venue;
use axum::http::HeaderMap;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Levels of a streamed book.
const DEPTH: usize = 100;

/// Channels of both kinds; books are crypto's alone.
const CHANNELS: [&str; 6] = ["trades", "quotes", "bars", "updatedBars", "dailyBars", "orderbooks"];

/// What a market's channel was sent last.
#[derive(Debug, Default)]
struct Sent {
    trade: u64,
    quote: Option<(Value, Value, Value, Value)>,
    bar: Option<Candle>,
    book: Option<[BTreeMap<Decimal, Decimal>; 2]>,
}

/// One connection.
pub(crate) struct DataStream {
    venue: Arc<Venue>,
    class: Class,
    /// Whether the keys in the request's headers were right, or those of a message since.
    authenticated: bool,
    by_headers: bool,
    wanted: BTreeMap<&'static str, BTreeSet<String>>,
    sent: BTreeMap<MarketId, Sent>,
}

impl DataStream {
    pub(crate) fn new(venue: Arc<Venue>, kind: Kind, headers: &HeaderMap) -> Self {
        let class = if kind == Kind::Crypto { Class::Crypto } else { Class::Stock };
        // OAuth tokens are not taken here.
        let pair = headers.contains_key("apca-api-key-id");
        let by_headers = pair && auth::by_headers(&venue, headers).is_ok_and(|caller| caller.data);
        Self {
            venue,
            class,
            authenticated: by_headers,
            by_headers,
            wanted: BTreeMap::new(),
            sent: BTreeMap::new(),
        }
    }

    pub(crate) fn greet(&mut self) -> Vec<Out> {
        let mut out = vec![answer(json!({ "T": "success", "msg": "connected" }))];
        if self.by_headers {
            out.push(answer(json!({ "T": "success", "msg": "authenticated" })));
        }
        out
    }

    pub(crate) fn request(&mut self, message: Option<Value>) -> Vec<Out> {
        let Some(message) = message.filter(Value::is_object) else {
            return vec![error(400, "invalid syntax")];
        };
        match message["action"].as_str() {
            Some("auth") if self.authenticated => vec![error(403, "already authenticated")],
            Some("auth") => {
                let (key, secret) = (message["key"].as_str(), message["secret"].as_str());
                let caller = auth::by_pair(&self.venue, key.unwrap_or_default(), secret.unwrap_or_default());
                self.authenticated = caller.is_ok_and(|caller| caller.data);
                if self.authenticated {
                    vec![answer(json!({ "T": "success", "msg": "authenticated" }))]
                } else {
                    vec![error(402, "auth failed")]
                }
            }
            Some("subscribe" | "unsubscribe") if !self.authenticated => vec![error(401, "not authenticated")],
            Some("subscribe") => self.subscribe(&message, true),
            Some("unsubscribe") => self.subscribe(&message, false),
            _ => vec![error(400, "invalid syntax")],
        }
    }

    fn subscribe(&mut self, message: &Value, on: bool) -> Vec<Out> {
        let mut fresh_books = Vec::new();
        for channel in self.channels() {
            let Some(names) = message.get(channel) else { continue };
            let Some(names) = names.as_array() else { return vec![error(400, "invalid syntax")] };
            for name in names {
                let Some(name) = name.as_str() else { return vec![error(400, "invalid syntax")] };
                let wanted = self.wanted.entry(channel).or_default();
                if !on {
                    wanted.remove(name);
                } else if wanted.insert(name.to_owned()) && channel == "orderbooks" {
                    fresh_books.extend(self.markets_of(name));
                }
            }
        }
        let mut told = json!({ "T": "subscription" });
        for channel in self.channels() {
            told[channel] = json!(self.wanted.get(channel).cloned().unwrap_or_default());
        }
        let mut out = vec![answer(told)];
        // A subscriber is not sent the past, but for the whole book.
        let engine = self.venue.engine.lock();
        let now_ns = self.venue.clock.now_ns();
        let mut known: Vec<MarketId> = Vec::new();
        for channel in ["trades", "bars", "quotes", "orderbooks"] {
            for name in self.wanted.get(channel).into_iter().flatten() {
                known.extend(self.markets_of(name));
            }
        }
        for market in known {
            let state = &engine.markets()[market];
            self.sent.entry(market).or_insert_with(|| Sent {
                trade: state.last().map_or(0, |trade| trade.id),
                bar: state.candles(1, 0, 1).last().copied(),
                ..Sent::default()
            });
        }
        for market in fresh_books {
            let sent = self.sent.entry(market).or_default();
            sent.book = None;
            out.extend(book(&engine, market, now_ns, sent));
        }
        out
    }

    fn channels(&self) -> impl Iterator<Item = &'static str> + use<> {
        let books = self.class == Class::Crypto;
        CHANNELS.into_iter().filter(move |channel| books || *channel != "orderbooks")
    }

    /// The markets that a name stands for; `*` is all of this stream.
    fn markets_of(&self, name: &str) -> Vec<MarketId> {
        let class = self.class;
        let fits = |(_, asset): &(usize, &super::assets::Asset)| {
            asset.class == class && (name == "*" || asset.symbol == name)
        };
        ASSETS.iter().enumerate().filter(fits).map(|(market, _)| market).collect()
    }

    fn wants(&self, channel: &str, market: MarketId) -> bool {
        let names = self.wanted.get(channel);
        names.is_some_and(|names| names.contains("*") || names.contains(ASSETS[market].symbol))
    }

    /// Messages for all that changed.
    pub(crate) fn changes(&mut self) -> Vec<Out> {
        if !self.authenticated || self.sent.is_empty() {
            return Vec::new();
        }
        let venue = Arc::clone(&self.venue);
        let engine = venue.engine.lock();
        let now_ns = venue.clock.now_ns();
        let still = venue.streams.stale_book.load(Ordering::Relaxed);
        let mut sent = std::mem::take(&mut self.sent);
        let mut out = Vec::new();
        for (&market, sent) in &mut sent {
            if self.wants("trades", market) {
                trades(&engine, market, sent, &mut out);
            }
            if self.wants("quotes", market) {
                quote(&engine, market, now_ns, sent, &mut out);
            }
            if self.wants("bars", market) {
                bar(&engine, market, sent, &mut out);
            }
            if self.wants("orderbooks", market) && !still {
                out.extend(book(&engine, market, now_ns, sent));
            }
        }
        self.sent = sent;
        out
    }
}

fn trades(engine: &Engine, market: MarketId, sent: &mut Sent, out: &mut Vec<Out>) {
    let fresh: Vec<Value> = engine.markets()[market]
        .trades()
        .filter(|trade| trade.id > sent.trade)
        .map(|trade| with(bars::trade(market, trade), "t", market))
        .collect();
    if let Some(last) = engine.markets()[market].last() {
        sent.trade = sent.trade.max(last.id);
    }
    if !fresh.is_empty() {
        out.push(Out { body: Value::Array(fresh), sort: Sort::Prices });
    }
}

fn quote(engine: &Engine, market: MarketId, now_ns: i64, sent: &mut Sent, out: &mut Vec<Out>) {
    let quote = bars::quote(engine, market, now_ns);
    let now = (quote["bp"].clone(), quote["bs"].clone(), quote["ap"].clone(), quote["as"].clone());
    if sent.quote.as_ref() != Some(&now) {
        sent.quote = Some(now);
        out.push(Out { body: json!([with(quote, "q", market)]), sort: Sort::Prices });
    }
}

/// A minute's bar once the next minute has begun.
fn bar(engine: &Engine, market: MarketId, sent: &mut Sent, out: &mut Vec<Out>) {
    let candles = engine.markets()[market].candles(1, 0, 2);
    let newest = candles.last().copied();
    if let (Some(old), Some(new), [done, _]) = (sent.bar, newest, &candles[..])
        && new.begin_s > old.begin_s
    {
        out.push(Out { body: json!([with(bars::bar(market, done), "b", market)]), sort: Sort::Prices });
    }
    sent.bar = newest;
}

/// The whole book at first, then what changed; a size of zero takes a level away.
fn book(engine: &Engine, market: MarketId, now_ns: i64, sent: &mut Sent) -> Option<Out> {
    let (bids, asks) = engine.depth(market, DEPTH);
    let collect = |levels: &[PriceLevel]| {
        levels.iter().map(|level| (level.price, level.qty)).collect::<BTreeMap<_, _>>()
    };
    let now = [collect(&bids), collect(&asks)];
    let mut message = json!({ "T": "o", "S": ASSETS[market].symbol, "t": rfc3339(now_ns) });
    match &sent.book {
        None => {
            message["b"] = json!(bars::levels(&bids));
            message["a"] = json!(bars::levels(&asks));
            message["r"] = json!(true);
        }
        Some(before) if *before == now => return None,
        Some([old_bids, old_asks]) => {
            message["b"] = changed(old_bids, &now[0]);
            message["a"] = changed(old_asks, &now[1]);
        }
    }
    sent.book = Some(now);
    Some(Out { body: json!([message]), sort: Sort::Prices })
}

fn changed(old: &BTreeMap<Decimal, Decimal>, new: &BTreeMap<Decimal, Decimal>) -> Value {
    let gone = old.keys().filter(|price| !new.contains_key(price)).map(|price| (*price, Decimal::ZERO));
    let fresh = new.iter().filter(|(price, qty)| old.get(price) != Some(qty)).map(|(p, q)| (*p, *q));
    gone.chain(fresh).map(|(price, qty)| json!({ "p": number(price), "s": number(qty) })).collect()
}

fn with(mut row: Value, kind: &str, market: MarketId) -> Value {
    row["T"] = json!(kind);
    row["S"] = json!(ASSETS[market].symbol);
    row
}

fn answer(message: Value) -> Out {
    Out { body: Value::Array(vec![message]), sort: Sort::Answer }
}

fn error(code: u16, words: &str) -> Out {
    answer(json!({ "T": "error", "code": code, "msg": words }))
}
