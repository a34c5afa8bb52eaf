//! Binance's filters that an [`Instrument`](nija_core::Instrument) has no room for, checked before anything is sent (filters.md).

use nija_core::{FilterError, Instrument, Notional, OrderKind, Price, Quantity, Side};
use rust_decimal::Decimal;

use super::wire::Filter;
use crate::decode::Num;

/// Binance refers a price to the average of some minutes; we know the last one. A price is refused here only when it is outside
/// the band by this much more, so that no order is refused that Binance would take.
const SLACK: Decimal = Decimal::from_parts(105, 0, 0, false, 2);

/// What the list says beside lot, tick and least sizes. A limit of zero is none.
#[derive(Debug, Clone, Default)]
pub(super) struct Filters {
    price: (Option<Decimal>, Option<Decimal>),
    market_lot: Option<Lot>,
    max_notional: Option<(Decimal, bool)>,
    /// Whether the least notional counts for market orders.
    min_notional_at_market: bool,
    /// Lowest and highest price as a part of the reference, for buys and for sells.
    bands: Option<[(Decimal, Decimal); 2]>,
}

#[derive(Debug, Clone, Copy)]
struct Lot {
    min: Decimal,
    max: Option<Decimal>,
    step: Decimal,
}

fn some(number: Option<Num>) -> Option<Decimal> {
    number.map(|number| number.0).filter(|number| *number > Decimal::ZERO)
}

impl Filters {
    pub(super) fn new(filters: &[Filter]) -> Self {
        let mut known = Self { min_notional_at_market: true, ..Self::default() };
        for filter in filters {
            match filter.filter_type.as_str() {
                "PRICE_FILTER" => known.price = (some(filter.min_price), some(filter.max_price)),
                "MARKET_LOT_SIZE" => {
                    known.market_lot = Some(Lot {
                        min: some(filter.min_qty).unwrap_or_default(),
                        max: some(filter.max_qty),
                        step: some(filter.step_size).unwrap_or_default(),
                    });
                }
                "MIN_NOTIONAL" => known.min_notional_at_market = filter.apply_to_market.unwrap_or(true),
                "NOTIONAL" => {
                    known.min_notional_at_market = filter.apply_min_to_market.unwrap_or(true);
                    let at_market = filter.apply_max_to_market.unwrap_or(false);
                    known.max_notional = some(filter.max_notional).map(|max| (max, at_market));
                }
                "PERCENT_PRICE" => {
                    let band = some(filter.multiplier_down).zip(some(filter.multiplier_up));
                    known.bands = band.map(|band| [band, band]).or(known.bands);
                }
                "PERCENT_PRICE_BY_SIDE" => {
                    let bids = some(filter.bid_multiplier_down).zip(some(filter.bid_multiplier_up));
                    let asks = some(filter.ask_multiplier_down).zip(some(filter.ask_multiplier_up));
                    known.bands = bids.zip(asks).map(|(bids, asks)| [bids, asks]).or(known.bands);
                }
                _ => {}
            }
        }
        known
    }

    /// Rounds an order to the venue's rules and checks them. `reference` values a market order; `last` is a recent price, where
    /// one is known.
    pub(super) fn fit(
        &self,
        instrument: &Instrument,
        side: Side,
        kind: OrderKind,
        quantity: Quantity,
        reference: Price,
        last: Option<Price>,
    ) -> Result<(Quantity, OrderKind), FilterError> {
        let market = kind == OrderKind::Market;
        let mut rules = instrument.clone();
        if market {
            if !self.min_notional_at_market {
                rules.min_notional = Notional::ZERO;
            }
            if let Some(lot) = self.market_lot {
                self.narrow(&mut rules, lot);
            }
        }
        let (mut quantity, kind) = rules.fit(side, kind, quantity, reference)?;
        if let Some(lot) = self.market_lot.filter(|_| market) {
            quantity = quantity.floor_to(lot.step);
            if quantity < rules.min_quantity || quantity.is_zero() {
                let (min, base) = (rules.min_quantity, instrument.symbol.base().to_owned());
                return Err(FilterError::BelowMinQuantity { quantity, min, base, venue: rules.venue });
            }
        }
        let limits = [kind.worst_price(), kind.take_profit()];
        // Each limit price is an order's price at Binance, a bracket's take-profit too.
        for price in limits.into_iter().flatten() {
            rules.fit(side, OrderKind::Limit { price }, quantity, price)?;
            self.in_range(instrument, side, price, last)?;
        }
        // PRICE_FILTER is about stop prices as well, the bands are about prices alone.
        if let Some(stop) = kind.stop() {
            self.in_range(instrument, side, stop, None)?;
        }
        if let Some((max, _)) = self.max_notional.filter(|(_, at_market)| !market || *at_market) {
            let dearest = limits.into_iter().flatten().max().unwrap_or(reference);
            self.below(instrument, quantity, dearest, max)?;
        }
        Ok((quantity, kind))
    }

