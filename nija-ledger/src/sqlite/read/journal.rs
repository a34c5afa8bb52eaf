//! Questions that the journal's entries answer: activity, fills, decisions, pauses.

use nija_core::{
    Fill, JournalEvent, JournalRecord, LedgerError, LedgerPage, Order, OrderId, PageRequest, RiskStanding,
    RouteDecision, RoutingPreference, SettledFill, Timestamp, UserId, VenueId,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::{
    fault::{Fault, Outcome},
    numbers::from_column,
    projection::orders,
};
use super::{all, before, body, cut, one_more};

pub(in crate::sqlite) const NEWEST: &str = "SELECT j.seq, j.at, j.body FROM user_entries e
    CROSS JOIN journal j ON j.seq = e.seq WHERE e.user = ?1 AND e.seq < ?2 ORDER BY e.seq DESC LIMIT ?3";
pub(in crate::sqlite) const DECISIONS: &str = "SELECT j.seq, j.body FROM user_entries e
    CROSS JOIN journal j ON j.seq = e.seq
    WHERE e.user = ?1 AND e.type IN ('routed', 'not_routed') AND e.seq < ?2 ORDER BY e.seq DESC LIMIT ?3";
pub(in crate::sqlite) const OF_ORDER: &str = "SELECT j.seq, j.at, j.body FROM user_entries e
    CROSS JOIN journal j ON j.seq = e.seq WHERE e.user = ?1 AND e.seq >= ?2 AND j.order_id = ?3 ORDER BY e.seq";
pub(in crate::sqlite) const FILLS: &str = "SELECT j.seq, j.body, f.realised FROM user_entries e
    CROSS JOIN fills f ON f.seq = e.seq CROSS JOIN journal j ON j.seq = e.seq
    WHERE e.user = ?1 AND e.type = 'filled' AND e.seq < ?2 ORDER BY e.seq DESC LIMIT ?3";
pub(in crate::sqlite) const FILLS_AT_VENUE: &str = "SELECT j.body FROM fills f
    JOIN journal j ON j.seq = f.seq WHERE f.venue = ?1 ORDER BY f.seq";
pub(in crate::sqlite) const NEWEST_FILL: &str = "SELECT at FROM newest_fills WHERE user = ?1 AND venue = ?2";
pub(in crate::sqlite) const RISK_SETTINGS: &str = "SELECT body FROM risk_settings WHERE user = ?1";
pub(in crate::sqlite) const PAUSED: &str = "SELECT since FROM paused WHERE user = ?1";

pub(in crate::sqlite) const PREFERENCE: &str = "SELECT body FROM routing_preferences WHERE user = ?1";

pub(in crate::sqlite) fn page(
    connection: &Connection,
    user: UserId,
    page: PageRequest,
) -> Outcome<LedgerPage<JournalRecord>> {
    let params = params![user.as_uuid().into_bytes(), before(page), one_more(page)];
    let rows = all(connection, NEWEST, params, |row| {
        let seq = from_column(row.get(0)?);
        let record =
            JournalRecord { seq, user, at: Timestamp::from_micros(row.get(1)?), event: body(row, 2)? };
        Ok((seq, record))
    })?;
    Ok(cut(rows, page))
}

/// Reads on from where the order was taken up until its entries have made of it what it is, so that only its own time is read: an index by
/// order would cost every append a page.
pub(in crate::sqlite) fn of_order(
    connection: &Connection,
    user: UserId,
    id: OrderId,
) -> Outcome<Vec<JournalRecord>> {
    let key = params![id.as_uuid().into_bytes(), user.as_uuid().into_bytes()];
    let found: Option<(i64, Order)> =
        all(connection, orders::LOAD, key, |row| Ok((row.get(0)?, body(row, 1)?)))?.pop();
    let Some((place, stands)) = found else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(OF_ORDER)?;
    let mut rows = statement.query(params![user.as_uuid().into_bytes(), place, id.as_uuid().into_bytes()])?;
    let (mut records, mut order) = (Vec::new(), Order::new(stands.intent.clone()));
    while let Some(row) = rows.next()? {
        let (seq, at) = (from_column(row.get(0)?), Timestamp::from_micros(row.get(1)?));
        let event: JournalEvent = body(row, 2)?;
        order.apply(&event, at).map_err(LedgerError::from)?;
        records.push(JournalRecord { seq, user, at, event });
        // What others fill for it is in their entries, not in its own.
        let whole = order == stands || stands.schedule.is_some();
        if whole && order.state.is_final() {
            break;
        }
    }
    Ok(records)
}

pub(in crate::sqlite) fn decisions(
    connection: &Connection,
    user: UserId,
    page: PageRequest,
) -> Outcome<LedgerPage<(OrderId, RouteDecision)>> {
    let params = params![user.as_uuid().into_bytes(), before(page), one_more(page)];
    let rows = all(connection, DECISIONS, params, |row| match body(row, 1)? {
        JournalEvent::Routed { order, decision, .. } | JournalEvent::NotRouted { order, decision } => {
            Ok((from_column(row.get(0)?), (order, decision)))
        }
        other => Err(unexpected(&other)),
    })?;
    Ok(cut(rows, page))
}

pub(in crate::sqlite) fn fills(
    connection: &Connection,
    user: UserId,
    page: PageRequest,
) -> Outcome<LedgerPage<SettledFill>> {
    let params = params![user.as_uuid().into_bytes(), before(page), one_more(page)];
    let rows = all(connection, FILLS, params, |row| {
        let realised: String = row.get(2)?;
        let settled = SettledFill {
            fill: fill(row, 1)?,
            realised_pnl: realised.parse().map_err(|error| Fault::unreadable("a realised profit", error))?,
        };
        Ok((from_column(row.get(0)?), settled))
    })?;
    Ok(cut(rows, page))
}

pub(in crate::sqlite) fn fills_at_venue(connection: &Connection, venue: &VenueId) -> Outcome<Vec<Fill>> {
    all(connection, FILLS_AT_VENUE, [venue.as_str()], |row| fill(row, 0))
}

pub(in crate::sqlite) fn last_fill_at(
    connection: &Connection,
    user: UserId,
    venue: &VenueId,
) -> Outcome<Option<Timestamp>> {
    moment(connection, NEWEST_FILL, params![user.as_uuid().into_bytes(), venue.as_str()])
}

pub(in crate::sqlite) fn risk_settings(connection: &Connection, user: UserId) -> Outcome<RiskStanding> {
    let rows = all(connection, RISK_SETTINGS, params![user.as_uuid().into_bytes()], |row| body(row, 0))?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

pub(in crate::sqlite) fn paused(connection: &Connection, user: UserId) -> Outcome<Option<Timestamp>> {
    moment(connection, PAUSED, params![user.as_uuid().into_bytes()])
}

pub(in crate::sqlite) fn routing_preference(
    connection: &Connection,
    user: UserId,
) -> Outcome<RoutingPreference> {
    let found = all(connection, PREFERENCE, params![user.as_uuid().into_bytes()], |row| body(row, 0))?;
    Ok(found.into_iter().next().unwrap_or_default())
}

fn moment(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> Outcome<Option<Timestamp>> {
    let micros: Option<i64> =
        connection.prepare_cached(sql)?.query_row(params, |row| row.get(0)).optional()?;
    Ok(micros.map(Timestamp::from_micros))
}

fn fill(row: &Row<'_>, column: usize) -> Outcome<Fill> {
    match body(row, column)? {
        JournalEvent::Filled(fill) => Ok(fill),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(event: &JournalEvent) -> Fault {
    let words = format!("an entry of the journal is a {} where it must not be", event.kind());
    LedgerError::Storage(words).into()
}
