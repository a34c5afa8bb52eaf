//! The rules of orders: what their events make of them, and whose they are.

use nija_core::{
    JournalEvent, Ledger, LedgerError, OrderId, OrderState, PageRequest, Reason, SeededEntropy, Side::Buy,
    TransitionError,
};

use super::{
    conformance::{BTC, agrees},
    events::{Events, newest},
};

pub(super) async fn an_order_is_what_its_events_made_it(ledger: &impl Ledger) {
    let events = Events::new(1);
    let intent = events.intent("a-1", BTC);
    let (user, id) = (events.user, intent.id);
    let taken = events.batch(vec![Events::accepted(&intent), Events::routed(&intent, "kraken", 0, "0.5")]);
    let appended = ledger.append(taken).await.unwrap();
    assert_eq!(appended.records.iter().map(|r| r.seq).collect::<Vec<_>>(), [1, 2]);
    let order = ledger.order(user, id).await.unwrap().unwrap();
    assert_eq!((order.state, order.intent.clone()), (OrderState::Queued, intent.clone()));
    assert_eq!(ledger.unsettled_orders().await.unwrap(), std::slice::from_ref(&order));
    let client_id = &intent.signal.client_order_id;
    assert_eq!(ledger.order_by_client_id(user, client_id).await, Ok(Some(order)));

    let sent = events.batch(vec![Events::state(id, OrderState::Executing)]);
    ledger.append(sent).await.unwrap();
    let half = events.fill(Some(id), ("kraken", BTC, "E1"), (Buy, "0.25", "63120.10", "0.11"));
    ledger.append(events.batch(vec![JournalEvent::Filled(half)])).await.unwrap();
    let order = ledger.order(user, id).await.unwrap().unwrap();
    assert_eq!(order.state, OrderState::PartialFill);
    assert_eq!(order.filled_notional, "15780.025".parse().unwrap());
    let rest = events.fill(Some(id), ("kraken", BTC, "E2"), (Buy, "0.25", "63121", "0.12"));
    let last = events.batch(vec![JournalEvent::Filled(rest)]);
    let at = last.at;
    ledger.append(last).await.unwrap();
    let order = ledger.order(user, id).await.unwrap().unwrap();
    assert_eq!((order.state, order.updated_at), (OrderState::Filled, at));
    assert_eq!(order.fees, "0.23".parse().unwrap());
    assert_eq!(ledger.unsettled_orders().await, Ok(vec![]));
    agrees(ledger).await;
}

pub(super) async fn a_client_order_id_names_one_order_of_one_user(ledger: &impl Ledger) {
    let (mine, other) = (Events::new(1), Events::new(2));
    let first = mine.intent("same", BTC);
    ledger.append(mine.batch(vec![Events::accepted(&first)])).await.unwrap();
    let taken = LedgerError::ClientOrderIdTaken {
        client_order_id: first.signal.client_order_id.clone(),
        order: first.id,
    };
    let again = mine.batch(vec![Events::accepted(&mine.intent("same", BTC))]);
    assert_eq!(ledger.append(again).await, Err(taken));
    let theirs = other.batch(vec![Events::accepted(&other.intent("same", BTC))]);
    ledger.append(theirs).await.unwrap();
    // Twice in one batch.
    let (one, two) = (mine.intent("twice", BTC), mine.intent("twice", BTC));
    let both = mine.batch(vec![Events::accepted(&one), Events::accepted(&two)]);
    assert!(matches!(
        ledger.append(both).await,
        Err(LedgerError::ClientOrderIdTaken { order, .. }) if order == one.id
    ));
    assert_eq!(ledger.order(mine.user, one.id).await, Ok(None));
    agrees(ledger).await;
}

pub(super) async fn an_illegal_transition_writes_nothing(ledger: &impl Ledger) {
    let events = Events::new(1);
    let intent = events.intent("a-1", BTC);
    ledger.append(events.batch(vec![Events::accepted(&intent)])).await.unwrap();
    let before = ledger.journal(events.user, newest(10)).await.unwrap();
    let batch = events.batch(vec![
        JournalEvent::Paused { paused: true },
        JournalEvent::Filled(events.fill(None, ("kraken", BTC, "E1"), (Buy, "1", "100", "0"))),
        Events::routed(&intent, "kraken", 0, "1"),
        Events::state(intent.id, OrderState::Pending),
    ]);
    let illegal =
        TransitionError::Illegal { order: intent.id, from: OrderState::Queued, to: OrderState::Pending };
    assert_eq!(ledger.append(batch).await, Err(illegal.into()));
    assert_eq!(ledger.journal(events.user, newest(10)).await.unwrap(), before);
    assert_eq!(ledger.paused(events.user).await, Ok(None));
    assert_eq!(ledger.open_positions(None).await, Ok(vec![]));
    assert_eq!(ledger.decisions(events.user, newest(10)).await.unwrap().rows, []);
    // The next entry follows without a gap.
    let next = events.batch(vec![Events::routed(&intent, "kraken", 0, "1")]);
    assert_eq!(ledger.append(next).await.unwrap().records[0].seq, 2);
    agrees(ledger).await;
}

