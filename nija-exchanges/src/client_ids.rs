//! Which client id an order was placed under, for venues whose executions do not say it.

use nija_core::VenueClientId;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};

/// Client ids by the venue's order ids, the newest of them. `Some(None)` is an order made elsewhere. A venue that must know
/// more of an order than its client id keeps that here.
#[derive(Debug)]
pub(crate) struct ClientIds<V = Option<VenueClientId>>(Mutex<Known<V>>);

#[derive(Debug)]
struct Known<V> {
    ids: HashMap<String, V>,
    oldest: VecDeque<String>,
}

impl<V> Default for ClientIds<V> {
    fn default() -> Self {
        Self(Mutex::new(Known { ids: HashMap::new(), oldest: VecDeque::new() }))
    }
}

impl<V: Clone> ClientIds<V> {
    const KEPT: usize = 50_000;

    pub(crate) fn learn(&self, order: &str, id: V) {
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

    pub(crate) fn get(&self, order: &str) -> Option<V> {
        self.0.lock().ids.get(order).cloned()
    }
}
