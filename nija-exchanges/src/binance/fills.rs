//! A user's executions.
//!
//! `myTrades` answers for one symbol, so executions of a user are those of every symbol that this platform streams, that
//! the user has orders in, or that was traded here before. A user who traded elsewhere in a symbol that nobody here asked for
//! does not see those executions.

use nija_core::{Symbol, Timestamp, UserId, VenueAccount, VenueClientId, VenueError, VenueFill};
use parking_lot::Mutex;
use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use super::{
    bracket,
    executor::Binance,
    parse::{self, result},
    symbols::Listed,
    wire,
};
use crate::decode::unreadable;
use crate::listings::SymbolList;
use crate::public_list::PublicList;

/// Entries in one answer of `myTrades` and `allOrders` at most.
const PAGE: usize = 1000;
/// Pages read at most for one symbol.
const PAGES: usize = 400;
/// `startTime` and `endTime` are at most this far apart (rest-api.md, "Account trade list").
const SPAN: Duration = Duration::from_secs(24 * 60 * 60);

/// Symbols that users have traded, by Binance's name.
#[derive(Debug, Default)]
pub(super) struct Traded(Mutex<HashMap<UserId, BTreeSet<String>>>);

impl Binance {
    /// Notes that a user trades a symbol.
    pub(super) fn market_of(&self, account: &VenueAccount, name: &str) {
        let mut traded = self.traded.0.lock();
        let names = traded.entry(account.user).or_default();
        if !names.contains(name) {
            names.insert(name.to_owned());
        }
    }

    pub(super) async fn fills_since(
        &self,
        account: &VenueAccount,
        since: Timestamp,
    ) -> Result<Vec<VenueFill>, VenueError> {
        // Binance tells a trade's time in whole milliseconds: one within the first of them must not seem to be before it.
        let since = self.market.offset.earliest(since);
        let since = Timestamp::from_micros(since.micros().div_euclid(1000) * 1000);
        let symbols = self.market.symbols().await?;
        let here: Vec<Symbol> = self.market.watched();
        let mut names: BTreeSet<String> = here
            .iter()
            .filter_map(|symbol| symbols.get(symbol))
            .map(|listed| listed.name().to_owned())
            .collect();
        names.extend(self.traded.0.lock().get(&account.user).into_iter().flatten().cloned());
        let mut fills = Vec::new();
        for name in names {
            if let Some(listed) = symbols.by_name(&name) {
                fills.extend(self.fills_of(account, listed, since).await?);
            }
        }
        fills.sort_by(|a: &VenueFill, b| (a.at, &a.execution_id).cmp(&(b.at, &b.execution_id)));
        Ok(fills)
    }

    /// Executions in one symbol. Nearly always the newest page holds them all.
    async fn fills_of(
        &self,
        account: &VenueAccount,
        listed: &Listed,
        since: Timestamp,
    ) -> Result<Vec<VenueFill>, VenueError> {
        let newest = self.trades(account, listed, Vec::new()).await?;
        let reaches_back = newest.first().is_none_or(|first| parse::millis(first.time) < since);
        let trades = if newest.len() < PAGE || reaches_back {
            newest
        } else {
            self.trades_from(account, listed, since).await?
        };
        let symbol = &listed.instrument.symbol;
        let mut fills = Vec::new();
        for trade in trades.iter().filter(|trade| parse::millis(trade.time) >= since) {
            fills.push(parse::fill(&self.venue, listed.name(), trade, symbol)?);
        }
        self.name(account, listed, &mut fills).await?;
        let lists: HashMap<u64, i64> = trades
            .iter()
            .filter_map(|trade| Some((trade.order_id, trade.order_list_id.filter(|list| *list >= 0)?)))
            .collect();
        for fill in &mut fills {
            // The legs of a bracket are one order of ours.
            let number =
                parse::order_number(&fill.venue_order_id, listed.name()).and_then(|text| text.parse().ok());
            let list = number.and_then(|number: u64| lists.get(&number));
            if let Some(list) = list.filter(|_| fill.client_id.is_some()) {
                fill.venue_order_id = parse::list_id(&self.venue, listed.name(), *list)?;
            }
        }
        Ok(fills)
    }

