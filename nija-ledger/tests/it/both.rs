//! What holds on SQLite as on PostgreSQL beyond the trait: appends that wait together share a commit, one that fails takes nobody along,
//! the end is one, and whoever changes the tables is found out.

use futures::{future::join_all, join};
use nija_core::{
    CredentialId, JournalEvent, Ledger, LedgerError, OrderState, SeededEntropy, Side::Buy, Side::Sell,
    Timestamp, VenueBan, VenueId,
};
use nija_ledger::testing::Events;
use std::collections::BTreeSet;

use crate::store::{Opened, Place};

/// Makes a test for each database of functions that are given a place.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(&crate::store::Store::new()).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                let Some(database) = nija_test_services::Database::make() else { return };
                super::$test(&database).await;
            })*
        }
    };
}

on_both!(
    many_waiting_appends_take_few_commits,
    a_batch_that_fails_leaves_its_companions_alone,
    a_read_after_an_answered_append_sees_it,
    closing_commits_what_waits_and_a_closed_ledger_says_so,
    nonce_reservations_never_overlap_even_over_a_restart,
    a_ban_outlives_a_restart_and_so_does_its_end,
    a_ledger_of_before_there_were_bans_is_brought_up_to_date,
    a_changed_table_is_found,
);

async fn many_waiting_appends_take_few_commits(place: &impl Place) {
    const APPENDS: usize = 500;
    let (ledger, events) = (place.open(), Events::new(1));
    let before = ledger.stats().commits;
    let appends = (0..APPENDS).map(|number| {
        // Every fifth repeats a client's id.
        let name = format!("a-{}", number - usize::from(number % 5 == 4));
        ledger.append(events.batch(vec![Events::accepted(&events.intent(&name, "BTC-USD"))]))
    });
    let (mut seqs, mut refused) = (Vec::new(), 0);
    for answer in join_all(appends).await {
        match answer {
            Ok(appended) => seqs.push(appended.records[0].seq),
            Err(LedgerError::ClientOrderIdTaken { .. }) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(refused, APPENDS / 5);
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=(APPENDS - refused) as u64).collect::<Vec<_>>());
    let commits = ledger.stats().commits - before;
    assert!(commits < APPENDS as u64 / 4, "{commits} commits for {APPENDS} appends");
    assert_eq!(ledger.verify_projections().await, Ok(vec![]));
}

