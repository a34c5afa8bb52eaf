//! A route decision over eight venues, beside the bare arithmetic of scoring them.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../tests/it/support/route.rs"]
mod fixture;

use criterion::{Criterion, criterion_group, criterion_main};
use fixture::{NOW, approved, buy, view};
use nija_core::{
    BookLevel, OrderBook, Price, Quantity, Quote, RouteRequest, Router, SeededEntropy, UserId, VenueView,
};
use nija_router::WeightedScore;
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
            let request = RouteRequest { intent: &intent, now: NOW, venues: &views };
            b.iter(|| router.route(black_box(&request)));
        });
    }
    let eight: Vec<_> = (0..8).map(venue).collect();
    // What the budget is written in: the time of single decisions, which a busy machine distorts least at the median.
    for (name, share) in [("p50", 50), ("p99", 99)] {
        group.bench_function(format!("weighted_score_8_venues_{name}"), |b| {
            let request = RouteRequest { intent: &intent, now: NOW, venues: &eight };
            b.iter_custom(|times| {
                let mut each: Vec<_> = (0..times.max(100))
                    .map(|_| {
                        let began = Instant::now();
                        drop(black_box(router.route(black_box(&request))));
                        began.elapsed()
                    })
                    .collect();
                each.sort_unstable();
                let at = each.len() * share / 100;
                each[at] * u32::try_from(times).unwrap()
            });
        });
    }
    let deep: Vec<_> = (0..8).map(venue).map(with_book).collect();
    group.bench_function("weighted_score_8_venues_50_level_books", |b| {
        let request = RouteRequest { intent: &intent, now: NOW, venues: &deep };
        b.iter(|| router.route(black_box(&request)));
    });
    group.finish();
}

criterion_group!(benches, route);
criterion_main!(benches);
