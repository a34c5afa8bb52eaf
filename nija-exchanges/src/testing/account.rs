//! Rules of a user's account.

use rust_decimal::Decimal;

use super::{Harness, Trader};

/// Fees are rates below one.
pub async fn fees_are_rates_and_say_whose_they_are(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let default = trader.executor.default_fees();
    let own = trader.executor.fees(&trader.account, trader.symbol()).await.unwrap();
    assert!(!default.from_venue && own.from_venue == harness.tells_fees());
    for fee in [default.maker, default.taker, own.maker, own.taker] {
        assert!(fee >= Decimal::ZERO && fee < Decimal::new(5, 2), "{fee}");
    }
    assert!(own.maker <= own.taker);
}

/// The starting money is free.
pub async fn money_is_there_and_free(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let (total, available) = trader.balance(trader.symbol().quote()).await;
    assert_eq!(total, Decimal::from(10_000));
    assert_eq!(available, total);
    for balance in trader.executor.balances(&trader.account).await.unwrap() {
        assert_eq!(balance.venue, trader.executor.contract().venue);
        assert!(balance.available <= balance.total);
    }
}

/// A key for trading is known as one.
pub async fn the_key_may_trade_and_not_withdraw(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let rights = trader.executor.key_rights(&trader.account).await.unwrap();
    assert_ne!(rights.can_trade, Some(false));
    assert_ne!(rights.can_withdraw, Some(true));
}
