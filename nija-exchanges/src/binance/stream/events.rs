//! What a user's stream tells, in our words: executions once each, and none missing unnoticed.

use nija_core::{
    ExecutionReport, Liquidity, OrderState, Price, Quantity, Timestamp, VenueBalance, VenueClientId,
    VenueFill, VenueId, VenueOrderId,
};
use std::collections::HashMap;

use super::super::{
    bracket::{self, Leg, Legs},
    parse,
    symbols::SymbolMap,
    wire::ws,
};
use crate::decode::{asset, money, sum};
use crate::seen::Seen;

/// Executions remembered, so that one told twice is passed on once.
const REMEMBERED: usize = 10_000;

/// What a message told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Told {
    /// Binance's order, and which of ours it is.
    pub(in super::super) order: Option<(VenueOrderId, Option<VenueClientId>)>,
    pub(in super::super) fill: Option<VenueFill>,
    pub(in super::super) report: Option<ExecutionReport>,
}

/// A user's orders as the stream tells them.
#[derive(Debug)]
pub(in super::super) struct Orders {
    venue: VenueId,
    /// What is filled of each order that is open, by our id of it.
    filled: HashMap<String, Quantity>,
    /// The legs of open brackets, by our id of the list.
    brackets: HashMap<String, Legs>,
    seen: Seen,
    /// From when on every event was told, by Binance's clock.
    since: Option<Timestamp>,
}

impl Orders {
    pub(in super::super) fn new(venue: VenueId) -> Self {
        let (filled, brackets) = (HashMap::new(), HashMap::new());
        Self { venue, filled, brackets, seen: Seen::new(REMEMBERED), since: None }
    }

    /// The stream is up at this moment of Binance's clock: of orders made from now on everything is told.
    pub(in super::super) fn begin(&mut self, now: Timestamp) {
        // Times of orders are cut to milliseconds.
        self.since = Some(parse::millis(now.micros().div_euclid(1000)));
    }

    /// Takes in an `executionReport`.
    ///
    /// # Errors
    /// Says why it cannot be understood, or that an execution before it is missing: the stream must start anew, so that nothing
    /// is lost.
    pub(in super::super) fn take(
        &mut self,
        message: &ws::Execution<'_>,
        symbols: &SymbolMap,
    ) -> Result<Told, String> {
        let words = |error: nija_core::VenueError| error.to_string();
        let name = message.symbol.as_ref();
        let Some(listed) = symbols.by_name(name) else {
            tracing::warn!(symbol = name, "an order in a symbol that is not listed is left out");
            return Ok(Told::default());
        };
        let order = parse::order_id(&self.venue, name, message.order_id).map_err(words)?;
        let quantity =
            |value: crate::decode::Num| Quantity::new(value.0).map_err(|error| format!("a quantity {error}"));
        let (ordered, filled) = (quantity(message.ordered)?, quantity(message.filled)?);
        let at = parse::at(&self.venue, "executionReport.T", message.time).map_err(words)?;
        // A cancel has an id of its own; the order's is then the original one.
        let own = message.original_id.as_deref().filter(|id| !id.is_empty()).unwrap_or(&message.client_id);
        let (client_id, leg) = bracket::named(own);
        let list = match (leg, message.list_id) {
            (Some(leg), Some(number)) => {
                Some((leg, parse::list_id(&self.venue, name, number).map_err(words)?))
            }
            _ => None,
        };
        let side = parse::side(&self.venue, "executionReport.S", &message.side).map_err(words)?;
        let mut told = Told { order: Some((order.clone(), client_id)), ..Told::default() };
        let made_since =
            message.created.zip(self.since).is_some_and(|(made, since)| parse::millis(made) >= since);
        // Of an order made since, nothing can be filled that was not told.
        let unheard = made_since.then_some(Quantity::ZERO);
        let known = self
            .filled
            .get(order.as_str())
            .copied()
            .or(unheard.filter(|_| !self.seen.contains(order.as_str())));
        if message.execution == "TRADE" {
            let number =
                u64::try_from(message.trade_id).map_err(|_| "an execution without a number".to_owned())?;
            let execution_id = parse::execution_id(&self.venue, name, number, side).map_err(words)?;
            if !self.seen.insert(execution_id.as_str()) {
                return Ok(Told::default());
            }
            let last = quantity(message.last_quantity)?;
            let fee_asset =
                message.commission_asset.as_deref().unwrap_or_else(|| listed.instrument.symbol.quote());
            let fee = message.commission.map(|fee| fee.0).unwrap_or_default();
            if known.is_some_and(|known| known.plus(last) != filled) {
                return Err(format!("an execution of order {order} before {execution_id} is missing"));
            }
            told.fill = Some(VenueFill {
                venue: self.venue.clone(),
                execution_id,
                venue_order_id: list.as_ref().map_or_else(|| order.clone(), |(_, list)| list.clone()),
                client_id,
                symbol: listed.instrument.symbol.clone(),
                side,
                quantity: last,
                price: Price::new(message.last_price.0).map_err(|error| format!("a price {error}"))?,
                fee_asset: asset(&self.venue, "executionReport.N", fee_asset).map_err(words)?,
                fee: money(&self.venue, "executionReport.n", fee).map_err(words)?,
                liquidity: if message.maker { Liquidity::Maker } else { Liquidity::Taker },
                at,
            });
        } else if known.is_some_and(|known| known < filled) {
            return Err(format!("an execution of order {order} is missing"));
        } else if known.is_some_and(|known| known > filled) {
            // Told again, late.
            return Ok(Told::default());
        }
        let state = parse::state(&message.status, filled, ordered);
        if state.is_final() {
            self.filled.remove(order.as_str());
            // What is told of it again is no news, and no sign of anything missing.
            self.seen.insert(order.as_str());
        } else {
            self.filled.insert(order.as_str().to_owned(), filled);
        }
        let symbol = listed.instrument.symbol.clone();
        let report = self.report(message, order, client_id, symbol, side, state, ordered, filled, at);
        told.report = match list {
            Some((leg, list)) => self.bracket(leg, list, report),
            None => Some(report),
        };
        Ok(told)
    }

