//! The tables of what follows from the journal, written a generation at a time: a few statements, however many rows.

use nija_core::{JournalEvent, KillSwitch, LedgerError, Protection, Timestamp, UserId};
use std::collections::BTreeSet;

use super::{connect::Connection, question::Id};
use crate::{
    fault::{Fault, Outcome},
    numbers::{from_column, to_column},
    projection::{
        Generation,
        entries::{Entry, runs},
        fills::{NewFill, newest},
        orders::{Columns, Row},
        positions::Rows,
        protections::{Change, Place, changed},
    },
};

mod sums;

/// The last entry whose consequences are in the tables.
pub(super) fn projected(connection: &Connection) -> Outcome<u64> {
    let row = connection.row("SELECT seq FROM projected WHERE id = 0", &[])?;
    Ok(row.map_or(Ok(0), |row| row.try_get(0)).map(from_column)?)
}

/// Writes a generation, unless it is there already: a commit whose answer was lost is not repeated.
pub(super) fn write(connection: &Connection, generation: &Generation) -> Outcome<()> {
    let mut is_there = false;
    connection.in_transaction(|| {
        // Whoever wrote the same and lost its connection has ended when this goes on.
        let moved = connection.run(
            "UPDATE projected SET seq = $1 WHERE id = 0 AND seq = $2",
            &[&to_column(generation.last_seq), &to_column(generation.before)],
        )?;
        if moved == 1 {
            return rows(connection, generation);
        }
        let stands = projected(connection)?;
        is_there = stands == generation.last_seq;
        if is_there {
            return Ok(());
        }
        let words = format!(
            "the ledger's tables go to entry {stands} and not to {}: who else writes them?",
            generation.before
        );
        Err(LedgerError::Storage(words).into())
    })
}

fn rows(connection: &Connection, generation: &Generation) -> Outcome<()> {
    entries(connection, &generation.entries)?;
    orders(connection, &generation.orders)?;
    positions(connection, &generation.positions)?;
    fills(connection, &generation.fills)?;
    sums::write(connection, &generation.fills)?;
    protections(connection, &generation.protections)?;
    for (user, paused, at) in &generation.pauses {
        pause(connection, *user, *paused, *at)?;
    }
    for (user, standing) in &generation.limits {
        put(connection, "risk_settings", *user, &encode("limits", standing)?)?;
    }
    for (user, preference) in &generation.preferences {
        put(connection, "routing_preferences", *user, &encode("a preference", preference)?)?;
    }
    for (user, at, event) in &generation.kills {
        kill(connection, *user, *at, event)?;
    }
    Ok(())
}

fn entries(connection: &Connection, entries: &[Entry]) -> Outcome<()> {
    let (mut users, mut firsts, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for run in runs(entries) {
        users.push(Id(run.user.as_uuid().into_bytes()));
        firsts.push(run.first);
        steps.push(run.steps);
    }
    let add = r#"INSERT INTO user_entries ("user", first, steps) SELECT * FROM unnest($1::bytea[], $2::int8[], $3::text[])"#;
    connection.run(add, &[&users, &firsts, &steps])?;
    Ok(())
}

/// Rows as columns.
#[derive(Default)]
struct OrderColumns<'o> {
    places: Vec<i64>,
    ids: Vec<Id>,
    users: Vec<Id>,
    client_order_ids: Vec<&'o str>,
    states: Vec<&'static str>,
    live: Vec<i64>,
    venues: Vec<Option<&'o str>>,
    symbols: Vec<&'o str>,
    bodies: Vec<String>,
    parents: Vec<Option<Id>>,
}

impl<'o> OrderColumns<'o> {
    fn push(&mut self, row: Columns<'o>) {
        self.places.push(row.place);
        self.ids.push(Id(row.id));
        self.users.push(Id(row.user));
        self.client_order_ids.push(row.client_order_id);
        self.states.push(row.state);
        self.live.push(i64::from(row.live));
        self.venues.push(row.venue);
        self.symbols.push(row.symbol);
        self.bodies.push(row.body);
        self.parents.push(row.parent.map(Id));
    }
}

