//! What a row is measured against in the same run: the least that does the same outer work, without our engine, vault and ledger.
//! `nija bench reference` runs one as a process of its own; it is no part of the product.

mod inserts;
mod journal;
mod orders;
mod raw_streams;
mod venue;

use serde::{Deserialize, Serialize};
use std::io::Read as _;

use super::{
    Outcome,
    http::Address,
    process::{Plan, Process},
};

pub(super) use inserts::{Connections, connect};
pub(super) use orders::Orders;
pub(super) use raw_streams::RawStreams;
pub(super) use venue::Key;

/// Which reference, from standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reference {
    /// axum, a token check, one insert; and a signed order to a venue where there is one.
    Orders(Orders),
    /// Frames to raw sockets.
    RawStreams(RawStreams),
}

impl Reference {
    /// Starts one beside us.
    pub(super) async fn start(&self) -> Outcome<(Process, Address)> {
        let process = Plan::new(&["bench", "reference"])?.input(serde_json::to_string(self)?).start().await?;
        let address = Address::of(process.said("url")?)?;
        Ok((process, address))
    }
}

/// Runs one until killed.
pub(super) async fn run() -> Outcome<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    match serde_json::from_str(&text)? {
        Reference::Orders(orders) => orders.run().await,
        Reference::RawStreams(streams) => streams.run().await,
    }
}

/// Tells the parent where it listens.
fn ready(line: &serde_json::Value) {
    crate::cli::say(&line.to_string());
}
