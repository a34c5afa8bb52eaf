//! The rules of what stands until it is changed: limits, pauses, kill switches, preferences and protections.

use nija_core::{
    JournalEvent, KillId, KillScope, Ledger, RiskLevel, RiskStanding, RoutingPolicy, RoutingPreference,
    Side::{Buy, Sell},
    UserId, VenueId, Weights,
};
use rust_decimal::Decimal;

use super::{
    conformance::{BTC, agrees},
    events::Events,
};

pub(super) async fn the_last_change_of_limits_stands(ledger: &impl Ledger) {
    let (events, other) = (Events::new(1), Events::new(2));
    assert_eq!(ledger.risk_settings(events.user).await, Ok(RiskStanding::default()));
    let (mut standing, at) = (RiskStanding::default(), events.now());
    for level in [RiskLevel::Low, RiskLevel::High] {
        standing = standing.change(level.settings(), at, std::time::Duration::from_secs(60));
        let event = JournalEvent::RiskSettingsChanged { standing: standing.clone() };
        ledger.append(events.batch(vec![event])).await.unwrap();
        assert_eq!(ledger.risk_settings(events.user).await, Ok(standing.clone()));
    }
    assert!(standing.pending(at).is_some());
    assert_eq!(ledger.risk_settings(other.user).await, Ok(RiskStanding::default()));
    agrees(ledger).await;
}

pub(super) async fn pausing_twice_keeps_the_first_moment(ledger: &impl Ledger) {
    let events = Events::new(1);
    let set = async |paused| {
        let batch = events.batch(vec![JournalEvent::Paused { paused }]);
        let at = batch.at;
        ledger.append(batch).await.unwrap();
        at
    };
    let first = set(true).await;
    set(true).await;
    assert_eq!(ledger.paused(events.user).await, Ok(Some(first)));
    assert_eq!(ledger.paused(Events::new(2).user).await, Ok(None));
    set(false).await;
    assert_eq!(ledger.paused(events.user).await, Ok(None));
    let again = set(true).await;
    assert_eq!(ledger.paused(events.user).await, Ok(Some(again)));
    agrees(ledger).await;
}

pub(super) async fn kill_switches_stand_until_they_are_taken_off(ledger: &impl Ledger) {
    let (events, other) = (Events::new(1), Events::new(2));
    let ids: Vec<_> = (1..4).map(|n| KillId::from_uuid(uuid::Uuid::from_u128(n))).collect();
    let venue = KillScope::Venue("kraken".parse().unwrap());
    let on = |id: usize, scope: &KillScope| JournalEvent::KillSwitchOn {
        id: ids[id],
        scope: scope.clone(),
        flatten: id == 1,
    };
    let append = async |user, event| {
        let at = events.now();
        let batch = nija_core::JournalBatch { user, at, events: vec![event] };
        ledger.append(batch).await.unwrap();
        at
    };
    let since = append(events.user, on(0, &KillScope::User)).await;
    append(other.user, JournalEvent::KillSwitchOff { scope: KillScope::User }).await;
    let at_venue = append(UserId::PLATFORM, on(1, &venue)).await;
    let all = ledger.kill_switches().await.unwrap();
    let told: Vec<_> =
        all.iter().map(|on| (on.user, on.scope.clone(), on.flatten, on.since, on.outcome.clone())).collect();
    let mine = (events.user, KillScope::User, false, since, None);
    assert_eq!(told, [(UserId::PLATFORM, venue.clone(), true, at_venue, None), mine.clone()]);
    let left = nija_core::Unconfirmed { user: other.user, venue: None, order: None, why: "asleep".into() };
    let crumb = nija_core::Dust {
        user: other.user,
        venue: "kraken".parse().unwrap(),
        symbol: "BTC-USD".parse().unwrap(),
        quantity: Decimal::new(1, 8),
    };
    let (flat, left, dust) = (false, vec![left], vec![crumb]);
    let done = |id: usize| JournalEvent::KillSwitchDone {
        id: ids[id],
        scope: venue.clone(),
        flat,
        left: left.clone(),
        dust: dust.clone(),
    };
    append(UserId::PLATFORM, done(2)).await;
    assert_eq!(ledger.kill_switches().await.unwrap()[0].outcome, None, "of another use of it");
    let at = append(UserId::PLATFORM, done(1)).await;
    let outcome = nija_core::KillOutcome { at, flat, left: left.clone(), dust: dust.clone() };
    assert_eq!(ledger.kill_switches().await.unwrap()[0].outcome, Some(outcome));
    append(UserId::PLATFORM, on(2, &venue)).await;
    assert_eq!(ledger.kill_switches().await.unwrap()[0].outcome, None, "thrown again");
    append(UserId::PLATFORM, JournalEvent::KillSwitchOff { scope: venue.clone() }).await;
    let all = ledger.kill_switches().await.unwrap();
    assert_eq!(all.iter().map(|on| on.user).collect::<Vec<_>>(), [mine.0]);
    agrees(ledger).await;
}

