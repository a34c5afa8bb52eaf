//! Maps by the platform's own ids.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
};

/// A map by an id that this platform made.
pub(crate) type ById<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;
/// A set of such ids.
pub(crate) type Ids<K> = HashSet<K, BuildHasherDefault<IdHasher>>;

/// A map by a name that a venue or the user gave: seeded anew for each map, in a fraction of the standard hasher's time.
pub(crate) type ByName<K, V> = HashMap<K, V, foldhash::quality::RandomState>;
/// A set of such names.
pub(crate) type NameSet<K> = HashSet<K, foldhash::quality::RandomState>;

/// Ids are UUIDs with 74 bits of our own randomness, so nobody outside can choose them to collide: folding their bytes is enough,
/// at a fraction of what a keyed hash costs. Names that users or venues choose have [`ByName`].
#[derive(Debug, Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    /// The length of an id says nothing.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        // The map takes its place from the low bits and its tag from the high ones; a product is good in the high ones.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{OrderId, SeededEntropy, Timestamp};
    use std::hash::{BuildHasher as _, BuildHasherDefault};

    #[test]
    fn ids_of_one_moment_spread_over_the_places_of_a_map() {
        let entropy = SeededEntropy::new(5);
        let build = BuildHasherDefault::<IdHasher>::default();
        let places: HashSet<u64> = (0..4096)
            .map(|_| build.hash_one(OrderId::generate(Timestamp::from_micros(1), &entropy)) & 0xFFFF)
            .collect();
        // Of 4096 thrown into 65536 places, chance leaves about 3970 apart.
        assert!(places.len() > 3900, "{}", places.len());
    }
}
