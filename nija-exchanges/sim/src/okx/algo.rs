//! Algo orders: they wait for a price, hold nothing meanwhile, and then become ordinary orders.

use super::ids::{self, Kind};
use super::instruments::INSTRUMENTS;
use crate::engine::{AccountId, OrderId, Side};
use crate::inspect::{self, OrderView};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, VecDeque};

/// Ended algo orders kept, and changes kept for streams to catch up from.
const KEPT: usize = 5_000;

/// What an algo order waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AlgoKind {
    /// One stop: a stop-loss or a take-profit.
    Conditional,
    /// A stop-loss and a take-profit, of which one cancels the other.
    Oco,
    /// A price, from whichever side it comes.
    Trigger,
}

impl AlgoKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Conditional => "conditional",
            Self::Oco => "oco",
            Self::Trigger => "trigger",
        }
    }
}

/// A price to wait for, and the limit then; none for a market order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) trigger: Decimal,
    pub(super) limit: Option<Decimal>,
}

/// Where an algo order is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AlgoState {
    Live,
    Effective,
    Canceled,
    Failed,
}

impl AlgoState {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Effective => "effective",
            Self::Canceled => "canceled",
            Self::Failed => "order_failed",
        }
    }
}

/// One algo order.
#[derive(Debug, Clone)]
pub(super) struct Algo {
    pub(super) id: u64,
    pub(super) account: AccountId,
    pub(super) market: usize,
    pub(super) side: Side,
    pub(super) kind: AlgoKind,
    pub(super) sz: Decimal,
    /// What `sz` is in, where the order becomes a market order.
    pub(super) target: &'static str,
    pub(super) tp: Option<Leg>,
    pub(super) sl: Option<Leg>,
    pub(super) trigger: Option<Leg>,
    /// Whether a trigger order waits for the price to rise.
    pub(super) rises: bool,
    /// `fok`, `ioc` or nothing, of a trigger order.
    pub(super) advance: &'static str,
    pub(super) client_id: String,
    /// A label that some clients send beside it.
    pub(super) client_order_id: String,
    pub(super) tag: String,
    /// The last price when it was placed.
    pub(super) last: Decimal,
    pub(super) created_ns: i64,
    pub(super) updated_ns: i64,
    pub(super) state: AlgoState,
    /// The order that it became.
    pub(super) order: Option<OrderId>,
    /// `tp` or `sl`, whichever came.
    pub(super) actual_side: &'static str,
    pub(super) actual_sz: Decimal,
    pub(super) triggered_ns: Option<i64>,
    pub(super) fail_code: String,
    /// The last public trade that it was compared with.
    pub(super) seen: u64,
}

impl Algo {
    /// The leg that a price sets off, and its name.
    pub(super) fn hit(&self, price: Decimal) -> Option<(Leg, &'static str)> {
        let reached = |leg: &Leg, from_below: bool| {
            if from_below { price >= leg.trigger } else { price <= leg.trigger }
        };
        let sells = self.side == Side::Sell;
        let of = |leg: Option<Leg>, from_below: bool, name: &'static str| {
            leg.filter(|leg| reached(leg, from_below)).map(|leg| (leg, name))
        };
        // A stop-loss sells into a fall and buys into a rise; a take-profit does the reverse.
        of(self.sl, !sells, "sl")
            .or_else(|| of(self.tp, sells, "tp"))
            .or_else(|| of(self.trigger, self.rises, ""))
    }
}

impl Algo {
    /// As tests look at it, where it has become no order.
    pub(super) fn view(&self) -> OrderView {
        let leg = self.sl.or(self.tp).or(self.trigger);
        OrderView {
            id: ids::id(Kind::Algo, self.id),
            client_id: Some(self.client_id.clone()).filter(|id| !id.is_empty()),
            symbol: INSTRUMENTS[self.market].id.to_owned(),
            side: inspect::side(self.side),
            order_type: self.kind.name().to_owned(),
            time_in_force: "gtc".to_owned(),
            qty: self.sz,
            in_quote: self.target == "quote_ccy",
            limit: leg.and_then(|leg| leg.limit),
            trigger: leg.map(|leg| leg.trigger),
            filled: Decimal::ZERO,
            cost: Decimal::ZERO,
            fee: Decimal::ZERO,
            status: if self.state == AlgoState::Live { "open" } else { "canceled" }.to_owned(),
            reason: Some(self.fail_code.clone()).filter(|code| !code.is_empty()),
            opened_ns: self.created_ns,
        }
    }
}

/// All algo orders of a venue.
#[derive(Debug, Default)]
pub(super) struct AlgoBook {
    next: u64,
    live: BTreeMap<u64, Algo>,
    ended: VecDeque<Algo>,
    changes: VecDeque<(u64, Algo)>,
    last_change: u64,
}

impl AlgoBook {
    /// Takes an algo order up and gives it its number.
    pub(super) fn add(&mut self, mut algo: Algo) -> u64 {
        self.next += 1;
        algo.id = self.next;
        self.told(&algo);
        self.live.insert(algo.id, algo);
        self.next
    }

    pub(super) fn live(&self) -> impl DoubleEndedIterator<Item = &Algo> {
        self.live.values()
    }

    pub(super) fn live_mut(&mut self) -> impl Iterator<Item = &mut Algo> {
        self.live.values_mut()
    }

    /// Those that have ended, newest first as they ended.
    pub(super) fn ended(&self) -> impl Iterator<Item = &Algo> {
        self.ended.iter().rev()
    }

    /// Ends a live one, changed so.
    pub(super) fn end(&mut self, id: u64, change: impl FnOnce(&mut Algo)) {
        let Some(mut algo) = self.live.remove(&id) else { return };
        change(&mut algo);
        self.told(&algo);
        self.ended.push_back(algo);
        if self.ended.len() > KEPT {
            self.ended.pop_front();
        }
    }

    /// Forgets those that are meant, as if they had never been; false where there are none.
    pub(super) fn lose(&mut self, meant: impl Fn(&Algo) -> bool) -> bool {
        let before = self.live.len() + self.ended.len();
        self.live.retain(|_, algo| !meant(algo));
        self.ended.retain(|algo| !meant(algo));
        self.live.len() + self.ended.len() < before
    }

    /// An account's algo order by its number or its client id; of several the newest.
    pub(super) fn find(&self, account: AccountId, id: Option<u64>, client: Option<&str>) -> Option<&Algo> {
        let named = |algo: &&Algo| {
            algo.account == account
                && match id {
                    Some(id) => algo.id == id,
                    None => client.is_some_and(|client| !client.is_empty() && algo.client_id == client),
                }
        };
        let live = self.live.values().rev().find(named);
        live.or_else(|| self.ended.iter().filter(named).max_by_key(|algo| algo.id))
    }

    /// Number of the last change.
    pub(super) fn last_change(&self) -> u64 {
        self.last_change
    }

    /// An account's changes after a number, as the orders stood then.
    pub(super) fn changes_after(&self, account: AccountId, seen: u64) -> Vec<&Algo> {
        let after = self.changes.iter().filter(|(number, algo)| *number > seen && algo.account == account);
        after.map(|(_, algo)| algo).collect()
    }

    fn told(&mut self, algo: &Algo) {
        self.last_change += 1;
        self.changes.push_back((self.last_change, algo.clone()));
        if self.changes.len() > KEPT {
            self.changes.pop_front();
        }
    }
}
