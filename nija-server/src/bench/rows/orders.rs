//! Orders over HTTP as fast as they are answered, ours and the bare server's in turns.

use std::time::Duration;

use crate::bench::{
    Args, Outcome, failed,
    figures::{Figures, median, ratio},
    load::{Load, Pace},
    reference::{Connections, Orders, Reference, connect},
    report::{Row, words},
    target::{Target, Venue},
    users::sign_up,
};

/// More than connections: one user's orders queue behind each other, different users' do not.
const USERS: usize = 256;
const DURABLE: &str = "/v1/orders";
/// Answered when the venue took the order and that is on record: what the bare server's answer says, too.
const SENT: &str = "/v1/orders?wait_ms=10000&wait_for=acknowledged";

/// Both sides of one row.
struct Sides {
    ours: Figures,
    bare: Figures,
    /// Each turn of ours with the bare server's turn before it.
    turns: Vec<(Figures, Figures)>,
    /// Processor time of the venue for each of our orders, microseconds.
    venue_cpu_us: f64,
}

impl Sides {
    /// The middle of what each turn is of the one beside it. A machine that is slow for some seconds is slow for both; between the middles of
    /// each side it would be a difference.
    fn ratio(&self, figure: fn(&Figures) -> f64) -> Option<f64> {
        let ratios: Option<Vec<_>> =
            self.turns.iter().map(|(ours, bare)| ratio(figure(ours), figure(bare))).collect();
        ratios.filter(|ratios| !ratios.is_empty()).map(|ratios| median(&ratios))
    }
}

/// Intent to durable answer.
pub(in crate::bench) async fn http(args: &Args) -> Outcome<Vec<Row>> {
    let target = match &args.url {
        Some(url) => Target::at(url)?,
        None => Target::paper().await?,
    };
    let tokens = sign_up(&target.address, USERS, None).await?;
    let sides = measure(args, target, &tokens, args.connections.into(), DURABLE, Beside::Nothing).await?;
    let ratio = sides.ratio(|it| it.per_second);
    Ok(vec![Row {
        row: format!("intent -> durable answer over HTTP, {} connections, SQLite FULL", args.connections),
        measured: words(&sides.ours),
        reference: Some(format!("bare axum + JWT + group commit: {}", words(&sides.bare))),
        ratio,
        budget: ">= 0.40x".into(),
        met: met(ratio, &sides.ours, |ratio| ratio >= 0.40),
        note: format!("every order is also sent to paper and filled; {}", cpu_note(&sides)),
    }])
}

/// The variable that holds the address of a PostgreSQL server, of a user who may make databases in it (`... dbname=postgres`).
const POSTGRES: &str = "NIJA_BENCH_POSTGRES";

