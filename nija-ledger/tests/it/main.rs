//! The ledger as its users meet it.

mod conformance;
mod durability;
mod faults;
mod group_commit;
mod random;
mod store;
