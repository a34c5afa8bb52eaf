//! What was won and lost, day by day.

use nija_client::wire;
use nija_core::{RealisedPnl, Timestamp};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The newest `most` days of those that the ledger has, oldest first. Each total counts from the first fill of its currency on, whether or not
/// its day is among them.
pub fn equity_days(days: &[(Timestamp, RealisedPnl)], most: usize) -> Vec<wire::EquityDay> {
    let mut totals = BTreeMap::<&str, Decimal>::new();
    let mut all: Vec<(Timestamp, wire::EquityDay)> = Vec::with_capacity(days.len());
    for (at, RealisedPnl { currency, realised, fees }) in days {
        let net = realised.saturating_sub(*fees);
        let total = totals.entry(currency).or_default();
        *total = total.saturating_add(net);
        let day = super::pnl::day(*at);
        let (net, total) = (net.normalize(), total.normalize());
        let (realised, fees) = (realised.normalize(), fees.normalize());
        all.push((*at, wire::EquityDay { day, currency: currency.clone(), realised, fees, net, total }));
    }
    // A day has a row for each currency: whole days are kept.
    let mut distinct: Vec<Timestamp> = all.iter().map(|(at, _)| *at).collect();
    distinct.dedup();
    let left_off = distinct.len().saturating_sub(most);
    let kept = all.into_iter().filter(|(at, _)| distinct.get(left_off).is_some_and(|first| at >= first));
    kept.map(|(_, day)| day).collect()
}
