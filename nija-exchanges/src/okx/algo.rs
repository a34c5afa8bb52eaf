//! Orders that wait for a price: OKX's algo orders.
//!
//! A stop-limit is a `conditional` order and a bracket an `oco` (Place algo order). When its price comes OKX makes an ordinary order of
//! it, which names the algo order that it came from (Order details, `algoId`, `algoClOrdId`). To us both are one order: under the algo
//! order's id, with `algo:` before it, and under our client id.

use nija_core::{
    ExecutionReport, Notional, OrderKind, OrderState, Placement, Price, Quantity, RequestPurpose,
    VenueAccount, VenueError, VenueId, VenueOrder, VenueOrderId,
};

use super::{
    call::Query,
    error::{self, is_no_such_order, is_nothing_to_cancel, is_triggered},
    executor::Okx,
    parse::{self, data, first, on_the_wire},
    symbols::{Listed, SymbolMap},
    wire,
};
use crate::decode::{Sparse, words};

pub(super) const ORDER: &str = "/api/v5/trade/order-algo";
/// Orders in one answer at most (Algo order list, `limit`).
const PAGE: usize = 100;
/// Pages read at most: 100 such orders may wait in an instrument (General Info).
const PAGES: usize = 50;
/// Orders cancelled with one call (Cancel algo order).
const CANCELLED: usize = 10;

/// Our id of an algo order.
pub(super) fn id(venue: &VenueId, path: &str, algo: &str) -> Result<VenueOrderId, VenueError> {
    parse::order_id(venue, path, &format!("algo:{algo}"))
}

/// OKX's id in one of ours, where it is of an algo order.
pub(super) fn number(id: &VenueOrderId) -> Option<&str> {
    id.as_str().strip_prefix("algo:")
}

/// What an order waits for, as far as it is one that we know.
pub(super) fn kind(ord_type: &str, take_profit: [Sparse; 2], stop: [Sparse; 2]) -> OrderKind {
    let price = |number: Sparse| number.0.and_then(|number| Price::new(number).ok());
    let [stop, limit] = stop.map(price);
    // A market order once it is set off has -1 for its limit, which is no price.
    let [trigger, profit] = take_profit.map(price);
    match (ord_type, stop, limit, profit.or(trigger)) {
        ("conditional", Some(stop), Some(price), None) => OrderKind::StopLimit { stop, price },
        ("oco", Some(stop), Some(price), Some(take_profit)) => {
            OrderKind::Bracket { take_profit, stop, price }
        }
        _ => OrderKind::Market,
    }
}

/// A state of an order that has not become another one. What OKX may add is there.
pub(super) fn state(state: &str) -> OrderState {
    match state {
        "canceled" => OrderState::Cancelled,
        "order_failed" | "partially_failed" => OrderState::Rejected,
        _ => OrderState::Working,
    }
}

/// Why it could not be carried out when its price came.
pub(super) fn reason(state: OrderState, code: &str) -> Option<String> {
    (state == OrderState::Rejected)
        .then(|| words(&format!("its price came and OKX could not place it ({code})")))
}

impl Okx {
    pub(super) async fn place_waiting(
        &self,
        account: &VenueAccount,
        listed: &Listed,
        order: &VenueOrder,
        fitted: (Quantity, OrderKind),
        expires: i64,
        notional: Notional,
    ) -> Result<Placement, VenueError> {
        let (quantity, kind) = fitted;
        let text = |price: Option<Price>| price.map(|price| price.to_string());
        let body = wire::NewAlgo {
            inst_id: listed.name(),
            td_mode: "cash",
            algo_cl_ord_id: on_the_wire(order.client_id()),
            side: order.side().as_str(),
            ord_type: if kind.take_profit().is_some() { "oco" } else { "conditional" },
            sz: quantity.to_string(),
            // Both at the price to win at: a limit order there, once the market is.
            tp_trigger_px: text(kind.take_profit()),
            tp_ord_px: text(kind.take_profit()),
            sl_trigger_px: text(kind.stop()),
            sl_ord_px: text(kind.worst_price()),
        };
        let purpose =
            RequestPurpose::PlaceOrder { symbol: order.symbol().clone(), side: order.side(), notional };
        let body = self.post(account, ORDER, &body, purpose, Some(expires)).await;
        let body = body.map_err(|error| self.market.of_symbol(error, order.symbol()))?;
        let placed: wire::Acted<'_> = first(&self.venue, "order-algo", &body)?;
        if let Some(refusal) = error::of_entry(&self.venue, &placed) {
            return Err(self.market.of_symbol(refusal, order.symbol()));
        }
        let venue_order_id = id(&self.venue, "order-algo.data.0.algoId", &placed.algo_id)?;
        Ok(Placement { venue_order_id, report: None, fills: Vec::new() })
    }

