//! Risk: the one gate between an intent and a venue.

use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc};

use crate::{AccountState, OrderIntent, OrderSize, Reason};

/// What a policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allow,
    /// Go on with this smaller size.
    Resize {
        /// The new size.
        size: OrderSize,
        /// Why, for the user.
        reason: Reason,
    },
    /// Stop.
    Refuse(Reason),
}

/// One rule. Rules compose in order; each sees the size as the ones before left it. A rule must let exits through.
pub trait RiskPolicy: Send + Sync {
    /// A stable name: `daily_loss`.
    fn name(&self) -> &'static str;

    /// Judges an intent against the account.
    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict;
}

/// What one rule said, for the record and the preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RiskCheck {
    /// The rule.
    pub name: Cow<'static, str>,
    /// What it said.
    pub outcome: CheckOutcome,
    /// Why, where it did not simply allow.
    pub reason: Option<Reason>,
}

/// What a rule said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// Allowed.
    Allow,
    /// Made smaller.
    Resize,
    /// Refused.
    Refuse,
}

/// Something that risk let through. Only [`RiskChain::assess`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved<T> {
    inner: T,
}

impl<T> Approved<T> {
    /// What was approved.
    #[must_use]
    pub const fn get(&self) -> &T {
        &self.inner
    }

    /// Gives up the approval.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.inner
    }
}

/// The result of all rules.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// The approved intent (perhaps smaller than asked), or why not.
    pub verdict: Result<Approved<OrderIntent>, Reason>,
    /// What each rule said, up to and including the one that refused.
    pub checks: Vec<RiskCheck>,
}

/// A platform without a single rule is a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a risk chain needs at least one policy")]
pub struct EmptyRiskChain;

/// Rules in their order.
#[derive(Clone)]
pub struct RiskChain(Vec<Arc<dyn RiskPolicy>>);

impl RiskChain {
    /// Puts rules together.
    ///
    /// # Errors
    /// [`EmptyRiskChain`] when there is none.
    pub fn new(policies: Vec<Arc<dyn RiskPolicy>>) -> Result<Self, EmptyRiskChain> {
        if policies.is_empty() { Err(EmptyRiskChain) } else { Ok(Self(policies)) }
    }

    /// Asks every rule in order and stops at the first that refuses.
    #[must_use]
    pub fn assess(&self, mut intent: OrderIntent, account: &AccountState) -> Assessment {
        let mut checks = Vec::with_capacity(self.0.len());
        for policy in &self.0 {
            let (outcome, reason) = match policy.assess(&intent, account) {
                Verdict::Allow => (CheckOutcome::Allow, None),
                Verdict::Resize { size, reason } => {
                    intent.signal.size = size;
                    (CheckOutcome::Resize, Some(reason))
                }
                Verdict::Refuse(reason) => (CheckOutcome::Refuse, Some(reason)),
            };
            checks.push(RiskCheck { name: policy.name().into(), outcome, reason: reason.clone() });
            if let (CheckOutcome::Refuse, Some(reason)) = (outcome, reason) {
                return Assessment { verdict: Err(reason), checks };
            }
        }
        Assessment { verdict: Ok(Approved { inner: intent }), checks }
    }
}

impl std::fmt::Debug for RiskChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|policy| policy.name())).finish()
    }
}
