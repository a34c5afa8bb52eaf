//! What goes wrong at every venue: each kind of fault hits one request, or one message of a stream, in twenty.

use nija_sim::{Fault, FaultKind, RandomFaults, VenueHandle};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::time::Duration;
use tokio::task::JoinHandle;

use super::world::World;

const EACH: f64 = 0.05;
const KINDS: [FaultKind; 6] = [
    FaultKind::DropBefore,
    FaultKind::DropAfter,
    FaultKind::Http5xx,
    FaultKind::Html502,
    FaultKind::StreamGap,
    FaultKind::DuplicateReports,
];

/// Faults that go on.
pub(crate) struct Trouble(Vec<JoinHandle<()>>);

pub(crate) fn start(world: &World, seed: u64) -> Trouble {
    let tasks = world.sim.venues().iter().zip(0..).map(|(venue, n)| {
        venue.random_faults(RandomFaults {
            seed: seed.wrapping_mul(1_000).wrapping_add(n),
            rate: EACH * KINDS.len() as f64,
            kinds: KINDS.to_vec(),
            path: Some("*".to_owned()),
        });
        tokio::spawn(disconnect_now_and_then(venue.clone(), StdRng::seed_from_u64(seed ^ (n << 32))))
    });
    Trouble(tasks.collect())
}

/// Every stream of a venue breaks at once, every ten seconds or so.
async fn disconnect_now_and_then(venue: VenueHandle, mut rng: StdRng) {
    loop {
        tokio::time::sleep(Duration::from_millis(rng.random_range(3_000..17_000))).await;
        venue.fault(Fault::new(FaultKind::StreamDisconnect));
    }
}

impl Trouble {
    /// From now on all goes well.
    pub(crate) async fn heal(self, world: &World) {
        for task in self.0 {
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled(), "the disconnects went on");
        }
        world.sim.venues().iter().for_each(VenueHandle::clear_faults);
        // What rests may be filled at any moment while prices move: what is compared must stand still.
        world.sim.pause_tape();
    }
}
