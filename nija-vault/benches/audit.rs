//! Verifying a long audit log (issue 5: a million entries in seconds), in SQLite, in PostgreSQL and as the file, beside reading and
//! hashing as many rows with nothing else.
//!
//! `NIJA_ENTRIES=100000 cargo bench -p nija-vault --features testing --bench audit` for fewer. PostgreSQL where the set-up started one.

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nija_vault::testing::Setup;
use nija_vault::{
    AuditRecord, LocalVault, LocalVaultConfig, RootKey, VaultDatabase, verify_audit, verify_audit_log,
};
use rusqlite::{Connection, params};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Runtime;

fn open(setup: &Setup, folder: &Path, database: VaultDatabase) -> LocalVault {
    LocalVault::open(LocalVaultConfig {
        database,
        root: RootKey::File(folder.join("vault.key")),
        clock: Arc::new(setup.clock.clone()),
        entropy: setup.entropy.clone(),
        audit_file: None,
        nonces: setup.nonces.clone(),
        authenticators: setup.authenticators.clone(),
    })
    .unwrap()
}

fn next(seq: u64, previous: [u8; 32]) -> AuditRecord {
    AuditRecord {
        format: 2,
        seq,
        at_micros: 1_700_000_000_000_000 + i64::try_from(seq).unwrap(),
        action: "sign".into(),
        outcome: "ok".into(),
        user: Some([1; 16]),
        venue: Some("kraken".into()),
        credential: Some([2; 16]),
        version: Some(1),
        purpose: Some("trade".into()),
        count: 3,
        detail: None,
        actor: None,
        origin: Some("process".into()),
        previous,
    }
}

/// A log of so many entries, with a checkpoint over them.
fn fill_sqlite(setup: &Setup, folder: &Path, count: u64) {
    let file = folder.join("vault.db");
    let runtime = Runtime::new().unwrap();
    let close = |vault: LocalVault| runtime.block_on(async { vault.close().await });
    close(open(setup, folder, file.clone().into()));
    let mut database = Connection::open(&file).unwrap();
    let (mut seq, mut head): (u64, [u8; 32]) = database
        .query_row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", [], |row| {
            Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?))
        })
        .unwrap();
    let adding = database.transaction().unwrap();
    while seq < count {
        seq += 1;
        let record = next(seq, head);
        head = record.hash().unwrap();
        let insert = "INSERT INTO audit
            VALUES (?1, 2, ?2, 'sign', 'ok', ?3, 'kraken', ?4, 1, 'trade', 3, NULL, ?5, ?6, NULL, 'process')";
        let values =
            params![seq as i64, record.at_micros, record.user, record.credential, record.previous, head];
        adding.prepare_cached(insert).unwrap().execute(values).unwrap();
    }
    adding.commit().unwrap();
    close(open(setup, folder, file.into()));
}

fn verifying(criterion: &mut Criterion) {
    let count: u64 = std::env::var("NIJA_ENTRIES").map_or(1_000_000, |text| text.parse().unwrap());
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    fill_sqlite(&setup, folder.path(), count);
    let file = folder.path().join("vault.db");
    let mut group = criterion.benchmark_group("audit");
    group.sample_size(10).throughput(Throughput::Elements(count));
    let database = VaultDatabase::from(file.clone());
    group.bench_function(BenchmarkId::new("verify, SQLite", count), |bencher| {
        bencher.iter(|| black_box(verify_audit(&database, None, &[], &mut |_| ()).unwrap()));
    });
    group.bench_function(BenchmarkId::new("reference: read the rows, hash each", count), |bencher| {
        let connection = Connection::open(&file).unwrap();
        bencher.iter(|| {
            let mut read = connection.prepare_cached("SELECT * FROM audit ORDER BY seq").unwrap();
            let mut rows = read.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
                for column in 0..14 {
                    match row.get_ref_unwrap(column) {
                        rusqlite::types::ValueRef::Integer(number) => context.update(&number.to_be_bytes()),
                        rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => {
                            context.update(bytes);
                        }
                        _ => {}
                    }
                }
                black_box(context.finish());
            }
        });
    });
    let log = folder.path().join("audit.log");
    write_log(&database, &log);
    group.bench_function(BenchmarkId::new("verify, the file", count), |bencher| {
        bencher.iter(|| black_box(verify_audit_log(&log, None).unwrap()));
    });
    group.finish();
}

/// The lines that the second sink writes.
fn write_log(database: &VaultDatabase, log: &Path) {
    use std::io::Write;
    let mut out = std::io::BufWriter::new(std::fs::File::create(log).unwrap());
    nija_vault::each_audit_record(database, &mut |record| {
        let hash = hex::encode(record.hash().unwrap());
        let line = serde_json::json!({ "entry": { "record": record, "hash": hash } });
        writeln!(out, "{line}").unwrap();
    })
    .unwrap();
    out.flush().unwrap();
}

criterion_group!(benches, verifying);
criterion_main!(benches);
