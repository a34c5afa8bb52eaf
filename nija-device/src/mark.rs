//! Ids of trades that the phone knows again as its own when the venue shows them, though its journal does not.
//!
//! An id is a version 7 UUID. Of its low 62 bits, 14 are random, 32 are a code over all that stands before them, made with a key that only
//! this exchange key's holder has, and 16 count the trade's orders: the client ids that the venue sees are the id and its count.

use aws_lc_rs::hmac;
use nija_core::{OrderId, Timestamp, VenueClientId};
use uuid::Uuid;

const COUNT_BITS: u32 = 16;
const COUNT: u128 = (1 << COUNT_BITS) - 1;
/// Count and code together.
const MARKED: u128 = (1 << 48) - 1;

/// Turns a new id into one that carries the mark.
pub(crate) fn marked(id: OrderId, key: &hmac::Key) -> OrderId {
    let open = id.as_uuid().as_u128() & !MARKED;
    OrderId::from_uuid(Uuid::from_u128(open | code(open, key) << COUNT_BITS))
}

/// The trade that an order at the venue belongs to, and the how manieth of its orders it is. `None` for what this phone did not send.
pub(crate) fn trade_of(order: VenueClientId, key: &hmac::Key) -> Option<(OrderId, u32)> {
    let id = order.as_uuid().as_u128();
    let open = id & !MARKED;
    let is_ours = (id & MARKED) >> COUNT_BITS == code(open, key);
    let count = u32::try_from(id & COUNT).ok()?;
    is_ours.then(|| (OrderId::from_uuid(Uuid::from_u128(id & !COUNT)), count))
}

/// When a marked id was made.
pub(crate) fn made_at(id: OrderId) -> Timestamp {
    let millis = i64::try_from(id.as_uuid().as_u128() >> 80).unwrap_or(0);
    Timestamp::from_micros(millis.saturating_mul(1000))
}

fn code(open: u128, key: &hmac::Key) -> u128 {
    let tag = hmac::sign(key, &open.to_be_bytes());
    let first = tag.as_ref().first_chunk::<4>().copied().unwrap_or_default();
    u128::from(u32::from_be_bytes(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::SeededEntropy;

    #[test]
    fn a_trades_orders_are_known_again_under_its_key_alone() {
        let key = |byte| hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32]);
        let (ours, entropy) = (key(1), SeededEntropy::new(7));
        let at = Timestamp::from_micros(1_790_000_000_123_000);
        for _ in 0..200 {
            let plain = OrderId::generate(at, &entropy);
            let id = marked(plain, &ours);
            assert_eq!((id.as_uuid().get_version_num(), made_at(id)), (7, at));
            for count in [0, 1, 700, 65_535] {
                let order = VenueClientId::derive(id, count);
                assert_eq!(trade_of(order, &ours), Some((id, count)));
                assert_eq!(trade_of(order, &key(2)), None);
            }
            assert_eq!(trade_of(VenueClientId::derive(plain, 0), &ours), None);
        }
    }
}
