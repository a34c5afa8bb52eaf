//! Executors: one folder per venue, and the paper venue.
