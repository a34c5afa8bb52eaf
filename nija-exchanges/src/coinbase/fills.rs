//! Executions.

use nija_core::{Timestamp, VenueAccount, VenueError, VenueFill};
use std::{collections::HashMap, time::Duration};

use super::{
    call::{Query, next_cursor},
    executor::Coinbase,
    orders::ours,
    parse, wire,
};
use crate::decode::decode;
use crate::public_list::PublicList;

/// Executions on a page (List Fills: 100 unless told otherwise).
const PAGE: usize = 250;
/// Pages read at most: a day of an account that trades every few seconds.
const PAGES: usize = 200;
/// Coinbase orders executions by the time it filed them, which is a little after they happened.
const SLACK: Duration = Duration::from_secs(60);
/// Orders named in one question.
const ASKED: usize = 50;

impl Coinbase {
    /// Newest first on the wire, page by page under a cursor; oldest first here, each once.
    pub(super) async fn fills_since(
        &self,
        account: &VenueAccount,
        since: Timestamp,
    ) -> Result<Vec<VenueFill>, VenueError> {
        let since = self.market.offset.earliest(since);
        let from = since.minus(SLACK);
        let mut fills = self.fills(account, vec![("start_sequence_timestamp", from.to_string())]).await?;
        fills.retain(|fill| fill.at >= since);
        Ok(fills)
    }

    /// All executions of one order.
    pub(super) async fn fills_of(
        &self,
        account: &VenueAccount,
        order: &str,
    ) -> Result<Vec<VenueFill>, VenueError> {
        self.fills(account, vec![("order_ids", order.to_owned())]).await
    }

    async fn fills(&self, account: &VenueAccount, filter: Query) -> Result<Vec<VenueFill>, VenueError> {
        let symbols = self.market.symbols().await?;
        let mut fills: HashMap<String, VenueFill> = HashMap::new();
        let mut cursor = String::new();
        for _ in 0..PAGES {
            let mut query = filter.clone();
            query.push(("limit", PAGE.to_string()));
            if !cursor.is_empty() {
                query.push(("cursor", cursor.clone()));
            }
            let body = self.read(account, "/api/v3/brokerage/orders/historical/fills", query).await?;
            let page: wire::Fills = decode(&self.venue, "fills", &body)?;
            for fill in &page.fills {
                let Some(listed) = symbols.by_name(&fill.product_id) else {
                    tracing::warn!(product = %fill.product_id, "an execution in a product that is not listed is left out");
                    continue;
                };
                if fill.trade_type.as_deref().is_some_and(|kind| !matches!(kind, "FILL" | "")) {
                    // List Fills: a correction of an execution (REVERSAL, CORRECTION, SYNTHETIC), made by Coinbase's staff.
                    tracing::error!(trade = %fill.trade_id, kind = fill.trade_type, "a corrected execution is left out: compare balances");
                    continue;
                }
                let instrument = &listed.instrument;
                let fill = parse::fill(&self.venue, fill, &instrument.symbol, instrument.lot_size)?;
                fills.insert(fill.execution_id.as_str().to_owned(), fill);
            }
            let more = (!page.fills.is_empty()).then(|| next_cursor(None, page.cursor, &cursor)).flatten();
            match more {
                Some(next) => cursor = next,
                None => {
                    let mut fills: Vec<_> = fills.into_values().collect();
                    fills.sort_by(|a, b| (a.at, &a.execution_id).cmp(&(b.at, &b.execution_id)));
                    self.name(account, &mut fills).await?;
                    return Ok(fills);
                }
            }
        }
        Err(self.too_long("fills", PAGES))
    }

    /// Gives executions the client ids of their orders, which List Fills lacks.
    async fn name(&self, account: &VenueAccount, fills: &mut [VenueFill]) -> Result<(), VenueError> {
        let unknown = fills.iter().map(|fill| fill.venue_order_id.as_str().to_owned());
        let mut unknown: Vec<String> = unknown.filter(|id| self.client_ids.get(id).is_none()).collect();
        unknown.sort_unstable();
        unknown.dedup();
        let mut found = HashMap::new();
        for ids in unknown.chunks(ASKED) {
            let filter: Query = ids.iter().map(|id| ("order_ids", id.clone())).collect();
            self.each_order(account, filter, |order| {
                let id = ours(&order);
                found.insert(order.order_id, id);
                true
            })
            .await?;
        }
        for fill in fills {
            let id = fill.venue_order_id.as_str();
            fill.client_id = found.get(id).copied().or_else(|| self.client_ids.get(id)).flatten();
        }
        Ok(())
    }
}
