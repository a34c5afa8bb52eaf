//! Executions.

use nija_core::{Timestamp, VenueAccount, VenueError, VenueFill};
use std::{collections::HashMap, time::Duration};

use super::{
    call::Query,
    executor::Okx,
    parse::{self, data},
    wire,
};
use crate::public_list::PublicList;

/// Executions in one answer at most (Transaction details, `limit`).
const PAGE: usize = 100;
/// Pages read at most: a day of an account that trades every few seconds.
const PAGES: usize = 200;
/// `trade/fills` reaches back three days and `trade/fills-history`, which may be asked less often, three months.
const RECENT: Duration = Duration::from_secs(60 * 60 * (3 * 24 - 1));

impl Okx {
    /// Newest first on the wire, page by page under the bill's id; oldest first here, each once.
    pub(super) async fn fills_since(
        &self,
        account: &VenueAccount,
        since: Timestamp,
    ) -> Result<Vec<VenueFill>, VenueError> {
        let symbols = self.market.symbols().await?;
        // OKX tells an execution's time in whole milliseconds: one within the first of them must not seem to be before it.
        let since = self.market.offset.earliest(since);
        let since = Timestamp::from_micros(since.micros().div_euclid(1000) * 1000);
        let now = self.market.offset.at_venue(self.market.clock.now());
        let path =
            if now.since(since) < RECENT { "/api/v5/trade/fills" } else { "/api/v5/trade/fills-history" };
        let mut fills: HashMap<String, VenueFill> = HashMap::new();
        let mut after: Option<String> = None;
        for _ in 0..PAGES {
            // `begin` goes by when an execution was filed, which is never before it happened.
            let begin = since.micros().div_euclid(1000).max(0);
            let mut query: Query = vec![
                ("instType", "SPOT".to_owned()),
                ("begin", begin.to_string()),
                ("limit", PAGE.to_string()),
            ];
            query.extend(after.take().map(|bill| ("after", bill)));
            let body = self.read(account, path, query).await?;
            let page: Vec<wire::Fill> = data(&self.venue, "fills", &body)?;
            for fill in &page {
                let Some(listed) = symbols.by_name(&fill.inst_id) else {
                    tracing::warn!(instrument = %fill.inst_id, "an execution in an instrument that is not listed is left out");
                    continue;
                };
                let fill = parse::fill(&self.venue, fill, &listed.instrument.symbol)?;
                if fill.at >= since {
                    fills.insert(fill.execution_id.as_str().to_owned(), fill);
                }
            }
            match page.last().filter(|_| page.len() >= PAGE) {
                Some(last) => after = Some(last.bill_id.clone()),
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

    /// Gives executions of orders that came from algo orders the ids of those. Transaction details does not tell: the order itself does,
    /// once, and is remembered.
    async fn name(&self, account: &VenueAccount, fills: &mut [VenueFill]) -> Result<(), VenueError> {
        let symbols = self.market.symbols().await?;
        for fill in fills.iter_mut().filter(|fill| fill.client_id.is_none()) {
            let order = fill.venue_order_id.as_str().to_owned();
            let known = match self.known.get(&order) {
                Some(known) => Some(known),
                None => {
                    if let Some(found) =
                        self.order(account, fill.symbol.as_str(), ("ordId", order.clone())).await?
                    {
                        self.report(&found, &symbols)?;
                    }
                    self.known.get(&order)
                }
            };
            if let Some(known) = known {
                (fill.venue_order_id, fill.client_id) = (known.id, known.client_id);
            }
        }
        Ok(())
    }
}
