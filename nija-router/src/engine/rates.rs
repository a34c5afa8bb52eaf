//! What other currencies are worth in USD, kept up to date as prices come in, so that an order looks rates up and searches no market.

use arc_swap::ArcSwap;
use nija_core::{Quote, Symbol, Timestamp};
use rust_decimal::Decimal;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, OnceLock},
};

use super::money::CURRENCY;
use crate::{
    Currencies,
    planted::{Bug, planted},
};

/// USD for one unit of a currency, and when a venue said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) usd: Decimal,
    at: Timestamp,
}

/// What a market tells: that a unit of one currency is worth so much of another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    of: String,
    /// USD, or a stablecoin.
    by: String,
    /// Whether `of` is what the market is quoted in.
    inverse: bool,
}

/// The newest prices of one currency.
#[derive(Debug, Clone, Default)]
struct Prices {
    direct: Option<Rate>,
    /// By the stablecoin that they are in.
    through: BTreeMap<String, Rate>,
}

/// The prices that measure other currencies.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    currencies: Currencies,
    pairs: OnceLock<HashMap<Symbol, Pair>>,
    /// What is quoted in here.
    quotes: OnceLock<HashSet<String>>,
    known: ArcSwap<HashMap<String, Prices>>,
}

impl Rates {
    pub(crate) fn new(currencies: Currencies) -> Self {
        Self { currencies, ..Self::default() }
    }

    /// What is traded here, once: the markets that measure its quote currencies, the stablecoins and what fees are taken in are looked at from now
    /// on.
    pub(crate) fn measure<'a>(&self, traded: impl Iterator<Item = &'a Symbol>) {
        let par = &self.currencies.par;
        let others = par.iter().chain(&self.currencies.fees).map(String::as_str);
        let quotes: HashSet<&str> = traded.map(|symbol| symbol.quote()).collect();
        let of: HashSet<&str> = quotes.iter().copied().chain(others).collect();
        let mut pairs = HashMap::new();
        for of in of.iter().copied().filter(|of| *of != CURRENCY) {
            let through = par.iter().map(String::as_str).filter(|_| !par.contains(of));
            for by in through.chain([CURRENCY]) {
                for (text, inverse) in [(format!("{of}-{by}"), false), (format!("{by}-{of}"), true)] {
                    if let Ok(symbol) = Symbol::new(&text) {
                        pairs.insert(symbol, Pair { of: of.to_owned(), by: by.to_owned(), inverse });
                    }
                }
            }
        }
        let quotes = quotes.into_iter().map(str::to_owned).collect();
        if self.pairs.set(pairs).is_err() || self.quotes.set(quotes).is_err() {
            tracing::error!("what is traded here was told twice");
        }
    }

    fn pair(&self, symbol: &Symbol) -> Option<&Pair> {
        self.pairs.get()?.get(symbol)
    }

    /// Of what a venue lists, the markets that measure a currency: those in USD, and those in a stablecoin where it has none in USD.
    pub(crate) fn wanted(&self, listed: &[&Symbol]) -> HashSet<Symbol> {
        let pairs = || listed.iter().filter_map(|symbol| Some((*symbol, self.pair(symbol)?)));
        let direct: HashSet<_> =
            pairs().filter(|(_, pair)| pair.by == CURRENCY).map(|(_, pair)| &pair.of).collect();
        let needed = pairs().filter(|(_, pair)| pair.by == CURRENCY || !direct.contains(&pair.of));
        needed.map(|(symbol, _)| symbol.clone()).collect()
    }

    /// Whether an order may have to wait for this market: a stablecoin counts without one, and no order is quoted in what only fees are taken in.
    pub(crate) fn is_awaited(&self, symbol: &Symbol) -> bool {
        let quoted = |of: &String| self.quotes.get().is_some_and(|quotes| quotes.contains(of));
        self.pair(symbol).is_some_and(|pair| !self.currencies.par.contains(&pair.of) && quoted(&pair.of))
    }

    /// Whether a market measures a currency.
    pub(crate) fn takes(&self, symbol: &Symbol) -> bool {
        self.pair(symbol).is_some()
    }

    /// Takes up prices; one writer at a time.
    pub(crate) fn take_up(&self, quotes: &[(Symbol, Quote)]) {
        if quotes.is_empty() {
            return;
        }
        let mut known = HashMap::clone(&self.known.load());
        for (symbol, quote) in quotes {
            let Some(pair) = self.pair(symbol) else {
                continue;
            };
            let mid = quote.mid();
            let usd = if pair.inverse { Decimal::ONE.checked_div(mid) } else { Some(mid) };
            let Some(rate) = usd.map(|usd| Rate { usd, at: quote.at }) else {
                continue;
            };
            let prices = known.entry(pair.of.clone()).or_default();
            if pair.by == CURRENCY {
                prices.direct = Some(rate);
            } else {
                prices.through.insert(pair.by.clone(), rate);
            }
        }
        self.known.store(Arc::new(known));
    }

    /// The rates of a moment.
    pub(crate) fn at(&self, now: Timestamp) -> RatesNow<'_> {
        let (quotes, known) = (self.quotes.get(), self.known.load_full());
        RatesNow { currencies: &self.currencies, quotes, known, now }
    }
}

