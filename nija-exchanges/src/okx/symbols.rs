//! OKX's instruments. Their names are ours (`BTC-USDT`); each quote currency is an instrument of its own.

use nija_core::{
    FilterError, Instrument, Notional, OrderKind, Price, PriceReach, Quantity, RestingOrders, Side, Symbol,
    VenueId,
};
use rust_decimal::Decimal;
use std::{collections::HashMap, sync::Arc};

use super::wire;
use crate::decode::step;
use crate::listings::SymbolList;

/// An instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) instrument: Instrument,
    /// Which of the fee groups it is in.
    pub(super) fee_group: String,
    /// The most that a market order may be worth: `maxMktSz` counts USDT, `maxMktAmt` USD.
    largest_market: Option<Notional>,
    /// The most that a limit order may be worth in USD.
    largest_limit: Option<Notional>,
}

impl Listed {
    /// OKX's name.
    pub(super) fn name(&self) -> &str {
        &self.instrument.venue_symbol
    }

    /// The order on the instrument's lot and tick and within its limits. `reference` values a market order.
    pub(super) fn fit(
        &self,
        side: Side,
        kind: OrderKind,
        quantity: Quantity,
        reference: Price,
    ) -> Result<(Quantity, OrderKind), FilterError> {
        let (quantity, kind) = self.instrument.fit(side, kind, quantity, reference)?;
        self.check_band(side, kind)?;
        let (price, largest) = match kind.worst_price() {
            None => (reference, self.largest_market),
            Some(price) => (price, self.largest_limit),
        };
        let venue = || self.instrument.venue.clone();
        let notional = quantity.at(price).map_err(|_| FilterError::OutOfRange { venue: venue() })?;
        match largest.filter(|max| self.counts_dollars() && notional > *max) {
            Some(max) => {
                let quote = self.instrument.symbol.quote().to_owned();
                Err(FilterError::AboveMaxNotional { notional, max, quote, venue: venue() })
            }
            None => Ok((quantity, kind)),
        }
    }

    /// A limit that is too far from its stop would be refused when the stop goes off (51137, 51138), and nothing would be left of it.
    fn check_band(&self, side: Side, kind: OrderKind) -> Result<(), FilterError> {
        let (Some(stop), Some(price), Some(band)) =
            (kind.stop(), kind.worst_price(), self.instrument.reach.stop)
        else {
            return Ok(());
        };
        let reach = stop.get() * band;
        let (low, high) = match side {
            Side::Sell => (stop.get() - reach, None),
            Side::Buy => (Decimal::ZERO, Some(stop.get() + reach)),
        };
        if price.get() >= low && high.is_none_or(|high| price.get() <= high) {
            return Ok(());
        }
        let (quote, venue) = (self.instrument.symbol.quote().to_owned(), self.instrument.venue.clone());
        Err(FilterError::PriceOutsideBand { price, low, high, quote, venue })
    }

    /// Whether its quote is worth a dollar, so that limits in dollars can be checked here. OKX checks the others alone.
    fn counts_dollars(&self) -> bool {
        matches!(self.instrument.symbol.quote(), "USD" | "USDT" | "USDC")
    }
}

/// All instruments.
#[derive(Debug, Default)]
pub(super) struct SymbolMap(HashMap<Symbol, Arc<Listed>>);

impl SymbolMap {
    /// From the list of spot instruments. Names that do not fit a symbol, and instruments without their steps, are left out.
    pub(super) fn new(venue: &VenueId, instruments: &[wire::Instrument]) -> Self {
        let listed = instruments.iter().filter_map(|instrument| {
            let listed = listed(venue, instrument)?;
            Some((listed.instrument.symbol.clone(), Arc::new(listed)))
        });
        Self(listed.collect())
    }

