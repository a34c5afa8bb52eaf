//! `nija venues`.

use futures::future::join_all;
use nija_core::{Executor, LimitUsage, Symbol, VenueError};
use rust_decimal::Decimal;
use serde_json::json;
use std::{
    error::Error,
    time::{Duration, Instant},
};

use super::{reach, say, table::table};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    reach: reach::Reach,
    /// The symbol whose price is asked to measure latency; the venue's first one where it does not list it.
    #[arg(long, default_value = "BTC-USD")]
    symbol: Symbol,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What a venue answered.
struct Answer {
    status: String,
    ok: bool,
    instruments: Option<usize>,
    latency: Option<Duration>,
}

/// Asks all venues at once. Ends badly when none answers.
pub(super) async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let venues = args.reach.executors()?;
    let answers = join_all(venues.iter().map(|venue| async {
        let asked = tokio::time::timeout(args.reach.timeout(), ask(venue.as_ref(), &args.symbol)).await;
        asked.unwrap_or_else(|_| Answer::down(format!("no answer in {} s", args.reach.timeout().as_secs())))
    }))
    .await;
    if args.json {
        let all: Vec<_> =
            venues.iter().zip(&answers).map(|(venue, answer)| as_json(&**venue, answer)).collect();
        say(&serde_json::to_string_pretty(&all)?);
    } else {
        let heads = ["VENUE", "NAME", "MARKETS", "LATENCY", "MAKER", "TAKER", "LIMITS USED", "STATUS"];
        let rows = venues.iter().zip(&answers).map(|(venue, answer)| row(&**venue, answer)).collect();
        say(&table(&heads, 2..6, rows));
    }
    if answers.iter().any(|answer| answer.ok) { Ok(()) } else { Err("no venue answered".into()) }
}

async fn ask(venue: &dyn Executor, symbol: &Symbol) -> Answer {
    let instruments = match venue.instruments().await {
        Ok(instruments) => instruments,
        Err(error) => return Answer::failed(&error),
    };
    let symbol = instruments.iter().find(|it| it.symbol == *symbol).or(instruments.first());
    let Some(symbol) = symbol.map(|it| &it.symbol) else {
        return Answer::down("it lists nothing".into());
    };
    // The connection stands by now: this is the time of one call.
    let asked = Instant::now();
    match venue.quote(symbol).await {
        Ok(_) => Answer {
            status: "online".into(),
            ok: true,
            instruments: Some(instruments.len()),
            latency: Some(asked.elapsed()),
        },
        Err(error) => Answer { instruments: Some(instruments.len()), ..Answer::failed(&error) },
    }
}

impl Answer {
    fn failed(error: &VenueError) -> Self {
        Self::down(error.to_string())
    }

    fn down(status: String) -> Self {
        Self { status, ok: false, instruments: None, latency: None }
    }
}

fn row(venue: &dyn Executor, answer: &Answer) -> Vec<String> {
    let (contract, fees) = (venue.contract(), venue.default_fees());
    vec![
        contract.venue.to_string(),
        contract.name.to_owned(),
        answer.instruments.map_or_else(dash, |number| number.to_string()),
        answer.latency.map_or_else(dash, |latency| format!("{:.1} ms", latency.as_secs_f64() * 1e3)),
        per_cent(fees.maker),
        per_cent(fees.taker),
        limits(&venue.limits_used(None)),
        answer.status.clone(),
    ]
}

fn dash() -> String {
    "-".into()
}

fn per_cent(rate: Decimal) -> String {
    format!("{} %", (rate * Decimal::ONE_HUNDRED).normalize())
}

fn limits(used: &[LimitUsage]) -> String {
    if used.is_empty() {
        return dash();
    }
    let one = |it: &LimitUsage| match it.limit {
        Some(limit) => format!("{}/{limit} {}", it.used, it.name),
        None => format!("{} {}", it.used, it.name),
    };
    used.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn as_json(venue: &dyn Executor, answer: &Answer) -> serde_json::Value {
    let (contract, fees) = (venue.contract(), venue.default_fees());
    json!({
        "venue": contract.venue,
        "name": contract.name,
        "status": answer.status,
        "online": answer.ok,
        "markets": answer.instruments,
        "latency_us": answer.latency.map(|latency| u64::try_from(latency.as_micros()).unwrap_or(u64::MAX)),
        "default_maker_fee": fees.maker,
        "default_taker_fee": fees.taker,
        "limits_used": venue.limits_used(None),
    })
}