async fn a_batch_that_fails_leaves_its_companions_alone(place: &impl Place) {
    let (ledger, events) = (place.open(), Events::new(1));
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

async fn a_read_after_an_answered_append_sees_it(place: &impl Place) {
    let ledger = place.open();
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

async fn closing_commits_what_waits_and_a_closed_ledger_says_so(place: &impl Place) {
    let (ledger, events) = (place.open(), Events::new(1));
    let appends: Vec<_> = (0..200)
        .map(|n| events.batch(vec![Events::accepted(&events.intent(&format!("a-{n}"), "BTC-USD"))]))
        .collect();
    let waiting = join_all(appends.into_iter().map(|batch| ledger.append(batch)));
    let (answers, ()) = join!(waiting, ledger.close());
    let acknowledged = answers.iter().filter(|answer| answer.is_ok()).count();
    let closed = answers.iter().filter(|answer| **answer == Err(LedgerError::Closed)).count();
    assert_eq!(acknowledged + closed, 200);
    let pause = events.batch(vec![JournalEvent::Paused { paused: true }]);
    assert_eq!(ledger.append(pause).await, Err(LedgerError::Closed));
    assert_eq!(ledger.paused(events.user).await, Err(LedgerError::Closed));
    ledger.close().await;
    assert_eq!(place.open().unsettled_orders().await.unwrap().len(), acknowledged);
}

async fn nonce_reservations_never_overlap_even_over_a_restart(place: &impl Place) {
    let key = CredentialId::generate(Timestamp::from_micros(1), &SeededEntropy::new(1));
    let mut taken = BTreeSet::new();
    for round in 0..5_u64 {
        let ledger = place.open();
        // The clock, and with it the floor, goes back over a restart.
        let floor = 10_000 - round * 1_000;
        let reservations = (1..=40_u64).map(|count| ledger.reserve_nonces(key, floor, count));
        for (first, count) in join_all(reservations).await.into_iter().zip(1..) {
            let first = first.unwrap();
            for nonce in first..first + count {
                assert!(nonce >= floor && taken.insert(nonce), "{nonce} was given twice");
            }
        }
        if round % 2 == 0 {
            ledger.close().await;
        }
    }
    assert_eq!(taken.len(), 5 * 820);
}

fn ban(venue: &str, until: Option<i64>) -> VenueBan {
    VenueBan {
        venue: VenueId::new(venue).unwrap(),
        at: Timestamp::from_micros(7),
        until: until.map(Timestamp::from_micros),
        reason: "x".to_owned(),
    }
}

async fn a_ban_outlives_a_restart_and_so_does_its_end(place: &impl Place) {
    let (first, second) = (ban("kraken", None), ban("binance", Some(9)));
    for graceful in [true, false] {
        let ledger = place.open();
        assert_eq!(ledger.bans().await, Ok(vec![]));
        ledger.keep_ban(first.clone()).await.unwrap();
        ledger.keep_ban(second.clone()).await.unwrap();
        if graceful {
            ledger.close().await;
        }
        drop(ledger);
        let ledger = place.open();
        assert_eq!(ledger.bans().await, Ok(vec![second.clone(), first.clone()]));
        ledger.lift_ban(&second.venue).await.unwrap();
        drop(ledger);
        let ledger = place.open();
        assert_eq!(ledger.bans().await, Ok(vec![first.clone()]));
        ledger.lift_ban(&first.venue).await.unwrap();
        ledger.close().await;
        assert_eq!(ledger.keep_ban(first.clone()).await, Err(LedgerError::Closed));
    }
}

async fn a_ledger_of_before_there_were_bans_is_brought_up_to_date(place: &impl Place) {
    let (ledger, events) = (place.open(), Events::new(1));
    ledger.append(events.batch(vec![JournalEvent::Paused { paused: true }])).await.unwrap();
    ledger.close().await;
    place.take_back_bans();
    for _ in 0..2 {
        let ledger = place.open();
        ledger.keep_ban(ban("kraken", Some(9))).await.unwrap();
        assert_eq!(ledger.bans().await, Ok(vec![ban("kraken", Some(9))]));
        assert!(ledger.paused(events.user).await.unwrap().is_some(), "what was there is there");
        ledger.close().await;
    }
}

async fn a_changed_table_is_found(place: &impl Place) {
    let (ledger, events) = (place.open(), Events::new(1));
    let spot = |id| ("kraken", "BTC-USD", id);
    let batch = events.batch(vec![
        Events::accepted(&events.intent("a-1", "BTC-USD")),
        JournalEvent::Filled(events.fill(None, spot("E1"), (Buy, "2", "100", "0.5"))),
        JournalEvent::Filled(events.fill(None, spot("E2"), (Sell, "1", "103", "0.5"))),
    ]);
    ledger.append(batch).await.unwrap();
    assert_eq!(ledger.verify_projections().await, Ok(vec![]));
    ledger.close().await;
    let changes = [
        ("user_entries", "UPDATE user_entries SET steps = replace(steps, 'f', '.')"),
        ("orders", "UPDATE orders SET body = replace(body, '\"pending\"', '\"filled\"')"),
        ("positions", "UPDATE positions SET closed = 99"),
        ("fills", "DELETE FROM fills WHERE seq = 2"),
        ("newest_fills", "UPDATE newest_fills SET at = at + 1"),
        ("pnl_days", "UPDATE pnl_days SET fees = '0'"),
        ("pnl_cells", "UPDATE pnl_cells SET paid = '0'"),
        ("pnl_totals", "UPDATE pnl_totals SET realised = '1000000'"),
        ("paused", "INSERT INTO paused SELECT \"user\", 5 FROM orders"),
    ];
    for (_, sql) in changes {
        place.tamper(sql);
    }
    let found = place.open().verify_projections().await.unwrap();
    assert_eq!(found.len(), changes.len(), "{found:?}");
    for (difference, (table, _)) in found.iter().zip(changes) {
        assert!(difference.contains(&format!(" of {table} is ")), "{table}: {difference}");
    }
}
