//! Profits by day, pair and venue, and the curve of the account.

use nija_client::{Client, CurveQuery, DayRange, PageQuery, wire};
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    api::Api,
    support::{Host, buy, eventually, password},
};

async fn pnl(api: &Api, query: &str) -> wire::Page<wire::PnlRow> {
    serde_json::from_value(api.get(&format!("/v1/dashboard/pnl{query}")).await.ok()).unwrap()
}

async fn curve(api: &Api, query: &str) -> wire::EquityCurve {
    serde_json::from_value(api.get(&format!("/v1/dashboard/equity/curve{query}")).await.ok()).unwrap()
}

/// A round trip at a venue; answers with the position that it closed.
async fn round_trip(api: &Api, venue: &str, symbol: &str) -> wire::Position {
    let mut order = buy("50");
    (order["venue"], order["symbol"]) = (json!(venue), json!(symbol));
    assert_eq!(api.place(&order).await.ok()["state"], "filled");
    let open = api.get("/v1/positions/open").await.ok();
    let id = open[0]["id"].as_str().unwrap().replace(':', "%3A");
    assert_eq!(api.act(&format!("/v1/positions/{id}/close?wait_ms=10000")).await.status, 201);
    let past: wire::Page<wire::Position> =
        serde_json::from_value(api.get("/v1/positions/closed").await.ok()).unwrap();
    past.items[0].clone()
}

#[tokio::test]
async fn profits_are_told_by_day_pair_and_venue() {
    let host = Host::start().await;
    assert!(host.sim.set_price("ETH-USD", 3_000.into()));
    let (ada, _) = host.trader("ada").await;
    let (bob, _) = host.trader("bob").await;
    assert_eq!(ada.get("/v1/dashboard/pnl").await.ok(), json!({ "items": [] }));

    let bitcoin = round_trip(&ada, "kraken", "BTC-USD").await;
    let ether = round_trip(&ada, "kraken-b", "ETH-USD").await;
    // Positions are told to eight places, sums to the last digit.
    let told =
        |row: &wire::PnlRow| (row.key.clone(), row.realised.round_dp(8), row.fees.round_dp(8), row.fills);
    let is = |key: &str, position: &wire::Position| (key.to_owned(), position.realised_pnl, position.fees, 2);
    for by in [("pair", "BTC-USD", "ETH-USD"), ("venue", "kraken", "kraken-b")] {
        let page = pnl(&ada, &format!("?by={}", by.0)).await;
        assert_eq!(page.items.iter().map(told).collect::<Vec<_>>(), [is(by.1, &bitcoin), is(by.2, &ether)]);
        assert!(page.items.iter().all(|row| row.net == row.realised - row.fees && row.currency == "USD"));
        let [fee] = page.items[0].fees_paid.as_slice() else { panic!("{page:?}") };
        assert_eq!((fee.asset.as_str(), fee.amount, fee.in_quote), ("USD", page.items[0].fees, fee.amount));
        // Page by page the same.
        let first = pnl(&ada, &format!("?by={}&limit=1", by.0)).await;
        assert_eq!(first.items, page.items[..1]);
        let rest = pnl(&ada, &format!("?by={}&cursor={}", by.0, first.next_cursor.unwrap())).await;
        assert_eq!((rest.items.as_slice(), rest.next_cursor), (&page.items[1..], None));
    }
    // A test that runs through midnight has two days.
    let days = pnl(&ada, "").await.items;
    let sum = |of: fn(&wire::PnlRow) -> Decimal| days.iter().map(of).sum::<Decimal>().round_dp(7);
    assert_eq!(sum(|day| day.realised), (bitcoin.realised_pnl + ether.realised_pnl).round_dp(7));
    assert_eq!(sum(|day| day.fees), (bitcoin.fees + ether.fees).round_dp(7));
    assert!(days.iter().all(|day| day.key.len() == "2026-11-26".len()), "{days:?}");

    // Only some days.
    let newest = &days[0].key;
    assert_eq!(pnl(&ada, &format!("?from={newest}&to={newest}")).await.items, days[..1]);
    assert!(pnl(&ada, "?to=2020-01-01").await.items.is_empty());
    assert!(pnl(&ada, "?by=pair&from=2020-01-01&to=2020-12-31").await.items.is_empty());
    assert_eq!(pnl(&ada, &format!("?by=venue&from={}", days[days.len() - 1].key)).await.items.len(), 2);
    assert!(pnl(&bob, "?by=venue").await.items.is_empty(), "another user's are another's");
}

