//! Tables that were written before there were sums by venue, pair and fee asset.

use nija_core::{
    JournalEvent, Ledger, PnlBy, PnlQuery,
    Side::{Buy, Sell},
};
use nija_ledger::testing::Events;

use crate::store::{Place, Store};

/// Tables as the version before had them.
const DOWNGRADE: &str = "
    DROP TABLE pnl_cells; DROP TABLE pnl_totals;
    CREATE TABLE pnl_totals (
        user     BLOB NOT NULL,
        currency TEXT NOT NULL,
        realised TEXT NOT NULL,
        fees     TEXT NOT NULL,
        PRIMARY KEY (user, currency)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;";

#[tokio::test]
async fn an_older_file_gets_its_sums_from_its_journal() {
    let (store, events) = (Store::new(), Events::new(1));
    let ledger = store.open();
    let mut batch = Vec::new();
    for n in 0..5_000_u32 {
        let (side, price) = if n % 2 == 0 { (Buy, "3.07") } else { (Sell, "3.11") };
        let (venue, symbol) =
            [("kraken", "BTC-USD"), ("paper", "ETH-EUR"), ("paper", "BTC-USD")][n as usize % 3];
        let mut fill = events.fill(None, (venue, symbol, &format!("E{n}")), (side, "1.1", price, "0.0007"));
        fill.execution.at = fill.execution.at.plus(std::time::Duration::from_secs(u64::from(n) * 100));
        if n % 7 == 0 {
            fill.execution.fee_asset = "BNB".to_owned();
        }
        batch.push(JournalEvent::Filled(fill));
        if batch.len() == 250 {
            ledger.append(events.batch(std::mem::take(&mut batch))).await.unwrap();
        }
    }
    let queries = [PnlBy::Day, PnlBy::Pair, PnlBy::Venue].map(|by| PnlQuery {
        by,
        from: None,
        until: None,
        after: None,
        limit: usize::MAX,
    });
    let mut before = Vec::new();
    for query in &queries {
        before.push(ledger.pnl(events.user, query.clone()).await.unwrap());
    }
    assert!(before[0].rows.len() > 10 && before[1].rows.len() == 2 && before[2].rows.len() == 3);
    let total = ledger.realised_since(events.user, nija_core::Timestamp::default()).await.unwrap();
    ledger.close().await;

    store.tamper(DOWNGRADE);
    // The second opening finds nothing to do.
    for _ in 0..2 {
        let ledger = store.open();
        for (query, before) in queries.iter().zip(&before) {
            assert_eq!(ledger.pnl(events.user, query.clone()).await.as_ref(), Ok(before));
        }
        let since = nija_core::Timestamp::default();
        assert_eq!(ledger.realised_since(events.user, since).await.unwrap(), total);
        assert_eq!(ledger.verify_projections().await, Ok(vec![]));
        ledger.close().await;
    }
}
