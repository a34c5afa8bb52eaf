//! Orders as the stream tells them, put together from messages that each tell a part.

use nija_core::{
    ExecutionId, ExecutionReport, Liquidity, OrderKind, OrderState, Price, Quantity, Side, Symbol, Timestamp,
    VenueClientId, VenueFill, VenueId, VenueOrderId,
};
use rust_decimal::Decimal;
use std::collections::HashMap;

use super::super::{parse, symbols::SymbolMap, wire::ws};
use crate::seen::Seen;

/// Executions and ended orders that are remembered, so that a message that comes again is known as one.
const REMEMBERED: usize = 10_000;

/// What a message told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Told {
    pub(in super::super) fill: Option<VenueFill>,
    pub(in super::super) report: Option<ExecutionReport>,
}

/// Open orders by Kraken's id.
#[derive(Debug)]
pub(in super::super) struct TrackedOrders {
    venue: VenueId,
    open: HashMap<String, Tracked>,
    ended: Seen,
    executions: Seen,
}

#[derive(Debug, Clone)]
struct Tracked {
    client_id: Option<VenueClientId>,
    symbol: Symbol,
    side: Side,
    kind: OrderKind,
    ordered: Quantity,
    filled: Quantity,
    average: Option<Price>,
}

impl TrackedOrders {
    pub(in super::super) fn new(venue: VenueId) -> Self {
        let (ended, executions) = (Seen::new(REMEMBERED), Seen::new(REMEMBERED));
        Self { venue, open: HashMap::new(), ended, executions }
    }

    /// Takes in one message.
    ///
    /// # Errors
    /// Says why the message cannot be understood: the stream must start anew, so that nothing is lost.
    pub(in super::super) fn take(
        &mut self,
        message: &ws::Execution<'_>,
        snapshot: bool,
        symbols: &SymbolMap,
        now: Timestamp,
    ) -> Result<Told, String> {
        let id = message.order_id.as_ref();
        if let Some(symbol) = message.symbol.as_deref().filter(|symbol| symbols.by_name(symbol).is_none()) {
            // Neither it nor what is told of it later, without its symbol, is of ours.
            tracing::warn!(symbol, "an order in a pair that is not listed is left out");
            self.ended.insert(id);
            return Ok(Told::default());
        }
        let at = message.timestamp.as_deref().and_then(|text| text.parse().ok()).unwrap_or(now);
        let trade = message.exec_type.as_deref() == Some("trade");
        let new =
            !trade || message.exec_id.as_deref().is_none_or(|execution| self.executions.insert(execution));
        if !(snapshot || new) {
            return Ok(Told::default());
        }
        let known = self.open.get(id).cloned();
        let order = match known.or_else(|| begun(message, symbols)) {
            Some(order) => Some(updated(order, message, trade && !snapshot)?),
            None => None,
        };
        let mut told = Told::default();
        if trade {
            told.fill = Some(self.fill(message, order.as_ref(), symbols, at)?);
        }
        let Some(order) = order else {
            // Old trades in a snapshot come without their orders, which are over.
            return if trade || self.ended.contains(id) {
                Ok(told)
            } else {
                Err(format!("a change of order {id}, which was never announced"))
            };
        };
        let status = message.order_status.as_deref().or(message.exec_type.as_deref());
        let state = parse::state(status.unwrap_or_default(), order.filled, order.ordered);
        if state.is_final() {
            self.open.remove(id);
            self.ended.insert(id);
        } else if !(trade && snapshot) {
            self.open.insert(id.to_owned(), order.clone());
        }
        // A trade in a snapshot shows its order as it was then, unless that was its end.
        if !(trade && snapshot) || state == OrderState::Filled {
            told.report = Some(self.report(id, &order, state, message, at)?);
        }
        Ok(told)
    }

