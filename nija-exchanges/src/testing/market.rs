//! Rules of public data.

use nija_core::{CandleInterval, Symbol, VenueError};
use rust_decimal::Decimal;

use super::{Harness, Trader};

/// Lots and ticks are positive, venues and symbols are right.
pub async fn instruments_carry_their_rules(harness: &dyn Harness) {
    let executor = harness.executor();
    let instruments = executor.instruments().await.unwrap();
    assert!(!instruments.is_empty());
    for instrument in &instruments {
        assert_eq!(instrument.venue, executor.contract().venue);
        assert!(instrument.lot_size > Decimal::ZERO && instrument.tick_size > Decimal::ZERO);
        assert!(!instrument.venue_symbol.is_empty());
    }
    let symbol = harness.symbol();
    let traded: Vec<_> = instruments.iter().filter(|one| one.symbol == symbol).collect();
    assert!(matches!(traded[..], [one] if one.tradable));
}

/// Quotes and books are not crossed, books are sorted and no deeper than asked, candles are in order.
pub async fn prices_books_and_candles_make_sense(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let (executor, symbol) = (&trader.executor, trader.symbol());
    let quote = executor.quote(symbol).await.unwrap();
    assert!(quote.bid < quote.ask);
    let book = executor.book(symbol, 5).await.unwrap();
    assert!(!book.bids.is_empty() && book.bids.len() <= 5 && !book.asks.is_empty() && book.asks.len() <= 5);
    assert!(book.bids[0].price < book.asks[0].price);
    assert!(book.bids.windows(2).all(|pair| pair[0].price > pair[1].price));
    assert!(book.asks.windows(2).all(|pair| pair[0].price < pair[1].price));
    let candles = executor.candles(symbol, CandleInterval::OneMinute, 7).await.unwrap();
    assert!(!candles.is_empty() && candles.len() <= 7);
    assert!(candles.windows(2).all(|pair| pair[0].start < pair[1].start));
    for candle in candles {
        assert!(candle.low <= candle.open.min(candle.close) && candle.high >= candle.open.max(candle.close));
        assert_eq!(candle.start.micros() % 60_000_000, 0);
    }
}

/// A symbol that the venue does not have is said to be so.
pub async fn an_unknown_symbol_is_not_listed(harness: &dyn Harness) {
    let executor = harness.executor();
    let symbol = Symbol::new("NOSUCH-THING").unwrap();
    let errors = [
        executor.quote(&symbol).await.unwrap_err(),
        executor.book(&symbol, 5).await.unwrap_err(),
        executor.candles(&symbol, CandleInterval::OneHour, 5).await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(&error, VenueError::NotListed { symbol: named, .. } if *named == symbol), "{error}");
    }
}
