//! Binance's symbols, as its list of them says.

use nija_core::{Instrument, Notional, PriceReach, Quantity, RestingOrders, Symbol, VenueId};
use rust_decimal::Decimal;
use std::{collections::HashMap, sync::Arc};

use super::{
    filters::Filters,
    wire::{Filter, SymbolInfo},
};
use crate::decode::Num;
use crate::listings::SymbolList;

/// Where a filter does not say otherwise: the smallest step that Binance's eight digits can express.
const SMALLEST: Decimal = Decimal::from_parts(1, 0, 0, false, 8);

/// A listed symbol.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) instrument: Instrument,
    pub(super) filters: Filters,
}

impl Listed {
    /// Binance's name: `BTCUSDT`.
    pub(super) fn name(&self) -> &str {
        &self.instrument.venue_symbol
    }
}

/// All symbols.
#[derive(Debug, Default)]
pub(super) struct SymbolMap {
    by_symbol: HashMap<Symbol, Arc<Listed>>,
    by_name: HashMap<String, Arc<Listed>>,
}

impl SymbolMap {
    /// From `exchangeInfo`. Symbols whose assets do not fit a canonical name (small letters, other scripts) are left out.
    pub(super) fn new(venue: &VenueId, symbols: &[SymbolInfo]) -> Self {
        let mut map = Self::default();
        for info in symbols {
            let Some(listed) = listed(venue, info) else {
                continue;
            };
            let listed = Arc::new(listed);
            let symbol = listed.instrument.symbol.clone();
            if map.by_symbol.contains_key(&symbol) {
                continue;
            }
            map.by_name.insert(info.symbol.clone(), listed.clone());
            map.by_symbol.insert(symbol, listed);
        }
        map
    }

    /// By Binance's name, in capitals.
    pub(super) fn by_name(&self, name: &str) -> Option<&Arc<Listed>> {
        self.by_name.get(name)
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

fn listed(venue: &VenueId, info: &SymbolInfo) -> Option<Listed> {
    // The name goes into requests and stream names.
    if !info.symbol.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
        return None;
    }
    let filter = |name: &str| info.filters.iter().find(|filter| filter.filter_type == name);
    let above_zero = |number: Option<Num>| number.and_then(|number| crate::decode::step(number.0));
    let (price, lot) = (filter("PRICE_FILTER"), filter("LOT_SIZE"));
    let step = |filter: Option<&Filter>, pick: fn(&Filter) -> Option<Num>| above_zero(filter.and_then(pick));
    let notional = ["NOTIONAL", "MIN_NOTIONAL"].into_iter().filter_map(filter);
    let min_notional = notional.filter_map(|filter| above_zero(filter.min_notional)).max();
    let instrument = Instrument {
        venue: venue.clone(),
        symbol: Symbol::new(&format!("{}-{}", info.base_asset, info.quote_asset)).ok()?,
        venue_symbol: info.symbol.clone(),
        lot_size: step(lot, |filter| filter.step_size).unwrap_or(SMALLEST),
        tick_size: step(price, |filter| filter.tick_size).unwrap_or(SMALLEST),
        min_quantity: Quantity::new(step(lot, |filter| filter.min_qty).unwrap_or_default()).ok()?,
        // Some symbols allow more than any amount that we count with.
        max_quantity: step(lot, |filter| filter.max_qty).and_then(|max| Quantity::new(max).ok()),
        min_notional: Notional::new(min_notional.unwrap_or_default()).ok()?,
        reach: PriceReach::UNBOUNDED,
        tradable: info.status == "TRADING" && info.is_spot_trading_allowed.unwrap_or(true),
        resting: resting(info),
    };
    Some(Listed { instrument, filters: Filters::new(&info.filters) })
}

/// A bracket is a list of a LIMIT_MAKER and a STOP_LOSS_LIMIT.
fn resting(info: &SymbolInfo) -> RestingOrders {
    let has = |kind: &str| info.order_types.iter().any(|one| one == kind);
    let stop_limit = has("STOP_LOSS_LIMIT");
    // A list that says nothing of kinds, as none recorded does, leaves what every symbol has.
    let limit = info.order_types.is_empty() || has("LIMIT");
    RestingOrders { limit, stop_limit, bracket: info.oco_allowed && stop_limit && has("LIMIT_MAKER") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> SymbolMap {
        let symbols = r#"[
            {"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","isSpotTradingAllowed":true,"ocoAllowed":true,
             "orderTypes":["LIMIT","LIMIT_MAKER","MARKET","STOP_LOSS","STOP_LOSS_LIMIT"],"filters":[
                {"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":"0.01000000"},
                {"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000","stepSize":"0.00001000"},
                {"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,"maxNotional":"9000000.00000000"}]},
            {"symbol":"SHIBUSD","status":"BREAK","baseAsset":"SHIB","quoteAsset":"USD","ocoAllowed":false,
             "orderTypes":["LIMIT","LIMIT_MAKER","MARKET","STOP_LOSS_LIMIT"],"filters":[
                {"filterType":"LOT_SIZE","minQty":"1.00","maxQty":"922337203685477.00","stepSize":"1.00"},
                {"filterType":"MIN_NOTIONAL","minNotional":"1"}]},
            {"symbol":"ETHBTC","status":"TRADING","baseAsset":"ETH","quoteAsset":"BTC","filters":[]},
            {"symbol":"币安人生USDT","status":"TRADING","baseAsset":"币安人生","quoteAsset":"USDT","filters":[]}
        ]"#;
        let symbols: Vec<SymbolInfo> = serde_json::from_str(symbols).unwrap();
        SymbolMap::new(&VenueId::new("binance").unwrap(), &symbols)
    }

    #[test]
    fn rules_come_from_the_filters_with_the_smallest_steps_where_there_are_none() {
        let map = map();
        let bitcoin = &map.by_name("BTCUSDT").unwrap().instrument;
        assert_eq!(bitcoin.symbol.as_str(), "BTC-USDT");
        assert_eq!(
            (bitcoin.tick_size, bitcoin.lot_size),
            ("0.01".parse().unwrap(), "0.00001".parse().unwrap())
        );
        assert_eq!(bitcoin.min_notional.to_string(), "5");
        assert!(bitcoin.tradable);
        let ether = &map.by_name("ETHBTC").unwrap().instrument;
        assert_eq!((ether.tick_size, ether.lot_size), (SMALLEST, SMALLEST));
        assert!(ether.min_quantity.is_zero() && ether.max_quantity.is_none());
    }

    #[test]
    fn limits_beyond_every_amount_are_none_and_what_is_halted_cannot_be_traded() {
        let map = map();
        let shib = &map.by_name("SHIBUSD").unwrap().instrument;
        assert!(shib.max_quantity.is_none() && !shib.tradable);
        assert_eq!(shib.min_notional.to_string(), "1");
    }

    #[test]
    fn the_list_says_which_orders_rest() {
        let of = |name: &str| map().by_name(name).unwrap().instrument.resting;
        assert_eq!(of("BTCUSDT"), RestingOrders::ALL);
        assert_eq!(of("SHIBUSD"), RestingOrders { limit: true, stop_limit: true, bracket: false });
        assert_eq!(of("ETHBTC"), RestingOrders { limit: true, stop_limit: false, bracket: false });
    }

    #[test]
    fn names_that_no_symbol_can_have_are_left_out() {
        assert_eq!(map().instruments().len(), 3);
    }
}
