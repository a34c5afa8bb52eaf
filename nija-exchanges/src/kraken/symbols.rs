//! Kraken's names and ours. Everything follows from the venue's own list of pairs.

use nija_core::{Instrument, Notional, PriceReach, Quantity, Symbol, VenueId};
use rust_decimal::Decimal;
use std::{collections::HashMap, sync::Arc};

use super::wire::AssetPair;
use crate::listings::SymbolList;

/// A pair under all its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) instrument: Instrument,
    /// WebSocket v2: `BTC/USD`.
    pub(super) stream_name: String,
    pub(super) price_decimals: u32,
    pub(super) lot_decimals: u32,
}

/// All pairs.
#[derive(Debug, Default)]
pub(super) struct SymbolMap {
    by_symbol: HashMap<Symbol, Arc<Listed>>,
    by_name: HashMap<String, Arc<Listed>>,
    /// `XXBT` to `BTC`, ...
    assets: HashMap<String, String>,
}

impl SymbolMap {
    /// From `AssetPairs`. Pairs whose names do not fit a symbol (tokenised shares in small letters, dark pools) are left out.
    pub(super) fn new(venue: &VenueId, pairs: &HashMap<String, AssetPair>) -> Self {
        let mut map = Self::default();
        let mut names: Vec<_> = pairs.keys().collect();
        names.sort_unstable();
        for name in names {
            let pair = &pairs[name];
            let Some(listed) = listed(venue, name, pair) else {
                continue;
            };
            let listed = Arc::new(listed);
            let symbol = &listed.instrument.symbol;
            if map.by_symbol.contains_key(symbol) {
                continue;
            }
            map.assets.insert(pair.base.clone(), symbol.base().to_owned());
            map.assets.insert(pair.quote.clone(), symbol.quote().to_owned());
            map.by_symbol.insert(symbol.clone(), listed.clone());
            let wsname = pair.wsname.clone().unwrap_or_default();
            for known in [name.clone(), pair.altname.clone(), wsname, listed.stream_name.clone()] {
                map.by_name.insert(known, listed.clone());
            }
        }
        map
    }

    /// By the pair's id, its short name, or either stream name.
    pub(super) fn by_name(&self, name: &str) -> Option<&Arc<Listed>> {
        self.by_name.get(name)
    }

