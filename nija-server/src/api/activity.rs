//! What happened, as lines for people.

use axum::{Json, extract::State};
use nija_client::wire::{self, Activity, Page};
use nija_core::{Fill, JournalEvent, JournalRecord, Ledger, PageRequest, SettledFill, UserId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{body::StrictQuery, page};
use crate::{
    auth::CurrentUser,
    openapi::{BadQuery, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::{App, AppState},
    wire as to_wire,
};

const KINDS: [&str; 4] = ["trade", "order", "credential", "bot"];
/// Journal rows read for one page at most: a filter that fits nothing must not walk a long history at once.
const MOST_ROWS: usize = 2000;
const ROWS_AT_A_TIME: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ActivityQuery {
    /// Only `trade`, `order`, `credential` or `bot`.
    kind: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Lines at most: 1 to 200, 50 when missing. A page can be shorter and still have a next one.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// Trades, orders worth telling, pauses: newest first.
#[utoipa::path(get, path = "/v1/activity", tag = "dashboard", params(ActivityQuery),
    responses((status = 200, body = wire::Page<wire::Activity>), BadQuery, SignedIn))]
pub(super) async fn activity(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictQuery(query): StrictQuery<ActivityQuery>,
) -> ApiResult<Json<Page<Activity>>> {
    let kind = query.kind.as_deref();
    if kind.is_some_and(|kind| !KINDS.contains(&kind)) {
        return Err(Problem::new(kinds::QUERY_INVALID, format!("kind must be one of {}", KINDS.join(", "))));
    }
    let request = page::request(query.cursor.as_deref(), query.limit)?;
    Ok(Json(lines(&app, user.id, kind, request).await?))
}

/// A page of lines.
pub(super) async fn lines(
    app: &App,
    user: UserId,
    kind: Option<&str>,
    request: PageRequest,
) -> ApiResult<Page<Activity>> {
    let ledger = app.platform.ledger();
    let mut items = Vec::new();
    let (mut before, mut read) = (request.before, 0);
    loop {
        let rows = ledger.journal(user, PageRequest { before, limit: ROWS_AT_A_TIME }).await?;
        read += rows.rows.len();
        let mut left = rows.rows.len();
        for (place, record) in rows.rows {
            (before, left) = (Some(place), left - 1);
            let told = to_wire::is_told(&record.event).filter(|it| kind.is_none_or(|kind| kind == *it));
            if told.is_some() {
                items.push(line(ledger.as_ref(), &record).await?);
            }
            if items.len() == request.limit {
                break;
            }
        }
        let done = items.len() == request.limit || read >= MOST_ROWS;
        if done || !rows.more {
            let more = rows.more || left > 0;
            let next_cursor = before.filter(|_| more).map(|place| place.to_string());
            return Ok(Page { items, next_cursor });
        }
    }
}

/// One event as a line, with its order and what its fill won.
pub(crate) async fn line(ledger: &dyn Ledger, record: &JournalRecord) -> ApiResult<Activity> {
    let order = match record.event.order() {
        Some(id) => ledger.order(record.user, id).await?,
        None => None,
    };
    let settled = match &record.event {
        JournalEvent::Filled(fill) => settled(ledger, record, fill).await?,
        _ => None,
    };
    Ok(to_wire::activity(record, order.as_ref(), settled.as_ref()))
}

/// What a fill came to: the ledger's list of fills has the same places as the journal.
async fn settled(ledger: &dyn Ledger, record: &JournalRecord, fill: &Fill) -> ApiResult<Option<SettledFill>> {
    let here = PageRequest { before: record.seq.checked_add(1), limit: 1 };
    let fills = ledger.fills(record.user, here).await?;
    let same = |it: &Fill| {
        it.execution.execution_id == fill.execution.execution_id && it.execution.venue == fill.execution.venue
    };
    Ok(fills.rows.into_iter().map(|(_, row)| row).find(|row| same(&row.fill)))
}
