//! An answer that is good for a while.

use std::{
    future::Future,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// What was heard last, for as long as it is good. One caller at a time asks anew; the others wait for what that one hears.
pub(crate) struct Recent<T> {
    good_for: Duration,
    heard: Mutex<Option<(Instant, T)>>,
}

impl<T: Clone> Recent<T> {
    pub(crate) fn new(good_for: Duration) -> Self {
        Self { good_for, heard: Mutex::default() }
    }

    /// The last answer while it is good, else that of `ask`. `now` tells the time.
    pub(crate) async fn get(&self, now: impl Fn() -> Instant, ask: impl Future<Output = T>) -> T {
        let mut heard = self.heard.lock().await;
        if let Some((at, answer)) = heard.as_ref()
            && now().saturating_duration_since(*at) < self.good_for
        {
            return answer.clone();
        }
        let answer = ask.await;
        *heard = Some((now(), answer.clone()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex as Cell;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::Notify;

    /// A clock that stands until it is moved, and a source that counts how often it was asked.
    struct Bench {
        recent: Recent<u32>,
        now: Cell<Instant>,
        asked: AtomicU32,
    }

    impl Bench {
        fn new() -> Self {
            let recent = Recent::new(Duration::from_millis(250));
            Self { recent, now: Cell::new(Instant::now()), asked: AtomicU32::new(0) }
        }

        fn pass(&self, ms: u64) {
            *self.now.lock() += Duration::from_millis(ms);
        }

        async fn get(&self) -> u32 {
            self.recent.get(|| *self.now.lock(), async { self.ask() }).await
        }

        fn ask(&self) -> u32 {
            self.asked.fetch_add(1, Ordering::SeqCst) + 1
        }
    }

    #[tokio::test]
    async fn an_answer_is_given_again_until_it_is_too_old() {
        let bench = Bench::new();
        assert_eq!((bench.get().await, bench.get().await), (1, 1));
        bench.pass(249);
        assert_eq!(bench.get().await, 1);
        bench.pass(1);
        assert_eq!(bench.get().await, 2);
        // Being asked for does not keep it young.
        bench.pass(150);
        assert_eq!(bench.get().await, 2);
        bench.pass(150);
        assert_eq!(bench.get().await, 3);
    }

    #[tokio::test]
    async fn its_age_counts_from_when_it_was_heard() {
        let bench = Bench::new();
        let slow = async {
            bench.pass(10_000);
            bench.ask()
        };
        assert_eq!(bench.recent.get(|| *bench.now.lock(), slow).await, 1);
        bench.pass(249);
        assert_eq!(bench.get().await, 1);
    }

    #[tokio::test]
    async fn one_caller_asks_and_all_who_wait_hear_its_answer() {
        let (bench, go) = (Bench::new(), Notify::new());
        let first = bench.recent.get(|| *bench.now.lock(), async {
            go.notified().await;
            bench.ask()
        });
        let others = futures::future::join_all((0..20).map(|_| bench.get()));
        let release = async { go.notify_one() };
        let (first, others, ()) = tokio::join!(first, others, release);
        assert_eq!((first, others, bench.asked.load(Ordering::SeqCst)), (1, vec![1; 20], 1));
    }

    #[tokio::test]
    async fn a_caller_who_gives_up_while_asking_leaves_no_answer_behind() {
        let bench = Bench::new();
        {
            let stuck = bench.recent.get(|| *bench.now.lock(), std::future::pending());
            let mut stuck = std::pin::pin!(stuck);
            assert!(futures::poll!(stuck.as_mut()).is_pending());
        }
        assert_eq!(bench.get().await, 1);
    }
}
