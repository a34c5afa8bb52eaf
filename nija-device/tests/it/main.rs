//! The phone's desk against simulated venues, over the wire.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod doubt;
mod journal;
mod keys;
mod phone;
mod positions;
mod refusals;
