//! Coinbase's ids are UUIDs: made from the simulator's numbers and back.

/// What an id stands for: a UUID of one kind is none of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Order = 0x1d,
    Fill = 0x2e,
    Trade = 0x3f,
    User = 0x4a,
    Wallet = 0x5b,
    Portfolio = 0x6c,
}

/// An odd factor, so that multiplication can be undone; it makes neighbours look unrelated.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The id of a number.
pub(super) fn id(kind: Kind, number: u64) -> String {
    let mixed = number.wrapping_mul(FACTOR);
    let check = check(kind, mixed);
    // Version 4 and its variant take six bits; the number's 64 bits stand around them, a check behind.
    let (a, b, c, d) = (mixed >> 32, (mixed >> 16) & 0xffff, (mixed >> 4) & 0x0fff, mixed & 0xf);
    format!("{a:08x}-{b:04x}-4{c:03x}-8{d:x}{:02x}-{:012x}", kind as u8, check & 0xffff_ffff_ffff)
}

/// The number behind an id of a kind.
pub(super) fn number(kind: Kind, id: &str) -> Option<u64> {
    let bytes = id.as_bytes();
    if bytes.len() != 36 || !id.is_ascii() {
        return None;
    }
    let hex = |range: std::ops::Range<usize>| u64::from_str_radix(id.get(range)?, 16).ok();
    let mixed = hex(0..8)? << 32 | hex(9..13)? << 16 | hex(15..18)? << 4 | hex(20..21)?;
    let number = mixed.wrapping_mul(inverse());
    (self::id(kind, number) == id.to_ascii_lowercase()).then_some(number)
}

fn check(kind: Kind, mixed: u64) -> u64 {
    (mixed ^ u64::from(kind as u8)).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(23)
}

/// The factor's inverse modulo 2^64, by Newton's iteration.
fn inverse() -> u64 {
    let mut inverse: u64 = 1;
    for _ in 0..6 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(FACTOR.wrapping_mul(inverse)));
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_and_lead_back() {
        for n in [0, 1, 2, 77, 1 << 40, u64::MAX] {
            let text = id(Kind::Order, n);
            assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{text}");
            assert_eq!(&text[14..15], "4");
            assert_eq!(number(Kind::Order, &text), Some(n));
            assert_eq!(number(Kind::Fill, &text), None);
        }
    }

    #[test]
    fn garbage_is_no_id() {
        for text in ["", "11111111-1111-4111-8111-111111111111", "é", &"é".repeat(18), &"-".repeat(36)] {
            assert_eq!(number(Kind::Order, text), None, "{text}");
        }
    }
}
