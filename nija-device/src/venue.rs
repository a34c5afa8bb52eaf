//! One venue as the phone has it.

use nija_core::{
    Authenticator, Clock, Executor, Instrument, Symbol, Timestamp, VenueClientId, VenueError, VenueId,
};
use nija_exchanges::VenueConfig;
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc, time::Duration};

use crate::{books::Book, held::Held, nonces::Nonces, sealed::DeviceKeyInfo};

/// A venue's rules are asked for again after this.
const RULES_KEPT: Duration = Duration::from_secs(3600);

/// An open key.
#[derive(Clone)]
pub(crate) struct OpenKey {
    pub(crate) info: Arc<DeviceKeyInfo>,
    pub(crate) held: Arc<Held>,
    pub(crate) nonces: Arc<Nonces>,
}

/// A venue, the key that is open for it, and the orders that the phone has there.
pub(crate) struct Place {
    pub(crate) venue: VenueId,
    pub(crate) executor: Arc<dyn Executor>,
    pub(crate) authenticator: Option<Arc<dyn Authenticator>>,
    pub(crate) key: Mutex<Option<OpenKey>>,
    /// One change at a time; `None` before they were read.
    pub(crate) book: tokio::sync::Mutex<Option<Book>>,
    /// When this process began, by the clock that nobody sets: nothing that an earlier one sent was sent after it.
    pub(crate) began: Timestamp,
    /// Since when this process waits for what it sent or found on record, by the clock that nobody sets; what is not here was sent before it began.
    pub(crate) waiting: Mutex<HashMap<VenueClientId, Timestamp>>,
    rules: Mutex<Option<(Timestamp, HashMap<Symbol, Instrument>)>>,
}

impl Place {
    pub(crate) fn open(
        config: &VenueConfig,
        clock: &Arc<dyn Clock>,
        steady: &dyn Clock,
    ) -> Result<Self, VenueError> {
        let opened = config.open(clock)?;
        Ok(Self {
            venue: config.venue().clone(),
            executor: opened.executor,
            authenticator: opened.authenticator,
            key: Mutex::new(None),
            book: tokio::sync::Mutex::new(None),
            began: steady.now(),
            waiting: Mutex::new(HashMap::new()),
            rules: Mutex::new(None),
        })
    }

    /// The venue's rules for a pair.
    pub(crate) async fn rules(&self, symbol: &Symbol, now: Timestamp) -> Result<Instrument, VenueError> {
        let not_listed = || VenueError::NotListed { venue: self.venue.clone(), symbol: symbol.clone() };
        if let Some((at, rules)) = &*self.rules.lock()
            && now.since(*at) < RULES_KEPT
        {
            return rules.get(symbol).cloned().ok_or_else(not_listed);
        }
        let listed = self.executor.instruments().await?;
        let rules: HashMap<_, _> = listed.into_iter().map(|one| (one.symbol.clone(), one)).collect();
        let found = rules.get(symbol).cloned().ok_or_else(not_listed);
        *self.rules.lock() = Some((now, rules));
        found
    }
}