#[tokio::test]
async fn questions_have_bounds() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    for bad in [
        "by=month",
        "by=pair&from=2024-01-01&to=2026-01-01",
        "by=venue&to=2026-01-01",
        "by=venue&from=2001-01-01",
        "from=yesterday",
        "from=2026-11-26T00:00:00Z",
        "to=2026-02-30",
        "limit=0",
        "limit=201",
        "day=1",
    ] {
        ada.get(&format!("/v1/dashboard/pnl?{bad}")).await.problem(400, "query_invalid");
    }
    for bad in ["by=day&cursor=BTC-USD", "by=pair&cursor=2026-11-26", "by=venue&cursor=No+Venue"] {
        ada.get(&format!("/v1/dashboard/pnl?{bad}")).await.problem(400, "cursor_invalid");
    }
    for bad in ["points=0", "points=2001", "from=yesterday", "to=2026-11-26", "every=5"] {
        ada.get(&format!("/v1/dashboard/equity/curve?{bad}")).await.problem(400, "query_invalid");
    }
    let anyone = host.anyone();
    for path in ["pnl", "equity/curve"] {
        anyone.get(&format!("/v1/dashboard/{path}")).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn the_curve_has_what_is_open_as_well_and_survives_a_restart() {
    // Measured when the test says so, not by the clock.
    let mut host = Host::with(|config| config.equity.every_seconds = 86_400).await;
    let secret = password();
    let mut ada = host.anyone().sign_up("ada@example.org", &secret).await;
    let account = host.venue("kraken").add_account(nija_sim::NewAccount::default());
    ada.connect("kraken", &account).await;
    let (bob, _) = host.trader("bob").await;
    let empty = curve(&ada, "").await;
    assert_eq!((empty.currency.as_str(), empty.every_seconds, empty.points.len()), ("USD", 86_400, 0));

    let keep = nija_server::config::EquityConfig::default().keep();
    let equity = async || -> Decimal {
        serde_json::from_value(ada.get("/v1/dashboard/overview").await.ok()["equity"].clone()).unwrap()
    };
    let before = equity().await;
    let order: wire::Order = serde_json::from_value(ada.place(&buy("50")).await.ok()).unwrap();
    // Until the venue has told the balance that is left, what was paid may be counted beside what was bought.
    eventually("the money is gone", || async { (equity().await < before).then_some(()) }).await;
    assert_eq!(host.server().platform().sample_equity(keep).await.unwrap(), 2);
    assert!(host.sim.set_price("BTC-USD", 66_000.into()));
    let open = eventually("the price is heard", || async {
        let open = ada.get("/v1/positions/open").await.ok();
        let position: wire::Position = serde_json::from_value(open[0].clone()).unwrap();
        position.unrealised_pnl.filter(|won| *won > Decimal::ONE).map(|_| position)
    })
    .await;
    host.server().platform().sample_equity(keep).await.unwrap();
    let told = curve(&ada, "").await.points;
    let [bought, risen] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((bought.realised, risen.realised), (-order.fees, -order.fees));
    assert_eq!(
        (bought.pnl, risen.pnl),
        (bought.realised + bought.unrealised, risen.realised + risen.unrealised)
    );
    assert_eq!(Some(risen.unrealised.round_dp(8)), open.unrealised_pnl);
    assert_eq!(risen.equity.unwrap() - bought.equity.unwrap(), risen.unrealised - bought.unrealised);
    assert_eq!((risen.unpriced, curve(&bob, "").await.points[0].pnl), (0, Decimal::ZERO));

    // Parts of it.
    let later = curve(&ada, &format!("?from={}", risen.at)).await.points;
    assert_eq!(later, told[1..]);
    assert_eq!(curve(&ada, &format!("?to={}", risen.at)).await.points, told[..1]);
    assert_eq!(curve(&ada, "?points=1").await.points, told[1..], "the newest is always there");

    host.restart().await;
    let session = host
        .anyone()
        .post("/v1/auth/login", &json!({ "email": "ada@example.org", "password": secret }))
        .await;
    ada = host.anyone();
    ada.take(&session.ok());
    assert_eq!(curve(&ada, "").await.points, told);
    eventually("the account is measured again", || async {
        host.server().platform().sample_equity(keep).await.unwrap();
        let last = curve(&ada, "").await.points.pop()?;
        (last.at > told[1].at && last.realised == -order.fees && last.equity.is_some()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn accounts_are_measured_by_themselves_and_a_typed_client_reads_it() {
    let host = Host::with(|config| (config.equity.every_seconds, config.equity.all_days) = (1, 1)).await;
    let secret = password();
    let ada = host.anyone().sign_up("ada@example.org", &secret).await;
    let account = host.venue("kraken").add_account(nija_sim::NewAccount::default());
    ada.connect("kraken", &account).await;
    ada.place(&buy("50")).await.ok();
    let client = Client::new(&host.url()).unwrap();
    client.sign_in("ada@example.org", &secret).await.unwrap();
    let curve = eventually("two points", || async {
        let query = CurveQuery { points: Some(100), ..CurveQuery::default() };
        let curve = client.equity_curve(query).await.unwrap();
        (curve.points.len() > 1).then_some(curve)
    })
    .await;
    assert_eq!((curve.every_seconds, curve.currency.as_str()), (1, "USD"));
    let days = client.pnl(wire::PnlBy::Day, DayRange::default(), &PageQuery::default()).await.unwrap();
    let venues = client.pnl(wire::PnlBy::Venue, DayRange::default(), &PageQuery::newest(5)).await.unwrap();
    assert_eq!(venues.items[0].key, "kraken");
    assert_eq!(days.items[0].fees, venues.items[0].fees);
}
