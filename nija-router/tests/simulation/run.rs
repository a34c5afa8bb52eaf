//! One run: processes that die and start again, users, the world; then everything heals, and what is left is judged.

use nija_core::{Ledger, OrderState, TimeInForce};
use std::{sync::Arc, time::Duration};

use super::{
    check,
    client::{Client, Promises},
    platform::Platform,
    running::Running,
    schedule::{self, InCharge, watched},
    witness::Violation,
    world,
};
use crate::{Engine, planted::Bug};

/// How a run ended.
pub(crate) struct Outcome {
    pub(crate) violations: Vec<Violation>,
    /// Every record of the journal as it was written, in order.
    pub(crate) journal: Vec<u8>,
    pub(crate) orders: usize,
    pub(crate) deaths: u64,
    /// How often tasks of the engine were suspended before everything healed.
    pub(crate) suspensions: u64,
}

/// Nobody is at it for longer, in virtual time: minutes are usual.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Where processes die.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deaths {
    /// At suspensions that the seed draws.
    Drawn,
    /// Once, at this suspension.
    At(u64),
}

/// Runs a seed to its end, in virtual time.
pub(crate) fn run(seed: u64, bug: Option<Bug>, deaths: Deaths) -> Outcome {
    let disorder = [0, 0, 20, 80, 140][usize::try_from(seed % 5).unwrap()];
    let in_charge = InCharge::new(seed, disorder, bug);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let outcome = runtime.block_on(live(seed, deaths));
    drop(runtime);
    drop(in_charge);
    outcome
}

async fn live(seed: u64, deaths: Deaths) -> Outcome {
    let platform = Arc::new(Platform::new(seed));
    let promises = Arc::new(Promises::default());
    let running = Arc::new(Running::default());
    tokio::spawn(world::turn(platform.clone()));
    let clients: Vec<_> = platform
        .users
        .iter()
        .enumerate()
        .map(|(name, user)| Client {
            user: *user,
            name,
            platform: platform.clone(),
            running: running.clone(),
            promises: promises.clone(),
        })
        .map(|client| tokio::spawn(client.live()))
        .collect();
    let mut done = std::pin::pin!(futures::future::join_all(clients));
    let mut died = 0;
    let mut once = match deaths {
        Deaths::At(suspension) => Some(suspension),
        Deaths::Drawn => None,
    };
    // Where a user is not to notice the others, nobody dies.
    let mortal = platform.trouble.calm.is_none();
    let mut left = platform.dice.number(0..4);
    loop {
        let next = match deaths {
            Deaths::At(_) => once.take(),
            Deaths::Drawn if mortal && left > 0 => {
                // As often in the first steps of a start as in the middle of the day.
                Some(platform.dice.number(0..1 << platform.dice.number(4..13)))
            }
            Deaths::Drawn => None,
        };
        let death = schedule::die_in(next);
        let lived = tokio::select! {
            biased;
            () = death.notified() => false,
            () = async {
                let engine = start(&platform, seed).await;
                running.replace(Some(engine));
                if tokio::time::timeout(LONGEST, &mut done).await.is_err() {
                    platform.witness.note(2, "a client waits for ever");
                }
            } => true,
        };
        // Of the dead process nothing runs any more; what it had sent is on its way all the same.
        let dead = running.replace(None);
        if lived {
            // A death that was drawn and did not come in time would leave whoever holds a lock with it for ever.
            schedule::die_in(None);
            if let Some(engine) = dead {
                if tokio::time::timeout(LONGEST, check::audit(&platform, &engine)).await.is_err() {
                    platform.witness.note(4, "a user's state is never free again");
                }
                // One that is stopped sends no more than a dead one.
                platform.witness.end();
                engine.stop().await;
            }
            break;
        }
        drop(dead);
        platform.witness.end();
        (died, left) = (died + 1, left.saturating_sub(1));
        // Who operates it restarts it since nothing goes any more, and so often does while a venue is down.
        if platform.dice.chance(25) {
            let venue = platform.dice.pick(&platform.venues);
            platform.trouble.take_down(venue.place, platform.dice.millis(2_000..20_000));
        }
        tokio::time::sleep(platform.dice.millis(0..3_000)).await;
    }
    let suspensions = schedule::suspensions();
    schedule::die_in(None);
    let engine = heal(&platform, seed).await;
    check::all(&platform, &engine, &promises).await;
    engine.stop().await;
    Outcome {
        violations: platform.witness.violations(),
        journal: check::bytes(&platform),
        orders: platform.ledger.all_orders().len(),
        deaths: died,
        suspensions,
    }
}

/// A process starts; it tries again where the disk or the vault do not let it.
async fn start(platform: &Platform, seed: u64) -> Arc<Engine> {
    let over = tokio::time::Instant::now() + LONGEST;
    loop {
        match watched(platform.start()).await {
            Ok(engine) => return engine,
            Err(error) if tokio::time::Instant::now() > over => {
                panic!("seed {seed}: the engine does not start: {error}")
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// The trouble ends, and the engine has the time that it needs to find everything out.
async fn heal(platform: &Arc<Platform>, seed: u64) -> Arc<Engine> {
    platform.trouble.end();
    let engine = start(platform, seed).await;
    engine.reconciled().await;
    let over = tokio::time::Instant::now() + Duration::from_secs(900);
    while tokio::time::Instant::now() < over && !settled(platform).await {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    // What came late is taken up as well, a switch that nobody can confirm tries as often as it may, and then all is at rest.
    tokio::time::sleep(Duration::from_secs(90)).await;
    engine
}

async fn settled(platform: &Platform) -> bool {
    let at_work = platform.ledger.kills().iter().any(|on| on.outcome.is_none());
    if at_work && !check::never_confirmed(platform) {
        return false;
    }
    if check::stops_at_work(platform).next().is_some() {
        return false;
    }
    // What a venue has is not known before it may be asked.
    if !platform.ledger.kept_bans().is_empty() {
        return false;
    }
    let open = platform.ledger.unsettled_orders().await.unwrap();
    open.iter().all(|order| match order.state {
        // What comes after its end, a stop in its place say, is made then.
        OrderState::Working | OrderState::PartialFill if order.cancel_wished => false,
        _ if order.schedule.is_some() => check::waits_for_a_doubt(platform, order),
        // What rests may rest for ever.
        OrderState::Working | OrderState::PartialFill => {
            order.intent.signal.time_in_force == TimeInForce::Gtc && check::rests_as_known(platform, order)
        }
        OrderState::Unknown => check::may_stay_unknown(platform, order),
        _ => false,
    })
}