    /// All executions from a moment on: day by day to the first one, then by their numbers.
    async fn trades_from(
        &self,
        account: &VenueAccount,
        listed: &Listed,
        since: Timestamp,
    ) -> Result<Vec<wire::Trade>, VenueError> {
        let now = self.market.offset.at_venue(self.market.clock.now());
        let mut trades: Vec<wire::Trade> = Vec::new();
        let mut from = since;
        for _ in 0..PAGES {
            let page = match trades.last() {
                Some(last) => vec![("fromId", (last.id + 1).to_string())],
                None if from > now => return Ok(trades),
                None => {
                    let start = from.micros().div_euclid(1000).max(0);
                    from = from.plus(SPAN);
                    vec![
                        ("startTime", start.to_string()),
                        ("endTime", (from.micros() / 1000 - 1).to_string()),
                    ]
                }
            };
            let by_number = page[0].0 == "fromId";
            let page = self.trades(account, listed, page).await?;
            let last = by_number && page.len() < PAGE;
            trades.extend(page);
            if last {
                return Ok(trades);
            }
        }
        Err(unreadable(&self.venue, "myTrades", format_args!("more than {PAGES} pages")))
    }

    async fn trades(
        &self,
        account: &VenueAccount,
        listed: &Listed,
        page: super::private::Params,
    ) -> Result<Vec<wire::Trade>, VenueError> {
        let mut params = vec![("symbol", listed.name().to_owned())];
        params.extend(page);
        params.push(("limit", PAGE.to_string()));
        let body = self.read(account, "/api/v3/myTrades", params).await?;
        result(&self.venue, "myTrades", &body)
    }

    /// Gives executions the client ids of their orders, which `myTrades` lacks.
    async fn name(
        &self,
        account: &VenueAccount,
        listed: &Listed,
        fills: &mut [VenueFill],
    ) -> Result<(), VenueError> {
        let mut found: HashMap<u64, Option<VenueClientId>> = HashMap::new();
        let mut unknown: BTreeSet<u64> = fills
            .iter()
            .filter(|fill| self.client_ids.get(fill.venue_order_id.as_str()).is_none())
            .filter_map(|fill| parse::order_number(&fill.venue_order_id, listed.name())?.parse().ok())
            .collect();
        for _ in 0..PAGES {
            let Some(first) = unknown.first().copied() else { break };
            let params = vec![
                ("symbol", listed.name().to_owned()),
                ("orderId", first.to_string()),
                ("limit", PAGE.to_string()),
            ];
            let body = self.read(account, "/api/v3/allOrders", params).await?;
            // From this number on, oldest first.
            let orders: Vec<wire::Order> = result(&self.venue, "allOrders", &body)?;
            unknown.remove(&first);
            for order in &orders {
                unknown.remove(&order.order_id);
                found.insert(order.order_id, bracket::named(&order.client_order_id).0);
            }
            let reached = orders.last().map(|last| last.order_id);
            // What lies before the page's end and was not in it is not told at all.
            unknown.retain(|number| reached.is_none_or(|reached| *number > reached));
            if orders.len() < PAGE {
                break;
            }
        }
        for fill in fills {
            let id = fill.venue_order_id.as_str();
            let number =
                parse::order_number(&fill.venue_order_id, listed.name()).and_then(|text| text.parse().ok());
            let told = number.and_then(|number: u64| found.get(&number).copied());
            if let Some(told) = told {
                self.client_ids.learn(id, told);
            }
            fill.client_id = told.or_else(|| self.client_ids.get(id)).flatten();
        }
        Ok(())
    }
}
