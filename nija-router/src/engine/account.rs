//! A user's account as risk sees it, and as the user does.

use nija_core::{AccountState, EquitySample, OrderId, Position, Symbol, Timestamp, VenueBalance};
use rust_decimal::Decimal;
use std::sync::Arc;

use crate::planted::{Bug, planted};

use super::{
    answers::{AccountSummary, MarkedPosition},
    inner::Inner,
    rates::RatesNow,
    state::UserState,
    user::User,
    view::Holdings,
};

/// What a position is to its account, in USD.
struct Counted {
    /// What it adds to the cash.
    held: Decimal,
    /// What it has won so far.
    won: Decimal,
}

/// A whole account in USD.
#[derive(Default)]
struct Worth {
    /// `None` where a position has no price, or while no venue's balances are known.
    equity: Option<Decimal>,
    /// What the positions have won so far.
    unrealised: Decimal,
    /// The same of those that were opened today.
    unrealised_today: Decimal,
    /// Positions that are not in it.
    unpriced: usize,
}

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
        let rates = self.market.rates(now);
        let worth = self.worth(user, state, &rates, now);
        let today = state.realised.today(now, &rates);
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
            quote_rate: rates.fresh(symbol.quote()),
            equity: worth.equity,
            realised_today: today.net,
            unrealised_today: worth.unrealised_today,
            unmeasured_loss: today.unmeasured,
            below_best: state.realised.below_best(now, worth.unrealised, &rates),
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

    /// Cash and positions, and what the positions have won so far. What is in a currency that has no price is in none of it.
    fn worth(&self, user: &User, state: &UserState, rates: &RatesNow<'_>, now: Timestamp) -> Worth {
        let (mut worth, mut equity, day) = (Worth::default(), Some(cash(state, rates)), now.day_start());
        for position in state.positions.values() {
            let price = self.mark(position).1;
            let counted = counted(position, price, rates);
            worth.unpriced += usize::from(price.is_none() || counted.is_none());
            let Some(counted) = counted else {
                continue;
            };
            equity = equity.filter(|_| price.is_some()).map(|equity| equity + counted.held);
            worth.unrealised += counted.won;
            if position.opened_at >= day {
                worth.unrealised_today += counted.won;
            }
        }
        let unread = state.balances_read.is_empty() && !user.conns().is_empty();
        // A sale that is in no position yet may be in the balances.
        for (symbol, proceeds) in state.held.proceeds() {
            let proceeds = rates.cash(symbol.quote()).and_then(|usd| proceeds.checked_mul(usd));
            equity = equity.map(|equity| equity - proceeds.unwrap_or_default());
        }
        worth.equity = equity.filter(|_| !unread);
        worth
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
            rate: self.market.rates(self.clock.now()).usd(position.symbol.quote()),
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
        let now = self.clock.now();
        let rates = self.market.rates(now);
        let worth = self.worth(user, &state, &rates, now);
        Some(EquitySample {
            user: user.id,
            at: now,
            equity: worth.equity,
            realised: state.realised.total(&rates),
            unrealised: worth.unrealised,
            unpriced: u32::try_from(worth.unpriced).unwrap_or(u32::MAX),
        })
    }

    /// The account as its user sees it.
    pub(super) async fn summary(self: &Arc<Self>, user: &Arc<User>) -> AccountSummary {
        let now = self.clock.now();
        let state = user.state.lock().await;
        let mut positions: Vec<_> =
            state.positions.values().map(|position| self.marked(&state, position)).collect();
        positions.sort_by_key(|marked| std::cmp::Reverse(marked.position.opened_at));
        let rates = self.market.rates(now);
        let (mut equity, mut unrealised) = (cash(&state, &rates), Decimal::ZERO);
        for marked in &positions {
            if let Some(counted) = counted(&marked.position, marked.price, &rates) {
                equity += counted.held;
                unrealised += counted.won;
            }
        }
        let holdings = Holdings::new(&state, None);
        let (long_ago, conns) = (Timestamp::from_micros(i64::MIN), user.conns());
        let mut free = Decimal::ZERO;
        for (currency, usd) in rates.cash_currencies() {
            let there: Decimal =
                conns.iter().filter_map(|conn| holdings.free(conn, currency, long_ago)).sum();
            free += there.checked_mul(usd).unwrap_or_default();
        }
        let mut balances = self.balances(user, &state, now);
        balances.sort_by(|a, b| (&a.venue, &a.asset).cmp(&(&b.venue, &b.asset)));
        AccountSummary {
            equity,
            cash: free,
            pnl_today: state.realised.today(now, &rates).net + unrealised,
            pnl_total: state.realised.total(&rates) + unrealised,
            positions,
            balances,
            paused: state.paused,
        }
    }
}

/// Cash at all venues, in USD.
fn cash(state: &UserState, rates: &RatesNow<'_>) -> Decimal {
    let worth = |balance: &VenueBalance| balance.total.checked_mul(rates.cash(&balance.asset)?);
    state.balances.values().filter_map(worth).sum()
}

/// What a position counts with; at cost without a price, and `None` where its currency has no price or it is worth more than can be counted.
///
/// What was bought is worth what it would bring, unless it is cash, which the balances have already; what was paid for it is missing from the
/// balances, unless it was not counted there. So ETH that was bought with BTC counts with what it has won, and a stablecoin only once.
fn counted(position: &Position, price: Option<nija_core::Price>, rates: &RatesNow<'_>) -> Option<Counted> {
    let symbol = &position.symbol;
    let rate = rates.usd(symbol.quote())?;
    let value = price.map_or(Some(position.cost), |price| position.quantity.checked_mul(price.get()))?;
    let won = value.checked_sub(position.cost)?;
    let goods = if rates.cash(symbol.base()).is_some() { Decimal::ZERO } else { value };
    let paid = if rates.cash(symbol.quote()).is_some() { Decimal::ZERO } else { position.cost };
    Some(Counted { held: (goods - paid).checked_mul(rate)?, won: won.checked_mul(rate)? })
}
