//! A user's own limits in the engine: on record, at once where they are tighter, later where they are looser, and after a restart.

use nija_core::{
    Clock, JournalEvent, Ledger, Notional, OrderSize, OrderState, PageRequest, RiskLevel, RiskSettings,
    RiskStanding, TradeSignal,
};
use nija_router::{Engine, EngineError};
use rust_decimal::Decimal;
use std::time::Duration;

use crate::support::{LONG, Platform, dec, entry, exit, symbol, user};

/// How long a loosening waits here; a day of virtual time is many ticks.
const DELAY: Duration = Duration::from_secs(600);

fn platform() -> Platform {
    let (mut platform, _) = Platform::single();
    platform.config.limits.loosening_delay = DELAY;
    platform
}

async fn set(engine: &Engine, wanted: RiskSettings) -> RiskStanding {
    let seen = engine.risk_settings(user(1)).await.unwrap();
    engine.change_risk_settings(user(1), &seen, wanted).await.unwrap().unwrap()
}

fn only(text: &str) -> RiskSettings {
    RiskSettings { allowed_symbols: Some([symbol(text)].into()), ..RiskSettings::default() }
}

async fn code(engine: &Engine, id: &str) -> Option<String> {
    let order = engine.submit(entry(user(1), id)).await.unwrap().order;
    order.reason.filter(|_| order.state == OrderState::Rejected).map(|reason| reason.code)
}

