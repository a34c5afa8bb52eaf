//! A venue's list of instruments, read when it is first needed and again when a symbol is missing from it.

use arc_swap::ArcSwapOption;
use nija_core::{Clock, Timestamp, VenueError};
use std::{sync::Arc, time::Duration};

/// A symbol that is not in the list makes it be read again, at most this often.
const REREAD: Duration = Duration::from_secs(60);

/// The list as last read. `M` is the venue's own map of it.
#[derive(Debug)]
pub(crate) struct Listings<M> {
    clock: Arc<dyn Clock>,
    map: ArcSwapOption<M>,
    /// When it was last read.
    read_at: tokio::sync::Mutex<Option<Timestamp>>,
}

impl<M> Listings<M> {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, map: ArcSwapOption::empty(), read_at: tokio::sync::Mutex::new(None) }
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

    /// What `pick` finds in the list; the list is read anew when it finds nothing and the list is not fresh.
    pub(crate) async fn find<T, F>(
        &self,
        pick: impl Fn(&M) -> Option<T>,
        read: impl FnOnce() -> F,
    ) -> Result<Option<T>, VenueError>
    where
        F: Future<Output = Result<M, VenueError>>,
    {
        if let Some(found) = self.map.load().as_deref().and_then(&pick) {
            return Ok(Some(found));
        }
        let mut read_at = self.read_at.lock().await;
        let fresh = read_at.is_some_and(|at| self.clock.now().since(at) < REREAD);
        let known = match self.map.load_full() {
            Some(known) if fresh => known,
            _ => self.store(read().await?, &mut read_at),
        };
        Ok(pick(&known))
    }

    fn store(&self, map: M, read_at: &mut Option<Timestamp>) -> Arc<M> {
        let map = Arc::new(map);
        self.map.store(Some(map.clone()));
        *read_at = Some(self.clock.now());
        map
    }
}
