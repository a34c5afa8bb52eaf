//! Types for what the wire carries as text, where a program would otherwise compare strings.

use rust_decimal::Decimal;

use crate::wire::{NewOrder, Order};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrderState {
    /// Taken up.
    Pending,
    /// Passed risk; being routed.
    Routing,
    /// Waits in its venue's lane.
    Queued,
    /// Being sent.
    Executing,
    /// Rests at the venue.
    Working,
    /// Rests at the venue, filled in part.
    PartialFill,
    /// Filled whole. Final.
    Filled,
    /// Refused by risk or the venue. Final.
    Rejected,
    /// Cancelled. Final.
    Cancelled,
    /// Its time in force ended. Final.
    Expired,
    /// Could not be carried out. Final.
    Failed,
    /// The venue's answer was lost; being found out.
    Unknown,
    /// A state that this version does not know.
    Other,
}

impl OrderState {
    /// Reads the wire's word.
    #[must_use]
    pub fn from_wire(word: &str) -> Self {
        match word {
            "pending" => Self::Pending,
            "routing" => Self::Routing,
            "queued" => Self::Queued,
            "executing" => Self::Executing,
            "working" => Self::Working,
            "partial_fill" => Self::PartialFill,
            "filled" => Self::Filled,
            "rejected" => Self::Rejected,
            "cancelled" => Self::Cancelled,
            "expired" => Self::Expired,
            "failed" => Self::Failed,
            "unknown" => Self::Unknown,
            _ => Self::Other,
        }
    }

    /// Whether nothing can change any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Filled | Self::Rejected | Self::Cancelled | Self::Expired | Self::Failed)
    }
}

/// The state of an order, typed.
pub trait OrderStateExt {
    /// The order's state.
    fn order_state(&self) -> OrderState;
}

impl OrderStateExt for Order {
    fn order_state(&self) -> OrderState {
        OrderState::from_wire(&self.state)
    }
}

/// Short ways to a [`NewOrder`].
pub trait NewOrderExt: Sized {
    /// Market order; `size` is money (quote units), `side` is `buy` or `sell`.
    fn market(symbol: &str, side: &str, size: Decimal) -> Self;
    /// Limit order; `size` in base units at `price` or better.
    fn limit(symbol: &str, side: &str, size: Decimal, price: Decimal) -> Self;
    /// With the caller's own id.
    #[must_use]
    fn with_id(self, client_order_id: &str) -> Self;
    /// At this venue only.
    #[must_use]
    fn at(self, venue: &str) -> Self;
}

impl NewOrderExt for NewOrder {
    fn market(symbol: &str, side: &str, size: Decimal) -> Self {
        Self {
            client_order_id: None,
            symbol: symbol.to_owned(),
            side: side.to_owned(),
            size,
            size_type: None,
            order_type: None,
            limit_price: None,
            stop_price: None,
            take_profit_price: None,
            time_in_force: None,
            venue: None,
            signal_type: None,
            strategy: None,
            protection: None,
        }
    }

    fn limit(symbol: &str, side: &str, size: Decimal, price: Decimal) -> Self {
        Self {
            size_type: Some("base".to_owned()),
            order_type: Some("limit".to_owned()),
            limit_price: Some(price),
            ..Self::market(symbol, side, size)
        }
    }

    fn with_id(self, client_order_id: &str) -> Self {
        Self { client_order_id: Some(client_order_id.to_owned()), ..self }
    }

    fn at(self, venue: &str) -> Self {
        Self { venue: Some(venue.to_owned()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_states_are_the_settled_five() {
        let words = "pending routing queued executing working partial_fill filled rejected cancelled expired failed unknown";
        let settled: Vec<_> =
            words.split(' ').filter(|word| OrderState::from_wire(word).is_final()).collect();
        assert_eq!(settled, ["filled", "rejected", "cancelled", "expired", "failed"]);
        assert!(words.split(' ').all(|word| OrderState::from_wire(word) != OrderState::Other));
        assert!(!OrderState::from_wire("teleported").is_final());
    }
}
