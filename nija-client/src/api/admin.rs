//! For those who run the server.

use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::wire::{ClaimAdmin, KillSwitch, ReleaseKill, RoleOf, SetRole, ThrowKill};

impl Client {
    /// Makes the caller the first administrator, by the token that the server printed.
    ///
    /// # Errors
    /// Problem `admin_token_refused`.
    pub async fn claim_admin(&self, claim: &ClaimAdmin) -> Result<RoleOf, ClientError> {
        self.call(Call::post(&["v1", "admin", "claim"]).json(claim)?).await
    }

    /// Makes somebody an administrator, or no longer one.
    ///
    /// # Errors
    /// Problem `forbidden` for callers who are none.
    pub async fn set_role(&self, user: &str, set: &SetRole) -> Result<RoleOf, ClientError> {
        self.call(Call::put(&["v1", "admin", "users", user, "role"]).json(set)?).await
    }

    /// Every kill switch that is on, users' own included.
    ///
    /// # Errors
    /// Problem `forbidden` for callers who are no administrators.
    pub async fn all_kill_switches(&self) -> Result<Vec<KillSwitch>, ClientError> {
        self.call(Call::get(&["v1", "admin", "kill"])).await
    }

    /// Throws the kill switch of a venue, of the platform or of a user; `wait_ms` (at most 10000) holds the answer until all is confirmed.
    ///
    /// # Errors
    /// Problems `forbidden`, `venue_unknown`, `confirmation_needed`.
    pub async fn throw_kill(
        &self,
        throw: &ThrowKill,
        wait_ms: Option<u64>,
    ) -> Result<KillSwitch, ClientError> {
        self.call(Call::post(&["v1", "admin", "kill"]).json(throw)?.wait_ms(wait_ms)).await
    }

    /// Takes a kill switch off; answers with those that are on still.
    ///
    /// # Errors
    /// Problem `not_found` where none of this scope is on.
    pub async fn release_kill(&self, release: &ReleaseKill) -> Result<Vec<KillSwitch>, ClientError> {
        self.call(Call::delete(&["v1", "admin", "kill"]).json(release)?).await
    }
}