/// The rates of a moment.
pub(crate) struct RatesNow<'a> {
    currencies: &'a Currencies,
    quotes: Option<&'a HashSet<String>>,
    known: Arc<HashMap<String, Prices>>,
    now: Timestamp,
}

impl RatesNow<'_> {
    fn is_fresh(&self, at: Timestamp) -> bool {
        self.now.since(at) <= self.currencies.max_rate_age
    }

    /// The newest rate of a currency, however old, as positions are marked by the last price: a venue's outage hides nobody's equity. A
    /// stablecoin is worth a dollar while no fresh price says otherwise.
    fn rate(&self, currency: &str) -> Option<Rate> {
        let one = Rate { usd: Decimal::ONE, at: self.now };
        if currency == CURRENCY {
            return Some(one);
        }
        if planted(Bug::KnowsDollarsAlone) {
            return None;
        }
        let prices = self.known.get(currency);
        let fresh = prices.and_then(|prices| prices.direct).filter(|rate| self.is_fresh(rate.at));
        if self.currencies.par.contains(currency) {
            return Some(fresh.unwrap_or(one));
        }
        let prices = prices?;
        let through = prices.through.iter().filter_map(|(by, rate)| {
            let usd = rate.usd.checked_mul(self.rate(by)?.usd)?;
            Some(Rate { usd, ..*rate })
        });
        fresh.or_else(|| through.chain(prices.direct).max_by_key(|rate| rate.at))
    }

    /// USD for one unit, by the newest price.
    pub(crate) fn usd(&self, currency: &str) -> Option<Decimal> {
        self.rate(currency).map(|rate| rate.usd)
    }

    /// USD for one unit, by a price that is fresh: what an entry is measured by.
    pub(crate) fn fresh(&self, currency: &str) -> Option<Decimal> {
        self.rate(currency).filter(|rate| self.is_fresh(rate.at)).map(|rate| rate.usd)
    }

    /// Whether a price is missing that should be there: of a currency that something is quoted in here.
    pub(crate) fn misses(&self, currency: &str) -> bool {
        self.quotes.is_some_and(|quotes| quotes.contains(currency)) && self.usd(currency).is_none()
    }

    /// USD for one unit of a currency whose balances are cash; `None` for all others.
    pub(crate) fn cash(&self, currency: &str) -> Option<Decimal> {
        let counts = currency == CURRENCY
            || self.currencies.par.contains(currency)
            || self.currencies.floating.contains(currency);
        if counts { self.usd(currency) } else { None }
    }

    /// Currencies whose balances are cash.
    pub(crate) fn cash_currencies(&self) -> impl Iterator<Item = (&str, Decimal)> {
        let others = self.currencies.par.iter().chain(&self.currencies.floating).map(String::as_str);
        let others = others.filter(|currency| *currency != CURRENCY);
        let all = [CURRENCY].into_iter().chain(others);
        all.filter_map(|currency| Some((currency, self.usd(currency)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{Price, Quantity};
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_micros(1_760_000_000_000_000);

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn symbol(text: &str) -> Symbol {
        Symbol::new(text).unwrap()
    }

    fn at(price: &str, at: Timestamp) -> Quote {
        let price = Price::new(dec(price)).unwrap();
        Quote { bid: price, bid_size: Quantity::ZERO, ask: price, ask_size: Quantity::ZERO, at }
    }

    fn rates(quotes: &[(&str, &str, u64)]) -> Rates {
        let rates = Rates::new(Currencies::default());
        let traded = ["ETH-BTC", "BTC-EUR", "BTC-USD"].map(symbol);
        rates.measure(traded.iter());
        for (pair, price, ago) in quotes {
            rates.take_up(&[(symbol(pair), at(price, NOW.minus(Duration::from_secs(*ago))))]);
        }
        rates
    }

    #[test]
    fn a_currency_is_worth_what_the_freshest_way_to_usd_says() {
        type Quotes = &'static [(&'static str, &'static str, u64)];
        let cases: [(Quotes, &str, Option<&str>, Option<&str>); 11] = [
            (&[], "USD", Some("1"), Some("1")),
            (&[], "USDT", Some("1"), Some("1")),
            (&[], "BTC", None, None),
            (&[("USDT-USD", "0.9", 1)], "USDT", Some("0.9"), Some("0.9")),
            (&[("USDT-USD", "0.9", 301)], "USDT", Some("1"), Some("1")),
            (&[("BTC-USD", "60000", 1), ("BTC-USDT", "1", 0)], "BTC", Some("60000"), Some("60000")),
            (&[("BTC-USD", "60000", 301)], "BTC", Some("60000"), None),
            (&[("BTC-USD", "60000", 301), ("BTC-USDT", "61000", 1)], "BTC", Some("61000"), Some("61000")),
            (&[("BTC-USDT", "60000", 1), ("USDT-USD", "0.9", 1)], "BTC", Some("54000"), Some("54000")),
            (&[("USD-EUR", "0.8", 1)], "EUR", Some("1.25"), Some("1.25")),
            (&[("USDC-EUR", "0.8", 1)], "EUR", Some("1.25"), Some("1.25")),
        ];
        for (quotes, currency, newest, fresh) in cases {
            let rates = rates(quotes);
            let now = rates.at(NOW);
            let told = (now.usd(currency), now.fresh(currency));
            assert_eq!(told, (newest.map(dec), fresh.map(dec)), "{currency} by {quotes:?}");
        }
    }

    #[test]
    fn cash_is_dollars_stablecoins_and_named_currencies_that_have_a_price() {
        let rates = rates(&[("BTC-USD", "60000", 1), ("EUR-USD", "1.2", 1)]);
        let now = rates.at(NOW);
        let cash = ["USD", "USDC", "EUR", "GBP", "BTC"].map(|currency| now.cash(currency));
        assert_eq!(cash, [Some(dec("1")), Some(dec("1")), Some(dec("1.2")), None, None]);
        let all: Vec<_> = now.cash_currencies().map(|(currency, _)| currency).collect();
        assert_eq!(all, ["USD", "USDC", "USDT", "EUR"]);
    }

    #[test]
    fn a_venue_is_asked_for_no_more_than_it_takes() {
        let rates = rates(&[]);
        let wanted = |listed: &[&str]| {
            let listed: Vec<_> = listed.iter().map(|text| symbol(text)).collect();
            let mut all: Vec<_> =
                rates.wanted(&listed.iter().collect::<Vec<_>>()).into_iter().map(String::from).collect();
            all.sort();
            all
        };
        assert_eq!(wanted(&["BTC-USD", "BTC-USDT", "SOL-USD", "ETH-BTC"]), ["BTC-USD"]);
        assert_eq!(
            wanted(&["BTC-USDT", "ETH-BTC", "USDT-USD", "USD-EUR"]),
            ["BTC-USDT", "USD-EUR", "USDT-USD"]
        );
        assert!(rates.is_awaited(&symbol("BTC-USDT")) && !rates.is_awaited(&symbol("USDT-USD")));
    }
}