    /// What a leg's report says of its bracket. The end of one leg is no end of the bracket, and the bracket ends once.
    fn bracket(&mut self, leg: Leg, list: VenueOrderId, report: ExecutionReport) -> Option<ExecutionReport> {
        if self.seen.contains(list.as_str()) {
            return None;
        }
        let legs = self.brackets.entry(list.as_str().to_owned()).or_default();
        legs.tell(leg, report);
        let whole = legs.report(list)?;
        if whole.state.is_final() {
            self.brackets.remove(whole.venue_order_id.as_str());
            self.seen.insert(whole.venue_order_id.as_str());
        }
        Some(whole)
    }

    #[allow(clippy::too_many_arguments)]
    fn report(
        &self,
        message: &ws::Execution<'_>,
        venue_order_id: nija_core::VenueOrderId,
        client_id: Option<nija_core::VenueClientId>,
        symbol: nija_core::Symbol,
        side: nija_core::Side,
        state: OrderState,
        quantity: Quantity,
        filled: Quantity,
        at: Timestamp,
    ) -> ExecutionReport {
        ExecutionReport {
            venue: self.venue.clone(),
            venue_order_id,
            client_id,
            symbol,
            side,
            kind: parse::kind(&message.kind, message.price, message.stop),
            state,
            quantity,
            filled,
            average_price: parse::average(message.cost.map(|cost| cost.0), filled),
            reason: message.reason.as_deref().filter(|reason| *reason != "NONE").map(crate::decode::words),
            at,
        }
    }
}

/// The balances of an `outboundAccountPosition`.
pub(in super::super) fn balances(
    venue: &VenueId,
    position: ws::Position,
    at: Timestamp,
) -> Result<Vec<VenueBalance>, String> {
    let one = |balance: ws::Balance| {
        let total = sum(venue, "outboundAccountPosition.B", balance.free.0.checked_add(balance.locked.0));
        let total = total.map_err(|error| error.to_string())?;
        let available = money(venue, "outboundAccountPosition.B", balance.free.0);
        let asset = asset(venue, "outboundAccountPosition.B.a", &balance.asset);
        let (available, asset) =
            available.and_then(|available| Ok((available, asset?))).map_err(|error| error.to_string())?;
        Ok(VenueBalance { venue: venue.clone(), asset, total, available, at })
    };
    position.balances.into_iter().map(one).collect()
}
