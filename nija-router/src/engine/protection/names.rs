//! The client order ids of what a protection makes.

use nija_core::{ClientOrderId, ProtectionId};

use crate::engine::derived::RESERVED;

/// What an order of a protection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// Rests at the venue.
    Rest,
    /// Carries out the stop at market.
    Stop,
    /// Carries out a take-profit.
    Take(usize),
}

impl Purpose {
    /// What its orders are named for.
    pub(super) fn cause(self, id: ProtectionId) -> String {
        let id = id.as_uuid().simple();
        match self {
            Self::Rest => format!("p{id}r"),
            Self::Stop => format!("p{id}s"),
            Self::Take(n) => format!("p{id}t{n}"),
        }
    }

    /// The purpose of an order of this protection by its name.
    pub(super) fn of(name: &ClientOrderId, id: ProtectionId) -> Option<Self> {
        let rest = name.as_str().strip_prefix(RESERVED)?;
        let (cause, _) = rest.rsplit_once(':')?;
        let takes = (0..nija_core::MOST_TAKE_PROFITS).map(Self::Take);
        [Self::Rest, Self::Stop].into_iter().chain(takes).find(|purpose| purpose.cause(id) == cause)
    }
}

/// Whether an order was made by a protection.
pub(in crate::engine) fn is_own(name: &ClientOrderId) -> bool {
    name.as_str().strip_prefix(RESERVED).is_some_and(|rest| rest.starts_with('p'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::derived;

    #[test]
    fn an_order_tells_what_it_is_for() {
        let id = |n| ProtectionId::from_uuid(uuid::Uuid::from_u128(n));
        for purpose in [Purpose::Rest, Purpose::Stop, Purpose::Take(0), Purpose::Take(2)] {
            let name = derived::client_order_id(&purpose.cause(id(7)), 12).unwrap();
            assert!(is_own(&name));
            assert_eq!(Purpose::of(&name, id(7)), Some(purpose));
            assert_eq!(Purpose::of(&name, id(8)), None);
        }
        assert!(!is_own(&"p1".parse().unwrap()) && !is_own(&"nija:k1:0".parse().unwrap()));
    }
}
