//! Waiting for something, with an end.

use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long a rule may take; reached only by a failure.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Lets a rule run, but not for ever.
pub async fn within<T>(rule: impl Future<Output = T>) -> T {
    timeout(DEADLINE, rule).await.expect("the rule ends in time")
}

/// Asks until there is an answer.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let end = Instant::now() + DEADLINE / 2;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "never: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}
