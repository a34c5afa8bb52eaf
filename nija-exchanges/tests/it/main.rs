//! Tests of the executors through their public API.

mod conformance;
mod kraken;
mod paper;
mod support;
mod transport;
