//! What accounts are worth at this moment, for the curve.

use nija_core::EquitySample;
use std::sync::Arc;

use super::{Engine, user::User};

impl Engine {
    /// The accounts of all users that are known here, by their ids; none of one that has no venue and holds nothing. Nothing is recorded.
    pub async fn equity_samples(&self) -> Vec<EquitySample> {
        let mut users: Vec<Arc<User>> = self.inner.users.read().values().cloned().collect();
        users.retain(|user| user.loaded.initialized());
        users.sort_unstable_by_key(|user| user.id);
        let mut samples = Vec::with_capacity(users.len());
        for user in users {
            samples.extend(self.inner.sample(&user).await);
        }
        samples
    }
}
