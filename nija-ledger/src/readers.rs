//! Readers: a few connections that cannot write, each used by one blocking task at a time.

use nija_core::LedgerError;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::Semaphore;

use crate::{fault::Outcome, sql::Sql};

/// A connection of a pool.
pub(crate) trait Reader: Sql + Sized + Send + 'static {
    /// Reads of a pool at a time; more wait.
    const AT_A_TIME: u32;

    /// Ends readers that nobody uses.
    fn end(idle: Vec<Self>) {
        drop(idle);
    }
}

/// The pool. A reader is made when it is first needed.
pub(crate) struct Readers<R: Reader> {
    make: Arc<dyn Fn() -> Outcome<R> + Send + Sync>,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<R>>>,
}

impl<R: Reader> Readers<R> {
    pub(crate) fn new(make: Arc<dyn Fn() -> Outcome<R> + Send + Sync>) -> Self {
        Self { make, permits: Arc::new(Semaphore::new(R::AT_A_TIME as usize)), idle: Arc::default() }
    }

    /// Reads off the async threads. A read begun after an append was answered sees it.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&R) -> Outcome<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| LedgerError::Closed)?;
        let (make, idle) = (Arc::clone(&self.make), Arc::clone(&self.idle));
        let task = tokio::task::spawn_blocking(move || {
            let reader = idle.lock().pop();
            let reader = reader.map_or_else(&*make, Ok)?;
            let result = work(&reader);
            idle.lock().push(reader);
            drop(permit);
            result
        });
        match task.await {
            Ok(result) => result.map_err(LedgerError::from),
            Err(error) => Err(LedgerError::Storage(format!("a read did not end: {error}"))),
        }
    }

    /// Waits for the reads under way and ends the readers; later reads are refused.
    pub(crate) async fn close(&self) {
        if self.permits.acquire_many(R::AT_A_TIME).await.is_ok() {
            self.permits.close();
        }
        R::end(std::mem::take(&mut *self.idle.lock()));
    }
}

impl<R: Reader> Drop for Readers<R> {
    fn drop(&mut self) {
        R::end(std::mem::take(&mut *self.idle.lock()));
    }
}
