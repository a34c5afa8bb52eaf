//! What is inside a simulated venue: accounts, orders, fills, balances. It is the truth that everything is compared with.

use nija_core::{
    AccountEvent, AmbiguityBound, ExecutionId, ExecutionReport, Liquidity, OrderKind, OrderState, Price,
    Quantity, RepeatedClientId, Side, Symbol, TimeInForce, Timestamp, UserId, VenueBalance, VenueClientId,
    VenueContract, VenueFill, VenueId, VenueOrder, VenueOrderId,
};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, time::Duration};

use super::{
    fees::{FEE_ASSET, FeesFrom},
    resting::{Resting, Trades},
    stream::Stream,
};

#[derive(Default)]
pub(crate) struct Account {
    pub(crate) orders: Vec<Resting>,
    pub(crate) fills: Vec<VenueFill>,
    pub(crate) totals: BTreeMap<String, Decimal>,
    pub(crate) streams: Vec<Stream>,
}

/// What a new order is.
pub(crate) struct Arrival<'a> {
    pub(crate) user: UserId,
    pub(crate) client: Option<VenueClientId>,
    pub(crate) symbol: &'a Symbol,
    pub(crate) side: Side,
    pub(crate) kind: OrderKind,
    pub(crate) quantity: Quantity,
    pub(crate) time_in_force: TimeInForce,
}

/// How much of what could fill at once does, in per cent of the order.
pub(crate) type Portions = Vec<u32>;

pub(crate) struct Exchange {
    pub(crate) venue: VenueId,
    pub(crate) contract: VenueContract,
    /// Whether its messages carry our ids.
    pub(crate) echoes: bool,
    /// Its clock less ours, in microseconds.
    pub(crate) skew: i64,
    /// How long after its arrival an order is missing in look-ups.
    pub(crate) lag: Duration,
    pub(crate) prices: BTreeMap<Symbol, Decimal>,
    /// USD at its best price; plenty where there is no figure.
    pub(crate) touch: Option<Decimal>,
    pub(crate) fees: FeesFrom,
    pub(crate) refused_for_price: Vec<RefusedForPrice>,
    pub(crate) accounts: BTreeMap<UserId, Account>,
    serial: u64,
}

/// An order that was not taken for its limit: too far away, or too near for the venue's own (`near`).
pub(crate) struct RefusedForPrice {
    pub(crate) client: VenueClientId,
    pub(crate) near: bool,
}

impl Exchange {
    pub(crate) fn new(contract: VenueContract, echoes: bool, skew: i64) -> Self {
        Self {
            venue: contract.venue.clone(),
            contract,
            echoes,
            skew,
            lag: Duration::ZERO,
            prices: BTreeMap::new(),
            touch: None,
            fees: FeesFrom::Quote,
            refused_for_price: Vec::new(),
            accounts: BTreeMap::new(),
            serial: 0,
        }
    }

    pub(crate) fn account(&mut self, user: UserId) -> &mut Account {
        self.accounts.entry(user).or_default()
    }

    fn serial(&mut self, prefix: &str) -> String {
        self.serial += 1;
        format!("{}-{prefix}{}", self.venue, self.serial)
    }

    pub(crate) fn clock(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_micros(now.micros() + self.skew)
    }

    /// A request gets here. `None` when the venue drops or refuses it; the order and whether it is new otherwise.
    pub(crate) fn receive(
        &mut self,
        order: &VenueOrder,
        now: Timestamp,
        portions: &Portions,
    ) -> Option<(Resting, bool)> {
        if self.contract.ambiguity_bound != AmbiguityBound::Unbounded && self.clock(now) > order.deadline() {
            return None;
        }
        let same = |known: &&Resting| known.client == Some(order.client_id());
        let known = self.account(order.user()).orders.iter().rfind(same).cloned();
        match (known, self.contract.repeated_client_id) {
            (Some(known), RepeatedClientId::ReturnsExisting) => return Some((known, false)),
            (Some(_), RepeatedClientId::Rejected) => return None,
            (Some(known), RepeatedClientId::UniqueWhileOpen) if known.is_open() => return None,
            _ => {}
        }
        let arrival = Arrival {
            user: order.user(),
            client: Some(order.client_id()),
            symbol: order.symbol(),
            side: order.side(),
            kind: order.kind(),
            quantity: order.quantity(),
            time_in_force: order.time_in_force(),
        };
        self.arrive(&arrival, now, portions).map(|order| (order, true))
    }

