//! The rules of the domain types, through their public API.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod account;
mod credentials;
mod journal;
mod market;
mod orders;
mod requests;
mod risk;
mod routing;
mod support;
mod values;
mod venues;
