//! Appends that wait together share a commit, and one that fails takes nobody along.

use futures::future::join_all;
use nija_core::{Ledger, LedgerError, OrderState};
use nija_ledger::testing::Events;

use crate::store::Store;

#[tokio::test]
async fn many_waiting_appends_take_few_commits() {
    const APPENDS: usize = 500;
    let store = Store::new();
    let ledger = store.open();
    let events = Events::new(1);
    let before = ledger.stats().commits;
    let appends = (0..APPENDS).map(|number| {
        let intent = events.intent(&format!("a-{number}"), "BTC-USD");
        ledger.append(events.batch(vec![Events::accepted(&intent)]))
    });
    let mut seqs: Vec<u64> =
        join_all(appends).await.into_iter().map(|appended| appended.unwrap().records[0].seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=APPENDS as u64).collect::<Vec<_>>());
    let commits = ledger.stats().commits - before;
    assert!(commits < APPENDS as u64 / 4, "{commits} commits for {APPENDS} appends");
}

#[tokio::test]
async fn a_batch_that_fails_leaves_its_companions_alone() {
    let store = Store::new();
    let ledger = store.open();
    let events = Events::new(1);
    let intents: Vec<_> = (0..90).map(|n| events.intent(&format!("a-{n}"), "BTC-USD")).collect();
    let appends = intents.iter().enumerate().map(|(number, intent)| {
        let mut batch = vec![Events::accepted(intent)];
        if number % 3 == 0 {
            batch.push(Events::state(intent.id, OrderState::Filled));
        }
        ledger.append(events.batch(batch))
    });
    let answers = join_all(appends).await;
    for (number, (answer, intent)) in answers.iter().zip(&intents).enumerate() {
        let refused = matches!(answer, Err(LedgerError::Transition(_)));
        assert_eq!(refused, number % 3 == 0, "{answer:?}");
        let stored = ledger.order(events.user, intent.id).await.unwrap();
        assert_eq!(stored.is_none(), refused);
    }
    assert!(ledger.stats().commits < 90);
    assert_eq!(ledger.verify_projections().await, Ok(vec![]));
}

#[tokio::test]
async fn a_read_after_an_answered_append_sees_it() {
    let store = Store::new();
    let ledger = store.open();
    let users: Vec<_> = (0..16).map(Events::new).collect();
    join_all(users.iter().map(async |events| {
        for number in 0..10 {
            let intent = events.intent(&format!("a-{number}"), "BTC-USD");
            ledger.append(events.batch(vec![Events::accepted(&intent)])).await.unwrap();
            assert!(ledger.order(events.user, intent.id).await.unwrap().is_some());
        }
    }))
    .await;
    assert_eq!(ledger.unsettled_orders().await.unwrap().len(), 160);
}
