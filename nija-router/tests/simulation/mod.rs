//! The deterministic simulation of the order engine.
//!
//! A seed draws venues with every [`VenueContract`](nija_core::VenueContract), users, trouble and deaths. A run is one thread, virtual time and
//! seeded chance, so a seed replays to the byte. After each run the seven invariants of `execution.md` are checked against
//! what the simulated venues really did.
//!
//! ```text
//! cargo test -p nija-router --lib simulation                       # the default seeds
//! NIJA_SEEDS=20000 cargo test -p nija-router --lib simulation      # as many as you like
//! NIJA_SEED=17 cargo test -p nija-router --lib simulation          # one of them again
//! NIJA_BUG=ClaimsFlat cargo test -p nija-router --lib planted      # one planted bug alone
//! ```

mod attended;
mod check;
mod client;
mod dice;
mod exchange;
mod exits;
mod fees;
mod platform;
mod record;
mod resting;
mod run;
mod running;
mod schedule;
mod stream;
mod trouble;
mod venue;
mod whims;
mod witness;
mod words;
mod world;

pub(crate) use schedule::{planted, watched};

use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use crate::planted::Bug;
use run::{Deaths, Outcome, run};

const SEEDS: u64 = 2_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Calls for every seed, on all cores; each seed is one thread's own.
fn each(seeds: std::ops::Range<u64>, act: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(seeds.start);
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    act(seed);
                }
            });
        }
    });
}

/// What a run broke, and how to see it again; nothing where it broke nothing.
fn broken(seed: u64, outcome: &Outcome) -> Option<String> {
    let all: Vec<_> =
        outcome.violations.iter().map(|found| format!("  {}: {}", found.invariant, found.what)).collect();
    let replay = format!("seed {seed} broke invariants; replay it with NIJA_SEED={seed}");
    (!all.is_empty()).then(|| format!("{replay}\n{}", all.join("\n")))
}

#[test]
fn the_seven_invariants_hold_for_every_seed() {
    let seeds = match number("NIJA_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("NIJA_SEEDS").unwrap_or(SEEDS),
    };
    let (orders, deaths, suspensions) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let count = seeds.end - seeds.start;
    let failed = Mutex::new(BTreeMap::new());
    each(seeds, |seed| {
        let outcome = run(seed, None, Deaths::Drawn);
        orders.fetch_add(outcome.orders as u64, Ordering::Relaxed);
        deaths.fetch_add(outcome.deaths, Ordering::Relaxed);
        suspensions.fetch_add(outcome.suspensions, Ordering::Relaxed);
        if let Some(words) = broken(seed, &outcome) {
            if count == 1 {
                println!("{}", String::from_utf8_lossy(&outcome.journal));
            }
            failed.lock().insert(seed, words);
        }
    });
    let failed = failed.into_inner();
    let first: Vec<_> = failed.values().take(10).cloned().collect();
    assert!(failed.is_empty(), "{} of {count} seeds failed\n{}", failed.len(), first.join("\n"));
    let (orders, deaths) = (orders.into_inner(), deaths.into_inner());
    println!("{count} seeds, {orders} orders, {deaths} deaths, {} suspensions", suspensions.into_inner());
    assert!(orders > count, "the seeds hardly traded");
}

#[test]
fn a_seed_replays_to_the_byte() {
    each(0..number("NIJA_SEEDS").unwrap_or(60), |seed| {
        let (first, second) = (run(seed, None, Deaths::Drawn), run(seed, None, Deaths::Drawn));
        assert!(!first.journal.is_empty());
        let place = first.journal.iter().zip(&second.journal).position(|(a, b)| a != b);
        let around = place.map(|place| {
            let from = place.saturating_sub(200);
            let cut = |bytes: &[u8]| {
                String::from_utf8_lossy(&bytes[from..bytes.len().min(place + 100)]).into_owned()
            };
            (cut(&first.journal), cut(&second.journal))
        });
        assert!(first.journal == second.journal, "seed {seed} did not replay: {around:#?}");
    });
}

/// A process dies at each suspension of a few short days in turn.
#[test]
fn no_await_is_a_bad_place_to_die() {
    for seed in [1, 2] {
        let whole = run(seed, None, Deaths::At(u64::MAX)).suspensions;
        each(0..whole.min(400), |suspension| {
            let outcome = run(seed, None, Deaths::At(suspension));
            assert!(outcome.deaths == 1, "nobody died at {suspension} of {whole}");
            let all: Vec<_> = outcome.violations.iter().map(|found| &found.what).collect();
            assert!(all.is_empty(), "seed {seed}, dead at {suspension}: {all:#?}");
        });
    }
}

/// The simulation bites: each planted bug breaks its invariant within 500 seeds.
#[test]
fn every_planted_bug_is_found() {
    let bugs = [
        (Bug::TakesLostForRefused, 1),
        (Bug::TrustsAbsenceAtOnce, 1),
        (Bug::ShortensTheBound, 1),
        (Bug::AcknowledgesWhatFailed, 2),
        (Bug::SkipsMissedFills, 2),
        (Bug::CountsRepeatedFills, 2),
        (Bug::MistakesLegs, 2),
        (Bug::SellsDustForEver, 2),
        (Bug::ClosesAPart, 2),
        (Bug::KeepsReservations, 3),
        (Bug::MissesBaseFees, 3),
        (Bug::ForgetsOtherFees, 3),
        (Bug::ForgetsLateFees, 3),
        (Bug::KnowsDollarsAlone, 3),
        (Bug::BlamesVenueForUsers, 4),
        (Bug::HoldsAllForOne, 4),
        (Bug::BreakerHoldsExits, 5),
        (Bug::LimitsHoldExits, 5),
        (Bug::ForgetsBans, 5),
        (Bug::RefusesUnheard, 5),
        (Bug::IgnoresReach, 5),
        (Bug::ForgetsLiveOrders, 6),
        (Bug::SendsBeforeJournal, 6),
        (Bug::SendsWhenKilled, 6),
        (Bug::ClaimsFlat, 6),
        (Bug::ForgetsOtherSlices, 6),
        (Bug::SharesTheWhole, 6),
        (Bug::IgnoresLiveExits, 6),
        (Bug::ForgetsWhatIsHeld, 6),
        (Bug::SendsWhatIsClosed, 6),
        (Bug::ClosesElsewhere, 6),
        (Bug::StopsHoldNothing, 6),
        (Bug::ForgetsStops, 6),
        (Bug::NeverEscalates, 6),
        (Bug::SparesOtherExits, 6),
        (Bug::LetsEntriesRest, 6),
        (Bug::KeepsUnguarded, 6),
        (Bug::FollowsWhatFailed, 7),
    ];
    let mut missed = Vec::new();
    let only = std::env::var("NIJA_BUG").ok();
    for (bug, invariant) in bugs {
        if only.as_ref().is_some_and(|only| *only != format!("{bug:?}")) {
            continue;
        }
        let found = (0..500).find(|seed| {
            let broken = run(*seed, Some(bug), Deaths::Drawn).violations;
            broken.iter().any(|found| found.invariant == invariant)
        });
        match found {
            Some(seed) => println!("{bug:?} breaks invariant {invariant} at seed {seed}"),
            None => missed.push(bug),
        }
    }
    assert!(missed.is_empty(), "never found: {missed:?}");
}
