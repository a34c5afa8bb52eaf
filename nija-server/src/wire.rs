//! From the platform's types to those that cross the wire: the facade's, which the Python module answers with as well.

pub(crate) use nija::wire::*;
