//! Rules of a user's account.

use nija_core::{LimitScope, LimitUsage, Side};
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

/// What one user used up of a limit by key or account is told of that user alone; what is counted by address is the same for all.
pub async fn limits_used_are_the_own_users_or_everybodys(harness: &dyn Harness) {
    let (trader, other) = (Trader::new(harness).await, Trader::new(harness).await);
    let quantity = trader.quantity().await;
    for _ in 0..3 {
        trader.rest(Side::Buy, quantity).await;
        trader.executor.open_orders(&trader.account).await.unwrap();
    }
    let of_address = |used: &[LimitUsage]| -> Vec<_> {
        used.iter().filter(|usage| usage.scope == LimitScope::Ip).map(|usage| usage.name.clone()).collect()
    };
    let own = trader.executor.limits_used(Some(trader.account.user));
    let others = other.executor.limits_used(Some(other.account.user));
    assert!(others.iter().all(|usage| usage.scope == LimitScope::Ip), "who sent nothing: {others:?}");
    assert_eq!(of_address(&own), of_address(&others));
}
