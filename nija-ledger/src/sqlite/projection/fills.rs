//! The tables `fills` and `newest_fills`. An execution is the user's once, whatever the venue repeats.

use nija_core::{ExecutionId, Fill, Symbol, UserId, VenueId};
use rusqlite::{Connection, params};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashSet};

use super::super::{fault::Outcome, numbers::to_column};

pub(in crate::sqlite) const KNOWN: &str =
    "SELECT 1 FROM fills WHERE user = ?1 AND venue = ?2 AND execution_id = ?3";
const INSERT: &str = "INSERT INTO fills (seq, user, venue, execution_id, at, currency, realised, fee)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const NEWEST: &str = "INSERT INTO newest_fills (user, venue, at) VALUES (?1, ?2, ?3)
    ON CONFLICT (user, venue) DO UPDATE SET at = max(at, excluded.at)";

/// A fill that the tables lack: what they and the sums store of it.
pub(super) struct NewFill {
    seq: u64,
    user: UserId,
    venue: VenueId,
    execution_id: ExecutionId,
    pub(super) at: i64,
    pub(super) currency: String,
    pub(super) realised: Decimal,
    pub(super) fee: Decimal,
    pub(super) symbol: Symbol,
    pub(super) fee_asset: String,
    /// The fee in units of that asset.
    pub(super) paid: Decimal,
}

impl NewFill {
    pub(super) fn new(seq: u64, fill: &Fill, realised: Decimal) -> Self {
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
        }
    }

    pub(super) const fn user(&self) -> UserId {
        self.user
    }

    pub(super) const fn venue(&self) -> &VenueId {
        &self.venue
    }

    /// Whether it is this user's execution.
    pub(super) fn is(&self, user: UserId, fill: &Fill) -> bool {
        self.user == user
            && self.execution_id == fill.execution.execution_id
            && self.venue == fill.execution.venue
    }
}

/// Fills that the tables lack.
#[derive(Default)]
pub(super) struct Fills {
    new: Vec<NewFill>,
    known: HashSet<Key>,
    /// Those that were handed over and are not known to be in the table yet.
    under_way: HashSet<Key>,
}

/// Whose, where, which.
type Key = (UserId, VenueId, ExecutionId);

impl Fills {
    /// Whether this user's execution is recorded already.
    pub(super) fn is_known(&self, connection: &Connection, user: UserId, fill: &Fill) -> Outcome<bool> {
        let execution = &fill.execution;
        let key = (user, execution.venue.clone(), execution.execution_id.clone());
        if self.known.contains(&key) || self.under_way.contains(&key) {
            return Ok(true);
        }
        Ok(connection.prepare_cached(KNOWN)?.exists(params![
            user.as_uuid().as_bytes(),
            execution.venue.as_str(),
            execution.execution_id.as_str()
        ])?)
    }

    pub(super) fn take(&mut self, fills: Vec<NewFill>) {
        for fill in fills {
            self.known.insert((fill.user, fill.venue.clone(), fill.execution_id.clone()));
            self.new.push(fill);
        }
    }

    /// What the table lacks.
    pub(super) fn hand_over(&mut self) -> Vec<NewFill> {
        self.under_way.extend(std::mem::take(&mut self.known));
        std::mem::take(&mut self.new)
    }

    /// What was handed over is in the table.
    pub(super) fn written(&mut self) {
        self.under_way.clear();
    }
}

/// Writes fills, and of each user and venue the newest.
pub(super) fn write(connection: &Connection, fills: &[NewFill]) -> Outcome<()> {
    let mut newest: BTreeMap<(UserId, &VenueId), i64> = BTreeMap::new();
    for fill in fills {
        connection.prepare_cached(INSERT)?.execute(params![
            to_column(fill.seq),
            fill.user.as_uuid().as_bytes(),
            fill.venue.as_str(),
            fill.execution_id.as_str(),
            fill.at,
            fill.currency,
            fill.realised.to_string(),
            fill.fee.to_string(),
        ])?;
        let at = newest.entry((fill.user, &fill.venue)).or_insert(fill.at);
        *at = fill.at.max(*at);
    }
    for ((user, venue), at) in newest {
        connection.prepare_cached(NEWEST)?.execute(params![user.as_uuid().as_bytes(), venue.as_str(), at])?;
    }
    Ok(())
}
