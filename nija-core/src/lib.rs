//! Domain types and the traits every NIJA crate meets through.
