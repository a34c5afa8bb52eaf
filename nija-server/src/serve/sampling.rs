//! Measures accounts at even times, for their curves.

use nija_core::Timestamp;
use std::time::Duration;

use crate::state::AppState;

/// Goes on until the server shuts down. The times do not depend on when it was started, so that restarts neither add measurements nor
/// move them.
pub(super) async fn sample_equity(app: AppState) {
    let (every, keep) = (app.config.equity.every(), app.config.equity.keep());
    loop {
        tokio::select! {
            () = tokio::time::sleep(until_next(app.now(), every)) => {}
            () = app.draining() => return,
        }
        let sampled = tokio::select! {
            sampled = app.platform.sample_equity(keep) => sampled,
            () = app.draining() => return,
        };
        if let Err(error) = sampled {
            tracing::error!(%error, "accounts could not be measured; their curves have a gap");
        }
    }
}

/// From a moment to the next that is a multiple of the interval after 1970.
fn until_next(now: Timestamp, every: Duration) -> Duration {
    let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX).max(1);
    Duration::from_micros(u64::try_from(every - now.micros().rem_euclid(every)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_does_not_move_the_times() {
        let every = Duration::from_secs(300);
        for (now, wait) in [(0, 300), (1, 299), (299, 1), (300, 300), (86_400 + 17, 283)] {
            let now = Timestamp::from_micros(now * 1_000_000);
            assert_eq!(until_next(now, every), Duration::from_secs(wait));
        }
        assert_eq!(until_next(Timestamp::from_micros(-1), every), Duration::from_micros(1));
    }
}
