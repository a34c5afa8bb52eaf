//! What a user has won and lost by closing, as far as the limits look at it: today, in all, and at the best end of a day.

use nija_core::{RealisedPnl, Symbol, Timestamp};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

use super::{money::CURRENCY, rates::RatesNow};
use crate::Currencies;

/// An amount in several currencies. Stablecoins count as dollars: what was won in them is not won or lost again as their price moves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Sums {
    dollars: Decimal,
    /// By currency; measured at the price of the moment in which somebody asks.
    others: BTreeMap<String, Decimal>,
}

impl Sums {
    fn add(&mut self, currency: Option<&str>, amount: Decimal) {
        match currency {
            None => self.dollars += amount,
            Some(currency) => match self.others.get_mut(currency) {
                Some(sum) => *sum += amount,
                None => drop(self.others.insert(currency.to_owned(), amount)),
            },
        }
    }

    fn of(&self, currency: &str) -> Decimal {
        self.others.get(currency).copied().unwrap_or_default()
    }

    /// Whether it is worth no less than another, whatever the currencies are worth.
    fn is_no_less_than(&self, other: &Self) -> bool {
        let mut currencies = self.others.keys().chain(other.others.keys());
        self.dollars >= other.dollars && currencies.all(|currency| self.of(currency) >= other.of(currency))
    }

    /// In USD. A currency without a price is left out.
    fn usd(&self, rates: &RatesNow<'_>) -> Decimal {
        let others = self.others.iter().filter_map(|(currency, sum)| sum.checked_mul(rates.usd(currency)?));
        others.fold(self.dollars, Decimal::saturating_add)
    }
}

/// Realised profit after fees.
#[derive(Debug, Default)]
pub(crate) struct Realised {
    /// Currencies that count as dollars beside USD.
    par: BTreeSet<String>,
    /// The newest day on which something was won, lost or paid.
    day: Timestamp,
    /// The newest such day before it.
    day_before: Timestamp,
    total: Sums,
    /// The total at the end of `day_before`.
    before: Sums,
    /// Totals at the ends of the days before that one, and nothing, where it began: those that may be the best by some price.
    ends: Vec<Sums>,
}

/// What was realised since 00:00 UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Today {
    /// USD.
    pub(crate) net: Decimal,
    /// A currency in which something was lost and whose price is missing.
    pub(crate) unmeasured: Option<String>,
}

impl Realised {
    /// From the ledger's figures of every day, oldest first. What a venue's clock puts after today is of today.
    pub(crate) fn new(currencies: &Currencies, today: Timestamp, days: &[(Timestamp, RealisedPnl)]) -> Self {
        let mut realised = Self { par: currencies.par.clone(), ..Self::default() };
        for (day, figure) in days {
            realised.note((*day).min(today), &figure.currency, figure.realised - figure.fees);
        }
        realised
    }

    /// Counts a fill.
    pub(crate) fn add(&mut self, symbol: &Symbol, at: Timestamp, realised: Decimal, fee: Decimal) {
        self.note(at.day_start(), symbol.quote(), realised - fee);
    }

    fn note(&mut self, day: Timestamp, currency: &str, net: Decimal) {
        let other = Some(currency).filter(|currency| *currency != CURRENCY && !self.par.contains(*currency));
        if day > self.day {
            let ended = std::mem::replace(&mut self.before, self.total.clone());
            self.keep(ended);
            (self.day_before, self.day) = (self.day, day);
        } else if day < self.day {
            // The news of a fill may come after midnight.
            if day > self.day_before {
                self.keep(self.before.clone());
                self.day_before = day;
            }
            self.before.add(other, net);
        }
        self.total.add(other, net);
    }

    /// Keeps the end of a day where it may be the best. With dollars alone that is one.
    fn keep(&mut self, end: Sums) {
        if !self.ends.iter().any(|kept| kept.is_no_less_than(&end)) {
            self.ends.retain(|kept| !end.is_no_less_than(kept));
            self.ends.push(end);
        }
    }

    pub(crate) fn today(&self, now: Timestamp, rates: &RatesNow<'_>) -> Today {
        if now.day_start() > self.day {
            return Today { net: Decimal::ZERO, unmeasured: None };
        }
        let mut today = Sums { dollars: self.total.dollars - self.before.dollars, ..Sums::default() };
        for (currency, total) in &self.total.others {
            today.others.insert(currency.clone(), *total - self.before.of(currency));
        }
        // A loss in a currency that nothing is quoted in here was made by hand, elsewhere.
        let lost = |(currency, net): &(&String, &Decimal)| **net < Decimal::ZERO && rates.misses(currency);
        let unmeasured = today.others.iter().find(lost).map(|(currency, _)| currency.clone());
        Today { net: today.usd(rates), unmeasured }
    }