fn orders(connection: &Connection, rows: &[Row]) -> Outcome<()> {
    let (mut new, mut changed) = (OrderColumns::default(), OrderColumns::default());
    for row in rows {
        let row = row.columns()?;
        if row.is_new { new.push(row) } else { changed.push(row) }
    }
    if !new.places.is_empty() {
        let add = r#"INSERT INTO orders (place, id, "user", client_order_id, state, live, venue, symbol, body, parent)
            SELECT * FROM unnest($1::int8[], $2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::int8[], $7::text[],
                $8::text[], $9::text[], $10::bytea[])"#;
        let OrderColumns {
            places,
            ids,
            users,
            client_order_ids,
            states,
            live,
            venues,
            symbols,
            bodies,
            parents,
        } = &new;
        connection.run(
            add,
            &[places, ids, users, client_order_ids, states, live, venues, symbols, bodies, parents],
        )?;
    }
    if !changed.places.is_empty() {
        let change = "UPDATE orders SET state = k.state, live = k.live, venue = k.venue, body = k.body
            FROM unnest($1::int8[], $2::text[], $3::int8[], $4::text[], $5::text[]) AS k (place, state, live, venue, body)
            WHERE orders.place = k.place";
        let OrderColumns { places, states, live, venues, bodies, .. } = &changed;
        connection.run(change, &[places, states, live, venues, bodies])?;
    }
    Ok(())
}