/// What a bare server works with besides its own file.
#[derive(Clone, Copy)]
enum Beside<'a> {
    Nothing,
    Venue(&'a Venue),
    Postgres(&'a str, Connections),
}

/// Intent to durable answer, ledger and reference on one PostgreSQL server. Without one there is no row.
pub(in crate::bench) async fn postgres(args: &Args) -> Outcome<Vec<Row>> {
    let Ok(server) = std::env::var(POSTGRES) else {
        tracing::warn!("{POSTGRES} is not set: the rows over PostgreSQL are left out");
        return Ok(Vec::new());
    };
    settle_in(&connect(&server).await?).await?;
    let sides = on_server(args, &server, Connections::Pooled).await?;
    let pooled = sides.ratio(|it| it.per_second);
    let row = Row {
        row: format!("intent -> durable answer over HTTP, {} connections, PostgreSQL", args.connections),
        measured: words(&sides.ours),
        reference: Some(format!("bare axum + JWT + one insert, commit each: {}", words(&sides.bare))),
        ratio: pooled,
        budget: ">= 0.70x".into(),
        met: met(pooled, &sides.ours, |ratio| ratio >= 0.70),
        note: format!(
            "every order is also sent to paper and filled; {}, PostgreSQL's own not counted",
            cpu_note(&sides)
        ),
    };
    let sides = on_server(args, &server, Connections::Shared).await?;
    let beside_shared = Row {
        row: "the same beside inserts that follow each other on shared connections".into(),
        measured: words(&sides.ours),
        reference: Some(format!("bare axum + JWT + pipelined inserts, commit each: {}", words(&sides.bare))),
        ratio: sides.ratio(|it| it.per_second),
        budget: "-".into(),
        met: None,
        note: String::new(),
    };
    Ok(vec![row, beside_shared])
}

/// Both sides, each in a database of its own.
async fn on_server(args: &Args, server: &str, connections: Connections) -> Outcome<Sides> {
    let admin = connect(server).await?;
    let names = ["ours", "bare"].map(|side| format!("nija_bench_{side}_{}", std::process::id()));
    for name in &names {
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await?;
    }
    let [ours, bare] =
        names.each_ref().map(|name| server.replace("dbname=postgres", &format!("dbname={name}")));
    let measured = over_postgres(args, &ours, (&bare, connections)).await;
    for name in &names {
        admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
    }
    measured
}

/// Files of the server's log that neither side of any row has to make: as many as all runs write before the next checkpoint.
const LOG_FILES: usize = 192;

/// Makes the server one that has run for a while: it uses the files of its log again, where a new one fills each with zeros first (16 MiB, which
/// would be a third of its work here and none of it a week later). Once for all rows: it writes 3 GiB.
async fn settle_in(admin: &tokio_postgres::Client) -> Outcome<()> {
    for _ in 0..LOG_FILES {
        admin
            .batch_execute("SELECT pg_logical_emit_message(false, 'nija', 'next'); SELECT pg_switch_wal()")
            .await?;
    }
    Ok(admin.batch_execute("CHECKPOINT").await?)
}

async fn over_postgres(args: &Args, ours: &str, (bare, how): (&str, Connections)) -> Outcome<Sides> {
    let target = Target::over_postgres(ours).await?;
    let tokens = sign_up(&target.address, USERS, None).await?;
    measure(args, target, &tokens, args.connections.into(), DURABLE, Beside::Postgres(bare, how)).await
}

/// Intent to the venue's answer.
pub(in crate::bench) async fn venue(args: &Args) -> Outcome<Vec<Row>> {
    let sides = at_venue(args, args.connections.into(), USERS).await?;
    let ratio = sides.ratio(|it| it.per_second);
    Ok(vec![Row {
        row: format!(
            "intent -> signed and sent to a loopback venue -> answer, {} connections",
            args.connections
        ),
        measured: words(&sides.ours),
        reference: Some(format!("bare axum + insert + sign + send: {}", words(&sides.bare))),
        ratio,
        budget: ">= 0.30x".into(),
        met: met(ratio, &sides.ours, |ratio| ratio >= 0.30),
        note: format!(
            "both answer when the venue took the order; ours takes up its fill as well; {}; the simulated venue spends {:.0} us CPU an order",
            cpu_note(&sides),
            sides.venue_cpu_us
        ),
    }])
}

/// One order at a time.
pub(in crate::bench) async fn alone(args: &Args) -> Outcome<Vec<Row>> {
    // One at a time, of several users in turn: the lane bounds how fast one user sends orders of one symbol, which is no part of this row.
    let sides = at_venue(args, 1, 16).await?;
    let ratio = sides.ratio(|it| it.p50_us);
    Ok(vec![Row {
        row: "one order alone, HTTP to answer, sent to a loopback venue".into(),
        measured: words(&sides.ours),
        reference: Some(format!("the bare server at one connection: {}", words(&sides.bare))),
        ratio,
        budget: "p50 <= 2x".into(),
        met: met(ratio, &sides.ours, |ratio| ratio <= 2.0),
        note: "both answer when the venue took the order".into(),
    }])
}

async fn at_venue(args: &Args, connections: usize, users: usize) -> Outcome<Sides> {
    // The bare server trades with keys of its own: two that use one key would spoil each other's nonces.
    let venue = Venue::start(2 * users).await?;
    let target = Target::trading_at(&venue).await?;
    let tokens = sign_up(&target.address, users, Some(&venue)).await?;
    let sides = measure(args, target, &tokens, connections, SENT, Beside::Venue(&venue)).await;
    venue.stop().await?;
    sides
}

async fn measure(
    args: &Args,
    target: Target,
    tokens: &[String],
    connections: usize,
    path: &'static str,
    beside: Beside<'_>,
) -> Outcome<Sides> {
    let venue = match beside {
        Beside::Venue(venue) => Some(venue),
        _ => None,
    };
    let reference = Reference::Orders(Orders {
        callers: tokens.len(),
        venue: venue.map(|venue| venue.rest.clone()),
        postgres: match beside {
            Beside::Postgres(url, connections) => Some((url.to_owned(), connections)),
            _ => None,
        },
        keys: venue.map(|venue| venue.keys[tokens.len()..].to_vec()).unwrap_or_default(),
    });
    let (bare, bare_address) = reference.start().await?;
    let bare_tokens: Vec<String> = serde_json::from_value(bare.ready["tokens"].clone())?;
    let mut bare_load = Load::open(&bare_address, &bare_tokens, connections, DURABLE).await?;
    let mut our_load = Load::open(&target.address, tokens, connections, path).await?;
    let venue_cpu = || venue.map_or(Ok(Duration::ZERO), Venue::cpu);
    let (mut ours, mut bares, mut at_venue) = (Vec::new(), Vec::new(), Duration::ZERO);
    let mut answers = 0;
    for _ in 0..args.runs {
        let (warm_up, time) = (args.warm_up(), args.measured());
        bare_load.run(Pace::Closed, warm_up, || bare.cpu()).await?;
        bares.push(bare_load.run(Pace::Closed, time, || bare.cpu()).await?.figures());
        our_load.run(Pace::Closed, warm_up, || target.cpu()).await?;
        let before = venue_cpu()?;
        let run = our_load.run(Pace::Closed, time, || target.cpu()).await?;
        at_venue += venue_cpu()?.saturating_sub(before);
        answers += run.latencies.len();
        ours.push(run.figures());
        if let (Some(ours), Some(bare)) = (ours.last(), bares.last()) {
            tracing::info!(ours = words(ours), bare = words(bare), "a turn");
        }
    }
    for (name, load) in [("the bare server", &bare_load), ("the server", &our_load)] {
        if let Some(error) = &load.first_error {
            tracing::warn!("{name} refused: {error}");
        }
    }
    let sides = Sides {
        ours: Figures::median(&ours),
        bare: Figures::median(&bares),
        turns: ours.into_iter().zip(bares).collect(),
        venue_cpu_us: at_venue.as_secs_f64() * 1e6 / crate::bench::figures::count(answers.max(1) as u64),
    };
    if sides.ours.per_second <= 0.0 {
        let (error, log) = (our_load.first_error.unwrap_or_default(), target.last_words());
        return Err(failed(format!("the server took no order: {error}; its log: {log}")));
    }
    bare.stop().await?;
    target.stop().await?;
    Ok(sides)
}

/// A budget is not met by a load that was refused.
fn met(ratio: Option<f64>, ours: &Figures, within: impl Fn(f64) -> bool) -> Option<bool> {
    ratio.map(|ratio| within(ratio) && ours.errors == 0)
}

fn cpu_note(sides: &Sides) -> String {
    match ratio(sides.ours.cpu_us, sides.bare.cpu_us) {
        Some(times) if sides.ours.cpu_us > 0.0 => format!("{times:.1} times the bare server's CPU time"),
        _ => "its CPU time is not known".to_owned(),
    }
}
