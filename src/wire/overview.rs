//! The account at a glance.

use nija_client::wire;
use nija_core::Timestamp;
use nija_router::{AccountSummary, MarkedPosition};
use rust_decimal::Decimal;
use std::cmp::Reverse;

use super::{balance, marked_position};

/// Everything that a first screen shows.
pub fn overview(
    account: &AccountSummary,
    bot: wire::BotStatus,
    recent_activity: Vec<wire::Activity>,
    as_of: Timestamp,
) -> wire::Overview {
    wire::Overview {
        bot,
        equity: account.equity,
        cash: account.cash,
        pnl_today: account.pnl_today,
        pnl_total: account.pnl_total,
        positions: open_positions(account),
        recent_activity,
        balances: account.balances.iter().map(balance).collect(),
        as_of: as_of.to_string(),
    }
}

/// The open positions, largest first.
pub fn open_positions(account: &AccountSummary) -> Vec<wire::Position> {
    let mut positions: Vec<&MarkedPosition> = account.positions.iter().collect();
    positions.sort_by_cached_key(|marked| (Reverse(worth(marked)), marked.position.id.to_string()));
    positions.into_iter().map(marked_position).collect()
}

/// In USD. Without a price yet, what it cost stands for what it is worth; what has no price in USD comes last.
fn worth(marked: &MarkedPosition) -> Option<Decimal> {
    let position = &marked.position;
    let worth = marked.price.map_or(position.cost, |price| position.quantity * price.get());
    worth.abs().checked_mul(marked.rate?)
}