    /// What open orders hold of an asset.
    pub(in super::super) fn held(&self, asset: &str) -> Decimal {
        self.open
            .values()
            .map(|order| {
                let left = order.ordered.minus(order.filled);
                match (order.side, order.kind.worst_price()) {
                    (Side::Sell, _) if order.symbol.base() == asset => left.get(),
                    (Side::Buy, Some(price)) if order.symbol.quote() == asset => {
                        left.at(price).map_or(Decimal::ZERO, nija_core::Notional::get)
                    }
                    _ => Decimal::ZERO,
                }
            })
            .sum()
    }

    fn fill(
        &self,
        message: &ws::Execution<'_>,
        order: Option<&Tracked>,
        symbols: &SymbolMap,
        at: Timestamp,
    ) -> Result<VenueFill, String> {
        let symbol = order.map(|order| order.symbol.clone()).or_else(|| listed(message, symbols));
        let side = order.map(|order| order.side).or_else(|| side(message));
        let (Some(symbol), Some(side), Some(execution)) = (symbol, side, message.exec_id.as_deref()) else {
            return Err("an execution without its id, symbol or side".into());
        };
        let (Some(quantity), Some(price)) = (message.last_qty, message.last_price) else {
            return Err("an execution without its quantity or price".into());
        };
        if message.fees.iter().any(|fee| fee.asset != message.fees[0].asset) {
            tracing::warn!(execution, "a fee in more than one asset; the first is kept");
        }
        let fee_asset =
            message.fees.first().map_or_else(|| symbol.quote().to_owned(), |fee| symbols.asset(&fee.asset));
        let of_asset = |fee: &&ws::Fee| symbols.asset(&fee.asset) == fee_asset;
        let mut fees = message.fees.iter().filter(of_asset);
        let fee = fees.try_fold(Decimal::ZERO, |sum, fee| sum.checked_add(fee.qty.0));
        let client_id = message.cl_ord_id.as_deref().and_then(|id| id.parse().ok());
        Ok(VenueFill {
            venue: self.venue.clone(),
            execution_id: ExecutionId::new(execution).map_err(|error| error.to_string())?,
            venue_order_id: VenueOrderId::new(&message.order_id).map_err(|error| error.to_string())?,
            client_id: client_id.or_else(|| order.and_then(|order| order.client_id)),
            side,
            quantity: Quantity::new(quantity.0).map_err(|error| error.to_string())?,
            price: Price::new(price.0).map_err(|error| error.to_string())?,
            fee: crate::decode::sum(&self.venue, "fees", fee).map_err(|error| error.to_string())?,
            fee_asset: crate::decode::asset(&self.venue, "fees.asset", &fee_asset)
                .map_err(|error| error.to_string())?,
            symbol,
            liquidity: match message.liquidity_ind.as_deref() {
                Some("m") => Liquidity::Maker,
                _ => Liquidity::Taker,
            },
            at,
        })
    }

    fn report(
        &self,
        id: &str,
        order: &Tracked,
        state: OrderState,
        message: &ws::Execution<'_>,
        at: Timestamp,
    ) -> Result<ExecutionReport, String> {
        Ok(ExecutionReport {
            venue: self.venue.clone(),
            venue_order_id: VenueOrderId::new(id).map_err(|error| error.to_string())?,
            client_id: order.client_id,
            symbol: order.symbol.clone(),
            side: order.side,
            kind: order.kind,
            state,
            quantity: order.ordered,
            filled: order.filled,
            average_price: order.average,
            reason: message.reason.as_deref().map(crate::decode::words),
            at,
        })
    }
}

/// An order from a message that tells all of it.
fn begun(message: &ws::Execution<'_>, symbols: &SymbolMap) -> Option<Tracked> {
    Some(Tracked {
        client_id: None,
        symbol: listed(message, symbols)?,
        side: side(message)?,
        kind: OrderKind::Market,
        ordered: Quantity::new(message.order_qty?.0).ok()?,
        filled: Quantity::ZERO,
        average: None,
    })
}

