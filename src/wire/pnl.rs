//! Profits by day, pair and venue, and the curve of an account.

use nija_client::wire;
use nija_core::{EquitySample, PnlGroup, PnlPage, PnlRow, Timestamp};

/// A page of profits.
pub fn pnl_page(page: &PnlPage) -> wire::Page<wire::PnlRow> {
    let last = page.rows.last().filter(|_| page.more);
    wire::Page {
        items: page.rows.iter().map(pnl_row).collect(),
        next_cursor: last.map(|row| group_key(&row.group)),
    }
}

/// `2026-11-26`, `BTC-USD` or `kraken`.
pub fn group_key(group: &PnlGroup) -> String {
    match group {
        PnlGroup::Day(at) => day(*at),
        PnlGroup::Pair(symbol) => symbol.to_string(),
        PnlGroup::Venue(venue) => venue.to_string(),
    }
}

/// `2026-11-26`
pub(super) fn day(at: Timestamp) -> String {
    let text = at.to_string();
    text.split_once('T').map_or(text.as_str(), |(day, _)| day).to_owned()
}

/// The curve of an account.
pub fn equity_curve(currency: &str, every_seconds: u64, samples: &[EquitySample]) -> wire::EquityCurve {
    let point = |sample: &EquitySample| wire::EquityPoint {
        at: sample.at.to_string(),
        equity: sample.equity.map(|equity| equity.normalize()),
        realised: sample.realised.normalize(),
        unrealised: sample.unrealised.normalize(),
        pnl: sample.pnl().normalize(),
        unpriced: sample.unpriced,
    };
    wire::EquityCurve {
        currency: currency.to_owned(),
        every_seconds,
        points: samples.iter().map(point).collect(),
    }
}

fn pnl_row(row: &PnlRow) -> wire::PnlRow {
    let paid = row.paid.iter().map(|fee| wire::FeePaid {
        asset: fee.asset.clone(),
        amount: fee.amount.normalize(),
        in_quote: fee.in_quote.normalize(),
    });
    wire::PnlRow {
        key: group_key(&row.group),
        currency: row.currency.clone(),
        realised: row.realised.normalize(),
        fees: row.fees.normalize(),
        net: row.realised.saturating_sub(row.fees).normalize(),
        fills: row.fills,
        fees_paid: paid.collect(),
    }
}
