//! Accepting and cancelling orders.

use super::account::ExecKind;
use super::book::{Maker, Resting};
use super::core::Engine;
use super::filters;
use super::linked::LINKED;
use super::types::{
    AccountId, LinkId, MarketId, NewOrder, Order, OrderId, OrderType, Reject, Side, Status, TimeInForce,
};
use rust_decimal::{Decimal, RoundingStrategy};

impl Engine {
    /// Checks an order as [`Engine::place`] would, and changes nothing.
    ///
    /// # Errors
    /// The [`Reject`] that placing it would return.
    pub fn check(&self, order: &NewOrder, now_ns: i64) -> Result<(), Reject> {
        let Some(market) = self.markets.get(order.market) else {
            return Err(Reject::UnknownOrder);
        };
        let Some(account) = self.accounts.get(order.account) else {
            return Err(Reject::UnknownOrder);
        };
        let reference = market.book.best(order.side.opposite()).unwrap_or(market.mid);
        filters::check(&market.spec, order, reference)?;
        if order.client_id.as_ref().is_some_and(|id| account.open_by_client.contains_key(id)) {
            return Err(Reject::DuplicateClientId);
        }
        if (order.tif == TimeInForce::Gtd) != order.expires_ns.is_some()
            || order.expires_ns.is_some_and(|expires| expires <= now_ns)
        {
            return Err(Reject::Expiry);
        }
        let here = |id: &&OrderId| self.orders.get(id).is_some_and(|open| open.ask.market == order.market);
        if self.max_open_per_market != usize::MAX
            && account.open.iter().filter(here).count() >= self.max_open_per_market
        {
            return Err(Reject::TooManyOrders);
        }
        if order.post_only && self.would_take(order) {
            return Err(Reject::PostOnly);
        }
        if order.tif == TimeInForce::Fok && self.quote_taking(order).1 < order.qty {
            return Err(Reject::FillOrKill);
        }
        let (asset, needed) = self.needed_funds(order);
        if self.available(order.account, asset) < needed {
            return Err(Reject::InsufficientFunds);
        }
        Ok(())
    }

    /// Checks an order's numbers alone, as if its funds were there.
    ///
    /// # Errors
    /// The [`Reject`] of the market's filters.
    pub fn check_numbers(&self, order: &NewOrder) -> Result<(), Reject> {
        let market = self.markets.get(order.market).ok_or(Reject::UnknownOrder)?;
        filters::check(&market.spec, order, market.last_price())
    }

    /// Accepts an order and matches it.
    ///
    /// # Errors
    /// A [`Reject`]; then nothing changed.
    pub fn place(&mut self, order: NewOrder, now_ns: i64) -> Result<OrderId, Reject> {
        self.check(&order, now_ns)?;
        let market = order.market;
        let id = self.accept(order, None, now_ns);
        self.begin(id, now_ns);
        self.run_triggers(market, now_ns);
        Ok(id)
    }

    /// Takes up an order that was checked, without matching it.
    pub(crate) fn accept(&mut self, order: NewOrder, link: Option<LinkId>, now_ns: i64) -> OrderId {
        self.next_order += 1;
        let id = self.next_order;
        let account = order.account;
        if let Some(client_id) = &order.client_id {
            self.accounts[account].open_by_client.insert(client_id.clone(), id);
        }
        if let Some(expires) = order.expires_ns {
            self.expiring.insert((expires, id));
        }
        let order = Order {
            id,
            ask: order,
            filled: Decimal::ZERO,
            cost: Decimal::ZERO,
            fee: Decimal::ZERO,
            held: Decimal::ZERO,
            status: Status::Open,
            reason: None,
            opened_ns: now_ns,
            closed_ns: None,
            triggered: false,
            fills: Vec::new(),
            link,
        };
        self.accounts[account].open.insert(id);
        self.accounts[account].log(now_ns, ExecKind::PendingNew, &order);
        self.orders.insert(id, order);
        id
    }

    /// Lets an accepted order wait for its trigger, or match.
    pub(crate) fn begin(&mut self, id: OrderId, now_ns: i64) {
        let Some(order) = self.orders.get(&id) else { return };
        let (hold, market) = (self.hold_of(order), order.ask.market);
        self.set_hold(id, hold);
        self.log(id, ExecKind::New, now_ns);
        if !self.queues(id, market) {
            self.start(id, now_ns);
        }
    }

