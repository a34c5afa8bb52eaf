//! Which failures may have had an effect, which may be tried again, and which count against a venue's health.

use async_trait::async_trait;
use nija_core::{
    Effect, FilterError, LimitScope, LimitUsage, OpenLane, OrderKind, Price, RestingOrders, SignError,
    StreamLane, StreamPass, UserId, VenueError,
};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};

use crate::support::{of, user};

/// Every kind of failure, with what it says of itself.
fn all() -> Vec<(VenueError, &'static str)> {
    let venue = || of("kraken");
    let message = || "so it said".to_owned();
    vec![
        (
            VenueError::Rejected { venue: venue(), code: "E1".to_owned(), message: message() },
            "kraken refused: so it said (E1)",
        ),
        (
            VenueError::InsufficientFunds { venue: venue(), message: message() },
            "kraken refused: insufficient funds (so it said)",
        ),
        (
            VenueError::KeyRefused { venue: venue(), message: message() },
            "kraken does not accept the key: so it said",
        ),
        (limited(false), "kraken is limiting requests"),
        (
            VenueError::NonceRefused { venue: venue(), message: message() },
            "kraken did not accept the nonce: so it said",
        ),
        (
            VenueError::Unavailable { venue: venue(), message: message() },
            "kraken is not available: so it said",
        ),
        (
            VenueError::NotSent { venue: venue(), message: message() },
            "the request to kraken was not sent: so it said",
        ),
        (
            VenueError::AnswerLost { venue: venue(), message: message() },
            "the answer of kraken was lost: so it said",
        ),
        (
            VenueError::Decode { venue: venue(), path: "result.txid".to_owned(), message: message() },
            "the answer of kraken could not be read at result.txid: so it said",
        ),
        (
            VenueError::Filter(FilterError::NotTradable { symbol: of("BTC-USD"), venue: venue() }),
            "BTC-USD is not open for trading at kraken",
        ),
        (VenueError::NotListed { venue: venue(), symbol: of("BTC-USD") }, "kraken does not list BTC-USD"),
        (VenueError::Sign(SignError::NoKey), "this account has no key to sign with"),
    ]
}

fn limited(banned: bool) -> VenueError {
    VenueError::RateLimited { venue: of("kraken"), scope: LimitScope::Ip, banned, retry_after: None }
}

/// The first word after the venue's error, which is enough to name it.
fn named(holds: impl Fn(&VenueError) -> bool) -> Vec<String> {
    let name = |error: &VenueError| {
        let text = format!("{error:?}");
        text.split([' ', '(']).next().unwrap_or_default().to_owned()
    };
    all().iter().map(|(error, _)| error).filter(|error| holds(error)).map(name).collect()
}

#[test]
fn a_failure_says_in_words_what_happened() {
    for (error, words) in all() {
        assert_eq!(error.to_string(), words);
    }
}

#[test]
fn only_a_lost_or_unreadable_answer_leaves_an_order_in_doubt() {
    assert_eq!(named(|error| error.effect() == Effect::Unknown), ["AnswerLost", "Decode"]);
}

#[test]
fn what_was_refused_for_good_is_never_tried_again() {
    let again = named(VenueError::may_try_again);
    assert_eq!(again, ["RateLimited", "NonceRefused", "Unavailable", "NotSent"]);
    assert!(all().iter().all(|(error, _)| !error.may_try_again() || error.effect() == Effect::None));
}

#[test]
fn refusals_show_that_a_venue_is_well_and_silence_that_it_is_not() {
    assert_eq!(named(VenueError::is_failure), ["Unavailable", "NotSent", "AnswerLost", "Decode"]);
    assert_eq!(named(VenueError::is_answer), ["Rejected", "InsufficientFunds", "KeyRefused", "NonceRefused"]);
}

#[test]
fn venues_without_resting_orders_take_market_orders_alone() {
    let price: Price = of("100");
    let kinds = [
        OrderKind::Market,
        OrderKind::Limit { price },
        OrderKind::StopLimit { stop: price, price },
        OrderKind::Bracket { take_profit: price, stop: price, price },
    ];
    let none = RestingOrders { limit: false, stop_limit: false, bracket: false };
    assert_eq!(kinds.map(|kind| none.takes(kind)), [true, false, false, false]);
    assert_eq!(kinds.map(|kind| RestingOrders::ALL.takes(kind)), [true; 4]);
}

#[test]
fn a_limit_that_says_nothing_else_holds_orders_back() {
    let text = r#"{"scope":"Ip","name":"weight in 1 min","used":5,"limit":null}"#;
    assert!(serde_json::from_str::<LimitUsage>(text).unwrap().orders);
}

/// Lets one request in ten through, and keeps what is said of it.
#[derive(Default)]
struct Gate {
    shut: bool,
    told: Arc<Mutex<Vec<Option<VenueError>>>>,
}

#[async_trait]
impl StreamLane for Gate {
    async fn enter(&self, _: Option<UserId>) -> Result<StreamPass, VenueError> {
        if self.shut {
            return Err(limited(true));
        }
        let told = self.told.clone();
        Ok(StreamPass::new(move |error| told.lock().push(error.cloned())))
    }

    fn held(&self, _: Option<UserId>) -> Option<Duration> {
        self.shut.then_some(Duration::from_secs(30))
    }
}

#[tokio::test]
async fn a_lane_is_told_how_each_request_went() {
    let gate = Gate::default();
    let told = gate.told.clone();
    let lane: &dyn StreamLane = &gate;
    assert_eq!(lane.ask(Some(user()), async { Ok(7) }).await, Ok(7));
    let failed = lane.ask(None, async { Err::<u8, _>(limited(false)) }).await;
    assert_eq!(failed, Err(limited(false)));
    assert_eq!(*told.lock(), [None, Some(limited(false))]);
}

#[tokio::test]
async fn while_a_lane_is_shut_nothing_is_sent() {
    let gate = Gate { shut: true, ..Gate::default() };
    let lane: &dyn StreamLane = &gate;
    let asked = lane.ask(None, async { unreachable!("it was sent") });
    assert_eq!(asked.await, Err::<(), _>(limited(true)));
    assert_eq!(lane.held(None), Some(Duration::from_secs(30)));
    assert!(gate.told.lock().is_empty());
}

#[tokio::test]
async fn an_open_lane_holds_nothing() {
    let lane: &dyn StreamLane = &OpenLane;
    assert_eq!(lane.ask(None, async { Ok(1) }).await, Ok(1));
    assert_eq!(lane.held(None), None);
}
