//! The server as its callers meet it: real servers on ports of their own, temporary data folders, simulated exchanges on the wire.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::needless_pass_by_value)] // Helpers of tests count as tests.

mod admin;
mod api;
mod auth;
mod bench;
mod commands;
mod credentials;
mod custody;
mod demo;
mod dumps;
mod equity;
mod isolation;
mod kill_switch;
mod limits;
mod lists;
mod metrics;
mod openapi;
mod orders;
mod pnl;
mod problems;
mod protection;
mod proxies;
mod receipts;
mod refusals;
mod restart;
mod risk_settings;
mod rotation;
mod routing_settings;
mod secrets;
mod stream;
mod streams;
mod support;
mod transit_root;
mod vault;
mod web;