    /// By OKX's name.
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

fn listed(venue: &VenueId, instrument: &wire::Instrument) -> Option<Listed> {
    let positive = |number: Option<Decimal>| number.filter(|number| *number > Decimal::ZERO);
    let symbol = Symbol::new(&instrument.inst_id).ok()?;
    if symbol.base() != instrument.base_ccy || symbol.quote() != instrument.quote_ccy {
        return None;
    }
    let most = |numbers: [Option<Decimal>; 2]| {
        let least = numbers.into_iter().filter_map(positive).min();
        least.and_then(|number| Notional::new(number).ok())
    };
    let band = positive(instrument.max_px_lmt_pct.0).filter(|band| *band < Decimal::ONE);
    Some(Listed {
        instrument: Instrument {
            venue: venue.clone(),
            venue_symbol: instrument.inst_id.clone(),
            lot_size: instrument.lot_sz.0.and_then(step)?,
            tick_size: instrument.tick_sz.0.and_then(step)?,
            min_quantity: Quantity::new(instrument.min_sz.0.unwrap_or_default()).ok()?,
            max_quantity: positive(instrument.max_lmt_sz.0).and_then(|size| Quantity::new(size).ok()),
            // OKX has none but the smallest quantity.
            min_notional: Notional::new(Decimal::ZERO).ok()?,
            // `maxPxLmtPct`, on the side where a limit would trade at once; a stop meets the market at its stop.
            reach: PriceReach { market: band, stop: band, bracket: None },
            tradable: instrument.state == "live",
            resting: RestingOrders::ALL,
            symbol,
        },
        fee_group: instrument.group_id.clone(),
        largest_market: most([instrument.max_mkt_sz.0, instrument.max_mkt_amt.0]),
        largest_limit: most([instrument.max_lmt_amt.0, None]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> SymbolMap {
        let list = r#"[
            {"instId":"BTC-USDT","baseCcy":"BTC","quoteCcy":"USDT","tickSz":"0.1","lotSz":"0.00000001","minSz":"0.00001",
             "maxLmtSz":"9999999999","maxMktSz":"1000000","maxLmtAmt":"20000000","maxMktAmt":"900000","state":"live","groupId":"1"},
            {"instId":"BTC-USDC","baseCcy":"BTC","quoteCcy":"USDC","tickSz":"0.1","lotSz":"0.00000001","minSz":"0.00001","state":"live"},
            {"instId":"ETH-BTC","baseCcy":"ETH","quoteCcy":"BTC","tickSz":"0.00001","lotSz":"0.000001","minSz":"0.001","maxMktAmt":"10",
             "maxMktSz":"","state":"suspend"},
            {"instId":"NEW-USDT","baseCcy":"NEW","quoteCcy":"USDT","tickSz":"","lotSz":"","minSz":"","state":"preopen"},
            {"instId":"BTC-USDT-SWAP","baseCcy":"","quoteCcy":"","tickSz":"1","lotSz":"1","minSz":"1","state":"live"}
        ]"#;
        SymbolMap::new(&VenueId::new("okx").unwrap(), &serde_json::from_str::<Vec<_>>(list).unwrap())
    }

    #[test]
    fn rules_come_from_the_list_and_quotes_stay_apart() {
        let map = map();
        assert_eq!(map.instruments().len(), 3);
        let bitcoin = map.by_name("BTC-USDT").unwrap();
        let rules = &bitcoin.instrument;
        assert_eq!(
            (rules.tick_size.to_string(), rules.lot_size.to_string()),
            ("0.1".into(), "0.00000001".into())
        );
        assert_eq!(rules.min_quantity.to_string(), "0.00001");
        assert!(rules.tradable && bitcoin.fee_group == "1" && rules.min_notional.get().is_zero());
        assert_ne!(map.by_name("BTC-USDC").unwrap().instrument.symbol, rules.symbol);
        assert!(!map.by_name("ETH-BTC").unwrap().instrument.tradable);
    }

    #[test]
    fn a_stop_whose_limit_would_be_refused_when_it_goes_off_is_refused_now() {
        let text = r#"[{"instId":"BTC-USDT","baseCcy":"BTC","quoteCcy":"USDT","tickSz":"0.1","lotSz":"0.00000001","minSz":"0.00001",
            "state":"live","maxPxLmtPct":"0.15"}]"#;
        let map =
            SymbolMap::new(&VenueId::new("okx").unwrap(), &serde_json::from_str::<Vec<_>>(text).unwrap());
        let listed = map.by_name("BTC-USDT").unwrap();
        let price = |text: &str| text.parse::<Price>().unwrap();
        let fit = |side, limit: &str| {
            let kind = OrderKind::StopLimit { stop: price("60000"), price: price(limit) };
            listed.fit(side, kind, Quantity::new(Decimal::ONE).unwrap(), price("60000"))
        };
        assert!(fit(Side::Sell, "51000").is_ok() && fit(Side::Buy, "69000").is_ok());
        let error = fit(Side::Sell, "50999").unwrap_err().to_string();
        assert!(error.contains("at least 51000 USDT"), "{error}");
        assert!(matches!(fit(Side::Buy, "69001"), Err(FilterError::PriceOutsideBand { .. })));
    }

    #[test]
    fn the_most_that_an_order_may_be_worth_is_checked_where_the_quote_is_a_dollar() {
        let map = map();
        let price = Price::new(Decimal::from(60_000)).unwrap();
        let fit = |name: &str, kind, quantity: u32| {
            let listed = Listed {
                instrument: Instrument { tradable: true, ..map.by_name(name).unwrap().instrument.clone() },
                ..(**map.by_name(name).unwrap()).clone()
            };
            listed.fit(Side::Buy, kind, Quantity::new(Decimal::from(quantity)).unwrap(), price)
        };
        assert!(fit("BTC-USDT", OrderKind::Market, 15).is_ok());
        let error = fit("BTC-USDT", OrderKind::Market, 16).unwrap_err();
        assert_eq!(error.to_string(), "960000 USDT is above the largest order at okx, 900000 USDT");
        assert!(fit("BTC-USDT", OrderKind::Limit { price }, 16).is_ok());
        assert!(fit("BTC-USDT", OrderKind::Limit { price }, 400).is_err());
        assert!(fit("ETH-BTC", OrderKind::Market, 16).is_ok());
    }
}
