//! The rows, one file for each setting.

mod idle;
mod orders;
mod streams;
mod users;

pub(super) use idle::idle;
pub(super) use orders::{alone, http, postgres, venue};
pub(super) use streams::streams;
pub(super) use users::users;
