//! Orders and executions.

use nija_core::{
    ExecutionReport, FilterError, Instrument, Lookup, Notional, OrderKind, OrderRef, Placement, Price,
    Quantity, RequestPurpose, TimeInForce, Timestamp, VenueAccount, VenueClientId, VenueError, VenueFill,
    VenueOrder,
};
use std::{collections::HashMap, time::Duration};

use super::{
    contract::{DEADLINE, SHORTEST_DEADLINE},
    error::{is_unknown_order, is_unknown_pair},
    executor::Kraken,
    parse::{self, order_id, result},
    private::Form,
    symbols::SymbolMap,
    wire,
};
use crate::decode::unreadable;
use crate::public_list::PublicList;

/// Entries on a page of ClosedOrders and TradesHistory.
const PAGE: usize = 50;
/// Pages read at most: a day of an account that trades every few seconds.
const PAGES: usize = 400;
/// `start` is exclusive, in whole seconds and by Kraken's clock: ask from a little earlier.
const SLACK: Duration = Duration::from_secs(60);
/// QueryOrders takes 50 ids at most.
const QUERIED: usize = 50;

impl Kraken {
    pub(super) async fn place(
        &self,
        account: &VenueAccount,
        order: &VenueOrder,
        notional: Notional,
    ) -> Result<Placement, VenueError> {
        if order.user() != account.user {
            return Err(self.not_sent("the order is another user's"));
        }
        let listed = self.market.listed(order.symbol()).await?;
        listed.instrument.check_kind(order.kind())?;
        let (quantity, kind) = fitted(&listed.instrument, order, notional)?;
        let deadline = self.deadline(order.deadline())?;
        let form = form(order, quantity, kind, &listed.instrument.venue_symbol, deadline);
        let purpose =
            RequestPurpose::PlaceOrder { symbol: order.symbol().clone(), side: order.side(), notional };
        let body = self.private.call(account, "/0/private/AddOrder", form, purpose).await?;
        let added: Result<wire::Added, _> = result(&self.venue, "AddOrder", &body);
        let added = added.map_err(|error| {
            if is_unknown_pair(&error) {
                return VenueError::NotListed { venue: self.venue.clone(), symbol: order.symbol().clone() };
            }
            error
        })?;
        let path = "AddOrder.result.txid";
        let txid = added.txid.first().ok_or_else(|| unreadable(&self.venue, path, "empty"))?;
        self.client_ids.learn(txid, Some(order.client_id()));
        Ok(Placement {
            venue_order_id: order_id(&self.venue, path, txid)?,
            // The answer says that the order was taken, not what became of it.
            report: None,
            fills: Vec::new(),
        })
    }

    /// The deadline to send, by Kraken's clock. It is never later than the order's own and never so late that the contract's
    /// bound would not hold; an order that has less time left than Kraken accepts is not sent at all.
    fn deadline(&self, wanted: Timestamp) -> Result<Timestamp, VenueError> {
        let now = self.market.clock.now();
        if wanted.since(now) < SHORTEST_DEADLINE {
            return Err(self.not_sent("too little time is left before its deadline"));
        }
        let deadline = wanted.min(now.plus(DEADLINE));
        let at_venue = self.market.offset.at_venue(deadline);
        // Kraken reads milliseconds.
        Ok(Timestamp::from_micros(at_venue.micros() / 1000 * 1000))
    }

