//! What a kill switch has come to.

use nija_core::{Dust, JournalEvent, KillSwitch, Timestamp, Unconfirmed, UserId, VenueBalance, VenueId};
use std::collections::BTreeMap;

/// What a venue said when it was asked whether an account is flat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueProof {
    /// Whose account.
    pub user: UserId,
    /// Which venue.
    pub venue: VenueId,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// How many orders it has open there.
    pub open_orders: usize,
    /// How many positions are left there by the executions that it told.
    pub positions: usize,
    /// What is there, as it said.
    pub balances: Vec<VenueBalance>,
}

/// A kill switch that is on, and what it has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KillReport {
    /// The switch.
    pub switch: KillSwitch,
    /// Whether its work is done.
    pub done: bool,
    /// Whether, with its work done, the venues have no order and no position in its scope.
    pub flat: bool,
    /// What is not confirmed: so far, or at the end.
    pub unconfirmed: Vec<Unconfirmed>,
    /// Positions too small to be closed, where closing them was wanted: so far, or at the end.
    pub dust: Vec<Dust>,
    /// What the venues said last.
    pub proof: Vec<VenueProof>,
}

impl KillReport {
    /// Whether, with its work done, the venues have no order, and of positions only what is too small to be closed.
    #[must_use]
    pub fn flat_except_dust(&self) -> bool {
        self.done && self.switch.flatten && !self.flat && self.unconfirmed.is_empty() && !self.dust.is_empty()
    }

    /// As one user may see it: nothing of others.
    pub(super) fn only_of(mut self, user: Option<UserId>) -> Self {
        if let Some(user) = user {
            self.unconfirmed.retain(|left| left.user == user);
            self.proof.retain(|proof| proof.user == user);
            self.dust.retain(|dust| dust.user == user);
            if let Some(outcome) = &mut self.switch.outcome {
                outcome.left.retain(|left| left.user == user);
                outcome.dust.retain(|dust| dust.user == user);
            }
        }
        self
    }
}

/// How far a switch has come with one user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct UserProgress {
    /// What is to be confirmed still, or cannot be.
    pub(super) left: Vec<Unconfirmed>,
    pub(super) proof: Vec<VenueProof>,
    /// Positions that are too small to be closed.
    pub(super) dust: Vec<Dust>,
    /// Whether there is nothing that another round could better.
    pub(super) settled: bool,
    /// Positions that it could not close, when it had settled.
    pub(super) stuck: usize,
    /// Whether no position is left, and no order either: not even one that is spared.
    pub(super) nothing: bool,
}

/// How far a switch has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) users: BTreeMap<UserId, UserProgress>,
    /// That it is on, while it could not be put on record.
    pub(super) unrecorded: Option<JournalEvent>,
}

impl Progress {
    /// Everything that is not confirmed.
    pub(super) fn left(&self) -> Vec<Unconfirmed> {
        self.users.values().flat_map(|user| user.left.iter().cloned()).collect()
    }

    /// What is too small to be closed.
    pub(super) fn dust(&self) -> Vec<Dust> {
        self.users.values().flat_map(|user| user.dust.iter().cloned()).collect()
    }

    /// Whether no order and no position is left.
    pub(super) fn flat(&self) -> bool {
        self.users.values().all(|user| user.settled && user.left.is_empty() && user.nothing)
    }

    pub(super) fn report(&self, switch: &KillSwitch) -> KillReport {
        let proof = self.users.values().flat_map(|user| user.proof.iter().cloned()).collect();
        let (done, flat, mut unconfirmed, dust) = match &switch.outcome {
            Some(outcome) => (true, outcome.flat, outcome.left.clone(), outcome.dust.clone()),
            None => (false, false, self.left(), self.dust()),
        };
        if self.unrecorded.is_some() {
            unconfirmed.push(Unconfirmed {
                user: switch.user,
                venue: None,
                order: None,
                why: "the switch is on and could not be put on record yet: a restart would forget it".into(),
            });
        }
        KillReport { switch: switch.clone(), done, flat, unconfirmed, dust, proof }
    }
}
