//! Kraken's order and trade ids (`OQCLML-BW3P3-BUCMWZ`), made from the engine's numbers and back.

/// Kraken's ids are capital letters and digits.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// An odd factor, so that multiplication can be undone; it makes neighbours look unrelated.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// An order's id.
pub(crate) fn order_txid(id: u64) -> String {
    encode('O', id)
}

/// A fill's id.
pub(crate) fn trade_txid(id: u64) -> String {
    encode('T', id)
}

/// The number behind an order's id.
pub(crate) fn parse_order(txid: &str) -> Option<u64> {
    decode('O', txid)
}

/// The number behind a fill's id.
pub(crate) fn parse_trade(txid: &str) -> Option<u64> {
    decode('T', txid)
}

fn encode(prefix: char, id: u64) -> String {
    let mixed = id.wrapping_mul(FACTOR);
    // 15 symbols of 5 bits: 64 bits of number, 11 bits of check.
    let check = u128::from(check(prefix, mixed));
    let bits = (check << 64) | u128::from(mixed);
    let mut out = String::with_capacity(18);
    out.push(prefix);
    for index in 0..15 {
        if index == 5 || index == 10 {
            out.push('-');
        }
        let symbol = usize::try_from((bits >> (5 * (14 - index))) & 31).unwrap_or(0);
        out.push(char::from(ALPHABET[symbol]));
    }
    out
}

fn decode(prefix: char, txid: &str) -> Option<u64> {
    let bytes = txid.as_bytes();
    if bytes.len() != 18 || bytes[6] != b'-' || bytes[12] != b'-' || char::from(bytes[0]) != prefix {
        return None;
    }
    let mut bits: u128 = 0;
    for byte in bytes[1..].iter().filter(|byte| **byte != b'-') {
        let value = ALPHABET.iter().position(|symbol| symbol == byte)?;
        bits = (bits << 5) | u128::try_from(value).ok()?;
    }
    let mixed = u64::try_from(bits & u128::from(u64::MAX)).ok()?;
    if bits >> 64 != u128::from(check(prefix, mixed)) {
        return None;
    }
    Some(mixed.wrapping_mul(inverse()))
}

fn check(prefix: char, mixed: u64) -> u64 {
    (mixed ^ u64::from(u32::from(prefix))).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 53
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
    fn ids_have_krakens_shape_and_lead_back() {
        for id in [1, 2, 77, 1 << 40, u64::MAX] {
            let txid = order_txid(id);
            assert_eq!(txid.len(), 18, "{txid}");
            assert_eq!(parse_order(&txid), Some(id));
            assert_eq!(parse_trade(&txid), None);
            assert_eq!(parse_trade(&trade_txid(id)), Some(id));
        }
    }

    #[test]
    fn garbage_is_no_id() {
        for text in ["", "O", "OQCLML-BW3P3-BUCMWZ", "O00000-00000-000000", "Oééééé-ééééé-éééééé"]
        {
            assert_eq!(parse_order(text), None, "{text}");
        }
    }
}
