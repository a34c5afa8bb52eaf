//! A venue as the engine knows it.

use nija_core::{Executor, LimitScope, LimitUsage, OrderId, UserId, VenueError, VenueId};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{answers::VenueStatus, bans::KeptBan, fees::Pricing, latch::Latch, send::Job, stats::Stats};
use crate::{
    lane::{Heard, Lane},
    planted::{Bug, planted},
};

/// One venue: its executor, its lane and what is wrong with it.
pub(crate) struct Venue {
    pub(crate) id: VenueId,
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) lane: Arc<Lane<Job>>,
    pub(super) kept_ban: KeptBan,
    up: AtomicBool,
    /// Whether its prices have come once, or the first try to get them has failed.
    tried: Latch,
    /// Whether it has said what it lists.
    pub(super) listed: Latch,
    pub(super) pricing: Pricing,
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
            kept_ban: KeptBan::default(),
            up: AtomicBool::new(false),
            tried: Latch::default(),
            listed: Latch::default(),
            pricing: Pricing::default(),
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

    /// What a call says of the venue.
    pub(crate) fn heard<T>(&self, outcome: &Result<T, VenueError>) -> Heard {
        match Heard::of(outcome) {
            Heard::Limited(_, word) if planted(Bug::HoldsAllForOne) => Heard::Limited(LimitScope::Ip, word),
            heard => heard,
        }
    }

    /// What the venue says is used up of its limits: of everybody's, and of this user's own.
    pub(crate) fn limits_used(&self, user: Option<UserId>) -> Vec<LimitUsage> {
        self.executor.limits_used(user)
    }

    /// It wants nothing sent for so long, so nothing was.
    pub(crate) fn silent_for(&self, wait: Duration) -> VenueError {
        let (venue, scope) = (self.id.clone(), LimitScope::Ip);
        VenueError::RateLimited { venue, scope, banned: false, retry_after: Some(wait) }
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
            detail: if alarms.is_empty() {
                self.trouble.lock().clone().or_else(|| self.lane.imposed())
            } else {
                Some(alarms.join("; "))
            },
        }
    }
}
