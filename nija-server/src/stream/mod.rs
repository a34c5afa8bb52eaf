//! The live stream of one user to one screen.

mod connection;
mod counts;
mod frames;

pub(crate) use connection::{Resume, run};
pub(crate) use counts::StreamCounts;
