//! OKX's numbers: long, and of one row for orders, algo orders and bills.

/// What is numbered, with where its numbers begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Order = 2_400,
    Algo = 2_500,
    Bill = 2_600,
    Attached = 2_700,
}

const UNIT: u64 = 1_000_000_000_000_000;

pub(super) fn id(kind: Kind, number: u64) -> String {
    (kind as u64 * UNIT + number).to_string()
}

/// The number behind an id of this kind.
pub(super) fn number(kind: Kind, id: &str) -> Option<u64> {
    let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let number = id.parse::<u64>().ok().filter(|_| digits)?.checked_sub(kind as u64 * UNIT)?;
    (number < 100 * UNIT).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_do_not_mix() {
        let order = id(Kind::Order, 1_000_001);
        assert_eq!(order, "2400000000001000001");
        assert_eq!(number(Kind::Order, &order), Some(1_000_001));
        assert_eq!(number(Kind::Algo, &order), None);
        assert_eq!(number(Kind::Order, &id(Kind::Algo, 1)), None);
        for bad in ["", "x", "-1", "+2400000000001000001", "99999999999999999999999"] {
            assert_eq!(number(Kind::Order, bad), None, "{bad}");
        }
    }
}
