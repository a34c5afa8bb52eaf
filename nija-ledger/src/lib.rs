//! The durable journal and its projections.
