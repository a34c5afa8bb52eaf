//! The live stream of one user to one screen.

mod connection;
mod counts;
mod frames;
mod shared;

pub(crate) use connection::{Resume, run};
pub(crate) use counts::StreamCounts;
