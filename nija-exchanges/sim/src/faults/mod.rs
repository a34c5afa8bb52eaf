//! Faults on request: scripted one by one, or drawn from a seed.

mod plan;
mod spec;

pub(crate) use self::plan::{FaultPlan, StreamFaults};
pub use self::spec::{Fault, FaultKind, RandomFaults};
