//! `kill -9` of a server under load, twenty times over: nothing acknowledged is lost, nothing is sent twice, and
//! positions are what the venue says.
//!
//! `NIJA_KILL_SEEDS=500:510 cargo test -p nija-server --test kill` runs other seeds than the default 0 to 19.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // Helpers of tests are tests.

mod load;
mod process;
mod truth;

use futures::StreamExt;
use load::{Load, User};
use nija_sim::{NewAccount, Sim, SimHandle, Tape, VenueKind};
use nija_test_services::Database;
use process::{Server, use_database};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::path::Path;

const USERS: usize = 50;
const ORDERS_EACH: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_it_loses_nothing_and_doubles_nothing() {
    let base = tempfile::tempdir().unwrap();
    let users = prepare(base.path()).await;
    // Most of a run is waiting until lost orders are provably dead, so that runs overlap well.
    let runs = futures::stream::iter(seeds()).map(|seed| {
        let dir = tempfile::tempdir().unwrap();
        copy(base.path(), dir.path());
        let users = &users;
        async move { one_run(seed, dir.path(), users).await }
    });
    runs.buffer_unordered(3).collect::<()>().await;
}

/// The same with ledger and vault on PostgreSQL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_it_loses_nothing_on_postgresql() {
    let Some(database) = Database::make() else { return };
    let base = tempfile::tempdir().unwrap();
    use_database(base.path(), &database);
    let users = prepare(base.path()).await;
    let runs = futures::stream::iter(seeds().take(4)).map(|seed| {
        let dir = tempfile::tempdir().unwrap();
        copy(base.path(), dir.path());
        let database = database.copy();
        use_database(dir.path(), &database);
        let users = &users;
        async move {
            one_run(seed, dir.path(), users).await;
            drop(database);
        }
    });
    runs.buffer_unordered(2).collect::<()>().await;
}

/// Fifty users who signed up and sealed a key each, once for all seeds.
async fn prepare(dir: &Path) -> Vec<User> {
    let sim = venue(0, &[]).await;
    let server = Server::start(dir, sim.venue(VenueKind::Kraken)).await;
    let users = load::sign_up(&server.url, &sim.venue(VenueKind::Kraken).accounts).await;
    server.stop().await;
    sim.shutdown().await;
    users
}

async fn one_run(seed: u64, dir: &Path, users: &[User]) {
    let sim = venue(seed, users).await;
    let venue = sim.venue(VenueKind::Kraken);
    let server = Server::start(dir, venue).await;
    // Anywhere from the first order to the last: at zero the server dies while it answers the first.
    let kill_after = StdRng::seed_from_u64(seed).random_range(0..USERS * ORDERS_EACH);
    let mut load = Load::new(seed, users);
    load.run_until_acknowledged(&server.url, kill_after).await;
    server.kill().await;
    load.wind_down().await;
    let acknowledged = load.acknowledged();

    let server = Server::start(dir, venue).await;
    load.finish(&server.url).await;
    let filled = truth::compare(seed, &server.url, venue, users, &load).await;
    println!(
        "seed {seed}: killed after {kill_after}, {acknowledged} of {} acknowledged by then; {filled} filled: {:?}",
        load.sent.len(),
        load.ends()
    );
    assert!(
        filled > load.sent.len() / 2,
        "seed {seed}: most orders must reach the venue, or nothing is tested"
    );
    assert!(server.stop_and_verify().await, "seed {seed}: the projections differ from the journal");
    sim.shutdown().await;
}

/// A fresh venue where these users have their accounts.
async fn venue(seed: u64, users: &[User]) -> SimHandle {
    // Of the simulator's own accounts the last may withdraw, and such keys are refused.
    let sim = Sim::builder().venues([VenueKind::Kraken]).tape(Tape::generated(seed)).accounts(USERS + 1);
    let sim = sim.no_limits().start().await.unwrap();
    for User { account, .. } in users {
        let made = sim.venue(VenueKind::Kraken).add_account(NewAccount {
            key: Some(account.key.clone()),
            secret: Some(account.secret.clone()),
            balances: Some(account.balances.clone()),
            permissions: Some(account.permissions.clone()),
            passphrase: None,
        });
        assert_eq!(made.key, account.key);
    }
    sim
}

fn seeds() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("NIJA_KILL_SEEDS") else { return 0..20 };
    let (from, to) = text.split_once(':').expect("NIJA_KILL_SEEDS is FROM:TO");
    from.parse().expect("a number")..to.parse().expect("a number")
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
