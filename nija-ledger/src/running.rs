//! A ledger at work: the thread of its writer, and readers for who asks.

use nija_core::LedgerError;
use parking_lot::Mutex;
use std::{
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    LedgerStats,
    fault::Outcome,
    jobs::{Answer, Counters, Job, QUEUE},
    readers::{Reader, Readers},
    verify,
    writer::Inbox,
};

/// The queue to the writer, and two pools of readers: however long people's questions take (a list, a curve, an export), whoever sends
/// orders waits for none of them.
pub(crate) struct Running<R: Reader> {
    queue: mpsc::Sender<Job>,
    readers: Readers<R>,
    questioners: Readers<R>,
    counters: Arc<Counters>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl<R: Reader> Running<R> {
    /// Starts the writer, which counts in `counters` and ends when its inbox does.
    pub(crate) fn start(
        counters: Arc<Counters>,
        write: impl FnOnce(Inbox) + Send + 'static,
        reader: impl Fn() -> Outcome<R> + Send + Sync + 'static,
    ) -> Result<Self, LedgerError> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let timer = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| LedgerError::Storage(format!("the writer has no timer: {error}")))?;
        let thread = std::thread::Builder::new()
            .name("nija-ledger".to_owned())
            .spawn(move || write(Inbox { queue: jobs, timer }))
            .map_err(|error| LedgerError::Storage(format!("the writer did not start: {error}")))?;
        let reader = Arc::new(reader);
        Ok(Self {
            queue,
            readers: Readers::new(reader.clone()),
            questioners: Readers::new(reader),
            counters,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// As the engine asks.
    pub(crate) const fn asked(&self) -> Asked<'_, R> {
        Asked { running: self, readers: &self.readers }
    }

    /// As people ask.
    pub(crate) const fn questioned(&self) -> Asked<'_, R> {
        Asked { running: self, readers: &self.questioners }
    }

    pub(crate) fn stats(&self) -> LedgerStats {
        self.counters.stats()
    }

    /// Has the writer commit what waits, and ends it. The writer is the last: SQLite's readers cannot take its log into the file.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.questioners.close().await;
        // An error means that the writer has ended already.
        let _ = self.queue.send(Job::Close).await;
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the ledger's writer ended by a panic");
            }
        }
    }
}

impl<R: Reader> Drop for Running<R> {
    /// Without [`Running::close`]: the writer ends when its queue does; waiting for it lets the ledger be opened again at once.
    fn drop(&mut self) {
        self.queue = mpsc::channel(1).0;
        if let Some(thread) = self.thread.get_mut().take() {
            let _ = thread.join();
        }
    }
}

/// A ledger with the readers of who asks.
pub(crate) struct Asked<'l, R: Reader> {
    running: &'l Running<R>,
    readers: &'l Readers<R>,
}

impl<R: Reader> Asked<'_, R> {
    /// Hands a job to the writer and waits for its answer.
    pub(crate) async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, LedgerError> {
        let (answer, answered) = oneshot::channel();
        self.running.queue.send(job(answer)).await.map_err(|_| LedgerError::Closed)?;
        answered.await.map_err(|_| LedgerError::Closed)?
    }

    /// Reads the tables, which are level with every append that was answered before.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&R) -> Outcome<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        if self.running.counters.lags.load(Ordering::Acquire) {
            self.ask(Job::Settle).await?;
        }
        self.readers.read(work).await
    }

    /// The check of the tables against the journal.
    pub(crate) async fn differences(&self) -> Result<Vec<String>, LedgerError> {
        self.read(|reader| verify::differences(reader)).await
    }
}

/// Makes the types of a ledger that is `running` with readers of a kind: the ledger itself, and the same as people ask it.
macro_rules! ledger {
    ($(#[$about:meta])* $ledger:ident, $questions:ident, $reader:ty) => {
        $(#[$about])*
        pub struct $ledger {
            running: $crate::running::Running<$reader>,
        }

        impl $ledger {
            /// Commits what waits, and lets others open it. Later calls answer [`LedgerError::Closed`](nija_core::LedgerError::Closed).
            pub async fn close(&self) {
                self.running.close().await;
            }

            /// Counts since the ledger was opened.
            #[must_use]
            pub fn stats(&self) -> $crate::LedgerStats {
                self.running.stats()
            }

            /// The same ledger, with readers of its own. It closes with this one.
            #[must_use]
            pub fn questions(self: &std::sync::Arc<Self>) -> $questions {
                $questions(self.clone())
            }

            const fn asked(&self) -> $crate::running::Asked<'_, $reader> {
                self.running.asked()
            }
        }

        impl std::fmt::Debug for $ledger {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($ledger)).field("stats", &self.stats()).finish_non_exhaustive()
            }
        }

        /// A [`Ledger`](nija_core::Ledger) that is the one which it was made of, with readers of its own: however long people's questions
        /// take (a list, a curve, an export), whoever sends orders by the ledger itself waits for none of them.
        #[derive(Debug, Clone)]
        pub struct $questions(std::sync::Arc<$ledger>);

        impl $questions {
            fn asked(&self) -> $crate::running::Asked<'_, $reader> {
                self.0.running.questioned()
            }
        }

        $crate::answers::answer_by_jobs_and_questions!($ledger);
        $crate::answers::answer_by_jobs_and_questions!($questions);
    };
}
pub(crate) use ledger;