    /// Our name of an asset. `ETH2.S`, `XBT.F` and their like stay assets of their own: they cannot be sold as they are.
    pub(super) fn asset(&self, name: &str) -> String {
        if let Some(known) = self.assets.get(name) {
            return known.clone();
        }
        match name.split_once('.') {
            Some((base, suffix)) => format!("{}.{suffix}", self.asset(base)),
            None => canonical(without_class(name)).to_owned(),
        }
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

fn listed(venue: &VenueId, name: &str, pair: &AssetPair) -> Option<Listed> {
    let (base, quote) = pair.wsname.as_deref()?.split_once('/')?;
    let (base, quote) = (canonical(base), canonical(quote));
    let decimals = |places: u32| (places <= 28).then(|| Decimal::new(1, places));
    let (tick, lot) = (decimals(pair.pair_decimals)?, decimals(pair.lot_decimals)?);
    let amount = |number: Option<crate::decode::Num>| number.map_or(Decimal::ZERO, |number| number.0);
    let instrument = Instrument {
        venue: venue.clone(),
        symbol: Symbol::new(&format!("{base}-{quote}")).ok()?,
        venue_symbol: name.to_owned(),
        lot_size: lot,
        tick_size: pair.tick_size.and_then(|tick| crate::decode::step(tick.0)).unwrap_or(tick),
        min_quantity: Quantity::new(amount(pair.ordermin)).ok()?,
        max_quantity: None,
        min_notional: Notional::new(amount(pair.costmin)).ok()?,
        // `cancel_only`, `post_only`, `limit_only` and `reduce_only` each forbid something that we send.
        reach: PriceReach::UNBOUNDED,
        tradable: pair.status.as_deref().is_none_or(|status| status == "online"),
        resting: super::contract::RESTING,
    };
    Some(Listed {
        instrument,
        stream_name: format!("{base}/{quote}"),
        price_decimals: pair.pair_decimals,
        lot_decimals: pair.lot_decimals,
    })
}

/// Kraken's two own tickers under the names that everybody else uses (WebSocket v2 uses them as well).
pub(super) fn canonical(altname: &str) -> &str {
    match altname {
        "XBT" => "BTC",
        "XDG" => "DOGE",
        other => other,
    }
}

/// Old assets carry a class in front, X for coins and Z for money. This is for assets that no listed pair explains.
pub(super) fn without_class(name: &str) -> &str {
    match name {
        "XXBT" | "XXDG" | "XETH" | "XETC" | "XLTC" | "XMLN" | "XREP" | "XXLM" | "XXMR" | "XXRP" | "XZEC"
        | "ZAUD" | "ZCAD" | "ZCHF" | "ZEUR" | "ZGBP" | "ZJPY" | "ZUSD" => &name[1..],
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> SymbolMap {
        let pairs = r#"{
            "XXBTZUSD": {"altname":"XBTUSD","wsname":"XBT/USD","base":"XXBT","quote":"ZUSD","pair_decimals":1,
                         "lot_decimals":8,"ordermin":"0.0001","costmin":"0.5","tick_size":"0.1","status":"online"},
            "XDGUSD":   {"altname":"XDGUSD","wsname":"XDG/USD","base":"XXDG","quote":"ZUSD","pair_decimals":7,
                         "lot_decimals":8,"ordermin":"50","costmin":"0.5","tick_size":"0.0000001","status":"post_only"},
            "ZETAUSD":  {"altname":"ZETAUSD","wsname":"ZETA/USD","base":"ZETA","quote":"ZUSD","pair_decimals":3,"lot_decimals":5},
            "XBTUSD.d": {"altname":"XBTUSD.d","base":"XXBT","quote":"ZUSD","pair_decimals":1,"lot_decimals":8},
            "AAPLxUSD": {"altname":"AAPLxUSD","wsname":"AAPLx/USD","base":"AAPLx","quote":"ZUSD","pair_decimals":2,"lot_decimals":8}
        }"#;
        let pairs: HashMap<String, AssetPair> = serde_json::from_str(pairs).unwrap();
        SymbolMap::new(&VenueId::new("kraken").unwrap(), &pairs)
    }

    #[test]
    fn every_name_of_a_pair_leads_to_its_canonical_symbol() {
        let map = map();
        for name in ["XXBTZUSD", "XBTUSD", "XBT/USD", "BTC/USD"] {
            assert_eq!(map.by_name(name).unwrap().instrument.symbol.as_str(), "BTC-USD", "{name}");
        }
        assert_eq!(map.by_name("XDG/USD").unwrap().instrument.symbol.as_str(), "DOGE-USD");
        assert!(map.by_name("XBTUSD.d").is_none() && map.by_name("AAPLxUSD").is_none());
        assert_eq!(map.instruments().len(), 3);
    }

    #[test]
    fn assets_lose_their_class_and_only_that() {
        let map = map();
        for (name, ours) in [
            ("XXBT", "BTC"),
            ("ZUSD", "USD"),
            ("XXDG", "DOGE"),
            ("ZETA", "ZETA"),
            ("XETH", "ETH"),
            ("XTZ", "XTZ"),
            ("XBT.F", "BTC.F"),
            ("ETH2.S", "ETH2.S"),
            ("USD.M", "USD.M"),
        ] {
            assert_eq!(map.asset(name), ours);
        }
    }

    #[test]
    fn rules_come_from_the_list_with_defaults_for_what_it_lacks() {
        let map = map();
        let bitcoin = &map.by_name("XXBTZUSD").unwrap().instrument;
        assert_eq!(bitcoin.tick_size.to_string(), "0.1");
        assert_eq!(bitcoin.min_quantity.to_string(), "0.0001");
        assert!(bitcoin.tradable);
        assert!(!map.by_name("XDGUSD").unwrap().instrument.tradable);
        let zeta = &map.by_name("ZETAUSD").unwrap().instrument;
        assert_eq!(zeta.tick_size.to_string(), "0.001");
        assert!(zeta.min_quantity.is_zero() && zeta.tradable);
    }
}
