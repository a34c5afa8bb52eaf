//! The `user` channel: the account's orders, as totals.

use super::ids::{self, Kind};
use super::order_json::View;
use super::ws::Said;
use crate::engine::{AccountId, ExecKind};
use crate::faults::FaultKind;
use crate::venue::Venue;
use serde_json::{Value, json};

/// Orders in one message of a snapshot (WebSocket channels, user).
const BATCH: usize = 50;

/// One connection's user channel.
#[derive(Debug)]
pub(super) struct UserChannel {
    account: AccountId,
    /// Number of the last event seen.
    seen: u64,
}

impl UserChannel {
    /// Starts it: open orders first.
    pub(super) fn start(venue: &Venue, account: AccountId) -> (Self, Vec<Said>) {
        let engine = venue.engine.lock();
        let open: Vec<Value> = engine
            .open_orders(account)
            .filter_map(|order| View::of(&engine, order))
            .filter(View::is_open)
            .map(|view| view.stream(None))
            .collect();
        let mut out: Vec<Said> = open.chunks(BATCH).map(|some| said("snapshot", some)).collect();
        if out.is_empty() {
            out.push(said("snapshot", &[]));
        }
        (Self { account, seen: engine.last_event(account) }, out)
    }

    /// What the channel calls its subscriber.
    pub(super) fn id(&self) -> String {
        ids::id(Kind::User, self.account as u64)
    }

    /// Messages for all that happened since the last call.
    pub(super) fn changes(&mut self, venue: &Venue) -> Vec<Said> {
        let mut out = Vec::new();
        let engine = venue.engine.lock();
        for event in engine.events_after(self.account, self.seen) {
            self.seen = event.seq;
            let view = View::of_logged(&engine, &event.order);
            let status = match event.kind {
                ExecKind::PendingNew => Some("PENDING"),
                _ => None,
            };
            let order = view.stream(status);
            let copies = if venue.hits_message(FaultKind::DuplicateReports) { 2 } else { 1 };
            for _ in 0..copies {
                out.push(said("update", std::slice::from_ref(&order)));
            }
        }
        out
    }
}

fn said(kind: &str, orders: &[Value]) -> Said {
    let positions = json!({ "perpetual_futures_positions": [], "expiring_futures_positions": [] });
    let event = json!({ "type": kind, "orders": orders, "positions": positions });
    Said { channel: "user", events: json!([event]) }
}
