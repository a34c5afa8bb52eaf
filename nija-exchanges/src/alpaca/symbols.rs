//! Alpaca's names and ours, and the rules of each asset. Everything follows from the venue's own list of assets.
//!
//! Crypto pairs are `BTC/USD` (positions and old answers write `BTCUSD`), stocks `AAPL`; ours are `BTC-USD` and `AAPL-USD`. Some
//! stocks bear the ticker of a coin (`BTC` is a trust's share): the coin keeps the name, the stock is left out.

use nija_core::{Instrument, Notional, PriceReach, Quantity, RestingOrders, Symbol, VenueId};
use rust_decimal::Decimal;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::wire::Asset;
use crate::decode::Num;
use crate::listings::SymbolList;

/// Fractions of a share have up to nine places ("Fractional Trading").
const SHARE_PLACES: u32 = 9;
/// Prices of stocks are in cents. Below one dollar four places would do as well ("Placing Orders": sub-penny increments), but the
/// list does not say what a share costs, and cents are taken everywhere.
const STOCK_TICK: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// Smallest order in dollars: one for fractions of a share ("Fractional Trading"); ten for crypto, by the words of the venue's own
/// refusal ("minimal amount of order 10"; unverified in the documents).
const MIN_FRACTION: Decimal = Decimal::ONE;
const MIN_CRYPTO: Decimal = Decimal::TEN;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Crypto,
    Stock,
}

impl Class {
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "crypto" => Some(Self::Crypto),
            "us_equity" => Some(Self::Stock),
            // Options and what may come are not ours.
            _ => None,
        }
    }
}

/// An asset that can be traded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) instrument: Instrument,
    pub(super) class: Class,
    /// As orders and prices name it.
    pub(super) name: String,
}

/// All assets.
#[derive(Debug, Default)]
pub(super) struct SymbolMap {
    by_symbol: HashMap<Symbol, Arc<Listed>>,
    by_name: HashMap<(Class, String), Arc<Listed>>,
}

impl SymbolMap {
    /// From `/v2/assets`. Names that do not fit a symbol, options, and stocks that bear a coin's name are left out.
    pub(super) fn new(venue: &VenueId, assets: &[Asset]) -> Self {
        let mut map = Self::default();
        let mut coins: HashSet<String> = HashSet::new();
        for class in [Class::Crypto, Class::Stock] {
            for asset in assets.iter().filter(|asset| Class::of(&asset.class) == Some(class)) {
                let Some(listed) = listed(venue, class, asset) else { continue };
                let symbol = listed.instrument.symbol.clone();
                match class {
                    Class::Crypto => {
                        coins.insert(symbol.base().to_owned());
                    }
                    Class::Stock if coins.contains(symbol.base()) => {
                        tracing::debug!(stock = asset.symbol, "left out: a coin has this name");
                        continue;
                    }
                    Class::Stock => {}
                }
                let listed = Arc::new(listed);
                map.by_name.insert((class, asset.symbol.replace('/', "")), listed.clone());
                map.by_name.insert((class, asset.symbol.clone()), listed.clone());
                map.by_symbol.insert(symbol, listed);
            }
        }
        map
    }

    /// An asset of a class that is told, with or without the slash.
    pub(super) fn of_class(&self, class: &str, name: &str) -> Option<&Arc<Listed>> {
        self.by_name.get(&(Class::of(class)?, name.to_owned()))
    }

    /// An asset by its name alone. A slash is in crypto's names only, and without it a stock is the likelier.
    pub(super) fn by_name(&self, name: &str) -> Option<&Arc<Listed>> {
        let stock = || self.by_name.get(&(Class::Stock, name.to_owned()));
        let crypto = || self.by_name.get(&(Class::Crypto, name.to_owned()));
        if name.contains('/') { crypto() } else { stock().or_else(crypto) }
    }
}

impl SymbolList for SymbolMap {
    type Listed = Listed;

    fn by_symbol(&self) -> &HashMap<Symbol, Arc<Listed>> {
        &self.by_symbol
    }

    fn instrument(listed: &Listed) -> &Instrument {
        &listed.instrument
    }
}

