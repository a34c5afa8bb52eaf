//! The account stream: `trade_updates` ("Websocket Streaming").

use super::assets::ASSETS;
use super::auth;
use super::ids;
use super::order_json;
use super::query::rfc3339;
use super::state::State;
use super::ws::{Out, Sort};
use crate::engine::{AccountId, Engine, ExecEvent, ExecKind, Fill, Status};
use crate::venue::Venue;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;

/// One connection.
pub(crate) struct AccountStream {
    venue: Arc<Venue>,
    state: Arc<Mutex<State>>,
    account: Option<AccountId>,
    /// Number of the last event seen, once there is something to listen to.
    seen: Option<u64>,
}

impl AccountStream {
    pub(crate) fn new(venue: Arc<Venue>, state: Arc<Mutex<State>>) -> Self {
        Self { venue, state, account: None, seen: None }
    }

    pub(crate) fn request(&mut self, message: Option<Value>) -> Vec<Out> {
        let Some(message) = message else {
            return vec![answer("listening", &json!({ "error": "internal server error" }))];
        };
        match message["action"].as_str() {
            Some(action @ ("authenticate" | "auth")) => {
                let caller = self.authenticate(&message);
                self.account = caller.or(self.account);
                let status = if caller.is_some() { "authorized" } else { "unauthorized" };
                vec![answer("authorization", &json!({ "status": status, "action": action }))]
            }
            Some("listen") => {
                let Some(account) = self.account else {
                    let status = json!({ "status": "unauthorized", "action": "listen" });
                    return vec![answer("authorization", &status)];
                };
                let wanted = message["data"]["streams"].as_array();
                let listens = wanted.is_some_and(|streams| streams.iter().any(|one| one == "trade_updates"));
                self.seen = listens.then(|| self.venue.engine.lock().last_event(account));
                let streams: &[&str] = if listens { &["trade_updates"] } else { &[] };
                vec![answer("listening", &json!({ "streams": streams }))]
            }
            _ => vec![answer("listening", &json!({ "error": "unknown action" }))],
        }
    }

    /// Keys stand in `data` or beside the action; an OAuth token in `data`.
    fn authenticate(&self, message: &Value) -> Option<AccountId> {
        let data = &message["data"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if let Some(token) = text(&data["oauth_token"]) {
            return auth::by_token(&self.venue, &token).ok().map(|caller| caller.account);
        }
        let key = text(&data["key_id"]).or_else(|| text(&message["key"]))?;
        let secret = text(&data["secret_key"]).or_else(|| text(&message["secret"]))?;
        auth::by_pair(&self.venue, &key, &secret).ok().map(|caller| caller.account)
    }

    pub(crate) fn changes(&mut self) -> Vec<Out> {
        let (Some(account), Some(seen)) = (self.account, self.seen) else {
            return Vec::new();
        };
        let engine = self.venue.engine.lock();
        let state = self.state.lock();
        let mut out = Vec::new();
        let mut events = engine.events_after(account, seen).peekable();
        while let Some(event) = events.next() {
            self.seen = Some(event.seq);
            let told = match &event.kind {
                // The stop of a pair of exits is told of as held, and is never new.
                ExecKind::PendingNew | ExecKind::New
                    if order_json::is_held_leg(&event.order, &state.meta(event.order.id)) =>
                {
                    let held = matches!(event.kind, ExecKind::New);
                    held.then(|| update(&engine, &state, event, "held", None))
                }
                ExecKind::PendingNew => Some(update(&engine, &state, event, "pending_new", None)),
                ExecKind::New => Some(update(&engine, &state, event, "new", None)),
                ExecKind::Trade(fill) => {
                    // An order's last execution and its end are one event here.
                    let ends = |next: &ExecEvent| {
                        matches!(next.kind, ExecKind::Filled) && next.order.id == event.order.id
                    };
                    match events.next_if(|next| ends(next)) {
                        Some(end) => {
                            self.seen = Some(end.seq);
                            Some(update(&engine, &state, end, "fill", Some(fill)))
                        }
                        None => Some(update(&engine, &state, event, "partial_fill", Some(fill))),
                    }
                }
                ExecKind::Canceled => {
                    let replaced = state.meta(event.order.id).replaced_by.is_some();
                    let name = if replaced { "replaced" } else { "canceled" };
                    Some(update(&engine, &state, event, name, None))
                }
                ExecKind::Expired => Some(update(&engine, &state, event, "expired", None)),
                // Triggers are not told; an end without an execution beside it cannot be.
                ExecKind::Triggered | ExecKind::Filled => None,
            };
            out.extend(told);
        }
        out
    }
}

fn update(engine: &Engine, state: &State, event: &ExecEvent, name: &str, fill: Option<&Fill>) -> Out {
    // With its ids alone: legs are not documented to be there.
    let mut order = order_json::order(engine, state, &event.order, false);
    order["updated_at"] = json!(rfc3339(event.time_ns));
    if event.order.status == Status::Open && event.order.filled.is_zero() {
        let status = match name {
            "pending_new" if !engine.is_held(event.order.id) => Some("pending_new"),
            "new" => Some("new"),
            _ => None,
        };
        if let Some(status) = status {
            order["status"] = json!(status);
        }
    }
    let mut data = json!({
        "event": name,
        "execution_id": fill.map_or_else(|| ids::event(event.seq), |fill| ids::execution(fill.id)),
        "order": order,
        "timestamp": rfc3339(event.time_ns),
    });
    if let Some(fill) = fill {
        let held = engine.balance(event.order.ask.account, ASSETS[fill.market].base).total;
        data["price"] = json!(fill.price.normalize().to_string());
        data["qty"] = json!(fill.qty.normalize().to_string());
        data["position_qty"] = json!(held.normalize().to_string());
    }
    Out { body: json!({ "stream": "trade_updates", "data": data }), sort: Sort::Update }
}

fn answer(stream: &str, data: &Value) -> Out {
    Out { body: json!({ "stream": stream, "data": data }), sort: Sort::Answer }
}
