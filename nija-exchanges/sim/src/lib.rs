//! Wire-level simulators of trading venues.
