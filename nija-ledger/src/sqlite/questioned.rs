//! Questions and look-ups beside each other.

use super::*;
use nija_core::{Ledger, OsEntropy, Timestamp, UserId};
use std::{
    sync::{Arc, Barrier},
    time::Duration,
};

/// Far more than a look-up takes; whoever waits for the barrier waits for ever.
const AT_ONCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn questions_that_take_all_their_readers_keep_no_look_up_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Arc::new(SqliteLedger::open(&folder.path().join("ledger.db")).unwrap());
    let questions = ledger.questions();
    let readers = Connection::AT_A_TIME as usize;
    let barrier = Arc::new(Barrier::new(readers + 1));
    let long: Vec<_> = (0..readers)
        .map(|_| {
            let (questions, barrier) = (questions.clone(), barrier.clone());
            tokio::spawn(async move {
                let wait = move |_: &Connection| {
                    barrier.wait();
                    Ok(())
                };
                questions.asked().read(wait).await
            })
        })
        .collect();
    let user = UserId::generate(Timestamp::from_micros(0), &OsEntropy::new().unwrap());
    let answer = tokio::time::timeout(AT_ONCE, ledger.paused(user)).await;
    assert_eq!(answer, Ok(Ok(None)));
    let released = tokio::task::spawn_blocking(move || barrier.wait());
    for one in long {
        one.await.unwrap().unwrap();
    }
    released.await.unwrap();
    assert_eq!(questions.paused(user).await, Ok(None));
    ledger.close().await;
    assert_eq!(questions.paused(user).await, Err(LedgerError::Closed));
}