pub(super) async fn the_newest_preference_holds(ledger: &impl Ledger) {
    let events = Events::new(1);
    assert_eq!(ledger.routing_preference(events.user).await, Ok(RoutingPreference::default()));
    let wanted = [
        RoutingPreference { policy: Some(RoutingPolicy::ExpectedCost), weights: None },
        RoutingPreference { policy: None, weights: Some(Weights::default()) },
    ];
    for preference in wanted {
        let batch = events.batch(vec![JournalEvent::RoutingPreferred { preference }]);
        ledger.append(batch).await.unwrap();
        assert_eq!(ledger.routing_preference(events.user).await, Ok(preference));
    }
    assert_eq!(ledger.routing_preference(Events::new(2).user).await, Ok(RoutingPreference::default()));
    agrees(ledger).await;
}

pub(super) async fn a_protection_ends_with_its_position(ledger: &impl Ledger) {
    let events = Events::new(1);
    let id = |n| nija_core::ProtectionId::from_uuid(uuid::Uuid::from_u128(n));
    let (venue, symbol): (VenueId, nija_core::Symbol) = ("kraken".parse().unwrap(), BTC.parse().unwrap());
    let plan = nija_core::ProtectionPlan { stop: "90".parse().ok(), ..Default::default() };
    let set = |n, held| JournalEvent::ProtectionSet {
        id: id(n),
        venue: venue.clone(),
        symbol: symbol.clone(),
        plan: plan.clone(),
        order: None,
        held,
    };
    let fill = |name: &str, side, quantity: &str| {
        JournalEvent::Filled(events.fill(None, ("kraken", BTC, name), (side, quantity, "100", "0")))
    };
    ledger.append(events.batch(vec![set(1, Decimal::ZERO), fill("E1", Buy, "2")])).await.unwrap();
    ledger.append(events.batch(vec![fill("E2", Buy, "3"), fill("E3", Sell, "4")])).await.unwrap();
    let all = ledger.protections().await.unwrap();
    assert_eq!((all[0].id, all[0].largest, all[0].user), (id(1), Decimal::from(5), events.user));
    let moved = |n| JournalEvent::ProtectionMoved {
        id: id(n),
        venue: venue.clone(),
        symbol: symbol.clone(),
        mark: "120".parse().unwrap(),
    };
    ledger.append(events.batch(vec![set(2, Decimal::ONE), moved(1)])).await.unwrap();
    let all = ledger.protections().await.unwrap();
    assert_eq!((all[0].id, all[0].largest, all[0].mark), (id(2), Decimal::ONE, None), "set anew");
    ledger.append(events.batch(vec![moved(2), fill("E4", Sell, "1")])).await.unwrap();
    assert_eq!(ledger.protections().await, Ok(vec![]));
    agrees(ledger).await;
}
