//! What Swift and Kotlin see of NIJA.
