//! The vault from outside: one binary for all, so that it links once.

mod audit;
mod common;
mod conformance;
mod files;
mod frozen;
mod leases;
mod root;
mod tamper;
