//! What is in a fake venue: accounts, orders, fills, and who listens.

use nija_core::{
    AccountEvent, ExecutionId, ExecutionReport, LimitUsage, Liquidity, OrderKind, OrderState, Price,
    Quantity, Side, StreamLane, Symbol, TimeInForce, Timestamp, UserId, VenueBalance, VenueClientId,
    VenueFill, VenueId, VenueOrderId,
};
use rust_decimal::Decimal;
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};
use tokio::sync::mpsc::UnboundedSender;

use super::venue::Answer;

/// How an arriving order fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filling {
    Whole,
    Half,
    Nothing,
}

#[derive(Debug, Clone)]
pub(crate) struct FakeOrder {
    pub(crate) id: VenueOrderId,
    pub(crate) client: Option<VenueClientId>,
    pub(crate) symbol: Symbol,
    pub(crate) side: Side,
    pub(crate) kind: OrderKind,
    pub(crate) quantity: Quantity,
    pub(crate) filled: Quantity,
    pub(crate) state: OrderState,
    pub(crate) at: Timestamp,
}

#[derive(Default)]
pub(crate) struct Account {
    pub(crate) orders: Vec<FakeOrder>,
    pub(crate) fills: Vec<VenueFill>,
    pub(crate) balances: HashMap<String, Decimal>,
    pub(crate) listeners: Vec<UnboundedSender<AccountEvent>>,
}

pub(crate) struct World {
    pub(crate) venue: VenueId,
    pub(crate) accounts: HashMap<UserId, Account>,
    pub(crate) script: VecDeque<Answer>,
    pub(crate) filling: Filling,
    /// Whether reports and fills carry our client id.
    pub(crate) echoes: bool,
    /// The ways of the streams to this venue's HTTP: of users, and of prices.
    pub(crate) lanes: HashMap<Option<UserId>, Arc<dyn StreamLane>>,
    /// Whether streams deliver.
    pub(crate) streaming: bool,
    /// Whether each event comes twice.
    pub(crate) twice: bool,
    /// Whether reading fails.
    pub(crate) reads_fail: bool,
    /// Whether reading is never answered.
    pub(crate) reads_hang: bool,
    /// The one market whose price is asked for in vain.
    pub(crate) quote_hangs: Option<Symbol>,
    /// A look-up of an order is two requests, this far apart.
    pub(crate) find_again: Option<std::time::Duration>,
    pub(crate) prices: HashMap<Symbol, Decimal>,
    /// Until when this address is banned, and whether the venue says so.
    pub(crate) banned: Option<(tokio::time::Instant, bool)>,
    /// Requests of any kind that arrived during a ban.
    pub(crate) turned_away: usize,
    /// What fees are taken in instead of the quote currency.
    pub(crate) fees_in: Option<String>,
    /// Whether it says what it lists.
    pub(crate) lists: bool,
    /// Base units at the best price.
    pub(crate) touch: Decimal,
    /// Every placement that was attempted, in order.
    pub(crate) placed: Vec<VenueClientId>,
    pub(crate) cancels: usize,
    /// When each of them arrived.
    pub(crate) placed_at: Vec<tokio::time::Instant>,
    /// Questions under a user's key that arrived.
    pub(crate) reads: usize,
    /// What each user has used up of a limit.
    pub(crate) used: HashMap<UserId, LimitUsage>,
    /// Its largest order, in base units.
    pub(crate) largest: Option<Quantity>,
    /// Cancels that get lost on their way.
    pub(crate) cancels_lost: usize,
    /// Called at each placement, before anything else.
    pub(crate) witness: Option<Box<dyn Fn() + Send>>,
    serial: u64,
}

