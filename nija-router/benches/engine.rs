//! Orders through the whole engine in one process, filled, with the journal off: a ledger that keeps nothing and a venue that
//! fills at once. Prints orders a second.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nija_core::{
    ClientOrderId, EventBus, Executor, Notional, OrderKind, OrderSize, Price, SeededEntropy, Side,
    SignalType, Symbol, SystemClock, TimeInForce, Timestamp, TradeSignal, UserId,
};
use nija_router::{
    Engine, EngineConfig, EngineParts, LaneConfig, RiskChain, RiskLimits, WeightedScore, default_policies,
};
use rust_decimal::Decimal;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use support::{CountingBus, InstantVenue, NoVault, NullLedger};

// What the `nija` command runs on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Orders under way at a time, over all users.
const IN_FLIGHT: usize = 256;

fn limits() -> RiskLimits {
    let mut limits = RiskLimits::default();
    limits.basic.largest_position = None;
    limits.entry_interval = Duration::ZERO;
    limits.max_equity_share = Decimal::ONE;
    limits
}

async fn engine(bus: Arc<dyn EventBus>, venue: InstantVenue) -> Arc<Engine> {
    let limits = limits();
    let lane = LaneConfig {
        capacity: 100_000,
        rate_per_second: u32::MAX.try_into().unwrap(),
        ..LaneConfig::default()
    };
    let executors: Vec<Arc<dyn Executor>> = vec![Arc::new(venue)];
    let engine = Engine::start(EngineParts {
        vault: Arc::new(NoVault),
        ledger: Arc::new(NullLedger::default()),
        executors,
        bus,
        router: Arc::new(WeightedScore::default()),
        risk: RiskChain::new(default_policies(&limits)).unwrap(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SeededEntropy::new(1)),
        config: EngineConfig { limits, lane, ..EngineConfig::default() },
    })
    .await
    .unwrap();
    while engine.market().markets.is_empty() {
        tokio::task::yield_now().await;
    }
    engine
}

fn signal(user: UserId, n: u64) -> TradeSignal {
    TradeSignal {
        user,
        client_order_id: ClientOrderId::new(&format!("b{n}")).unwrap(),
        symbol: Symbol::new("BTC-USD").unwrap(),
        side: Side::Buy,
        size: OrderSize::Quote(Notional::new(Decimal::from(100)).unwrap()),
        kind: OrderKind::Market,
        time_in_force: TimeInForce::Ioc,
        signal_type: SignalType::Entry,
        venue: None,
        strategy: None,
        protection: None,
    }
}

/// So many orders from all users, a bounded number under way at a time, until the last one is filled.
async fn run(
    engine: &Arc<Engine>,
    bus: &Arc<CountingBus>,
    users: &[UserId],
    serial: &AtomicU64,
    orders: u64,
) {
    let goal = bus.filled() + orders;
    bus.allow(IN_FLIGHT);
    let per_user = orders.div_ceil(users.len() as u64);
    let mut left = orders;
    let mut tasks = tokio::task::JoinSet::new();
    for user in users.iter().copied() {
        let count = per_user.min(left);
        left -= count;
        let (engine, bus, first) = (engine.clone(), bus.clone(), serial.fetch_add(count, Ordering::Relaxed));
        tasks.spawn(async move {
            for n in first..first + count {
                bus.place().await;
                engine.submit(signal(user, n)).await.unwrap();
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    bus.wait_for(goal).await;
}

/// Limit orders far below the market, that stay.
async fn rest(engine: &Engine, users: &[UserId], serial: &AtomicU64, each: u64) {
    for user in users {
        for n in 0..each {
            let price = Price::new(Decimal::from(30_000 + n)).unwrap();
            let resting = TradeSignal {
                kind: OrderKind::Limit { price },
                time_in_force: TimeInForce::Gtc,
                ..signal(*user, serial.fetch_add(1, Ordering::Relaxed))
            };
            let order = engine.submit(resting).await.unwrap().order;
            assert_eq!(order.reason, None);
        }
    }
}

/// CPU time that this process has used; `None` where the system does not say.
fn cpu_time() -> Option<Duration> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let nanos = tasks.filter_map(|task| {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Some(Duration::from_nanos(nanos.sum()))
}

/// Orders a second of so many users with so many live orders each; beside it, what a busy machine does not distort: CPU time.
fn measure(c: &mut Criterion, name: &str, users: u64, live: u64, venue: InstantVenue) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let bus = Arc::new(CountingBus::default());
    let engine = runtime.block_on(engine(bus.clone(), venue));
    let entropy = SeededEntropy::new(2);
    let users: Vec<_> = (0..users).map(|_| UserId::generate(Timestamp::from_micros(0), &entropy)).collect();
    let serial = AtomicU64::new(0);
    let mut rested = false;
    let mut run = |orders| {
        runtime.block_on(async {
            if !std::mem::replace(&mut rested, true) {
                rest(&engine, &users, &serial, live).await;
            }
            let (began, cpu) = (Instant::now(), cpu_time());
            run(&engine, &bus, &users, &serial, orders).await;
            let used = cpu_time().zip(cpu).map(|(now, before)| now - before);
            (began.elapsed(), used.unwrap_or_default())
        })
    };
    let mut group = c.benchmark_group("engine");
    group.throughput(Throughput::Elements(1));
    group.bench_function(format!("submit_to_filled_{name}"), |b| b.iter_custom(|orders| run(orders).0));
    if cpu_time().is_some() {
        group.bench_function(format!("cpu_per_order_{name}"), |b| b.iter_custom(|orders| run(orders).1));
    }
    group.finish();
    runtime.block_on(engine.stop());
}

fn submit(c: &mut Criterion) {
    measure(c, "64_users", 64, 0, InstantVenue::new());
    let streaming = InstantVenue::named("streaming", Duration::ZERO);
    measure(c, "64_users_told_by_the_stream", 64, 0, streaming);
    // The growth: ten times the users, and ten times the live orders of each.
    measure(c, "640_users", 640, 0, InstantVenue::new());
    measure(c, "64_users_10_live_orders_each", 64, 10, InstantVenue::new());
    measure(c, "64_users_100_live_orders_each", 64, 100, InstantVenue::new());
}

criterion_group!(benches, submit);
criterion_main!(benches);
