//! All accounts of the paper venue, and what happens to them.

use nija_core::{
    AccountEvent, Fill, Liquidity, OrderBook, OrderKind, OrderState, Price, Quantity, Side, Symbol,
    TimeInForce, Timestamp, UserId, VenueClientId, VenueError, VenueFill, VenueId, VenueOrder,
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap, HashSet};
use tokio::sync::broadcast;

use super::{
    account::{Account, hold_of},
    matching::{reached, touches, walk},
    order::PaperOrder,
};

/// Events that a slow reader may be behind before it must start anew.
const EVENTS: usize = 1024;

/// Accounts by user, and who listens to them.
#[derive(Debug)]
pub(super) struct Accounts {
    venue: VenueId,
    maker: Decimal,
    taker: Decimal,
    starting: BTreeMap<String, Decimal>,
    users: HashMap<UserId, Account>,
    /// Users with resting orders, by symbol: what a market move has to look at.
    resting: HashMap<Symbol, HashSet<UserId>>,
    listeners: HashMap<UserId, broadcast::Sender<AccountEvent>>,
}

impl Accounts {
    pub(super) fn new(config: &super::PaperConfig) -> Self {
        Self {
            venue: config.venue.clone(),
            maker: config.fees.maker,
            taker: config.fees.taker,
            starting: config.starting_balances.clone(),
            users: HashMap::new(),
            resting: HashMap::new(),
            listeners: HashMap::new(),
        }
    }

    pub(super) fn user(&mut self, user: UserId) -> &mut Account {
        self.users.entry(user).or_insert_with(|| Account::new(&self.starting))
    }

    pub(super) fn listen(&mut self, user: UserId) -> broadcast::Receiver<AccountEvent> {
        self.listeners.retain(|_, sender| sender.receiver_count() > 0);
        self.listeners.entry(user).or_insert_with(|| broadcast::channel(EVENTS).0).subscribe()
    }

    pub(super) fn restore(&mut self, fills: &[Fill]) {
        for fill in fills {
            if fill.execution.venue == self.venue {
                self.user(fill.user).restore(&fill.execution);
            }
        }
    }

    /// Symbols in which somebody's order rests.
    pub(super) fn resting_symbols(&self) -> Vec<Symbol> {
        self.resting.keys().cloned().collect()
    }

    pub(super) fn rests_in(&self, symbol: &Symbol) -> bool {
        self.resting.contains_key(symbol)
    }

    /// Takes an order, or says why not; with what it filled. A client id that was used before answers with its order as it stands, whose
    /// fills were told before.
    pub(super) fn place(
        &mut self,
        order: &VenueOrder,
        book: &OrderBook,
        now: Timestamp,
    ) -> Result<(PaperOrder, Vec<VenueFill>), VenueError> {
        let user = order.user();
        if let Some(known) = self.user(user).order(order.client_id()) {
            return Ok((known.clone(), Vec::new()));
        }
        let mut taken = PaperOrder::new(order, now).ok_or_else(|| self.out_of_range())?;
        let executions = walk(book, taken.side, taken.kind, taken.quantity);
        let rests = match taken.kind {
            OrderKind::Market => false,
            OrderKind::Limit { .. } => order.time_in_force() == TimeInForce::Gtc,
            OrderKind::StopLimit { .. } | OrderKind::Bracket { .. } => true,
        };
        self.afford(user, &taken, &executions, rests)?;
        let mut fills = Vec::with_capacity(executions.len());
        for (price, quantity) in executions {
            let fill = self.execute(&mut taken, price, quantity, Liquidity::Taker, now);
            fills.push(fill.ok_or_else(|| self.out_of_range())?);
        }
        if taken.is_open() && !rests {
            taken.state = OrderState::Cancelled;
            taken.reason = Some("nothing more to be had at once".into());
        }
        self.commit(user, taken.clone(), &fills, now);
        Ok((taken, fills))
    }

    /// Cancels an order if it still rests.
    pub(super) fn cancel(&mut self, user: UserId, id: VenueClientId, now: Timestamp) -> bool {
        let open = self.user(user).order(id).filter(|order| order.is_open()).cloned();
        let Some(mut order) = open else { return false };
        order.state = OrderState::Cancelled;
        order.reason = Some("cancelled".into());
        order.updated = now;
        self.commit(user, order, &[], now);
        true
    }

    /// The market of a symbol moved: resting orders that it reaches fill at their own price, and stops that it touches go off.
    pub(super) fn cross(&mut self, symbol: &Symbol, book: &OrderBook, now: Timestamp) {
        let Some(users) = self.resting.get(symbol) else { return };
        let mut users: Vec<UserId> = users.iter().copied().collect();
        users.sort_unstable();
        for user in users {
            for id in self.user(user).open_in(symbol) {
                let Some(mut order) = self.user(user).order(id).cloned() else { continue };
                let stop = order.kind.stop().filter(|_| !order.triggered);
                let goes_off = stop.is_some_and(|stop| touches(book, order.side, stop));
                let fills = if goes_off {
                    self.set_off(&mut order, book, now)
                } else {
                    self.meet(&mut order, book, now)
                };
                if goes_off || !fills.is_empty() {
                    self.commit(user, order, &fills, now);
                }
            }
        }
    }