pub(super) async fn nobody_touches_the_orders_of_another(ledger: &impl Ledger) {
    let (mine, other) = (Events::new(1), Events::new(2));
    let intent = mine.intent("a-1", BTC);
    ledger.append(mine.batch(vec![Events::accepted(&intent)])).await.unwrap();
    let missing = Err(LedgerError::NoSuchOrder(intent.id));
    let routed = other.batch(vec![Events::routed(&intent, "kraken", 0, "1")]);
    assert_eq!(ledger.append(routed).await, missing);
    let fill = other.fill(Some(intent.id), ("kraken", BTC, "E1"), (Buy, "1", "100", "0"));
    assert_eq!(ledger.append(other.batch(vec![JournalEvent::Filled(fill)])).await, missing);
    assert_eq!(ledger.order(other.user, intent.id).await, Ok(None));
    let state = ledger.order(mine.user, intent.id).await.unwrap().unwrap().state;
    assert_eq!(state, OrderState::Pending);
    let nothing = OrderId::generate(mine.now(), &SeededEntropy::new(9));
    let unknown = mine.batch(vec![Events::state(nothing, OrderState::Routing)]);
    assert_eq!(ledger.append(unknown).await, Err(LedgerError::NoSuchOrder(nothing)));
    agrees(ledger).await;
}

pub(super) async fn pages_lead_from_the_newest_to_the_oldest(ledger: &impl Ledger) {
    let (mine, other) = (Events::new(1), Events::new(2));
    let mut intents = Vec::new();
    for number in 0..7 {
        let intent = mine.intent(&format!("a-{number}"), BTC);
        ledger.append(mine.batch(vec![Events::accepted(&intent)])).await.unwrap();
        let theirs = other.intent(&format!("b-{number}"), BTC);
        ledger.append(other.batch(vec![Events::accepted(&theirs)])).await.unwrap();
        intents.push(intent.id);
    }
    let rejected = [intents[1], intents[4]];
    for id in rejected {
        ledger.append(mine.batch(vec![Events::state(id, OrderState::Rejected)])).await.unwrap();
    }
    let walk = async |state| {
        let (mut before, mut seen) = (None, Vec::new());
        loop {
            let request = PageRequest { before, limit: 3 };
            let page = ledger.orders(mine.user, state, request).await.unwrap();
            assert!(page.rows.len() == 3 || !page.more);
            seen.extend(page.rows.iter().map(|(_, order)| order.id()));
            before = page.rows.last().map(|(place, _)| *place);
            if !page.more {
                break seen;
            }
        }
    };
    let newest_first: Vec<_> = intents.iter().rev().copied().collect();
    assert_eq!(walk(None).await, newest_first);
    assert_eq!(walk(Some(OrderState::Rejected)).await, [intents[4], intents[1]]);
    assert_eq!(walk(Some(OrderState::Working)).await, []);
    let unsettled = ledger.unsettled_orders().await.unwrap();
    assert_eq!(unsettled.len(), 12);
    agrees(ledger).await;
}

