//! Profits by day, pair and venue, and the curve of the account.

use axum::{Json, extract::State};
use nija_client::wire::{self, PnlBy};
use nija_core::{PnlGroup, PnlQuery, Symbol, Timestamp, VenueId};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

use super::{body::StrictQuery, page};
use crate::{
    auth::CurrentUser,
    openapi::{BadQuery, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::AppState,
    wire as to_wire,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Days that pairs and venues are added up over at most, short of all.
const MOST_DAYS: u32 = 366;
/// Points of one curve.
const MOST_POINTS: usize = 2000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ProfitQuery {
    /// `day` (default; newest first), `pair` or `venue` (by name).
    by: Option<PnlBy>,
    /// The first UTC day, `2026-11-01`; from the first fill on when missing.
    from: Option<String>,
    /// The last UTC day, `2026-11-26`; up to today when missing. By pair and venue: at most 366 days, or neither `from` nor `to` for all time.
    to: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Days, pairs or venues at most: 1 to 200, 50 when missing. Each has a row for every quote currency.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// What was won by closing and paid in fees, by UTC day, by pair or by venue. Currencies are not added up; fees are also told apart by the
/// asset that the venue took.
#[utoipa::path(get, path = "/v1/dashboard/pnl", tag = "dashboard", params(ProfitQuery),
    responses((status = 200, body = wire::Page<wire::PnlRow>), BadQuery, SignedIn))]
pub(super) async fn pnl(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictQuery(query): StrictQuery<ProfitQuery>,
) -> ApiResult<Json<wire::Page<wire::PnlRow>>> {
    let by = query.by.unwrap_or(PnlBy::Day);
    let from = query.from.as_deref().map(|text| day("from", text)).transpose()?;
    let until = query.to.as_deref().map(|text| day("to", text)).transpose()?.map(|last| last.plus(DAY));
    let limit = page::request(None, query.limit)?.limit;
    let after = query.cursor.as_deref().map(|text| group(by, text)).transpose()?;
    let wanted = PnlQuery {
        by: match by {
            PnlBy::Day => nija_core::PnlBy::Day,
            PnlBy::Pair => nija_core::PnlBy::Pair,
            PnlBy::Venue => nija_core::PnlBy::Venue,
        },
        from,
        until,
        after,
        limit,
    };
    check_span(&wanted, app.now())?;
    Ok(Json(to_wire::pnl_page(&app.platform.ledger().pnl(user.id, wanted).await?)))
}

/// Days are walked page by page; pairs and venues are added up over all of the days at once.
fn check_span(query: &PnlQuery, now: Timestamp) -> ApiResult<()> {
    let most = DAY * MOST_DAYS;
    let long = match (query.from, query.until) {
        _ if query.by == nija_core::PnlBy::Day => false,
        (None, None) => false,
        (None, Some(_)) => true,
        (Some(from), until) => until.unwrap_or_else(|| now.day_start().plus(DAY)).since(from) > most,
    };
    if long {
        let what = format!("choose at most {MOST_DAYS} days by from and to, or neither of them for all time");
        return Err(Problem::new(kinds::QUERY_INVALID, what));
    }
    Ok(())
}

fn day(key: &str, text: &str) -> ApiResult<Timestamp> {
    let wrong = || Problem::new(kinds::QUERY_INVALID, format!("{key} must be a day like 2026-11-26"));
    if text.len() != "2026-11-26".len() {
        return Err(wrong());
    }
    format!("{text}T00:00:00Z").parse().map_err(|_| wrong())
}

fn group(by: PnlBy, cursor: &str) -> ApiResult<PnlGroup> {
    let group = match by {
        PnlBy::Day => day("cursor", cursor).ok().map(PnlGroup::Day),
        PnlBy::Pair => Symbol::new(cursor).ok().map(PnlGroup::Pair),
        PnlBy::Venue => VenueId::new(cursor).ok().map(PnlGroup::Venue),
    };
    let wrong = || Problem::new(kinds::CURSOR_INVALID, "pass next_cursor of the page before as it came");
    group.ok_or_else(wrong)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CurveQuery {
    /// From this moment on, RFC 3339; from the oldest point that is kept when missing.
    from: Option<String>,
    /// Before this moment, RFC 3339; up to now when missing.
    to: Option<String>,
    /// Points at most: 1 to 2000, 500 when missing. Where more are kept, the span from the first to the last is cut into so many equal parts, and the
    /// last point of each is told.
    #[param(minimum = 1, maximum = 2000)]
    points: Option<usize>,
}

/// What the account was worth, measured at even times: realised, and unrealised at the last quotes. Oldest first. Every point of the newest days is
/// kept, and the last one of each day before.
#[utoipa::path(get, path = "/v1/dashboard/equity/curve", tag = "dashboard", params(CurveQuery),
    responses((status = 200, body = wire::EquityCurve), BadQuery, SignedIn))]
pub(super) async fn curve(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictQuery(query): StrictQuery<CurveQuery>,
) -> ApiResult<Json<wire::EquityCurve>> {
    let most = query.points.unwrap_or(500);
    if !(1..=MOST_POINTS).contains(&most) {
        return Err(Problem::new(kinds::QUERY_INVALID, format!("points must be 1 to {MOST_POINTS}")));
    }
    let moment = |key: &str, text: Option<&str>| {
        let wrong =
            || Problem::new(kinds::QUERY_INVALID, format!("{key} must be a time like 2026-11-26T12:00:00Z"));
        text.map(|text| text.parse::<Timestamp>().map_err(|_| wrong())).transpose()
    };
    let (from, until) = (moment("from", query.from.as_deref())?, moment("to", query.to.as_deref())?);
    let samples = app.platform.ledger().equity(user.id, from, until, most).await?;
    let every = app.config.equity.every_seconds;
    Ok(Json(to_wire::equity_curve(nija::router::CURRENCY, every, &samples)))
}
