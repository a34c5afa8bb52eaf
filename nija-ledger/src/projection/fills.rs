//! Fills, and of each user and venue the newest. An execution is the user's once, whatever the venue repeats.

use nija_core::{ExecutionId, Fill, Symbol, UserId, VenueId};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

use super::{
    Map,
    lookups::{Lookups, Recorded},
};
use crate::fault::Outcome;

/// A fill that the tables lack: what they and the sums store of it.
pub(crate) struct NewFill {
    pub(crate) seq: u64,
    pub(crate) user: UserId,
    pub(crate) venue: VenueId,
    pub(crate) execution_id: ExecutionId,
    pub(crate) at: i64,
    pub(crate) currency: String,
    pub(crate) realised: Decimal,
    pub(crate) fee: Decimal,
    pub(crate) symbol: Symbol,
    pub(crate) fee_asset: String,
    /// The fee in units of that asset.
    pub(crate) paid: Decimal,
    /// Whether the fee counts as nothing, since nobody told what its asset is worth.
    pub(crate) unvalued: bool,
    /// Whether the fill is there and only the worth of its fee is new.
    pub(crate) is_late: bool,
}

impl NewFill {
    pub(crate) fn new(seq: u64, fill: &Fill, realised: Decimal) -> Self {
        let execution = &fill.execution;
        Self {
            seq,
            user: fill.user,
            venue: execution.venue.clone(),
            execution_id: execution.execution_id.clone(),
            at: execution.at.micros(),
            currency: execution.symbol.quote().to_owned(),
            realised,
            fee: fill.fee_in_quote,
            symbol: execution.symbol.clone(),
            fee_asset: execution.fee_asset.clone(),
            paid: execution.fee,
            unvalued: fill.lacks_fee(),
            is_late: false,
        }
    }

    /// What a fee is worth that counted as nothing.
    pub(crate) fn late(seq: u64, fill: &Fill) -> Self {
        Self { paid: Decimal::ZERO, is_late: true, ..Self::new(seq, fill, Decimal::ZERO) }
    }

    /// Whether it is this user's execution.
    pub(crate) fn is(&self, user: UserId, fill: &Fill) -> bool {
        self.user == user
            && self.execution_id == fill.execution.execution_id
            && self.venue == fill.execution.venue
    }
}

/// Fills that the tables lack.
#[derive(Default)]
pub(crate) struct Fills {
    new: Vec<NewFill>,
    known: Map<Key, Recorded>,
    /// Those that were handed over and are not known to be in the table yet.
    under_way: Map<Key, Recorded>,
}

/// Whose, where, which.
type Key = (UserId, VenueId, ExecutionId);

impl Fills {
    /// This user's execution, where it is recorded.
    pub(crate) fn find(&self, tables: &dyn Lookups, user: UserId, fill: &Fill) -> Outcome<Option<Recorded>> {
        match self.get(user, fill) {
            Some(known) => Ok(Some(known)),
            None => tables.fill(user, fill),
        }
    }

    /// The same without the table.
    pub(crate) fn get(&self, user: UserId, fill: &Fill) -> Option<Recorded> {
        let execution = &fill.execution;
        let key = (user, execution.venue.clone(), execution.execution_id.clone());
        self.known.get(&key).or_else(|| self.under_way.get(&key)).copied()
    }

    pub(crate) fn take(&mut self, fills: Vec<NewFill>) {
        for fill in fills {
            let recorded = Recorded { unvalued: fill.unvalued };
            self.known.insert((fill.user, fill.venue.clone(), fill.execution_id.clone()), recorded);
            self.new.push(fill);
        }
    }

    /// What the table lacks.
    pub(crate) fn hand_over(&mut self) -> Vec<NewFill> {
        self.under_way.extend(std::mem::take(&mut self.known));
        std::mem::take(&mut self.new)
    }

    /// What was handed over is in the table.
    pub(crate) fn written(&mut self) {
        self.under_way.clear();
    }
}

/// The newest of each user and venue.
pub(crate) fn newest<'f>(fills: impl Iterator<Item = &'f NewFill>) -> BTreeMap<(UserId, &'f VenueId), i64> {
    let mut newest: BTreeMap<(UserId, &VenueId), i64> = BTreeMap::new();
    for fill in fills {
        let at = newest.entry((fill.user, &fill.venue)).or_insert(fill.at);
        *at = fill.at.max(*at);
    }
    newest
}
