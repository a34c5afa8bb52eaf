//! The engine that runs, if one does. Those who wait are served in their order: tokio's `watch` wakes them in one that no seed repeats.

use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::Notify;

use crate::Engine;

#[derive(Default)]
pub(crate) struct Running {
    engine: Mutex<Option<Arc<Engine>>>,
    changed: Notify,
}

impl Running {
    /// Puts another in its place; answers with the one before.
    pub(crate) fn replace(&self, engine: Option<Arc<Engine>>) -> Option<Arc<Engine>> {
        let before = std::mem::replace(&mut *self.engine.lock(), engine);
        self.changed.notify_waiters();
        before
    }

    /// The engine once there is one.
    pub(crate) async fn engine(&self) -> Arc<Engine> {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let engine = self.engine.lock().clone();
            match engine {
                Some(engine) => return engine,
                None => changed.await,
            }
        }
    }

    /// Waits until this one is gone.
    pub(crate) async fn gone(&self, engine: &Arc<Engine>) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let runs = self.engine.lock().as_ref().is_some_and(|runs| Arc::ptr_eq(runs, engine));
            if !runs {
                return;
            }
            changed.await;
        }
    }
}
