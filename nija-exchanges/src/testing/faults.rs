//! Rules of what goes wrong: an effect that cannot be excluded is never reported as a refusal.

use nija_core::{Effect, Lookup, OrderRef, Side, VenueError};
use std::time::Duration;

use super::{
    Harness, Trader, VenueFault,
    orders::{assert_absent, nowhere},
};

/// In doubt, and the venue has no such order.
pub async fn an_answer_lost_before_matching_leaves_no_order(harness: &dyn Harness) {
    if let Some((trader, order, error)) = placed_under(harness, VenueFault::LostBefore).await {
        assert!(matches!(error, VenueError::AnswerLost { .. }), "{error}");
        assert_absent(&trader, &order).await;
    }
}

/// In doubt, and the venue has exactly one.
pub async fn an_answer_lost_after_matching_leaves_one_order(harness: &dyn Harness) {
    if let Some((trader, order, error)) = placed_under(harness, VenueFault::LostAfter).await {
        assert!(matches!(error, VenueError::AnswerLost { .. }), "{error}");
        assert_one(&trader, &order).await;
    }
}

/// A 503 says nothing about the order.
pub async fn a_server_error_is_no_answer(harness: &dyn Harness) {
    if let Some((trader, order, error)) = placed_under(harness, VenueFault::ServerError).await {
        assert!(matches!(error, VenueError::AnswerLost { .. }), "{error}");
        assert_absent(&trader, &order).await;
    }
}

/// A proxy's page says nothing about the order: here it was placed.
pub async fn a_page_of_html_is_no_answer(harness: &dyn Harness) {
    if let Some((trader, order, error)) = placed_under(harness, VenueFault::Html).await {
        assert!(matches!(error, VenueError::AnswerLost { .. }), "{error}");
        assert_one(&trader, &order).await;
    }
}

/// Nothing was done, and it may be tried again.
pub async fn a_rate_limit_is_definite(harness: &dyn Harness) {
    if let Some((trader, order, error)) = placed_under(harness, VenueFault::RateLimit).await {
        assert!(matches!(error, VenueError::RateLimited { .. }), "{error}");
        assert!(error.effect() == Effect::None && error.may_try_again() && !error.is_failure());
        assert_absent(&trader, &order).await;
    }
}

/// Nothing was done, and it may be tried again.
pub async fn a_refused_nonce_is_definite_and_the_next_call_works(harness: &dyn Harness) {
    if let Some((trader, order, error)) = placed_under(harness, VenueFault::BadNonce).await {
        assert!(matches!(error, VenueError::NonceRefused { .. }), "{error}");
        assert!(error.effect() == Effect::None && error.may_try_again());
        assert_absent(&trader, &order).await;
        let quantity = trader.quantity().await;
        trader.trade(Side::Buy, quantity).await;
    }
}

/// The key is at fault, not the order.
pub async fn a_key_that_lost_its_rights_is_refused(harness: &dyn Harness) {
    if let Some((trader, order, error)) = placed_under(harness, VenueFault::RightsRevoked).await {
        assert!(matches!(error, VenueError::KeyRefused { .. }), "{error}");
        assert_eq!(error.effect(), Effect::None);
        assert_absent(&trader, &order).await;
        let rights = trader.executor.key_rights(&trader.account).await.unwrap();
        assert_eq!(rights.can_trade, Some(false));
    }
}

/// The venue's own word for an outage is not taken for a refusal.
pub async fn an_outage_leaves_nothing_certain_and_nothing_placed(harness: &dyn Harness) {
    if let Some((trader, order, error)) = placed_under(harness, VenueFault::Unavailable).await {
        assert_eq!(error.effect(), Effect::Unknown, "{error}");
        assert_absent(&trader, &order).await;
    }
}

/// Without a connection nothing can have happened.
pub async fn a_venue_that_is_gone_was_not_sent_anything(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let order = nowhere(&trader);
    if !harness.fault(VenueFault::Gone) {
        return;
    }
    let error = trader.executor.cancel(&trader.account, &order).await.unwrap_err();
    assert!(matches!(error, VenueError::NotSent { .. }), "{error}");
    assert!(error.effect() == Effect::None && error.may_try_again() && error.is_failure());
}

/// It may have been carried out, and here it was.
pub async fn a_request_that_is_never_answered_is_in_doubt(harness: &dyn Harness) {
    if let Some((trader, order, error)) = placed_under(harness, VenueFault::NeverAnswered).await {
        assert!(matches!(error, VenueError::AnswerLost { .. }), "{error}");
        assert_one(&trader, &order).await;
    }
}

/// As long as it comes it counts.
pub async fn a_slow_answer_is_an_answer(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let (quantity, price) = (trader.quantity().await, trader.far(Side::Buy).await);
    if !harness.fault(VenueFault::SlowAnswer) {
        return;
    }
    let kind = nija_core::OrderKind::Limit { price };
    let (order, placed) = trader.place(Side::Buy, kind, quantity, nija_core::TimeInForce::Gtc).await;
    placed.unwrap();
    assert_one(&trader, &order).await;
}

/// Nothing was done, and the venue says for how long to stay away.
pub async fn a_ban_is_definite(harness: &dyn Harness) {
    if let Some((trader, order, error)) = placed_under(harness, VenueFault::Ban).await {
        assert!(matches!(error, VenueError::RateLimited { retry_after: Some(_), .. }), "{error}");
        assert!(error.effect() == Effect::None && !error.is_failure());
        assert_absent(&trader, &order).await;
    }
}

/// A resting order placed under a fault; `None` where the venue cannot have it.
async fn placed_under(harness: &dyn Harness, fault: VenueFault) -> Option<(Trader, OrderRef, VenueError)> {
    let trader = Trader::new(harness).await;
    let quantity = trader.quantity().await;
    let price = trader.far(Side::Buy).await;
    if !harness.fault(fault) {
        return None;
    }
    let kind = nija_core::OrderKind::Limit { price };
    let (order, placed) = trader.place(Side::Buy, kind, quantity, nija_core::TimeInForce::Gtc).await;
    Some((trader, order, placed.unwrap_err()))
}

async fn assert_one(trader: &Trader, order: &OrderRef) {
    let since = trader.now().minus(Duration::from_secs(60));
    let found = trader.executor.find(&trader.account, order, since).await.unwrap();
    assert!(matches!(found, Lookup::Found(report) if report.client_id == Some(order.client_id)));
    assert_eq!(trader.executor.open_orders(&trader.account).await.unwrap().len(), 1);
}
