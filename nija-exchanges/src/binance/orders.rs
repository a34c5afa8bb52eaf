//! Orders.

use nija_core::{
    ExecutionReport, Lookup, Method, Notional, OrderKind, OrderRef, Placement, Price, RequestPurpose,
    Timestamp, VenueAccount, VenueClientId, VenueError, VenueOrder, VenueOrderId,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    bracket::{self, Leg, Legs},
    contract::SHORTEST_WINDOW,
    error::{is_no_such_order, is_nothing_to_cancel},
    executor::Binance,
    form,
    parse::{self, result},
    private::Params,
    symbols::{Listed, SymbolMap},
    wire,
};
use crate::decode::unreadable;
use crate::public_list::PublicList;

const ORDER: &str = "/api/v3/order";
const OPEN_ORDERS: &str = "/api/v3/openOrders";
const LIST: &str = "/api/v3/orderList";
const NEW_LIST: &str = "/api/v3/orderList/oco";

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
        let (name, side, id) = (listed.name(), order.side(), order.client_id());
        let (path, params) = match kind {
            OrderKind::Bracket { take_profit, stop, price } => {
                (NEW_LIST, form::list(name, side, take_profit, (stop, price), quantity, id))
            }
            kind => (ORDER, form::single(name, side, kind, quantity, order.time_in_force(), id)),
        };
        let purpose = RequestPurpose::PlaceOrder { symbol: order.symbol().clone(), side, notional };
        self.market_of(account, name);
        let body = self.call_within(account, Method::Post, path, params, purpose, window).await;
        let body = body.map_err(|error| self.market.of_symbol(error, order.symbol()))?;
        let mut report = if path == NEW_LIST {
            self.listed_report(&result(&self.venue, "orderList", &body)?, name, &symbols)?
        } else {
            self.report(&result(&self.venue, "order", &body)?, &symbols)?
        };
        report.client_id = Some(id);
        self.client_ids.learn(report.venue_order_id.as_str(), report.client_id);
        Ok(Placement {
            venue_order_id: report.venue_order_id.clone(),
            report: Some(report),
            fills: Vec::new(),
        })
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

    /// One order by its name; where nothing of that name is open, the list of that name.
    pub(super) async fn cancel(&self, account: &VenueAccount, order: &OrderRef) -> Result<(), VenueError> {
        let listed = self.market.listed(&order.symbol).await?;
        let list = list_of(order, listed.name());
        if list.is_none() {
            let params = named(order, listed.name());
            let by_number = params.iter().any(|(name, _)| *name == "orderId");
            if self.cancelled(account, ORDER, params).await? || by_number {
                return Ok(());
            }
        }
        let list = match list {
            Some(number) => ("orderListId", number.to_owned()),
            None => ("listClientOrderId", order.client_id.to_string()),
        };
        self.cancelled(account, LIST, vec![("symbol", listed.name().to_owned()), list]).await.map(|_| ())
    }

    /// Whether there was something to cancel.
    async fn cancelled(
        &self,
        account: &VenueAccount,
        path: &'static str,
        params: Params,
    ) -> Result<bool, VenueError> {
        match self.call(account, Method::Delete, path, params, RequestPurpose::CancelOrder).await {
            Ok(_) => Ok(true),
            Err(error) if is_nothing_to_cancel(&error) => Ok(false),
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
                    count += cancelled.iter().map(orders_in).sum::<u64>();
                }
                Err(error) if is_nothing_to_cancel(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(count))
    }

    /// Query order finds orders of any state; `since` has no part in it. A client id alone does not say whether it is a bracket's.
    pub(super) async fn find(&self, account: &VenueAccount, order: &OrderRef) -> Result<Lookup, VenueError> {
        let symbols = self.market.symbols().await?;
        let listed = self.market.listed(&order.symbol).await?;
        self.market_of(account, listed.name());
        let found = match list_of(order, listed.name()) {
            Some(_) => None,
            None => self.query(account, named(order, listed.name())).await?,
        };
        let report = match found {
            Some(found) => Some(self.report(&found, &symbols)?),
            None => self.find_bracket(account, &listed, order.client_id, &symbols).await?,
        };
        Ok(report.map_or(Lookup::Absent, Lookup::Found))
    }

    /// Both legs by their client ids. They were placed together, so one without the other is no answer.
    async fn find_bracket(
        &self,
        account: &VenueAccount,
        listed: &Listed,
        id: VenueClientId,
        symbols: &SymbolMap,
    ) -> Result<Option<ExecutionReport>, VenueError> {
        let mut legs = Legs::default();
        let Some(first) = self.leg(account, listed.name(), Leg::TakeProfit, id).await? else {
            return Ok(None);
        };
        legs.tell(Leg::TakeProfit, self.report(&first, symbols)?);
        let list = self.list_id(&first)?;
        self.completed(account, legs, list, (listed.name(), id), symbols).await.map(Some)
    }

    /// A bracket of which perhaps one leg alone is known.
    async fn completed(
        &self,
        account: &VenueAccount,
        mut legs: Legs,
        list: VenueOrderId,
        (name, id): (&str, VenueClientId),
        symbols: &SymbolMap,
    ) -> Result<ExecutionReport, VenueError> {
        let lacks = || unreadable(&self.venue, "order", format_args!("list {list} lacks one of its orders"));
        if let Some(leg) = legs.missing() {
            let other = self.leg(account, name, leg, id).await?.ok_or_else(lacks)?;
            legs.tell(leg, self.report(&other, symbols)?);
        }
        let report = legs.report(list.clone()).ok_or_else(lacks)?;
        self.client_ids.learn(report.venue_order_id.as_str(), report.client_id);
        Ok(report)
    }

    async fn leg(
        &self,
        account: &VenueAccount,
        name: &str,
        leg: Leg,
        id: VenueClientId,
    ) -> Result<Option<wire::Order>, VenueError> {
        let params = vec![("symbol", name.to_owned()), ("origClientOrderId", leg.id(id))];
        self.query(account, params).await
    }

    async fn query(&self, account: &VenueAccount, params: Params) -> Result<Option<wire::Order>, VenueError> {
        match self.read(account, ORDER, params).await {
            Ok(body) => result(&self.venue, "order", &body).map(Some),
            Err(error) if is_no_such_order(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The two legs of a bracket are told as one order.
    pub(super) async fn open_orders(
        &self,
        account: &VenueAccount,
    ) -> Result<Vec<ExecutionReport>, VenueError> {
        let symbols = self.market.symbols().await?;
        let open = self.open(account).await?;
        let mut reports = Vec::with_capacity(open.len());
        let mut brackets: BTreeMap<VenueOrderId, (&str, VenueClientId, Legs)> = BTreeMap::new();
        for order in &open {
            if symbols.by_name(&order.symbol).is_none() {
                tracing::warn!(symbol = %order.symbol, "an open order in a symbol that is not listed is left out");
                continue;
            }
            self.market_of(account, &order.symbol);
            let report = self.report(order, &symbols)?;
            match bracket::named(&order.client_order_id) {
                (Some(id), Some(leg)) => {
                    let list = self.list_id(order)?;
                    let known =
                        brackets.entry(list).or_insert_with(|| (order.symbol.as_str(), id, Legs::default()));
                    known.2.tell(leg, report);
                }
                _ => reports.push(report),
            }
        }
        for (list, (name, id, legs)) in brackets {
            let report = self.completed(account, legs, list, (name, id), &symbols).await?;
            // It may have ended between the two calls.
            reports.extend((!report.state.is_final()).then_some(report));
        }
        reports.sort_by(|a, b| (a.at, &a.venue_order_id).cmp(&(b.at, &b.venue_order_id)));
        Ok(reports)
    }

    async fn open(&self, account: &VenueAccount) -> Result<Vec<wire::Order>, VenueError> {
        let body = self.read(account, OPEN_ORDERS, Vec::new()).await?;
        result(&self.venue, "openOrders", &body)
    }

    /// One order of Binance's, be it a leg or a whole order.
    fn report(&self, order: &wire::Order, symbols: &SymbolMap) -> Result<ExecutionReport, VenueError> {
        let report = parse::report(&self.venue, order, symbols)?;
        self.client_ids.learn(report.venue_order_id.as_str(), report.client_id);
        Ok(report)
    }

    /// A new list as one order.
    fn listed_report(
        &self,
        list: &wire::OrderList,
        name: &str,
        symbols: &SymbolMap,
    ) -> Result<ExecutionReport, VenueError> {
        let mut legs = Legs::default();
        for order in &list.order_reports {
            if let (_, Some(leg)) = bracket::named(&order.client_order_id) {
                legs.tell(leg, self.report(order, symbols)?);
            }
        }
        let id = parse::list_id(&self.venue, name, list.order_list_id)?;
        legs.report(id)
            .ok_or_else(|| unreadable(&self.venue, "orderList.orderReports", "an order is missing"))
    }

    fn list_id(&self, leg: &wire::Order) -> Result<VenueOrderId, VenueError> {
        let number = leg.order_list_id.unwrap_or(-1);
        parse::list_id(&self.venue, &leg.symbol, number)
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

/// Binance's number of the list that an order is known to be.
fn list_of<'a>(order: &'a OrderRef, name: &str) -> Option<&'a str> {
    parse::list_number(order.venue_order_id.as_ref()?, name)
}

/// How many orders an entry of a cancel's answer is to us: a bracket is one, a list made elsewhere as many as it holds.
fn orders_in(cancelled: &wire::Cancelled) -> u64 {
    let ours = cancelled.list_client_order_id.as_deref().is_some_and(|id| bracket::named(id).0.is_some());
    if ours { 1 } else { cancelled.order_reports.len().max(1) as u64 }
}
