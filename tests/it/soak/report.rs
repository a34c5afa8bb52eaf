//! The figures of a run.

use std::{collections::BTreeMap, fmt::Display};

use super::{load::Log, truth::Truth, world::World};

pub(crate) async fn print(world: &World, logs: &[Log], truth: &Truth) {
    let orders: usize = logs.iter().map(|log| log.orders.len()).sum();
    let cancels: u64 = logs.iter().map(|log| log.cancels).sum();
    let repeats: u64 = logs.iter().map(|log| log.repeats).sum();
    println!(
        "{orders} orders acknowledged, {cancels} cancels, {repeats} repeats; {} journal records",
        truth.events
    );
    line("by kind", &truth.kinds);
    line("ended", &truth.ends);
    line("exits ended", &truth.exits);
    line("orders at venues", &truth.venue_orders);
    line("fills at venues", &truth.fills);
    line("doubts, as they were settled", &truth.doubts);
    println!(
        "{} further attempts after proof; {} orders wait for a person",
        truth.failovers, truth.for_a_person
    );
    for venue in world.sim.venues() {
        let hits = venue.fault_hits_by_kind().into_iter().map(|(kind, hits)| (format!("{kind:?}"), hits));
        line(&format!("faults at {}", venue.name), &hits.collect());
    }
}

fn line<K: Display + Ord>(what: &str, counts: &BTreeMap<K, u64>) {
    let counts: Vec<String> =
        counts.iter().map(|(name, count)| format!("{} {count}", name.to_string().trim())).collect();
    println!("{what}: {}", counts.join(", "));
}
