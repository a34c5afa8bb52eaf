//! Values: names on the wire, bounds, and what is said of those that do not fit.

use nija_core::{
    ClientOrderId, Entropy, EquityKeep, EquitySample, Execution, FilterError, Instrument, OrderId, OrderKind,
    OrderState, OsEntropy, PnlBy, PnlGroup, PriceReach, RestingOrders, RiskLevel, SeededEntropy, Side,
    Symbol, Timestamp,
};
use std::time::Duration;

use crate::support::{START, dec, of, user};

fn drawn(source: &dyn Entropy) -> [u8; 16] {
    let mut bytes = [0; 16];
    source.fill(&mut bytes);
    bytes
}

#[test]
fn a_seed_gives_the_same_bytes_again_and_the_system_never_does() {
    assert_eq!(drawn(&SeededEntropy::new(7)), drawn(&SeededEntropy::new(7)));
    assert_ne!(drawn(&SeededEntropy::new(7)), drawn(&SeededEntropy::new(8)));
    let system = OsEntropy::new().unwrap();
    assert_ne!(drawn(&system), drawn(&system));
    assert_ne!(drawn(&OsEntropy::new().unwrap()), drawn(&OsEntropy::new().unwrap()));
    assert!(format!("{system:?}").contains("SeededEntropy { .. }"), "its state is not shown");
}

#[test]
fn ids_sort_by_the_time_that_they_were_made() {
    let at =
        |millis| OrderId::generate(START.plus(Duration::from_millis(millis)), &SeededEntropy::new(millis));
    assert!(at(1) < at(2) && at(2) < at(1_000));
    let id = at(5);
    assert_eq!(id.to_string().parse::<OrderId>().unwrap(), id);
    assert!("not-an-id".parse::<OrderId>().is_err());
}

#[test]
fn names_are_read_from_text_alone_and_say_what_they_may_hold() {
    let long = "x".repeat(65);
    for odd in ["", "a b", "a\nb", "\u{e9}", long.as_str()] {
        let refused = ClientOrderId::new(odd).unwrap_err().to_string();
        assert!(refused.starts_with("a client order id must be 1 to 64 characters"), "{refused}");
        assert!(serde_json::from_value::<ClientOrderId>(odd.into()).is_err());
        assert!(ClientOrderId::try_from(odd.to_owned()).is_err());
    }
    let refused = serde_json::from_str::<Symbol>("7").unwrap_err().to_string();
    assert!(refused.contains("expected a string"), "{refused}");
    assert_eq!(String::from(of::<Symbol>("BTC-USD")), "BTC-USD");
    assert_eq!(String::from(of::<ClientOrderId>("first")), "first");
}

#[test]
fn states_have_one_name_in_json_and_in_words() {
    for state in OrderState::ALL {
        assert_eq!(serde_json::to_value(state).unwrap(), state.to_string());
        assert_eq!(state.holds_money(), !state.is_final());
    }
    let acknowledged = OrderState::ALL.into_iter().filter(|state| state.is_acknowledged());
    assert_eq!(acknowledged.count(), 7, "working, in part, and five ends");
    assert!(!OrderState::Unknown.is_acknowledged());
    for level in RiskLevel::ALL {
        assert_eq!(serde_json::to_value(level).unwrap(), level.as_str());
    }
}

fn instrument() -> Instrument {
    Instrument {
        venue: of("kraken"),
        symbol: of("BTC-USD"),
        venue_symbol: "XBTUSD".to_owned(),
        lot_size: dec("0.001"),
        tick_size: dec("0.1"),
        min_quantity: of("0.001"),
        max_quantity: Some(of("5")),
        min_notional: of("10"),
        tradable: true,
        resting: RestingOrders { limit: true, stop_limit: true, bracket: false },
        reach: PriceReach::UNBOUNDED,
    }
}

