//! What risk sees of an account.

use nija_core::{AccountState, Position, Side, Tier, WorkingOrders};

use crate::support::{START, dec, fill, of, user};

fn working(venue: &str, symbol: &str, side: Side, hold: &str) -> WorkingOrders {
    WorkingOrders {
        venue: of(venue),
        symbol: of(symbol),
        side,
        exit: false,
        orders: 1,
        remaining: dec("1"),
        worth: dec(hold),
        hold: dec(hold),
    }
}

#[test]
fn an_account_begins_with_nothing_on_the_smallest_plan() {
    let account = AccountState::empty(user(), START);
    assert_eq!((account.tier, account.tier.as_str()), (Tier::Basic, "basic"));
    assert_eq!([Tier::Pro, Tier::Enterprise].map(Tier::as_str), ["pro", "enterprise"]);
    assert!(!account.paused && !account.halted && account.equity.is_none());
    assert_eq!(account.reserved(&of("kraken"), "USD"), dec("0"));
}

#[test]
fn buys_hold_the_currency_that_they_pay_in_at_their_own_venue() {
    let mut account = AccountState::empty(user(), START);
    account.working = vec![
        working("kraken", "BTC-USD", Side::Buy, "100"),
        working("kraken", "ETH-USD", Side::Buy, "20"),
        working("kraken", "BTC-USDT", Side::Buy, "7"),
        working("kraken", "BTC-USD", Side::Sell, "3"),
        working("coinbase", "BTC-USD", Side::Buy, "50"),
    ];
    assert_eq!(account.reserved(&of("kraken"), "USD"), dec("120"));
    assert_eq!(account.reserved(&of("kraken"), "USDT"), dec("7"));
    assert_eq!(account.reserved(&of("coinbase"), "USD"), dec("50"));
    assert_eq!(account.reserved(&of("kraken"), "BTC"), dec("0"));
}

#[test]
fn dust_is_told_by_venue_and_symbol() {
    let at = |venue: &str| {
        let mut opened = fill(None, "1", "100");
        opened.execution.venue = of(venue);
        Position::fold(None, &opened).open.unwrap()
    };
    let (kraken, coinbase) = (at("kraken"), at("coinbase"));
    let mut account = AccountState::empty(user(), START);
    account.dust = vec![(of("kraken"), of("BTC-USD"))];
    assert!(account.is_dust(&kraken) && !account.is_dust(&coinbase));
    account.positions = vec![kraken, coinbase];
    assert_eq!(account.positions_in(&of("BTC-USD")).count(), 2);
    assert_eq!(account.positions_in(&of("BTC-USDT")).count(), 0);
}
