//! Keeps the vault: its own keys rotated, its log signed for, users' keys checked, unlocks ended.

use nija::UpkeepMarks;
use std::time::Duration;

use crate::{metrics, state::AppState};

/// Unlocks end to this much; everything else is due much more seldom.
const EVERY: Duration = Duration::from_secs(5);

/// Goes on until the server shuts down. The first round takes up a re-wrap that the last run was cut off in.
pub(super) async fn keep_up(app: AppState) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut marks = UpkeepMarks::default();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.draining() => return,
        }
        let round = app.platform.keep_up(&app.config.upkeep, &mut marks, metrics::rewrap);
        let done = tokio::select! {
            done = round => done,
            // What is cut off here goes on with the next start.
            () = app.draining() => return,
        };
        match done {
            Ok(done) => {
                metrics::upkeep(true);
                if done.rotated {
                    tracing::info!("the vault's keys were replaced");
                }
                if let Some(rewrap) = done.rewrapped {
                    tracing::info!(
                        moved = rewrap.moved,
                        retired = rewrap.retired,
                        "everything is under the newest key"
                    );
                }
                for (user, venue) in done.locked {
                    tracing::info!(%user, %venue, "an unlock is over; nothing here can trade there until the next one");
                }
            }
            Err(error) => {
                metrics::upkeep(false);
                tracing::error!(%error, "the vault's upkeep failed; it is tried again");
            }
        }
    }
}
