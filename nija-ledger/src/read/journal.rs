//! Questions that the journal's entries answer: activity, fills, decisions, pauses.

use nija_core::{
    Fill, JournalEvent, JournalRecord, LedgerError, LedgerPage, Order, OrderId, PageRequest, RiskStanding,
    RouteDecision, RoutingPreference, SettledFill, Timestamp, UserId, VenueId,
};

use super::{
    before, cut,
    entries::{Onward, each, listed, newest},
};
use crate::{
    fault::{Fault, Outcome},
    projection::{entries::Mark, lookups::ORDER},
    sql::{Row, Sql, Value, all, values},
};

pub(crate) const ENTRIES: &str = concat!("SELECT seq, at, body FROM journal WHERE seq IN ", listed!());
pub(crate) const OF_ORDER: &str =
    concat!("SELECT seq, at, body FROM journal WHERE seq IN ", listed!(), " AND order_id = ?17");
pub(crate) const FILLS: &str = concat!(
    "SELECT j.seq, j.body, f.realised, f.fee FROM fills f JOIN journal j ON j.seq = f.seq WHERE f.seq IN ",
    listed!()
);
pub(crate) const FILLS_AT_VENUE: &str = "SELECT j.body FROM fills f
    JOIN journal j ON j.seq = f.seq WHERE f.venue = ?1 ORDER BY f.seq";
pub(crate) const UNVALUED: &str = "SELECT j.body FROM fills f
    JOIN journal j ON j.seq = f.seq WHERE f.\"user\" = ?1 AND f.unvalued = 1 ORDER BY f.seq LIMIT ?2";
pub(crate) const NEWEST_FILL: &str = "SELECT at FROM newest_fills WHERE \"user\" = ?1 AND venue = ?2";
pub(crate) const RISK_SETTINGS: &str = "SELECT body FROM risk_settings WHERE \"user\" = ?1";
pub(crate) const PAUSED: &str = "SELECT since FROM paused WHERE \"user\" = ?1";

pub(crate) const PREFERENCE: &str = "SELECT body FROM routing_preferences WHERE \"user\" = ?1";

pub(crate) fn page(sql: &dyn Sql, user: UserId, page: PageRequest) -> Outcome<LedgerPage<JournalRecord>> {
    let seqs = newest(sql, user, before(page), page.limit.saturating_add(1), |_| true)?;
    let rows =
        each(sql, ENTRIES, &seqs, None, |row| Ok((Timestamp::from_micros(row.get(1)?), row.body(2)?)))?;
    let record = |(seq, (at, event))| (seq, JournalRecord { seq, user, at, event });
    Ok(cut(rows.into_iter().map(record).collect(), page))
}

/// Reads on from where the order was taken up until its entries have made of it what it is, so that only its own time is read: an index by
/// order would cost every append a page.
pub(crate) fn of_order(sql: &dyn Sql, user: UserId, id: OrderId) -> Outcome<Vec<JournalRecord>> {
    let id = id.as_uuid().into_bytes();
    let found: Option<(i64, Order)> =
        all(sql, ORDER, values![id, user.as_uuid().into_bytes()], |row| Ok((row.get(0)?, row.body(1)?)))?
            .pop();
    let Some((place, stands)) = found else { return Ok(Vec::new()) };
    let (mut records, mut order) = (Vec::new(), Order::new(stands.intent.clone()));
    let mut onward = Onward::from(sql, user, place)?;
    loop {
        let seqs = onward.next()?;
        if seqs.is_empty() {
            return Ok(records);
        }
        let take = |row: &dyn Row| Ok((Timestamp::from_micros(row.get(1)?), row.body::<JournalEvent>(2)?));
        for (seq, (at, event)) in each(sql, OF_ORDER, &seqs, Some(id), take)? {
            order.apply(&event, at).map_err(LedgerError::from)?;
            records.push(JournalRecord { seq, user, at, event });
            // One that lives still has no entry after the one that made of it what it is. What others fill for an order is in their entries,
            // not in its own: such a one is whole when it has ended.
            if order == stands || (stands.schedule.is_some() && order.state.is_final()) {
                return Ok(records);
            }
        }
    }
}

/// A schedule may have decided nothing (slices), so that it is asked again where too few of the entries are decisions.
pub(crate) fn decisions(
    sql: &dyn Sql,
    user: UserId,
    page: PageRequest,
) -> Outcome<LedgerPage<(OrderId, RouteDecision)>> {
    let (mut decided, mut from) = (Vec::new(), page);
    loop {
        let seqs =
            newest(sql, user, before(from), page.limit.saturating_add(1), |mark| mark == Mark::Decision)?;
        let oldest = seqs.last().copied().filter(|_| seqs.len() > page.limit);
        for (seq, event) in each(sql, ENTRIES, &seqs, None, |row| row.body::<JournalEvent>(2))? {
            let decision = event.decision().map(|(order, decision)| (seq, (order, decision.clone())));
            decided.extend(decision);
        }
        match oldest {
            Some(seq) if decided.len() <= page.limit => from.before = Some(seq),
            _ => return Ok(cut(decided, page)),
        }
    }
}

pub(crate) fn fills(sql: &dyn Sql, user: UserId, page: PageRequest) -> Outcome<LedgerPage<SettledFill>> {
    let seqs = newest(sql, user, before(page), page.limit.saturating_add(1), |mark| mark == Mark::Fill)?;
    let rows = each(sql, FILLS, &seqs, None, |row| {
        let realised = row.str(2)?.parse().map_err(|error| Fault::unreadable("a realised profit", error))?;
        // The entry may be older than the worth of its fee.
        let fee_in_quote = row.str(3)?.parse().map_err(|error| Fault::unreadable("a fee", error))?;
        Ok(SettledFill { fill: Fill { fee_in_quote, ..fill(row, 1)? }, realised_pnl: realised })
    })?;
    Ok(cut(rows, page))
}

pub(crate) fn fills_at_venue(sql: &dyn Sql, venue: &VenueId) -> Outcome<Vec<Fill>> {
    all(sql, FILLS_AT_VENUE, values![venue.as_str()], |row| fill(row, 0))
}

pub(crate) fn unvalued_fees(sql: &dyn Sql, user: UserId, most: usize) -> Outcome<Vec<Fill>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    all(sql, UNVALUED, values![user.as_uuid().into_bytes(), most], |row| fill(row, 0))
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
