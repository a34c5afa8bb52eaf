//! A route decision over eight venues, beside the bare arithmetic of scoring them.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../tests/it/support/route.rs"]
mod fixture;

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use fixture::{NOW, approved, buy, view};
use nija_core::{
    BookLevel, OrderBook, OrderSize, Price, Quantity, Quote, RouteRequest, Router, SeededEntropy, Side,
    TradeSignal, UserId, VenueView, Volatility, Walk,
};
use nija_router::{ExpectedCost, WeightedScore};
use rust_decimal::Decimal;
use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

/// The `n`th of venues that differ in price, fee, answer time and load, with the lot sizes of real ones.
fn venue(n: u32) -> VenueView {
    let mut view = view(&format!("venue{n}"));
    let rules = Arc::make_mut(view.instrument.as_mut().unwrap());
    rules.lot_size = Decimal::new(1, 8);
    let size = Quantity::new(Decimal::TEN).unwrap();
    view.quote = Some(Quote {
        bid: Price::new(Decimal::from(60_000 - n)).unwrap(),
        bid_size: size,
        ask: Price::new(Decimal::from(60_001 + n)).unwrap(),
        ask_size: size,
        at: NOW,
    });
    view.fees.taker = Decimal::new(26 + i64::from(n), 4);
    view.health.success_rate = Decimal::new(99, 2);
    view.health.latency = Some(Duration::from_millis(80 + u64::from(n)));
    view.health.queue_depth = n as usize;
    view
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

/// Fifty levels on each side.
fn with_book(mut view: VenueView) -> VenueView {
    let level = |price: i64| BookLevel {
        price: Price::new(Decimal::from(price)).unwrap(),
        quantity: Quantity::new(Decimal::new(12_345, 5)).unwrap(),
    };
    let book = OrderBook {
        bids: (0..50).map(|n| level(60_000 - n)).collect(),
        asks: (0..50).map(|n| level(60_001 + n)).collect(),
        at: NOW,
    };
    view.book = Some(Arc::new(book));
    view
}

/// Money for a large order.
fn with_money(mut view: VenueView) -> VenueView {
    view.available_quote = Some(Decimal::from(1_000_000));
    view
}

/// The walks and nothing else: the worth of the size at each venue, and the least.
fn bare_walk(views: &[VenueView]) -> Option<Decimal> {
    let size = Quantity::new(Decimal::from(3)).unwrap();
    let books = views.iter().filter_map(|view| view.book.as_ref());
    books.map(|book| Walk::through(book.against(Side::Buy), Side::Buy, size, None).worth).min()
}

/// What the budgets are written in: the time of single decisions, which a busy machine distorts least at the median.
fn single_decisions(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, decide: impl Fn()) {
    for (at, share) in [("p50", 50), ("p99", 99)] {
        group.bench_function(format!("{name}_{at}"), |b| {
            b.iter_custom(|times| {
                let mut each: Vec<_> = (0..times.max(100))
                    .map(|_| {
                        let began = Instant::now();
                        decide();
                        began.elapsed()
                    })
                    .collect();
                each.sort_unstable();
                each[each.len() * share / 100] * u32::try_from(times).unwrap()
            });
        });
    }
}

fn route(c: &mut Criterion) {
    let user = UserId::generate(NOW, &SeededEntropy::new(2));
    let (intent, router) = (approved(buy(user, "bench")), WeightedScore::default());
    let mut group = c.benchmark_group("route");
    group.bench_function("bare_scoring_8_venues", |b| {
        let factors = [[74, 99, 92, 100, 50, 1]; 8];
        b.iter(|| bare(black_box(&factors), black_box(&[30, 25, 20, 15, 10, 0])));
    });
    // 80 venues: the growth.
    for count in [8, 80] {
        let views: Vec<_> = (0..count).map(venue).collect();
        group.bench_function(format!("weighted_score_{count}_venues"), |b| {
            let request = RouteRequest::new(&intent, NOW, &views);
            b.iter(|| router.route(black_box(&request)));
        });
    }
    let eight: Vec<_> = (0..8).map(venue).collect();
    let request = RouteRequest::new(&intent, NOW, &eight);
    single_decisions(&mut group, "weighted_score_8_venues", || {
        drop(black_box(router.route(black_box(&request))));
    });
    let deep: Vec<_> = (0..8).map(venue).map(with_book).collect();
    group.bench_function("weighted_score_8_venues_50_level_books", |b| {
        let request = RouteRequest::new(&intent, NOW, &deep);
        b.iter(|| router.route(black_box(&request)));
    });
    // A size that meets about half of each book, so that each is walked level by level.
    let whole =
        TradeSignal { size: OrderSize::Base(Quantity::new(Decimal::from(3)).unwrap()), ..buy(user, "deep") };
    let (large, rich) = (approved(whole), deep.iter().cloned().map(with_money).collect::<Vec<_>>());
    let request =
        RouteRequest { volatility: Some(Volatility::per_second(1)), ..RouteRequest::new(&large, NOW, &rich) };
    let router = ExpectedCost::default();
    assert!(router.route(&request).venue.is_some());
    single_decisions(&mut group, "expected_cost_8_venues_50_level_books", || {
        drop(black_box(router.route(black_box(&request))));
    });
    single_decisions(&mut group, "bare_walk_8_venues_50_level_books", || {
        black_box(bare_walk(black_box(&rich)));
    });
    group.finish();
}

criterion_group!(benches, route);
criterion_main!(benches);
