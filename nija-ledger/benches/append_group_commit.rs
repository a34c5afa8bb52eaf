//! 64 appenders at once: whole batches through the ledger, beside one bare insert each by the same scheme (one writer
//! thread, group commit, `synchronous = FULL`) without journal rules, projections or checks.

use criterion::{BenchmarkId, Criterion, Throughput};
use futures::future::join_all;
use nija_core::{JournalBatch, Ledger, LedgerError, OrderState};
use nija_ledger::{SqliteLedger, testing::Events};
use rusqlite::Connection;
use std::path::Path;
use tokio::{
    runtime::Runtime,
    sync::{mpsc, oneshot},
};

const APPENDERS: usize = 64;

/// The least that durable group commit can be.
struct Bare(mpsc::Sender<(String, oneshot::Sender<()>)>);

impl Bare {
    fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE entries (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;",
        )?;
        let (queue, jobs) = mpsc::channel(1024);
        std::thread::spawn(move || write(&connection, jobs));
        Ok(Self(queue))
    }

    async fn append(&self, body: String) -> Option<()> {
        let (answer, answered) = oneshot::channel();
        self.0.send((body, answer)).await.ok()?;
        answered.await.ok()
    }
}

fn write(connection: &Connection, mut jobs: mpsc::Receiver<(String, oneshot::Sender<()>)>) -> Option<()> {
    let mut waiting = Vec::new();
    while let Some(first) = jobs.blocking_recv() {
        connection.execute_batch("BEGIN IMMEDIATE").ok()?;
        let mut next = Some(first);
        while let Some((body, answer)) = next {
            let mut insert = connection.prepare_cached("INSERT INTO entries (body) VALUES (?1)").ok()?;
            insert.execute([body]).ok()?;
            waiting.push(answer);
            next = jobs.try_recv().ok();
        }
        connection.execute_batch("COMMIT").ok()?;
        for answer in waiting.drain(..) {
            let _ = answer.send(());
        }
    }
    Some(())
}

/// What the engine appends for an order: taken up and routed, in one batch.
fn batch(events: &Events, number: usize) -> JournalBatch {
    let intent = events.intent(&format!("bench-{number}"), "BTC-USD");
    events.batch(vec![Events::accepted(&intent), Events::routed(&intent, "kraken", 0, "0.5")])
}

/// A ledger with this many orders behind it, all ended.
fn aged(
    path: &Path,
    runtime: &Runtime,
    users: &[Events],
    orders: usize,
) -> Result<SqliteLedger, LedgerError> {
    const A_BATCH: usize = 100;
    let ledger = SqliteLedger::open(path)?;
    for first in (0..orders / users.len()).step_by(A_BATCH) {
        let batches = users.iter().map(|events| {
            let ended = (first..first + A_BATCH).flat_map(|number| {
                let intent = events.intent(&format!("aged-{number}"), "BTC-USD");
                let end = Events::state(intent.id, OrderState::Rejected);
                [Events::accepted(&intent), Events::routed(&intent, "kraken", 0, "0.5"), end]
            });
            ledger.append(events.batch(ended.collect()))
        });
        runtime.block_on(join_all(batches)).into_iter().collect::<Result<Vec<_>, _>>()?;
    }
    // The next opening has it all in the tables.
    runtime.block_on(ledger.close());
    SqliteLedger::open(path)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let bare = Bare::open(&folder.path().join("bare.db"))?;
    let users: Vec<_> = (0..APPENDERS as u64).map(Events::new).collect();
    let mut number = 0;

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("append_group_commit");
    group.throughput(Throughput::Elements(APPENDERS as u64));
    for (name, orders) in [("ledger", 0), ("after 10000 orders", 10_000), ("after 100000 orders", 100_000)] {
        let ledger = aged(&folder.path().join(format!("{orders}.db")), &runtime, &users, orders)?;
        group.bench_function(BenchmarkId::new(name, APPENDERS), |bench| {
            bench.iter_batched(
                || {
                    number += 1;
                    users.iter().map(|events| batch(events, number)).collect::<Vec<_>>()
                },
                |batches| {
                    let appends = join_all(batches.into_iter().map(|batch| ledger.append(batch)));
                    assert!(runtime.block_on(appends).iter().all(Result::is_ok));
                },
                criterion::BatchSize::SmallInput,
            );
        });
        runtime.block_on(ledger.close());
    }
    let body = "x".repeat(1024);
    group.bench_function(BenchmarkId::new("bare_insert", APPENDERS), |bench| {
        bench.iter(|| {
            let appends = join_all((0..APPENDERS).map(|_| bare.append(body.clone())));
            assert!(runtime.block_on(appends).iter().all(Option::is_some));
        });
    });
    group.finish();
    criterion.final_summary();
    Ok(())
}
