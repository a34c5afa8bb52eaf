//! Running sums by day, by all that they are told by, and of all days, so that no answer adds up the history.

use nija_core::{Symbol, UserId, VenueId};
use std::collections::BTreeMap;

use super::fills::NewFill;
use crate::{
    days,
    exact::{ExactSum, SumError},
    fault::{Fault, Outcome},
    numbers::{from_column, to_column},
    sql::Row,
};

/// What fills won and cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    pub(crate) realised: ExactSum,
    pub(crate) fees: ExactSum,
    /// The fees in the asset that was taken.
    pub(crate) paid: ExactSum,
    pub(crate) fills: u64,
}

impl Sum {
    pub(crate) fn plus(self, more: Self) -> Result<Self, SumError> {
        Ok(Self {
            realised: self.realised.plus(more.realised)?,
            fees: self.fees.plus(more.fees)?,
            paid: self.paid.plus(more.paid)?,
            fills: self.fills.saturating_add(more.fills),
        })
    }

    /// From four columns.
    pub(crate) fn read(row: &dyn Row, first: usize) -> Outcome<Self> {
        let sum = |at: usize| -> Outcome<ExactSum> { row.str(first + at)?.parse().map_err(unreadable) };
        Ok(Self { realised: sum(0)?, fees: sum(1)?, paid: sum(2)?, fills: from_column(row.get(first + 3)?) })
    }

    fn of(fill: &NewFill) -> Self {
        let paid = fill.paid.into();
        Self { realised: fill.realised.into(), fees: fill.fee.into(), paid, fills: u64::from(!fill.is_late) }
    }
}

/// Where, what, and what the fee was taken in.
pub(crate) type Place<'a> = (&'a VenueId, &'a Symbol, &'a str);

/// What fills add to the sums, by their days (by the venue's clock) and in all.
#[derive(Default)]
pub(crate) struct Sums<'f> {
    pub(crate) days: BTreeMap<(UserId, i64, &'f str), Sum>,
    pub(crate) cells: BTreeMap<(UserId, i64, Place<'f>), Sum>,
    pub(crate) totals: BTreeMap<(UserId, Place<'f>), Sum>,
}

impl<'f> Sums<'f> {
    pub(crate) fn of(fills: &'f [NewFill]) -> Outcome<Self> {
        let mut sums = Self::default();
        for fill in fills {
            let (user, day) = (fill.user, days::start(fill.at));
            let place = (&fill.venue, &fill.symbol, fill.fee_asset.as_str());
            for sum in [
                sums.days.entry((user, day, fill.currency.as_str())).or_default(),
                sums.cells.entry((user, day, place)).or_default(),
                sums.totals.entry((user, place)).or_default(),
            ] {
                *sum = sum.plus(Sum::of(fill)).map_err(unreadable)?;
            }
        }
        Ok(sums)
    }
}

/// A sum as it is stored.
pub(crate) struct Texts {
    pub(crate) realised: String,
    pub(crate) fees: String,
    pub(crate) paid: String,
    pub(crate) fills: i64,
}

impl Sum {
    /// What is stored, with this added.
    pub(crate) fn onto(self, stored: Option<Self>) -> Outcome<Texts> {
        let sum = stored.unwrap_or_default().plus(self).map_err(unreadable)?;
        Ok(Texts {
            realised: sum.realised.to_string(),
            fees: sum.fees.to_string(),
            paid: sum.paid.to_string(),
            fills: to_column(sum.fills),
        })
    }

    /// A day's from two columns.
    pub(crate) fn read_day(row: &dyn Row, first: usize) -> Outcome<Self> {
        let sum = |at: usize| -> Outcome<ExactSum> { row.str(first + at)?.parse().map_err(unreadable) };
        Ok(Self { realised: sum(0)?, fees: sum(1)?, ..Self::default() })
    }
}

fn unreadable(error: SumError) -> Fault {
    Fault::unreadable("a sum of profits", error)
}
