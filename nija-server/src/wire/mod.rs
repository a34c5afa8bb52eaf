//! From the platform's types to those that cross the wire.

mod activity;
mod decision;
mod order;
mod position;
mod words;

pub(crate) use activity::{activity, is_told};
pub(crate) use decision::decision;
pub(crate) use order::order;
pub(crate) use position::{marked_position, position};
