//! For tests: the services that the set-up started (`tools/services`), and servers of a test's own that it may kill.
//!
//! Everything here panics where a service does not do as it is told, as tests do.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::missing_panics_doc)]

mod authority;
mod database;
mod server;

pub use authority::{Authority, Certificate};
pub use database::Database;
pub use server::Server;

/// What the set-up says of a service (`NIJA_TEST_POSTGRES`, `NIJA_TEST_OPENBAO` and others). `None`, with a line that says so, where it
/// was not started; where it promised its services (`NIJA_TEST_SERVICES=required`) a missing one is an error.
#[must_use]
pub fn service(variable: &str) -> Option<String> {
    let found = std::env::var(variable).ok();
    if found.is_none() {
        let required = std::env::var("NIJA_TEST_SERVICES").is_ok_and(|value| value == "required");
        assert!(!required, "the set-up promised services, and {variable} is missing");
        println!("SKIPPED {}: {variable} is not set", std::thread::current().name().unwrap_or("a test"));
    }
    found
}
