//! The audit log: a chain of entries, each holding the hash of the one before, with signed checkpoints over it.

mod caller;
mod chain;
mod checkpoint;
mod entry;
mod file;
mod merkle;
mod pipeline;
mod proof;
mod record;
mod verify;

pub use caller::Caller;
pub(crate) use chain::Chain;
pub use checkpoint::Checkpoint;
pub(crate) use checkpoint::make as make_checkpoint;
pub(crate) use entry::Entry;
pub(crate) use file::FileSink;
pub use file::{FileSinkHealth, checkpoints_of_log, verify_audit_log};
pub(crate) use proof::prove;
pub use proof::{AuditProof, each_audit_record, prove_audit_entry};
pub use record::AuditRecord;
pub(crate) use record::of_user;
pub(crate) use verify::verify;
pub use verify::{AuditReport, verify_audit, verify_audit_file};
