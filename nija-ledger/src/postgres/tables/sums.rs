//! The tables `pnl_days`, `pnl_cells` and `pnl_totals`: all sums that fills add to are read at once and written at once.

use super::super::{connect::Connection, question::Id};
use crate::{
    fault::Outcome,
    projection::{
        fills::NewFill,
        pnl::{Sum, Sums, Texts},
    },
    sql::Row,
};

/// Adds what fills realised and cost to their days and to the totals.
pub(super) fn write(connection: &Connection, fills: &[NewFill]) -> Outcome<()> {
    if fills.is_empty() {
        return Ok(());
    }
    let sums = Sums::of(fills)?;
    days(connection, &sums)?;
    cells(connection, &sums)?;
    totals(connection, &sums)
}

/// Sums as they are stored.
#[derive(Default)]
struct Stored {
    realised: Vec<String>,
    fees: Vec<String>,
    paid: Vec<String>,
    fills: Vec<i64>,
}

impl Stored {
    /// New sums on those that were found, which come in the same order.
    fn new<'s>(
        sums: impl Iterator<Item = &'s Sum>,
        found: &[postgres::Row],
        of_a_day: bool,
    ) -> Outcome<Self> {
        let mut stored = Self::default();
        for (sum, row) in sums.zip(found) {
            let row: &dyn Row = row;
            let known = match row.text(0)? {
                Some(_) if of_a_day => Some(Sum::read_day(row, 0)?),
                Some(_) => Some(Sum::read(row, 0)?),
                None => None,
            };
            let Texts { realised, fees, paid, fills } = sum.onto(known)?;
            stored.realised.push(realised);
            stored.fees.push(fees);
            stored.paid.push(paid);
            stored.fills.push(fills);
        }
        Ok(stored)
    }
}

fn days(connection: &Connection, sums: &Sums<'_>) -> Outcome<()> {
    let (mut users, mut days, mut currencies) = (Vec::new(), Vec::new(), Vec::new());
    for (user, day, currency) in sums.days.keys() {
        users.push(Id(user.as_uuid().into_bytes()));
        days.push(*day);
        currencies.push(*currency);
    }
    let find = r#"SELECT d.realised, d.fees FROM unnest($1::bytea[], $2::int8[], $3::text[]) WITH ORDINALITY AS k (u, d, c, number)
        LEFT JOIN pnl_days d ON d."user" = k.u AND d.day = k.d AND d.currency = k.c ORDER BY k.number"#;
    let found = connection.rows(find, &[&users, &days, &currencies])?;
    let Stored { realised, fees, .. } = Stored::new(sums.days.values(), &found, true)?;
    let put = r#"INSERT INTO pnl_days ("user", day, currency, realised, fees)
        SELECT * FROM unnest($1::bytea[], $2::int8[], $3::text[], $4::text[], $5::text[])
        ON CONFLICT ("user", day, currency) DO UPDATE SET realised = excluded.realised, fees = excluded.fees"#;
    connection.run(put, &[&users, &days, &currencies, &realised, &fees])?;
    Ok(())
}

fn cells(connection: &Connection, sums: &Sums<'_>) -> Outcome<()> {
    let (mut users, mut days) = (Vec::new(), Vec::new());
    let (mut venues, mut symbols, mut assets) = (Vec::new(), Vec::new(), Vec::new());
    for (user, day, (venue, symbol, asset)) in sums.cells.keys() {
        users.push(Id(user.as_uuid().into_bytes()));
        days.push(*day);
        venues.push(venue.as_str());
        symbols.push(symbol.as_str());
        assets.push(*asset);
    }
    let find = r#"SELECT c.realised, c.fees, c.paid, c.fills
        FROM unnest($1::bytea[], $2::int8[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS k (u, d, v, s, a, number)
        LEFT JOIN pnl_cells c ON c."user" = k.u AND c.day = k.d AND c.venue = k.v AND c.symbol = k.s AND c.fee_asset = k.a
        ORDER BY k.number"#;
    let found = connection.rows(find, &[&users, &days, &venues, &symbols, &assets])?;
    let Stored { realised, fees, paid, fills } = Stored::new(sums.cells.values(), &found, false)?;
    let put = r#"INSERT INTO pnl_cells ("user", day, venue, symbol, fee_asset, realised, fees, paid, fills)
        SELECT * FROM unnest($1::bytea[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int8[])
        ON CONFLICT ("user", day, venue, symbol, fee_asset) DO UPDATE
        SET realised = excluded.realised, fees = excluded.fees, paid = excluded.paid, fills = excluded.fills"#;
    connection.run(put, &[&users, &days, &venues, &symbols, &assets, &realised, &fees, &paid, &fills])?;
    Ok(())
}

fn totals(connection: &Connection, sums: &Sums<'_>) -> Outcome<()> {
    let (mut users, mut venues) = (Vec::new(), Vec::new());
    let (mut symbols, mut assets) = (Vec::new(), Vec::new());
    for (user, (venue, symbol, asset)) in sums.totals.keys() {
        users.push(Id(user.as_uuid().into_bytes()));
        venues.push(venue.as_str());
        symbols.push(symbol.as_str());
        assets.push(*asset);
    }
    let find = r#"SELECT t.realised, t.fees, t.paid, t.fills
        FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS k (u, v, s, a, number)
        LEFT JOIN pnl_totals t ON t."user" = k.u AND t.venue = k.v AND t.symbol = k.s AND t.fee_asset = k.a
        ORDER BY k.number"#;
    let found = connection.rows(find, &[&users, &venues, &symbols, &assets])?;
    let Stored { realised, fees, paid, fills } = Stored::new(sums.totals.values(), &found, false)?;
    let put = r#"INSERT INTO pnl_totals ("user", venue, symbol, fee_asset, realised, fees, paid, fills)
        SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int8[])
        ON CONFLICT ("user", venue, symbol, fee_asset) DO UPDATE
        SET realised = excluded.realised, fees = excluded.fees, paid = excluded.paid, fills = excluded.fills"#;
    connection.run(put, &[&users, &venues, &symbols, &assets, &realised, &fees, &paid, &fills])?;
    Ok(())
}
