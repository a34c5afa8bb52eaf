//! Orders that are there: looking them up, listing and cancelling them.

use nija_core::{
    ExecutionReport, Lookup, OrderRef, RequestPurpose, VenueAccount, VenueClientId, VenueError, VenueOrderId,
};

use super::{
    algo,
    call::Query,
    error::{self, is_no_such_order, is_nothing_to_cancel},
    executor::Okx,
    parse::{self, data, on_the_wire},
    symbols::SymbolMap,
    wire,
};
use crate::public_list::PublicList;

/// Orders in one answer at most (Order List, `limit`).
const PAGE: usize = 100;
/// Pages read at most: 4,000 orders may be open in an account (General Info).
const PAGES: usize = 50;
/// Orders cancelled with one call (Cancel multiple orders).
const CANCELLED: usize = 20;

impl Okx {
    /// By OKX's id where it is known, else by ours: among orders, then among those that wait. Order details answers for every state;
    /// of an order that was cancelled without a fill only for two hours (Order history).
    pub(super) async fn find(&self, account: &VenueAccount, order: &OrderRef) -> Result<Lookup, VenueError> {
        let symbols = self.market.symbols().await?;
        let listed = self.market.listed(&order.symbol).await?;
        let algo = order.venue_order_id.as_ref().and_then(algo::number);
        if algo.is_none() {
            let id = match &order.venue_order_id {
                Some(id) => ("ordId", id.as_str().to_owned()),
                None => ("clOrdId", on_the_wire(order.client_id)),
            };
            if let Some(found) = self.order(account, listed.name(), id).await? {
                return self.report(&found, &symbols).map(Lookup::Found);
            }
            if order.venue_order_id.is_some() {
                return Ok(Lookup::Absent);
            }
        }
        let by = waiting(order, algo);
        let found = self.find_waiting(account, by, &symbols).await?;
        Ok(found.map_or(Lookup::Absent, Lookup::Found))
    }

