//! The router's tests against in-memory venues, in one binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asked;
mod attended;
mod bans;
mod by_hand;
mod children;
mod control;
mod cost;
mod currencies;
mod doubt;
mod exits;
mod failover;
mod fills;
mod kill;
mod limited;
mod limits;
mod protection;
mod reach;
mod receipts;
mod restart;
mod risk;
mod scoring;
mod silent;
mod split;
mod stop_first;
mod stream_calls;
mod submit;
// Some of it is for the simulation alone.
#[allow(dead_code, unused_imports)]
mod support;
