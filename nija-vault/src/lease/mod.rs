//! Leases: decrypted credentials in memory, for as long as they may sign.

mod book;
mod buys;
mod nonces;
mod revisions;
mod secret;
mod signer;
mod sweeper;
mod unlocks;

pub(crate) use book::Book;
pub(crate) use buys::Buys;
pub(crate) use nonces::{NonceLeases, nonce_key};
pub(crate) use revisions::Revisions;
pub(crate) use secret::{Lease, LeaseParts};
pub(crate) use signer::LeaseSigner;
pub(crate) use sweeper::Sweeper;
pub(crate) use unlocks::{Unlocked, Unlocks};
