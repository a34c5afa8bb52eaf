//! A user's account as risk sees it, and as the user does.

use nija_core::{AccountState, EquitySample, OrderId, Position, Symbol, Timestamp, VenueBalance};
use rust_decimal::Decimal;
use std::sync::Arc;

use crate::planted::{Bug, planted};

use super::{
    answers::{AccountSummary, MarkedPosition},
    inner::Inner,
    money::CURRENCY,
    state::UserState,
    user::User,
    view::Holdings,
};

impl Inner {
    /// Everything that risk may look at, taken at one moment under the user's lock.
    pub(super) fn account_state(
        &self,
        user: &User,
        state: &UserState,
        symbol: &Symbol,
        except: Option<OrderId>,
        now: Timestamp,
    ) -> AccountState {
        let mut working = Holdings::new(state, except).working();
        if planted(Bug::ForgetsLiveOrders) {
            working.clear();
        }
        let market = self.market.snapshot();
        let (equity, unrealised) = self.worth(user, state);
        let quotes = self.venues.iter().filter_map(|venue| {
            let key = (venue.id.clone(), symbol.clone());
            let quote = market.markets.get(&key)?.quote?;
            Some((key.0, quote))
        });
        AccountState {
            user: user.id,
            tier: self.tier(user.id),
            now,
            paused: state.paused.is_some(),
            halted: self.kills.stops_user(user.id),
            positions: state.positions.values().cloned().collect(),
            dust: self.dust(state),
            balances: self.balances(user, state, now),
            working_orders: working.iter().map(|alike| alike.orders).sum(),
            working,
            equity,
            realised_today: state.realised.today(now),
            below_best: state.realised.below_best(now, unrealised),
            // An order that is routed anew passed this check when it was new.
            last_entry_at: if except.is_some() { None } else { state.last_entry_at },
            recent_entries: if except.is_some() { Vec::new() } else { state.entries.newest(now) },
            limits: state.limits.at(now).clone(),
            quotes: quotes.collect(),
            venues: user.conns().iter().map(|conn| conn.venue.id.clone()).collect(),
        }
    }

    /// Balances with their age. While an account's stream is up it would have told of a change, so they are as of now.
    fn balances(&self, user: &User, state: &UserState, now: Timestamp) -> Vec<VenueBalance> {
        state
            .balances
            .values()
            .map(|balance| {
                let up = user.conn(&balance.venue).is_some_and(|conn| conn.is_up())
                    && state.balances_read.contains(&balance.venue);
                VenueBalance { at: if up { now } else { balance.at }, ..balance.clone() }
            })
            .collect()
    }

    /// Cash and positions in USD, and what the positions have won so far. No equity when a position has no price, or while no venue's
    /// balances are known. What is quoted in another currency counts as little as the cash of that currency.
    fn worth(&self, user: &User, state: &UserState) -> (Option<Decimal>, Decimal) {
        let (mut worth, mut unrealised) = (Some(Decimal::ZERO), Decimal::ZERO);
        for position in state.positions.values().filter(|position| counts(position)) {
            let (_, price) = self.mark(position);
            worth = worth.zip(price).map(|(worth, price)| worth + position.quantity * price.get());
            unrealised += price.map_or(Decimal::ZERO, |price| position.unrealised_pnl(price));
        }
        let unread = state.balances_read.is_empty() && !user.conns().is_empty();
        (worth.filter(|_| !unread).map(|worth| cash(state) + worth), unrealised)
    }

    /// The venue's newest quote, and the price at which a position could be closed.
    fn mark(&self, position: &Position) -> (Option<nija_core::Quote>, Option<nija_core::Price>) {
        let market = self.market.snapshot();
        let key = (position.venue.clone(), position.symbol.clone());
        let quote = market.markets.get(&key).and_then(|view| view.quote);
        (quote, quote.map(|quote| quote.taker_price(position.side().opposite())))
    }

    /// A position at today's price.
    pub(super) fn marked(&self, state: &UserState, position: &Position) -> MarkedPosition {
        let (quote, price) = self.mark(position);
        MarkedPosition {
            unrealised: price.map(|price| position.unrealised_pnl(price)),
            position: position.clone(),
            dust: position.closed_at.is_none() && self.is_dust(state, position),
            quote,
            price,
        }
    }

    /// The account as its curve has it, where it has a venue or holds something.
    pub(super) async fn sample(&self, user: &User) -> Option<EquitySample> {
        let state = user.state.lock().await;
        if user.conns().is_empty() && state.positions.is_empty() {
            return None;
        }
        let (equity, unrealised) = self.worth(user, &state);
        let unpriced =
            state.positions.values().filter(|open| counts(open) && self.mark(open).1.is_none()).count();
        Some(EquitySample {
            user: user.id,
            at: self.clock.now(),
            equity,
            realised: state.realised.total(),
            unrealised,
            unpriced: u32::try_from(unpriced).unwrap_or(u32::MAX),
        })
    }

    /// The account as its user sees it.
    pub(super) async fn summary(self: &Arc<Self>, user: &Arc<User>) -> AccountSummary {
        let now = self.clock.now();
        let state = user.state.lock().await;
        let mut positions: Vec<_> =
            state.positions.values().map(|position| self.marked(&state, position)).collect();
        positions.sort_by_key(|marked| std::cmp::Reverse(marked.position.opened_at));
        let counted = || positions.iter().filter(|marked| counts(&marked.position));
        let unrealised: Decimal = counted().filter_map(|marked| marked.unrealised).sum();
        let worth: Decimal =
            counted().map(|marked| marked.position.cost + marked.unrealised.unwrap_or_default()).sum();
        let holdings = Holdings::new(&state, None);
        let free = user
            .conns()
            .iter()
            .filter_map(|conn| holdings.free(conn, CURRENCY, Timestamp::from_micros(i64::MIN)))
            .sum();
        let mut balances = self.balances(user, &state, now);
        balances.sort_by(|a, b| (&a.venue, &a.asset).cmp(&(&b.venue, &b.asset)));
        AccountSummary {
            equity: cash(&state) + worth,
            cash: free,
            pnl_today: state.realised.today(now) + unrealised,
            pnl_total: state.realised.total() + unrealised,
            positions,
            balances,
            paused: state.paused,
        }
    }
}

/// USD at all venues.
fn cash(state: &UserState) -> Decimal {
    state.balances.values().filter(|balance| balance.asset == CURRENCY).map(|balance| balance.total).sum()
}

/// Whether a position is measured in the currency of the account.
fn counts(position: &Position) -> bool {
    position.symbol.quote() == CURRENCY
}
