//! A route decision over eight venues, beside the bare arithmetic of scoring them.

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use nija_core::{
    AccountState, Approved, BreakerState, ClientOrderId, FeeSchedule, Instrument, Notional, OrderId,
    OrderIntent, OrderKind, OrderSize, Price, Quantity, Quote, RiskChain, RiskPolicy, RouteRequest, Router,
    SeededEntropy, Side, SignalType, Symbol, TimeInForce, Timestamp, TradeSignal, UserId, VenueHealth,
    VenueId, VenueView, Verdict,
};
use nija_router::WeightedScore;
use rust_decimal::Decimal;
use std::{collections::HashMap, hint::black_box, sync::Arc, time::Duration};

const NOW: Timestamp = Timestamp::from_micros(1_760_000_000_000_000);

struct AllowAll;

impl RiskPolicy for AllowAll {
    fn name(&self) -> &'static str {
        "allow_all"
    }

    fn assess(&self, _: &OrderIntent, _: &AccountState) -> Verdict {
        Verdict::Allow
    }
}

fn intent() -> Approved<OrderIntent> {
    let user = UserId::generate(NOW, &SeededEntropy::new(1));
    let account = AccountState {
        user,
        tier: Default::default(),
        now: NOW,
        paused: false,
        halted: false,
        positions: Vec::new(),
        balances: Vec::new(),
        reserved: HashMap::new(),
        working_orders: 0,
        working: Vec::new(),
        equity: None,
        realised_today: Decimal::ZERO,
        last_entry_at: None,
        quotes: HashMap::new(),
        venues: Vec::new(),
    };
    let signal = TradeSignal {
        user,
        client_order_id: ClientOrderId::new("bench").unwrap(),
        symbol: Symbol::new("BTC-USD").unwrap(),
        side: Side::Buy,
        size: OrderSize::Quote(Notional::new(Decimal::from(100)).unwrap()),
        kind: OrderKind::Market,
        time_in_force: TimeInForce::Ioc,
        signal_type: SignalType::Entry,
        venue: None,
        strategy: None,
    };
    let intent = OrderIntent { id: OrderId::generate(NOW, &SeededEntropy::new(2)), received_at: NOW, signal };
    RiskChain::new(vec![Arc::new(AllowAll)]).unwrap().assess(intent, &account).verdict.unwrap()
}

fn view(n: u32) -> VenueView {
    let venue = VenueId::new(&format!("venue{n}")).unwrap();
    let symbol = Symbol::new("BTC-USD").unwrap();
    let size = Quantity::new(Decimal::from(10)).unwrap();
    VenueView {
        instrument: Some(Arc::new(Instrument {
            venue: venue.clone(),
            symbol,
            venue_symbol: "BTCUSD".into(),
            lot_size: Decimal::new(1, 8),
            tick_size: Decimal::new(1, 1),
            min_quantity: Quantity::new(Decimal::new(1, 4)).unwrap(),
            max_quantity: None,
            min_notional: Notional::new(Decimal::from(5)).unwrap(),
            tradable: true,
        })),
        venue,
        quote: Some(Quote {
            bid: Price::new(Decimal::from(60_000 - n)).unwrap(),
            bid_size: size,
            ask: Price::new(Decimal::from(60_001 + n)).unwrap(),
            ask_size: size,
            at: NOW,
        }),
        book: None,
        fees: FeeSchedule {
            maker: Decimal::new(16, 4),
            taker: Decimal::new(26 + i64::from(n), 4),
            from_venue: true,
        },
        health: VenueHealth {
            breaker: BreakerState::Closed,
            success_rate: Decimal::new(99, 2),
            latency: Some(Duration::from_millis(80 + u64::from(n))),
            queue_depth: n as usize,
            queue_capacity: 1024,
        },
        connected: true,
        within_tier: true,
        available_base: Some(Decimal::ONE),
        available_quote: Some(Decimal::from(1000)),
        pair_record: None,
    }
}

/// Eight venues by six factors, multiplied and summed, the best kept: no decision, no record.
fn bare(factors: &[[i64; 6]; 8], weights: &[i64; 6]) -> usize {
    let mut best = (0, i64::MIN);
    for (n, venue) in factors.iter().enumerate() {
        let score = venue.iter().zip(weights).map(|(factor, weight)| factor * weight).sum();
        if score > best.1 {
            best = (n, score);
        }
    }
    best.0
}

fn route(c: &mut Criterion) {
    let views: Vec<_> = (0..8).map(view).collect();
    let more: Vec<_> = (0..80).map(view).collect();
    let (intent, router) = (intent(), WeightedScore::default());
    let mut group = c.benchmark_group("route");
    group.bench_function("bare_scoring_8_venues", |b| {
        let factors = [[74, 99, 92, 100, 50, 1]; 8];
        b.iter(|| bare(black_box(&factors), black_box(&[30, 25, 20, 15, 10, 0])));
    });
    group.bench_function("weighted_score_8_venues", |b| {
        let request = RouteRequest { intent: &intent, now: NOW, venues: &views };
        b.iter(|| router.route(black_box(&request)));
    });
    group.bench_function("weighted_score_80_venues", |b| {
        let request = RouteRequest { intent: &intent, now: NOW, venues: &more };
        b.iter(|| router.route(black_box(&request)));
    });
    group.finish();
}

criterion_group!(benches, route);
criterion_main!(benches);