    /// An order is matched, and rests or ends. `None` when the account cannot pay for it.
    pub(crate) fn arrive(
        &mut self,
        arrival: &Arrival<'_>,
        now: Timestamp,
        portions: &Portions,
    ) -> Option<Resting> {
        let (user, at) = (arrival.user, self.clock(now));
        let price = self.prices[arrival.symbol];
        let kind = self.as_taken(arrival)?;
        let worst = kind.worst_price().map_or(price, Price::get);
        let (asset, needed) = match arrival.side {
            Side::Buy => (arrival.symbol.quote(), arrival.quantity.get() * worst * self.fees.with_worth()),
            Side::Sell => (arrival.symbol.base(), arrival.quantity.get()),
        };
        if self.available(user, asset) < needed {
            return None;
        }
        let id = VenueOrderId::new(&self.serial("o")).unwrap();
        let order = Resting {
            id: id.clone(),
            client: arrival.client,
            symbol: arrival.symbol.clone(),
            side: arrival.side,
            kind,
            trades: match kind {
                OrderKind::Market => Trades::Anyhow,
                OrderKind::Limit { price } => Trades::At(price),
                OrderKind::StopLimit { .. } | OrderKind::Bracket { .. } => Trades::Waits,
            },
            quantity: arrival.quantity,
            filled: Quantity::ZERO,
            state: OrderState::Working,
            at,
        };
        self.account(user).orders.push(order);
        self.set_off(arrival.symbol);
        self.tell_report(user, &id);
        if self.crosses(user, &id) {
            for percent in portions {
                self.fill(user, &id, *percent, now);
            }
        }
        if arrival.time_in_force == TimeInForce::Ioc {
            self.end(user, &id);
        }
        Some(self.order(user, &id))
    }

    pub(crate) fn order(&mut self, user: UserId, id: &VenueOrderId) -> Resting {
        self.account(user).orders.iter().find(|order| order.id == *id).unwrap().clone()
    }

    /// An order as the venue takes it; `None` where its limit is too far away, or would be worse than its user accepts.
    fn as_taken(&mut self, arrival: &Arrival<'_>) -> Option<OrderKind> {
        let reach = self.contract.reach;
        let furthest = |stop: Price, share: Decimal| match arrival.side {
            Side::Sell => stop.get() * (Decimal::ONE - share),
            Side::Buy => stop.get() * (Decimal::ONE + share),
        };
        let beyond = |price: Price, furthest: Decimal| match arrival.side {
            Side::Sell => price.get() < furthest,
            Side::Buy => price.get() > furthest,
        };
        let taken = match (arrival.kind, reach.stop, reach.bracket) {
            (OrderKind::Bracket { take_profit, stop, price }, _, Some(own)) => {
                let own = Price::new(furthest(stop, own).round_dp(2)).unwrap();
                (!beyond(own, price.get())).then_some(OrderKind::Bracket { take_profit, stop, price: own })
            }
            (
                OrderKind::Bracket { stop, price, .. } | OrderKind::StopLimit { stop, price },
                Some(reach),
                _,
            ) => (!beyond(price, furthest(stop, reach))).then_some(arrival.kind),
            (kind, ..) => Some(kind),
        };
        let near = matches!(arrival.kind, OrderKind::Bracket { .. }) && reach.bracket.is_some();
        if let Some(client) = arrival.client.filter(|_| taken.is_none()) {
            self.refused_for_price.push(RefusedForPrice { client, near });
        }
        taken
    }