    pub(super) async fn cancel(&self, account: &VenueAccount, order: &OrderRef) -> Result<(), VenueError> {
        let form = match &order.venue_order_id {
            Some(id) => vec![("txid", id.as_str().to_owned())],
            None => vec![("cl_ord_id", order.client_id.to_string())],
        };
        let body = self.cancelling(account, "/0/private/CancelOrder", form).await?;
        match result::<wire::Cancelled>(&self.venue, "CancelOrder", &body) {
            Err(error) if is_unknown_order(&error) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    pub(super) async fn cancel_all(&self, account: &VenueAccount) -> Result<Option<u64>, VenueError> {
        let body = self.cancelling(account, "/0/private/CancelAll", Vec::new()).await?;
        let cancelled: wire::Cancelled = result(&self.venue, "CancelAll", &body)?;
        Ok(cancelled.count)
    }

    /// Open orders first and closed ones after: an order that ends between the two calls is in the second.
    pub(super) async fn find(
        &self,
        account: &VenueAccount,
        order: &OrderRef,
        since: Timestamp,
    ) -> Result<Lookup, VenueError> {
        let symbols = self.market.symbols().await?;
        // Kraken files what it closes by its own clock.
        let since = self.market.offset.earliest(since);
        if let Some(id) = &order.venue_order_id {
            let orders = self.query(account, &[id.as_str().to_owned()]).await?;
            if let Some(found) = orders.get(id.as_str()) {
                return self.report(id.as_str(), found, &symbols).map(Lookup::Found);
            }
        }
        let mine = |found: &wire::Order| {
            let id = found.cl_ord_id.as_deref();
            id.and_then(|id| id.parse::<VenueClientId>().ok()) == Some(order.client_id)
        };
        let id = ("cl_ord_id", order.client_id.to_string());
        let body = self.read(account, "/0/private/OpenOrders", vec![id.clone()]).await?;
        let open: wire::OpenOrders = result(&self.venue, "OpenOrders", &body)?;
        if let Some((txid, found)) = open.open.iter().find(|(_, found)| mine(found)) {
            return self.report(txid, found, &symbols).map(Lookup::Found);
        }
        let mut seen = 0;
        for _ in 0..PAGES {
            let form = vec![id.clone(), ("start", start(since)), ("ofs", seen.to_string())];
            let body = self.read(account, "/0/private/ClosedOrders", form).await?;
            let page: wire::ClosedOrders = result(&self.venue, "ClosedOrders", &body)?;
            if let Some((txid, found)) = page.closed.iter().find(|(_, found)| mine(found)) {
                return self.report(txid, found, &symbols).map(Lookup::Found);
            }
            seen += page.closed.len();
            if is_last(page.closed.len(), seen, page.count) {
                return Ok(Lookup::Absent);
            }
        }
        Err(self.too_long("ClosedOrders"))
    }

    pub(super) async fn open_orders(
        &self,
        account: &VenueAccount,
    ) -> Result<Vec<ExecutionReport>, VenueError> {
        let symbols = self.market.symbols().await?;
        let body = self.read(account, "/0/private/OpenOrders", Vec::new()).await?;
        let open: wire::OpenOrders = result(&self.venue, "OpenOrders", &body)?;
        let mut reports = Vec::with_capacity(open.open.len());
        for (txid, order) in &open.open {
            if symbols.by_name(&order.descr.pair).is_none() {
                tracing::warn!(pair = %order.descr.pair, "an open order in a pair that is not listed is left out");
                continue;
            }
            reports.push(self.report(txid, order, &symbols)?);
        }
        reports.sort_by(|a, b| (a.at, &a.venue_order_id).cmp(&(b.at, &b.venue_order_id)));
        Ok(reports)
    }

    /// Newest first on the wire, page by page: what trades meanwhile shifts older entries towards later pages, so that an entry
    /// may be seen twice but not missed.
    pub(super) async fn fills_since(
        &self,
        account: &VenueAccount,
        since: Timestamp,
    ) -> Result<Vec<VenueFill>, VenueError> {
        let symbols = self.market.symbols().await?;
        let since = self.market.offset.earliest(since);
        let mut fills: HashMap<String, VenueFill> = HashMap::new();
        let mut seen = 0;
        for _ in 0..PAGES {
            let form = vec![
                ("start", start(since)),
                ("ofs", seen.to_string()),
                // Each execution by itself, under the id that the stream gives it.
                ("consolidate_taker", "false".to_owned()),
            ];
            let body = self.read(account, "/0/private/TradesHistory", form).await?;
            let page: wire::TradesHistory = result(&self.venue, "TradesHistory", &body)?;
            for (txid, trade) in &page.trades {
                let Some(listed) = symbols.by_name(&trade.pair) else {
                    tracing::warn!(pair = %trade.pair, "an execution in a pair that is not listed is left out");
                    continue;
                };
                let fill = parse::fill(&self.venue, txid, trade, &listed.instrument.symbol)?;
                if fill.at >= since {
                    fills.insert(txid.clone(), fill);
                }
            }
            seen += page.trades.len();
            if is_last(page.trades.len(), seen, page.count) {
                let mut fills: Vec<_> = fills.into_values().collect();
                fills.sort_by(|a, b| (a.at, &a.execution_id).cmp(&(b.at, &b.execution_id)));
                self.name(account, &mut fills).await?;
                return Ok(fills);
            }
        }
        Err(self.too_long("TradesHistory"))
    }

    /// Gives executions the client ids of their orders, which TradesHistory lacks.
    async fn name(&self, account: &VenueAccount, fills: &mut [VenueFill]) -> Result<(), VenueError> {
        let mut unknown: Vec<String> = fills
            .iter()
            .map(|fill| fill.venue_order_id.as_str())
            .filter(|txid| self.client_ids.get(txid).is_none())
            .map(str::to_owned)
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        let mut found: HashMap<String, Option<VenueClientId>> = HashMap::new();
        for txids in unknown.chunks(QUERIED) {
            let orders = self.query(account, txids).await?;
            // An order that is not told yet is not one that somebody else made: nothing is remembered of it.
            for (txid, order) in &orders {
                let id = order.cl_ord_id.as_deref().and_then(|id| id.parse().ok());
                found.insert(txid.clone(), id);
                self.client_ids.learn(txid, id);
            }
        }
        for fill in fills {
            let txid = fill.venue_order_id.as_str();
            fill.client_id = found.get(txid).copied().or_else(|| self.client_ids.get(txid)).flatten();
        }
        Ok(())
    }

    /// Those of the orders that are there. One that is not makes Kraken refuse the question as a whole: then it is asked in halves.
    async fn query(
        &self,
        account: &VenueAccount,
        txids: &[String],
    ) -> Result<HashMap<String, wire::Order>, VenueError> {
        let (mut found, mut asked) = (HashMap::new(), vec![txids]);
        while let Some(txids) = asked.pop() {
            let form = vec![("txid", txids.join(","))];
            let body = self.read(account, "/0/private/QueryOrders", form).await?;
            match result::<HashMap<String, wire::Order>>(&self.venue, "QueryOrders", &body) {
                Err(error) if is_unknown_order(&error) && txids.len() < 2 => {}
                Err(error) if is_unknown_order(&error) => {
                    let (one, other) = txids.split_at(txids.len() / 2);
                    asked.extend([one, other]);
                }
                other => found.extend(other?),
            }
        }
        Ok(found)
    }

    pub(super) async fn read(
        &self,
        account: &VenueAccount,
        path: &'static str,
        form: Form,
    ) -> Result<String, VenueError> {
        self.private.call(account, path, form, RequestPurpose::Read).await
    }

    async fn cancelling(
        &self,
        account: &VenueAccount,
        path: &'static str,
        form: Form,
    ) -> Result<String, VenueError> {
        self.private.call(account, path, form, RequestPurpose::CancelOrder).await
    }

    fn report(
        &self,
        txid: &str,
        order: &wire::Order,
        symbols: &SymbolMap,
    ) -> Result<ExecutionReport, VenueError> {
        let report = parse::report(&self.venue, txid, order, symbols)?;
        self.client_ids.learn(txid, report.client_id);
        Ok(report)
    }

    fn not_sent(&self, message: &str) -> VenueError {
        VenueError::NotSent { venue: self.venue.clone(), message: message.to_owned() }
    }

    fn too_long(&self, call: &str) -> VenueError {
        unreadable(&self.venue, format!("{call}.result"), format_args!("more than {PAGES} pages"))
    }
}

/// An order that waits, on lot and tick and with its prices on their proper sides: Kraken would refuse the one, and take the other for
/// what nobody meant. Others come fitted, and what is wrong with them Kraken says itself.
fn fitted(
    instrument: &Instrument,
    order: &VenueOrder,
    notional: Notional,
) -> Result<(Quantity, OrderKind), FilterError> {
    let reference =
        notional.get().checked_div(order.quantity().get()).and_then(|price| Price::new(price).ok());
    match (order.kind().waits(), order.kind().worst_price().or(reference)) {
        (true, Some(reference)) => instrument.fit(order.side(), order.kind(), order.quantity(), reference),
        _ => Ok((order.quantity(), order.kind())),
    }
}

fn form(order: &VenueOrder, quantity: Quantity, kind: OrderKind, pair: &str, deadline: Timestamp) -> Form {
    let mut form = vec![
        ("pair", pair.to_owned()),
        ("type", order.side().as_str().to_owned()),
        ("volume", quantity.to_string()),
        ("cl_ord_id", order.client_id().to_string()),
        ("deadline", deadline.to_string()),
        // Fees in the quote currency on both sides; Kraken's default for sells is the base.
        ("oflags", "fciq".to_owned()),
    ];
    match (kind.stop(), kind.worst_price()) {
        (Some(stop), Some(price)) => {
            form.push(("ordertype", "stop-loss-limit".to_owned()));
            form.push(("price", stop.to_string()));
            form.push(("price2", price.to_string()));
        }
        (None, Some(price)) => {
            form.push(("ordertype", "limit".to_owned()));
            form.push(("price", price.to_string()));
            if order.time_in_force() == TimeInForce::Ioc {
                form.push(("timeinforce", "IOC".to_owned()));
            }
        }
        (_, None) => form.push(("ordertype", "market".to_owned())),
    }
    form
}

fn start(since: Timestamp) -> String {
    since.minus(SLACK).micros().div_euclid(1_000_000).max(0).to_string()
}

/// Whether a page was the last one. `count` is how many there are in all, where Kraken says it.
fn is_last(page: usize, seen: usize, count: Option<crate::decode::Num>) -> bool {
    let all = count.and_then(|count| usize::try_from(count.0).ok());
    page == 0 || all.map_or(page < PAGE, |all| seen >= all)
}
