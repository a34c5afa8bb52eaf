//! Client order ids of orders that the engine makes by itself: they follow from what caused them, so that a restart finds the order
//! that it made instead of making another.

use nija_core::ClientOrderId;

/// What they begin with; no caller may use it.
pub(crate) const RESERVED: &str = "nija:";

/// The `n`th order for `cause`, which must not be longer than 48 characters of those that an id may hold.
pub(crate) fn client_order_id(cause: &str, n: u32) -> Option<ClientOrderId> {
    ClientOrderId::new(&format!("{RESERVED}{cause}:{n}")).ok()
}

/// A name of fixed length for something whose own is too long to be part of an id (FNV-1a). Names that one user's venues gave out are not
/// chosen to collide, and if two did, the second would wait for the first.
pub(crate) fn short(name: &str) -> String {
    let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_their_cause_and_fit() {
        let longest = "x".repeat(48);
        let id = client_order_id(&longest, u32::MAX).unwrap();
        assert!(id.as_str().starts_with(RESERVED));
        assert_eq!(client_order_id("k:1", 2), client_order_id("k:1", 2));
        assert_ne!(client_order_id("k:1", 2), client_order_id("k:1", 3));
        assert_eq!(short("").len(), 16);
        assert_ne!(short("kraken:BTC-USD:e1"), short("kraken:BTC-USD:e2"));
    }
}
