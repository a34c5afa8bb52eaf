//! For tests: the rules that every [`Ledger`](nija_core::Ledger) keeps, made-up events, and a slow ledger that is obviously right.
//!
//! Everything here panics where a rule is broken, as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bans;
mod conformance;
mod equity;
mod events;
mod fees;
mod fills;
mod orders;
mod pnl;
mod reference;
mod replay;
mod standing;

pub use conformance::conformance;
pub use events::Events;
pub use reference::ReferenceLedger;
