//! Orders.

use nija_core::{
    ExecutionReport, FilterError, Lookup, Method, Notional, OrderKind, OrderRef, Placement, Price, Quantity,
    RequestBody, RequestPurpose, TimeInForce, VenueAccount, VenueError, VenueOrder, VenueOrderId,
};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::HashSet;

use super::{
    error::{is_not_cancelable, is_not_found},
    executor::Alpaca,
    parse,
    private::Query,
    symbols::{Class, Listed, SymbolMap},
    wire,
};
use crate::decode::unreadable;

/// Orders in one answer at most ("Get All Orders").
pub(super) const PAGE: usize = 500;
/// Pages read at most.
const PAGES: usize = 40;
/// Dollars of one crypto order at most ("Crypto Spot Trading": 200,000 USD for each order).
const MOST_CRYPTO: Decimal = Decimal::from_parts(200_000, 0, 0, false, 0);

/// The body of `POST /v2/orders`. Numbers are text, so that nobody makes floats of them.
#[derive(Debug, Serialize)]
struct NewOrder<'a> {
    symbol: &'a str,
    qty: String,
    side: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    time_in_force: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_price: Option<String>,
    client_order_id: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pair: Option<Pair>,
}

/// What makes a limit order a pair of exits.
#[derive(Debug, Serialize)]
struct Pair {
    order_class: &'static str,
    take_profit: TakeProfit,
    stop_loss: StopLoss,
}

#[derive(Debug, Serialize)]
struct TakeProfit {
    limit_price: String,
}

#[derive(Debug, Serialize)]
struct StopLoss {
    stop_price: String,
    limit_price: String,
}

impl Alpaca {
    pub(super) async fn place(
        &self,
        account: &VenueAccount,
        order: &VenueOrder,
        notional: Notional,
    ) -> Result<Placement, VenueError> {
        if order.user() != account.user {
            return Err(self.not_sent("the order is another user's"));
        }
        let listed = self.market.listed(Some(account), order.symbol()).await?;
        let (quantity, kind) = fitted(&listed, order, notional)?;
        let time_in_force = self.time_in_force(&listed, order, quantity)?;
        // An order that is to fill at once must not be kept for the next session.
        let at_once = kind == OrderKind::Market || order.time_in_force() == TimeInForce::Ioc;
        if listed.class == Class::Stock && at_once {
            self.market.must_be_open(account, &listed.name).await?;
        }
        if order.deadline() <= self.market.clock.now() {
            return Err(self.not_sent("its deadline is over"));
        }
        let body = body(order, &listed, quantity, kind, time_in_force);
        let purpose =
            RequestPurpose::PlaceOrder { symbol: order.symbol().clone(), side: order.side(), notional };
        let body = RequestBody::Json(body);
        let answer =
            self.private.call(account, Method::Post, "/v2/orders", Vec::new(), body, purpose).await?;
        let placed: wire::Order = parse::answer(&self.venue, "order", &answer)?;
        let venue_order_id = parse::order_id(&self.venue, "order.id", &placed.id)?;
        // It is placed, whether or not its legs are told at once.
        let report = match self.whole(account, placed).await {
            Ok(placed) => {
                self.learn(&placed);
                Some(parse::report(&self.venue, &placed, &listed)?)
            }
            Err(error) => {
                tracing::warn!(order = %venue_order_id, %error, "the legs of an order that was just placed could not be read");
                None
            }
        };
        Ok(Placement { venue_order_id, report, fills: Vec::new() })
    }

