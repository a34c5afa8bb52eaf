//! One user's money and orders at the paper venue.

use nija_core::{Quantity, Side, Symbol, Timestamp, VenueBalance, VenueClientId, VenueFill, VenueId};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::order::PaperOrder;

/// Orders that ended, and fills, kept for look-ups.
const KEPT: usize = 10_000;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Balance {
    pub(super) total: Decimal,
    pub(super) held: Decimal,
}

/// A user's account.
#[derive(Debug)]
pub(super) struct Account {
    balances: BTreeMap<String, Balance>,
    orders: HashMap<VenueClientId, PaperOrder>,
    open: HashSet<VenueClientId>,
    ended: VecDeque<VenueClientId>,
    fills: VecDeque<VenueFill>,
}

impl Account {
    pub(super) fn new(starting: &BTreeMap<String, Decimal>) -> Self {
        let balances = starting
            .iter()
            .map(|(asset, &total)| {
                let held = Decimal::ZERO;
                (asset.clone(), Balance { total, held })
            })
            .collect();
        Self {
            balances,
            orders: HashMap::new(),
            open: HashSet::new(),
            ended: VecDeque::new(),
            fills: VecDeque::new(),
        }
    }

    pub(super) fn order(&self, id: VenueClientId) -> Option<&PaperOrder> {
        self.orders.get(&id)
    }

    pub(super) fn open_orders(&self) -> impl Iterator<Item = &PaperOrder> {
        self.open.iter().filter_map(|id| self.orders.get(id))
    }

    pub(super) fn open_in(&self, symbol: &Symbol) -> Vec<VenueClientId> {
        let mut orders: Vec<_> = self.open_orders().filter(|order| order.symbol == *symbol).collect();
        orders.sort_by_key(|order| (order.updated, order.client_id));
        orders.into_iter().map(|order| order.client_id).collect()
    }

    pub(super) fn fills(&self) -> impl Iterator<Item = &VenueFill> {
        self.fills.iter()
    }

    pub(super) fn available(&self, asset: &str) -> Decimal {
        self.balances.get(asset).map_or(Decimal::ZERO, |balance| balance.total - balance.held)
    }

    pub(super) fn balances(&self, venue: &VenueId, at: Timestamp) -> Vec<VenueBalance> {
        self.balances.iter().map(|(asset, balance)| balance_of(venue, asset, *balance, at)).collect()
    }

    pub(super) fn balance(&self, venue: &VenueId, asset: &str, at: Timestamp) -> VenueBalance {
        let balance = self.balances.get(asset).copied().unwrap_or_default();
        balance_of(venue, asset, balance, at)
    }

    /// Writes an order down, with what it holds from now on.
    pub(super) fn put(&mut self, mut order: PaperOrder, hold: Decimal) {
        let balance = self.balances.entry(order.pays_with().to_owned()).or_default();
        balance.held += hold - order.held;
        order.held = hold;
        let id = order.client_id;
        if order.is_open() {
            self.open.insert(id);
        } else if self.open.remove(&id) || !self.orders.contains_key(&id) {
            self.ended.push_back(id);
        }
        self.orders.insert(id, order);
        while self.ended.len() > KEPT {
            if let Some(oldest) = self.ended.pop_front() {
                self.orders.remove(&oldest);
            }
        }
    }

    /// Moves the money of an execution and writes it down.
    pub(super) fn settle(&mut self, fill: VenueFill) {
        let cost = fill.quantity.get() * fill.price.get();
        let sign = match fill.side {
            Side::Buy => Decimal::ONE,
            Side::Sell => Decimal::NEGATIVE_ONE,
        };
        self.total(fill.symbol.base(), sign * fill.quantity.get());
        self.total(fill.symbol.quote(), -sign * cost);
        self.total(&fill.fee_asset, -fill.fee);
        self.fills.push_back(fill);
        if self.fills.len() > KEPT {
            self.fills.pop_front();
        }
    }

    /// Takes up an execution of an earlier run.
    pub(super) fn restore(&mut self, fill: &VenueFill) {
        if let Some(id) = fill.client_id {
            let known = self.orders.get(&id).cloned();
            if let Some(mut order) = known.or_else(|| PaperOrder::restored(fill)) {
                order.count(fill.quantity.min(order.remaining()), fill.price, fill.at);
                self.put(order, Decimal::ZERO);
            }
        }
        self.settle(fill.clone());
    }

    fn total(&mut self, asset: &str, by: Decimal) {
        if let Some(balance) = self.balances.get_mut(asset) {
            balance.total += by;
        } else if !by.is_zero() {
            let held = Decimal::ZERO;
            self.balances.insert(asset.to_owned(), Balance { total: by, held });
        }
    }
}

/// What an open order must hold of the asset it pays with: all it could still cost, the fee included.
pub(super) fn hold_of(order: &PaperOrder, left: Quantity, fee_rate: Decimal) -> Decimal {
    match (order.side, order.kind.worst_price()) {
        (Side::Sell, _) => left.get(),
        (Side::Buy, Some(price)) => {
            let cost = left.get() * price.get();
            cost + cost * fee_rate
        }
        (Side::Buy, None) => Decimal::ZERO,
    }
}

fn balance_of(venue: &VenueId, asset: &str, balance: Balance, at: Timestamp) -> VenueBalance {
    VenueBalance {
        venue: venue.clone(),
        asset: asset.to_owned(),
        total: balance.total,
        available: balance.total - balance.held,
        at,
    }
}
