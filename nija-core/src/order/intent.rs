//! What a user wants.

use serde::{Deserialize, Serialize};

use super::{OrderKind, Side, TimeInForce};
use crate::{ClientOrderId, Notional, OrderId, ProtectionPlan, Quantity, Symbol, Timestamp, UserId, VenueId};

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderSize {
    /// This many base units.
    Base(Quantity),
    /// For this much money, in quote units.
    Quote(Notional),
}

/// What a signal is for; decides its priority and which checks it must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalType {
    /// Ends a position whose stop was hit. Priority 1.
    StopLoss,
    /// Can only reduce a position. Priority 2.
    Exit,
    /// Opens or grows a position. Priority 3.
    Entry,
    /// Anything else; checked like an entry. Priority 4.
    Other,
}

impl SignalType {
    /// 1 is served first.
    #[must_use]
    pub const fn priority(self) -> u8 {
        match self {
            Self::StopLoss => 1,
            Self::Exit => 2,
            Self::Entry => 3,
            Self::Other => 4,
        }
    }

    /// Whether it can only reduce a position; no limit, pause or breaker may hold it up.
    #[must_use]
    pub const fn is_exit(self) -> bool {
        matches!(self, Self::StopLoss | Self::Exit)
    }
}

/// A wish to trade, from a strategy, the app or the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeSignal {
    /// Whose money.
    pub user: UserId,
    /// The caller's id: with the user it names the intent for ever.
    pub client_order_id: ClientOrderId,
    /// What to trade.
    pub symbol: Symbol,
    /// Direction.
    pub side: Side,
    /// How much.
    pub size: OrderSize,
    /// Market, limit, stop or bracket.
    pub kind: OrderKind,
    /// How long.
    pub time_in_force: TimeInForce,
    /// What for.
    pub signal_type: SignalType,
    /// Only this venue; the router chooses when missing.
    pub venue: Option<VenueId>,
    /// Who asks, for the record.
    pub strategy: Option<String>,
    /// What guards the position that an entry opens, from its first fill on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Box<ProtectionPlan>>,
}

impl TradeSignal {
    /// An entry at the market, wherever it is best, that fills now or not at all. Change the fields for anything else.
    ///
    /// ```
    /// use nija_core::{OrderSize, Side, SignalType, TradeSignal, UserId};
    ///
    /// let user: UserId = "0192f0c1-2d3e-7000-8000-000000000001".parse()?;
    /// let size = OrderSize::Quote("25".parse()?);
    /// let entry = TradeSignal::market(user, "first".parse()?, "BTC-USD".parse()?, Side::Buy, size);
    /// let exit = TradeSignal { side: Side::Sell, signal_type: SignalType::Exit, ..entry };
    /// assert!(exit.signal_type.is_exit());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn market(
        user: UserId,
        client_order_id: ClientOrderId,
        symbol: Symbol,
        side: Side,
        size: OrderSize,
    ) -> Self {
        Self {
            user,
            client_order_id,
            symbol,
            side,
            size,
            kind: OrderKind::Market,
            time_in_force: TimeInForce::Ioc,
            signal_type: SignalType::Entry,
            venue: None,
            strategy: None,
            protection: None,
        }
    }
}

/// A signal that the platform has taken up under an id of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderIntent {
    /// The order's id.
    pub id: OrderId,
    /// When it was taken up.
    pub received_at: Timestamp,
    /// What is wanted. Two signals with the same user and client order id must be equal.
    pub signal: TradeSignal,
    /// The order that the engine carries out by this one: a share at one of several venues, or a slice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<OrderId>,
}

impl OrderIntent {
    /// A signal taken up at a moment, under an id.
    #[must_use]
    pub const fn new(id: OrderId, received_at: Timestamp, signal: TradeSignal) -> Self {
        Self { id, received_at, signal, parent: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_without_a_parent_reads_and_writes_as_it_did_before_there_were_parents() {
        let user = UserId::from_uuid(uuid::Uuid::from_u128(1));
        let size = OrderSize::Quote("25".parse().unwrap());
        let signal =
            TradeSignal::market(user, "first".parse().unwrap(), "BTC-USD".parse().unwrap(), Side::Buy, size);
        let id = OrderId::from_uuid(uuid::Uuid::from_u128(2));
        let whole = OrderIntent::new(id, Timestamp::from_micros(3), signal);
        let text = serde_json::to_string(&whole).unwrap();
        assert!(!text.contains("parent"), "{text}");
        assert_eq!(serde_json::from_str::<OrderIntent>(&text).unwrap(), whole);
        let child = OrderIntent { parent: Some(OrderId::from_uuid(uuid::Uuid::from_u128(4))), ..whole };
        let text = serde_json::to_string(&child).unwrap();
        assert_eq!(serde_json::from_str::<OrderIntent>(&text).unwrap(), child);
    }
}
