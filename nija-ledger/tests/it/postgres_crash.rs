//! A database server that dies in the middle of everything, and comes back.

use nija_core::{ClientOrderId, JournalEvent, Ledger, LedgerError, OrderId, PageRequest, Side::Buy};
use nija_ledger::{PostgresLedger, testing::Events};
use nija_test_services::Server;
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{sync::watch, task::block_in_place};

const USERS: u64 = 8;
const ALL: PageRequest = PageRequest { before: None, limit: usize::MAX };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_once_and_what_was_not_is_not_there() {
    let Some(server) = block_in_place(Server::start) else { return };
    let ledger = Arc::new(PostgresLedger::open(&server.url()).unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let (acknowledged, mut heard) = watch::channel(0_u64);
    let users: Vec<_> = (0..USERS)
        .map(|user| {
            let (ledger, stop, acknowledged) = (Arc::clone(&ledger), Arc::clone(&stop), acknowledged.clone());
            tokio::spawn(async move { append_until(&ledger, user, &stop, &acknowledged).await })
        })
        .collect();
    for crash in 1..=4 {
        // Appends go on by themselves once the server is back.
        heard.wait_for(|acknowledged| *acknowledged >= crash * 150).await.unwrap();
        block_in_place(|| {
            server.crash();
            server.up();
        });
    }
    heard.wait_for(|acknowledged| *acknowledged >= 900).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let mut entries = 0;
    for (user, appends) in (0..USERS).zip(users) {
        let (acknowledged, refused) = appends.await.unwrap();
        let events = Events::new(user);
        let orders = ledger.orders(events.user, None, ALL).await.unwrap().rows;
        let there: BTreeSet<_> =
            orders.into_iter().map(|(_, order)| order.intent.signal.client_order_id).collect();
        assert_eq!(there, acknowledged);
        assert!(there.is_disjoint(&refused));
        let journal = ledger.journal(events.user, ALL).await.unwrap().rows.len();
        assert_eq!(journal, 3 * acknowledged.len(), "every batch is whole, and there once");
        entries += journal;
    }
    assert_eq!(ledger.verify_projections().await, Ok(vec![]));
    ledger.close().await;
    // The same after all that was in memory is gone.
    let ledger = block_in_place(|| PostgresLedger::open(&server.url()).unwrap());
    assert_eq!(ledger.verify_projections().await, Ok(vec![]));
    let orders = ledger.unsettled_orders().await.unwrap().len();
    assert_eq!(orders * 3, entries);
    ledger.close().await;
}

/// Appends until told to stop; answers with what was acknowledged and what was refused.
async fn append_until(
    ledger: &PostgresLedger,
    user: u64,
    stop: &AtomicBool,
    counter: &watch::Sender<u64>,
) -> (BTreeSet<ClientOrderId>, BTreeSet<ClientOrderId>) {
    let events = Events::new(user);
    let (mut acknowledged, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for number in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let mut intent = events.intent(&format!("{user}-{number}"), "BTC-USD");
        intent.id = OrderId::from_uuid(uuid::Uuid::new_v4());
        let execution = format!("E{number}");
        let fill = events.fill(None, ("kraken", "BTC-USD", &execution), (Buy, "0.1", "100.5", "0.02"));
        let batch = events.batch(vec![
            Events::accepted(&intent),
            Events::routed(&intent, "kraken", 0, "0.5"),
            JournalEvent::Filled(fill),
        ]);
        match ledger.append(batch).await {
            Ok(appended) => {
                assert_eq!(appended.records.len(), 3);
                acknowledged.insert(intent.signal.client_order_id);
                counter.send_modify(|counter| *counter += 1);
            }
            Err(LedgerError::Storage(_)) => {
                refused.insert(intent.signal.client_order_id);
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    (acknowledged, refused)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_that_is_put_back_under_a_server_stops_it() {
    let Some(server) = block_in_place(Server::start) else { return };
    let ledger = PostgresLedger::open(&server.url()).unwrap();
    let events = Events::new(1);
    let pause = || events.batch(vec![JournalEvent::Paused { paused: true }]);
    ledger.append(pause()).await.unwrap();
    // What a standby lacks that takes over too early: the last entry. Only a superuser can make it so.
    let lose = "SET session_replication_role = replica; DELETE FROM nija_ledger.journal";
    server.run(lose).unwrap();
    block_in_place(|| {
        server.crash();
        server.up();
    });
    for _ in 0..2 {
        let error = ledger.append(pause()).await.unwrap_err().to_string();
        assert!(error.contains("ends with entry 0 and this server's with 1"), "{error}");
    }
    ledger.close().await;
}
