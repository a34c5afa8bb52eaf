//! Settings.

use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::wire::{ChangeRiskSettings, RiskSettings};

impl Client {
    /// The user's own limits as they hold now, and a loosening that waits.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn risk_settings(&self) -> Result<RiskSettings, ClientError> {
        self.call(Call::get(&["v1", "settings", "risk"])).await
    }

    /// Changes limits that the caller has `seen`: what becomes tighter holds at once, what becomes looser needs the password and waits.
    ///
    /// # Errors
    /// Problems `password_needed`, `password_refused`, `limits_invalid`, and `settings_changed` where they are others by now.
    pub async fn change_risk_settings(
        &self,
        seen: &RiskSettings,
        change: &ChangeRiskSettings,
    ) -> Result<RiskSettings, ClientError> {
        let call = Call::put(&["v1", "settings", "risk"]).json(change)?.if_match(&seen.version);
        self.call(call).await
    }

    /// Takes back a loosening that waits.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn keep_risk_settings(&self) -> Result<RiskSettings, ClientError> {
        self.call(Call::delete(&["v1", "settings", "risk", "pending"])).await
    }
}