    /// An algo order with what became of it; `None` where there is none.
    pub(super) async fn find_waiting(
        &self,
        account: &VenueAccount,
        by: (&'static str, String),
        symbols: &SymbolMap,
    ) -> Result<Option<ExecutionReport>, VenueError> {
        match self.algo(account, by).await? {
            Some(algo) => self.of_algo(account, &algo, symbols).await.map(Some),
            None => Ok(None),
        }
    }

    async fn algo(
        &self,
        account: &VenueAccount,
        by: (&'static str, String),
    ) -> Result<Option<wire::Algo>, VenueError> {
        match self.read(account, ORDER, vec![by]).await {
            Ok(body) => Ok(data(&self.venue, "order-algo", &body)?.into_iter().next()),
            Err(error) if is_no_such_order(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What an algo order has come to: what the order says that it became, or its own state.
    async fn of_algo(
        &self,
        account: &VenueAccount,
        algo: &wire::Algo,
        symbols: &SymbolMap,
    ) -> Result<ExecutionReport, VenueError> {
        let waiting = parse::waiting(&self.venue, algo, symbols)?;
        let Some(child) = algo.child() else { return Ok(waiting) };
        match self.order(account, &algo.inst_id, ("ordId", child.to_owned())).await? {
            Some(order) => {
                let report = self.report(&order, symbols)?;
                let (venue_order_id, client_id) = (waiting.venue_order_id, waiting.client_id);
                let (kind, quantity) = (waiting.kind, waiting.quantity);
                Ok(ExecutionReport { venue_order_id, client_id, kind, quantity, ..report })
            }
            // Only an order that was cancelled without a fill is forgotten so soon (Order history).
            None if algo.state == "effective" => {
                Ok(ExecutionReport { state: OrderState::Cancelled, ..waiting })
            }
            None => Ok(waiting),
        }
    }

    /// Those that wait for their price.
    pub(super) async fn all_waiting(
        &self,
        account: &VenueAccount,
        symbols: &SymbolMap,
    ) -> Result<Vec<ExecutionReport>, VenueError> {
        let mut reports = Vec::new();
        for algo in &self.pending_algos(account).await? {
            if symbols.by_name(&algo.inst_id).is_none() {
                tracing::warn!(instrument = %algo.inst_id, "an open order in an instrument that is not listed is left out");
                continue;
            }
            reports.push(parse::waiting(&self.venue, algo, symbols)?);
        }
        Ok(reports)
    }

    async fn pending_algos(&self, account: &VenueAccount) -> Result<Vec<wire::Algo>, VenueError> {
        let mut algos: Vec<wire::Algo> = Vec::new();
        for _ in 0..PAGES {
            let mut query: Query = vec![
                ("ordType", "conditional,oco".to_owned()),
                ("instType", "SPOT".to_owned()),
                ("limit", PAGE.to_string()),
            ];
            if let Some(last) = algos.last() {
                query.push(("after", last.algo_id.clone()));
            }
            let body = self.read(account, "/api/v5/trade/orders-algo-pending", query).await?;
            let page: Vec<wire::Algo> = data(&self.venue, "orders-algo-pending", &body)?;
            let last = page.len() < PAGE;
            algos.extend(page);
            if last {
                return Ok(algos);
            }
        }
        Err(self.too_long("orders-algo-pending", PAGES))
    }

    /// Cancels an algo order, or the order that it became.
    pub(super) async fn cancel_waiting(
        &self,
        account: &VenueAccount,
        instrument: &str,
        by: (&'static str, String),
    ) -> Result<(), VenueError> {
        let (algo_id, algo_cl_ord_id) = match &by {
            ("algoId", id) => (Some(id.as_str()), None),
            (_, id) => (None, Some(id.as_str())),
        };
        let one = wire::CancelAlgo { inst_id: instrument, algo_id, algo_cl_ord_id };
        let refusal = self.cancel_algos(account, &[one]).await?.into_iter().flatten().next();
        let Some(refusal) = refusal else { return Ok(()) };
        if !is_nothing_to_cancel(&refusal) && !is_triggered(&refusal) {
            return Err(refusal);
        }
        // It is gone, or it has become an order, which may be open.
        let Some(algo) = self.algo(account, by).await? else { return Ok(()) };
        match (algo.child(), state(&algo.state)) {
            (Some(child), _) => self.cancel_plain(account, instrument, Some(child), None).await,
            (None, OrderState::Working) => Err(refusal),
            _ => Ok(()),
        }
    }

    /// Cancels all that wait; how many there were.
    pub(super) async fn cancel_all_waiting(&self, account: &VenueAccount) -> Result<u64, VenueError> {
        let mut count = 0;
        for some in self.pending_algos(account).await?.chunks(CANCELLED) {
            let these: Vec<_> = some
                .iter()
                .map(|algo| wire::CancelAlgo {
                    inst_id: &algo.inst_id,
                    algo_id: Some(&algo.algo_id),
                    algo_cl_ord_id: None,
                })
                .collect();
            for refusal in self.cancel_algos(account, &these).await? {
                match refusal {
                    None => count += 1,
                    // What it has become is cancelled with the other open orders.
                    Some(error) if is_nothing_to_cancel(&error) || is_triggered(&error) => {}
                    Some(error) => return Err(error),
                }
            }
        }
        Ok(count)
    }

    async fn cancel_algos(
        &self,
        account: &VenueAccount,
        these: &[wire::CancelAlgo<'_>],
    ) -> Result<Vec<Option<VenueError>>, VenueError> {
        let path = "/api/v5/trade/cancel-algos";
        match self.post(account, path, these, RequestPurpose::CancelOrder, None).await {
            Ok(body) => self.acted("cancel-algos", &body),
            // One that is refused alone may be refused as a whole.
            Err(error) if is_nothing_to_cancel(&error) || is_triggered(&error) => Ok(vec![Some(error)]),
            Err(error) => Err(error),
        }
    }
}
