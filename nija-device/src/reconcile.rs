//! What the venue has of this phone's orders, held against the journal: at the first use in each process, for a store that was set back as
//! a whole looks sound by itself, and, when the journal is doubted, to find every order that it forgot.

use nija_core::{
    AmbiguityBound, ExecutionReport, Lookup, OrderId, OrderKind, OrderLookup, OrderRef, OrderState, Quantity,
    Reason, Side, Symbol, TimeInForce, Timestamp, VenueClientId, VenueError, VenueFill, VenueId,
    VenueOrderId,
};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, time::Duration};

use crate::{
    Device, DeviceError, Leg, Role, Trade, chain::JournalDoubt, device::Desk, mark, step::SEND_WINDOW,
    trade::DISMISS_AFTER,
};

/// The venue is asked from this much before the journal's newest entry: the phone's clock may have been set since.
const REACH_BACK: Duration = Duration::from_secs(24 * 3600);
/// Counts left out after a journal was lost: orders that the venue refused, or cancelled unfilled, leave no trace there that is looked for.
const LEFT_OUT: u32 = 256;

/// An order of this phone that the venue showed.
struct Seen {
    symbol: Symbol,
    venue_order_id: VenueOrderId,
    report: Option<ExecutionReport>,
    fills: Vec<VenueFill>,
}

/// By trade and count.
type Shown = BTreeMap<(OrderId, u32), Seen>;

impl Device {
    /// Finds out from the venue what the journal does not say, and believes the journal again afterwards. Nothing is sent but questions;
    /// [`Device::settle`] then goes on from what was found.
    ///
    /// What was forgotten is found by the mark in its client id, among open orders and executions. An order that a lost entry sent may still
    /// be on its way, so the answer counts only once this process is older than the venue's bound (ten minutes where it has none). A position
    /// whose stop does not rest any more comes back without one ([`Trade::stop_lost`]): close it.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] with `too_early`: ask again later. [`DeviceError::Venue`] where the venue could not be asked.
    pub async fn reconcile(&self, venue: &VenueId) -> Result<Vec<Trade>, DeviceError> {
        let mut desk = self.unchecked_desk(venue).await?;
        if desk.believe().is_ok() {
            desk.compare().await?;
        }
        if desk.believe().is_err() {
            desk.recover().await?;
        }
        Ok(desk.trades().to_vec())
    }
}

