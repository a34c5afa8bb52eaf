//! The scheduler's dice, and the switch that ends a process at any await.
//!
//! Tokio's current-thread runtime under paused time is the executor: the engine's own timers and tasks run on it, it is
//! deterministic, and virtual minutes cost nothing. What it lacks is disorder, and a way to die: every task of the engine
//! is wrapped here, so that a seed decides which task runs first and at which suspension everything stops for good.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{
    cell::RefCell,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::sync::Notify;

use crate::planted::Bug;

struct Scheduler {
    dice: ChaCha8Rng,
    /// How often a task that could run is put behind the others, of 256.
    disorder: u8,
    /// Grows with every process; tasks of earlier ones never run again.
    process: u64,
    /// Suspensions left until this process dies.
    dies_in: Option<u64>,
    died: Arc<Notify>,
    suspensions: u64,
    bug: Option<Bug>,
    panics: Vec<String>,
}

thread_local! {
    static CURRENT: RefCell<Option<Scheduler>> = const { RefCell::new(None) };
}

fn with<T>(act: impl FnOnce(&mut Scheduler) -> T) -> Option<T> {
    CURRENT.with_borrow_mut(|current| current.as_mut().map(act))
}

/// Puts a scheduler in charge of this thread until dropped.
pub(crate) struct InCharge;

impl InCharge {
    pub(crate) fn new(seed: u64, disorder: u8, bug: Option<Bug>) -> Self {
        let scheduler = Scheduler {
            dice: ChaCha8Rng::seed_from_u64(seed),
            disorder,
            process: 0,
            dies_in: None,
            died: Arc::new(Notify::new()),
            suspensions: 0,
            bug,
            panics: Vec::new(),
        };
        CURRENT.set(Some(scheduler));
        Self
    }
}

impl Drop for InCharge {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}

/// The bug that this run has planted.
pub(crate) fn planted() -> Option<Bug> {
    with(|scheduler| scheduler.bug).flatten()
}

/// The process that runs now dies at this many more suspensions; the notice comes when it has.
pub(crate) fn die_in(suspensions: Option<u64>) -> Arc<Notify> {
    with(|scheduler| {
        scheduler.dies_in = suspensions;
        scheduler.died = Arc::new(Notify::new());
        scheduler.died.clone()
    })
    .unwrap_or_default()
}

/// Suspensions so far.
pub(crate) fn suspensions() -> u64 {
    with(|scheduler| scheduler.suspensions).unwrap_or_default()
}

/// What panicked so far.
pub(crate) fn panics() -> Vec<String> {
    with(|scheduler| scheduler.panics.clone()).unwrap_or_default()
}

impl Scheduler {
    fn die(&mut self) {
        self.process += 1;
        self.dies_in = None;
        self.died.notify_one();
    }

    fn suspended(&mut self) {
        self.suspensions += 1;
        match &mut self.dies_in {
            Some(0) => self.die(),
            Some(left) => *left -= 1,
            None => {}
        }
    }
}

/// A task under the scheduler; as it is where none is in charge.
pub(crate) struct Watched<F> {
    task: Pin<Box<F>>,
    process: Option<u64>,
}

pub(crate) fn watched<F: Future>(task: F) -> Watched<F> {
    Watched { task: Box::pin(task), process: with(|scheduler| scheduler.process) }
}

enum Turn {
    Run,
    Later,
    Never,
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(process) = self.process else {
            return self.task.as_mut().poll(context);
        };
        let turn = with(|scheduler| {
            if scheduler.process != process {
                Turn::Never
            } else if scheduler.disorder > 0 && scheduler.dice.random::<u8>() < scheduler.disorder {
                Turn::Later
            } else {
                Turn::Run
            }
        });
        match turn {
            Some(Turn::Run) => {}
            Some(Turn::Later) => {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Some(Turn::Never) | None => return Poll::Pending,
        }
        let polled = catch_unwind(AssertUnwindSafe(|| self.task.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => {
                with(Scheduler::suspended);
                Poll::Pending
            }
            Ok(ready) => ready,
            Err(panic) => {
                let words = panic
                    .downcast_ref::<String>()
                    .cloned()
                    .or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
                with(|scheduler| scheduler.panics.push(words.unwrap_or_default()));
                resume_unwind(panic)
            }
        }
    }
}
