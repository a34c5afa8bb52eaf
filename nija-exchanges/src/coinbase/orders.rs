//! Orders that are there: looking them up, listing and cancelling them.

use nija_core::{
    ExecutionReport, Lookup, OrderRef, RequestPurpose, Timestamp, VenueAccount, VenueClientId, VenueError,
};
use std::time::Duration;

use super::{
    call::{Query, next_cursor},
    error::is_not_found,
    executor::Coinbase,
    parse,
    symbols::SymbolMap,
    wire,
};
use crate::decode::decode;
use crate::listings::SymbolList;
use crate::public_list::PublicList;

/// Orders on a page (List Orders).
const PAGE: usize = 250;
/// Pages read at most: far more than an account makes between an order and its look-up.
const PAGES: usize = 200;
/// Orders are listed from a little before they were sent, since clocks differ.
const SLACK: Duration = Duration::from_secs(60);
/// Orders cancelled with one call (Cancel Orders: 100 at most).
const CANCELLED: usize = 100;

impl Coinbase {
    /// By the venue's id where it is known; else all orders of the product since then, matched here. The list holds orders of
    /// every state, so an order cannot slip from one list to another between two calls.
    pub(super) async fn find(
        &self,
        account: &VenueAccount,
        order: &OrderRef,
        since: Timestamp,
    ) -> Result<Lookup, VenueError> {
        if let Some(id) = &order.venue_order_id
            && let Some(found) = self.order(account, id.as_str()).await?
        {
            return Ok(Lookup::Found(found));
        }
        let from = self.market.offset.earliest(since).minus(SLACK);
        let symbols = self.market.symbols().await?;
        let product = symbols.get(&order.symbol).map(|listed| listed.instrument.venue_symbol.clone());
        let mut filter: Query = product.into_iter().map(|product| ("product_ids", product)).collect();
        filter.push(("start_date", from.to_string()));
        let mine = |found: &wire::Order| ours(found) == Some(order.client_id);
        let mut found = None;
        self.each_order(account, filter, |listed| {
            if mine(&listed) {
                found = Some(listed);
            }
            found.is_none()
        })
        .await?;
        match found {
            Some(found) => self.report(&found, &symbols).map(Lookup::Found),
            None => Ok(Lookup::Absent),
        }
    }

    pub(super) async fn open_orders(
        &self,
        account: &VenueAccount,
    ) -> Result<Vec<ExecutionReport>, VenueError> {
        let symbols = self.market.symbols().await?;
        let mut open = Vec::new();
        self.each_order(account, vec![("order_status", "OPEN".to_owned())], |order| {
            open.push(order);
            true
        })
        .await?;
        let mut reports = Vec::with_capacity(open.len());
        for order in &open {
            if symbols.by_name(&order.product_id).is_none() {
                tracing::warn!(product = %order.product_id, "an open order in a product that is not listed is left out");
                continue;
            }
            match self.report(order, &symbols) {
                Ok(report) => reports.push(report),
                // What another program made must not hide what this one did.
                Err(error) if ours(order).is_none() => {
                    tracing::warn!(order = %order.order_id, %error, "an open order of another program is left out");
                }
                Err(error) => return Err(error),
            }
        }
        reports.sort_by(|a, b| (a.at, &a.venue_order_id).cmp(&(b.at, &b.venue_order_id)));
        Ok(reports)
    }

