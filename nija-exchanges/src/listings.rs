//! A venue's list of instruments, read when it is first needed and again when a symbol is missing from it.

use arc_swap::ArcSwapOption;
use nija_core::{Clock, Instrument, Symbol, Timestamp, VenueError, VenueId};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// A symbol that is not in the list makes it be read again, at most this often.
const REREAD: Duration = Duration::from_secs(60);

/// A venue's own map of its list.
pub(crate) trait SymbolList {
    /// What it knows of an instrument.
    type Listed;

    fn by_symbol(&self) -> &HashMap<Symbol, Arc<Self::Listed>>;

    fn instrument(listed: &Self::Listed) -> &Instrument;

    fn get(&self, symbol: &Symbol) -> Option<&Arc<Self::Listed>> {
        self.by_symbol().get(symbol)
    }

    fn instruments(&self) -> Vec<Instrument> {
        let mut all: Vec<_> =
            self.by_symbol().values().map(|listed| Self::instrument(listed).clone()).collect();
        all.sort_by(|a, b| a.symbol.cmp(&b.symbol));
        all
    }
}

/// The list as last read. `M` is the venue's own map of it.
#[derive(Debug)]
pub(crate) struct Listings<M> {
    venue: VenueId,
    clock: Arc<dyn Clock>,
    map: ArcSwapOption<M>,
    /// When it was last read.
    read_at: tokio::sync::Mutex<Option<Timestamp>>,
}

impl<M: SymbolList> Listings<M> {
    pub(crate) fn new(venue: VenueId, clock: Arc<dyn Clock>) -> Self {
        Self { venue, clock, map: ArcSwapOption::empty(), read_at: tokio::sync::Mutex::new(None) }
    }

    /// The list as last read; read now if it never was.
    pub(crate) async fn get<F>(&self, read: impl FnOnce() -> F) -> Result<Arc<M>, VenueError>
    where
        F: Future<Output = Result<M, VenueError>>,
    {
        if let Some(known) = self.map.load_full() {
            return Ok(known);
        }
        let mut read_at = self.read_at.lock().await;
        match self.map.load_full() {
            Some(known) => Ok(known),
            None => Ok(self.store(read().await?, &mut read_at)),
        }
    }

    /// The list, read anew.
    pub(crate) async fn renew<F>(&self, read: impl FnOnce() -> F) -> Result<Arc<M>, VenueError>
    where
        F: Future<Output = Result<M, VenueError>>,
    {
        let mut read_at = self.read_at.lock().await;
        Ok(self.store(read().await?, &mut read_at))
    }

    /// A listed symbol; the list is read anew when it is missing and the list is not fresh.
    pub(crate) async fn listed<F>(
        &self,
        symbol: &Symbol,
        read: impl FnOnce() -> F,
    ) -> Result<Arc<M::Listed>, VenueError>
    where
        F: Future<Output = Result<M, VenueError>>,
    {
        if let Some(found) = self.map.load().as_deref().and_then(|known| known.get(symbol)) {
            return Ok(found.clone());
        }
        let mut read_at = self.read_at.lock().await;
        let fresh = read_at.is_some_and(|at| self.clock.now().since(at) < REREAD);
        let known = match self.map.load_full() {
            Some(known) if fresh => known,
            _ => self.store(read().await?, &mut read_at),
        };
        known.get(symbol).cloned().ok_or_else(|| self.not_listed(symbol))
    }

    pub(crate) fn not_listed(&self, symbol: &Symbol) -> VenueError {
        VenueError::NotListed { venue: self.venue.clone(), symbol: symbol.clone() }
    }

    fn store(&self, map: M, read_at: &mut Option<Timestamp>) -> Arc<M> {
        let map = Arc::new(map);
        self.map.store(Some(map.clone()));
        *read_at = Some(self.clock.now());
        map
    }
}
