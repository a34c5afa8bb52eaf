//! The vault over a real OpenBao, beside what a bare client pays for the same calls in the same run (quality.md).
//!
//! `make bench` starts the server; without one (`NIJA_TEST_OPENBAO`, see `tools/services`) nothing is measured.

#![allow(missing_docs, clippy::unwrap_used)]

// What it shares with the tests is more than is used here.
#[allow(dead_code, unreachable_pub)]
#[path = "../tests/it/openbao/server.rs"]
mod server;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use nija_core::{OpenPurpose, UserId, Vault};
use nija_vault::testing::{Setup, sealed, venue};
use nija_vault::{HashiVault, Transit};
use reqwest::Method;
use serde_json::json;
use server::Space;
use std::hint::black_box;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

struct Bed {
    setup: Setup,
    space: Space,
    vault: HashiVault,
    users: Vec<UserId>,
}

async fn bed(users: usize) -> Option<Bed> {
    let (setup, space) = (Setup::new(), Space::make().await?);
    let vault = space.open(&setup).await;
    let users: Vec<_> = (0..users).map(|_| setup.user()).collect();
    for user in &users {
        let (key, secret) = (setup.random_text(), setup.random_text());
        let blob = sealed(&vault, *user, &venue("one"), &key, &secret).await.unwrap();
        vault.store(*user, &venue("one"), "bench", &blob).await.unwrap();
    }
    Some(Bed { setup, space, vault, users })
}

/// Rounds of opening (past every lease) and of a bare client's read of the same document. They take turns at being first: the
/// machine's moods and the server's caches reach both. Answers with the time of one of them.
async fn rounds(bed: &Bed, count: u64, bare: bool) -> Duration {
    let at = venue("one");
    let mut total = Duration::ZERO;
    for number in 0..count {
        let number = usize::try_from(number).unwrap();
        let user = bed.users[number % bed.users.len()];
        bed.setup.clock.advance(Duration::from_secs(301));
        let opening = async {
            let start = Instant::now();
            black_box(bed.vault.open(user, &at, OpenPurpose::Trade).await.unwrap());
            start.elapsed()
        };
        let reading = async {
            let start = Instant::now();
            black_box(bed.space.get(&format!("secret/data/users/{user}/one")).await.unwrap());
            start.elapsed()
        };
        let (opened, read) = if number.is_multiple_of(2) {
            (opening.await, reading.await)
        } else {
            let read = reading.await;
            (opening.await, read)
        };
        total += if bare { read } else { opened };
    }
    total
}

fn opening(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    for users in [100, 1000] {
        let Some(bed) = runtime.block_on(bed(users)) else { return };
        let mut group = criterion.benchmark_group("openbao");
        for (name, bare) in [("open a signer, cold", false), ("reference: a bare KV read", true)] {
            group.bench_function(BenchmarkId::new(name, users), |bencher| {
                bencher.to_async(&runtime).iter_custom(|count| rounds(&bed, count, bare));
            });
        }
        group.finish();
    }
}

fn unwrapping(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let Some(space) = runtime.block_on(Space::make()) else { return };
    let transit = runtime.block_on(space.server().connect_transit()).unwrap();
    let wrapped = runtime.block_on(transit.encrypt(&[7; 32])).unwrap();
    let body = json!({ "ciphertext": wrapped });
    let mut group = criterion.benchmark_group("openbao");
    for (name, bare) in [("unwrap by Transit", false), ("reference: a bare Transit decrypt", true)] {
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter_custom(async |count| {
                let mut total = Duration::ZERO;
                for _ in 0..count {
                    let start = Instant::now();
                    black_box(transit.decrypt(&wrapped).await.unwrap());
                    let ours = start.elapsed();
                    let start = Instant::now();
                    let path = "transit/decrypt/user-credentials";
                    black_box(space.call(Method::POST, path, Some(&body)).await.unwrap());
                    total += if bare { start.elapsed() } else { ours };
                }
                total
            });
        });
    }
    group.finish();
}

criterion_group!(benches, opening, unwrapping);
criterion_main!(benches);