/// The order with what the message says of it. Quantities are cumulative where `cum_qty` comes, else the trade is added.
fn updated(mut order: Tracked, message: &ws::Execution<'_>, adds: bool) -> Result<Tracked, String> {
    let quantity = |value: Decimal| Quantity::new(value).map_err(|error| format!("a quantity {error}"));
    if let Some(id) = message.cl_ord_id.as_deref() {
        order.client_id = id.parse().ok();
    }
    if let Some(ordered) = message.order_qty {
        order.ordered = quantity(ordered.0)?;
    }
    order.kind = kind(order.kind, message);
    match (message.cum_qty, message.last_qty) {
        (Some(filled), _) => order.filled = quantity(filled.0)?,
        (None, Some(last)) if adds => order.filled = order.filled.plus(quantity(last.0)?),
        _ => {}
    }
    let average = message.avg_price.map(|price| price.0).or_else(|| {
        let cost = message.cum_cost?;
        cost.0.checked_div(order.filled.get())
    });
    if let Some(average) = average.and_then(|price| Price::new(price).ok()) {
        order.average = Some(average);
    }
    Ok(order)
}

/// The kind as known before, with what the message says of it. A stop-limit stays one after it was set off, as REST tells it.
fn kind(known: OrderKind, message: &ws::Execution<'_>) -> OrderKind {
    let named = message.order_type.as_deref();
    let limit = message.limit_price.and_then(|price| Price::new(price.0).ok());
    if named == Some("stop-loss-limit") || known.waits() {
        let told = trigger(message).or(known.stop()).zip(limit.or(known.worst_price()));
        if let Some((stop, price)) = told {
            return OrderKind::StopLimit { stop, price };
        }
    }
    match (named, limit) {
        (Some("market"), _) => OrderKind::Market,
        (_, Some(price)) => OrderKind::Limit { price },
        _ => known,
    }
}

fn trigger(message: &ws::Execution<'_>) -> Option<Price> {
    let fixed =
        |trigger: &&ws::Trigger<'_>| trigger.price_type.as_deref().is_none_or(|kind| kind == "static");
    let told = message.triggers.as_ref().filter(fixed).and_then(|trigger| trigger.price);
    let price = told.or(message.stop_price)?;
    Price::new(price.0).ok()
}

fn listed(message: &ws::Execution<'_>, symbols: &SymbolMap) -> Option<Symbol> {
    let listed = symbols.by_name(message.symbol.as_deref()?)?;
    Some(listed.instrument.symbol.clone())
}

fn side(message: &ws::Execution<'_>) -> Option<Side> {
    match message.side.as_deref()? {
        "buy" => Some(Side::Buy),
        "sell" => Some(Side::Sell),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A pair that AssetPairs does not list (a share's token, say): each new connection tells of it again.
    #[test]
    fn an_order_in_a_pair_that_is_not_listed_ends_no_stream() {
        let mut orders = TrackedOrders::new(VenueId::new("kraken").unwrap());
        for message in [
            json!({"order_id": "OAAAAA-BBBBB-CCCCCC", "exec_type": "new", "order_status": "new", "symbol": "AAPLx/USD", "side": "buy", "order_qty": 1}),
            json!({"order_id": "OAAAAA-BBBBB-CCCCCC", "exec_type": "trade", "exec_id": "T1", "symbol": "AAPLx/USD", "side": "buy",
                "last_qty": 1, "last_price": 200}),
            json!({"order_id": "OAAAAA-BBBBB-CCCCCC", "exec_type": "filled", "order_status": "filled"}),
        ] {
            let text = message.to_string();
            let message: ws::Execution<'_> = serde_json::from_str(&text).unwrap();
            for snapshot in [true, false] {
                let told = orders
                    .take(&message, snapshot, &SymbolMap::default(), Timestamp::from_micros(1))
                    .unwrap();
                assert_eq!(told, Told::default(), "{text}");
            }
        }
    }
}
