//! The account at a glance.

use nija_client::wire;
use nija_core::Timestamp;
use nija_router::AccountSummary;

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
    let mut positions: Vec<wire::Position> = account.positions.iter().map(marked_position).collect();
    // Without a price yet, what it cost stands for what it is worth.
    let worth =
        |position: &wire::Position| position.market_value.unwrap_or(position.entry_price * position.quantity);
    positions.sort_by(|a, b| worth(b).cmp(&worth(a)).then_with(|| a.id.cmp(&b.id)));
    positions
}
