//! What guards positions, and the kill switch.

use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::wire::{KillSwitch, NewProtection, Protection, SetKillSwitch};

impl Client {
    /// What guards a position. Problem `not_found` where nothing does.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn protection(&self, position: &str) -> Result<Protection, ClientError> {
        self.call(Call::get(&["v1", "positions", position, "protection"])).await
    }

    /// Guards a position from now on, instead of what guarded it before.
    ///
    /// # Errors
    /// Problem `order_invalid` says what does not fit.
    pub async fn protect(&self, position: &str, plan: &NewProtection) -> Result<Protection, ClientError> {
        self.call(Call::put(&["v1", "positions", position, "protection"]).json(plan)?).await
    }

    /// Takes a position's protection away.
    ///
    /// # Errors
    /// Problem `order_invalid` where the position must keep its stop.
    pub async fn unprotect(&self, position: &str) -> Result<(), ClientError> {
        self.command(Call::delete(&["v1", "positions", position, "protection"])).await
    }

    /// What guards the caller's open positions.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn protections(&self) -> Result<Vec<Protection>, ClientError> {
        self.call(Call::get(&["v1", "positions", "protection"])).await
    }

    /// The kill switches that concern the caller.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn kill_switches(&self) -> Result<Vec<KillSwitch>, ClientError> {
        self.call(Call::get(&["v1", "kill-switch"])).await
    }

    /// Throws the caller's kill switch or takes it off; `wait_ms` (at most 10000) holds the answer until all is confirmed.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn set_kill_switch(
        &self,
        set: &SetKillSwitch,
        wait_ms: Option<u64>,
    ) -> Result<Vec<KillSwitch>, ClientError> {
        self.call(Call::post(&["v1", "kill-switch"]).json(set)?.wait_ms(wait_ms)).await
    }
}
