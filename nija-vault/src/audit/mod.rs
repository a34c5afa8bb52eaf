//! The audit log: a chain of entries, each holding the hash of the one before.

mod chain;
mod entry;
mod verify;

pub(crate) use chain::Chain;
pub(crate) use entry::Entry;
pub(crate) use verify::verify;
pub use verify::{AuditReport, verify_audit_file};
