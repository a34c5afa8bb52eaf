//! What a user's live orders hold, kept as sums: risk and routing cost the same however many orders are live.

use nija_core::{OrderId, OrderState, Side, Symbol, Timestamp, VenueId, WorkingOrders};
use rust_decimal::Decimal;
use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

use super::live::LiveOrder;
use crate::planted::{Bug, planted};

/// What one live order counts with; kept beside it, so that exactly this is taken off again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) venue: VenueId,
    pub(crate) symbol: Symbol,
    pub(crate) side: Side,
    exit: bool,
    hold: Decimal,
    remaining: Decimal,
    worth: Decimal,
    /// When the venue last confirmed it: a balance said after that has it in its figures.
    confirmed_at: Option<Timestamp>,
}

impl Share {
    /// `None` before it is routed: it is at no venue.
    pub(crate) fn of(live: &LiveOrder) -> Option<Self> {
        let order = &live.order;
        let (leg, signal) = (order.leg.as_ref()?, &order.intent.signal);
        let nothing = planted(Bug::StopsHoldNothing) && signal.kind.waits();
        let remaining = if nothing { Decimal::ZERO } else { order.remaining().get() };
        let confirmed = matches!(order.state, OrderState::Working | OrderState::PartialFill);
        Some(Self {
            venue: leg.venue.clone(),
            symbol: signal.symbol.clone(),
            side: signal.side,
            exit: signal.signal_type.is_exit(),
            hold: live.hold,
            remaining,
            worth: remaining * leg.worst_price().get(),
            confirmed_at: confirmed.then_some(order.updated_at),
        })
    }

    fn is_unseen(&self, balance_at: Timestamp) -> bool {
        self.confirmed_at.is_none_or(|at| at > balance_at)
    }
}

/// The asset that orders of a side hold.
pub(crate) fn held_asset(symbol: &Symbol, side: Side) -> &str {
    match side {
        Side::Sell => symbol.base(),
        Side::Buy => symbol.quote(),
    }
}

/// Alike orders at one venue.
#[derive(Debug)]
struct Group {
    symbol: Symbol,
    side: Side,
    exit: bool,
    orders: usize,
    hold: Decimal,
    remaining: Decimal,
    worth: Decimal,
    /// Holds that no balance can know of yet.
    unconfirmed: Decimal,
    /// Holds of confirmed orders, by when they were confirmed.
    confirmed: BTreeMap<(Timestamp, OrderId), Decimal>,
    /// The sum of those confirmed after the newest balance, and when that balance was said.
    since: (Timestamp, Decimal),
}

impl Group {
    fn holds(&self, share: &Share) -> bool {
        self.side == share.side && self.exit == share.exit && self.symbol == share.symbol
    }

    fn after(&self, balance_at: Timestamp) -> Decimal {
        let newest = OrderId::from_uuid(uuid::Uuid::max());
        self.confirmed.range((Excluded((balance_at, newest)), Unbounded)).map(|(_, hold)| hold).sum()
    }

    /// What a balance said then cannot know of.
    fn unseen(&self, balance_at: Timestamp) -> Decimal {
        let confirmed = if balance_at == self.since.0 { self.since.1 } else { self.after(balance_at) };
        self.unconfirmed + confirmed
    }
}

/// The sums of one user.
#[derive(Debug, Default)]
pub(crate) struct Sums(BTreeMap<VenueId, Vec<Group>>);

/// What is bound of an asset at a venue, and how much of that its balance cannot know of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) all: Decimal,
    pub(crate) unseen: Decimal,
}

impl Sums {
    /// Counts an order in. `balance_at` is when the balance of the asset that it holds was said.
    pub(crate) fn add(&mut self, order: OrderId, share: &Share, balance_at: Option<Timestamp>) {
        let groups = match self.0.get_mut(&share.venue) {
            Some(groups) => groups,
            None => self.0.entry(share.venue.clone()).or_default(),
        };
        let place = groups.iter().position(|group| group.holds(share)).unwrap_or_else(|| {
            groups.push(Group {
                symbol: share.symbol.clone(),
                side: share.side,
                exit: share.exit,
                orders: 0,
                hold: Decimal::ZERO,
                remaining: Decimal::ZERO,
                worth: Decimal::ZERO,
                unconfirmed: Decimal::ZERO,
                confirmed: BTreeMap::new(),
                since: (balance_at.unwrap_or_default(), Decimal::ZERO),
            });
            groups.len() - 1
        });
        let Some(group) = groups.get_mut(place) else {
            return;
        };
        group.orders += 1;
        group.hold += share.hold;
        group.remaining += share.remaining;
        group.worth += share.worth;
        match share.confirmed_at {
            None => group.unconfirmed += share.hold,
            Some(at) => {
                group.confirmed.insert((at, order), share.hold);
                if at > group.since.0 {
                    group.since.1 += share.hold;
                }
            }
        }
    }

