//! Orders.

use nija_core::{
    ExecutionReport, Lookup, Method, Notional, OrderRef, Placement, Price, RequestPurpose, Side, TimeInForce,
    Timestamp, VenueAccount, VenueError, VenueOrder,
};
use std::{collections::BTreeSet, time::Duration};

use super::{
    contract::SHORTEST_WINDOW,
    error::{is_no_such_order, is_nothing_to_cancel},
    executor::Binance,
    parse::{self, result},
    private::Params,
    wire,
};

const ORDER: &str = "/api/v3/order";
const OPEN_ORDERS: &str = "/api/v3/openOrders";

impl Binance {
    pub(super) async fn place(
        &self,
        account: &VenueAccount,
        order: &VenueOrder,
        notional: Notional,
    ) -> Result<Placement, VenueError> {
        if order.user() != account.user {
            return Err(self.not_sent("the order is another user's"));
        }
        let symbols = self.market.symbols().await?;
        let listed = self.market.listed(order.symbol()).await?;
        let window = self.window_of(order.deadline())?;
        // What the order is worth says at which price it is valued.
        let reference =
            notional.get().checked_div(order.quantity().get()).and_then(|price| Price::new(price).ok());
        let recent = self.market.recent_price(order.symbol());
        let reference = reference.or(recent).ok_or_else(|| self.not_sent("its quantity is zero"))?;
        let (quantity, kind) = listed.filters.fit(
            &listed.instrument,
            order.side(),
            order.kind(),
            order.quantity(),
            reference,
            recent,
        )?;
        let mut params: Params =
            vec![("symbol", listed.name().to_owned()), ("side", side(order.side()).to_owned())];
        match kind.worst_price() {
            None => {
                params.push(("type", "MARKET".to_owned()));
                params.push(("quantity", quantity.to_string()));
            }
            Some(price) => {
                let immediate = order.time_in_force() == TimeInForce::Ioc;
                params.push(("type", "LIMIT".to_owned()));
                params.push(("timeInForce", if immediate { "IOC" } else { "GTC" }.to_owned()));
                params.push(("quantity", quantity.to_string()));
                params.push(("price", price.to_string()));
            }
        }
        params.push(("newClientOrderId", order.client_id().to_string()));
        // Tells what became of it; its executions come over the stream and from `myTrades`.
        params.push(("newOrderRespType", "RESULT".to_owned()));
        let purpose =
            RequestPurpose::PlaceOrder { symbol: order.symbol().clone(), side: order.side(), notional };
        self.market_of(account, listed.name());
        let body = self.call_within(account, Method::Post, ORDER, params, purpose, window).await;
        let body = body.map_err(|error| self.market.of_symbol(error, order.symbol()))?;
        let placed: wire::Order = result(&self.venue, "order", &body)?;
        let mut report = parse::report(&self.venue, &placed, &symbols)?;
        report.client_id = Some(order.client_id());
        self.client_ids.learn(report.venue_order_id.as_str(), report.client_id);
        Ok(Placement { venue_order_id: report.venue_order_id.clone(), report: Some(report) })
    }

    /// How long after its timestamp the order may be taken up. It is never longer than the order's own time and than what the
    /// contract promises; an order that has next to no time left is not sent at all.
    fn window_of(&self, deadline: Timestamp) -> Result<Duration, VenueError> {
        let left = deadline.since(self.market.clock.now());
        if left < SHORTEST_WINDOW {
            return Err(self.not_sent("too little time is left before its deadline"));
        }
        Ok(left.min(self.window))
    }

    pub(super) async fn cancel(&self, account: &VenueAccount, order: &OrderRef) -> Result<(), VenueError> {
        let listed = self.market.listed(&order.symbol).await?;
        let params = named(order, listed.name());
        let cancelled = self.call(account, Method::Delete, ORDER, params, RequestPurpose::CancelOrder).await;
        match cancelled {
            Ok(_) => Ok(()),
            Err(error) if is_nothing_to_cancel(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Binance cancels by symbol: the open orders say which symbols there are.
    pub(super) async fn cancel_all(&self, account: &VenueAccount) -> Result<Option<u64>, VenueError> {
        let mut count = 0;
        let open = self.open(account).await?;
        let names: BTreeSet<&str> = open.iter().map(|order| order.symbol.as_str()).collect();
        for name in names {
            let params = vec![("symbol", name.to_owned())];
            let body =
                self.call(account, Method::Delete, OPEN_ORDERS, params, RequestPurpose::CancelOrder).await;
            match body {
                Ok(body) => {
                    let cancelled: Vec<wire::Cancelled> = result(&self.venue, "openOrders", &body)?;
                    count += cancelled.iter().map(|one| one.order_reports.len().max(1) as u64).sum::<u64>();
                }
                Err(error) if is_nothing_to_cancel(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(count))
    }

    /// Query order finds orders of any state; `since` has no part in it.
    pub(super) async fn find(&self, account: &VenueAccount, order: &OrderRef) -> Result<Lookup, VenueError> {
        let symbols = self.market.symbols().await?;
        let listed = self.market.listed(&order.symbol).await?;
        self.market_of(account, listed.name());
        match self.read(account, ORDER, named(order, listed.name())).await {
            Ok(body) => {
                let found: wire::Order = result(&self.venue, "order", &body)?;
                let report = parse::report(&self.venue, &found, &symbols)?;
                self.client_ids.learn(report.venue_order_id.as_str(), report.client_id);
                Ok(Lookup::Found(report))
            }
            Err(error) if is_no_such_order(&error) => Ok(Lookup::Absent),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn open_orders(
        &self,
        account: &VenueAccount,
    ) -> Result<Vec<ExecutionReport>, VenueError> {
        let symbols = self.market.symbols().await?;
        let open = self.open(account).await?;
        let mut reports = Vec::with_capacity(open.len());
        for order in &open {
            if symbols.by_name(&order.symbol).is_none() {
                tracing::warn!(symbol = %order.symbol, "an open order in a symbol that is not listed is left out");
                continue;
            }
            self.market_of(account, &order.symbol);
            let report = parse::report(&self.venue, order, &symbols)?;
            self.client_ids.learn(report.venue_order_id.as_str(), report.client_id);
            reports.push(report);
        }
        reports.sort_by(|a, b| (a.at, &a.venue_order_id).cmp(&(b.at, &b.venue_order_id)));
        Ok(reports)
    }

    async fn open(&self, account: &VenueAccount) -> Result<Vec<wire::Order>, VenueError> {
        let body = self.read(account, OPEN_ORDERS, Vec::new()).await?;
        result(&self.venue, "openOrders", &body)
    }

    fn not_sent(&self, message: &str) -> VenueError {
        VenueError::NotSent { venue: self.venue.clone(), message: message.to_owned() }
    }
}

/// An order by Binance's number where it is known, else by ours.
fn named(order: &OrderRef, name: &str) -> Params {
    let number = order.venue_order_id.as_ref().and_then(|id| parse::order_number(id, name));
    let id = match number {
        Some(number) => ("orderId", number.to_owned()),
        None => ("origClientOrderId", order.client_id.to_string()),
    };
    vec![("symbol", name.to_owned()), id]
}

const fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}
