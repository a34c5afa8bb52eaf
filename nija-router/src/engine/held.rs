//! News of orders that may be ours: held until their placements are answered. Whose an execution is is in doubt until then; that it happened
//! is not, so that it counts against what exits may close and what entries may open as if an order of its size could still trade.

use nija_core::{ExecutionId, Position, Side, Symbol, Timestamp, VenueFill, VenueId, WorkingOrders};
use rust_decimal::Decimal;
use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use super::news::News;
use crate::planted::{Bug, planted};

/// News held for orders without a name; beyond this the reconciliation brings it again.
const HELD: usize = 10_000;

/// What an answer that is on its way tells is told within this; a doubt that lasts longer is one that the venue must be asked about.
pub(crate) const BRIEF: Duration = Duration::from_secs(3);

type Name = (VenueId, ExecutionId);

/// What is held of one user.
#[derive(Debug, Default)]
pub(crate) struct Held {
    news: Vec<News>,
    /// Executions among it: each is there once, however often it is told.
    fills: HashSet<Name>,
    /// Since when each has been in doubt.
    since: BTreeMap<Name, Timestamp>,
}

fn name(fill: &VenueFill) -> Name {
    (fill.venue.clone(), fill.execution_id.clone())
}

impl Held {
    pub(crate) fn is_empty(&self) -> bool {
        self.news.is_empty()
    }

