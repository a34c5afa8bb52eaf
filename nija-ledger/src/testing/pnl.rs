//! The rules of profits by day, pair and venue.

use nija_core::{
    FeePaid, JournalEvent, Ledger, LedgerError, PnlBy, PnlGroup, PnlQuery, PnlRow,
    Side::{self, Buy, Sell},
    Timestamp,
};
use rust_decimal::Decimal;

use super::{conformance::agrees, events::Events};

const DAY: i64 = 86_400_000_000;

const ALL: PnlQuery = PnlQuery { by: PnlBy::Day, from: None, until: None, after: None, limit: usize::MAX };

fn by(by: PnlBy) -> PnlQuery {
    PnlQuery { by, ..ALL }
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

const fn day(number: i64) -> Timestamp {
    Timestamp::from_micros(DAY * number)
}

/// Where, on which day, which way, for how much, and the fee with its asset and what it was worth.
type Trade<'a> = ((&'a str, &'a str), i64, (Side, &'a str, &'a str), (&'a str, &'a str, &'a str));

async fn trade(ledger: &impl Ledger, events: &Events, trades: &[Trade<'_>]) {
    for (n, ((venue, symbol), on, (side, quantity, price), (fee, asset, worth))) in trades.iter().enumerate()
    {
        let name = format!("E{n}");
        let mut fill = events.fill(None, (venue, symbol, &name), (*side, quantity, price, fee));
        fill.execution.at = day(*on).plus(std::time::Duration::from_secs(7));
        (fill.execution.fee_asset, fill.fee_in_quote) = ((*asset).to_owned(), dec(worth));
        ledger.append(events.batch(vec![JournalEvent::Filled(fill)])).await.unwrap();
    }
}

/// Group, currency, realised, fees, fills.
fn plain(rows: &[PnlRow]) -> Vec<(String, &str, Decimal, Decimal, u64)> {
    let name = |group: &PnlGroup| match group {
        PnlGroup::Day(at) => (at.micros() / DAY).to_string(),
        PnlGroup::Pair(symbol) => symbol.to_string(),
        PnlGroup::Venue(venue) => venue.to_string(),
    };
    rows.iter()
        .map(|row| (name(&row.group), row.currency.as_str(), row.realised, row.fees, row.fills))
        .collect()
}

/// Two days and a quiet one between them, two venues, three pairs, two currencies.
const TRADES: [Trade<'_>; 6] = [
    (("kraken", "BTC-USD"), 1, (Buy, "2", "100"), ("0.5", "USD", "0.5")),
    (("kraken", "BTC-USD"), 1, (Sell, "1", "110"), ("0.25", "USD", "0.25")),
    (("paper", "BTC-USD"), 1, (Buy, "1", "100"), ("0", "USD", "0")),
    (("paper", "BTC-USD"), 3, (Sell, "1", "93"), ("0.125", "USD", "0.125")),
    (("kraken", "BTC-EUR"), 3, (Sell, "1", "90"), ("0", "EUR", "0")),
    (("kraken", "BTC-EUR"), 3, (Buy, "1", "80"), ("1", "EUR", "1")),
];

pub(super) async fn profits_are_told_by_day_pair_and_venue(ledger: &impl Ledger) {
    let (events, other) = (Events::new(1), Events::new(2));
    trade(ledger, &events, &TRADES).await;
    trade(ledger, &other, &TRADES[..1]).await;
    let told = async |query| ledger.pnl(events.user, query).await.unwrap();
    let usd = |name: &str, realised, fees, fills| (name.to_owned(), "USD", dec(realised), dec(fees), fills);
    let eur = |name: &str, realised, fees, fills| (name.to_owned(), "EUR", dec(realised), dec(fees), fills);

    let days = told(by(PnlBy::Day)).await;
    assert_eq!(
        plain(&days.rows),
        [eur("3", "10", "1", 2), usd("3", "-7", "0.125", 1), usd("1", "10", "0.75", 3)],
        "the newest day first, currencies apart"
    );
    let pairs = told(by(PnlBy::Pair)).await;
    assert_eq!(plain(&pairs.rows), [eur("BTC-EUR", "10", "1", 2), usd("BTC-USD", "3", "0.875", 4)]);
    let venues = told(by(PnlBy::Venue)).await;
    assert_eq!(
        plain(&venues.rows),
        [eur("kraken", "10", "1", 2), usd("kraken", "10", "0.75", 2), usd("paper", "-7", "0.125", 2)]
    );
    assert!(!days.more && !pairs.more && !venues.more);

    // Only some days: from the first of these, before the second.
    let some = |by, from, until| PnlQuery { by, from: Some(day(from)), until: Some(day(until)), ..ALL };
    assert_eq!(plain(&told(some(PnlBy::Pair, 1, 3)).await.rows), [usd("BTC-USD", "10", "0.75", 3)]);
    assert_eq!(
        plain(&told(some(PnlBy::Venue, 2, 4)).await.rows),
        [eur("kraken", "10", "1", 2), usd("paper", "-7", "0.125", 1)]
    );
    assert_eq!(plain(&told(some(PnlBy::Day, 2, 3)).await.rows), []);
    assert_eq!(told(PnlQuery { from: Some(day(3)), ..by(PnlBy::Day) }).await.rows, days.rows[..2]);
    assert_eq!(told(PnlQuery { until: Some(day(3)), ..by(PnlBy::Day) }).await.rows, days.rows[2..]);

    let theirs = ledger.pnl(other.user, by(PnlBy::Venue)).await.unwrap();
    assert_eq!(plain(&theirs.rows), [usd("kraken", "0", "0.5", 1)], "another user's are another's");
    agrees(ledger).await;
}

pub(super) async fn fees_are_told_apart_by_what_they_were_taken_in(ledger: &impl Ledger) {
    let events = Events::new(1);
    let here = ("kraken", "BTC-USD");
    trade(
        ledger,
        &events,
        &[
            (here, 0, (Buy, "2", "100"), ("0.0000001", "BNB", "0.00006")),
            (here, 0, (Sell, "0.5", "130"), ("0.0000002", "BNB", "0.00013")),
            (here, 0, (Buy, "1", "100"), ("0.001", "BTC", "0.1")),
            (here, 0, (Sell, "0.5", "100"), ("-0.01", "USD", "-0.01")),
            // Nobody quotes it: it is worth nothing, and was paid all the same.
            (here, 0, (Sell, "0.5", "100"), ("3", "XYZ", "0")),
            (here, 0, (Sell, "0.5", "100"), ("0", "ETH", "0")),
        ],
    )
    .await;
    let fee = |asset: &str, amount, in_quote| FeePaid {
        asset: asset.to_owned(),
        amount: dec(amount),
        in_quote: dec(in_quote),
    };
    for group in [PnlBy::Day, PnlBy::Pair, PnlBy::Venue] {
        let page = ledger.pnl(events.user, by(group)).await.unwrap();
        let [row] = page.rows.as_slice() else { panic!("{page:?}") };
        assert_eq!((row.fees, row.fills), (dec("0.09019"), 6));
        assert_eq!(
            row.paid,
            [
                fee("BNB", "0.0000003", "0.00019"),
                fee("BTC", "0.001", "0.1"),
                fee("USD", "-0.01", "-0.01"),
                fee("XYZ", "3", "0")
            ]
        );
    }
    agrees(ledger).await;
}

pub(super) async fn groups_come_in_pages(ledger: &impl Ledger) {
    let events = Events::new(1);
    trade(ledger, &events, &TRADES).await;
    for group in [PnlBy::Day, PnlBy::Pair, PnlBy::Venue] {
        let whole = ledger.pnl(events.user, by(group)).await.unwrap().rows;
        let (mut after, mut walked) = (None, Vec::new());
        loop {
            let page = ledger.pnl(events.user, PnlQuery { after, limit: 1, ..by(group) }).await.unwrap();
            after = page.rows.last().map(|row| row.group.clone());
            assert!(page.rows.iter().all(|row| Some(&row.group) == after.as_ref()), "one group a page");
            walked.extend(page.rows);
            if !page.more {
                break;
            }
        }
        assert_eq!(walked, whole, "{group:?}");
    }
    let nothing = ledger.pnl(events.user, PnlQuery { limit: 0, ..ALL }).await.unwrap();
    assert!(nothing.rows.is_empty() && nothing.more);
    let mixed = PnlQuery { after: Some(PnlGroup::Day(day(1))), ..by(PnlBy::Venue) };
    let refused = ledger.pnl(events.user, mixed).await;
    assert!(matches!(refused, Err(LedgerError::Invalid(_))), "{refused:?}");
}
