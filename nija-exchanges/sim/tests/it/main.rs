//! The simulators seen from outside: over the wire, and through the library.

mod admin;
mod auth;
mod engine;
mod faults;
mod garbage;
mod limits;
mod orders;
mod public;
mod streams;
mod support;
mod venues;
