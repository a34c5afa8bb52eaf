//! Questions that the journal's entries answer: activity, fills, decisions, pauses.

use nija_core::{
    Fill, JournalEvent, JournalRecord, LedgerError, LedgerPage, Order, OrderId, PageRequest, RiskStanding,
    RouteDecision, RoutingPreference, SettledFill, Timestamp, UserId, VenueId,
};

use super::{before, cut, one_more};
use crate::{
    fault::{Fault, Outcome},
    numbers::from_column,
    projection::lookups::ORDER,
    sql::{Row, Sql, Value, all, values},
};
use std::ops::ControlFlow;

pub(crate) const NEWEST: &str = "SELECT j.seq, j.at, j.body FROM user_entries e
    CROSS JOIN journal j ON j.seq = e.seq WHERE e.\"user\" = ?1 AND e.seq < ?2 ORDER BY e.seq DESC LIMIT ?3";
pub(crate) const DECISIONS: &str = "SELECT j.seq, j.body FROM user_entries e
    CROSS JOIN journal j ON j.seq = e.seq
    WHERE e.\"user\" = ?1 AND e.type IN ('routed', 'not_routed', 'scheduled') AND e.seq < ?2 ORDER BY e.seq DESC LIMIT ?3";
pub(crate) const OF_ORDER: &str = "SELECT j.seq, j.at, j.body FROM user_entries e
    CROSS JOIN journal j ON j.seq = e.seq WHERE e.\"user\" = ?1 AND e.seq >= ?2 AND j.order_id = ?3 ORDER BY e.seq";
pub(crate) const FILLS: &str = "SELECT j.seq, j.body, f.realised FROM user_entries e
    CROSS JOIN fills f ON f.seq = e.seq CROSS JOIN journal j ON j.seq = e.seq
    WHERE e.\"user\" = ?1 AND e.type = 'filled' AND e.seq < ?2 ORDER BY e.seq DESC LIMIT ?3";
pub(crate) const FILLS_AT_VENUE: &str = "SELECT j.body FROM fills f
    JOIN journal j ON j.seq = f.seq WHERE f.venue = ?1 ORDER BY f.seq";
pub(crate) const NEWEST_FILL: &str = "SELECT at FROM newest_fills WHERE \"user\" = ?1 AND venue = ?2";
pub(crate) const RISK_SETTINGS: &str = "SELECT body FROM risk_settings WHERE \"user\" = ?1";
pub(crate) const PAUSED: &str = "SELECT since FROM paused WHERE \"user\" = ?1";

pub(crate) const PREFERENCE: &str = "SELECT body FROM routing_preferences WHERE \"user\" = ?1";

pub(crate) fn page(sql: &dyn Sql, user: UserId, page: PageRequest) -> Outcome<LedgerPage<JournalRecord>> {
    let params = values![user.as_uuid().into_bytes(), before(page), one_more(page)];
    let rows = all(sql, NEWEST, params, |row| {
        let seq = from_column(row.get(0)?);
        let record =
            JournalRecord { seq, user, at: Timestamp::from_micros(row.get(1)?), event: row.body(2)? };
        Ok((seq, record))
    })?;
    Ok(cut(rows, page))
}

