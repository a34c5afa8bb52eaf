//! The rules of fills, and of what follows from them: positions and profits.

use nija_core::{
    JournalEvent, Ledger,
    Side::{Buy, Sell},
    Timestamp, VenueId,
};
use rust_decimal::Decimal;

use super::{
    conformance::{BTC, agrees},
    events::{Events, newest},
};

pub(super) async fn an_execution_counts_once_for_each_user(ledger: &impl Ledger) {
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

pub(super) async fn a_position_opens_shrinks_turns_and_closes(ledger: &impl Ledger) {
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

pub(super) async fn fills_from_elsewhere_count_as_well(ledger: &impl Ledger) {
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

pub(super) async fn realised_sums_are_exact_from_any_moment(ledger: &impl Ledger) {
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

pub(super) async fn each_day_has_its_sum(ledger: &impl Ledger) {
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