    /// Takes off what an order counted with.
    pub(crate) fn remove(&mut self, order: OrderId, share: &Share) {
        let Some(groups) = self.0.get_mut(&share.venue) else {
            return;
        };
        let Some(place) = groups.iter().position(|group| group.holds(share)) else {
            return;
        };
        let Some(group) = groups.get_mut(place) else {
            return;
        };
        group.orders = group.orders.saturating_sub(1);
        if group.orders == 0 {
            groups.swap_remove(place);
            return;
        }
        group.hold -= share.hold;
        group.remaining -= share.remaining;
        group.worth -= share.worth;
        match share.confirmed_at {
            None => group.unconfirmed -= share.hold,
            Some(at) => {
                group.confirmed.remove(&(at, order));
                if at > group.since.0 {
                    group.since.1 -= share.hold;
                }
            }
        }
    }

    /// A venue said a balance: what is newer than that is summed once, here.
    pub(crate) fn told(&mut self, venue: &VenueId, asset: &str, at: Timestamp) {
        for group in self.0.get_mut(venue).into_iter().flatten() {
            if held_asset(&group.symbol, group.side) == asset {
                group.since = (at, group.after(at));
            }
        }
    }

    /// Whether an order holds money that the newest balance there cannot know of, although the venue has confirmed the order.
    pub(crate) fn unseen_at(&self, venue: &VenueId) -> bool {
        self.0.get(venue).is_some_and(|groups| groups.iter().any(|group| !group.since.1.is_zero()))
    }

    /// What is bound of an asset; `except` does not stand in its own way.
    pub(crate) fn bound(
        &self,
        venue: &VenueId,
        asset: &str,
        balance_at: Timestamp,
        except: Option<&Share>,
    ) -> Bound {
        let mut bound = Bound::default();
        for group in self.0.get(venue).into_iter().flatten() {
            if held_asset(&group.symbol, group.side) == asset {
                bound.all += group.hold;
                bound.unseen += group.unseen(balance_at);
            }
        }
        if let Some(share) = except
            && share.venue == *venue
            && held_asset(&share.symbol, share.side) == asset
        {
            bound.all -= share.hold;
            if share.is_unseen(balance_at) {
                bound.unseen -= share.hold;
            }
        }
        bound
    }

    /// Base units that live orders of a side may still trade of a symbol at a venue; `except` does not stand in its own way.
    pub(crate) fn closing(
        &self,
        venue: &VenueId,
        symbol: &Symbol,
        side: Side,
        except: Option<&Share>,
    ) -> Decimal {
        let groups = self.0.get(venue).into_iter().flatten();
        let alike = groups.filter(|group| group.side == side && group.symbol == *symbol);
        let all: Decimal = alike.map(|group| group.remaining).sum();
        match except {
            Some(share) if share.venue == *venue && share.side == side && share.symbol == *symbol => {
                all - share.remaining
            }
            _ => all,
        }
    }

    /// Whether both count the same, whenever balances were told.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let same = |ours: &Group, theirs: &Group| {
            let figures =
                |group: &Group| (group.orders, group.hold, group.remaining, group.worth, group.unconfirmed);
            figures(ours) == figures(theirs)
                && ours.confirmed == theirs.confirmed
                && ours.since.1 == ours.after(ours.since.0)
        };
        let alike = |a: &Group, b: &Group| a.side == b.side && a.exit == b.exit && a.symbol == b.symbol;
        let count = |sums: &Self| sums.0.values().map(Vec::len).sum::<usize>();
        count(self) == count(other)
            && self.0.iter().all(|(venue, groups)| {
                let theirs = other.0.get(venue).map_or(&[][..], Vec::as_slice);
                groups.iter().all(|ours| theirs.iter().any(|group| alike(ours, group) && same(ours, group)))
            })
    }

    /// All of it, as risk sees it.
    pub(crate) fn working(&self, except: Option<&Share>) -> Vec<WorkingOrders> {
        let groups = self.0.iter().flat_map(|(venue, groups)| groups.iter().map(move |group| (venue, group)));
        groups
            .filter_map(|(venue, group)| {
                let own = except.filter(|share| share.venue == *venue && group.holds(share));
                let off = |of: fn(&Share) -> Decimal| own.map_or(Decimal::ZERO, of);
                let orders = group.orders - usize::from(own.is_some());
                (orders > 0).then(|| WorkingOrders {
                    venue: venue.clone(),
                    symbol: group.symbol.clone(),
                    side: group.side,
                    exit: group.exit,
                    orders,
                    remaining: group.remaining - off(|share| share.remaining),
                    worth: group.worth - off(|share| share.worth),
                    hold: group.hold - off(|share| share.hold),
                })
            })
            .collect()
    }
}