    /// Stops that the market has reached trade as limits from now on, whatever it does next.
    pub(crate) fn set_off(&mut self, symbol: &Symbol) {
        let market = self.prices[symbol];
        for account in self.accounts.values_mut() {
            let waiting =
                account.orders.iter_mut().filter(|order| order.is_open() && order.symbol == *symbol);
            for order in waiting.filter(|order| order.trades == Trades::Waits) {
                let reached = order.kind.stop().is_some_and(|stop| match order.side {
                    Side::Sell => market <= stop.get(),
                    Side::Buy => market >= stop.get(),
                });
                if let Some(limit) = order.kind.worst_price().filter(|_| reached) {
                    order.trades = Trades::At(limit);
                }
            }
        }
    }

    /// Whether the market meets an order's price.
    pub(crate) fn crosses(&mut self, user: UserId, id: &VenueOrderId) -> bool {
        let order = self.order(user, id);
        let market = self.prices[&order.symbol];
        let limit = match order.trades {
            Trades::Anyhow => return true,
            Trades::At(limit) => Some(limit),
            Trades::Waits => order.kind.take_profit(),
        };
        limit.is_some_and(|limit| match order.side {
            Side::Buy => market <= limit.get(),
            Side::Sell => market >= limit.get(),
        })
    }

    /// Brackets of a user that wait for either of their prices: the profit's, and the stop's.
    pub(crate) fn waiting_brackets(&mut self, user: UserId) -> Vec<(Symbol, Price, Price)> {
        let orders = self.account(user).orders.iter();
        let waiting = orders.filter(|order| order.is_open() && order.trades == Trades::Waits);
        let legs = waiting
            .filter_map(|order| Some((order.symbol.clone(), order.kind.take_profit()?, order.kind.stop()?)));
        legs.collect()
    }

    /// Stops and take-profits of a user that the market meets; some venues let them wait.
    pub(crate) fn waiting_and_met(&mut self, user: UserId) -> Vec<VenueOrderId> {
        let orders = self.account(user).orders.clone();
        let waiting = orders.iter().filter(|order| order.is_open() && order.kind.waits());
        waiting.map(|order| order.id.clone()).filter(|id| self.crosses(user, id)).collect()
    }

