//! One market's book: price levels of queues, first come first served.

use super::types::{OrderId, Side};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, VecDeque};

/// Who stands in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Maker {
    /// A user's order.
    User(OrderId),
    /// The simulator's own liquidity.
    House,
}

/// One place in a queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resting {
    pub(crate) maker: Maker,
    pub(crate) qty: Decimal,
}

/// All that rests at one price.
#[derive(Debug, Clone, Default)]
struct Level {
    queue: VecDeque<Resting>,
    updated_ns: i64,
}

/// A price and the quantity resting there, as published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceLevel {
    /// Quote per base.
    pub price: Decimal,
    /// Base quantity.
    pub qty: Decimal,
    /// Unix nanoseconds of the last change at this price.
    pub updated_ns: i64,
}

/// Bids and asks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    bids: BTreeMap<Decimal, Level>,
    asks: BTreeMap<Decimal, Level>,
}

impl Book {
    /// Best price of a side.
    pub(crate) fn best(&self, side: Side) -> Option<Decimal> {
        match side {
            Side::Buy => self.bids.keys().next_back().copied(),
            Side::Sell => self.asks.keys().next().copied(),
        }
    }

    /// First in the queue at a side's best price.
    pub(crate) fn front(&self, side: Side) -> Option<(Decimal, Resting)> {
        let (price, level) = match side {
            Side::Buy => self.bids.iter().next_back(),
            Side::Sell => self.asks.iter().next(),
        }?;
        level.queue.front().map(|resting| (*price, *resting))
    }

    /// Takes `qty` from the first in the queue at the best price; removes it when nothing is left.
    pub(crate) fn reduce_front(&mut self, side: Side, qty: Decimal, now_ns: i64) {
        let Some(price) = self.best(side) else { return };
        let levels = self.side_mut(side);
        let Some(level) = levels.get_mut(&price) else {
            return;
        };
        level.updated_ns = now_ns;
        if let Some(front) = level.queue.front_mut() {
            front.qty -= qty;
            if front.qty <= Decimal::ZERO {
                level.queue.pop_front();
            }
        }
        if level.queue.is_empty() {
            levels.remove(&price);
        }
    }

    /// Puts a user's order at the end of its level's queue.
    pub(crate) fn push(&mut self, side: Side, price: Decimal, resting: Resting, now_ns: i64) {
        let level = self.side_mut(side).entry(price).or_default();
        level.queue.push_back(resting);
        level.updated_ns = now_ns;
    }

    /// Changes the quantity of a user's order, which keeps its place.
    pub(crate) fn resize_user(&mut self, side: Side, price: Decimal, id: OrderId, qty: Decimal, now_ns: i64) {
        if let Some(level) = self.side_mut(side).get_mut(&price)
            && let Some(resting) = level.queue.iter_mut().find(|resting| resting.maker == Maker::User(id))
        {
            resting.qty = qty;
            level.updated_ns = now_ns;
        }
    }

    /// Removes a user's order.
    pub(crate) fn remove_user(&mut self, side: Side, price: Decimal, id: OrderId, now_ns: i64) {
        self.retain(side, price, now_ns, |resting| resting.maker != Maker::User(id));
    }

    /// Sets the house's quantity at a price, keeping its place in the queue; zero removes it. Returns whether it changed.
    pub(crate) fn set_house(&mut self, side: Side, price: Decimal, qty: Decimal, now_ns: i64) -> bool {
        if qty <= Decimal::ZERO {
            return self.retain(side, price, now_ns, |resting| resting.maker != Maker::House);
        }
        let level = self.side_mut(side).entry(price).or_default();
        match level.queue.iter_mut().find(|resting| resting.maker == Maker::House) {
            Some(resting) if resting.qty == qty => return false,
            Some(resting) => resting.qty = qty,
            None => level.queue.push_back(Resting { maker: Maker::House, qty }),
        }
        level.updated_ns = now_ns;
        true
    }

    /// Prices at which the house rests.
    pub(crate) fn house_prices(&self, side: Side) -> Vec<Decimal> {
        self.side(side)
            .iter()
            .filter(|(_, level)| level.queue.iter().any(|resting| resting.maker == Maker::House))
            .map(|(price, _)| *price)
            .collect()
    }

    /// The best `depth` levels of a side, best first.
    pub(crate) fn top(&self, side: Side, depth: usize) -> Vec<PriceLevel> {
        let map = |(price, level): (&Decimal, &Level)| PriceLevel {
            price: *price,
            qty: level.queue.iter().map(|resting| resting.qty).sum(),
            updated_ns: level.updated_ns,
        };
        match side {
            Side::Buy => self.bids.iter().rev().take(depth).map(map).collect(),
            Side::Sell => self.asks.iter().take(depth).map(map).collect(),
        }
    }

    fn retain(&mut self, side: Side, price: Decimal, now_ns: i64, keep: impl Fn(&Resting) -> bool) -> bool {
        let levels = self.side_mut(side);
        let Some(level) = levels.get_mut(&price) else {
            return false;
        };
        let before = level.queue.len();
        level.queue.retain(keep);
        let changed = level.queue.len() != before;
        if changed {
            level.updated_ns = now_ns;
        }
        if level.queue.is_empty() {
            levels.remove(&price);
        }
        changed
    }

    fn side(&self, side: Side) -> &BTreeMap<Decimal, Level> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Decimal, Level> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}
