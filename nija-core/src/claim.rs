//! An order as a request states it, beside what its sender says about it: what every signer holds against the user's policy.

use rust_decimal::Decimal;

use crate::{
    Authenticator, Notional, OrderPolicy, OrderReading, PolicyRefusal, RequestPurpose, Side, StatedOrder,
    Symbol, UnsignedRequest,
};

/// An order that a request places, read from the request, and its sender's words on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedOrder<'a> {
    /// What the request says.
    pub stated: StatedOrder,
    /// What its sender says that it trades.
    pub symbol: &'a Symbol,
    /// What its sender says that it does.
    pub side: Side,
    /// What its sender says that it is worth.
    pub expected: Notional,
}

impl ClaimedOrder<'_> {
    /// Holds it against a policy; `spent` is what was bought within the last hour. Answers with the value that counts.
    ///
    /// # Errors
    /// As [`OrderPolicy::check`].
    pub fn check(&self, policy: &OrderPolicy, spent: Decimal) -> Result<Decimal, PolicyRefusal> {
        policy.check(&self.stated, self.symbol, self.side, self.expected, spent)
    }
}

/// The order in a request, `None` where it places none. A request must be what its sender says it is; and a key that is not
/// stored (`is_stored`: no), which is only being checked, signs no order, nor what may be one.
///
/// # Errors
/// [`PolicyRefusal::Contradiction`], [`PolicyRefusal::Unreadable`], [`PolicyRefusal::NotStored`].
pub fn claimed_order<'a>(
    authenticator: &dyn Authenticator,
    request: &'a UnsignedRequest,
    is_stored: bool,
) -> Result<Option<ClaimedOrder<'a>>, PolicyRefusal> {
    let claimed = match &request.purpose {
        RequestPurpose::PlaceOrder { symbol, side, notional } => Some((symbol, *side, *notional)),
        _ => None,
    };
    match (authenticator.order_in(request), claimed) {
        (OrderReading::NoOrder, None) => Ok(None),
        (OrderReading::NoOrder, Some(_)) => Err(PolicyRefusal::Contradiction("it places no order")),
        // What cannot be read may be an order: such a key has no policy that it could be held against.
        (OrderReading::Order(_) | OrderReading::Unreadable, _) if !is_stored => Err(PolicyRefusal::NotStored),
        (OrderReading::Order(stated), Some((symbol, side, expected))) => {
            Ok(Some(ClaimedOrder { stated, symbol, side, expected }))
        }
        (OrderReading::Order(_), None) => Err(PolicyRefusal::Contradiction("it places an order")),
        (OrderReading::Unreadable, _) => Err(PolicyRefusal::Unreadable),
    }
}
