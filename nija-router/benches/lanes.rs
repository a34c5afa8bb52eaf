//! What users and venues feel of each other's trouble: the p99 of a quiet user's orders, from the signal to the fill on record,
//! alone and beside a user who sends 1,000 orders a second; and at one venue, alone and while another one hangs.
//!
//! A venue takes 200 ms for an order, so that its 128 workers are fewer than the loud user asks for. The journal is off. Quiet and
//! troubled rounds alternate, and each figure is the median of its rounds: what the machine does meanwhile meets both. The rows
//! are left for `tools/bench` as well.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::float_arithmetic
)]

#[allow(dead_code)]
mod support;

use futures::StreamExt;
use nija_core::{
    ClientOrderId, EventBus, Executor, JournalEvent, Notional, OrderId, OrderSize, OsEntropy, RiskChain,
    SeededEntropy, Side, Subscription, SystemClock, Tier, Timestamp, TradeSignal, UserEventKind, UserId,
    VenueId,
};
use nija_router::{Engine, EngineConfig, EngineParts, RiskLimits, WeightedScore, default_policies};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Notify;

use support::{InstantVenue, NoVault, NullLedger};

const ROUNDS: usize = 5;
const ORDERS: u32 = 200;
const QUIET: Duration = Duration::from_millis(10);
const LOUD: Duration = Duration::from_millis(1);
const VENUE: Duration = Duration::from_millis(200);
/// Where `tools/bench` looks.
const ROWS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/bench-lanes.json");

static SERIAL: AtomicU64 = AtomicU64::new(0);

fn user(seed: u64) -> UserId {
    UserId::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed))
}

fn signal(user: UserId, venue: &str) -> TradeSignal {
    let id = ClientOrderId::new(&format!("o{}", SERIAL.fetch_add(1, Ordering::Relaxed))).unwrap();
    let money = OrderSize::Quote(Notional::new(Decimal::from(60)).unwrap());
    let venue = Some(VenueId::new(venue).unwrap());
    TradeSignal { venue, ..TradeSignal::market(user, id, "BTC-USD".parse().unwrap(), Side::Buy, money) }
}

/// When each order's fill went on record.
#[derive(Default)]
struct Fills {
    at: Mutex<HashMap<OrderId, Instant>>,
    more: Notify,
}

impl Fills {
    async fn of(&self, order: OrderId) -> Instant {
        loop {
            let mut more = std::pin::pin!(self.more.notified());
            more.as_mut().enable();
            let at = self.at.lock().get(&order).copied();
            match at {
                Some(at) => return at,
                None => tokio::time::timeout(Duration::from_secs(60), more).await.expect("it is filled"),
            }
        }
    }
}

impl EventBus for Fills {
    fn publish(&self, _: UserId, _: Timestamp, kind: UserEventKind) {
        if let UserEventKind::Journal(record) = kind
            && let JournalEvent::Filled(fill) = &record.event
            && let Some(order) = fill.order
        {
            self.at.lock().insert(order, Instant::now());
            self.more.notify_waiters();
        }
    }

    fn subscribe(&self, _: UserId, _: Option<(&str, u64)>) -> Subscription {
        let (stream, events) = ("bench".into(), futures::stream::empty().boxed());
        Subscription { stream, last_seq: 0, missed: None, events }
    }
}

async fn engine(venues: &[Arc<InstantVenue>], fills: &Arc<Fills>) -> Arc<Engine> {
    let limits = RiskLimits { entry_interval: Duration::ZERO, ..RiskLimits::default() };
    let config = EngineConfig {
        symbols: vec!["BTC-USD".parse().unwrap()],
        limits: limits.clone(),
        ..EngineConfig::default()
    };
    let engine = Engine::start(EngineParts {
        vault: Arc::new(NoVault),
        ledger: Arc::new(NullLedger::default()),
        executors: venues.iter().map(|venue| venue.clone() as Arc<dyn Executor>).collect(),
        bus: fills.clone(),
        router: Arc::new(WeightedScore::default()),
        risk: RiskChain::new(default_policies(&limits)).unwrap(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy::new().unwrap()),
        config,
    })
    .await
    .unwrap();
    for seed in 1..=2 {
        engine.set_tier(user(seed), Tier::Enterprise);
        engine.account(user(seed)).await.unwrap();
    }
    engine
}