    /// USD that the account is below the best end of a day, with positions that have won `unrealised`; zero at its best.
    pub(crate) fn below_best(&self, now: Timestamp, unrealised: Decimal, rates: &RatesNow<'_>) -> Decimal {
        let newest = (now.day_start() > self.day).then_some(&self.total);
        let ends = self.ends.iter().chain([&self.before]).chain(newest);
        let best = ends.map(|end| end.usd(rates)).fold(Decimal::ZERO, Decimal::max);
        (best - self.total.usd(rates) - unrealised).max(Decimal::ZERO)
    }

    /// Whether a restart would read the same.
    #[cfg(test)]
    pub(crate) fn agrees(
        &self,
        days: &[(Timestamp, RealisedPnl)],
        now: Timestamp,
        rates: &RatesNow<'_>,
    ) -> bool {
        let currencies = Currencies { par: self.par.clone(), ..Currencies::default() };
        let read = Self::new(&currencies, now.day_start(), days);
        let figures =
            |it: &Self| [it.total(rates), it.today(now, rates).net, it.below_best(now, Decimal::ZERO, rates)];
        // Profits may have digits without end.
        figures(self).iter().zip(figures(&read)).all(|(a, b)| (a - b).abs() < Decimal::new(1, 12))
    }

    /// All of it, in USD.
    pub(crate) fn total(&self, rates: &RatesNow<'_>) -> Decimal {
        self.total.usd(rates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rates::Rates;
    use nija_core::{Price, Quantity, Quote};
    use proptest::prelude::*;
    use std::time::Duration;

    const NONE: Decimal = Decimal::ZERO;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn day(n: i64) -> Timestamp {
        Timestamp::from_micros(n * 86_400_000_000)
    }

    fn symbol(text: &str) -> Symbol {
        Symbol::new(text).unwrap()
    }

    /// BTC at this price in USD, or without one.
    fn rates(btc: Option<&str>) -> Rates {
        let rates = Rates::new(Currencies::default());
        rates.measure([symbol("ETH-BTC")].iter());
        if let Some(price) = btc.map(|price| Price::new(dec(price)).unwrap()) {
            let size = Quantity::ZERO;
            let quote = Quote { bid: price, bid_size: size, ask: price, ask_size: size, at: day(0) };
            rates.take_up(&[(symbol("BTC-USD"), quote)]);
        }
        rates
    }

    fn figure(on: i64, currency: &str, won: &str) -> (Timestamp, RealisedPnl) {
        (day(on), RealisedPnl { currency: currency.into(), realised: dec(won), fees: NONE })
    }

    fn lived(fills: &[(i64, &str, &str)]) -> Realised {
        let mut lived = Realised::new(&Currencies::default(), day(9), &[]);
        for (on, pair, won) in fills {
            lived.add(&symbol(pair), day(*on).plus(Duration::from_secs(5)), dec(won), NONE);
        }
        lived
    }

    #[test]
    fn the_best_is_the_best_end_of_a_day_however_the_figures_came() {
        let rates = rates(None);
        let rates = rates.at(day(4));
        let (eth, usdt) = ("ETH-USD", "ETH-USDT");
        let lived = lived(&[
            (0, eth, "100"),
            (1, usdt, "50"),
            (2, eth, "-30"),
            (2, eth, "200"),
            (2, usdt, "-190"),
            (4, eth, "-40"),
        ]);
        let days = [
            figure(0, "USD", "100"),
            figure(1, "USDT", "50"),
            figure(2, "USD", "170"),
            figure(2, "USDT", "-190"),
            figure(4, "USD", "-40"),
        ];
        let read = Realised::new(&Currencies::default(), day(9), &days);
        assert_eq!((lived.ends.len(), &lived.ends), (1, &read.ends));
        for realised in [lived, read] {
            assert_eq!((realised.today(day(4), &rates).net, realised.total(&rates)), (dec("-40"), dec("90")));
            assert_eq!(realised.below_best(day(4), NONE, &rates), dec("60"));
            assert_eq!(realised.below_best(day(4), dec("-5"), &rates), dec("65"));
            assert_eq!(realised.below_best(day(4), dec("70"), &rates), NONE);
        }
    }

    #[test]
    fn which_day_was_the_best_depends_on_what_the_currencies_are_worth() {
        let fills = [
            (0, "ETH-USD", "100"),
            (1, "ETH-USD", "-90"),
            (1, "ETH-BTC", "1"),
            (2, "ETH-BTC", "-0.5"),
            (3, "ETH-USD", "1"),
        ];
        let days = [
            figure(0, "USD", "100"),
            figure(1, "BTC", "1"),
            figure(1, "USD", "-90"),
            figure(2, "BTC", "-0.5"),
            figure(3, "USD", "1"),
        ];
        for realised in [lived(&fills), Realised::new(&Currencies::default(), day(9), &days)] {
            for (btc, total, below) in
                [(Some("40"), "31", "69"), (Some("1000"), "511", "499"), (None, "11", "89")]
            {
                let rates = rates(btc);
                let rates = rates.at(day(3));
                assert_eq!(realised.total(&rates), dec(total), "BTC at {btc:?}");
                assert_eq!(realised.below_best(day(3), NONE, &rates), dec(below), "BTC at {btc:?}");
            }
        }
    }

    #[test]
    fn a_loss_without_a_price_is_told_and_a_profit_without_one_is_not_counted() {
        let (with, without) = (rates(Some("100")), rates(None));
        let today = |won, rates: &Rates| lived(&[(0, "ETH-BTC", won)]).today(day(0), &rates.at(day(0)));
        assert_eq!(today("-2", &with), Today { net: dec("-200"), unmeasured: None });
        assert_eq!(today("-2", &without), Today { net: NONE, unmeasured: Some("BTC".into()) });
        assert_eq!(today("2", &without), Today { net: NONE, unmeasured: None });
        let by_hand = lived(&[(0, "ETH-TRY", "-2")]);
        assert_eq!(by_hand.today(day(0), &with.at(day(0))), Today { net: NONE, unmeasured: None });
    }

    #[test]
    fn a_fill_of_yesterday_that_is_told_today_is_yesterdays() {
        let rates = rates(None);
        let rates = rates.at(day(2));
        let late =
            lived(&[(0, "ETH-USD", "10"), (2, "ETH-USD", "-5"), (1, "ETH-USD", "20"), (1, "ETH-USD", "1")]);
        let days = [figure(0, "USD", "10"), figure(1, "USD", "21"), figure(2, "USD", "-5")];
        for realised in [late, Realised::new(&Currencies::default(), day(9), &days)] {
            assert_eq!((realised.today(day(2), &rates).net, realised.total(&rates)), (dec("-5"), dec("26")));
            assert_eq!(realised.below_best(day(2), NONE, &rates), dec("5"));
        }
    }

    #[test]
    fn a_day_that_has_not_come_yet_is_today() {
        let rates = rates(None);
        let days = [figure(0, "USD", "-1"), figure(2, "USD", "-10"), figure(400, "USD", "-5")];
        let read = Realised::new(&Currencies::default(), day(2), &days);
        assert_eq!(read.today(day(2), &rates.at(day(2))).net, dec("-15"));
    }

    proptest! {
        /// Against the plain way: all ends of days, measured one by one.
        #[test]
        fn the_best_is_found_whatever_the_currencies_are_worth(
            fills in prop::collection::vec((0i64..3, 0usize..4, -100i64..100), 1..60),
            btc in 1u32..500,
            late in any::<bool>(),
        ) {
            let pairs = ["ETH-USD", "ETH-USDC", "ETH-BTC", "ETH-BTC"];
            let price = btc.to_string();
            let rates = rates(Some(&price));
            let worth = |pair: &str, won: i64| if pair == "ETH-BTC" { won * i64::from(btc) } else { won };
            let (mut lived, mut today, mut ends) = (lived(&[]), 1, BTreeMap::<i64, i64>::new());
            for (step, pair, won) in fills {
                today += step;
                // Some are told a day late.
                let on = if late && won % 5 == 0 && ends.contains_key(&(today - 1)) { today - 1 } else { today };
                let at = day(on).plus(Duration::from_secs(5));
                lived.add(&symbol(pairs[pair]), at, Decimal::from(won), NONE);
                *ends.entry(on).or_default() += worth(pairs[pair], won);
            }
            let now = rates.at(day(today));
            let (mut total, mut best) = (0, 0);
            for (on, won) in &ends {
                total += won;
                if *on < today {
                    best = best.max(total);
                }
            }
            prop_assert_eq!(lived.total(&now), Decimal::from(total));
            prop_assert_eq!(lived.below_best(day(today), NONE, &now), Decimal::from((best - total).max(0)));
            prop_assert_eq!(lived.today(day(today), &now).net, Decimal::from(ends.get(&today).copied().unwrap_or(0)));
        }
    }

    #[test]
    fn a_new_day_starts_from_nothing() {
        let rates = rates(None);
        let mut realised = Realised::default();
        let (eth, second) = (symbol("ETH-USD"), Duration::from_secs(1));
        let today = |realised: &Realised, now| realised.today(now, &rates.at(now)).net;
        realised.add(&eth, day(0).plus(second), dec("-3"), dec("1"));
        assert_eq!(today(&realised, day(0).plus(second)), dec("-4"));
        assert_eq!(today(&realised, day(1)), NONE);
        realised.add(&eth, day(1).plus(second), dec("2"), NONE);
        assert_eq!(today(&realised, day(1).plus(second)), dec("2"));
        assert_eq!(realised.total(&rates.at(day(1))), dec("-2"));
    }
}
