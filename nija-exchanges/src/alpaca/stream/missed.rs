//! What the account stream did not tell. Its messages bear no numbers and are not sent again ("Websocket Streaming"): a lost one is
//! found by comparing with REST, when a connection begins and from time to time.

use nija_core::{Timestamp, VenueError, VenueFill, VenueOrderId};
use std::{collections::HashSet, time::Duration};

use super::{
    super::{orders, wire},
    account::{Session, passes},
    updates::{Seen, Told},
};

/// Our clock and the venue's may differ by this much.
const CLOCKS: Duration = Duration::from_secs(5);
/// Executions are filed a little after they happened.
const FILED: Duration = Duration::from_secs(60);
/// Orders that are asked for one by one at a time; the rest waits for the next comparison.
const ASKED: usize = 20;

/// What was told, kept from one connection to the next.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) told: Told,
    pub(super) fills: Seen,
    /// Orders sent, and executions made, before these were compared.
    orders_since: Timestamp,
    fills_since: Timestamp,
}

impl Memory {
    /// Nothing was told; what happened before now is nobody's news.
    pub(super) fn new(now: Timestamp) -> Self {
        let since = now.minus(CLOCKS);
        Self { told: Told::default(), fills: Seen::default(), orders_since: since, fills_since: since }
    }
}

/// What REST says that there is.
struct There {
    orders: Vec<wire::Order>,
    fills: Vec<VenueFill>,
}

impl Session {
    /// Tells what is there and was not told; false when nobody reads any more.
    pub(super) async fn make_up(&mut self) -> Result<bool, String> {
        let there = match self.there().await {
            Ok(there) => there,
            Err(error) if passes(&error) => return Ok(true),
            Err(error) => return Err(error.to_string()),
        };
        for order in there.orders.into_iter().flat_map(wire::Order::apart) {
            if orders::listed(&self.symbols, &order).is_none() {
                continue;
            }
            // A leg without its parent is not told by itself, and a pair that is ending may have gone on under other ids.
            let facts = self.alpaca.orders.get(&order.id);
            let alone = order.is_linked() && !order.is_pair();
            if alone && facts.as_ref().is_some_and(|facts| facts.parent.is_some()) {
                continue;
            }
            if alone && facts.is_none() || order.is_pair() && order.is_half_over() {
                let since = self.memory.fills_since;
                self.ask_for(order, since);
                continue;
            }
            let report = self.alpaca.report(&order, &self.symbols).map_err(|error| error.to_string())?;
            let sent = order.submitted_at.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
            let sent = sent.map_or(self.memory.orders_since, |sent| sent.minus(CLOCKS));
            self.memory.orders_since = self.memory.orders_since.max(sent);
            let at = report.at;
            if self.memory.told.would_be_news(&report) && !self.tell(&order, report, at).await {
                return Ok(false);
            }
        }
        for fill in there.fills {
            self.memory.fills_since = self.memory.fills_since.max(fill.at.minus(FILED));
            if !self.fill(fill).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Open orders, those sent lately, those that were open when last heard of, and the latest executions.
    async fn there(&self) -> Result<There, VenueError> {
        let mut orders = self.calls.ask(self.alpaca.list(&self.account, "open", None)).await?;
        let sent = self.alpaca.list(&self.account, "all", Some(self.memory.orders_since));
        orders.extend(self.calls.ask(sent).await?);
        let listed: HashSet<String> = orders.iter().map(|order| order.id.clone()).collect();
        let unheard = self.memory.told.open().into_iter().filter(|id| !listed.contains(id));
        for id in unheard.take(ASKED) {
            if let Ok(id) = VenueOrderId::new(&id) {
                orders.extend(self.calls.ask(self.alpaca.by_id(&self.account, &id)).await?);
            }
        }
        orders.sort_by(|a, b| a.submitted_at.cmp(&b.submitted_at));
        let executed = self.alpaca.executed_since(&self.account, self.memory.fills_since);
        let executed = self.calls.ask(executed).await?;
        Ok(There { orders, fills: executed.into_iter().map(|one| one.fill).collect() })
    }
}