    /// One order; `None` where there is none.
    pub(super) async fn order(
        &self,
        account: &VenueAccount,
        instrument: &str,
        id: (&'static str, String),
    ) -> Result<Option<wire::Order>, VenueError> {
        let query = vec![("instId", instrument.to_owned()), id];
        match self.read(account, "/api/v5/trade/order", query).await {
            Ok(body) => Ok(data(&self.venue, "order", &body)?.into_iter().next()),
            Err(error) if is_no_such_order(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn open_orders(
        &self,
        account: &VenueAccount,
    ) -> Result<Vec<ExecutionReport>, VenueError> {
        let symbols = self.market.symbols().await?;
        // Those that wait first: one whose price comes meanwhile is then told twice rather than not at all.
        let mut reports = self.all_waiting(account, &symbols).await?;
        for order in &self.pending(account).await? {
            if symbols.by_name(&order.inst_id).is_none() {
                tracing::warn!(instrument = %order.inst_id, "an open order in an instrument that is not listed is left out");
                continue;
            }
            let report = self.report(order, &symbols)?;
            reports.retain(|waiting| waiting.venue_order_id != report.venue_order_id);
            reports.push(report);
        }
        reports.sort_by(|a, b| (a.at, &a.venue_order_id).cmp(&(b.at, &b.venue_order_id)));
        Ok(reports)
    }

    /// Newest first, page by page. What ends meanwhile does not shift the pages: they go by id.
    async fn pending(&self, account: &VenueAccount) -> Result<Vec<wire::Order>, VenueError> {
        let mut orders: Vec<wire::Order> = Vec::new();
        for _ in 0..PAGES {
            let mut query: Query = vec![("instType", "SPOT".to_owned()), ("limit", PAGE.to_string())];
            if let Some(last) = orders.last() {
                query.push(("after", last.ord_id.clone()));
            }
            let body = self.read(account, "/api/v5/trade/orders-pending", query).await?;
            let page: Vec<wire::Order> = data(&self.venue, "orders-pending", &body)?;
            let last = page.len() < PAGE;
            orders.extend(page);
            if last {
                return Ok(orders);
            }
        }
        Err(self.too_long("orders-pending", PAGES))
    }

    pub(super) async fn cancel(&self, account: &VenueAccount, order: &OrderRef) -> Result<(), VenueError> {
        let listed = self.market.listed(&order.symbol).await?;
        let algo = order.venue_order_id.as_ref().and_then(algo::number);
        if algo.is_none() {
            let ord_id = order.venue_order_id.as_ref().map(nija_core::VenueOrderId::as_str);
            let cl_ord_id = ord_id.is_none().then(|| on_the_wire(order.client_id));
            let only = ord_id.is_some();
            let cancelled = self.try_cancel(account, listed.name(), ord_id, cl_ord_id).await?;
            if only || cancelled {
                return Ok(());
            }
        }
        self.cancel_waiting(account, listed.name(), waiting(order, algo)).await
    }

    /// Cancels an order; that it is gone already is not an error.
    pub(super) async fn cancel_plain(
        &self,
        account: &VenueAccount,
        instrument: &str,
        ord_id: Option<&str>,
        cl_ord_id: Option<String>,
    ) -> Result<(), VenueError> {
        self.try_cancel(account, instrument, ord_id, cl_ord_id).await.map(|_| ())
    }

    /// Whether there was such an order to cancel.
    async fn try_cancel(
        &self,
        account: &VenueAccount,
        instrument: &str,
        ord_id: Option<&str>,
        cl_ord_id: Option<String>,
    ) -> Result<bool, VenueError> {
        let body = wire::CancelOrder { inst_id: instrument, ord_id, cl_ord_id };
        let path = "/api/v5/trade/cancel-order";
        let cancelled = match self.post(account, path, &body, RequestPurpose::CancelOrder, None).await {
            Ok(body) => self.acted("cancel-order", &body)?.into_iter().flatten().next().map_or(Ok(()), Err),
            Err(error) => Err(error),
        };
        match cancelled {
            Err(error) if is_nothing_to_cancel(&error) => Ok(false),
            other => other.map(|()| true),
        }
    }

    /// Every open spot order, twenty at a time; those that wait first, so that none becomes an order behind our back.
    pub(super) async fn cancel_all(&self, account: &VenueAccount) -> Result<Option<u64>, VenueError> {
        let mut count = self.cancel_all_waiting(account).await?;
        let open = self.pending(account).await?;
        for some in open.chunks(CANCELLED) {
            let body: Vec<_> = some
                .iter()
                .map(|order| wire::CancelOrder {
                    inst_id: &order.inst_id,
                    ord_id: Some(&order.ord_id),
                    cl_ord_id: None,
                })
                .collect();
            let path = "/api/v5/trade/cancel-batch-orders";
            let body = self.post(account, path, &body, RequestPurpose::CancelOrder, None).await?;
            for refusal in self.acted("cancel-batch-orders", &body)? {
                match refusal {
                    None => count += 1,
                    Some(error) if is_nothing_to_cancel(&error) => {}
                    Some(error) => return Err(error),
                }
            }
        }
        Ok(Some(count))
    }

    /// What became of each entry of a call.
    pub(super) fn acted(&self, call: &str, body: &str) -> Result<Vec<Option<VenueError>>, VenueError> {
        let entries: Vec<wire::Acted<'_>> = data(&self.venue, call, body)?;
        Ok(entries.iter().map(|entry| error::of_entry(&self.venue, entry)).collect())
    }

    pub(super) fn report(
        &self,
        order: &wire::Order,
        symbols: &SymbolMap,
    ) -> Result<ExecutionReport, VenueError> {
        let report = parse::report(&self.venue, order, symbols)?;
        self.learn(&order.ord_id, &report.venue_order_id, report.client_id);
        Ok(report)
    }

    /// Remembers under which ids of ours an order of OKX's goes.
    pub(super) fn learn(&self, order: &str, id: &VenueOrderId, client_id: Option<VenueClientId>) {
        self.known.learn(order, Known { id: id.clone(), client_id });
    }
}

/// The ids under which an order goes here: of one that came from an algo order, that one's.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) id: VenueOrderId,
    pub(super) client_id: Option<VenueClientId>,
}

/// An algo order by OKX's id where it is known, else by ours.
fn waiting(order: &OrderRef, algo: Option<&str>) -> (&'static str, String) {
    match algo {
        Some(id) => ("algoId", id.to_owned()),
        None => ("algoClOrdId", on_the_wire(order.client_id)),
    }
}