    /// Arms a trigger order, matches any other.
    pub(crate) fn start(&mut self, id: OrderId, now_ns: i64) {
        if self.orders.get(&id).is_some_and(|order| order.ask.order_type.is_triggered()) {
            self.arm(id);
        } else {
            self.activate(id, now_ns);
        }
    }

    /// Cancels an open order.
    ///
    /// # Errors
    /// [`Reject::UnknownOrder`] when the account has no such open order.
    pub fn cancel(&mut self, account: AccountId, id: OrderId, now_ns: i64) -> Result<(), Reject> {
        match self.orders.get(&id) {
            Some(order) if order.ask.account == account && order.status.is_open() => {}
            _ => return Err(Reject::UnknownOrder),
        }
        self.withdraw(id, Status::Canceled, Some("User requested"), now_ns);
        self.cancel_siblings(id, Some("User requested"), now_ns);
        self.release(now_ns);
        Ok(())
    }

    /// Ends the orders whose time has come.
    pub fn expire(&mut self, now_ns: i64) {
        while let Some(&(expires, id)) = self.expiring.first() {
            if expires > now_ns {
                break;
            }
            self.expiring.pop_first();
            self.withdraw(id, Status::Expired, Some("Order expired"), now_ns);
            self.cancel_siblings(id, Some(LINKED), now_ns);
        }
        self.release(now_ns);
    }

    /// Takes an order out of book or trigger list and closes it.
    pub(crate) fn withdraw(
        &mut self,
        id: OrderId,
        status: Status,
        reason: Option<&'static str>,
        now_ns: i64,
    ) {
        let Some(order) = self.orders.get(&id) else { return };
        let (side, price, trigger) = (order.ask.side, order.ask.limit, order.ask.trigger);
        let market = &mut self.markets[order.ask.market];
        market.version += 1;
        if let Some(trigger) = trigger.filter(|_| !order.triggered) {
            market.rising.remove(&(trigger, id));
            market.falling.remove(&(trigger, id));
        } else if let Some(price) = price {
            market.book.remove_user(side, price, id, now_ns);
        }
        self.close(id, status, reason, now_ns);
        let kind = if status == Status::Expired { ExecKind::Expired } else { ExecKind::Canceled };
        self.log(id, kind, now_ns);
    }

    /// Matches an active order and rests or ends what is left.
    pub(crate) fn activate(&mut self, id: OrderId, now_ns: i64) {
        let Some(order) = self.orders.get(&id) else { return };
        let (market, side, limit) = (order.ask.market, order.ask.side, order.ask.limit);
        let stopped = self.take_for_user(id, now_ns);
        let Some(order) = self.orders.get(&id) else { return };
        let done = if order.ask.in_quote { !order.filled.is_zero() } else { order.remaining().is_zero() };
        if done && stopped.is_none() {
            self.close(id, Status::Filled, None, now_ns);
            self.log(id, ExecKind::Filled, now_ns);
            return;
        }
        let rests = matches!(order.ask.tif, TimeInForce::Gtc | TimeInForce::Gtd) && stopped.is_none();
        if let Some(price) = limit.filter(|_| rests) {
            let qty = order.remaining();
            self.markets[market].book.push(side, price, Resting { maker: Maker::User(id), qty }, now_ns);
            self.markets[market].version += 1;
            return;
        }
        let reason = stopped.unwrap_or("Insufficient liquidity");
        self.close(id, Status::Canceled, Some(reason), now_ns);
        self.log(id, ExecKind::Canceled, now_ns);
        self.cancel_siblings(id, Some(LINKED), now_ns);
    }

