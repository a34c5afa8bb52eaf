//! Long walks on more than one core: the caller's thread reads, two threads compute, one takes what comes out, in order.
//!
//! Memory is bounded by a few batches. The first error, in the order of what was read, is the answer, and ends the others.

use nija_core::VaultError;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// What is handed from thread to thread at once: enough for the hand-over to cost nothing beside the work.
const BATCH: usize = 512;
/// Batches that may wait before each thread.
const WAITING: usize = 2;
/// Threads that compute.
const WORKERS: usize = 2;

/// Reads with `read`, which hands over one after the other, computes with `work`, and hands the results to `take` in the order of
/// reading.
pub(super) fn in_order<In: Send, Out: Send>(
    read: impl FnOnce(&mut dyn FnMut(In) -> Result<(), VaultError>) -> Result<(), VaultError>,
    work: impl Fn(In) -> Result<Out, VaultError> + Sync,
    mut take: impl FnMut(Out) -> Result<(), VaultError> + Send,
) -> Result<(), VaultError> {
    std::thread::scope(|scope| {
        let (mut lanes, mut ends) = (Vec::new(), Vec::new());
        for _ in 0..WORKERS {
            let (lane, batches) = sync_channel::<Vec<In>>(WAITING);
            let (done, end) = sync_channel::<Vec<Result<Out, VaultError>>>(WAITING);
            let work = &work;
            scope.spawn(move || compute(&batches, work, &done));
            lanes.push(lane);
            ends.push(end);
        }
        let taking = scope.spawn(move || take_in_turn(&ends, &mut take));
        let read = feed(&lanes, read);
        // The others end when nothing more can come.
        drop(lanes);
        let taken =
            taking.join().unwrap_or_else(|_| Err(VaultError::Storage("a walk's thread failed".into())));
        // What was found in what was read comes before why the reading ended.
        taken.and(read)
    })
}

fn compute<In, Out>(
    batches: &Receiver<Vec<In>>,
    work: &impl Fn(In) -> Result<Out, VaultError>,
    done: &SyncSender<Vec<Result<Out, VaultError>>>,
) {
    for batch in batches {
        if done.send(batch.into_iter().map(work).collect()).is_err() {
            return;
        }
    }
}

fn take_in_turn<Out>(
    ends: &[Receiver<Vec<Result<Out, VaultError>>>],
    take: &mut impl FnMut(Out) -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    for end in ends.iter().cycle() {
        // The first that has no more: the batches went round, so no other has.
        let Ok(batch) = end.recv() else { break };
        batch.into_iter().try_for_each(|out| take(out?))?;
    }
    Ok(())
}

fn feed<In>(
    lanes: &[SyncSender<Vec<In>>],
    read: impl FnOnce(&mut dyn FnMut(In) -> Result<(), VaultError>) -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    let stopped = || VaultError::Storage("the walk was ended".into());
    let (mut batch, mut turn) = (Vec::with_capacity(BATCH), lanes.iter().cycle());
    let mut hand_over =
        |batch: Vec<In>| turn.next().and_then(|lane| lane.send(batch).ok()).ok_or_else(stopped);
    let read = read(&mut |one| {
        batch.push(one);
        if batch.len() < BATCH {
            return Ok(());
        }
        hand_over(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)))
    });
    // What was read before an error is looked at too: it may be broken, which says more.
    let rest = if batch.is_empty() { Ok(()) } else { hand_over(batch) };
    read.and(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(count: u32, bad: Option<u32>, cut: Option<u32>) -> (Result<(), VaultError>, Vec<u32>) {
        let mut taken = Vec::new();
        let answer = in_order(
            |hand| {
                for number in 0..count {
                    if cut == Some(number) {
                        return Err(VaultError::Storage("cut".into()));
                    }
                    hand(number)?;
                }
                Ok(())
            },
            |number| {
                if bad == Some(number) {
                    return Err(VaultError::AuditBroken { seq: number.into(), what: "bad" });
                }
                Ok(number)
            },
            |number| {
                taken.push(number);
                Ok(())
            },
        );
        (answer, taken)
    }

    #[test]
    fn all_arrives_in_order_whatever_the_number() {
        for count in [0, 1, 511, 512, 513, 1024, 5000] {
            let (answer, taken) = run(count, None, None);
            assert_eq!(answer, Ok(()));
            assert!(taken.iter().copied().eq(0..count), "{count}");
        }
    }

    #[test]
    fn the_first_error_in_order_is_the_answer_and_nothing_after_it_is_taken() {
        for bad in [0, 511, 512, 3000, 99_999] {
            let (answer, taken) = run(100_000, Some(bad), None);
            assert!(matches!(answer, Err(VaultError::AuditBroken { seq, .. }) if seq == u64::from(bad)));
            assert!(taken.iter().copied().eq(0..bad), "{bad}");
        }
        let (answer, taken) = run(5000, None, Some(700));
        assert_eq!(answer, Err(VaultError::Storage("cut".into())));
        assert!(taken.iter().copied().eq(0..700));
        let (answer, _) = run(5000, Some(600), Some(700));
        assert!(matches!(answer, Err(VaultError::AuditBroken { seq: 600, .. })));
    }
}