/// Reads on from where the order was taken up until its entries have made of it what it is, so that only its own time is read: an index by
/// order would cost every append a page.
pub(crate) fn of_order(sql: &dyn Sql, user: UserId, id: OrderId) -> Outcome<Vec<JournalRecord>> {
    let key = values![id.as_uuid().into_bytes(), user.as_uuid().into_bytes()];
    let found: Option<(i64, Order)> = all(sql, ORDER, key, |row| Ok((row.get(0)?, row.body(1)?)))?.pop();
    let Some((place, stands)) = found else { return Ok(Vec::new()) };
    let (mut records, mut order) = (Vec::new(), Order::new(stands.intent.clone()));
    let from_there = values![user.as_uuid().into_bytes(), place, id.as_uuid().into_bytes()];
    sql.each(OF_ORDER, from_there, &mut |row| {
        let (seq, at) = (from_column(row.get(0)?), Timestamp::from_micros(row.get(1)?));
        let event: JournalEvent = row.body(2)?;
        order.apply(&event, at).map_err(LedgerError::from)?;
        records.push(JournalRecord { seq, user, at, event });
        // One that lives still has no entry after the one that made of it what it is. What others fill for an order is in their entries, not
        // in its own: such a one is whole when it has ended.
        let done = order == stands || (stands.schedule.is_some() && order.state.is_final());
        Ok(if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(records)
}

/// A schedule may have decided nothing (slices), so that it is asked again where too few of the rows are decisions.
pub(crate) fn decisions(
    sql: &dyn Sql,
    user: UserId,
    page: PageRequest,
) -> Outcome<LedgerPage<(OrderId, RouteDecision)>> {
    let (mut decided, mut from) = (Vec::new(), page);
    loop {
        let params = values![user.as_uuid().into_bytes(), before(from), one_more(page)];
        let rows: Vec<(u64, JournalEvent)> =
            all(sql, DECISIONS, params, |row| Ok((from_column(row.get(0)?), row.body(1)?)))?;
        let oldest = rows.last().map(|(seq, _)| *seq).filter(|_| rows.len() > page.limit);
        decided.extend(rows.iter().filter_map(|(seq, event)| {
            let (order, decision) = event.decision()?;
            Some((*seq, (order, decision.clone())))
        }));
        match oldest {
            Some(seq) if decided.len() <= page.limit => from.before = Some(seq),
            _ => return Ok(cut(decided, page)),
        }
    }
}

pub(crate) fn fills(sql: &dyn Sql, user: UserId, page: PageRequest) -> Outcome<LedgerPage<SettledFill>> {
    let params = values![user.as_uuid().into_bytes(), before(page), one_more(page)];
    let rows = all(sql, FILLS, params, |row| {
        let realised: String = row.get(2)?;
        let settled = SettledFill {
            fill: fill(row, 1)?,
            realised_pnl: realised.parse().map_err(|error| Fault::unreadable("a realised profit", error))?,
        };
        Ok((from_column(row.get(0)?), settled))
    })?;
    Ok(cut(rows, page))
}

pub(crate) fn fills_at_venue(sql: &dyn Sql, venue: &VenueId) -> Outcome<Vec<Fill>> {
    all(sql, FILLS_AT_VENUE, values![venue.as_str()], |row| fill(row, 0))
}

pub(crate) fn last_fill_at(sql: &dyn Sql, user: UserId, venue: &VenueId) -> Outcome<Option<Timestamp>> {
    moment(sql, NEWEST_FILL, values![user.as_uuid().into_bytes(), venue.as_str()])
}

pub(crate) fn risk_settings(sql: &dyn Sql, user: UserId) -> Outcome<RiskStanding> {
    let rows = all(sql, RISK_SETTINGS, values![user.as_uuid().into_bytes()], |row| row.body(0))?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

pub(crate) fn paused(sql: &dyn Sql, user: UserId) -> Outcome<Option<Timestamp>> {
    moment(sql, PAUSED, values![user.as_uuid().into_bytes()])
}

pub(crate) fn routing_preference(sql: &dyn Sql, user: UserId) -> Outcome<RoutingPreference> {
    let found = all(sql, PREFERENCE, values![user.as_uuid().into_bytes()], |row| row.body(0))?;
    Ok(found.into_iter().next().unwrap_or_default())
}

fn moment(sql: &dyn Sql, question: &str, key: &[Value<'_>]) -> Outcome<Option<Timestamp>> {
    let micros = all(sql, question, key, |row| row.get(0))?.pop();
    Ok(micros.map(Timestamp::from_micros))
}

fn fill(row: &dyn Row, column: usize) -> Outcome<Fill> {
    match row.body(column)? {
        JournalEvent::Filled(fill) => Ok(fill),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(event: &JournalEvent) -> Fault {
    let words = format!("an entry of the journal is a {} where it must not be", event.kind());
    LedgerError::Storage(words).into()
}
