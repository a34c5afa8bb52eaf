//! Events of the journal: what they are called, what they are about, and that they are read back as they were written.

use nija_core::{
    ExecutionMethod, ExecutionReport, HitCause, JournalEvent, JournalRecord, KillId, KillScope, OrderKind,
    OrderState, ProtectionId, ProtectionPart, Reason, RiskStanding, RoutingPreference, SeededEntropy, Side,
    Timestamp,
};

use crate::support::{START, dec, decision, fill, intent, leg, of, order_id, user};

fn report() -> ExecutionReport {
    ExecutionReport {
        venue: of("kraken"),
        venue_order_id: of("O-9"),
        client_id: None,
        symbol: of("BTC-USD"),
        side: Side::Sell,
        kind: OrderKind::Limit { price: of("120") },
        state: OrderState::Working,
        quantity: of("1"),
        filled: of("0"),
        average_price: None,
        reason: None,
        at: START,
    }
}

/// What happens to orders.
fn of_orders() -> Vec<JournalEvent> {
    let order = intent().id;
    let reason = Reason::new("cancelled", "you cancelled it");
    let method = ExecutionMethod::Twap { slices: 4, every_ms: 60_000 };
    vec![
        JournalEvent::IntentAccepted { intent: intent() },
        JournalEvent::Routed { order, decision: decision(Some("kraken")), leg: leg(order) },
        JournalEvent::NotRouted { order, decision: decision(None) },
        JournalEvent::Scheduled { order, method, size: None, decision: Some(decision(None)) },
        JournalEvent::Stopped { order, reason: reason.clone() },
        JournalEvent::CancelWished { order },
        JournalEvent::StateChanged {
            order,
            state: OrderState::Working,
            reason: None,
            venue_order_id: Some(of("O-1")),
            sent_at: Some(START),
        },
        JournalEvent::AttemptEnded { order, attempt: 0, sent_at: None, reason },
        JournalEvent::Filled(fill(Some(order), "1", "100")),
        JournalEvent::FeeValued { fill: fill(Some(order), "1", "100") },
    ]
}

/// What happens to what guards a position.
fn of_protections() -> Vec<JournalEvent> {
    let id = ProtectionId::generate(START, &SeededEntropy::new(5));
    let (venue, symbol) = (of("kraken"), of("BTC-USD"));
    let set = JournalEvent::ProtectionSet {
        id,
        venue,
        symbol,
        plan: nija_core::ProtectionPlan { stop: Some(of("90")), ..Default::default() },
        order: None,
        held: dec("1"),
    };
    let (venue, symbol) = (of("kraken"), of("BTC-USD"));
    let moved = JournalEvent::ProtectionMoved { id, venue, symbol, mark: of("130") };
    let (venue, symbol) = (of("kraken"), of("BTC-USD"));
    let (part, cause) = (ProtectionPart::Stop, HitCause::Price);
    let hit = JournalEvent::ProtectionHit { id, venue, symbol, part, price: Some(of("89")), cause };
    let (venue, symbol) = (of("kraken"), of("BTC-USD"));
    let taken = JournalEvent::ProtectionTaken { id, venue, symbol, take_profit: 0 };
    let (venue, symbol) = (of("kraken"), of("BTC-USD"));
    vec![set, moved, hit, taken, JournalEvent::ProtectionRemoved { id, venue, symbol }]
}

/// What happens to kill switches.
fn of_kill_switches() -> Vec<JournalEvent> {
    let id = KillId::generate(START, &SeededEntropy::new(6));
    let scope = KillScope::Venue(of("kraken"));
    let (left, dust) = (Vec::new(), Vec::new());
    vec![
        JournalEvent::KillSwitchOn { id, scope: scope.clone(), flatten: true },
        JournalEvent::KillSwitchDone { id, scope: scope.clone(), flat: true, left, dust },
        JournalEvent::KillSwitchOff { scope },
    ]
}

/// What is about neither.
fn of_accounts() -> Vec<JournalEvent> {
    vec![
        JournalEvent::ExternalOrder { report: report() },
        JournalEvent::RiskSettingsChanged { standing: RiskStanding::default() },
        JournalEvent::Paused { paused: true },
        JournalEvent::RoutingPreferred { preference: RoutingPreference::default() },
    ]
}

fn all() -> Vec<JournalEvent> {
    [of_orders(), of_protections(), of_kill_switches(), of_accounts()].concat()
}

#[test]
fn an_event_is_called_what_its_json_says_and_is_read_back_as_it_was_written() {
    let mut kinds = std::collections::BTreeSet::new();
    for (place, event) in all().into_iter().enumerate() {
        let record = JournalRecord { seq: place as u64 + 1, user: user(), at: START, event };
        let text = serde_json::to_string(&record).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["event"]["type"], record.event.kind());
        assert_eq!(serde_json::from_str::<JournalRecord>(&text).unwrap(), record, "{text}");
        assert!(kinds.insert(record.event.kind()), "{} twice", record.event.kind());
    }
    assert_eq!(kinds.len(), 22);
}

#[test]
fn an_event_names_its_order_its_position_or_its_switch_and_nothing_else() {
    let (venue, symbol) = (of("kraken"), of("BTC-USD"));
    for event in of_orders() {
        assert_eq!(event.order(), Some(intent().id), "{}", event.kind());
        assert_eq!((event.protected(), event.kill_scope()), (None, None));
    }
    for event in of_protections() {
        assert_eq!(event.protected(), Some((&venue, &symbol)), "{}", event.kind());
        assert_eq!((event.order(), event.kill_scope()), (None, None));
    }
    for event in of_kill_switches() {
        assert_eq!(event.kill_scope().map(KillScope::name), Some("venue:kraken".to_owned()));
        assert_eq!((event.order(), event.protected()), (None, None));
    }
    for event in of_accounts() {
        assert_eq!((event.order(), event.protected(), event.kill_scope()), (None, None, None));
    }
    assert_eq!(JournalEvent::Filled(fill(None, "1", "100")).order(), None, "an order made elsewhere");
}

#[test]
fn only_what_was_carried_out_is_a_decision() {
    let order = intent().id;
    let decided: Vec<_> =
        all().iter().filter(|event| event.decision().is_some()).map(JournalEvent::kind).collect();
    assert_eq!(decided, ["routed", "not_routed"], "what was compared before slicing decided nothing");
    let method = ExecutionMethod::Split;
    let split = JournalEvent::Scheduled { order, method, size: None, decision: Some(decision(None)) };
    assert_eq!(split.decision(), Some((order, &decision(None))));
}

#[test]
fn journals_from_before_a_field_was_there_are_read() {
    let order = order_id(2);
    let text = format!(
        r#"{{"type":"state_changed","order":"{order}","state":"working","reason":null,"venue_order_id":null}}"#
    );
    let JournalEvent::StateChanged { sent_at, .. } = serde_json::from_str(&text).unwrap() else {
        panic!("{text}")
    };
    assert_eq!(sent_at, None::<Timestamp>);
    let text = format!(r#"{{"type":"scheduled","order":"{order}","method":{{"method":"split"}}}}"#);
    let JournalEvent::Scheduled { size, decision, .. } = serde_json::from_str(&text).unwrap() else {
        panic!("{text}")
    };
    assert_eq!((size, decision), (None, None));
}
