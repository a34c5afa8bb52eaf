//! A venue as the engine knows it.

use nija_core::{Executor, OrderId, VenueId};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{answers::VenueStatus, latch::Latch, send::Job, stats::Stats};
use crate::lane::Lane;

/// One venue: its executor, its lane and what is wrong with it.
pub(crate) struct Venue {
    pub(crate) id: VenueId,
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) lane: Arc<Lane<Job>>,
    up: AtomicBool,
    /// Whether its prices have come once, or the first try to get them has failed.
    tried: Latch,
    trouble: Mutex<Option<String>>,
    alarms: Mutex<BTreeMap<OrderId, String>>,
    /// How orders fared here.
    pub(crate) stats: Stats,
}

impl Venue {
    pub(crate) fn new(executor: Arc<dyn Executor>, lane: Arc<Lane<Job>>) -> Self {
        let id = executor.contract().venue.clone();
        Self {
            stats: Stats::new(&id),
            id,
            executor,
            lane,
            up: AtomicBool::new(false),
            tried: Latch::default(),
            trouble: Mutex::new(Some("not connected yet".to_owned())),
            alarms: Mutex::default(),
        }
    }

    /// Its market stream came up or went down.
    pub(crate) fn set_up(&self, up: bool, trouble: Option<String>) {
        self.up.store(up, Ordering::Relaxed);
        *self.trouble.lock() = trouble;
    }

    /// Its prices have come, or could not be had.
    pub(crate) fn set_tried(&self) {
        self.tried.set();
    }

    /// Waits for its first prices, or for the first failure to get them.
    pub(crate) async fn tried(&self) {
        self.tried.wait().await;
    }

    /// An order there needs a person.
    pub(crate) fn alarm(&self, order: OrderId, what: &str) {
        let new = self.alarms.lock().insert(order, what.to_owned()).is_none();
        if new {
            tracing::error!(venue = %self.id, %order, what, "an order needs a person");
            metrics::counter!("nija_order_alarms_total", "venue" => self.id.to_string()).increment(1);
        }
    }

    pub(crate) fn clear_alarm(&self, order: OrderId) {
        self.alarms.lock().remove(&order);
    }

    pub(crate) fn status(&self) -> VenueStatus {
        let contract = self.executor.contract();
        let alarms: Vec<String> = self.alarms.lock().values().cloned().collect();
        VenueStatus {
            venue: self.id.clone(),
            name: contract.name.to_owned(),
            needs_credential: contract.needs_credential,
            health: self.lane.health(),
            routing: self.stats.rolling(),
            in_doubt: self.stats.in_doubt(),
            alarms: alarms.len(),
            up: self.up.load(Ordering::Relaxed),
            detail: if alarms.is_empty() { self.trouble.lock().clone() } else { Some(alarms.join("; ")) },
        }
    }
}