    /// Both lot filters count for a market order.
    #[allow(clippy::unused_self)]
    fn narrow(&self, rules: &mut Instrument, lot: Lot) {
        if let Ok(min) = Quantity::new(lot.min) {
            rules.min_quantity = rules.min_quantity.max(min);
        }
        let max = lot.max.and_then(|max| Quantity::new(max).ok());
        rules.max_quantity = match (rules.max_quantity, max) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    #[allow(clippy::unused_self)]
    fn below(
        &self,
        instrument: &Instrument,
        quantity: Quantity,
        price: Price,
        max: Decimal,
    ) -> Result<(), FilterError> {
        let venue = instrument.venue.clone();
        let out_of_range = || FilterError::OutOfRange { venue: venue.clone() };
        let notional = quantity.at(price).map_err(|_| out_of_range())?;
        match Notional::new(max) {
            Ok(max) if notional > max => {
                let quote = instrument.symbol.quote().to_owned();
                Err(FilterError::AboveMaxNotional { notional, max, quote, venue })
            }
            _ => Ok(()),
        }
    }

    fn in_range(
        &self,
        instrument: &Instrument,
        side: Side,
        price: Price,
        last: Option<Price>,
    ) -> Result<(), FilterError> {
        let (mut low, mut high) = self.price;
        let band = self.bands.map(|[bids, asks]| if side == Side::Buy { bids } else { asks });
        if let (Some((down, up)), Some(last)) = (band, last) {
            let from = last.get().checked_mul(down).and_then(|low| low.checked_div(SLACK));
            let to = last.get().checked_mul(up).and_then(|high| high.checked_mul(SLACK));
            low = low.max(from);
            high = match (high, to) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        if low.is_some_and(|low| price.get() < low) || high.is_some_and(|high| price.get() > high) {
            return Err(FilterError::PriceOutsideBand {
                price,
                low: low.unwrap_or_default().round_dp(8),
                high: high.map(|high| high.round_dp(8)),
                quote: instrument.symbol.quote().to_owned(),
                venue: instrument.venue.clone(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{PriceReach, Symbol, VenueId};

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn price(text: &str) -> Price {
        Price::new(dec(text)).unwrap()
    }

    fn instrument() -> Instrument {
        Instrument {
            venue: VenueId::new("binance").unwrap(),
            symbol: Symbol::new("BTC-USDT").unwrap(),
            venue_symbol: "BTCUSDT".into(),
            lot_size: dec("0.00001"),
            tick_size: dec("0.01"),
            min_quantity: Quantity::new(dec("0.00001")).unwrap(),
            max_quantity: Some(Quantity::new(dec("9000")).unwrap()),
            min_notional: Notional::new(dec("5")).unwrap(),
            reach: PriceReach::UNBOUNDED,
            tradable: true,
            resting: nija_core::RestingOrders::ALL,
        }
    }

    fn filters() -> Filters {
        let json = r#"[
            {"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.01"},
            {"filterType":"MARKET_LOT_SIZE","minQty":"0.001","maxQty":"10","stepSize":"0.001"},
            {"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"5","bidMultiplierDown":"0.2","askMultiplierUp":"5","askMultiplierDown":"0.2","avgPriceMins":5},
            {"filterType":"NOTIONAL","minNotional":"5","applyMinToMarket":true,"maxNotional":"9000000","applyMaxToMarket":false,"avgPriceMins":5},
            {"filterType":"SOMETHING_NEW","limit":3}
        ]"#;
        Filters::new(&serde_json::from_str::<Vec<Filter>>(json).unwrap())
    }

    fn fit(kind: OrderKind, quantity: &str, last: Option<&str>) -> Result<(Quantity, OrderKind), String> {
        let quantity = Quantity::new(dec(quantity)).unwrap();
        let last = last.map(price);
        let fitted = filters().fit(&instrument(), Side::Buy, kind, quantity, price("60000"), last);
        fitted.map_err(|error| error.to_string())
    }

    #[test]
    fn market_orders_keep_both_lot_filters() {
        assert_eq!(fit(OrderKind::Market, "0.0129", None).unwrap().0.to_string(), "0.012");
        assert_eq!(
            fit(OrderKind::Market, "0.0009", None).unwrap_err(),
            "0.0009 BTC is below the smallest order at binance, 0.001 BTC"
        );
        assert_eq!(
            fit(OrderKind::Market, "11", None).unwrap_err(),
            "11 BTC is above the largest order at binance, 10 BTC"
        );
        assert!(fit(OrderKind::Limit { price: price("60000") }, "0.0009", None).is_ok());
    }

    #[test]
    fn every_price_of_a_stop_or_bracket_keeps_to_the_filters() {
        let stop = |stop: &str, limit: &str| OrderKind::StopLimit { stop: price(stop), price: price(limit) };
        assert!(fit(stop("61000", "62000"), "1", Some("60000")).is_ok());
        // A stop price has to be within PRICE_FILTER alone, its limit within the band as well.
        assert!(fit(stop("310000", "310000"), "1", Some("60000")).is_ok());
        let error = fit(stop("320000", "330000"), "1", Some("60000")).unwrap_err();
        assert!(error.contains("330000 USDT is outside what binance takes now"), "{error}");
        let error = fit(stop("1000001", "1000001"), "1", None).unwrap_err();
        assert!(error.contains("1000001 USDT is outside"), "{error}");
        let bracket = |profit: &str| OrderKind::Bracket {
            take_profit: price(profit),
            stop: price("61000"),
            price: price("62000"),
        };
        assert!(fit(bracket("50000"), "1", Some("60000")).is_ok());
        let error = fit(bracket("1000"), "1", Some("60000")).unwrap_err();
        assert!(error.contains("1000 USDT is outside what binance takes now"), "{error}");
        // Each leg is an order with a notional of its own.
        assert_eq!(
            fit(bracket("1000"), "0.004", None).unwrap_err(),
            "4 USDT is below the smallest order at binance, 5 USDT"
        );
        assert!(fit(bracket("50000"), "146", None).unwrap_err().contains("is above the largest order"));
    }

    #[test]
    fn the_largest_notional_is_said_in_words() {
        let limit = OrderKind::Limit { price: price("60000") };
        assert_eq!(
            fit(limit, "200", None).unwrap_err(),
            "12000000 USDT is above the largest order at binance, 9000000 USDT"
        );
    }

    #[test]
    fn a_price_far_from_the_market_is_refused_and_one_at_the_edge_is_left_to_the_venue() {
        let at = |text: &str| OrderKind::Limit { price: price(text) };
        let error = fit(at("1000"), "1", Some("60000")).unwrap_err();
        assert!(error.contains("1000 USDT is outside what binance takes now"), "{error}");
        assert!(fit(at("330000"), "1", Some("60000")).is_err());
        for price in ["12000", "11900", "300000", "310000"] {
            assert!(fit(at(price), "1", Some("60000")).is_ok(), "{price}");
        }
        // Without a known price only the fixed range counts.
        assert!(fit(at("1000"), "1", None).is_ok());
        assert!(fit(at("1000001"), "1", None).is_err());
    }
}
