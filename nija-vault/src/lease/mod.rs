//! Leases: decrypted credentials in memory, for as long as they may sign.

mod book;
mod nonces;
mod secret;
mod signer;

pub(crate) use book::Book;
pub(crate) use nonces::{NonceLeases, nonce_key};
pub(crate) use secret::{Lease, LeaseParts};
pub(crate) use signer::LeaseSigner;