    /// One order by the venue's id; `None` where there is none.
    pub(super) async fn order(
        &self,
        account: &VenueAccount,
        id: &str,
    ) -> Result<Option<ExecutionReport>, VenueError> {
        let symbols = self.market.symbols().await?;
        let path = format!("/api/v3/brokerage/orders/historical/{id}");
        match self.read(account, &path, Vec::new()).await {
            Ok(body) => {
                let one: wire::OneOrder = decode(&self.venue, "order", &body)?;
                self.report(&one.order, &symbols).map(Some)
            }
            Err(error) if is_not_found(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn cancel(&self, account: &VenueAccount, order: &OrderRef) -> Result<(), VenueError> {
        let id = match &order.venue_order_id {
            Some(id) => id.as_str().to_owned(),
            // Cancelling takes the venue's id alone. What can be cancelled is among the open orders.
            None => match self.open_id(account, order).await? {
                Some(id) => id,
                None => return Ok(()),
            },
        };
        let results = self.batch_cancel(account, std::slice::from_ref(&id)).await?;
        let Some(refused) = results.into_iter().find(|result| result.order_id == id && !result.success)
        else {
            return Ok(());
        };
        // Gone already, being cancelled already, or really refused: the order itself says which.
        match self.order(account, &id).await? {
            Some(found) if !found.state.is_final() => {
                let code = refused.failure_reason.unwrap_or_default();
                if code == "DUPLICATE_CANCEL_REQUEST" {
                    return Ok(());
                }
                let message = "the order is still open".to_owned();
                Err(VenueError::Rejected { venue: self.venue.clone(), code, message })
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn cancel_all(&self, account: &VenueAccount) -> Result<Option<u64>, VenueError> {
        let mut ids = Vec::new();
        self.each_order(account, vec![("order_status", "OPEN".to_owned())], |order| {
            ids.push(order.order_id);
            true
        })
        .await?;
        let mut cancelled = 0;
        for some in ids.chunks(CANCELLED) {
            let results = self.batch_cancel(account, some).await?;
            cancelled += results.iter().filter(|result| result.success).count();
        }
        Ok(u64::try_from(cancelled).ok())
    }

    async fn open_id(&self, account: &VenueAccount, order: &OrderRef) -> Result<Option<String>, VenueError> {
        let mut id = None;
        self.each_order(account, vec![("order_status", "OPEN".to_owned())], |listed| {
            if ours(&listed) == Some(order.client_id) {
                id = Some(listed.order_id);
            }
            id.is_none()
        })
        .await?;
        Ok(id)
    }

    async fn batch_cancel(
        &self,
        account: &VenueAccount,
        ids: &[String],
    ) -> Result<Vec<wire::CancelResult>, VenueError> {
        let (path, body) = ("/api/v3/brokerage/orders/batch_cancel", wire::CancelOrders { order_ids: ids });
        let body = self.post(account, path, &body, RequestPurpose::CancelOrder, None).await?;
        let cancelled: wire::Cancelled = decode(&self.venue, "batch_cancel", &body)?;
        Ok(cancelled.results)
    }

    /// Shows every order of a list, newest first, until `more` has seen enough.
    pub(super) async fn each_order(
        &self,
        account: &VenueAccount,
        filter: Query,
        mut more: impl FnMut(wire::Order) -> bool + Send,
    ) -> Result<(), VenueError> {
        let mut cursor = String::new();
        for _ in 0..PAGES {
            let mut query = filter.clone();
            query.push(("limit", PAGE.to_string()));
            if !cursor.is_empty() {
                query.push(("cursor", cursor.clone()));
            }
            let body = self.read(account, "/api/v3/brokerage/orders/historical/batch", query).await?;
            let page: wire::Orders = decode(&self.venue, "orders", &body)?;
            for order in page.orders {
                self.client_ids.learn(&order.order_id, ours(&order));
                if !more(order) {
                    return Ok(());
                }
            }
            match next_cursor(page.has_next, page.cursor, &cursor) {
                Some(next) => cursor = next,
                None => return Ok(()),
            }
        }
        Err(self.too_long("orders", PAGES))
    }

    fn report(&self, order: &wire::Order, symbols: &SymbolMap) -> Result<ExecutionReport, VenueError> {
        let report = parse::report(&self.venue, order, symbols)?;
        self.client_ids.learn(&order.order_id, report.client_id);
        Ok(report)
    }
}

/// An order's client id, where it has the form of ours.
pub(super) fn ours(order: &wire::Order) -> Option<VenueClientId> {
    order.client_order_id.as_deref()?.parse().ok()
}
