//! The price that all venues are measured by.

use nija_core::{Price, Quote, RouteRequest};
use rust_decimal::Decimal;
use std::time::Duration;

/// Halfway between the best bid and the best ask of all venues whose quotes are fresh; of any quotes where none is. One measure for all, so that a
/// venue with worse prices costs more.
pub(super) fn middle(request: &RouteRequest<'_>, fresh: Duration) -> Decimal {
    let quotes = || request.venues.iter().filter_map(|view| view.quote.as_ref());
    between(quotes().filter(|quote| request.now.since(quote.at) <= fresh))
        .or_else(|| between(quotes()))
        .unwrap_or_default()
}

fn between<'a>(quotes: impl Iterator<Item = &'a Quote>) -> Option<Decimal> {
    let best = quotes.fold(None, |best: Option<(Price, Price)>, quote| {
        Some(best.map_or((quote.bid, quote.ask), |(bid, ask)| (bid.max(quote.bid), ask.min(quote.ask))))
    });
    best.map(|(bid, ask)| (bid.get() + ask.get()) / Decimal::TWO)
}
