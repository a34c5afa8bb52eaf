//! Money: what fills do to balances and to the day's profit, and what fees are worth.

use nija_core::{MarketSnapshot, RealisedPnl, Side, Symbol, Timestamp, VenueBalance, VenueFill};
use rust_decimal::Decimal;

use super::balances::Balances;
use crate::planted::{Bug, planted};

/// The currency that accounts are measured in.
pub const CURRENCY: &str = "USD";

/// Realised profit after fees, in USD.
#[derive(Debug, Default)]
pub(crate) struct Realised {
    day: Timestamp,
    today: Decimal,
    total: Decimal,
    /// The most that the total was at the end of a day before `day`; not less than zero, where it began.
    best: Decimal,
}

impl Realised {
    /// From the ledger's figures of every day, oldest first.
    pub(crate) fn new(day: Timestamp, days: &[(Timestamp, RealisedPnl)]) -> Self {
        let mut realised = Self { day, ..Self::default() };
        for (of, figure) in days.iter().filter(|(_, figure)| figure.currency == CURRENCY) {
            let net = figure.realised - figure.fees;
            realised.total += net;
            if *of >= day {
                realised.today += net;
            } else {
                realised.best = realised.best.max(realised.total);
            }
        }
        realised
    }

    /// Counts a fill.
    pub(crate) fn add(&mut self, symbol: &Symbol, at: Timestamp, realised: Decimal, fee: Decimal) {
        if symbol.quote() != CURRENCY {
            return;
        }
        if at.day_start() > self.day {
            self.best = self.best.max(self.total);
            (self.day, self.today) = (at.day_start(), Decimal::ZERO);
        }
        if at >= self.day {
            self.today += realised - fee;
        }
        self.total += realised - fee;
    }

    pub(crate) fn today(&self, now: Timestamp) -> Decimal {
        if now.day_start() > self.day { Decimal::ZERO } else { self.today }
    }

    /// How far the account is below the best end of a day, with positions that have won `unrealised`; zero at its best.
    pub(crate) fn below_best(&self, now: Timestamp, unrealised: Decimal) -> Decimal {
        let best = if now.day_start() > self.day { self.best.max(self.total) } else { self.best };
        (best - self.total - unrealised).max(Decimal::ZERO)
    }

    pub(crate) const fn total(&self) -> Decimal {
        self.total
    }
}

/// Carries a fill that is taken up now into the balances that were said before it, so that they are right until the venue says them anew.
pub(crate) fn move_balances(balances: &mut Balances, fill: &VenueFill, now: Timestamp) {
    let worth = fill.quantity.get() * fill.price.get();
    let (base, quote) = match fill.side {
        Side::Buy => (fill.quantity.get(), -worth),
        Side::Sell => (-fill.quantity.get(), worth),
    };
    let changes =
        [(fill.symbol.base(), base), (fill.symbol.quote(), quote), (fill.fee_asset.as_str(), -fill.fee)];
    for (asset, change) in changes {
        match balances.doubt(&fill.venue, asset, now) {
            Some(balance) if balance.at < fill.at => {
                balance.total += change;
                balance.available += change;
            }
            Some(_) => {}
            None => {
                // Older than anything the venue will say.
                let at = Timestamp::from_micros(0);
                let (venue, asset) = (fill.venue.clone(), asset.to_owned());
                balances.guess(VenueBalance { venue, asset, total: change, available: change, at }, now);
            }
        }
    }
}

