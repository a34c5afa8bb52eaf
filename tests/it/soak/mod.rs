//! The whole platform against all simulated venues at once while every kind of trouble hits each venue: nothing is lost and nothing is doubled.
//!
//! ```text
//! NIJA_SOAK_SECONDS=600 NIJA_SOAK_USERS=100 cargo test -p nija --test it soak -- --nocapture
//! ```
//!
//! `NIJA_SOAK_SEED` draws another load and other faults. The real engine, ledger, vault and executors run; what is simulated is on the
//! other side of the wire. At the end the faults are healed, everything must settle by itself, and the journal is compared with the venues.

mod load;
mod report;
mod settle;
mod trader;
mod trouble;
mod truth;
mod world;

use std::time::Duration;
use world::World;

/// How long, how many, and which.
pub(crate) struct Plan {
    pub(crate) load_for: Duration,
    pub(crate) users: usize,
    pub(crate) seed: u64,
}

impl Plan {
    fn from_environment() -> Self {
        let number = |name: &str, default: u64| -> u64 {
            std::env::var(name)
                .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
        };
        Self {
            load_for: Duration::from_secs(number("NIJA_SOAK_SECONDS", 8)),
            users: usize::try_from(number("NIJA_SOAK_USERS", 5)).unwrap(),
            seed: number("NIJA_SOAK_SEED", 1),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_faults_at_every_venue_nothing_is_lost_doubled_or_left_open() {
    let plan = Plan::from_environment();
    println!("seed {}: {} users for {} s", plan.seed, plan.users, plan.load_for.as_secs());
    let world = World::start(&plan).await;
    let trouble = trouble::start(&world, plan.seed);
    let logs = load::run(&world, &plan).await;
    trouble.heal(&world).await;
    settle::wait(&world, &logs).await;
    let truth = truth::compare(&world, &logs).await;
    report::print(&world, &logs, &truth).await;
    world.stop().await;
}
