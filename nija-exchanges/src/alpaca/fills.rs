//! Executions, from the account's activities. They carry no client id and no word on the order's kind: its order is asked for.

use nija_core::{OrderKind, Timestamp, VenueAccount, VenueClientId, VenueError, VenueFill, VenueOrderId};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use super::{
    AlpacaFees,
    executor::Alpaca,
    parse::{self, OrderFacts},
    private::Query,
    wire,
};
use crate::decode::unreadable;

/// Activities in one answer at most ("Account Activities").
const PAGE: usize = 100;
/// Pages read at most.
const PAGES: usize = 200;
/// `after` is asked for with whole seconds, and a little early.
const SLACK: Duration = Duration::from_secs(2);
/// Orders asked for one by one; more of them are listed at once.
const ONE_BY_ONE: usize = 4;
/// Orders older than this before the first execution are asked for one by one in any case.
const LISTED_BACK: Duration = Duration::from_secs(86_400);

/// An execution, and how much of its order was executed after it where the venue says so.
#[derive(Debug, Clone)]
pub(super) struct Executed {
    pub(super) fill: VenueFill,
    /// The order that was executed: of a pair the leg.
    pub(super) order: String,
    pub(super) cumulative: Option<Decimal>,
}

impl Alpaca {
    pub(super) async fn fills_since(
        &self,
        account: &VenueAccount,
        since: Timestamp,
    ) -> Result<Vec<VenueFill>, VenueError> {
        let executed = self.executed_since(account, since).await?;
        Ok(executed.into_iter().map(|one| one.fill).filter(|fill| fill.at >= since).collect())
    }

    /// Oldest first, from about that moment on, each once.
    pub(super) async fn executed_since(
        &self,
        account: &VenueAccount,
        since: Timestamp,
    ) -> Result<Vec<Executed>, VenueError> {
        let activities = self.activities(account, since).await?;
        let symbols = self.market.symbols(Some(account)).await?;
        let facts = self.facts(account, &activities, since).await?;
        let fees = match activities.is_empty() {
            true => AlpacaFees::default(),
            false => self.crypto_fees(account).await?.0,
        };
        let mut fills = Vec::with_capacity(activities.len());
        for activity in &activities {
            let Some(listed) = symbols.by_name(&activity.symbol) else {
                tracing::warn!(
                    symbol = activity.symbol,
                    "an execution in something that is not listed is left out"
                );
                continue;
            };
            let Some(facts) = facts.get(&activity.order_id) else {
                let path = format!("activities.{}.order_id", activity.id);
                return Err(unreadable(&self.venue, path, "no such order"));
            };
            let fill = parse::fill(&self.venue, activity, listed, facts, fees)?;
            let (order, cumulative) =
                (activity.order_id.clone(), activity.cum_qty.map(|cumulative| cumulative.0));
            fills.push(Executed { fill, order, cumulative });
        }
        // Partial executions of the same millisecond may be listed out of order.
        fills.sort_by(|a, b| {
            let key = |one: &Executed| (one.fill.at, one.cumulative, one.fill.execution_id.clone());
            key(a).cmp(&key(b))
        });
        Ok(fills)
    }

