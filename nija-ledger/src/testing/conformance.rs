//! The rules, each on a fresh ledger.

use nija_core::{
    CredentialId, JournalEvent, KillId, KillScope, Ledger, LedgerError, OrderId, OrderState, PageRequest,
    Reason, RiskLevel, RiskStanding, RoutingPolicy, RoutingPreference, SeededEntropy,
    Side::{Buy, Sell},
    Timestamp, TransitionError, UserId, VenueId, Weights,
};
use rust_decimal::Decimal;
use std::future::Future;

use super::events::{Events, newest};

const BTC: &str = "BTC-USD";

/// Runs every rule against ledgers that `make` makes, each an empty one.
///
/// # Panics
/// When a rule is broken.
pub async fn conformance<L: Ledger, F: Future<Output = L>>(make: impl Fn() -> F) {
    an_empty_ledger_answers_with_nothing(&make().await).await;
    an_order_is_what_its_events_made_it(&make().await).await;
    a_client_order_id_names_one_order_of_one_user(&make().await).await;
    an_illegal_transition_writes_nothing(&make().await).await;
    nobody_touches_the_orders_of_another(&make().await).await;
    contradictions_are_refused(&make().await).await;
    an_execution_counts_once_for_each_user(&make().await).await;
    a_position_opens_shrinks_turns_and_closes(&make().await).await;
    fills_from_elsewhere_count_as_well(&make().await).await;
    realised_sums_are_exact_from_any_moment(&make().await).await;
    pages_lead_from_the_newest_to_the_oldest(&make().await).await;
    decisions_and_activity_keep_their_content(&make().await).await;
    an_orders_journal_is_whole_and_its_own(&make().await).await;
    the_last_change_of_limits_stands(&make().await).await;
    each_day_has_its_sum(&make().await).await;
    super::pnl::profits_are_told_by_day_pair_and_venue(&make().await).await;
    super::pnl::fees_are_told_apart_by_what_they_were_taken_in(&make().await).await;
    super::pnl::groups_come_in_pages(&make().await).await;
    super::equity::every_sample_is_kept_for_a_while_and_one_a_day_for_longer(&make().await).await;
    super::equity::a_curve_is_its_users_and_as_fine_as_was_asked_for(&make().await).await;
    super::equity::the_last_sample_of_a_day_is_the_latest(&make().await).await;
    pausing_twice_keeps_the_first_moment(&make().await).await;
    kill_switches_stand_until_they_are_taken_off(&make().await).await;
    an_order_carried_out_by_others_is_what_they_made_it(&make().await).await;
    the_newest_preference_holds(&make().await).await;
    a_protection_ends_with_its_position(&make().await).await;
    nonces_are_never_given_twice(&make().await).await;
    what_is_open_names_its_symbol(&make().await).await;
}

/// The ledger's own check as well: every rule ends with it.
pub(super) async fn agrees(ledger: &impl Ledger) {
    assert_eq!(ledger.verify_projections().await, Ok(Vec::new()));
}

async fn an_empty_ledger_answers_with_nothing(ledger: &impl Ledger) {
    let user = Events::new(1).user;
    assert_eq!(ledger.orders(user, None, newest(10)).await.unwrap().rows, []);
    assert_eq!(ledger.unsettled_orders().await, Ok(vec![]));
    assert_eq!(ledger.open_positions(None).await, Ok(vec![]));
    assert_eq!(ledger.realised_since(user, Timestamp::default()).await, Ok(vec![]));
    assert_eq!(ledger.paused(user).await, Ok(None));
    assert_eq!(ledger.active_symbols().await, Ok(vec![]));
    agrees(ledger).await;
}