fn listed(venue: &VenueId, class: Class, asset: &Asset) -> Option<Listed> {
    let (base, quote) = match class {
        Class::Crypto => asset.symbol.split_once('/')?,
        Class::Stock => (asset.symbol.as_str(), "USD"),
    };
    let symbol = Symbol::new(&format!("{base}-{quote}")).ok()?;
    let number = |value: Option<Num>| value.and_then(|value| crate::decode::step(value.0));
    let dollars = matches!(quote, "USD" | "USDT" | "USDC");
    let (lot, tick, min_quantity, min_notional) = match class {
        Class::Crypto => {
            // "Crypto Spot Trading": sizes and increments have up to nine places; each asset says its own.
            let lot = number(asset.min_trade_increment).unwrap_or_else(|| Decimal::new(1, 9));
            let tick = number(asset.price_increment).unwrap_or_else(|| Decimal::new(1, 9));
            let least = if dollars { MIN_CRYPTO } else { Decimal::ZERO };
            (lot, tick, number(asset.min_order_size).unwrap_or(lot), least)
        }
        Class::Stock if asset.fractionable => {
            let lot = Decimal::new(1, SHARE_PLACES);
            (lot, STOCK_TICK, lot, MIN_FRACTION)
        }
        Class::Stock => (Decimal::ONE, STOCK_TICK, Decimal::ONE, Decimal::ZERO),
    };
    let instrument = Instrument {
        venue: venue.clone(),
        symbol,
        venue_symbol: asset.symbol.clone(),
        lot_size: lot,
        tick_size: tick,
        min_quantity: Quantity::new(min_quantity).ok()?,
        max_quantity: None,
        min_notional: Notional::new(min_notional).ok()?,
        reach: PriceReach::UNBOUNDED,
        tradable: asset.tradable && asset.status.as_deref().is_none_or(|status| status == "active"),
        // "Crypto Orders": market, limit and stop-limit. Advanced classes are for stocks.
        resting: RestingOrders { limit: true, stop_limit: true, bracket: class == Class::Stock },
    };
    Some(Listed { instrument, class, name: asset.symbol.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> SymbolMap {
        let assets = r#"[
            {"class":"us_equity","symbol":"BTC","status":"active","tradable":true,"fractionable":true},
            {"class":"us_equity","symbol":"AAPL","status":"active","tradable":true,"fractionable":true},
            {"class":"us_equity","symbol":"BRK.B","status":"active","tradable":true,"fractionable":false},
            {"class":"us_equity","symbol":"GONE","status":"inactive","tradable":true},
            {"class":"us_option","symbol":"AAPL240621C00050000","status":"active","tradable":true},
            {"class":"crypto","symbol":"BTC/USD","status":"active","tradable":true,"fractionable":true,
             "min_order_size":"0.0001","min_trade_increment":"0.0001","price_increment":"1"},
            {"class":"crypto","symbol":"ETH/BTC","status":"active","tradable":true},
            {"class":"crypto","symbol":"nonsense","status":"active","tradable":true}
        ]"#;
        let assets: Vec<Asset> = serde_json::from_str(assets).unwrap();
        SymbolMap::new(&VenueId::new("alpaca").unwrap(), &assets)
    }

    fn symbol(text: &str) -> Symbol {
        Symbol::new(text).unwrap()
    }

    #[test]
    fn every_name_of_an_asset_leads_to_its_canonical_symbol() {
        let map = map();
        for (name, ours) in
            [("BTC/USD", "BTC-USD"), ("BTCUSD", "BTC-USD"), ("AAPL", "AAPL-USD"), ("BRK.B", "BRK.B-USD")]
        {
            assert_eq!(map.by_name(name).unwrap().instrument.symbol.as_str(), ours);
        }
        let listed: Vec<_> = map.instruments().iter().map(|one| one.symbol.to_string()).collect();
        assert_eq!(listed, ["AAPL-USD", "BRK.B-USD", "BTC-USD", "ETH-BTC", "GONE-USD"]);
        assert!(!map.get(&symbol("GONE-USD")).unwrap().instrument.tradable);
    }

    #[test]
    fn a_stock_that_bears_a_coins_name_is_not_the_coin() {
        let map = map();
        assert_eq!(map.get(&symbol("BTC-USD")).unwrap().class, Class::Crypto);
        assert!(map.of_class("us_equity", "BTC").is_none());
        assert!(map.of_class("crypto", "BTCUSD").is_some());
    }

    #[test]
    fn rules_come_from_the_list_with_the_documented_ones_for_stocks() {
        let map = map();
        let coin = &map.get(&symbol("BTC-USD")).unwrap().instrument;
        assert_eq!((coin.lot_size.to_string(), coin.tick_size.to_string()), ("0.0001".into(), "1".into()));
        assert_eq!(
            (coin.min_quantity.to_string(), coin.min_notional.to_string()),
            ("0.0001".into(), "10".into())
        );
        let cross = &map.get(&symbol("ETH-BTC")).unwrap().instrument;
        assert!(cross.min_notional.get().is_zero() && cross.lot_size == Decimal::new(1, 9));
        let share = map.get(&symbol("AAPL-USD")).unwrap();
        assert_eq!(share.instrument.lot_size, Decimal::new(1, 9));
        assert_eq!(share.instrument.tick_size, Decimal::new(1, 2));
        assert_eq!(map.get(&symbol("BRK.B-USD")).unwrap().instrument.lot_size, Decimal::ONE);
    }
}