impl Desk<'_> {
    /// Asks the venue, once in a process, whether it has orders of this phone that the journal does not name.
    pub(crate) async fn compare(&mut self) -> Result<(), DeviceError> {
        if self.book().compared {
            return Ok(());
        }
        let since = self.book().written_at().unwrap_or(self.info.stored_at);
        let shown = self.shown(since).await?;
        self.book().doubt = (!shown.is_empty()).then_some(JournalDoubt::BehindVenue);
        self.book().compared = true;
        Ok(())
    }

    /// Takes up what the journal forgot, and writes it anew.
    async fn recover(&mut self) -> Result<(), DeviceError> {
        self.wait_for_what_may_be_under_way()?;
        let known_since = self.written_under_this_key();
        if known_since.is_none() {
            self.book().forget();
        }
        let since = known_since.unwrap_or(self.info.stored_at);
        let shown = self.shown(since).await?;
        let mut trades = self.trades().to_vec();
        for ((id, count), seen) in shown {
            let symbol = seen.symbol.clone();
            let leg = self.leg_of(VenueClientId::derive(id, count), mark::made_at(id), seen).await?;
            take_up(&mut trades, symbol, id, leg);
        }
        trades.iter_mut().filter(|trade| !trade.done).for_each(complete);
        trades.sort_by_key(|trade| trade.id);
        self.book().trades = trades;
        self.save()?;
        let book = self.book();
        (book.doubt, book.proven, book.compared) = (None, true, true);
        Ok(())
    }

    /// An order that a lost entry sent was sent before this process began: once the venue's bound is over since then, the venue shows it or
    /// never will.
    fn wait_for_what_may_be_under_way(&self) -> Result<(), DeviceError> {
        let bound = match self.place.executor.contract().ambiguity_bound {
            AmbiguityBound::Deadline(bound) => SEND_WINDOW.saturating_add(bound),
            AmbiguityBound::Unbounded => DISMISS_AFTER,
        };
        let left = bound.saturating_sub(self.device.parts.steady.now().since(self.place.began));
        if left.is_zero() {
            return Ok(());
        }
        let text = format!(
            "an order that was forgotten may still be on its way to {}: ask again in {} seconds",
            self.place.venue,
            left.as_secs() + 1
        );
        Err(DeviceError::refused("too_early", text))
    }

    /// Orders of this phone that the venue shows and the journal does not name, open or executed since a moment.
    async fn shown(&mut self, since: Timestamp) -> Result<Shown, DeviceError> {
        // The phone's clock may have been ahead when the entry was written.
        let since = since.min(self.device.parts.clock.now()).minus(REACH_BACK);
        let mut pairs = self.book().pairs();
        pairs.extend(self.info.policy.iter().flat_map(|policy| policy.pairs.keys().cloned()));
        let executor = &self.place.executor;
        // A venue that is asked for executions pair by pair is asked for those that it was asked about before.
        if executor.contract().lookup == OrderLookup::ByClientId {
            for symbol in pairs {
                let client_id = VenueClientId::derive(self.new_id(), 0);
                let nothing = OrderRef { symbol, client_id, venue_order_id: None };
                match executor.find(&self.account, &nothing, since).await {
                    Ok(_) | Err(VenueError::NotListed { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        let open = executor.open_orders(&self.account).await?;
        let fills = executor.fills_since(&self.account, since).await?;
        let mut shown = Shown::new();
        for report in open {
            if let Some(order) = report.client_id.and_then(|id| self.unnamed(id)) {
                let (symbol, id) = (report.symbol.clone(), report.venue_order_id.clone());
                shown.insert(
                    order,
                    Seen { symbol, venue_order_id: id, report: Some(report), fills: Vec::new() },
                );
            }
        }
        for fill in fills {
            if let Some(order) = fill.client_id.and_then(|id| self.unnamed(id)) {
                let (symbol, id) = (fill.symbol.clone(), fill.venue_order_id.clone());
                let empty = Seen { symbol, venue_order_id: id, report: None, fills: Vec::new() };
                shown.entry(order).or_insert(empty).fills.push(fill);
            }
        }
        Ok(shown)
    }

    /// The trade and the count of an order of this phone that the journal does not name.
    fn unnamed(&self, client_id: VenueClientId) -> Option<(OrderId, u32)> {
        let (id, count) = mark::trade_of(client_id, &self.journal.marks)?;
        let named = |trade: &Trade| trade.id == id && trade.legs.iter().any(|leg| leg.client_id == client_id);
        (!self.left_out(id) && !self.trades().iter().any(named)).then_some((id, count))
    }

    /// An order as the journal would have it.
    async fn leg_of(
        &self,
        client_id: VenueClientId,
        made_at: Timestamp,
        seen: Seen,
    ) -> Result<Leg, DeviceError> {
        let Seen { symbol, venue_order_id, mut report, fills } = seen;
        if report.is_none() {
            let order =
                OrderRef { symbol: symbol.clone(), client_id, venue_order_id: Some(venue_order_id.clone()) };
            if let Lookup::Found(found) =
                self.place.executor.find(&self.account, &order, made_at.minus(REACH_BACK)).await?
            {
                report = Some(found);
            }
        }
        let quantity: Decimal = fills.iter().map(|fill| fill.quantity.get()).sum();
        let filled = Quantity::new(quantity).map_err(|_| DeviceError::Damaged("what the exchange filled"))?;
        let fill = fills.last();
        let side = report.as_ref().map(|report| report.side).or(fill.map(|fill| fill.side));
        let side = side.ok_or(DeviceError::Damaged("an order without a side"))?;
        let kind = report.as_ref().map_or(OrderKind::Market, |report| report.kind);
        let reference = kind.worst_price().or(fill.map(|fill| fill.price));
        let reference = match reference.or(report.as_ref().and_then(|report| report.average_price)) {
            Some(price) => price,
            None => self.place.executor.quote_for(&self.account, &symbol).await?.bid,
        };
        let role = match side {
            Side::Buy => Role::Entry,
            Side::Sell if kind.stop().is_some() => Role::Stop,
            Side::Sell => Role::Exit,
        };
        let mut leg = Leg {
            client_id,
            role,
            side,
            kind,
            time_in_force: if kind == OrderKind::Market { TimeInForce::Ioc } else { TimeInForce::Gtc },
            quantity: report.as_ref().map_or(filled, |report| report.quantity),
            reference,
            sent_at: made_at,
            deadline: made_at,
            state: OrderState::Working,
            venue_order_id: Some(venue_order_id),
            filled,
            average_price: None,
            base_change: None,
            reason: None,
        };
        match report {
            Some(report) => leg.take(&report),
            // Executed, and too old to be looked up: over.
            None => leg.state = OrderState::Cancelled,
        }
        Ok(leg)
    }
}

/// Puts a forgotten order back where it belongs.
fn take_up(trades: &mut Vec<Trade>, symbol: Symbol, id: OrderId, leg: Leg) {
    let known = trades.iter().position(|trade| trade.id == id);
    if known.is_none() {
        trades.push(Trade::new(id, symbol, mark::made_at(id)));
    }
    let place = known.unwrap_or(trades.len() - 1);
    if let Some(trade) = trades.get_mut(place) {
        trade.done = false;
        trade.legs.push(leg);
        trade.legs.sort_by_key(|leg| leg.client_id);
    }
}

/// Says of a trade what its orders say of it.
fn complete(trade: &mut Trade) {
    let first = trade.id.as_uuid().as_u128();
    let counted =
        |leg: &Leg| u32::try_from(leg.client_id.as_uuid().as_u128().wrapping_sub(first)).unwrap_or(0);
    let known = u32::try_from(trade.legs.len()).unwrap_or(u32::MAX);
    let used = trade.legs.iter().map(counted).max().map_or(0, |most| most.saturating_add(1));
    trade.skipped = used.max(known.saturating_add(trade.skipped)).saturating_add(LEFT_OUT) - known;

    let newest = trade.last(Role::Stop).cloned();
    if trade.stop.is_none() {
        trade.stop = newest.as_ref().and_then(|leg| leg.kind.stop());
        trade.take_profit = newest.as_ref().and_then(|leg| leg.kind.take_profit());
    }
    if let Some(stop) = newest.filter(|_| trade.last(Role::Entry).is_none()) {
        trade.legs.insert(0, guarded_by(&stop, trade.id));
    }
    trade.stop_lost = trade.stop.is_none() && trade.last(Role::Entry).is_some();
    trade.closing |= !trade.is_position();
}

/// The entry of a position of which the venue shows the stop alone: as much as the stop guards.
fn guarded_by(stop: &Leg, id: OrderId) -> Leg {
    Leg {
        client_id: VenueClientId::derive(id, 0),
        role: Role::Entry,
        side: Side::Buy,
        kind: OrderKind::Market,
        time_in_force: TimeInForce::Ioc,
        state: OrderState::Filled,
        venue_order_id: None,
        filled: stop.quantity,
        average_price: None,
        base_change: Some(stop.quantity.get()),
        reason: Some(Reason::new("assumed", "the exchange shows its stop alone: as much as the stop guards")),
        ..stop.clone()
    }
}
