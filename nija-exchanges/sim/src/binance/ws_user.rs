//! An account's own events, from the engine's log.

use super::format::{eight, ms};
use super::orders::{
    asked, asked_quote, cancel_id, client_id, ended_by_its_list, list, list_id, list_is_open, side, status,
    tif, type_name,
};
use super::protocol::State;
use super::symbols::SYMBOLS;
use crate::engine::{AccountId, Balance, Engine, ExecEvent, ExecKind, Fill, LinkId};
use crate::faults::FaultKind;
use crate::venue::Venue;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One subscription to an account's events.
#[derive(Debug)]
pub(super) struct UserEvents {
    account: AccountId,
    /// Number of the last event seen.
    seen: u64,
    balances: BTreeMap<String, Balance>,
    version: u64,
    /// Order lists whose beginning was told and whose end was not.
    lists: BTreeSet<LinkId>,
}

impl UserEvents {
    /// From now on.
    pub(super) fn new(venue: &Venue, account: AccountId) -> Self {
        let engine = venue.engine.lock();
        let (balances, version) = engine.balances(account);
        let open = engine.links_of(account).filter(|link| list_is_open(&engine, *link)).collect();
        Self {
            account,
            seen: engine.last_event(account),
            balances: balances.into_iter().collect(),
            version,
            lists: open,
        }
    }

    /// Events for all that happened since the last call.
    pub(super) fn changes(&mut self, venue: &Venue, state: &State) -> Vec<Value> {
        let engine = venue.engine.lock();
        let now_ms = ms(venue.clock.now_ns());
        let events: Vec<&ExecEvent> = engine.events_after(self.account, self.seen).collect();
        let mut out = Vec::new();
        for (at, event) in events.iter().enumerate() {
            self.seen = event.seq;
            if let Some(link) = event.order.link.filter(|_| matches!(event.kind, ExecKind::New))
                && self.lists.insert(link)
            {
                out.push(list_status(&engine, state, link, true, now_ms));
            }
            // An execution that is an order's last says so itself.
            let last = events[at + 1..].iter().find(|next| next.order.id == event.order.id);
            let fills = last.is_some_and(|next| matches!(next.kind, ExecKind::Filled));
            let Some(report) = report(event, fills, now_ms) else { continue };
            let copies = if venue.hits_message(FaultKind::DuplicateReports) { 2 } else { 1 };
            out.extend(std::iter::repeat_n(report, copies));
        }
        let over: Vec<LinkId> =
            self.lists.iter().copied().filter(|link| !list_is_open(&engine, *link)).collect();
        for link in over {
            self.lists.remove(&link);
            out.push(list_status(&engine, state, link, false, now_ms));
        }
        out.extend(self.position(&engine, now_ms));
        out
    }

    /// The balances that changed.
    fn position(&mut self, engine: &Engine, now_ms: i64) -> Option<Value> {
        let (balances, version) = engine.balances(self.account);
        if version == self.version {
            return None;
        }
        self.version = version;
        let mut changed = Vec::new();
        for (asset, balance) in balances {
            if self.balances.insert(asset.clone(), balance) != Some(balance) {
                changed
                    .push(json!({ "a": asset, "f": eight(balance.available()), "l": eight(balance.held) }));
            }
        }
        (!changed.is_empty())
            .then(|| json!({ "e": "outboundAccountPosition", "E": now_ms, "u": now_ms, "B": changed }))
    }
}

/// An `executionReport`; `None` for what Binance does not tell by itself.
fn report(event: &ExecEvent, fills: bool, now_ms: i64) -> Option<Value> {
    let order = &event.order;
    let (execution, fill): (&str, Option<&Fill>) = match &event.kind {
        ExecKind::PendingNew | ExecKind::Filled => return None,
        ExecKind::New | ExecKind::Triggered => ("NEW", None),
        ExecKind::Trade(fill) => ("TRADE", Some(fill)),
        ExecKind::Canceled => match status(order) {
            "CANCELED" => ("CANCELED", None),
            "EXPIRED_IN_MATCH" => ("TRADE_PREVENTION", None),
            _ => ("EXPIRED", None),
        },
        ExecKind::Expired => ("EXPIRED", None),
    };
    let status = match &event.kind {
        ExecKind::New | ExecKind::Triggered => "NEW",
        ExecKind::Trade(_) if fills || (!order.ask.in_quote && order.remaining().is_zero()) => "FILLED",
        ExecKind::Trade(_) => "PARTIALLY_FILLED",
        _ => status(order),
    };
    let cancel = execution == "CANCELED" && !ended_by_its_list(order);
    let (id, original) =
        if cancel { (cancel_id(order), client_id(order)) } else { (client_id(order).to_owned(), "") };
    let waits = order.ask.order_type.is_triggered() && !order.triggered;
    Some(json!({
        "e": "executionReport",
        "E": now_ms,
        "s": SYMBOLS[order.ask.market].name,
        "c": id,
        "S": side(order.ask.side),
        "o": type_name(order),
        "f": tif(order),
        "q": eight(asked(order)),
        "p": eight(order.ask.limit.unwrap_or_default()),
        "P": eight(order.ask.trigger.unwrap_or_default()),
        "F": "0.00000000",
        "g": list_id(order),
        "C": original,
        "x": execution,
        "X": status,
        "r": "NONE",
        "i": order.id,
        "l": eight(fill.map(|fill| fill.qty).unwrap_or_default()),
        "z": eight(order.filled),
        "L": eight(fill.map(|fill| fill.price).unwrap_or_default()),
        "n": fill.map_or_else(|| "0".to_owned(), |fill| eight(fill.fee)),
        "N": fill.map(|fill| fill.fee_asset.as_str()),
        "T": ms(event.time_ns),
        "t": fill.map_or_else(|| json!(-1), |fill| json!(fill.trade_id)),
        "I": event.seq,
        "w": order.status.is_open() && !waits,
        "m": fill.is_some_and(|fill| fill.maker),
        "M": fill.is_some(),
        "O": ms(order.opened_ns),
        "Z": eight(order.cost),
        "Y": eight(fill.map(|fill| fill.cost).unwrap_or_default()),
        "Q": eight(asked_quote(order)),
        "W": ms(order.opened_ns),
        "V": "EXPIRE_TAKER",
    }))
}

fn list_status(engine: &Engine, state: &State, link: LinkId, began: bool, now_ms: i64) -> Value {
    let name = state.list_names.lock().get(&link).cloned().unwrap_or_default();
    let about = list(engine, link, &name);
    let orders: Vec<Value> = about["orders"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|order| json!({ "s": order["symbol"], "i": order["orderId"], "c": order["clientOrderId"] }))
        .collect();
    json!({
        "e": "listStatus",
        "E": now_ms,
        "s": about["symbol"],
        "g": link,
        "c": "OCO",
        "l": if began { "EXEC_STARTED" } else { "ALL_DONE" },
        "L": if began { "EXECUTING" } else { "ALL_DONE" },
        "r": "NONE",
        "C": name,
        "T": now_ms,
        "O": orders,
    })
}
