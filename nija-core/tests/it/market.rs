//! Prices and books, and what an order meets there.

use nija_core::{BookLevel, CandleInterval, OrderBook, Quantity, Quote, Side, TimeInForce};

use crate::support::{START, dec, of};

fn quote() -> Quote {
    Quote { bid: of("99"), bid_size: of("2"), ask: of("101"), ask_size: of("3"), at: START }
}

fn book() -> OrderBook {
    let levels = |levels: &[(&str, &str)]| {
        levels
            .iter()
            .map(|(price, quantity)| BookLevel { price: of(price), quantity: of(quantity) })
            .collect()
    };
    OrderBook {
        bids: levels(&[("99", "2"), ("98", "1")]),
        asks: levels(&[("101", "3"), ("102", "4")]),
        at: START,
    }
}

#[test]
fn a_buy_meets_the_ask_and_a_sell_the_bid() {
    assert_eq!(quote().taker_price(Side::Buy), of("101"));
    assert_eq!(quote().taker_price(Side::Sell), of("99"));
    assert_eq!(quote().mid(), dec("100"));
    assert_eq!((Side::Buy.opposite(), Side::Sell.opposite()), (Side::Sell, Side::Buy));
    assert_eq!([Side::Buy, Side::Sell].map(|side| side.to_string()), ["buy", "sell"]);
}

#[test]
fn a_book_holds_what_its_levels_hold_together() {
    let book = book();
    assert_eq!(book.against(Side::Buy)[0].price, of("101"));
    assert_eq!(book.against(Side::Sell)[0].price, of("99"));
    assert_eq!((book.liquidity(Side::Buy), book.liquidity(Side::Sell)), (of("7"), of("3")));
    for (side, wanted, holds) in [
        (Side::Buy, "3", true),
        (Side::Buy, "7", true),
        (Side::Buy, "7.1", false),
        (Side::Sell, "3.1", false),
    ] {
        assert_eq!(book.holds(side, of(wanted)), holds, "{side} {wanted}");
    }
    let empty = OrderBook { bids: Vec::new(), asks: Vec::new(), at: START };
    assert!(empty.holds(Side::Buy, Quantity::ZERO) && !empty.holds(Side::Buy, of("0.1")));
}

#[test]
fn candles_are_asked_for_by_their_length() {
    use CandleInterval::{FifteenMinutes, FiveMinutes, OneDay, OneHour, OneMinute};
    for (interval, name, minutes) in [
        (OneMinute, "1m", 1),
        (FiveMinutes, "5m", 5),
        (FifteenMinutes, "15m", 15),
        (OneHour, "1h", 60),
        (OneDay, "1d", 1440),
    ] {
        assert_eq!(serde_json::to_value(interval).unwrap(), name);
        assert_eq!(interval.minutes(), minutes);
    }
    assert_eq!(serde_json::to_value(TimeInForce::Gtc).unwrap(), "gtc");
}
