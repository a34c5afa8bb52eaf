//! NIJA.
