//! What the router may look at: every venue as this user meets it.

use nija_core::{
    Ineligible, OrderId, Quantity, Quote, Side, Timestamp, TradeSignal, VenueHealth, VenueId, VenueView,
    Volatility, WorkingOrders,
};
use rust_decimal::Decimal;

use crate::{
    lane::Sending,
    planted::{Bug, planted},
};

use super::{bound::Share, conn::Conn, inner::Inner, state::UserState, user::User, venue::Venue};

/// Where a user's money is bound, and what is free.
pub(crate) struct Holdings<'a> {
    pub(crate) state: &'a UserState,
    /// An order that is being routed anew does not stand in its own way.
    except: Option<&'a Share>,
}

impl<'a> Holdings<'a> {
    pub(crate) fn new(state: &'a UserState, except: Option<OrderId>) -> Self {
        debug_assert!(
            planted(Bug::KeepsReservations) || state.sums_hold(),
            "the sums are not what the live orders add up to"
        );
        Self { state, except: except.and_then(|order| state.share(order)) }
    }

    pub(crate) fn working(&self) -> Vec<WorkingOrders> {
        let mut working = self.state.sums.working(self.except);
        working.extend(self.state.held.working(&self.state.positions));
        working
    }

    /// What is free of an asset at a venue: the venue's own figure less what it cannot know of yet, and never more than all
    /// less every reservation. `None` when the balance is not known or too old.
    pub(crate) fn free(&self, conn: &Conn, asset: &str, fresh_since: Timestamp) -> Option<Decimal> {
        let venue = &conn.venue.id;
        let Some(balance) = self.state.balances.get(venue, asset) else {
            // Read whole and not named: there is none.
            return self.state.balances_read.contains(venue).then_some(Decimal::ZERO);
        };
        if !conn.is_up() && balance.at < fresh_since {
            return None;
        }
        let bound = self.state.sums.bound(venue, asset, balance.at, self.except);
        let free = (balance.available - bound.unseen).min(balance.total - bound.all);
        Some(free.max(Decimal::ZERO))
    }

    /// Base units of a position that an exit of this side would close and no live order closes already, nor perhaps one by hand; zero where
    /// there is none.
    fn closable(&self, venue: &VenueId, signal: &TradeSignal) -> Decimal {
        let held = self.state.positions.get(&(venue.clone(), signal.symbol.clone()));
        let held = held.map_or(Decimal::ZERO, |open| match signal.side {
            Side::Sell => open.quantity,
            Side::Buy => -open.quantity,
        });
        if planted(Bug::IgnoresLiveExits) {
            return held;
        }
        held - self.state.closing(venue, &signal.symbol, signal.side, self.except)
    }

    /// What of that can be sold. Fees that the venue takes in base leave the balance a little below the sum of the fills; an exit sells what is
    /// there then.
    fn sellable(free: Decimal, balance: Option<Decimal>) -> Decimal {
        let dust = Decimal::new(98, 2);
        // A balance far below the position is more likely late than right: the venue has the last word on it.
        match balance {
            Some(balance) if balance < free && balance >= free * dust => balance,
            _ => free,
        }
    }
}

impl Inner {
    /// Every venue but the one to avoid, and how much the symbol's price moves: the middle of what its venues show, so that neither a venue that
    /// stands still nor one that flickers decides.
    pub(super) fn views(
        &self,
        user: &User,
        holdings: &Holdings<'_>,
        signal: &TradeSignal,
        avoid: Option<&VenueId>,
        now: Timestamp,
    ) -> (Vec<VenueView>, Option<Volatility>) {
        let market = self.market.snapshot();
        let conns = user.conns();
        let allowed = self.config.limits.tier(self.tier(user.id)).venues;
        let fresh_since = now.minus(self.config.limits.max_balance_age);
        let exit = signal.signal_type.is_exit();
        let mut keyed = 0;
        let mut within = Vec::with_capacity(conns.len());
        for conn in conns.iter() {
            let needs_key = conn.venue.executor.contract().needs_credential;
            keyed += usize::from(needs_key);
            within.push(!needs_key || allowed.is_none_or(|allowed| keyed <= allowed));
        }
        let mut moves = Vec::with_capacity(self.venues.len());
        let views = self
            .venues
            .iter()
            .filter(|venue| avoid != Some(&venue.id))
            .map(|venue| {
                let place = conns.iter().position(|conn| conn.venue.id == venue.id);
                let conn = place.and_then(|place| conns.get(place));
                let key = (venue.id.clone(), signal.symbol.clone());
                let seen = market.markets.get(&key);
                let quote = seen.and_then(|view| view.quote);
                moves.extend(seen.and_then(|view| view.volatility));
                let base = conn.and_then(|conn| holdings.free(conn, signal.symbol.base(), fresh_since));
                let closable = exit.then(|| holdings.closable(&venue.id, signal));
                let health = venue.lane.health_for(user.id);
                let learnt = self.feedback.learnt(&key, health.latency, now);
                VenueView {
                    venue: venue.id.clone(),
                    instrument: self.market.instrument(&key),
                    listed: venue.listed.is_set(),
                    quote: quote.or_else(|| if exit { last_resort(holdings.state, &key) } else { None }),
                    book: seen.and_then(|view| view.book.clone()),
                    fees: conn.map_or_else(|| venue.executor.default_fees(), |conn| conn.fee(&signal.symbol)),
                    // What orders on this pair really took says more than what all calls do.
                    health: VenueHealth { latency: learnt.latency, ..health },
                    connected: conn.is_some(),
                    within_tier: place.and_then(|place| within.get(place)).copied().unwrap_or(true),
                    available_base: match closable {
                        Some(free) if signal.side == Side::Sell => Some(Holdings::sellable(free, base)),
                        _ => base,
                    },
                    closable: closable
                        .filter(|_| signal.side == Side::Sell || !planted(Bug::ClosesElsewhere)),
                    available_quote: conn
                        .and_then(|conn| holdings.free(conn, signal.symbol.quote(), fresh_since)),
                    pair_record: learnt.record,
                    pair_slippage: learnt.slippage,
                    barred: self
                        .kills
                        .bar(&venue.id)
                        .or_else(|| self.limits_us(venue, user))
                        .or_else(|| conn.and_then(|conn| self.unguardable(conn, signal))),
                }
            })
            .collect();
        moves.sort_unstable();
        (views, moves.get(moves.len() / 2).copied())
    }
}

impl Inner {
    /// What the venue imposed on this user, or on all, for longer than an entry would wait in its lane.
    fn limits_us(&self, venue: &Venue, user: &User) -> Option<Ineligible> {
        let held = venue.lane.held(user.id, Sending::Entry)?;
        (held >= self.config.send_window).then_some(Ineligible::RateLimited)
    }
}

/// An exit does not wait for a price: without any, the position's own entry price stands in as its reference.
fn last_resort(state: &UserState, key: &super::market::Key) -> Option<Quote> {
    let entry = nija_core::Price::new(state.positions.get(key)?.entry_price()).ok()?;
    Some(Quote {
        bid: entry,
        bid_size: Quantity::ZERO,
        ask: entry,
        ask_size: Quantity::ZERO,
        at: Timestamp::from_micros(0),
    })
}
