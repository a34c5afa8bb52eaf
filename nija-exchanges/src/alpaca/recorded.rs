//! Recorded answers are understood.
