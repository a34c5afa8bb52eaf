//! An account's channels on one connection: `orders`, `account`, `balance_and_position`.

use super::account::{summary, uid};
use super::algo_calls;
use super::error::OkxError;
use super::instruments::{INSTRUMENTS, ms, plain};
use super::order_json::{common, fee, state};
use super::protocol::State;
use super::ws::{Refusal, refuse};
use crate::engine::{AccountId, Balance, Engine, ExecEvent, ExecKind, Fill};
use crate::faults::FaultKind;
use crate::venue::Venue;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One connection's subscriptions to an account.
#[derive(Debug, Default)]
pub(super) struct AccountChannels {
    /// By channel and the rest of their arguments.
    args: BTreeMap<(String, String), Value>,
    /// Number of the last event seen, and of the last change of balances.
    seen: u64,
    version: u64,
    /// Number of the last change of an algo order seen.
    algos: u64,
    balances: BTreeMap<String, Balance>,
}

fn name(channel: &str, arg: &Value) -> (String, String) {
    (channel.to_owned(), arg.to_string())
}

impl AccountChannels {
    /// Subscribes; returns what comes first.
    pub(super) fn add(
        &mut self,
        venue: &Venue,
        of: &State,
        account: AccountId,
        channel: &str,
        arg: &Value,
    ) -> Result<Vec<Value>, Refusal> {
        let text = |name: &str| arg.get(name).and_then(Value::as_str).unwrap_or_default();
        if matches!(channel, "orders" | "positions" | "orders-algo")
            && !matches!(
                text("instType"),
                "SPOT" | "MARGIN" | "SWAP" | "FUTURES" | "OPTION" | "EVENTS" | "ANY"
            )
        {
            let error = OkxError::parameter("instType");
            return refuse(60033, error.msg);
        }
        let engine = venue.engine.lock();
        if self.args.is_empty() {
            self.seen = engine.last_event(account);
            self.algos = of.algos.lock().last_change();
            let (balances, version) = engine.balances(account);
            (self.balances, self.version) = (balances.into_iter().collect(), version);
        }
        self.args.insert(name(channel, arg), arg.clone());
        let now_ns = venue.clock.now_ns();
        let held: Vec<(String, Balance)> =
            engine.balances(account).0.into_iter().filter(|(_, balance)| !balance.total.is_zero()).collect();
        let arg = with_uid(arg, account);
        Ok(match channel {
            "account" => {
                let data = summary(&engine, &held, now_ns);
                vec![
                    json!({ "arg": arg, "eventType": "snapshot", "curPage": 1, "lastPage": true, "data": [data] }),
                ]
            }
            "balance_and_position" => {
                vec![json!({ "arg": arg, "data": [cash("snapshot", &held, &[], now_ns)] })]
            }
            "positions" => vec![json!({ "arg": arg, "data": [] })],
            _ => Vec::new(),
        })
    }

    /// Unsubscribes; whether the channel has no subscription left.
    pub(super) fn remove(&mut self, channel: &str, arg: &Value) -> bool {
        self.args.remove(&name(channel, arg));
        !self.args.keys().any(|(known, _)| known == channel)
    }

    /// Messages for all that happened since the last call.
    pub(super) fn changes(&mut self, venue: &Venue, of: &State, account: AccountId) -> Vec<Value> {
        if self.args.is_empty() {
            return Vec::new();
        }
        let engine = venue.engine.lock();
        let now_ns = venue.clock.now_ns();
        let events: Vec<&ExecEvent> = engine.events_after(account, self.seen).collect();
        self.seen = events.last().map_or(self.seen, |event| event.seq);
        let mut out = Vec::new();
        for (at, event) in events.iter().enumerate() {
            // An execution that is an order's last says so itself.
            let next = events[at + 1..].iter().find(|next| next.order.id == event.order.id);
            let fills = next.is_some_and(|next| matches!(next.kind, ExecKind::Filled));
            let before = events[..at].iter().rev().find(|before| before.order.id == event.order.id);
            let told = before.is_some_and(|before| matches!(before.kind, ExecKind::Trade(_)));
            let Some(row) = report(&engine, of, event, fills, told) else { continue };
            for (_, arg) in self.args.iter().filter(|((channel, _), arg)| {
                channel == "orders" && wants(arg, INSTRUMENTS[event.order.ask.market].id)
            }) {
                let message = json!({ "arg": with_uid(arg, account), "data": [row] });
                let copies = if venue.hits_message(FaultKind::DuplicateReports) { 2 } else { 1 };
                out.extend(std::iter::repeat_n(message, copies));
            }
        }
        let fills: Vec<&Fill> = events
            .iter()
            .filter_map(|event| if let ExecKind::Trade(fill) = &event.kind { Some(fill) } else { None })
            .collect();
        out.extend(self.balances(&engine, account, &fills, now_ns));
        out.extend(self.algos(venue, of, account));
        out
    }

    /// Algo orders that changed.
    fn algos(&mut self, venue: &Venue, of: &State, account: AccountId) -> Vec<Value> {
        let algos = of.algos.lock();
        let changes = algos.changes_after(account, self.algos);
        self.algos = algos.last_change();
        let mut out = Vec::new();
        for algo in changes {
            let wanted = self.args.iter().filter(|((channel, _), arg)| {
                channel == "orders-algo" && wants(arg, INSTRUMENTS[algo.market].id)
            });
            for (_, arg) in wanted {
                let message = json!({ "arg": with_uid(arg, account), "data": [algo_calls::row(algo)] });
                let copies = if venue.hits_message(FaultKind::DuplicateReports) { 2 } else { 1 };
                out.extend(std::iter::repeat_n(message, copies));
            }
        }
        out
    }