    /// Whether anything of a venue is held.
    pub(crate) fn is_of(&self, venue: &VenueId) -> bool {
        self.news.iter().any(|news| news.venue() == venue)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &News> {
        self.news.iter()
    }

    /// Takes all of it, to look at it again.
    pub(crate) fn take(&mut self) -> Vec<News> {
        self.fills.clear();
        std::mem::take(&mut self.news)
    }

    /// Puts back what was taken and could not be put on record, before what has been held since.
    pub(crate) fn put_back(&mut self, before: Vec<News>, now: Timestamp) {
        let mut since = self.take();
        since.retain(|news| !before.contains(news));
        before.into_iter().chain(since).for_each(|news| self.hold(news, now));
    }

    /// Keeps a piece of news.
    pub(crate) fn hold(&mut self, news: News, now: Timestamp) {
        if self.news.len() >= HELD {
            // Nobody trades so much by hand within the seconds of a doubt.
            tracing::error!(
                ?news,
                "too much is in doubt: this is left out until the reconciliation brings it again"
            );
            return;
        }
        if let News::Fill(fill) = &news {
            if !self.fills.insert(name(fill)) {
                return;
            }
            self.since.entry(name(fill)).or_insert(now);
        }
        self.news.push(news);
    }

    /// What was looked at again and is not held any more was told apart, or is on record by other ways.
    pub(crate) fn looked_at(&mut self) {
        self.since.retain(|name, _| self.fills.contains(name));
    }

    fn fills(&self) -> impl Iterator<Item = &VenueFill> {
        self.news.iter().filter_map(|news| match news {
            News::Fill(fill) if !planted(Bug::ForgetsWhatIsHeld) => Some(fill),
            _ => None,
        })
    }

    /// Base units of a symbol that were traded on a side at a venue, by nobody knows whom.
    pub(crate) fn traded(&self, venue: &VenueId, symbol: &Symbol, side: Side) -> Decimal {
        let alike = |fill: &&VenueFill| fill.venue == *venue && fill.symbol == *symbol && fill.side == side;
        self.fills().filter(alike).map(|fill| fill.quantity.get()).sum()
    }

    /// Since when the oldest of these has been in doubt.
    pub(crate) fn since(&self, venue: Option<&VenueId>, symbol: &Symbol, side: Side) -> Option<Timestamp> {
        let alike = |fill: &&VenueFill| {
            venue.is_none_or(|venue| fill.venue == *venue) && fill.symbol == *symbol && fill.side == side
        };
        self.fills().filter(alike).filter_map(|fill| self.since.get(&name(fill)).copied()).min()
    }

    /// As risk sees it: what reduces a position like exits that may still fill, what goes beyond it like entries.
    pub(crate) fn working(&self, positions: &BTreeMap<(VenueId, Symbol), Position>) -> Vec<WorkingOrders> {
        let mut sums: BTreeMap<(&VenueId, &Symbol, bool), (Decimal, Decimal)> = BTreeMap::new();
        for fill in self.fills() {
            let key = (&fill.venue, &fill.symbol, fill.side == Side::Buy);
            let (quantity, worth) = sums.entry(key).or_default();
            *quantity += fill.quantity.get();
            *worth += fill.quantity.get() * fill.price.get();
        }
        let mut working = Vec::with_capacity(sums.len());
        for ((venue, symbol, buys), (quantity, worth)) in sums {
            let side = if buys { Side::Buy } else { Side::Sell };
            let open = positions.get(&(venue.clone(), symbol.clone())).filter(|open| open.side() != side);
            let reduces = open.map_or(Decimal::ZERO, |open| open.quantity.abs().min(quantity));
            for (exit, remaining) in [(true, reduces), (false, quantity - reduces)] {
                if let Some(share) = remaining.checked_div(quantity).filter(|share| !share.is_zero()) {
                    working.push(WorkingOrders {
                        venue: venue.clone(),
                        symbol: symbol.clone(),
                        side,
                        exit,
                        orders: 0,
                        remaining,
                        worth: worth * share,
                        // The venue's balances have it already, or will have it before it is known whose it is.
                        hold: Decimal::ZERO,
                    });
                }
            }
        }
        working
    }

    /// What was got for everything sold, by its quote currency: balances may have it already, and positions still what was sold.
    pub(crate) fn proceeds(&self) -> impl Iterator<Item = (&Symbol, Decimal)> {
        let sold = self.fills().filter(|fill| fill.side == Side::Sell);
        sold.map(|fill| (&fill.symbol, fill.quantity.get() * fill.price.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{dec, symbol, user};
    use nija_core::{Fill, Liquidity, Price, Quantity, VenueOrderId};

    fn fill(id: &str, side: Side, quantity: &str) -> VenueFill {
        VenueFill {
            venue: VenueId::new("a").unwrap(),
            execution_id: ExecutionId::new(id).unwrap(),
            venue_order_id: VenueOrderId::new("o1").unwrap(),
            client_id: None,
            symbol: symbol("ETH-USD"),
            side,
            quantity: Quantity::new(dec(quantity)).unwrap(),
            price: Price::new(dec("1000")).unwrap(),
            fee_asset: "USD".to_owned(),
            fee: Decimal::ZERO,
            liquidity: Liquidity::Taker,
            at: Timestamp::from_micros(0),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn an_execution_is_held_once_since_it_was_first_told() {
        let (mut held, sold) = (Held::default(), fill("e1", Side::Sell, "2"));
        let (venue, eth) = (sold.venue.clone(), symbol("ETH-USD"));
        for second in 1..4 {
            for news in held.take() {
                held.hold(news, at(second));
            }
            held.hold(News::Fill(sold.clone()), at(second));
        }
        assert_eq!(held.traded(&venue, &eth, Side::Sell), dec("2"));
        assert_eq!(held.traded(&venue, &eth, Side::Buy), Decimal::ZERO);
        assert_eq!(held.since(None, &eth, Side::Sell), Some(at(1)));
        assert_eq!(held.since(Some(&VenueId::new("b").unwrap()), &eth, Side::Sell), None);
        assert_eq!(held.take().len(), 1);
        held.looked_at();
        assert!(held.is_empty() && held.since.is_empty());
    }

    #[test]
    fn what_reduces_a_position_counts_as_an_exit_and_what_goes_beyond_it_as_an_entry() {
        let bought = Fill {
            user: user(1),
            order: None,
            fee_in_quote: Decimal::ZERO,
            execution: fill("e0", Side::Buy, "3"),
        };
        let open = Position::fold(None, &bought).open.unwrap();
        let positions = BTreeMap::from([((open.venue.clone(), open.symbol.clone()), open)]);
        let mut held = Held::default();
        held.hold(News::Fill(fill("e1", Side::Sell, "4")), at(0));
        held.hold(News::Fill(fill("e2", Side::Buy, "1")), at(0));
        let told = |positions: &BTreeMap<_, _>| -> Vec<_> {
            let all = held.working(positions).into_iter();
            all.map(|it| (it.side, it.exit, it.remaining, it.worth, it.orders)).collect()
        };
        let (three, one) = ((dec("3"), dec("3000"), 0), (dec("1"), dec("1000"), 0));
        assert_eq!(
            told(&positions),
            [
                (Side::Sell, true, three.0, three.1, 0),
                (Side::Sell, false, one.0, one.1, 0),
                (Side::Buy, false, one.0, one.1, 0),
            ]
        );
        assert_eq!(told(&BTreeMap::new()).iter().filter(|it| it.1).count(), 0);
    }
}
