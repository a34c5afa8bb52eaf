//! The rules of fees whose worth is told later than their executions.

use nija_core::{
    Fill, JournalEvent, Ledger, LedgerError, PnlBy, PnlQuery,
    Side::{Buy, Sell},
    Timestamp, UserId,
};
use rust_decimal::Decimal;

use super::{
    conformance::{BTC, agrees},
    events::{Events, newest},
};

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A fill whose fee of 0.02 GAS nobody could value.
fn unvalued(fill: Fill) -> Fill {
    let mut fill = Fill { fee_in_quote: Decimal::ZERO, ..fill };
    fill.execution.fee_asset = "GAS".to_owned();
    fill
}

fn worth(fill: &Fill, worth: &str) -> JournalEvent {
    JournalEvent::FeeValued { fill: Fill { fee_in_quote: dec(worth), ..fill.clone() } }
}

/// Fees since all time, of a day and by the asset taken, with the number of fills.
async fn sums(ledger: &impl Ledger, user: UserId) -> (Decimal, Decimal, Decimal, u64) {
    let since = ledger.realised_since(user, Timestamp::default()).await.unwrap();
    let days = ledger.realised_by_day(user).await.unwrap();
    let query = PnlQuery { by: PnlBy::Venue, from: None, until: None, after: None, limit: 10 };
    let told = ledger.pnl(user, query).await.unwrap().rows;
    let gas = told[0].paid.iter().find(|paid| paid.asset == "GAS").unwrap();
    assert_eq!(told[0].fees, since[0].fees);
    (since[0].fees, days[0].1.fees, gas.in_quote, told[0].fills)
}

pub(super) async fn a_fee_is_valued_once_and_wherever_it_counts(ledger: &impl Ledger) {
    let (events, stranger) = (Events::new(1), Events::new(2));
    let user = events.user;
    let intent = events.intent("a-1", BTC);
    let taken = [Events::accepted(&intent), Events::routed(&intent, "kraken", 0, "1")];
    ledger.append(events.batch(taken.to_vec())).await.unwrap();
    let fill = unvalued(events.fill(Some(intent.id), ("kraken", BTC, "E1"), (Buy, "0.25", "100", "0.02")));
    ledger.append(events.batch(vec![JournalEvent::Filled(fill.clone())])).await.unwrap();
    let other = events.fill(None, ("kraken", BTC, "E2"), (Buy, "1", "100", "0.5"));
    ledger.append(events.batch(vec![JournalEvent::Filled(other.clone())])).await.unwrap();
    assert_eq!(ledger.unvalued_fees(user, 9).await, Ok(vec![fill.clone()]));
    assert_eq!(ledger.unvalued_fees(stranger.user, 9).await, Ok(vec![]));
    assert_eq!(sums(ledger, user).await, (dec("0.5"), dec("0.5"), dec("0"), 2));
    let before = ledger.order(user, intent.id).await.unwrap().unwrap();

    // Nothing is no worth; what is not recorded has no fee; and nobody values another user's.
    let unknown = unvalued(events.fill(None, ("kraken", BTC, "E9"), (Buy, "1", "100", "0.02")));
    for (by, event) in
        [(&events, worth(&fill, "0")), (&events, worth(&unknown, "1")), (&stranger, worth(&fill, "1"))]
    {
        let refused = ledger.append(by.batch(vec![event])).await;
        assert!(matches!(refused, Err(LedgerError::Invalid(_))), "{refused:?}");
    }
    let appended = ledger.append(events.batch(vec![worth(&fill, "1.5")])).await.unwrap();
    assert_eq!(appended.records.len(), 1);
    assert_eq!(appended.positions.iter().map(|position| position.fees).collect::<Vec<_>>(), [dec("2.0")]);
    // Again, with another worth, and one that never lacked its own.
    for event in [worth(&fill, "1.5"), worth(&fill, "7"), worth(&other, "7")] {
        assert_eq!(ledger.append(events.batch(vec![event])).await.unwrap().records, []);
    }
    assert_eq!(ledger.unvalued_fees(user, 9).await, Ok(vec![]));
    assert_eq!(sums(ledger, user).await, (dec("2.0"), dec("2.0"), dec("1.5"), 2));
    let order = ledger.order(user, intent.id).await.unwrap().unwrap();
    assert_eq!((order.fees, order.updated_at), (dec("1.5"), before.updated_at), "no word of the venue");
    let told = ledger.order_journal(user, intent.id).await.unwrap();
    assert_eq!(told.last().map(|record| &record.event), Some(&worth(&fill, "1.5")));
    let fills = ledger.fills(user, newest(10)).await.unwrap().rows;
    let fees: Vec<_> = fills.iter().map(|(_, settled)| settled.fill.fee_in_quote).collect();
    assert_eq!(fees, [dec("0.5"), dec("1.5")]);
    agrees(ledger).await;

    // In the batch of its fill, of an order that carries out another.
    let parent = events.intent("a-3", BTC);
    let child = events.child(&parent, "a-4");
    let fill = unvalued(events.fill(Some(child.id), ("kraken", BTC, "E3"), (Buy, "0.5", "100", "0.02")));
    let batch = vec![
        Events::accepted(&parent),
        Events::scheduled(&parent),
        Events::accepted(&child),
        Events::routed(&child, "kraken", 0, "1"),
        JournalEvent::Filled(fill.clone()),
        worth(&fill, "0.25"),
        worth(&fill, "0.25"),
    ];
    assert_eq!(ledger.append(events.batch(batch)).await.unwrap().records.len(), 6);
    for id in [parent.id, child.id] {
        assert_eq!(ledger.order(user, id).await.unwrap().unwrap().fees, dec("0.25"));
    }
    assert_eq!(sums(ledger, user).await, (dec("2.25"), dec("2.25"), dec("1.75"), 3));
    agrees(ledger).await;
}

pub(super) async fn a_fee_of_a_position_that_was_closed_counts_in_the_sums(ledger: &impl Ledger) {
    let events = Events::new(1);
    let at = |fill: Fill, second: i64| {
        let mut fill = unvalued(fill);
        fill.execution.at = Timestamp::from_micros(1_700_000_000_000_000 + second * 1_000_000);
        fill
    };
    let bought = at(events.fill(None, ("kraken", BTC, "E1"), (Buy, "1", "100", "0.02")), 0);
    let sold = at(events.fill(None, ("kraken", BTC, "E2"), (Sell, "1", "110", "0.02")), 1);
    let again = at(events.fill(None, ("kraken", BTC, "E3"), (Buy, "1", "105", "0.02")), 2);
    let all = [&bought, &sold, &again].map(|fill| JournalEvent::Filled(fill.clone()));
    ledger.append(events.batch(all.to_vec())).await.unwrap();
    let valued = [worth(&bought, "1"), worth(&sold, "2"), worth(&again, "4")];
    ledger.append(events.batch(valued.to_vec())).await.unwrap();
    let closed = ledger.closed_positions(events.user, newest(10)).await.unwrap().rows;
    assert_eq!(closed.iter().map(|(_, position)| position.fees).collect::<Vec<_>>(), [dec("0")]);
    let open = ledger.open_positions(Some(events.user)).await.unwrap();
    assert_eq!(open.iter().map(|position| position.fees).collect::<Vec<_>>(), [dec("4")]);
    assert_eq!(sums(ledger, events.user).await, (dec("7"), dec("7"), dec("7"), 3));
    agrees(ledger).await;
}