    /// What a resting order gets at its own price.
    fn meet(&self, order: &mut PaperOrder, book: &OrderBook, now: Timestamp) -> Vec<VenueFill> {
        let Some(price) = order.resting_price() else { return Vec::new() };
        let quantity = reached(book, order.side, price, order.remaining());
        if quantity.is_zero() {
            return Vec::new();
        }
        self.execute(order, price, quantity, Liquidity::Maker, now).into_iter().collect()
    }

    /// A stop goes off: from here on it is a limit order, and takes at once what its price reaches.
    fn set_off(&self, order: &mut PaperOrder, book: &OrderBook, now: Timestamp) -> Vec<VenueFill> {
        order.triggered = true;
        let Some(price) = order.kind.worst_price() else { return Vec::new() };
        let executions = walk(book, order.side, OrderKind::Limit { price }, order.remaining());
        let fill = |(price, quantity)| self.execute(order, price, quantity, Liquidity::Taker, now);
        executions.into_iter().filter_map(fill).collect()
    }

    fn execute(
        &self,
        order: &mut PaperOrder,
        price: Price,
        quantity: Quantity,
        liquidity: Liquidity,
        at: Timestamp,
    ) -> Option<VenueFill> {
        let rate = match liquidity {
            Liquidity::Maker => self.maker,
            Liquidity::Taker => self.taker,
        };
        let fill = VenueFill {
            venue: self.venue.clone(),
            execution_id: order.next_execution()?,
            venue_order_id: order.venue_order_id.clone(),
            client_id: Some(order.client_id),
            symbol: order.symbol.clone(),
            side: order.side,
            quantity,
            price,
            fee_asset: order.symbol.quote().to_owned(),
            fee: (quantity.get() * price.get() * rate).round_dp(10),
            liquidity,
            at,
        };
        order.count(quantity, price, at);
        Some(fill)
    }

    fn commit(&mut self, user: UserId, order: PaperOrder, fills: &[VenueFill], now: Timestamp) {
        let rate = self.maker.max(self.taker);
        let (symbol, report) = (order.symbol.clone(), order.report(&self.venue));
        let hold = if order.is_open() { hold_of(&order, order.remaining(), rate) } else { Decimal::ZERO };
        let account = self.user(user);
        for fill in fills {
            account.settle(fill.clone());
        }
        account.put(order, hold);
        let rests = !account.open_in(&symbol).is_empty();
        let venue = self.venue.clone();
        let balances =
            [symbol.base(), symbol.quote()].map(|asset| self.user(user).balance(&venue, asset, now));
        if rests {
            self.resting.entry(symbol).or_default().insert(user);
        } else if let Some(users) = self.resting.get_mut(&symbol) {
            users.remove(&user);
            if users.is_empty() {
                self.resting.remove(&symbol);
            }
        }
        if let Some(listener) = self.listeners.get(&user) {
            let events = fills
                .iter()
                .cloned()
                .map(AccountEvent::Fill)
                .chain([AccountEvent::Report(report)])
                .chain(balances.map(AccountEvent::Balance));
            for event in events {
                // Nobody listening is not an error: whoever comes later asks for the state.
                let _ = listener.send(event);
            }
        }
    }

    fn afford(
        &mut self,
        user: UserId,
        order: &PaperOrder,
        executions: &[(Price, Quantity)],
        rests: bool,
    ) -> Result<(), VenueError> {
        let taken = executions.iter().fold(Quantity::ZERO, |sum, (_, quantity)| sum.plus(*quantity));
        let left = if rests { order.quantity.minus(taken) } else { Quantity::ZERO };
        let needed = match order.side {
            Side::Sell if rests || matches!(order.kind, OrderKind::Market) => order.quantity.get(),
            Side::Sell => taken.get(),
            Side::Buy => {
                let cost: Decimal =
                    executions.iter().map(|(price, quantity)| price.get() * quantity.get()).sum();
                // Each fee is rounded by itself; half a unit of the tenth place on each covers that.
                let rounding = Decimal::new(i64::try_from(executions.len()).unwrap_or(i64::MAX), 10);
                cost + cost * self.taker + rounding + hold_of(order, left, self.maker.max(self.taker))
            }
        };
        let (asset, venue) = (order.pays_with().to_owned(), self.venue.clone());
        let available = self.user(user).available(&asset);
        if needed <= available {
            return Ok(());
        }
        let (needed, available) = (needed.round_dp(8).normalize(), available.round_dp(8).normalize());
        Err(VenueError::InsufficientFunds {
            venue,
            message: format!("needs {needed} {asset}, {available} {asset} available"),
        })
    }

    fn out_of_range(&self) -> VenueError {
        nija_core::FilterError::OutOfRange { venue: self.venue.clone() }.into()
    }
}
