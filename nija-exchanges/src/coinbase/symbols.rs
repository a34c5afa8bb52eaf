//! Coinbase's products. Its names are ours (`BTC-USD`); what has to be known is which products share a book.

use nija_core::{Instrument, Notional, Quantity, Symbol, VenueId};
use rust_decimal::Decimal;
use std::{collections::HashMap, sync::Arc};

use super::wire::Product;
use crate::listings::SymbolList;

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) instrument: Instrument,
    /// The product that streams speak of: of two that share a book (`BTC-USDC`, `BTC-USD`) they name one
    /// (WebSocket channels: USDC products are streamed under their USD name).
    pub(super) stream_name: String,
}

/// All products.
#[derive(Debug, Default)]
pub(super) struct SymbolMap(HashMap<Symbol, Arc<Listed>>);

impl SymbolMap {
    /// From the list of products. Futures, and names that do not fit a symbol, are left out.
    pub(super) fn new(venue: &VenueId, products: &[Product]) -> Self {
        let listed = products.iter().filter_map(|product| {
            let listed = listed(venue, product)?;
            Some((listed.instrument.symbol.clone(), Arc::new(listed)))
        });
        Self(listed.collect())
    }

    /// By Coinbase's name.
    pub(super) fn by_name(&self, name: &str) -> Option<&Arc<Listed>> {
        self.0.get(&Symbol::new(name).ok()?)
    }
}

impl SymbolList for SymbolMap {
    type Listed = Listed;

    fn by_symbol(&self) -> &HashMap<Symbol, Arc<Listed>> {
        &self.0
    }

    fn instrument(listed: &Listed) -> &Instrument {
        &listed.instrument
    }
}

fn listed(venue: &VenueId, product: &Product) -> Option<Listed> {
    if product.product_type.as_deref() == Some("FUTURE") {
        return None;
    }
    let positive = |number: Option<Decimal>| number.and_then(crate::decode::step);
    let amount = |number: Option<Decimal>| number.unwrap_or_default();
    let closed = [
        product.is_disabled,
        product.trading_disabled,
        product.view_only,
        // Each of these forbids something that we send.
        product.cancel_only,
        product.limit_only,
        product.post_only,
        product.auction_mode,
    ];
    let online = product.status.as_deref().is_none_or(|status| matches!(status, "" | "online"));
    let instrument = Instrument {
        venue: venue.clone(),
        symbol: Symbol::new(&product.product_id).ok()?,
        venue_symbol: product.product_id.clone(),
        lot_size: positive(product.base_increment.0)?,
        // Prices have an increment of their own; before it was added, it was that of the quote currency.
        tick_size: positive(product.price_increment.0).or(positive(product.quote_increment.0))?,
        min_quantity: Quantity::new(amount(product.base_min_size.0)).ok()?,
        max_quantity: positive(product.base_max_size.0).and_then(|size| Quantity::new(size).ok()),
        min_notional: Notional::new(amount(product.quote_min_size.0)).ok()?,
        reach: super::contract::REACH,
        tradable: online && !closed.contains(&Some(true)),
        resting: nija_core::RestingOrders::ALL,
    };
    let alias = product.alias.as_deref().filter(|alias| Symbol::new(alias).is_ok());
    let stream_name = alias.unwrap_or(&product.product_id).to_owned();
    Some(Listed { instrument, stream_name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(products: &str) -> SymbolMap {
        let products: Vec<Product> = serde_json::from_str(products).unwrap();
        SymbolMap::new(&VenueId::new("coinbase").unwrap(), &products)
    }

    #[test]
    fn rules_come_from_the_list_with_defaults_for_what_it_lacks() {
        let map = map(r#"[
            {"product_id":"BTC-USD","base_increment":"0.00000001","quote_increment":"0.01","price_increment":"0.05",
             "base_min_size":"0.0001","base_max_size":"3400","quote_min_size":"1","status":"online","product_type":"SPOT"},
            {"product_id":"OLD-USD","base_increment":"1","quote_increment":"0.01","base_max_size":"","status":"delisted"},
            {"product_id":"LMT-USD","base_increment":"1","quote_increment":"0.01","limit_only":true},
            {"product_id":"BIT-28JUN24-CDE","base_increment":"1","quote_increment":"1","product_type":"FUTURE"},
            {"product_id":"BAD-USD","base_increment":"","quote_increment":"0.01"},
            {"product_id":"weird","base_increment":"1","quote_increment":"0.01"}
        ]"#);
        assert_eq!(map.instruments().len(), 3);
        let bitcoin = &map.by_name("BTC-USD").unwrap().instrument;
        assert_eq!(
            (bitcoin.tick_size.to_string(), bitcoin.lot_size.to_string()),
            ("0.05".into(), "0.00000001".into())
        );
        assert_eq!(
            (bitcoin.min_quantity.to_string(), bitcoin.min_notional.to_string()),
            ("0.0001".into(), "1".into())
        );
        assert!(bitcoin.tradable && bitcoin.max_quantity.unwrap().to_string() == "3400");
        let old = &map.by_name("OLD-USD").unwrap().instrument;
        assert_eq!((old.tick_size.to_string(), old.max_quantity), ("0.01".into(), None));
        assert!(!old.tradable && !map.by_name("LMT-USD").unwrap().instrument.tradable);
    }

    #[test]
    fn products_that_share_a_book_stay_apart_and_are_streamed_under_one_name() {
        let map = map(r#"[
            {"product_id":"BTC-USD","base_increment":"1","quote_increment":"0.01","alias":"","alias_to":["BTC-USDC"]},
            {"product_id":"BTC-USDC","base_increment":"1","quote_increment":"0.01","alias":"BTC-USD","alias_to":[]}
        ]"#);
        assert_eq!(map.instruments().len(), 2);
        for name in ["BTC-USD", "BTC-USDC"] {
            let listed = map.by_name(name).unwrap();
            assert_eq!(
                (listed.instrument.venue_symbol.as_str(), listed.stream_name.as_str()),
                (name, "BTC-USD")
            );
        }
    }
}