/// Those that are closed first, so that another may open in their place.
fn positions(connection: &Connection, rows: &Rows) -> Outcome<()> {
    let (mut places, mut closed, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for (place, row) in rows.iter().filter(|(_, row)| !row.is_new) {
        places.push(*place);
        closed.push(row.closed);
        bodies.push(row.body()?);
    }
    if !places.is_empty() {
        let change = "UPDATE positions SET closed = k.closed, body = k.body
            FROM unnest($1::int8[], $2::int8[], $3::text[]) AS k (opened, closed, body)
            WHERE positions.opened = k.opened";
        connection.run(change, &[&places, &closed, &bodies])?;
    }
    let (mut places, mut closed, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    let (mut users, mut ids, mut venues, mut symbols) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (place, row) in rows.iter().filter(|(_, row)| row.is_new) {
        places.push(*place);
        closed.push(row.closed);
        bodies.push(row.body()?);
        users.push(Id(row.position.user.as_uuid().into_bytes()));
        ids.push(row.position.id.as_str());
        venues.push(row.position.venue.as_str());
        symbols.push(row.position.symbol.as_str());
    }
    if !places.is_empty() {
        let add = r#"INSERT INTO positions (opened, closed, "user", id, venue, symbol, body)
            SELECT * FROM unnest($1::int8[], $2::int8[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[])"#;
        connection.run(add, &[&places, &closed, &users, &ids, &venues, &symbols, &bodies])?;
    }
    Ok(())
}

fn fills(connection: &Connection, fills: &[NewFill]) -> Outcome<()> {
    let (late, fills): (Vec<_>, Vec<_>) = fills.iter().partition(|fill| fill.is_late);
    if !fills.is_empty() {
        add_fills(connection, &fills)?;
    }
    let value =
        r#"UPDATE fills SET fee = $4, unvalued = 0 WHERE "user" = $1 AND venue = $2 AND execution_id = $3"#;
    for fill in late {
        let (user, fee) = (Id(fill.user.as_uuid().into_bytes()), fill.fee.to_string());
        connection.run(value, &[&user, &fill.venue.as_str(), &fill.execution_id.as_str(), &fee])?;
    }
    Ok(())
}

fn add_fills(connection: &Connection, fills: &[&NewFill]) -> Outcome<()> {
    let seqs: Vec<_> = fills.iter().map(|fill| to_column(fill.seq)).collect();
    let users: Vec<_> = fills.iter().map(|fill| Id(fill.user.as_uuid().into_bytes())).collect();
    let venues: Vec<_> = fills.iter().map(|fill| fill.venue.as_str()).collect();
    let executions: Vec<_> = fills.iter().map(|fill| fill.execution_id.as_str()).collect();
    let times: Vec<_> = fills.iter().map(|fill| fill.at).collect();
    let currencies: Vec<_> = fills.iter().map(|fill| fill.currency.as_str()).collect();
    let realised: Vec<_> = fills.iter().map(|fill| fill.realised.to_string()).collect();
    let fees: Vec<_> = fills.iter().map(|fill| fill.fee.to_string()).collect();
    let unvalued: Vec<_> = fills.iter().map(|fill| i64::from(fill.unvalued)).collect();
    let add = r#"INSERT INTO fills (seq, "user", venue, execution_id, at, currency, realised, fee, unvalued)
        SELECT * FROM unnest($1::int8[], $2::bytea[], $3::text[], $4::text[], $5::int8[], $6::text[], $7::text[], $8::text[], $9::int8[])"#;
    connection
        .run(add, &[&seqs, &users, &venues, &executions, &times, &currencies, &realised, &fees, &unvalued])?;

    let (mut users, mut venues, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for ((user, venue), at) in newest(fills.iter().copied()) {
        users.push(Id(user.as_uuid().into_bytes()));
        venues.push(venue.as_str());
        times.push(at);
    }
    let put = r#"INSERT INTO newest_fills AS known ("user", venue, at)
        SELECT * FROM unnest($1::bytea[], $2::text[], $3::int8[])
        ON CONFLICT ("user", venue) DO UPDATE SET at = greatest(known.at, excluded.at)"#;
    connection.run(put, &[&users, &venues, &times])?;
    Ok(())
}

/// Nearly every fill may change one, and few do: all are read at once and those written that changed.
fn protections(connection: &Connection, changes: &[Change]) -> Outcome<()> {
    let places: BTreeSet<_> = changes.iter().filter_map(Change::place).collect();
    if places.is_empty() {
        return Ok(());
    }
    let (mut users, mut venues, mut symbols) = (Vec::new(), Vec::new(), Vec::new());
    for (user, venue, symbol) in &places {
        users.push(Id(user.as_uuid().into_bytes()));
        venues.push(venue.as_str());
        symbols.push(symbol.as_str());
    }
    let find = r#"SELECT p.body FROM unnest($1::bytea[], $2::text[], $3::text[]) AS k (u, v, s)
        JOIN protections p ON p."user" = k.u AND p.venue = k.v AND p.symbol = k.s"#;
    let mut known = Vec::new();
    for row in connection.rows(find, &[&users, &venues, &symbols])? {
        known.push((&row as &dyn crate::sql::Row).body::<Protection>(0)?);
    }
    let of = |(user, venue, symbol): Place<'_>| {
        let here = |it: &&Protection| it.user == user && it.venue == *venue && it.symbol == *symbol;
        Ok(known.iter().find(here).cloned())
    };
    for ((user, venue, symbol), is) in changed(changes, of)? {
        let (user, venue, symbol) = (Id(user.as_uuid().into_bytes()), venue.as_str(), symbol.as_str());
        if let Some(protection) = is {
            let put = r#"INSERT INTO protections ("user", venue, symbol, body) VALUES ($1, $2, $3, $4)
                ON CONFLICT ("user", venue, symbol) DO UPDATE SET body = excluded.body"#;
            connection.run(put, &[&user, &venue, &symbol, &encode("a protection", &protection)?])?;
        } else {
            let delete = r#"DELETE FROM protections WHERE "user" = $1 AND venue = $2 AND symbol = $3"#;
            connection.run(delete, &[&user, &venue, &symbol])?;
        }
    }
    Ok(())
}

/// Pausing again does not move the beginning.
fn pause(connection: &Connection, user: UserId, paused: bool, at: Timestamp) -> Outcome<()> {
    let user = Id(user.as_uuid().into_bytes());
    if paused {
        let put = r#"INSERT INTO paused ("user", since) VALUES ($1, $2) ON CONFLICT DO NOTHING"#;
        connection.run(put, &[&user, &at.micros()])?;
    } else {
        connection.run(r#"DELETE FROM paused WHERE "user" = $1"#, &[&user])?;
    }
    Ok(())
}

/// Puts what a user wants in the place of what the user wanted before.
fn put(connection: &Connection, table: &str, user: UserId, body: &str) -> Outcome<()> {
    let put = format!(
        r#"INSERT INTO {table} ("user", body) VALUES ($1, $2) ON CONFLICT ("user") DO UPDATE SET body = excluded.body"#
    );
    connection.run(&put, &[&Id(user.as_uuid().into_bytes()), &body])?;
    Ok(())
}

/// Takes up one event of a user; those that are about no kill switch change nothing.
fn kill(connection: &Connection, user: UserId, at: Timestamp, event: &JournalEvent) -> Outcome<()> {
    let Some(scope) = event.kill_scope().map(nija_core::KillScope::name) else {
        return Ok(());
    };
    let key = Id(user.as_uuid().into_bytes());
    let find = r#"SELECT body FROM kill_switches WHERE "user" = $1 AND scope = $2"#;
    let known = connection.row(find, &[&key, &scope])?;
    let known = known.map(|row| (&row as &dyn crate::sql::Row).body(0)).transpose()?;
    match KillSwitch::fold(known, user, at, event) {
        Some(switch) => {
            let put = r#"INSERT INTO kill_switches ("user", scope, body) VALUES ($1, $2, $3)
                ON CONFLICT ("user", scope) DO UPDATE SET body = excluded.body"#;
            connection.run(put, &[&key, &scope, &encode("a kill switch", &switch)?])?;
        }
        None => {
            connection
                .run(r#"DELETE FROM kill_switches WHERE "user" = $1 AND scope = $2"#, &[&key, &scope])?;
        }
    }
    Ok(())
}

fn encode(what: &str, value: &impl serde::Serialize) -> Outcome<String> {
    serde_json::to_string(value).map_err(|error| Fault::unreadable(what, error))
}
