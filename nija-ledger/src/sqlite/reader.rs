//! Readers: a few read-only connections, each used by one blocking task at a time.

use nija_core::LedgerError;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::Semaphore;

use super::{connect, fault::Outcome};

/// Reads of a pool at a time; more wait.
pub(super) const READERS: u32 = 4;

/// The pool. A connection is opened when it is first needed.
pub(super) struct Readers {
    path: Arc<PathBuf>,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: Arc::new(path.to_owned()),
            permits: Arc::new(Semaphore::new(READERS as usize)),
            idle: Arc::default(),
        }
    }

    /// Reads off the async threads. A read begun after an append was answered sees it.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| LedgerError::Closed)?;
        let (path, idle) = (Arc::clone(&self.path), Arc::clone(&self.idle));
        let task = tokio::task::spawn_blocking(move || {
            let connection = idle.lock().pop();
            let connection = match connection {
                Some(connection) => connection,
                None => connect::reader(&path)?,
            };
            let result = work(&connection);
            idle.lock().push(connection);
            drop(permit);
            result
        });
        match task.await {
            Ok(result) => result.map_err(LedgerError::from),
            Err(error) => Err(LedgerError::Storage(format!("a read did not end: {error}"))),
        }
    }

    /// Waits for the reads under way and closes the connections; later reads are refused.
    pub(super) async fn close(&self) {
        if self.permits.acquire_many(READERS).await.is_ok() {
            self.permits.close();
        }
        self.idle.lock().clear();
    }
}
