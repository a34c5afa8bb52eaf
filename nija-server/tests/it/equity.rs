//! The realised equity curve.

use nija::wire::equity_days;
use nija_client::wire;
use nija_core::{RealisedPnl, Timestamp};
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    api::Api,
    support::{Host, buy},
};

async fn curve(api: &Api, query: &str) -> Vec<wire::EquityDay> {
    serde_json::from_value(api.get(&format!("/v1/dashboard/equity{query}")).await.ok()).unwrap()
}

#[tokio::test]
async fn the_curve_is_what_positions_won_less_their_fees() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let (bob, _) = host.trader("bob").await;
    assert_eq!(ada.get("/v1/dashboard/equity").await.ok(), json!([]), "no fill, no day");

    let bought: wire::Order = serde_json::from_value(ada.place(&buy("50")).await.ok()).unwrap();
    // A test that runs through midnight has two days.
    let sum =
        |days: &[wire::EquityDay], of: fn(&wire::EquityDay) -> Decimal| days.iter().map(of).sum::<Decimal>();
    let days = curve(&ada, "").await;
    assert!(bought.fees > Decimal::ZERO);
    assert_eq!((sum(&days, |day| day.realised), sum(&days, |day| day.fees)), (Decimal::ZERO, bought.fees));
    assert_eq!(days.last().map(|day| (day.currency.as_str(), day.total)), Some(("USD", -bought.fees)));

    let open = ada.get("/v1/positions/open").await.ok();
    let id = open[0]["id"].as_str().unwrap().replace(':', "%3A");
    assert_eq!(ada.act(&format!("/v1/positions/{id}/close?wait_ms=10000")).await.status, 201);
    let past: wire::Page<wire::Position> =
        serde_json::from_value(ada.get("/v1/positions/closed").await.ok()).unwrap();
    let [closed] = past.items.as_slice() else { panic!("{past:?}") };
    let days = curve(&ada, "?days=366").await;
    assert!(!closed.realised_pnl.is_zero() && closed.fees > bought.fees, "{closed:?}");
    // Positions are told to eight places, the curve to the last digit.
    let told = |amount: Decimal| amount.round_dp(8);
    let (realised, fees) = (sum(&days, |day| day.realised), sum(&days, |day| day.fees));
    assert_eq!((told(realised), told(fees)), (closed.realised_pnl, closed.fees));
    assert_eq!(days.last().map(|day| day.total), Some(realised - fees));
    assert!(days.iter().all(|day| day.net == day.realised - day.fees && day.day.len() == "2026-11-26".len()));
    assert!(curve(&bob, "").await.is_empty(), "another user's account is another's");

    let text = ada.get("/v1/dashboard/equity").await.ok();
    assert!(text[0]["total"].is_string(), "decimals are strings: {text}");
}

#[tokio::test]
async fn days_have_bounds() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    for bad in ["days=0", "days=367", "days=many", "day=1"] {
        ada.get(&format!("/v1/dashboard/equity?{bad}")).await.problem(400, "query_invalid");
    }
    assert!(curve(&ada, "?days=1").await.is_empty());
}

fn row(day: i64, currency: &str, realised: &str, fees: &str) -> (Timestamp, RealisedPnl) {
    let at = Timestamp::from_micros(day * 86_400_000_000);
    let (realised, fees) = (realised.parse().unwrap(), fees.parse().unwrap());
    (at, RealisedPnl { currency: currency.to_owned(), realised, fees })
}

#[test]
fn totals_run_by_currency_over_the_days_that_are_left_off_too() {
    let days = [
        row(0, "EUR", "5", "0"),
        row(0, "USD", "10", "1"),
        row(1, "USD", "-4", "0.50"),
        row(40, "EUR", "0", "-0.25"),
        row(40, "USD", "2", "0"),
    ];
    let told = |most| -> Vec<(String, String, String, String)> {
        let rows = equity_days(&days, most).into_iter();
        rows.map(|it| (it.day, it.currency, it.net.to_string(), it.total.to_string())).collect()
    };
    let line = |day: &str, currency: &str, net: &str, total: &str| {
        (day.to_owned(), currency.to_owned(), net.to_owned(), total.to_owned())
    };
    let all = [
        line("1970-01-01", "EUR", "5", "5"),
        line("1970-01-01", "USD", "9", "9"),
        line("1970-01-02", "USD", "-4.5", "4.5"),
        line("1970-02-10", "EUR", "0.25", "5.25"),
        line("1970-02-10", "USD", "2", "6.5"),
    ];
    for (most, first) in [(0, 5), (1, 3), (2, 2), (3, 0), (400, 0)] {
        assert_eq!(told(most), all[first..], "the newest {most} days");
    }
    assert!(equity_days(&[], 3).is_empty());
}
