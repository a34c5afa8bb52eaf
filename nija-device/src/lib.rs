//! Custody mode `device`: the exchange key stays on the user's phone, which signs there and sends straight to the venue.
//!
//! No server takes part: neither the key nor a signed request ever passes one. What is here is the small part of the platform that
//! this needs: the host's [`Store`] and [`KeyWrap`], a signer with the same checks as the vault's (the venue's list of endpoints, the
//! user's [`OrderPolicy`](nija_core::OrderPolicy)), the same executors, and a journal of the orders that the phone itself sends.
//!
//! Three rules are the whole of its trading:
//!
//! - **A position is opened together with its stop at the venue, or not at all.** The phone may be off the next minute, so nothing is
//!   watched here. Entries fill at once or not (a resting one would fill while nobody can place its stop); the stop is placed as soon
//!   as the fill is known; a stop that the venue refuses undoes the entry; and if that fails too, the user is told at once.
//! - **What may have been sent is never sent again.** The client id is made once and is in the store before a byte leaves. A lost
//!   answer is looked up under that id; the order counts as never placed only when the venue looked and had none after the time that
//!   it bounds by contract, by a clock that the user can set and by one that nobody can. Until then nothing new is opened at that venue.
//! - **A journal that is not the one that was written last sends nothing.** Each entry is chained to the one before and proven by the key, its
//!   count stands beside the key, and the venue is asked for orders that it does not name ([`Device::reconcile`]).

mod books;
mod chain;
mod connect;
mod device;
mod error;
mod held;
mod journal;
mod lookup;
mod mark;
mod nonces;
mod reconcile;
mod rules;
mod sealed;
mod signer;
mod spent;
mod steady;
mod step;
mod store;
mod trade;
mod venue;

pub use chain::JournalDoubt;
pub use connect::NewKey;
pub use device::{Device, DeviceParts};
pub use error::DeviceError;
pub use journal::{Leg, Protection, Role, Trade};
pub use sealed::DeviceKeyInfo;
pub use steady::SteadyClock;
pub use store::{KeyWrap, Store, StoreFailed, WrapFailed};
pub use trade::{Opening, Selling};

/// Domain types (the crate `nija-core`).
pub use nija_core as core;
/// Venues and their addresses, as the platform's hosts configure them.
pub use nija_exchanges::{VenueAddresses, VenueConfig};
