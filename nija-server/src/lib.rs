//! The reference host and the nija command.
