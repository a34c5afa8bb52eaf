//! What a user's stream tells, in our words: executions once each, and none missing unnoticed.
//!
//! Order channel: each `tradeId` is an execution and may be told more than once; an order's end may be told without one.

use nija_core::{
    ExecutionReport, OrderKind, OrderState, Price, Quantity, Side, Timestamp, VenueClientId, VenueFill,
    VenueId, VenueOrderId,
};
use std::collections::HashMap;

use super::super::{
    algo, parse,
    symbols::{Listed, SymbolMap},
    wire::{self, ws},
};
use crate::decode::{Num, Sparse};
use crate::seen::Seen;

/// Executions remembered, so that one told twice is passed on once.
const REMEMBERED: usize = 10_000;

/// What a message told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Told {
    pub(in super::super) fill: Option<VenueFill>,
    pub(in super::super) report: Option<ExecutionReport>,
}

/// A user's orders as the stream tells them.
#[derive(Debug)]
pub(in super::super) struct Orders {
    venue: VenueId,
    /// What is filled of each order that is open, by OKX's id of it.
    filled: HashMap<String, Quantity>,
    seen: Seen,
    /// From when on every event was told, by OKX's clock.
    since: Option<Timestamp>,
    /// What algo orders are, by OKX's id.
    kinds: HashMap<String, OrderKind>,
}

impl Orders {
    pub(in super::super) fn new(venue: VenueId) -> Self {
        Self {
            venue,
            filled: HashMap::new(),
            seen: Seen::new(REMEMBERED),
            since: None,
            kinds: HashMap::new(),
        }
    }

    /// The stream is up at this moment of OKX's clock: of orders made from now on everything is told.
    pub(in super::super) fn begin(&mut self, now: Timestamp) {
        // Times of orders are in milliseconds.
        self.since = Some(Timestamp::from_micros(now.micros().div_euclid(1000) * 1000));
    }

    /// Takes in an order.
    ///
    /// # Errors
    /// Says why it cannot be understood, or that an execution before it is missing: the stream must start anew, so that nothing
    /// is lost.
    pub(in super::super) fn take(
        &mut self,
        order: &ws::Order<'_>,
        symbols: &SymbolMap,
    ) -> Result<Told, String> {
        let Some(listed) = symbols.by_name(&order.inst_id) else {
            tracing::warn!(instrument = %order.inst_id, "an order in an instrument that is not listed is left out");
            return Ok(Told::default());
        };
        let id = order.ord_id.as_ref();
        if parse::ours(&order.algo_cl_ord_id).is_some() {
            // From now on this tells what becomes of the algo order.
            self.seen.insert(&become_of(&order.algo_id));
        }
        let filled = amount(order.acc_fill_sz)?;
        let side = parse::side(&self.venue, "orders.side", &order.side).map_err(words)?;
        let known = self.known(order)?;
        let mut told = Told::default();
        let last = amount(order.fill_sz)?;
        if !order.trade_id.is_empty() && !last.is_zero() {
            let fill = self.fill(order, listed, side, last)?;
            if !self.seen.insert(fill.execution_id.as_str()) {
                return Ok(Told::default());
            }
            if known.is_some_and(|known| known.plus(last) != filled) {
                return Err(format!("an execution of order {id} before {} is missing", fill.execution_id));
            }
            told.fill = Some(fill);
        } else if known.is_some_and(|known| known < filled) {
            return Err(format!("an execution of order {id} is missing"));
        } else if known.is_some_and(|known| known > filled) {
            // Told again, late.
            return Ok(Told::default());
        }
        let state = parse::state(&order.state, filled);
        if state.is_final() {
            self.filled.remove(id);
            // What is told of it again is no news, and no sign of anything missing.
            if !self.seen.insert(id) && told.fill.is_none() {
                return Ok(Told::default());
            }
        } else if self.seen.contains(id) {
            // It ended before: this came late.
            return Ok(told);
        } else {
            self.filled.insert(id.to_owned(), filled);
        }
        told.report = Some(self.report(order, listed, side, state, filled)?);
        Ok(told)
    }

    /// What was filled before, where that is known: of an order made since the beginning, nothing that was not told.
    fn known(&self, order: &ws::Order<'_>) -> Result<Option<Quantity>, String> {
        let id = order.ord_id.as_ref();
        if let Some(known) = self.filled.get(id) {
            return Ok(Some(*known));
        }
        let made = order.c_time.0.map(|made| parse::millis(&self.venue, "orders.cTime", made));
        let made = made.transpose().map_err(words)?;
        let made_since = made.zip(self.since).is_some_and(|(made, since)| made >= since);
        Ok((made_since && !self.seen.contains(id)).then_some(Quantity::ZERO))
    }