/// What a fill's fee is worth in its quote currency.
pub(crate) fn fee_in_quote(fill: &VenueFill, market: &MarketSnapshot) -> Decimal {
    if fill.fee.is_zero() || fill.fee_asset == fill.symbol.quote() {
        return fill.fee;
    }
    if fill.fee_asset == fill.symbol.base() {
        return fill.fee * fill.price.get();
    }
    if planted(Bug::ForgetsOtherFees) {
        return Decimal::ZERO;
    }
    let rate = Symbol::new(&format!("{}-{}", fill.fee_asset, fill.symbol.quote())).ok().and_then(|symbol| {
        let here = market.markets.get(&(fill.venue.clone(), symbol.clone()));
        let anywhere =
            market.markets.iter().filter(|((_, listed), _)| *listed == symbol).map(|(_, view)| view);
        here.into_iter().chain(anywhere).find_map(|view| view.quote)
    });
    match rate {
        Some(quote) => fill.fee * quote.mid(),
        None => {
            tracing::warn!(
                venue = %fill.venue,
                execution = %fill.execution_id,
                asset = fill.fee_asset,
                "no price for a fee's asset; the fee counts as nothing"
            );
            Decimal::ZERO
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{ExecutionId, Liquidity, MarketView, Price, Quantity, Quote, VenueId, VenueOrderId};

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn fill(fee_asset: &str, at: i64) -> VenueFill {
        VenueFill {
            venue: VenueId::new("kraken").unwrap(),
            execution_id: ExecutionId::new("e1").unwrap(),
            venue_order_id: VenueOrderId::new("o1").unwrap(),
            client_id: None,
            symbol: Symbol::new("ETH-USD").unwrap(),
            side: Side::Buy,
            quantity: Quantity::new(dec("2")).unwrap(),
            price: Price::new(dec("1000")).unwrap(),
            fee_asset: fee_asset.to_owned(),
            fee: dec("0.01"),
            liquidity: Liquidity::Taker,
            at: Timestamp::from_micros(at),
        }
    }

    #[test]
    fn a_fee_is_worth_what_its_asset_is() {
        let mut market = MarketSnapshot::default();
        let price = |text| Price::new(dec(text)).unwrap();
        let quote = Quote {
            bid: price("299"),
            bid_size: Quantity::ZERO,
            ask: price("301"),
            ask_size: Quantity::ZERO,
            at: Timestamp::from_micros(0),
        };
        let key = (VenueId::new("binance").unwrap(), Symbol::new("BNB-USD").unwrap());
        let view = MarketView { quote: Some(quote), ..MarketView::default() };
        market.markets.insert(key, view);
        assert_eq!(fee_in_quote(&fill("USD", 0), &market), dec("0.01"));
        assert_eq!(fee_in_quote(&fill("ETH", 0), &market), dec("10"));
        assert_eq!(fee_in_quote(&fill("BNB", 0), &market), dec("3"));
        assert_eq!(fee_in_quote(&fill("XYZ", 0), &market), Decimal::ZERO);
    }

    #[test]
    fn a_fill_moves_only_balances_that_were_said_before_it() {
        let venue = VenueId::new("kraken").unwrap();
        let usd = |at| VenueBalance {
            venue: venue.clone(),
            asset: "USD".into(),
            total: dec("5000"),
            available: dec("5000"),
            at: Timestamp::from_micros(at),
        };
        let mut balances = Balances::default();
        let at = Timestamp::from_micros;
        balances.insert(usd(10), at(10));
        move_balances(&mut balances, &fill("USD", 5), at(12));
        assert_eq!(balances.get(&venue, "USD").unwrap().total, dec("5000"));
        move_balances(&mut balances, &fill("USD", 15), at(16));
        assert_eq!(balances.get(&venue, "USD").unwrap().available, dec("2999.99"));
        let eth = balances.get(&venue, "ETH").unwrap();
        assert_eq!(eth.total, dec("4"));
    }

    #[test]
    fn an_answer_to_what_was_asked_before_a_fill_leaves_the_balance_in_doubt() {
        let venue = VenueId::new("kraken").unwrap();
        let at = Timestamp::from_micros;
        let told = |asset: &str| VenueBalance {
            venue: venue.clone(),
            asset: asset.into(),
            total: dec("5000"),
            available: dec("5000"),
            at: at(20),
        };
        let mut balances = Balances::default();
        move_balances(&mut balances, &fill("USD", 15), at(16));
        for asset in ["USD", "ETH"] {
            balances.insert(told(asset), at(14));
        }
        assert!(balances.doubtful_at(&venue));
        for asset in ["USD", "ETH"] {
            balances.insert(told(asset), at(17));
        }
        assert!(!balances.doubtful_at(&venue));
    }

    #[test]
    fn the_best_is_the_best_end_of_a_day_however_the_figures_came() {
        let day = |n: i64| Timestamp::from_micros(n * 86_400_000_000);
        let (symbol, none) = (Symbol::new("ETH-USD").unwrap(), Decimal::ZERO);
        let mut lived = Realised::default();
        for (on, won) in [(0, "100"), (1, "50"), (2, "-30"), (2, "200"), (2, "-190"), (4, "-40")] {
            lived.add(&symbol, day(on).plus(std::time::Duration::from_secs(5)), dec(won), none);
        }
        let figure =
            |on, won| (day(on), RealisedPnl { currency: "USD".into(), realised: dec(won), fees: none });
        let read =
            Realised::new(day(4), &[figure(0, "100"), figure(1, "50"), figure(2, "-20"), figure(4, "-40")]);
        for realised in [lived, read] {
            assert_eq!((realised.today(day(4)), realised.total()), (dec("-40"), dec("90")));
            assert_eq!(realised.below_best(day(4), none), dec("60"));
            assert_eq!(realised.below_best(day(4), dec("-5")), dec("65"));
            assert_eq!(realised.below_best(day(4), dec("70")), none);
        }
    }

    #[test]
    fn a_new_day_starts_from_nothing() {
        let day = 86_400_000_000;
        let mut realised = Realised::default();
        let symbol = Symbol::new("ETH-USD").unwrap();
        realised.add(&symbol, Timestamp::from_micros(5), dec("-3"), dec("1"));
        assert_eq!(realised.today(Timestamp::from_micros(6)), dec("-4"));
        assert_eq!(realised.today(Timestamp::from_micros(day)), Decimal::ZERO);
        realised.add(&symbol, Timestamp::from_micros(day + 1), dec("2"), Decimal::ZERO);
        assert_eq!(
            (realised.today(Timestamp::from_micros(day + 2)), realised.total()),
            (dec("2"), dec("-2"))
        );
    }
}
