//! The rules of venues' bans.

use nija_core::{JournalEvent, Ledger, Timestamp, VenueBan, VenueId};

use super::{
    conformance::agrees,
    events::{Events, newest},
};

fn ban(venue: &str, at: i64, until: Option<i64>) -> VenueBan {
    VenueBan {
        venue: VenueId::new(venue).unwrap(),
        at: Timestamp::from_micros(at),
        until: until.map(Timestamp::from_micros),
        reason: format!("it said \"no\"\n\u{1F6AB} at {at}"),
    }
}

pub(super) async fn a_ban_stands_until_it_is_lifted_and_a_newer_one_takes_its_place(ledger: &impl Ledger) {
    let kept = async || ledger.bans().await.unwrap();
    let (first, other) = (ban("kraken", 1_000, Some(2_000)), ban("binance", 5, None));
    ledger.keep_ban(first.clone()).await.unwrap();
    assert_eq!(kept().await, std::slice::from_ref(&first));
    ledger.keep_ban(other.clone()).await.unwrap();
    assert_eq!(kept().await, [other.clone(), first], "by venue");
    // The newer word holds, be it a shorter one, or one of a clock that went back.
    let ends = |ban: &VenueBan| ban.until.map(Timestamp::micros);
    for newer in [ban("kraken", 3_000, Some(i64::MAX)), ban("kraken", 900, None), ban("kraken", 800, Some(1))]
    {
        ledger.keep_ban(newer.clone()).await.unwrap();
        assert_eq!(kept().await, [other.clone(), newer.clone()], "{:?}", ends(&newer));
    }
    // It is no entry of anybody's journal, and nothing that happens there touches it.
    let events = Events::new(1);
    ledger.append(events.batch(vec![JournalEvent::Paused { paused: true }])).await.unwrap();
    assert_eq!(ledger.journal(events.user, newest(10)).await.unwrap().rows.len(), 1);
    for _ in 0..2 {
        ledger.lift_ban(&other.venue).await.unwrap();
        assert_eq!(kept().await, [ban("kraken", 800, Some(1))]);
    }
    agrees(ledger).await;
    ledger.lift_ban(&VenueId::new("kraken").unwrap()).await.unwrap();
    assert_eq!(kept().await, []);
}
