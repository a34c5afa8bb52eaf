//! The vault's own signature: checkpoints of the audit chain, and the list of sealing keys that it publishes.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use nija_core::VaultError;
use std::fmt;

use super::data_key::{KeyId, SecretKey, short_digest};

/// An Ed25519 key pair. Every message names what it is for in its first bytes, so that none is taken for another.
pub(crate) struct Identity {
    pub(crate) id: KeyId,
    pair: Ed25519KeyPair,
    public: [u8; 32],
}

impl Identity {
    /// The pair of a seed. As with sealing keys the public half is computed, never stored.
    pub(crate) fn new(seed: &SecretKey) -> Result<Self, VaultError> {
        const BAD: VaultError = VaultError::Envelope("its content is not a signing key");
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(|_| BAD)?;
        let public = <[u8; 32]>::try_from(pair.public_key().as_ref()).map_err(|_| BAD)?;
        Ok(Self { id: short_digest("nija identity key id", &[&public]), pair, public })
    }

    pub(crate) const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<[u8; 64], VaultError> {
        <[u8; 64]>::try_from(self.pair.sign(message).as_ref())
            .map_err(|_| VaultError::Envelope("the signature has an unexpected length"))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", hex::encode(self.public))
    }
}