    fn fill(
        &self,
        order: &ws::Order<'_>,
        listed: &Listed,
        side: Side,
        quantity: Quantity,
    ) -> Result<VenueFill, String> {
        let symbol = &listed.instrument.symbol;
        let price = order.fill_px.0.ok_or_else(|| "an execution without a price".to_owned())?;
        let execution = parse::execution_id(&self.venue, &order.inst_id, &order.trade_id, side);
        let names = self.names(order)?;
        let fee_asset = parse::fee_asset(&self.venue, "orders.fillFeeCcy", &order.fill_fee_ccy, symbol);
        let fee = parse::charged(&self.venue, "orders.fillFee", order.fill_fee);
        Ok(VenueFill {
            venue: self.venue.clone(),
            execution_id: execution.map_err(words)?,
            venue_order_id: names.0,
            client_id: names.1,
            symbol: symbol.clone(),
            side,
            quantity,
            price: Price::new(price).map_err(|error| format!("a price {error}"))?,
            fee_asset: fee_asset.map_err(words)?,
            fee: fee.map_err(words)?,
            liquidity: parse::liquidity(&order.exec_type),
            at: self.time(Num(order.fill_time.0.unwrap_or(order.u_time.0)))?,
        })
    }

    fn report(
        &self,
        order: &ws::Order<'_>,
        listed: &Listed,
        side: Side,
        state: OrderState,
        filled: Quantity,
    ) -> Result<ExecutionReport, String> {
        let sz = Quantity::new(order.sz.0).map_err(|error| format!("a quantity {error}"))?;
        let names = self.names(order)?;
        let own = || parse::kind(&order.ord_type, order.px);
        Ok(ExecutionReport {
            venue: self.venue.clone(),
            venue_order_id: names.0,
            client_id: names.1,
            symbol: listed.instrument.symbol.clone(),
            side,
            kind: self.kinds.get(order.algo_id.as_ref()).copied().unwrap_or_else(own),
            state,
            quantity: parse::ordered(sz, &order.ord_type, side, &order.tgt_ccy, filled),
            filled,
            average_price: parse::average(order.avg_px, filled),
            reason: parse::reason(state, "", &order.cancel_source),
            at: self.time(order.u_time)?,
        })
    }

    fn names(&self, order: &ws::Order<'_>) -> Result<(VenueOrderId, Option<VenueClientId>), String> {
        let (algo, client_id) = (&order.algo_id, &order.algo_cl_ord_id);
        parse::names(&self.venue, &order.ord_id, &order.cl_ord_id, algo, client_id).map_err(words)
    }

    /// Takes in an algo order: what it says while it waits, and when that ended without an order.
    ///
    /// # Errors
    /// Says why it cannot be understood.
    pub(in super::super) fn take_algo(
        &mut self,
        algo: &wire::Algo,
        symbols: &SymbolMap,
    ) -> Result<Option<ExecutionReport>, String> {
        if symbols.by_name(&algo.inst_id).is_none() {
            return Ok(None);
        }
        let state = algo::state(&algo.state);
        if state.is_final() {
            self.kinds.remove(&algo.algo_id);
        } else {
            if self.kinds.len() >= REMEMBERED {
                self.kinds.clear();
            }
            self.kinds.insert(algo.algo_id.clone(), algo.kind());
        }
        // The order that it became tells the rest, and may have told it already.
        if algo.child().is_some() || self.seen.contains(&become_of(&algo.algo_id)) {
            return Ok(None);
        }
        // An end is told once, and nothing after it.
        let ended = format!("algo:{}", algo.algo_id);
        if self.seen.contains(&ended) || state.is_final() && !self.seen.insert(&ended) {
            return Ok(None);
        }
        parse::waiting(&self.venue, algo, symbols).map(Some).map_err(words)
    }

    fn time(&self, number: Num) -> Result<Timestamp, String> {
        parse::millis(&self.venue, "orders.uTime", number.0).map_err(words)
    }
}

/// What is remembered of an algo order that has become an order.
fn become_of(algo: &str) -> String {
    format!("become:{algo}")
}

fn amount(number: Sparse) -> Result<Quantity, String> {
    Quantity::new(number.0.unwrap_or_default()).map_err(|error| format!("a quantity {error}"))
}

#[allow(clippy::needless_pass_by_value)] // Handed over by `map_err`.
fn words(error: nija_core::VenueError) -> String {
    error.to_string()
}
