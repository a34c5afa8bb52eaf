//! What a decoded value must bear, whoever uses it behind: counting with it, writing it down and reading it again.
//!
//! Decoders promise this for any payload whatsoever; the fuzz targets and the tests of payloads check it here.

use nija_core::{
    Candle, ExecutionReport, FeeSchedule, Instrument, OrderBook, OrderKind, Price, Quantity, Quote, Side,
    Timestamp, VenueBalance, VenueError, VenueFill,
};
use rust_decimal::Decimal;
use std::{cell::RefCell, fmt::Debug};

thread_local! {
    static SEEN: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Everything that is handed to this module meanwhile, as text, in an order of its own.
pub fn watch(decode: impl FnOnce()) -> Vec<String> {
    SEEN.set(Some(Vec::new()));
    decode();
    let mut seen = SEEN.take().unwrap_or_default();
    seen.sort_unstable();
    seen
}

/// Notes what came out of a decoder.
pub fn seen(value: &dyn Debug) {
    SEEN.with_borrow_mut(|seen| {
        if let Some(seen) = seen {
            seen.push(format!("{value:?}"));
        }
    });
}

/// A time can be written and read again.
pub fn time(at: Timestamp) {
    seen(&at);
    assert_eq!(at.to_string().parse(), Ok(at));
    let _ = at.day_start();
}

/// An error's text is short enough for users and logs.
pub fn error(error: &VenueError) {
    assert!(error.to_string().len() < 4_000, "a message without end");
}

/// The engine's sums over an execution.
pub fn fill(fill: &VenueFill) {
    seen(fill);
    time(fill.at);
    let worth = fill.quantity.get() * fill.price.get();
    let fee = (fill.fee * fill.price.get(), fill.fee);
    assert!(worth + fee.0 >= worth - fee.0.abs() && fee.1.abs() < Decimal::from(100_000_000_000_000_i64));
    assert!(!fill.fee_asset.is_empty() && fill.fee_asset.len() <= 64);
}

/// An order's figures.
pub fn report(report: &ExecutionReport) {
    seen(report);
    time(report.at);
    let left = report.quantity.minus(report.filled);
    assert!(left <= report.quantity && report.filled.plus(left) >= report.filled);
    assert!(report.reason.as_ref().is_none_or(|reason| reason.chars().count() <= 300));
}

/// A balance, with money taken off it and put on it.
pub fn balance(balance: &VenueBalance) {
    seen(balance);
    time(balance.at);
    let moved = Decimal::from(99_999_999_999_999_i64);
    assert!(balance.total - moved < balance.total + moved && balance.available - moved < balance.available);
    assert!(balance.asset.len() <= 64);
}

/// Rates, in the sums of what an order costs.
pub fn fees(fees: &FeeSchedule) {
    seen(fees);
    let most = Decimal::from(99_999_999_999_999_i64);
    for rate in [fees.maker, fees.taker] {
        assert!(most * (Decimal::ONE + rate) >= Decimal::ZERO);
    }
}

/// A candle.
pub fn candle(candle: &Candle) {
    time(candle.start);
    seen(candle);
    let _ = (candle.high.get() - candle.low.get()) * candle.volume.get();
}

/// Best prices.
pub fn quote(quote: &Quote) {
    seen(quote);
    assert!(quote.mid() > Decimal::ZERO);
}

/// A book, walked through.
pub fn book(book: &OrderBook) {
    seen(book);
    let mut value = Decimal::ZERO;
    for level in book.bids.iter().chain(&book.asks).take(4) {
        value += level.quantity.get() * level.price.get();
    }
    assert!(value >= Decimal::ZERO);
}

/// An instrument's rules, applied to orders of all sizes.
pub fn instrument(instrument: &Instrument) {
    seen(instrument);
    let amounts = ["0.00000001", "0.5", "3", "61234.56789", "99999999999999"].map(str::parse::<Decimal>);
    let amounts: Vec<Decimal> = amounts.into_iter().flatten().collect();
    for quantity in &amounts {
        for price in &amounts {
            let (Ok(quantity), Ok(price)) = (Quantity::new(*quantity), Price::new(*price)) else { continue };
            for side in [Side::Buy, Side::Sell] {
                for kind in [OrderKind::Market, OrderKind::Limit { price }] {
                    let _ = instrument.fit(side, kind, quantity, price);
                }
            }
        }
    }
}
