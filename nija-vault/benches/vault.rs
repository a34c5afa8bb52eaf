//! Opening and signing, each beside its reference from the same run (quality.md).
//!
//! `cargo bench -p nija-vault --features testing`

#![allow(missing_docs, clippy::unwrap_used)]

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use nija_core::{Method, OpenPurpose, Signer, UserId, Vault};
use nija_vault::testing::{Setup, request, sealed, venue};
use nija_vault::{LocalVault, LocalVaultConfig, RootKey};
use rusqlite::{Connection, params};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use zeroize::Zeroize;

const TRADE: OpenPurpose = OpenPurpose::Trade;

struct Bed {
    runtime: Runtime,
    setup: Setup,
    folder: tempfile::TempDir,
    vault: LocalVault,
    users: Vec<UserId>,
}

fn bed(users: usize) -> Bed {
    let (runtime, setup) = (Runtime::new().unwrap(), Setup::new());
    let folder = tempfile::tempdir().unwrap();
    let vault = LocalVault::open(LocalVaultConfig {
        database: folder.path().join("vault.db").into(),
        root: RootKey::File(folder.path().join("vault.key")),
        clock: Arc::new(setup.clock.clone()),
        entropy: setup.entropy.clone(),
        audit_file: None,
        nonces: setup.nonces.clone(),
        authenticators: setup.authenticators.clone(),
    })
    .unwrap();
    let users: Vec<_> = (0..users).map(|_| setup.user()).collect();
    runtime.block_on(async {
        for user in &users {
            let (key, secret) = (setup.random_text(), setup.random_text());
            let blob = sealed(&vault, *user, &venue("one"), &key, &secret).await.unwrap();
            vault.store(*user, &venue("one"), "bench", &blob).await.unwrap();
        }
    });
    Bed { runtime, setup, folder, vault, users }
}

/// Budgets are of single openings: the median and the slowest of a hundred.
fn single(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, mut take: impl FnMut() -> Duration) {
    for (at, share) in [("p50", 50), ("p99", 99)] {
        group.bench_function(format!("{name}, {at}"), |bencher| {
            bencher.iter_custom(|times| {
                let mut each: Vec<_> = (0..times.max(100)).map(|_| take()).collect();
                each.sort_unstable();
                each[each.len() * share / 100] * u32::try_from(times).unwrap()
            });
        });
    }
}

fn opening(criterion: &mut Criterion) {
    for users in [100, 1000] {
        let bed = bed(users);
        let at = venue("one");
        let mut group = criterion.benchmark_group(format!("open/{users} users"));
        let mut next = 0;
        let mut user = || {
            next = (next + 1) % bed.users.len();
            bed.users[next]
        };
        let open = |user| {
            bed.runtime.block_on(async {
                let start = std::time::Instant::now();
                black_box(bed.vault.open(user, &at, TRADE).await.unwrap());
                start.elapsed()
            })
        };
        // Everybody's key is ready; each is opened in turn.
        for user in &bed.users {
            open(*user);
        }
        group.bench_function("cached", |bencher| {
            bencher.to_async(&bed.runtime).iter(|| bed.vault.open(user(), &at, TRADE));
        });
        single(&mut group, "cached", || open(user()));
        single(&mut group, "cold", || {
            // Past the lease: nothing in the cache is good any more.
            bed.setup.clock.advance(Duration::from_secs(301));
            open(user())
        });
        reference(&mut group, &bed, &mut user);
        group.finish();
    }
}

fn reference(group: &mut BenchmarkGroup<'_, WallTime>, bed: &Bed, user: &mut impl FnMut() -> UserId) {
    let connection = Connection::open(bed.folder.path().join("vault.db")).unwrap();
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap());
    let mut ciphertext = vec![0u8; 200];
    let nonce = || Nonce::assume_unique_for_key([0; 12]);
    let tag = key.seal_in_place_separate_tag(nonce(), Aad::empty(), &mut ciphertext).unwrap();
    ciphertext.extend_from_slice(tag.as_ref());
    single(group, "reference: point read, decrypt, zeroize", || {
        let user = user();
        let start = std::time::Instant::now();
        let envelope: Vec<u8> = connection
            .prepare_cached(
                "SELECT v.envelope FROM credentials c JOIN credential_versions v ON v.credential = c.id AND
                 v.version = c.version WHERE c.user = ?1 AND c.venue = 'one' AND c.status = 'active'",
            )
            .unwrap()
            .query_row(params![user.as_uuid().as_bytes()], |row| row.get(0))
            .unwrap();
        let mut buffer = ciphertext.clone();
        key.open_in_place(nonce(), Aad::empty(), &mut buffer).unwrap();
        buffer.zeroize();
        black_box((envelope, buffer));
        start.elapsed()
    });
}

fn signing(criterion: &mut Criterion) {
    let bed = bed(1);
    let signer: Arc<dyn Signer> =
        bed.runtime.block_on(bed.vault.open(bed.users[0], &venue("one"), TRADE)).unwrap();
    let mut group = criterion.benchmark_group("sign");
    group.bench_function("through the signer", |bencher| {
        bencher.to_async(&bed.runtime).iter(|| async {
            let signed = signer.sign(request("one", Method::Get, "/balance")).await;
            black_box(signed.unwrap())
        });
    });
    group.bench_function("reference: the authenticator alone", |bencher| {
        let secret = nija_core::CredentialSecret::new(bed.setup.random_text(), bed.setup.random_text(), None);
        let context = nija_core::SignContext {
            now: nija_core::Clock::now(&bed.setup.clock),
            nonce: 1_700_000_000_000_000_000,
        };
        let authenticator = &bed.setup.authenticators[0];
        bencher.iter(|| {
            let request = request("one", Method::Get, "/balance");
            black_box(authenticator.authenticate(&request, &secret, &context).unwrap())
        });
    });
    group.finish();
}

criterion_group!(benches, opening, signing);
criterion_main!(benches);