    /// "Placing Orders", time in force: crypto takes `gtc` and `ioc`; fractions of a share live for the day only, and those of a pair of
    /// exits not at all. What waits does so until it is cancelled.
    fn time_in_force(
        &self,
        listed: &Listed,
        order: &VenueOrder,
        quantity: Quantity,
    ) -> Result<&'static str, VenueError> {
        let whole = quantity.get().fract().is_zero();
        match (listed.class, order.kind(), order.time_in_force()) {
            (Class::Crypto, kind, TimeInForce::Ioc) if !kind.waits() => Ok("ioc"),
            (Class::Crypto, _, _) => Ok("gtc"),
            (Class::Stock, OrderKind::Market, _) => Ok("day"),
            (Class::Stock, kind, _) if whole && kind.waits() => Ok("gtc"),
            (Class::Stock, _, TimeInForce::Gtc) if whole => Ok("gtc"),
            (Class::Stock, _, TimeInForce::Ioc) if whole => Ok("ioc"),
            (Class::Stock, kind, _) => Err(VenueError::Rejected {
                venue: self.venue.clone(),
                code: "fractional_limit".to_owned(),
                message: match kind {
                    OrderKind::Bracket { .. } => format!(
                        "a bracket is for whole shares only, and {} {} is a fraction: order whole shares",
                        quantity, listed.name
                    ),
                    _ => format!(
                        "a limit or stop order for a fraction of a share lives for one day only, and {} {} is one: order \
                         whole shares, or send a market order",
                        quantity, listed.name
                    ),
                },
            }),
        }
    }

    pub(super) async fn cancel(&self, account: &VenueAccount, order: &OrderRef) -> Result<(), VenueError> {
        let id = match &order.venue_order_id {
            Some(id) => id.clone(),
            None => match self.by_client_id(account, order).await? {
                Some(found) => parse::order_id(&self.venue, "order.id", &found.id)?,
                None => return Ok(()),
            },
        };
        let answer = self.private.delete(account, &format!("/v2/orders/{id}")).await?;
        match super::error::refused(&self.venue, &answer) {
            None => Ok(()),
            Some(error) if is_not_found(&error) => Ok(()),
            // Over, or ending, or not far enough to be cancelled: only the last is a failure.
            Some(error) if is_not_cancelable(&error) => match self.by_id(account, &id).await? {
                Some(found) if found.is_linked() => self.cancel_rest(account, found).await,
                Some(found) if !is_over(&found.status) => Err(error),
                _ => Ok(()),
            },
            Some(error) => Err(error),
        }
    }

    /// Cancels what goes on of a pair whose parent is over. Cancelling any of its members cancels all.
    async fn cancel_rest(&self, account: &VenueAccount, order: wire::Order) -> Result<(), VenueError> {
        let pair = self.whole(account, order).await?;
        if pair.members().any(|member| member.status == "pending_cancel") {
            return Ok(());
        }
        for member in pair.members().filter(|member| !is_over(&member.status)) {
            let answer = self.private.delete(account, &format!("/v2/orders/{}", member.id)).await?;
            match super::error::refused(&self.venue, &answer) {
                None => return Ok(()),
                Some(error) if is_not_found(&error) => {}
                Some(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// 207: each order with the status of its own cancelling. Legs that are known for such do not count: their parents do.
    pub(super) async fn cancel_all(&self, account: &VenueAccount) -> Result<Option<u64>, VenueError> {
        let answer = self.private.delete(account, "/v2/orders").await?;
        let each: Vec<wire::CancelStatus> = parse::answer(&self.venue, "cancel_all", &answer)?;
        let is_leg = |id: &String| self.orders.get(id).is_some_and(|facts| facts.parent.is_some());
        let cancelled = each.iter().filter(|one| (200..300).contains(&one.status));
        let cancelled = cancelled.filter(|one| !one.id.as_ref().is_some_and(is_leg)).count();
        let failed = each.iter().filter(|one| !matches!(one.status, 200..300 | 404 | 422)).count();
        if failed > 0 {
            return Err(VenueError::Rejected {
                venue: self.venue.clone(),
                code: "cancel_all".to_owned(),
                message: format!("{failed} of {} orders could not be cancelled; try again", each.len()),
            });
        }
        Ok(u64::try_from(cancelled).ok())
    }

    pub(super) async fn find(&self, account: &VenueAccount, order: &OrderRef) -> Result<Lookup, VenueError> {
        let symbols = self.market.symbols(Some(account)).await?;
        let mut found = None;
        if let Some(id) = &order.venue_order_id {
            found = self.by_id(account, id).await?;
        }
        if found.is_none() {
            found = self.by_client_id(account, order).await?;
        }
        match found {
            Some(found) => {
                let found = self.whole(account, found).await?;
                Ok(Lookup::Found(self.report(&found, &symbols)?))
            }
            None => Ok(Lookup::Absent),
        }
    }

    pub(super) async fn by_id(
        &self,
        account: &VenueAccount,
        id: &VenueOrderId,
    ) -> Result<Option<wire::Order>, VenueError> {
        let query = vec![("nested", "true".to_owned())];
        self.order_at(account, &format!("/v2/orders/{id}"), query).await
    }

    async fn by_client_id(
        &self,
        account: &VenueAccount,
        order: &OrderRef,
    ) -> Result<Option<wire::Order>, VenueError> {
        let query = vec![("client_order_id", order.client_id.to_string())];
        self.order_at(account, "/v2/orders:by_client_order_id", query).await
    }

    async fn order_at(
        &self,
        account: &VenueAccount,
        path: &str,
        query: Query,
    ) -> Result<Option<wire::Order>, VenueError> {
        let answer = self.private.get(account, path, query).await?;
        match parse::answer::<wire::Order>(&self.venue, "order", &answer) {
            Err(error) if is_not_found(&error) => Ok(None),
            other => other.map(Some),
        }
    }

    pub(super) async fn open_orders(
        &self,
        account: &VenueAccount,
    ) -> Result<Vec<ExecutionReport>, VenueError> {
        let symbols = self.market.symbols(Some(account)).await?;
        let mut reports = Vec::new();
        for order in self.open(account).await? {
            if listed(&symbols, &order).is_none() {
                tracing::warn!(
                    symbol = order.symbol,
                    "an open order in something that is not listed is left out"
                );
                continue;
            }
            reports.push(self.report(&order, &symbols)?);
        }
        reports.sort_by(|a, b| (a.at, &a.venue_order_id).cmp(&(b.at, &b.venue_order_id)));
        Ok(reports)
    }

    /// Orders that may still trade: pairs whole, the legs of what other programs linked as orders of their own.
    async fn open(&self, account: &VenueAccount) -> Result<Vec<wire::Order>, VenueError> {
        let mut open: Vec<wire::Order> = Vec::new();
        for order in self.list(account, "open", None).await? {
            for order in self.whole(account, order).await?.apart() {
                let known = open.iter().any(|known| known.id == order.id);
                if !known && order.open_members().next().is_some() {
                    open.push(order);
                }
            }
        }
        Ok(open)
    }

    /// All orders of a status, oldest first, page by page. `after` is exclusive: each page begins a little before the end of the
    /// one before it.
    pub(super) async fn list(
        &self,
        account: &VenueAccount,
        status: &str,
        after: Option<nija_core::Timestamp>,
    ) -> Result<Vec<wire::Order>, VenueError> {
        let mut all: Vec<wire::Order> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        let mut after = after;
        for _ in 0..PAGES {
            let mut query = vec![
                ("status", status.to_owned()),
                ("limit", PAGE.to_string()),
                ("direction", "asc".to_owned()),
                // With their legs, since legs do not name their parents.
                ("nested", "true".to_owned()),
            ];
            query.extend(after.map(|after| ("after", after.to_string())));
            let answer = self.private.get(account, "/v2/orders", query).await?;
            let page: Vec<wire::Order> = parse::answer(&self.venue, "orders", &answer)?;
            let full = page.len() >= PAGE;
            let last = page.last().and_then(|order| order.submitted_at.as_deref()?.parse().ok());
            let known = all.len();
            for order in page {
                if seen.insert(order.id.clone()) {
                    self.learn(&order);
                    all.push(order);
                }
            }
            if !full {
                return Ok(all);
            }
            match last {
                Some(last) if all.len() > known => {
                    after = Some(nija_core::Timestamp::minus(last, std::time::Duration::from_micros(1)));
                }
                _ => break,
            }
        }
        Err(unreadable(&self.venue, "orders", format_args!("more than {PAGES} pages, or pages without end")))
    }

    pub(super) fn report(
        &self,
        order: &wire::Order,
        symbols: &SymbolMap,
    ) -> Result<ExecutionReport, VenueError> {
        let listed = listed(symbols, order).ok_or_else(|| {
            let name = order.symbol.as_deref().unwrap_or_default();
            unreadable(&self.venue, "order.symbol", format_args!("{name:?} is not listed"))
        })?;
        self.learn(order);
        parse::report(&self.venue, order, listed)
    }

    fn not_sent(&self, message: &str) -> VenueError {
        VenueError::NotSent { venue: self.venue.clone(), message: message.to_owned() }
    }
}

pub(super) fn listed<'a>(symbols: &'a SymbolMap, order: &wire::Order) -> Option<&'a std::sync::Arc<Listed>> {
    symbols.by_name(order.symbol.as_deref()?)
}

/// Whether an order of this status fills no more, or is on its way there.
fn is_over(status: &str) -> bool {
    matches!(
        status,
        "filled" | "canceled" | "expired" | "rejected" | "replaced" | "pending_cancel" | "pending_replace"
    )
}

/// The order on the asset's lot and tick and within its limits, or why not. The market is valued by what the caller expects.
fn fitted(
    listed: &Listed,
    order: &VenueOrder,
    notional: Notional,
) -> Result<(Quantity, OrderKind), VenueError> {
    let rules = &listed.instrument;
    let out_of_range = || FilterError::OutOfRange { venue: rules.venue.clone() };
    let expected = notional.get().checked_div(order.quantity().get());
    let reference = match order.kind() {
        OrderKind::Market => expected.and_then(|price| Price::new(price).ok()),
        kind => kind.worst_price(),
    };
    let reference = reference.ok_or_else(out_of_range)?;
    let (quantity, kind) = rules.fit(order.side(), order.kind(), order.quantity(), reference)?;
    let dollars = matches!(rules.symbol.quote(), "USD" | "USDT" | "USDC");
    if listed.class == Class::Crypto && dollars && quantity.get() * reference.get() > MOST_CRYPTO {
        let max = Notional::new(MOST_CRYPTO).ok().and_then(|most| most.over(reference).ok());
        let max = max.ok_or_else(out_of_range)?.floor_to(rules.lot_size);
        let base = rules.symbol.base().to_owned();
        return Err(FilterError::AboveMaxQuantity { quantity, max, base, venue: rules.venue.clone() }.into());
    }
    Ok((quantity, kind))
}

fn body(
    order: &VenueOrder,
    listed: &Listed,
    quantity: Quantity,
    kind: OrderKind,
    time_in_force: &'static str,
) -> String {
    let text = |price: Price| price.to_string();
    let (name, limit_price, stop_price, pair) = match kind {
        OrderKind::Market => ("market", None, None, None),
        OrderKind::Limit { price } => ("limit", Some(text(price)), None, None),
        OrderKind::StopLimit { stop, price } => ("stop_limit", Some(text(price)), Some(text(stop)), None),
        OrderKind::Bracket { take_profit, stop, price } => {
            let pair = Pair {
                order_class: "oco",
                take_profit: TakeProfit { limit_price: text(take_profit) },
                stop_loss: StopLoss { stop_price: text(stop), limit_price: text(price) },
            };
            ("limit", None, None, Some(pair))
        }
    };
    let body = NewOrder {
        symbol: &listed.name,
        qty: quantity.to_string(),
        side: order.side().as_str(),
        kind: name,
        time_in_force,
        limit_price,
        stop_price,
        client_order_id: order.client_id().to_string(),
        pair,
    };
    // Strings alone: this cannot fail.
    serde_json::to_string(&body).unwrap_or_default()
}