#[test]
fn an_order_that_does_not_fit_is_told_why() {
    let fit = |side, kind, quantity| instrument().fit(side, kind, of(quantity), of("100"));
    let words = |side, kind, quantity| fit(side, kind, quantity).unwrap_err().to_string();
    let (buy, market) = (Side::Buy, OrderKind::Market);
    assert!(fit(buy, market, "5").is_ok());
    assert_eq!(words(buy, market, "5.001"), "5.001 BTC is above the largest order at kraken, 5 BTC");
    assert_eq!(words(buy, market, "0.0999"), "9.9 USD is below the smallest order at kraken, 10 USD");
    assert_eq!(words(buy, OrderKind::Limit { price: of("0.05") }, "1"), out_of_range());
    let bracket = OrderKind::Bracket { take_profit: of("120"), stop: of("90"), price: of("89") };
    assert_eq!(words(Side::Sell, bracket, "1"), "kraken takes no bracket orders");
    let stop = OrderKind::StopLimit { stop: of("90"), price: of("91") };
    assert!(words(Side::Sell, stop, "1").starts_with("a sell's limit must be at or below its stop"));
    let stop = OrderKind::StopLimit { stop: of("110"), price: of("109") };
    assert!(words(buy, stop, "1").starts_with("a buy's limit must be at or above its stop"));
    let shut = Instrument { tradable: false, ..instrument() };
    let refused = shut.fit(buy, market, of("1"), of("100")).unwrap_err();
    assert_eq!(refused.to_string(), "BTC-USD is not open for trading at kraken");
}

fn out_of_range() -> String {
    FilterError::OutOfRange { venue: of("kraken") }.to_string()
}

#[test]
fn a_price_outside_the_band_is_told_with_the_band() {
    let outside = |high| FilterError::PriceOutsideBand {
        price: of("150"),
        low: dec("80.00"),
        high,
        quote: "USD".to_owned(),
        venue: of("kraken"),
    };
    let words = "a price of 150 USD is outside what kraken takes now: ";
    assert_eq!(outside(Some(dec("120.0"))).to_string(), format!("{words}80 to 120 USD"));
    assert_eq!(outside(None).to_string(), format!("{words}at least 80 USD"));
}

#[test]
fn an_execution_tells_its_price_its_cost_and_what_it_slipped() {
    let execution = Execution {
        fills: 2,
        filled: dec("10"),
        notional: dec("1010"),
        expected_notional: dec("1000"),
        slippage: dec("10"),
        fees: dec("2.02"),
    };
    assert_eq!((execution.average_price(), execution.expected_price()), (Some(dec("101")), Some(dec("100"))));
    assert_eq!((execution.cost(), execution.slippage_bps()), (dec("12.02"), Some(dec("100"))));
    assert_eq!((execution.fee_bps(), execution.cost_bps()), (Some(dec("20")), Some(dec("120.2"))));
    let nothing = Execution::default();
    assert_eq!((nothing.average_price(), nothing.expected_price(), nothing.cost_bps()), (None, None, None));
    assert_eq!(execution.plus(nothing), execution);
}

#[test]
fn what_an_account_won_does_not_move_with_what_is_paid_in() {
    let sample = |equity| EquitySample {
        user: user(),
        at: START,
        equity: Some(equity),
        realised: dec("12"),
        unrealised: dec("-5"),
        unpriced: 0,
    };
    assert_eq!(sample(dec("100")).pnl(), dec("7"));
    assert_eq!(sample(dec("100000")).pnl(), dec("7"));
    let keep = EquityKeep { all: Duration::from_secs(3_600), days: 2 };
    assert_eq!(keep.all_from(START), START.minus(Duration::from_secs(3_600)));
    assert_eq!(keep.days_from(START), START.day_start().minus(Duration::from_secs(2 * 86_400)));
}

#[test]
fn groups_of_profits_know_what_they_are_told_by() {
    let groups = [PnlGroup::Day(START), PnlGroup::Pair(of("BTC-USD")), PnlGroup::Venue(of("kraken"))];
    assert_eq!(groups.map(|group| group.by()), [PnlBy::Day, PnlBy::Pair, PnlBy::Venue]);
}

#[test]
fn a_moment_beyond_the_calendar_is_told_in_microseconds() {
    assert_eq!(Timestamp::from_micros(i64::MAX).to_string(), format!("{}us", i64::MAX));
    assert_eq!(START.to_string().parse::<Timestamp>().unwrap(), START);
}
