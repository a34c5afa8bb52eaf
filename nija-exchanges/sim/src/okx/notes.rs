//! What OKX tells of an order and the engine does not keep.

use super::algo::Algo;
use super::protocol::State;
use crate::engine::{Engine, OrderId};
use rust_decimal::Decimal;

/// Notes kept before those of forgotten orders are thrown away.
const KEPT: usize = 50_000;

/// One order's notes.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    /// The quantity as asked, in what `tgt_ccy` says.
    pub(super) sz: Decimal,
    /// `base_ccy` or `quote_ccy` of a market order, else empty.
    pub(super) tgt_ccy: &'static str,
    pub(super) tag: String,
    /// The client's id of the last amendment.
    pub(super) req_id: String,
    /// Where the order came from: empty for one that was sent, else OKX's code.
    pub(super) source: &'static str,
    /// The algo order that it came from, and the client's id of that.
    pub(super) algo: Option<(u64, String)>,
    /// The stops that wait once it is filled.
    pub(super) attached: Option<Box<Algo>>,
}

impl State {
    /// Keeps an order's notes; while the engine is held, so that nobody sees the order without them.
    pub(super) fn note(&self, engine: &Engine, id: OrderId, notes: Notes) {
        let mut all = self.notes.lock();
        if all.len() >= KEPT {
            all.retain(|id, _| engine.order(*id).is_some());
        }
        if notes.attached.is_some() {
            self.attached.lock().insert(id);
        }
        all.insert(id, notes);
    }

    pub(super) fn notes_of(&self, id: OrderId) -> Notes {
        self.notes.lock().get(&id).cloned().unwrap_or_default()
    }
}