    fn balances(&mut self, engine: &Engine, account: AccountId, fills: &[&Fill], now_ns: i64) -> Vec<Value> {
        let (balances, version) = engine.balances(account);
        if version == self.version {
            return Vec::new();
        }
        self.version = version;
        let (mut changed, mut moved) = (Vec::new(), Vec::new());
        for (ccy, balance) in balances {
            let old = self.balances.insert(ccy.clone(), balance).unwrap_or_default();
            if old.total != balance.total {
                moved.push((ccy.clone(), balance));
            }
            if old != balance {
                changed.push((ccy, balance));
            }
        }
        let mut out = Vec::new();
        for ((channel, _), arg) in &self.args {
            let arg = with_uid(arg, account);
            match channel.as_str() {
                "account" if !changed.is_empty() => {
                    let data = summary(engine, &changed, now_ns);
                    out.push(json!({ "arg": arg, "eventType": "event_update", "data": [data] }));
                }
                "balance_and_position" if !moved.is_empty() => {
                    let kind = if fills.is_empty() { "transferred" } else { "filled" };
                    out.push(json!({ "arg": arg, "data": [cash(kind, &moved, fills, now_ns)] }));
                }
                _ => {}
            }
        }
        out
    }
}

/// Whether a subscription to `orders` is for an instrument.
fn wants(arg: &Value, instrument: &str) -> bool {
    let text = |name: &str| arg.get(name).and_then(Value::as_str);
    matches!(text("instType"), Some("SPOT" | "ANY")) && text("instId").is_none_or(|id| id == instrument)
}

pub(super) fn with_uid(arg: &Value, account: AccountId) -> Value {
    let mut arg = arg.clone();
    arg["uid"] = json!(uid(account));
    arg
}

fn cash(kind: &str, balances: &[(String, Balance)], fills: &[&Fill], now_ns: i64) -> Value {
    let balances: Vec<Value> = balances
        .iter()
        .map(|(ccy, balance)| json!({ "ccy": ccy, "cashBal": plain(balance.total), "uTime": ms(now_ns) }))
        .collect();
    let trades: Vec<Value> = fills
        .iter()
        .map(|fill| json!({ "instId": INSTRUMENTS[fill.market].id, "tradeId": fill.trade_id.to_string() }))
        .collect();
    json!({ "pTime": ms(now_ns), "eventType": kind, "balData": balances, "posData": [], "trades": trades })
}

/// One order after an event; `None` for what OKX does not tell by itself. `fills`: this execution is its last; `told`: the
/// execution before it said that.
fn report(engine: &Engine, of: &State, event: &ExecEvent, fills: bool, told: bool) -> Option<Value> {
    let order = &event.order;
    let amended = matches!(event.kind, ExecKind::New) && event.time_ns != order.opened_ns;
    let (fill, state) = match &event.kind {
        ExecKind::PendingNew | ExecKind::Triggered => return None,
        ExecKind::Filled if told => return None,
        ExecKind::Trade(fill) if fills => (Some(fill), "filled"),
        ExecKind::Trade(fill) => (Some(fill), "partially_filled"),
        ExecKind::New | ExecKind::Filled | ExecKind::Canceled | ExecKind::Expired => (None, state(order)),
    };
    let mut out = common(of, order);
    let last = engine.markets()[order.ask.market].last_price();
    let price = order.ask.limit.unwrap_or(last);
    let worth = if order.ask.in_quote { order.ask.qty } else { order.ask.qty * price };
    let of_fill = |get: fn(&Fill) -> String| fill.map(get).unwrap_or_default();
    let instrument = &INSTRUMENTS[order.ask.market];
    let told = [
        ("state", state.to_owned()),
        ("uTime", ms(event.time_ns)),
        ("fillPx", of_fill(|fill| plain(fill.price))),
        ("fillSz", fill.map_or_else(|| "0".to_owned(), |fill| plain(fill.qty))),
        ("fillTime", of_fill(|fill| ms(fill.time_ns))),
        ("fillFee", fill.map_or_else(|| "0".to_owned(), |of| fee(of.fee))),
        ("fillFeeCcy", of_fill(|fill| fill.fee_asset.clone())),
        ("fillNotionalUsd", fill.map_or_else(String::new, |_| plain(order.cost.round_dp(8)))),
        ("fillPnl", "0".to_owned()),
        ("execType", of_fill(|fill| if fill.maker { "M" } else { "T" }.to_owned())),
        ("tradeId", of_fill(|fill| fill.trade_id.to_string())),
        ("notionalUsd", plain(worth.round_dp(8))),
        ("lastPx", plain(last)),
        ("avgPx", avg(order.avg_price(), instrument.price_decimals)),
        ("reqId", if amended { of.notes_of(order.id).req_id } else { String::new() }),
        ("amendResult", if amended { "0" } else { "" }.to_owned()),
        ("amendSource", if amended { "1" } else { "" }.to_owned()),
        ("code", "0".to_owned()),
        ("msg", String::new()),
    ];
    told.into_iter().for_each(|(name, value)| out[name] = json!(value));
    for name in ["fillPxVol", "fillPxUsd", "fillMarkVol", "fillFwdPx", "fillMarkPx", "fillIdxPx"] {
        out[name] = json!("");
    }
    Some(out)
}

/// `0` where nothing is filled (documented for this channel).
fn avg(price: Decimal, decimals: u32) -> String {
    plain(price.round_dp(decimals + 8))
}
