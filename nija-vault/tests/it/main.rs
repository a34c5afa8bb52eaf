//! The vault from outside: one binary for all, so that it links once.

#![allow(clippy::unwrap_used, clippy::panic)]

mod audit;
mod backups;
mod checkpoints;
mod common;
mod conformance;
mod files;
mod frozen;
mod leaks;
mod leases;
mod openbao;
mod points;
mod policies;
mod postgres;
mod replaced;
mod root;
mod roots;
mod rotation;
mod tamper;
mod tampered_log;
