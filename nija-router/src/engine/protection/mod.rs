//! What guards open positions. A stop rests at its venue where the venue takes one; whether it rests or not, it is watched here against
//! the venue's quotes, and what went off is carried out until the position is closed. Each guarded position has one task, which takes one
//! step at a time; everything that it decides is on record before it acts, and every order that it makes is named for what caused it.

mod config;
mod exit;
mod guard;
mod names;
mod rest;
mod room;
mod set;
mod undo;

pub use config::ProtectionConfig;
pub(crate) use guard::Guards;
pub(super) use names::is_own;
pub(super) use rest::resting_kind;

use nija_core::{OrderId, PositionId, Protection, ProtectionPlan, UserId};

use super::{Engine, EngineError};

/// What guards a position, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectionStatus {
    /// The position.
    pub position: PositionId,
    /// The protection as it stands.
    pub protection: Protection,
    /// Where its stop stands now.
    pub stop: Option<nija_core::Price>,
    /// The order that rests at the venue for it; without one it is watched here.
    pub resting: Option<OrderId>,
    /// What is to be known of it, in words: why it does not rest, that the price is old.
    pub note: Option<String>,
}

impl Engine {
    /// Guards an open position by this plan from now on, instead of what guarded it before.
    ///
    /// # Errors
    /// [`EngineError::NoSuchPosition`], [`EngineError::Invalid`] with what does not fit, [`EngineError::Ledger`].
    pub async fn protect(
        &self,
        user: UserId,
        position: &PositionId,
        plan: ProtectionPlan,
    ) -> Result<ProtectionStatus, EngineError> {
        let (inner, position) = (self.inner.clone(), position.clone());
        self.run(async move { inner.protect(user, &position, plan).await }).await
    }

    /// Takes a position's protection away; answers whether it had one.
    ///
    /// # Errors
    /// [`EngineError::NoSuchPosition`], [`EngineError::Invalid`] where the position must keep its stop, [`EngineError::Ledger`].
    pub async fn unprotect(&self, user: UserId, position: &PositionId) -> Result<bool, EngineError> {
        let (inner, position) = (self.inner.clone(), position.clone());
        self.run(async move { inner.unprotect(user, &position).await }).await
    }

    /// What guards a user's positions.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn protections(&self, user: UserId) -> Result<Vec<ProtectionStatus>, EngineError> {
        let user = self.inner.user(user).await?;
        Ok(self.inner.protections_of(&user).await)
    }
}
