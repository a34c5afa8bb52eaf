//! The engine's background tasks: they end with it.

use parking_lot::Mutex;
use std::future::Future;
use tokio::{
    sync::oneshot,
    task::{AbortHandle, JoinSet},
};

#[derive(Debug, Default)]
struct State {
    set: JoinSet<()>,
    stopped: bool,
}

/// All tasks of one engine. Once stopped, nothing new starts.
#[derive(Debug, Default)]
pub(crate) struct Tasks(Mutex<State>);

impl Tasks {
    /// Starts a task; `None` when the engine has been stopped.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> Option<AbortHandle> {
        let mut state = self.0.lock();
        if state.stopped {
            return None;
        }
        // What has ended must not pile up.
        while state.set.try_join_next().is_some() {}
        #[cfg(test)]
        let task = crate::simulation::watched(task);
        Some(state.set.spawn(task))
    }

    /// Runs a future to its end even when the caller stops waiting for it; `None` when the engine was stopped meanwhile.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (done, result) = oneshot::channel();
        // On the heap from the start: on its way into a task a future is moved several times.
        let work = Box::pin(future);
        self.spawn(async move {
            // The caller may be gone; the work is done all the same.
            drop(done.send(work.await));
        })?;
        result.await.ok()
    }

    /// Ends all tasks where they stand.
    pub(crate) fn abort(&self) {
        let mut state = self.0.lock();
        state.stopped = true;
        state.set.abort_all();
    }

    /// Ends all tasks and waits until they are gone.
    pub(crate) async fn stop(&self) {
        let mut set = {
            let mut state = self.0.lock();
            state.stopped = true;
            std::mem::take(&mut state.set)
        };
        set.shutdown().await;
    }
}
