//! The rules, each on a fresh ledger.

use nija_core::{
    CredentialId, JournalEvent, Ledger, LedgerError, OrderState, Reason, SeededEntropy,
    Side::{Buy, Sell},
    Timestamp,
};
use std::future::Future;

use super::{
    bans, equity,
    events::{Events, newest},
    fees, fills, orders, pnl, standing,
};

pub(super) const BTC: &str = "BTC-USD";

/// Runs every rule against ledgers that `make` makes, each an empty one.
///
/// # Panics
/// When a rule is broken.
pub async fn conformance<L: Ledger, F: Future<Output = L>>(make: impl Fn() -> F) {
    an_empty_ledger_answers_with_nothing(&make().await).await;
    orders::an_order_is_what_its_events_made_it(&make().await).await;
    orders::a_client_order_id_names_one_order_of_one_user(&make().await).await;
    orders::an_illegal_transition_writes_nothing(&make().await).await;
    orders::nobody_touches_the_orders_of_another(&make().await).await;
    contradictions_are_refused(&make().await).await;
    fills::an_execution_counts_once_for_each_user(&make().await).await;
    fills::a_position_opens_shrinks_turns_and_closes(&make().await).await;
    fills::fills_from_elsewhere_count_as_well(&make().await).await;
    fills::realised_sums_are_exact_from_any_moment(&make().await).await;
    orders::pages_lead_from_the_newest_to_the_oldest(&make().await).await;
    decisions_and_activity_keep_their_content(&make().await).await;
    orders::an_orders_journal_is_whole_and_its_own(&make().await).await;
    standing::the_last_change_of_limits_stands(&make().await).await;
    fills::each_day_has_its_sum(&make().await).await;
    pnl::profits_are_told_by_day_pair_and_venue(&make().await).await;
    pnl::fees_are_told_apart_by_what_they_were_taken_in(&make().await).await;
    fees::a_fee_is_valued_once_and_wherever_it_counts(&make().await).await;
    fees::a_fee_of_a_position_that_was_closed_counts_in_the_sums(&make().await).await;
    pnl::groups_come_in_pages(&make().await).await;
    equity::every_sample_is_kept_for_a_while_and_one_a_day_for_longer(&make().await).await;
    equity::a_curve_is_its_users_and_as_fine_as_was_asked_for(&make().await).await;
    equity::the_last_sample_of_a_day_is_the_latest(&make().await).await;
    bans::a_ban_stands_until_it_is_lifted_and_a_newer_one_takes_its_place(&make().await).await;
    standing::pausing_twice_keeps_the_first_moment(&make().await).await;
    standing::kill_switches_stand_until_they_are_taken_off(&make().await).await;
    orders::an_order_carried_out_by_others_is_what_they_made_it(&make().await).await;
    standing::the_newest_preference_holds(&make().await).await;
    standing::a_protection_ends_with_its_position(&make().await).await;
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
    assert_eq!(ledger.bans().await, Ok(vec![]));
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