async fn an_order_is_what_its_events_made_it(ledger: &impl Ledger) {
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

async fn a_client_order_id_names_one_order_of_one_user(ledger: &impl Ledger) {
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

async fn an_illegal_transition_writes_nothing(ledger: &impl Ledger) {
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

async fn nobody_touches_the_orders_of_another(ledger: &impl Ledger) {
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

async fn contradictions_are_refused(ledger: &impl Ledger) {
    let (mine, other) = (Events::new(1), Events::new(2));
    let intent = mine.intent("a-1", BTC);
    ledger.append(mine.batch(vec![Events::accepted(&intent)])).await.unwrap();
    let mut same_id = mine.intent("a-2", BTC);
    same_id.id = intent.id;
    let spot = ("kraken", BTC, "E1");
    let refused = [
        other.batch(vec![Events::accepted(&mine.intent("a-3", BTC))]),
        mine.batch(vec![Events::accepted(&same_id)]),
        mine.batch(vec![JournalEvent::Filled(other.fill(None, spot, (Buy, "1", "100", "0")))]),
        mine.batch(vec![JournalEvent::Filled(mine.fill(None, spot, (Buy, "0", "100", "0")))]),
        // Amounts that no sum could hold.
        mine.batch(vec![JournalEvent::Filled(mine.fill(
            None,
            spot,
            (Buy, "90000000000000", "90000000000000", "0"),
        ))]),
        mine.batch(vec![JournalEvent::Filled(mine.fill(
            Some(intent.id),
            spot,
            (Buy, "1", "1", "79228162514264337593543950335"),
        ))]),
    ];
    for batch in refused {
        let result = ledger.append(batch.clone()).await;
        assert!(matches!(result, Err(LedgerError::Invalid(_))), "{batch:?}: {result:?}");
    }
    assert_eq!(ledger.journal(mine.user, newest(10)).await.unwrap().rows.len(), 1);
    agrees(ledger).await;
}

async fn an_execution_counts_once_for_each_user(ledger: &impl Ledger) {
    let (mine, other) = (Events::new(1), Events::new(2));
    let fill = |events: &Events, venue| {
        JournalEvent::Filled(events.fill(None, (venue, BTC, "E1"), (Buy, "0.5", "100", "0.1")))
    };
    // Twice in one batch, and once more later, beside something that is new.
    let twice = mine.batch(vec![fill(&mine, "kraken"), fill(&mine, "kraken")]);
    assert_eq!(ledger.append(twice).await.unwrap().records.len(), 1);
    let again = mine.batch(vec![fill(&mine, "kraken"), JournalEvent::Paused { paused: true }]);
    let appended = ledger.append(again).await.unwrap();
    assert_eq!(appended.records.len(), 1);
    assert_eq!((appended.records[0].seq, appended.positions), (2, vec![]));
    assert_eq!(ledger.append(mine.batch(vec![fill(&mine, "kraken")])).await.unwrap().records, []);
    // Another venue or user has ids of its own.
    ledger.append(mine.batch(vec![fill(&mine, "coinbase")])).await.unwrap();
    ledger.append(other.batch(vec![fill(&other, "kraken")])).await.unwrap();
    let positions = ledger.open_positions(None).await.unwrap();
    assert_eq!(positions.len(), 3);
    assert!(positions.iter().all(|p| p.quantity == "0.5".parse().unwrap()));
    let kraken = VenueId::new("kraken").unwrap();
    assert_eq!(ledger.fills_at_venue(&kraken).await.unwrap().len(), 2);
    agrees(ledger).await;
}

async fn a_position_opens_shrinks_turns_and_closes(ledger: &impl Ledger) {
    let events = Events::new(1);
    let user = events.user;
    let trade = async |id: &str, side, quantity: &str, price: &str| {
        let fill = events.fill(None, ("kraken", BTC, id), (side, quantity, price, "1"));
        ledger.append(events.batch(vec![JournalEvent::Filled(fill)])).await.unwrap().positions
    };
    let opened = trade("E1", Buy, "3", "100").await;
    let shrunk = trade("E2", Sell, "1", "110").await;
    assert_eq!((opened.len(), shrunk.len()), (1, 1));
    assert_eq!(opened[0].id, shrunk[0].id);
    assert_eq!(shrunk[0].realised_pnl, Decimal::TEN);
    let turned = trade("E3", Sell, "5", "120").await;
    let closed = turned.iter().find(|p| p.closed_at.is_some()).unwrap();
    let short = turned.iter().find(|p| p.closed_at.is_none()).unwrap();
    assert_eq!((closed.id.clone(), closed.realised_pnl), (opened[0].id.clone(), "50".parse().unwrap()));
    assert_eq!(short.quantity, "-3".parse().unwrap());
    let open = ledger.open_positions(Some(user)).await.unwrap();
    assert_eq!(open, std::slice::from_ref(short));
    assert_eq!(ledger.position(user, &closed.id).await.unwrap().as_ref(), Some(closed));
    let over = trade("E4", Buy, "3", "100").await;
    assert_eq!(ledger.open_positions(Some(user)).await.unwrap(), []);
    let page = ledger.closed_positions(user, newest(10)).await.unwrap();
    let newest_first: Vec<_> = page.rows.iter().map(|(_, position)| position).collect();
    assert_eq!(newest_first, [&over[0], closed]);
    assert_eq!(ledger.position(Events::new(2).user, &closed.id).await, Ok(None));
    agrees(ledger).await;
}

async fn fills_from_elsewhere_count_as_well(ledger: &impl Ledger) {
    let events = Events::new(1);
    let user = events.user;
    let (kraken, coinbase) = (VenueId::new("kraken").unwrap(), VenueId::new("coinbase").unwrap());
    let early = events.fill(None, ("kraken", BTC, "E1"), (Buy, "1", "100", "0"));
    let late = events.fill(None, ("kraken", BTC, "E2"), (Buy, "1", "100", "0"));
    // The later one arrives first: the mark must not move back.
    let batch = events.batch(vec![JournalEvent::Filled(late.clone()), JournalEvent::Filled(early.clone())]);
    ledger.append(batch).await.unwrap();
    assert_eq!(ledger.last_fill_at(user, &kraken).await, Ok(Some(late.execution.at)));
    assert_eq!(ledger.last_fill_at(user, &coinbase).await, Ok(None));
    assert_eq!(ledger.fills_at_venue(&kraken).await, Ok(vec![late, early]));
    agrees(ledger).await;
}

async fn realised_sums_are_exact_from_any_moment(ledger: &impl Ledger) {
    const HOUR: i64 = 3_600_000_000;
    let events = Events::new(1);
    let start = Timestamp::from_micros(1_700_000_000_000_000).day_start().micros();
    let mut moments = Vec::new();
    for hour in 0..60_i64 {
        // Parts of what was bought at several prices are sold: profits without a finite decimal form.
        let bought = format!("3.0{}", hour % 7);
        let (side, quantity, price) = match hour % 2 {
            0 => (Buy, "3", bought.as_str()),
            _ => (Sell, "1", "7.1"),
        };
        let id = format!("E{hour}");
        let mut fill = events.fill(None, ("kraken", BTC, &id), (side, quantity, price, "0.0007"));
        fill.execution.at = Timestamp::from_micros(start + hour * HOUR);
        moments.push(fill.execution.at);
        ledger.append(events.batch(vec![JournalEvent::Filled(fill)])).await.unwrap();
    }
    let fills = ledger.fills(events.user, newest(100)).await.unwrap().rows;
    assert!(fills.iter().any(|(_, settled)| settled.realised_pnl.scale() > 20));
    for since in [moments[0], moments[1], moments[23], moments[24], moments[25], moments[48], moments[59]] {
        let after = fills.iter().filter(|(_, settled)| settled.fill.execution.at >= since);
        let (mut realised, mut fees) = (Decimal::ZERO, Decimal::ZERO);
        for (_, settled) in after {
            realised += settled.realised_pnl;
            fees += settled.fill.fee_in_quote;
        }
        let sums = ledger.realised_since(events.user, since).await.unwrap();
        assert_eq!((sums.len(), sums[0].currency.as_str()), (1, "USD"));
        // Adding decimals here rounds at the 28th digit; the ledger does not.
        assert!((sums[0].realised - realised).abs() < Decimal::new(1, 20));
        assert_eq!(sums[0].fees, fees);
    }
    let after_all = moments[59].plus(std::time::Duration::from_secs(1));
    assert_eq!(ledger.realised_since(events.user, after_all).await, Ok(vec![]));
    assert_eq!(ledger.realised_since(Events::new(2).user, moments[0]).await, Ok(vec![]));
    agrees(ledger).await;
}

async fn pages_lead_from_the_newest_to_the_oldest(ledger: &impl Ledger) {
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

async fn the_last_change_of_limits_stands(ledger: &impl Ledger) {
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

async fn each_day_has_its_sum(ledger: &impl Ledger) {
    let events = Events::new(1);
    let mut fills = Vec::new();
    for (on, side, price) in [(0, Buy, "100"), (0, Sell, "110"), (1, Buy, "100"), (3, Sell, "90")] {
        let name = format!("E{}", fills.len());
        let mut fill = events.fill(None, ("kraken", BTC, &name), (side, "1", price, "0.5"));
        fill.execution.at = Timestamp::from_micros(86_400_000_000 * on + 5);
        fills.push(JournalEvent::Filled(fill));
    }
    ledger.append(events.batch(fills)).await.unwrap();
    let days = ledger.realised_by_day(events.user).await.unwrap();
    let plain: Vec<_> = days
        .iter()
        .map(|(day, sum)| (day.micros() / 86_400_000_000, sum.currency.as_str(), sum.realised, sum.fees))
        .collect();
    let dec = |text: &str| text.parse::<Decimal>().unwrap();
    assert_eq!(
        plain,
        [
            (0, "USD", dec("10"), dec("1")),
            (1, "USD", dec("0"), dec("0.5")),
            (3, "USD", dec("-10"), dec("0.5"))
        ]
    );
    assert_eq!(ledger.realised_by_day(Events::new(2).user).await, Ok(Vec::new()));
    agrees(ledger).await;
}

async fn an_orders_journal_is_whole_and_its_own(ledger: &impl Ledger) {
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

async fn decisions_and_activity_keep_their_content(ledger: &impl Ledger) {
    let events = Events::new(1);
    let (sent, refused) = (events.intent("a-1", BTC), events.intent("a-2", "ETH-USD"));
    let routed = Events::routed(&sent, "kraken", 0, "0.00079214");
    let not_routed = Events::not_routed(&refused);
    let failed = JournalEvent::StateChanged {
        order: refused.id,
        state: OrderState::Failed,
        reason: Some(Reason::new("no_execution_venue_available", "no venue: \"coinbase\" \u{1F6AB}\n<b>")),
        venue_order_id: None,
        sent_at: None,
    };
    let all = vec![
        Events::accepted(&sent),
        routed.clone(),
        Events::accepted(&refused),
        not_routed.clone(),
        failed.clone(),
    ];
    let batch = events.batch(all.clone());
    let appended = ledger.append(batch.clone()).await.unwrap();
    let page = ledger.journal(events.user, newest(10)).await.unwrap();
    let mut records: Vec<_> = page.rows.into_iter().map(|(_, record)| record).collect();
    records.reverse();
    assert_eq!(records, appended.records);
    assert!(records.iter().all(|record| record.at == batch.at && record.user == events.user));
    assert_eq!(records.into_iter().map(|record| record.event).collect::<Vec<_>>(), all);
    let decisions = ledger.decisions(events.user, newest(1)).await.unwrap();
    assert!(decisions.more);
    assert!(matches!(not_routed, JournalEvent::NotRouted { order, decision }
        if decisions.rows[0].1 == (order, decision.clone())));
    let (sliced, shared) = (events.intent("a-3", BTC), events.intent("a-4", BTC));
    let split = Events::split(&shared, ["kraken", "coinbase"]);
    let later =
        vec![Events::accepted(&sliced), Events::scheduled(&sliced), Events::accepted(&shared), split.clone()];
    ledger.append(events.batch(later)).await.unwrap();
    // A page is full though a schedule that decided nothing lies between.
    let two = ledger.decisions(events.user, newest(2)).await.unwrap();
    let orders: Vec<_> = two.rows.iter().map(|(_, (order, _))| *order).collect();
    assert_eq!((orders, two.more), (vec![shared.id, refused.id], true));
    let decisions = ledger.decisions(events.user, newest(10)).await.unwrap();
    let orders: Vec<_> = decisions.rows.iter().map(|(_, (order, _))| *order).collect();
    assert_eq!(orders, [shared.id, refused.id, sent.id]);
    assert!(split.decision().is_some_and(|(_, decision)| *decision == decisions.rows[0].1.1));
    let reason = ledger.order(events.user, refused.id).await.unwrap().unwrap().reason;
    assert!(matches!(failed, JournalEvent::StateChanged { reason: said, .. } if said == reason));
    agrees(ledger).await;
}

async fn pausing_twice_keeps_the_first_moment(ledger: &impl Ledger) {
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

async fn kill_switches_stand_until_they_are_taken_off(ledger: &impl Ledger) {
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

async fn an_order_carried_out_by_others_is_what_they_made_it(ledger: &impl Ledger) {
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

async fn the_newest_preference_holds(ledger: &impl Ledger) {
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

async fn a_protection_ends_with_its_position(ledger: &impl Ledger) {
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

async fn nonces_are_never_given_twice(ledger: &impl Ledger) {
    let entropy = SeededEntropy::new(1);
    let key = |n| CredentialId::generate(Timestamp::from_micros(n), &entropy);
    let (one, two) = (key(1), key(2));
    assert_eq!(ledger.reserve_nonces(one, 100, 10).await, Ok(100));
    assert_eq!(ledger.reserve_nonces(one, 50, 10).await, Ok(110), "a floor below moves nothing back");
    assert_eq!(ledger.reserve_nonces(one, 500, 1).await, Ok(500));
    assert_eq!(ledger.reserve_nonces(one, 0, 1).await, Ok(501));
    assert_eq!(ledger.reserve_nonces(two, 7, 1).await, Ok(7), "each key counts for itself");
    assert!(ledger.reserve_nonces(two, 0, 0).await.is_err());
    let high = u64::MAX - 3;
    assert_eq!(ledger.reserve_nonces(two, high, 2).await, Ok(high));
    assert!(ledger.reserve_nonces(two, 0, 5).await.is_err(), "used up");
    assert_eq!(ledger.reserve_nonces(two, 0, 1).await, Ok(high + 2));
}

async fn what_is_open_names_its_symbol(ledger: &impl Ledger) {
    let events = Events::new(1);
    let intent = events.intent("a-1", "ETH-USD");
    let fill = events.fill(None, ("kraken", BTC, "E1"), (Buy, "1", "100", "0"));
    let batch = events.batch(vec![
        Events::accepted(&intent),
        Events::routed(&intent, "paper", 0, "1"),
        JournalEvent::Filled(fill),
    ]);
    ledger.append(batch).await.unwrap();
    let names = async || -> Vec<String> {
        let active = ledger.active_symbols().await.unwrap();
        active.iter().map(|(venue, symbol)| format!("{venue} {symbol}")).collect()
    };
    assert_eq!(names().await, ["kraken BTC-USD", "paper ETH-USD"]);
    let closing = events.fill(None, ("kraken", BTC, "E2"), (Sell, "1", "100", "0"));
    let batch =
        events.batch(vec![Events::state(intent.id, OrderState::Cancelled), JournalEvent::Filled(closing)]);
    ledger.append(batch).await.unwrap();
    assert_eq!(names().await, Vec::<String>::new());
    agrees(ledger).await;
}