    /// Page by page in rising order: what trades meanwhile comes after the last page, so that nothing shifts.
    async fn activities(
        &self,
        account: &VenueAccount,
        since: Timestamp,
    ) -> Result<Vec<wire::Activity>, VenueError> {
        let second = since.minus(SLACK).micros().div_euclid(1_000_000).max(0);
        let after = Timestamp::from_micros(second.saturating_mul(1_000_000)).to_string();
        let mut all: Vec<wire::Activity> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            let mut query: Query = vec![
                ("after", after.clone()),
                ("direction", "asc".to_owned()),
                ("page_size", PAGE.to_string()),
            ];
            query.extend(token.take().map(|token| ("page_token", token)));
            let answer = self.private.get(account, "/v2/account/activities/FILL", query).await?;
            let page: Vec<wire::Activity> = parse::answer(&self.venue, "activities", &answer)?;
            let full = page.len() >= PAGE;
            token = page.last().map(|last| last.id.clone());
            let known = all.len();
            all.extend(page.into_iter().filter(|activity| seen.insert(activity.id.clone())));
            if !full || all.len() == known {
                return Ok(all);
            }
        }
        Err(unreadable(&self.venue, "activities", format_args!("more than {PAGES} pages")))
    }

    /// What must be known of the orders of these executions.
    async fn facts(
        &self,
        account: &VenueAccount,
        activities: &[wire::Activity],
        since: Timestamp,
    ) -> Result<HashMap<String, OrderFacts>, VenueError> {
        let mut facts: HashMap<String, OrderFacts> = HashMap::new();
        let mut missing: Vec<String> = Vec::new();
        for activity in activities {
            match self.orders.get(&activity.order_id) {
                Some(known) => {
                    facts.insert(activity.order_id.clone(), known);
                }
                None if !missing.contains(&activity.order_id) => missing.push(activity.order_id.clone()),
                None => {}
            }
        }
        if missing.len() > ONE_BY_ONE {
            for order in self.list(account, "all", Some(since.minus(LISTED_BACK))).await? {
                facts.extend(facts_of(&order));
            }
        }
        for id in missing {
            if facts.contains_key(&id) {
                continue;
            }
            let name = VenueOrderId::new(&id)
                .map_err(|error| unreadable(&self.venue, "activities.order_id", error))?;
            if let Some(order) = self.by_id(account, &name).await? {
                let order = self.whole(account, order).await?;
                self.learn(&order);
                facts.extend(facts_of(&order));
                // A leg of nothing that is known: an order by itself.
                if let (false, Some(found)) = (facts.contains_key(&id), alone(&order)) {
                    self.orders.learn(&id, found.clone());
                    facts.insert(id, found);
                }
            }
        }
        Ok(facts)
    }

    /// Remembers an order that is found to be linked to nothing that is known.
    pub(super) fn learn_alone(&self, order: &wire::Order) {
        if let Some(facts) = alone(order) {
            self.orders.learn(&order.id, facts);
        }
    }

    /// Remembers what executions do not tell of their order.
    pub(super) fn learn(&self, order: &wire::Order) {
        for (id, facts) in facts_of(order) {
            self.orders.learn(&id, facts);
        }
    }
}

/// What is known of an order and its legs by its id and theirs. Of one that may be the leg of another, nothing.
fn facts_of(order: &wire::Order) -> Vec<(String, OrderFacts)> {
    if order.is_pair() {
        let client_id = client_id(order);
        let parent = VenueOrderId::new(&order.id).ok();
        let of_pair = |member: &wire::Order| {
            let parent = parent.clone().filter(|_| member.id != order.id);
            Some((member.id.clone(), OrderFacts { client_id, parent, ..alone(member)? }))
        };
        return order.members().filter_map(of_pair).collect();
    }
    if order.is_linked() && order.members().count() == 1 {
        return Vec::new();
    }
    order.members().filter_map(|member| Some((member.id.clone(), alone(member)?))).collect()
}

/// What is known of an order by itself.
fn alone(order: &wire::Order) -> Option<OrderFacts> {
    let submitted = order.submitted_at.as_deref().or(order.created_at.as_deref())?;
    Some(OrderFacts {
        client_id: client_id(order),
        parent: None,
        limit: match parse::kind(order) {
            OrderKind::Limit { price } => Some(price),
            _ => None,
        },
        submitted_at: submitted.parse().ok()?,
    })
}

fn client_id(order: &wire::Order) -> Option<VenueClientId> {
    order.client_order_id.as_deref().and_then(|id| id.parse().ok())
}

/// Facts by Alpaca's order ids, the newest of them.
#[derive(Debug, Default)]
pub(super) struct KnownOrders(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    facts: HashMap<String, OrderFacts>,
    order: VecDeque<String>,
}

impl KnownOrders {
    const KEPT: usize = 50_000;

    fn learn(&self, id: &str, facts: OrderFacts) {
        let mut known = self.0.lock();
        if known.facts.insert(id.to_owned(), facts).is_none() {
            known.order.push_back(id.to_owned());
        }
        while known.order.len() > Self::KEPT {
            if let Some(oldest) = known.order.pop_front() {
                known.facts.remove(&oldest);
            }
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<OrderFacts> {
        self.0.lock().facts.get(id).cloned()
    }
}