#[tokio::test(start_paused = true)]
async fn tightening_holds_at_once_and_loosening_after_its_delay_across_a_restart() {
    let platform = platform();
    let engine = platform.start().await;
    assert_eq!(code(&engine, "free").await, None);
    set(&engine, only("ETH-USD")).await;
    assert_eq!(code(&engine, "tight").await.as_deref(), Some("pair_not_allowed"));
    let standing = set(&engine, RiskSettings::default()).await;
    let now = platform.clock.now();
    let pending = standing.pending(now).unwrap();
    assert_eq!((&pending.settings, pending.effective_at), (&RiskSettings::default(), now.plus(DELAY)));
    engine.stop().await;
    drop(engine);
    let engine = platform.start().await;
    assert_eq!(engine.risk_settings(user(1)).await.unwrap(), standing);
    assert_eq!(code(&engine, "waiting").await.as_deref(), Some("pair_not_allowed"));
    tokio::time::sleep(DELAY).await;
    assert_eq!(code(&engine, "free-again").await, None);
    let newest = PageRequest { before: None, limit: 1000 };
    let journal = platform.ledger.journal(user(1), newest).await.unwrap();
    let changes =
        journal.rows.iter().filter(|(_, it)| matches!(it.event, JournalEvent::RiskSettingsChanged { .. }));
    assert_eq!(changes.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_loosening_that_waits_can_be_taken_back() {
    let platform = platform();
    let engine = platform.start().await;
    set(&engine, RiskLevel::Low.settings()).await;
    let waiting = set(&engine, RiskLevel::High.settings()).await;
    assert!(waiting.pending(platform.clock.now()).is_some());
    let kept = engine.keep_risk_settings(user(1), &waiting).await.unwrap().unwrap();
    assert_eq!(
        (kept.pending(platform.clock.now()), kept.at(platform.clock.now()).level()),
        (None, Some(RiskLevel::Low))
    );
    tokio::time::sleep(DELAY + DELAY).await;
    assert_eq!(
        engine.risk_settings(user(1)).await.unwrap().at(platform.clock.now()).level(),
        Some(RiskLevel::Low)
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_based_on_what_has_changed_is_refused_and_nonsense_too() {
    let platform = platform();
    let engine = platform.start().await;
    let seen = engine.risk_settings(user(1)).await.unwrap();
    set(&engine, RiskLevel::Low.settings()).await;
    let late = engine.change_risk_settings(user(1), &seen, RiskLevel::High.settings()).await.unwrap();
    assert_eq!(late, None);
    let seen = engine.risk_settings(user(1)).await.unwrap();
    for (share, fine) in [("0.019", false), ("0.02", true), ("1.01", false), ("-1", false)] {
        let wanted = RiskSettings { max_equity_share: Some(dec(share)), ..RiskLevel::Low.settings() };
        let answer = engine.change_risk_settings(user(1), &seen, wanted).await;
        assert_eq!(matches!(answer, Err(EngineError::Invalid(_))), !fine, "{share}: {answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn own_limits_never_exceed_the_plans() {
    let platform = platform();
    let engine = platform.start().await;
    let given = engine.effective_limits(user(1)).await.unwrap();
    let generous = RiskSettings { largest_position: Some(dec("1000000")), ..RiskSettings::default() };
    set(&engine, generous).await;
    tokio::time::sleep(DELAY).await;
    let effective = engine.effective_limits(user(1)).await.unwrap();
    assert!(effective.is_within(&given));
    set(&engine, RiskLevel::Low.settings()).await;
    assert!(engine.effective_limits(user(1)).await.unwrap().is_within(&RiskLevel::Low.settings()));
}

#[tokio::test(start_paused = true)]
async fn an_entry_repeated_under_another_id_is_refused_even_after_a_restart() {
    let (mut platform, venue) = Platform::single();
    platform.config.limits.entry_interval = Duration::from_millis(1);
    platform.config.limits.duplicate_window = Duration::from_secs(600);
    let engine = platform.start().await;
    let first = engine.submit(entry(user(1), "first")).await.unwrap().order;
    engine.settled(user(1), first.id(), LONG).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(code(&engine, "again").await.as_deref(), Some("duplicate_intent"));
    engine.stop().await;
    drop(engine);
    let engine = platform.start().await;
    assert_eq!(code(&engine, "once-more").await.as_deref(), Some("duplicate_intent"));
    assert_eq!(venue.placements(), 1);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(code(&engine, "later").await, None);
}

#[tokio::test(start_paused = true)]
async fn many_other_orders_between_two_entries_do_not_hide_that_they_are_one() {
    let (mut platform, _) = Platform::single();
    platform.config.limits.entry_interval = Duration::from_millis(1);
    platform.config.limits.duplicate_window = Duration::from_secs(600);
    let engine = platform.start().await;
    assert_eq!(code(&engine, "first").await, None);
    for n in 0..30 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let other = TradeSignal {
            size: OrderSize::Quote(Notional::new(Decimal::from(20 + n)).unwrap()),
            ..entry(user(1), &format!("other-{n}"))
        };
        assert_eq!(engine.submit(other).await.unwrap().order.reason, None);
    }
    assert_eq!(code(&engine, "again").await.as_deref(), Some("duplicate_intent"));
    engine.stop().await;
    drop(engine);
    let engine = platform.start().await;
    assert_eq!(code(&engine, "once-more").await.as_deref(), Some("duplicate_intent"));
}

#[tokio::test(start_paused = true)]
async fn a_restart_gives_no_entry_beyond_the_rate() {
    let (mut platform, venue) = Platform::single();
    platform.config.limits.entry_interval = Duration::from_secs(30);
    platform.config.limits.duplicate_window = Duration::ZERO;
    let engine = platform.start().await;
    let first = engine.submit(entry(user(1), "first")).await.unwrap().order;
    engine.settled(user(1), first.id(), LONG).await.unwrap();
    for n in 0..12 {
        let out = engine.submit(exit(user(1), &format!("out-{n}"), "0.0001")).await.unwrap().order;
        engine.settled(user(1), out.id(), LONG).await.unwrap();
    }
    engine.stop().await;
    drop(engine);
    let engine = platform.start().await;
    assert_eq!(code(&engine, "too-soon").await.as_deref(), Some("entry_rate"));
    assert_eq!(venue.placements(), 13);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(code(&engine, "later").await, None);
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_may_be_tried_again_under_another_id() {
    let (mut platform, _) = Platform::single();
    platform.config.limits.entry_interval = Duration::from_millis(1);
    platform.config.limits.duplicate_window = Duration::from_secs(600);
    let engine = platform.start().await;
    engine.set_paused(user(1), true).await.unwrap();
    assert_eq!(code(&engine, "paused").await.as_deref(), Some("trading_paused"));
    engine.set_paused(user(1), false).await.unwrap();
    assert_eq!(code(&engine, "resumed").await, None);
}
