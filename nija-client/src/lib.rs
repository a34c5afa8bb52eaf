//! Typed client of the NIJA server's API; owns the wire types.

pub mod wire;