impl World {
    pub(crate) fn new(venue: VenueId) -> Self {
        Self {
            venue,
            accounts: HashMap::new(),
            script: VecDeque::new(),
            filling: Filling::Whole,
            echoes: true,
            lanes: HashMap::new(),
            streaming: true,
            twice: false,
            reads_fail: false,
            reads_hang: false,
            quote_hangs: None,
            find_again: None,
            prices: HashMap::new(),
            lists: true,
            fees_in: None,
            banned: None,
            turned_away: 0,
            touch: Decimal::ONE_THOUSAND,
            placed: Vec::new(),
            cancels: 0,
            placed_at: Vec::new(),
            reads: 0,
            used: HashMap::new(),
            largest: None,
            cancels_lost: 0,
            witness: None,
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

    /// An order arrives; `client` is absent for one made elsewhere.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn arrive(
        &mut self,
        user: UserId,
        client: Option<VenueClientId>,
        symbol: &Symbol,
        side: Side,
        kind: OrderKind,
        quantity: Quantity,
        time_in_force: TimeInForce,
        at: Timestamp,
    ) -> FakeOrder {
        let id = VenueOrderId::new(&self.serial("o")).unwrap();
        let (symbol, state, filled) = (symbol.clone(), OrderState::Working, Quantity::ZERO);
        let order = FakeOrder { id: id.clone(), client, symbol, side, kind, quantity, filled, state, at };
        self.account(user).orders.push(order.clone());
        self.tell_report(user, &order);
        let portion = match self.filling {
            // It waits for its price.
            _ if kind.waits() => Quantity::ZERO,
            Filling::Whole => quantity,
            Filling::Half => Quantity::new(quantity.get() / Decimal::TWO).unwrap(),
            Filling::Nothing => Quantity::ZERO,
        };
        self.fill(user, &id, portion, at);
        if time_in_force == TimeInForce::Ioc {
            self.end(user, &id);
        }
        self.order(user, &id)
    }

    pub(crate) fn order(&mut self, user: UserId, id: &VenueOrderId) -> FakeOrder {
        self.account(user).orders.iter().find(|order| order.id == *id).unwrap().clone()
    }

    /// Fills a part of an open order.
    pub(crate) fn fill(&mut self, user: UserId, id: &VenueOrderId, quantity: Quantity, at: Timestamp) {
        if quantity.is_zero() {
            return;
        }
        let execution = ExecutionId::new(&self.serial("e")).unwrap();
        let traded = self.order(user, id);
        let market = self.prices[&traded.symbol];
        // Never worse than the order's limit.
        let price = match (traded.kind.worst_price(), traded.side) {
            (None, _) => market,
            (Some(price), Side::Buy) => market.min(price.get()),
            (Some(price), Side::Sell) => market.max(price.get()),
        };
        let (venue, echoes, fees_in) = (self.venue.clone(), self.echoes, self.fees_in.clone());
        let account = self.account(user);
        let order = account.orders.iter_mut().find(|order| order.id == *id).unwrap();
        order.filled = order.filled.plus(quantity);
        order.state =
            if order.filled >= order.quantity { OrderState::Filled } else { OrderState::PartialFill };
        let worth = quantity.get() * price;
        let fee = worth * Decimal::new(26, 4);
        let fill = VenueFill {
            venue,
            execution_id: execution,
            venue_order_id: id.clone(),
            client_id: order.client.filter(|_| echoes),
            symbol: order.symbol.clone(),
            side: order.side,
            quantity,
            price: Price::new(price).unwrap(),
            fee_asset: fees_in.unwrap_or_else(|| traded.symbol.quote().to_owned()),
            fee,
            liquidity: Liquidity::Taker,
            at,
        };
        let (base, quote) = match order.side {
            Side::Buy => (quantity.get(), -worth),
            Side::Sell => (-quantity.get(), worth),
        };
        let (symbol, order) = (order.symbol.clone(), order.clone());
        *account.balances.entry(symbol.base().to_owned()).or_default() += base;
        *account.balances.entry(symbol.quote().to_owned()).or_default() += quote - fee;
        account.fills.push(fill.clone());
        self.tell(user, &AccountEvent::Fill(fill));
        self.tell_report(user, &order);
        for asset in [symbol.base(), symbol.quote()] {
            let balance = self.balance(user, asset, at);
            self.tell(user, &AccountEvent::Balance(balance));
        }
    }

    /// Cancels what is open of an order.
    pub(crate) fn end(&mut self, user: UserId, id: &VenueOrderId) {
        let account = self.account(user);
        let order = account.orders.iter_mut().find(|order| order.id == *id).unwrap();
        if matches!(order.state, OrderState::Working | OrderState::PartialFill) {
            order.state = OrderState::Cancelled;
            let order = order.clone();
            self.tell_report(user, &order);
        }
    }

    pub(crate) fn balance(&mut self, user: UserId, asset: &str, at: Timestamp) -> VenueBalance {
        let venue = self.venue.clone();
        let total = self.account(user).balances.get(asset).copied().unwrap_or_default();
        VenueBalance { venue, asset: asset.to_owned(), total, available: total, at }
    }

    pub(crate) fn report(&self, order: &FakeOrder) -> ExecutionReport {
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

    fn tell_report(&mut self, user: UserId, order: &FakeOrder) {
        let report = self.report(order);
        self.tell(user, &AccountEvent::Report(report));
    }

    pub(crate) fn tell(&mut self, user: UserId, event: &AccountEvent) {
        if !self.streaming {
            return;
        }
        let times = if self.twice { 2 } else { 1 };
        let listeners = &mut self.account(user).listeners;
        for _ in 0..times {
            listeners.retain(|listener| listener.send(event.clone()).is_ok());
        }
    }
}
