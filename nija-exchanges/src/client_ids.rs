//! Which client id an order was placed under, for venues whose executions do not say it.

use nija_core::VenueClientId;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};

/// Client ids by the venue's order ids, the newest of them. `Some(None)` is an order made elsewhere.
#[derive(Debug, Default)]
pub(crate) struct ClientIds(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    ids: HashMap<String, Option<VenueClientId>>,
    oldest: VecDeque<String>,
}

impl ClientIds {
    const KEPT: usize = 50_000;

    pub(crate) fn learn(&self, order: &str, id: Option<VenueClientId>) {
        let mut known = self.0.lock();
        if known.ids.insert(order.to_owned(), id).is_none() {
            known.oldest.push_back(order.to_owned());
        }
        while known.oldest.len() > Self::KEPT {
            if let Some(oldest) = known.oldest.pop_front() {
                known.ids.remove(&oldest);
            }
        }
    }

    pub(crate) fn get(&self, order: &str) -> Option<Option<VenueClientId>> {
        self.0.lock().ids.get(order).copied()
    }
}
