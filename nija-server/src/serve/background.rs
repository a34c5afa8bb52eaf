//! What runs beside the requests.

use std::time::Duration;

use crate::state::{AppState, Phase};

const TIDY_EVERY: Duration = Duration::from_secs(60);

/// Forgets what is no longer needed, until the server shuts down.
pub(super) async fn tidy(app: AppState) {
    let mut ticks = tokio::time::interval(TIDY_EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                app.limits.tidy();
                app.metrics.tidy();
            }
            () = app.draining() => return,
        }
    }
}

/// Says that the server is ready once the orders of the last run are settled.
pub(super) async fn become_ready(app: AppState) {
    tokio::select! {
        () = app.platform.engine().reconciled() => app.enter(Phase::Ready),
        () = app.draining() => {}
    }
}
