//! Realised profit and fees by day, pair or venue.

use nija_core::{
    FeePaid, LedgerError, PnlBy, PnlGroup, PnlPage, PnlQuery, PnlRow, Symbol, Timestamp, UserId, VenueId,
};
use std::{collections::BTreeMap, ops::ControlFlow};

use super::pnl;
use crate::{
    exact::{ExactSum, SumError},
    fault::{Fault, Outcome},
    projection::pnl::Sum,
    sql::{Row, Snapshot, Sql, all, values},
};

pub(crate) const CELLS: &str =
    "SELECT venue, symbol, fee_asset, realised, fees, paid, fills, day FROM pnl_cells
    WHERE \"user\" = ?1 AND day >= ?2 AND day < ?3 ORDER BY day DESC";

/// What was won and paid somewhere, with the fees of one asset.
pub(crate) struct Cell {
    venue: VenueId,
    pub(crate) symbol: Symbol,
    fee_asset: String,
    pub(crate) sum: Sum,
}

/// One page of groups.
pub(crate) fn page(sql: &dyn Sql, user: UserId, query: &PnlQuery) -> Outcome<PnlPage> {
    if query.after.as_ref().is_some_and(|after| after.by() != query.by) {
        return Err(LedgerError::Invalid("the page goes on after a group of another kind".into()).into());
    }
    let user = user.as_uuid();
    let mut groups = Groups { query, by_name: BTreeMap::new() };
    // One snapshot for all the parts.
    let snapshot = Snapshot::of(sql)?;
    match query.by {
        PnlBy::Day => groups.days(&*snapshot, user.as_bytes())?,
        PnlBy::Pair | PnlBy::Venue => groups.names(&*snapshot, user.as_bytes())?,
    }
    groups.finish().map_err(unreadable)
}

/// All that a user won and paid so far.
pub(crate) fn totals(sql: &dyn Sql, user: &[u8; 16]) -> Outcome<Vec<Cell>> {
    all(sql, pnl::TOTALS, values![user], Cell::read)
}

impl Cell {
    fn read(row: &dyn Row) -> Outcome<Self> {
        let (venue, symbol): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(Self {
            venue: VenueId::new(&venue).map_err(|error| Fault::unreadable("a venue", error))?,
            symbol: Symbol::new(&symbol).map_err(|error| Fault::unreadable("a pair", error))?,
            fee_asset: row.get(2)?,
            sum: Sum::read(row, 3)?,
        })
    }
}

/// What one group has in one currency.
#[derive(Default)]
struct Figures {
    sum: Sum,
    paid: BTreeMap<String, (ExactSum, ExactSum)>,
}

struct Groups<'q> {
    query: &'q PnlQuery,
    by_name: BTreeMap<PnlGroup, BTreeMap<String, Figures>>,
}

impl Groups<'_> {
    /// Newest first, and no further back than the page goes.
    fn days(&mut self, sql: &dyn Sql, user: &[u8; 16]) -> Outcome<()> {
        let (from, mut until) = self.span();
        if let Some(PnlGroup::Day(after)) = self.query.after {
            until = until.min(after.micros());
        }
        sql.each(CELLS, values![user, from, until], &mut |row| {
            let day = PnlGroup::Day(Timestamp::from_micros(row.get(7)?));
            if self.by_name.len() > self.query.limit && !self.by_name.contains_key(&day) {
                return Ok(ControlFlow::Break(()));
            }
            self.add(day, Cell::read(row)?)?;
            Ok(ControlFlow::Continue(()))
        })
    }

    fn names(&mut self, sql: &dyn Sql, user: &[u8; 16]) -> Outcome<()> {
        let cells = match (self.query.from, self.query.until) {
            (None, None) => totals(sql, user)?,
            _ => {
                let (from, until) = self.span();
                all(sql, CELLS, values![user, from, until], Cell::read)?
            }
        };
        for cell in cells {
            let group = match self.query.by {
                PnlBy::Pair => PnlGroup::Pair(cell.symbol.clone()),
                _ => PnlGroup::Venue(cell.venue.clone()),
            };
            if self.query.after.as_ref().is_none_or(|after| group > *after) {
                self.add(group, cell)?;
            }
        }
        Ok(())
    }

    fn span(&self) -> (i64, i64) {
        let micros = |at: Option<Timestamp>, missing| at.map_or(missing, Timestamp::micros);
        (micros(self.query.from, i64::MIN), micros(self.query.until, i64::MAX))
    }

    fn add(&mut self, group: PnlGroup, cell: Cell) -> Outcome<()> {
        let row = self.by_name.entry(group).or_default().entry(cell.symbol.quote().to_owned()).or_default();
        let (amount, worth) = row.paid.entry(cell.fee_asset).or_default();
        let mut take = || -> Result<(), SumError> {
            (*amount, *worth) = (amount.plus(cell.sum.paid)?, worth.plus(cell.sum.fees)?);
            row.sum = row.sum.plus(cell.sum)?;
            Ok(())
        };
        take().map_err(unreadable)
    }

    fn finish(self) -> Result<PnlPage, SumError> {
        let (limit, more) = (self.query.limit, self.by_name.len() > self.query.limit);
        let mut groups: Vec<_> = self.by_name.into_iter().collect();
        if self.query.by == PnlBy::Day {
            groups.reverse();
        }
        let mut rows = Vec::new();
        for (group, currencies) in groups.into_iter().take(limit) {
            for (currency, row) in currencies {
                rows.push(row.told(group.clone(), currency)?);
            }
        }
        Ok(PnlPage { rows, more })
    }
}

impl Figures {
    fn told(self, group: PnlGroup, currency: String) -> Result<PnlRow, SumError> {
        let mut paid = Vec::new();
        for (asset, (amount, worth)) in self.paid {
            let (amount, in_quote) = (amount.to_decimal()?, worth.to_decimal()?);
            if !amount.is_zero() || !in_quote.is_zero() {
                paid.push(FeePaid { asset, amount, in_quote });
            }
        }
        let (realised, fees) = (self.sum.realised.to_decimal()?, self.sum.fees.to_decimal()?);
        Ok(PnlRow { group, currency, realised, fees, fills: self.sum.fills, paid })
    }
}

fn unreadable(error: SumError) -> Fault {
    Fault::unreadable("a sum of profits", error)
}
