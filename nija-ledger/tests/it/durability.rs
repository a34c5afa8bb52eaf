//! `kill -9` at a random moment: what was acknowledged is there; and nobody else opens the file while the child lives.

use futures::future::join_all;
use nija_core::{ClientOrderId, JournalEvent, Ledger, OrderState, PageRequest, Side::Buy};
use nija_ledger::{PostgresLedger, SqliteLedger, testing::Events};
use nija_test_services::Database;
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use crate::store::{Place, Store};

const CHILD: &str = "NIJA_LEDGER_TEST_CHILD";
const USERS: u64 = 8;

#[tokio::test]
async fn acknowledged_batches_survive_kill_9() {
    if let Ok(path) = std::env::var(CHILD) {
        return append_until_killed(SqliteLedger::open(Path::new(&path)).unwrap()).await;
    }
    for seed in 0..6_u64 {
        let store = Store::new();
        // A life of this many acknowledgements; the next one continues where it ended.
        for life in 0..3_u64 {
            let place = store.path().into_os_string().into_string().unwrap();
            let test = "durability::acknowledged_batches_survive_kill_9";
            let again = |child| {
                let error = SqliteLedger::open(&store.path()).unwrap_err().to_string();
                assert!(error.contains(&format!("in use by process {child}")), "{error}");
            };
            let acknowledged = run_and_kill(test, &place, 10 + (seed * 37 + life * 101) % 211, &again);
            let ledger = store.open();
            is_there(&ledger, &acknowledged, seed).await;
            ledger.close().await;
        }
    }
}

#[tokio::test]
async fn acknowledged_batches_survive_kill_9_over_postgres() {
    if let Ok(url) = std::env::var(CHILD) {
        return append_until_killed(PostgresLedger::open(&url).unwrap()).await;
    }
    let Some(database) = Database::make() else { return };
    for life in 0..4_u64 {
        let test = "durability::acknowledged_batches_survive_kill_9_over_postgres";
        let again = |child| {
            let error = PostgresLedger::open(&database.url()).unwrap_err().to_string();
            assert!(error.contains(&format!("in use by process {child}")), "{error}");
        };
        let acknowledged = run_and_kill(test, &database.url(), 10 + (life * 101) % 211, &again);
        // Whatever the dead process had under way has ended when this opens.
        let ledger = database.open();
        is_there(&ledger, &acknowledged, life).await;
        ledger.close().await;
    }
}

async fn is_there(ledger: &impl Ledger, acknowledged: &[(u64, String, u64)], seed: u64) {
    let mut journal = 0;
    for user in 0..USERS {
        let all = PageRequest { before: None, limit: usize::MAX };
        journal += ledger.journal(Events::new(user).user, all).await.unwrap().rows.len();
    }
    for (user, client_id, seq) in acknowledged {
        let user = Events::new(*user).user;
        let id = ClientOrderId::new(client_id).unwrap();
        let order = ledger.order_by_client_id(user, &id).await.unwrap();
        let order = order.unwrap_or_else(|| panic!("seed {seed}: {client_id} was acknowledged"));
        assert_eq!(order.state, OrderState::Queued, "the whole batch is there");
        assert!(*seq <= journal as u64);
    }
    // A gap or a difference would be named here.
    assert_eq!(ledger.verify_projections().await, Ok(vec![]), "seed {seed}");
}

/// Starts this test binary as a child, waits for so many acknowledgements, kills it, and reads what it had said.
fn run_and_kill(test: &str, place: &str, after: u64, meanwhile: &dyn Fn(u32)) -> Vec<(u64, String, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, place)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // The harness prints lines of its own, and a kill may cut the last one.
        if let Some([user, client_id, seq, "."]) = line.strip_prefix("ack ").and_then(parts) {
            acknowledged.push((user.parse().unwrap(), client_id.to_owned(), seq.parse().unwrap()));
            if acknowledged.len() == 1 {
                meanwhile(child.id());
            }
            if acknowledged.len() as u64 == after {
                child.kill().unwrap();
            }
        }
    }
    let status = child.wait().unwrap();
    assert!(!status.success(), "the child ended by the kill");
    assert!(acknowledged.len() as u64 >= after, "the child lived that long");
    acknowledged
}

fn parts(line: &str) -> Option<[&str; 4]> {
    line.split(' ').collect::<Vec<_>>().try_into().ok()
}

/// The child: every user appends without end and says what was answered.
async fn append_until_killed(ledger: impl Ledger) {
    let life = std::process::id();
    join_all((0..USERS).map(async |user| {
        let events = Events::new(user);
        for number in 0_u64.. {
            // A name and an execution id of its own for each life; the reproducible order ids would repeat.
            let mut intent = events.intent(&format!("{life}-{number}"), "BTC-USD");
            intent.id = nija_core::OrderId::from_uuid(uuid::Uuid::new_v4());
            let client_id = intent.signal.client_order_id.clone();
            let execution = format!("{life}:{number}");
            let fill = events.fill(None, ("kraken", "BTC-USD", &execution), (Buy, "0.1", "100.5", "0.02"));
            let batch = events.batch(vec![
                Events::accepted(&intent),
                Events::routed(&intent, "kraken", 0, "0.5"),
                JournalEvent::Filled(fill),
            ]);
            let seq = ledger.append(batch).await.unwrap().records[2].seq;
            let mut out = std::io::stdout().lock();
            writeln!(out, "ack {user} {client_id} {seq} .").unwrap();
            out.flush().unwrap();
        }
    }))
    .await;
}