pub(super) async fn an_orders_journal_is_whole_and_its_own(ledger: &impl Ledger) {
    let (events, other) = (Events::new(1), Events::new(2));
    let (one, two) = (events.intent("a-1", BTC), events.intent("a-2", BTC));
    let mut batches = Vec::new();
    let mut append =
        async |batch: nija_core::JournalBatch| batches.extend(ledger.append(batch).await.unwrap().records);
    append(events.batch(vec![Events::accepted(&one), Events::routed(&one, "kraken", 0, "0.5")])).await;
    append(events.batch(vec![Events::accepted(&two), Events::routed(&two, "kraken", 0, "0.5")])).await;
    let dead = JournalEvent::AttemptEnded {
        order: one.id,
        attempt: 0,
        sent_at: Some(events.now()),
        reason: Reason::new("venue_unavailable", "it does not answer"),
    };
    append(events.batch(vec![dead, Events::routed(&one, "coinbase", 1, "0.5")])).await;
    let sent = JournalEvent::StateChanged {
        order: one.id,
        state: OrderState::Working,
        reason: None,
        venue_order_id: None,
        sent_at: Some(events.now()),
    };
    append(events.batch(vec![sent, Events::state(two.id, OrderState::Rejected)])).await;
    append(events.batch(vec![Events::state(one.id, OrderState::Cancelled)])).await;
    // A fill that comes after the end is the order's all the same.
    let late = events.fill(Some(one.id), ("coinbase", BTC, "E1"), (Buy, "0.25", "63120.10", "0.11"));
    append(events.batch(vec![JournalEvent::Paused { paused: true }, JournalEvent::Filled(late)])).await;
    for intent in [&one, &two] {
        let own = batches.iter().filter(|record| record.event.order() == Some(intent.id)).cloned();
        assert_eq!(ledger.order_journal(events.user, intent.id).await, Ok(own.collect()));
        assert_eq!(ledger.order_journal(other.user, intent.id).await, Ok(Vec::new()));
    }
    let receipt = nija_core::Receipt::from_journal(&ledger.order_journal(events.user, one.id).await.unwrap());
    assert_eq!(receipt.unwrap().unwrap().attempts.len(), 2);
    agrees(ledger).await;
}

pub(super) async fn an_order_carried_out_by_others_is_what_they_made_it(ledger: &impl Ledger) {
    let (events, other) = (Events::new(1), Events::new(2));
    let (parent, foreign) = (events.intent("whole", BTC), other.intent("theirs", BTC));
    ledger.append(other.batch(vec![Events::accepted(&foreign)])).await.unwrap();
    let begin = events.batch(vec![Events::accepted(&parent), Events::scheduled(&parent)]);
    let began_at = begin.at;
    ledger.append(begin).await.unwrap();
    let (one, two) = (events.child(&parent, "nija:1"), events.child(&parent, "nija:2"));
    let first = events.batch(vec![Events::accepted(&one), Events::routed(&one, "kraken", 0, "0.5")]);
    let fill = events.fill(Some(one.id), ("kraken", BTC, "E1"), (Buy, "0.5", "60000", "0.30"));
    ledger.append(first).await.unwrap();
    let second = events.batch(vec![
        JournalEvent::Filled(fill),
        Events::accepted(&two),
        Events::routed(&two, "paper", 0, "0.5"),
    ]);
    let newest = two.received_at;
    ledger.append(second).await.unwrap();
    let stands = async || ledger.order(events.user, parent.id).await.unwrap().unwrap();
    let order = stands().await;
    assert_eq!((order.state, order.filled.to_string()), (OrderState::PartialFill, "0.5".to_owned()));
    assert_eq!((order.fees.to_string(), order.leg), ("0.30".to_owned(), None));
    let schedule = order.schedule.unwrap();
    assert_eq!((schedule.began_at, schedule.children), (began_at, 2));
    assert_eq!((schedule.last_child_at, schedule.stopped), (Some(newest), false));
    let names = async |user| -> Vec<OrderId> {
        ledger.children(user, parent.id).await.unwrap().iter().map(nija_core::Order::id).collect()
    };
    assert_eq!(names(events.user).await, [one.id, two.id]);
    assert_eq!(names(other.user).await, [], "nobody sees another's");

    let reason = Reason::new("cancelled", "cancelled at your request");
    let stop = JournalEvent::Stopped { order: parent.id, reason: reason.clone() };
    let late = events.fill(Some(two.id), ("paper", BTC, "E1"), (Buy, "0.1", "60000", "0"));
    let end =
        events.batch(vec![stop, Events::state(two.id, OrderState::Cancelled), JournalEvent::Filled(late)]);
    ledger.append(end).await.unwrap();
    ledger.append(events.batch(vec![Events::state(parent.id, OrderState::Cancelled)])).await.unwrap();
    let order = stands().await;
    assert_eq!((order.state, order.filled.to_string()), (OrderState::Cancelled, "0.6".to_owned()));
    assert_eq!((order.reason, order.schedule.unwrap().stopped), (Some(reason), true));

    let orphan = events.child(&foreign, "orphan");
    let refused = ledger.append(events.batch(vec![Events::accepted(&orphan)])).await;
    assert_eq!(refused, Err(LedgerError::NoSuchOrder(foreign.id)), "a parent is the user's own");
    let mut own = events.intent("own", BTC);
    own.parent = Some(own.id);
    let refused = ledger.append(events.batch(vec![Events::accepted(&own)])).await;
    assert!(matches!(refused, Err(LedgerError::Invalid(_))), "{refused:?}");
    agrees(ledger).await;
}