    /// Activates trigger orders that the last price has reached, until none is left.
    pub(crate) fn run_triggers(&mut self, market: MarketId, now_ns: i64) {
        loop {
            self.release(now_ns);
            if self.is_halted(market) {
                return;
            }
            let state = &mut self.markets[market];
            let last = state.last_price();
            let rising = state.rising.first().copied().filter(|(trigger, _)| last >= *trigger);
            let falling = state.falling.last().copied().filter(|(trigger, _)| last <= *trigger);
            let Some(due) = rising.or(falling) else { return };
            state.rising.remove(&due);
            state.falling.remove(&due);
            if let Some(order) = self.orders.get_mut(&due.1) {
                order.triggered = true;
            }
            self.cancel_siblings(due.1, Some(LINKED), now_ns);
            self.log(due.1, ExecKind::Triggered, now_ns);
            self.activate(due.1, now_ns);
        }
    }

    pub(crate) fn log(&mut self, id: OrderId, kind: ExecKind, now_ns: i64) {
        if let Some(order) = self.orders.get(&id) {
            self.accounts[order.ask.account].log(now_ns, kind, order);
        }
    }

    /// What an open order must hold. Of linked orders one holds for all of them.
    pub(crate) fn hold_of(&self, order: &Order) -> Decimal {
        self.open_group(order).map_or_else(
            || self.own_hold(order),
            |group| match group.first() {
                Some(first) if first.id == order.id => {
                    group.iter().map(|order| self.own_hold(order)).max().unwrap_or_default()
                }
                _ => Decimal::ZERO,
            },
        )
    }

    /// What an order alone would hold: base for sells; for buys the cost at its price with what the taker's fee adds, rounded up.
    fn own_hold(&self, order: &Order) -> Decimal {
        if order.ask.side == Side::Sell {
            return order.remaining();
        }
        let Some(price) = order.ask.limit.or(order.ask.trigger) else {
            return Decimal::ZERO;
        };
        self.with_fee(order.ask.account, order.ask.market, order.remaining() * price)
    }

    fn arm(&mut self, id: OrderId) {
        let Some(order) = self.orders.get(&id) else { return };
        let Some(trigger) = order.ask.trigger else { return };
        let stop = matches!(order.ask.order_type, OrderType::StopLoss | OrderType::StopLossLimit);
        let market = &mut self.markets[order.ask.market];
        // A stop buys into a rise and sells into a fall; a take-profit does the reverse.
        if stop == (order.ask.side == Side::Buy) {
            market.rising.insert((trigger, id));
        } else {
            market.falling.insert((trigger, id));
        }
    }

    pub(crate) fn would_take(&self, order: &NewOrder) -> bool {
        let best = self.markets[order.market].book.best(order.side.opposite());
        match (best, order.limit, order.side) {
            (Some(best), Some(limit), Side::Buy) => limit >= best,
            (Some(best), Some(limit), Side::Sell) => limit <= best,
            _ => false,
        }
    }

    pub(crate) fn needed_funds(&self, order: &NewOrder) -> (&str, Decimal) {
        let spec = &self.markets[order.market].spec;
        if order.side == Side::Sell {
            return (&spec.base, order.qty);
        }
        let cost = match order.limit.or(order.trigger) {
            Some(price) => order.qty * price,
            None if order.in_quote => order.qty,
            None => self.quote_taking(order).0,
        };
        (&spec.quote, self.with_fee(order.account, order.market, cost))
    }

    /// Cost and base quantity that an order would take from the book now.
    fn quote_taking(&self, order: &NewOrder) -> (Decimal, Decimal) {
        let (mut cost, mut got) = (Decimal::ZERO, Decimal::ZERO);
        for level in self.markets[order.market].book.top(order.side.opposite(), usize::MAX) {
            let beyond = match (order.limit, order.side) {
                (Some(limit), Side::Buy) => level.price > limit,
                (Some(limit), Side::Sell) => level.price < limit,
                (None, _) => false,
            };
            if beyond || got >= order.qty {
                break;
            }
            let qty = level.qty.min(order.qty - got);
            got += qty;
            cost += qty * level.price;
        }
        (cost, got)
    }

    fn with_fee(&self, account: AccountId, market: MarketId, cost: Decimal) -> Decimal {
        let pct = self.fees.on_top_pct(self.accounts[account].volume);
        let decimals = self.markets[market].spec.cost_decimals;
        (cost + cost * pct / Decimal::ONE_HUNDRED)
            .round_dp_with_strategy(decimals, RoundingStrategy::AwayFromZero)
    }
}
