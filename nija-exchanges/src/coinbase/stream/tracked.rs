//! Orders as the stream tells them: totals, of which the news is the difference to what was told before.

use nija_core::{ExecutionReport, OrderKind, Quantity, Side, Timestamp, VenueFill, VenueId, VenueOrderId};
use rust_decimal::Decimal;
use std::collections::{HashMap, HashSet, VecDeque};

use super::super::{
    kind::Prices,
    parse::{average, side_of, state},
    symbols::SymbolMap,
    wire::ws,
};

/// Orders that ended, remembered so that a late or repeated message of theirs is known for one.
const ENDED: usize = 5_000;
/// How often executions are asked for that are not filed yet: about a minute of heartbeats.
const TRIES: u32 = 60;

/// A user's orders on one connection.
#[derive(Debug)]
pub(in super::super) struct TrackedOrders {
    venue: VenueId,
    orders: HashMap<String, Tracked>,
    ended: VecDeque<String>,
}

#[derive(Debug)]
struct Tracked {
    told: ExecutionReport,
    /// Base units whose executions were handed on, or were there before this connection.
    handed_on: Decimal,
    executions: HashSet<String>,
    /// How often its executions were asked for in vain.
    tries: u32,
}

impl TrackedOrders {
    pub(in super::super) fn new(venue: VenueId) -> Self {
        Self { venue, orders: HashMap::new(), ended: VecDeque::new() }
    }

    /// Takes in one order as it is now: the report, where it says something new.
    ///
    /// # Errors
    /// Says why the message cannot be understood: the stream must start anew, so that nothing is lost.
    pub(in super::super) fn take(
        &mut self,
        order: &ws::Order<'_>,
        snapshot: bool,
        symbols: &SymbolMap,
        now: Timestamp,
    ) -> Result<Option<ExecutionReport>, String> {
        let Some(listed) = symbols.by_name(&order.product_id) else {
            tracing::warn!(product = %order.product_id, "news of an order in a product that is not listed are left out");
            return Ok(None);
        };
        let known = self.orders.get(order.order_id.as_ref());
        let filled = amount(order.cumulative_quantity.0)?;
        let there = filled.plus(amount(order.leaves_quantity.0)?);
        // What is left of an ended order need not be told: the most that was ever told is what was ordered.
        let ordered = known.map_or(there, |known| known.told.quantity.max(there));
        let side = side_of(&order.order_side).ok_or_else(|| format!("{:?} is no side", order.order_side))?;
        let report = ExecutionReport {
            venue: self.venue.clone(),
            venue_order_id: VenueOrderId::new(&order.order_id).map_err(|error| error.to_string())?,
            client_id: order.client_order_id.as_deref().and_then(|id| id.parse().ok()),
            symbol: listed.instrument.symbol.clone(),
            side,
            kind: kind(order, side, listed.instrument.tick_size),
            state: state(&order.status, filled, ordered),
            quantity: ordered,
            filled,
            average_price: average(order.avg_price.0, filled),
            reason: reason(order),
            at: now,
        };
        let Some(known) = self.orders.get_mut(order.order_id.as_ref()) else {
            // What a snapshot shows as executed was so before: whoever reads this asks for it when it connects.
            let handed_on = if snapshot { filled.get() } else { Decimal::ZERO };
            let tracked = Tracked { told: report.clone(), handed_on, executions: HashSet::new(), tries: 0 };
            let ended = report.state.is_final();
            self.orders.insert(order.order_id.clone().into_owned(), tracked);
            if ended {
                self.remember_end(&order.order_id);
            }
            return Ok(Some(report));
        };
        let before = &known.told;
        let nothing_new = (before.state, before.filled, before.average_price, before.kind, before.quantity)
            == (report.state, report.filled, report.average_price, report.kind, report.quantity);
        // Totals only grow and an end is an end: anything else came late.
        if nothing_new
            || report.filled < before.filled
            || before.state.is_final() && report.filled <= before.filled
        {
            return Ok(None);
        }
        let ended = report.state.is_final() && !before.state.is_final();
        known.told = report.clone();
        if ended {
            self.remember_end(&order.order_id);
        }
        Ok(Some(report))
    }

    /// Whether an order's executions were asked for often enough to say that something is wrong. Coinbase files them a little
    /// after it tells of them.
    pub(in super::super) fn still_owes(&mut self, order: &str) -> bool {
        let Some(order) = self.orders.get_mut(order) else { return false };
        order.tries = if order.handed_on < order.told.filled.get() { order.tries + 1 } else { 0 };
        order.tries >= TRIES
    }

    /// All orders whose executions are not complete.
    pub(in super::super) fn owing(&self) -> Vec<String> {
        let owing = self.orders.iter().filter(|(_, order)| order.handed_on < order.told.filled.get());
        owing.map(|(id, _)| id.clone()).collect()
    }

    /// Those of an order's executions that are news, oldest first. `all` are all there are by now; the sum of what was there
    /// before this connection is known, and which they were is not: the oldest of them.
    pub(in super::super) fn news(&mut self, order: &str, all: Vec<VenueFill>) -> Vec<VenueFill> {
        let Some(tracked) = self.orders.get_mut(order) else { return Vec::new() };
        let mut before = tracked.handed_on;
        for id in &tracked.executions {
            if let Some(fill) = all.iter().find(|fill| fill.execution_id.as_str() == id) {
                before -= fill.quantity.get();
            }
        }
        let mut news = Vec::new();
        for fill in all {
            if tracked.executions.contains(fill.execution_id.as_str()) {
                continue;
            }
            tracked.executions.insert(fill.execution_id.as_str().to_owned());
            if before > Decimal::ZERO {
                before -= fill.quantity.get();
                continue;
            }
            tracked.handed_on += fill.quantity.get();
            news.push(fill);
        }
        news
    }

    /// Forgets the oldest orders that ended.
    fn remember_end(&mut self, order: &str) {
        self.ended.push_back(order.to_owned());
        if self.ended.len() > ENDED
            && let Some(oldest) = self.ended.pop_front()
        {
            self.orders.remove(&oldest);
        }
    }
}

fn amount(number: Option<Decimal>) -> Result<Quantity, String> {
    Quantity::new(number.unwrap_or_default()).map_err(|error| format!("a quantity {error}"))
}

/// The stream tells a kind by name, and no direction of a stop: that is taken for the usual one.
fn kind(order: &ws::Order<'_>, side: Side, tick: Decimal) -> OrderKind {
    let named = |name: &str| {
        let kind = order.order_type.as_deref().unwrap_or_default();
        kind.as_bytes().windows(name.len()).any(|part| part.eq_ignore_ascii_case(name.as_bytes()))
    };
    let prices = Prices {
        limit: order.limit_price.0.filter(|_| !named("market")),
        stop: order.stop_price.0.filter(|_| named("stop")),
        bracket_stop: order.stop_price.0.filter(|_| named("bracket")),
        with_the_market: false,
    };
    prices.kind(side, tick)
}

fn reason(order: &ws::Order<'_>) -> Option<String> {
    let said = [&order.reject_reason, &order.cancel_reason].into_iter().filter_map(|said| said.as_deref());
    let mut said = said.filter(|said| !said.is_empty() && !said.contains("UNSPECIFIED"));
    let over = matches!(order.status.as_ref(), "CANCELLED" | "EXPIRED" | "FAILED");
    said.next().filter(|_| over).map(|said| said.chars().take(300).collect())
}
