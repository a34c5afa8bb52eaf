//! What was done with the user's keys, and the proof of it.

use super::PageQuery;
use crate::audit::{AuditEntry, AuditProof, AuditProofError};
use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::wire::{KeyEvent, Page};

impl Client {
    /// What was done with the user's keys, newest first, as the server tells it.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn key_events(&self, page: &PageQuery) -> Result<Page<KeyEvent>, ClientError> {
        self.call(Call::get(&["v1", "credentials", "audit"]).page(page)).await
    }

    /// The proof that an entry about the user's keys is in the vault's log, unchecked: [`AuditProof::verify`] checks it.
    ///
    /// # Errors
    /// Problem `not_found` for an entry that is not the user's; see [`ClientError`] for the rest.
    pub async fn key_event_proof(&self, seq: u64) -> Result<AuditProof, ClientError> {
        self.call(Call::get(&["v1", "credentials", "audit", &seq.to_string(), "proof"])).await
    }

    /// The entry as it stands in the vault's log, proven to this device by the pinned key alone
    /// ([`ClientConfig::vault_pin`](crate::ClientConfig::vault_pin); without one, the vault that is met now is pinned).
    ///
    /// # Errors
    /// [`ClientError::Unproven`] where the server's word is not the log's; as [`Client::key_event_proof`].
    pub async fn proven_key_event(&self, seq: u64) -> Result<AuditEntry, ClientError> {
        let pin = match self.vault_pin() {
            Some(pin) => pin,
            None => {
                self.sealing_key().await?;
                self.vault_pin().ok_or(AuditProofError::NotSigned)?
            }
        };
        let proof = self.key_event_proof(seq).await?;
        proof.verify(&pin)?;
        // Another entry's proof is none of this one.
        if proof.entry.seq == seq { Ok(proof.entry) } else { Err(AuditProofError::NotIncluded.into()) }
    }
}