/// One user's orders at an even pace; answers with the p99 of the time from signal to fill.
async fn quiet(engine: &Arc<Engine>, fills: &Fills, whose: UserId, venue: &'static str) -> Duration {
    let mut ticks = tokio::time::interval(QUIET);
    let mut orders = Vec::new();
    for _ in 0..ORDERS {
        ticks.tick().await;
        let (engine, wanted) = (engine.clone(), signal(whose, venue));
        orders.push(tokio::spawn(async move {
            let began = Instant::now();
            (engine.submit(wanted).await.unwrap().order.id(), began)
        }));
    }
    let mut took = Vec::new();
    for order in orders {
        let (order, began) = order.await.unwrap();
        took.push(fills.of(order).await.duration_since(began));
    }
    took.sort_unstable();
    took[took.len() * 99 / 100]
}

/// A user who sends an order each millisecond, wherever the lane lets them.
fn loud(engine: &Arc<Engine>, whose: UserId, venue: &'static str) -> tokio::task::JoinHandle<()> {
    let engine = engine.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(LOUD);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
        loop {
            ticks.tick().await;
            let (engine, wanted) = (engine.clone(), signal(whose, venue));
            // A full lane refuses: that is the loud user's own trouble.
            tokio::spawn(async move { drop(engine.submit(wanted).await) });
        }
    })
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// One row of docs/benchmarks.md.
fn row(what: &str, alone: f64, beside: f64, budget: f64) -> serde_json::Value {
    let ratio = beside / alone;
    let row = serde_json::json!({
        "row": what,
        "measured": format!("p99 {beside:.1} ms"),
        "reference": format!("alone: p99 {alone:.1} ms"),
        "ratio": ratio,
        "budget": format!("< {budget}x"),
        "met": ratio < budget,
        "note": "",
    });
    println!("{row:#}");
    row
}

async fn a_loud_user() -> serde_json::Value {
    let fills = Arc::new(Fills::default());
    let engine = engine(&[Arc::new(InstantVenue::named("a", VENUE))], &fills).await;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(quiet(&engine, &fills, user(1), "a").await);
        let noise = loud(&engine, user(2), "a");
        // Until the loud user's places are taken.
        tokio::time::sleep(Duration::from_secs(1)).await;
        beside.push(quiet(&engine, &fills, user(1), "a").await);
        noise.abort();
        engine.settle_down("a").await;
    }
    engine.stop().await;
    row("a quiet user beside one who sends 1,000 orders a second", median(alone), median(beside), 2.0)
}

async fn a_hanging_venue() -> serde_json::Value {
    let (a, b) = (Arc::new(InstantVenue::named("a", VENUE)), Arc::new(InstantVenue::named("b", VENUE)));
    let fills = Arc::new(Fills::default());
    let engine = engine(&[a.clone(), b], &fills).await;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(quiet(&engine, &fills, user(1), "b").await);
        a.set_hangs(true);
        let noise = loud(&engine, user(2), "a");
        tokio::time::sleep(Duration::from_secs(1)).await;
        beside.push(quiet(&engine, &fills, user(1), "b").await);
        noise.abort();
        a.set_hangs(false);
        engine.settle_down("a").await;
    }
    engine.stop().await;
    row("a venue beside one that hangs", median(alone), median(beside), 1.2)
}

trait SettleDown {
    /// Waits until a venue's queue is empty again, so that the next quiet round is one.
    async fn settle_down(&self, venue: &str);
}

impl SettleDown for Engine {
    async fn settle_down(&self, venue: &str) {
        loop {
            let venues = self.venues();
            let here = venues.iter().find(|status| status.venue.as_str() == venue).unwrap();
            if here.health.queue_depth == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let rows = [runtime.block_on(a_loud_user()), runtime.block_on(a_hanging_venue())];
    std::fs::write(ROWS, serde_json::Value::from(rows.to_vec()).to_string()).unwrap();
}
