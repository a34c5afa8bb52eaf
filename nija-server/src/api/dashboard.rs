//! The account at a glance.

use axum::{Json, extract::State};
use nija::router::AccountSummary;
use nija_client::wire;
use nija_core::{PageRequest, VenueBalance};

use super::{activity, bot};
use crate::{auth::CurrentUser, openapi::SignedIn, problem::ApiResult, state::AppState, wire as to_wire};

/// Newest lines of activity in the overview.
const RECENT: usize = 8;

/// Everything that the dashboard's first screen shows, taken at one moment.
#[utoipa::path(get, path = "/v1/dashboard/overview", tag = "dashboard",
    responses((status = 200, body = wire::Overview), SignedIn))]
pub(super) async fn overview(
    State(app): State<AppState>,
    user: CurrentUser,
) -> ApiResult<Json<wire::Overview>> {
    let newest = PageRequest { before: None, limit: RECENT };
    let engine = app.platform.engine();
    let (account, recent) =
        tokio::join!(engine.account(user.id), activity::lines(&app, user.id, None, newest));
    let account = account?;
    Ok(Json(wire::Overview {
        bot: bot::status(&app, user.id, account.paused),
        equity: account.equity,
        cash: account.cash,
        pnl_today: account.pnl_today,
        pnl_total: account.pnl_total,
        positions: positions(&account),
        recent_activity: recent?.items,
        balances: account.balances.iter().map(balance).collect(),
        as_of: app.now().to_string(),
    }))
}

/// The open positions, largest first.
pub(crate) fn positions(account: &AccountSummary) -> Vec<wire::Position> {
    let mut positions: Vec<wire::Position> = account.positions.iter().map(to_wire::marked_position).collect();
    // Without a price yet, what it cost stands for what it is worth.
    let worth =
        |position: &wire::Position| position.market_value.unwrap_or(position.entry_price * position.quantity);
    positions.sort_by(|a, b| worth(b).cmp(&worth(a)).then_with(|| a.id.cmp(&b.id)));
    positions
}

fn balance(balance: &VenueBalance) -> wire::Balance {
    wire::Balance {
        venue: balance.venue.to_string(),
        asset: balance.asset.clone(),
        total: balance.total.normalize(),
        available: balance.available.normalize(),
        as_of: balance.at.to_string(),
    }
}