    /// Fills this share of an open order's whole size, or what is left of it.
    pub(crate) fn fill(&mut self, user: UserId, id: &VenueOrderId, percent: u32, now: Timestamp) {
        let order = self.order(user, id);
        let share = order.quantity.get() * Decimal::from(percent) / Decimal::ONE_HUNDRED;
        let mut quantity = share.round_dp(6).min(order.left().get());
        if order.left().get() - quantity < Decimal::new(2, 6) {
            quantity = order.left().get();
        }
        if quantity.is_zero() || !order.is_open() {
            return;
        }
        let price = self.prices[&order.symbol];
        // The profit of a bracket has come first.
        let trades = match (order.trades, order.kind.take_profit()) {
            (Trades::Waits, Some(profit)) => Trades::At(profit),
            (trades, _) => trades,
        };
        let price = match (trades, order.side) {
            (Trades::At(limit), Side::Buy) => price.min(limit.get()),
            (Trades::At(limit), Side::Sell) => price.max(limit.get()),
            (Trades::Anyhow, _) => price,
            (Trades::Waits, _) => return,
        };
        let (worth, at) = (quantity * price, self.clock(now));
        let there = self.account(user).totals.get(FEE_ASSET).copied().unwrap_or_default();
        let (fee_asset, fee) = self.fees.of(&order, quantity, worth, there);
        let fill = VenueFill {
            venue: self.venue.clone(),
            execution_id: ExecutionId::new(&self.serial("e")).unwrap(),
            venue_order_id: id.clone(),
            client_id: order.client.filter(|_| self.echoes),
            symbol: order.symbol.clone(),
            side: order.side,
            quantity: Quantity::new(quantity).unwrap(),
            price: Price::new(price).unwrap(),
            fee_asset: fee_asset.clone(),
            fee,
            liquidity: Liquidity::Taker,
            at,
        };
        let (base, quote) = match order.side {
            Side::Buy => (quantity, -worth),
            Side::Sell => (-quantity, worth),
        };
        let account = self.account(user);
        *account.totals.entry(order.symbol.base().to_owned()).or_default() += base;
        *account.totals.entry(order.symbol.quote().to_owned()).or_default() += quote;
        *account.totals.entry(fee_asset.clone()).or_default() -= fee;
        account.fills.push(fill.clone());
        let stands = account.orders.iter_mut().find(|order| order.id == *id).unwrap();
        stands.trades = trades;
        stands.filled = stands.filled.plus(fill.quantity);
        stands.state = if stands.left().is_zero() { OrderState::Filled } else { OrderState::PartialFill };
        self.tell(user, &AccountEvent::Fill(fill));
        self.tell_report(user, id);
        let (base, quote) = (order.symbol.base(), order.symbol.quote());
        let third = (fee_asset != base && fee_asset != quote).then_some(fee_asset.as_str());
        for asset in [base, quote].into_iter().chain(third) {
            let balance = self.balance(user, asset, now);
            self.tell(user, &AccountEvent::Balance(balance));
        }
    }

    /// Cancels what is open of an order.
    pub(crate) fn end(&mut self, user: UserId, id: &VenueOrderId) {
        let order = self.account(user).orders.iter_mut().find(|order| order.id == *id).unwrap();
        if order.is_open() {
            order.state = OrderState::Cancelled;
            self.tell_report(user, id);
        }
    }

    fn available(&self, user: UserId, asset: &str) -> Decimal {
        let Some(account) = self.accounts.get(&user) else {
            return Decimal::ZERO;
        };
        let held: Decimal = account
            .orders
            .iter()
            .filter(|order| order.is_open())
            .map(|order| match order.side {
                Side::Buy if order.symbol.quote() == asset => {
                    let price = order.kind.worst_price().map_or(Decimal::ZERO, Price::get);
                    order.left().get() * price * self.fees.with_worth()
                }
                Side::Sell if order.symbol.base() == asset => order.left().get(),
                _ => Decimal::ZERO,
            })
            .sum();
        account.totals.get(asset).copied().unwrap_or_default() - held
    }

    pub(crate) fn balance(&self, user: UserId, asset: &str, now: Timestamp) -> VenueBalance {
        let totals = self.accounts.get(&user).map(|account| &account.totals);
        let total = totals.and_then(|totals| totals.get(asset)).copied().unwrap_or_default();
        VenueBalance {
            venue: self.venue.clone(),
            asset: asset.to_owned(),
            total,
            available: self.available(user, asset),
            // Balances are stamped when they are read here.
            at: now,
        }
    }

    pub(crate) fn report(&self, order: &Resting) -> ExecutionReport {
        ExecutionReport {
            venue: self.venue.clone(),
            venue_order_id: order.id.clone(),
            client_id: order.client.filter(|_| self.echoes),
            symbol: order.symbol.clone(),
            side: order.side,
            kind: order.kind,
            state: order.state,
            quantity: order.quantity,
            filled: order.filled,
            average_price: None,
            reason: None,
            at: order.at,
        }
    }

    fn tell_report(&mut self, user: UserId, id: &VenueOrderId) {
        let order = self.order(user, id);
        let report = self.report(&order);
        self.tell(user, &AccountEvent::Report(report));
    }

    pub(crate) fn tell(&mut self, user: UserId, event: &AccountEvent) {
        self.account(user).streams.retain(|stream| stream.deliver(event));
    }
}
