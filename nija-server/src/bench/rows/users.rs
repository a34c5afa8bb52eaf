//! Many users, an order a second each: 60 times the promise of 1,000 orders a minute.

use std::time::Duration;

use crate::bench::{
    Args, Outcome,
    load::{Load, Pace},
    report::{Row, time, words},
    target::{Target, Venue},
    users::sign_up,
};

/// Microseconds.
const BUDGET: f64 = 50_000.0;

pub(in crate::bench) async fn users(args: &Args) -> Outcome<Vec<Row>> {
    let users = usize::try_from(args.users)?;
    let venue = Venue::start(users).await?;
    let target = Target::trading_at(&venue).await?;
    let tokens = sign_up(&target.address, users, Some(&venue)).await?;
    let mut load = Load::open(&target.address, &tokens, users, "/v1/orders").await?;
    load.run(Pace::EverySecond, Duration::from_secs(2), || target.cpu()).await?;
    let before = venue.cpu()?;
    let run = load.run(Pace::EverySecond, Duration::from_secs(args.users_seconds), || target.cpu()).await?;
    let at_venue = venue.cpu()?.saturating_sub(before);
    if let Some(error) = &load.first_error {
        tracing::warn!("the server refused: {error}");
    }
    let (figures, memory) = (run.figures(), target.resident()?.unwrap_or_default());
    target.stop().await?;
    venue.stop().await?;
    Ok(vec![Row {
        row: format!("{users} users, an order a second each, for {} s", args.users_seconds),
        measured: words(&figures),
        reference: None,
        ratio: None,
        budget: "no error, p99 < 50 ms".into(),
        met: Some(figures.errors == 0 && figures.p99_us < BUDGET),
        note: format!(
            "at a simulated Kraken, every user with a key and an account stream; answer when durable, latency from when the order was due; \
             the venue spends {} CPU an order; the server ends at {} MiB",
            time(
                at_venue.as_secs_f64() * 1e6
                    / crate::bench::figures::count(run.latencies.len().max(1) as u64)
            ),
            memory >> 20
        ),
    }])
}
