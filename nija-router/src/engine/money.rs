//! Money: what fills do to balances, and what fees are worth.

use nija_core::{MarketSnapshot, Side, Symbol, Timestamp, VenueBalance, VenueFill};
use rust_decimal::Decimal;

use super::{balances::Balances, fees::PaidFees, rates::RatesNow};
use crate::planted::{Bug, planted};

/// The currency that accounts are measured in.
pub const CURRENCY: &str = "USD";

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

/// Whether a fill's fee was taken in neither of the two that it traded.
pub(crate) fn is_in_third(fill: &VenueFill) -> bool {
    let own = [fill.symbol.base(), fill.symbol.quote()].contains(&fill.fee_asset.as_str());
    !fill.fee.is_zero() && !own
}

/// Whether a price is known of what a fill's fee was taken in.
pub(crate) fn is_priced(fill: &VenueFill, market: &MarketSnapshot, rates: &RatesNow<'_>) -> bool {
    worth(fill, market, rates).is_some()
}

/// What a fill's fee is worth in its quote currency: at its own venue's price, or else by what both are worth in USD, or else as its user's last.
pub(crate) fn fee_in_quote(
    fill: &VenueFill,
    market: &MarketSnapshot,
    rates: &RatesNow<'_>,
    paid: &PaidFees,
) -> Decimal {
    told_fee(fill, market, rates, paid).unwrap_or_else(|| {
        tracing::warn!(
            venue = %fill.venue,
            execution = %fill.execution_id,
            asset = fill.fee_asset,
            "no price for a fee's asset; the fee counts as nothing until there is one"
        );
        Decimal::ZERO
    })
}

/// The same, where anybody can tell.
pub(crate) fn told_fee(
    fill: &VenueFill,
    market: &MarketSnapshot,
    rates: &RatesNow<'_>,
    paid: &PaidFees,
) -> Option<Decimal> {
    worth(fill, market, rates).or_else(|| paid.worth(fill))
}

fn worth(fill: &VenueFill, market: &MarketSnapshot, rates: &RatesNow<'_>) -> Option<Decimal> {
    if fill.fee.is_zero() || fill.fee_asset == fill.symbol.quote() {
        return Some(fill.fee);
    }
    if fill.fee_asset == fill.symbol.base() {
        return Some(fill.fee * fill.price.get());
    }
    if planted(Bug::ForgetsOtherFees) {
        return Some(Decimal::ZERO);
    }
    let quote = fill.symbol.quote();
    let here = Symbol::new(&format!("{}-{quote}", fill.fee_asset)).ok().and_then(|symbol| {
        let view = market.markets.get(&(fill.venue.clone(), symbol))?;
        fill.fee.checked_mul(view.quote?.mid())
    });
    let in_usd = || fill.fee.checked_mul(rates.usd(&fill.fee_asset)?)?.checked_div(rates.usd(quote)?);
    here.or_else(in_usd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currencies, engine::rates::Rates};
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
        let at = |price: &str| {
            let price = Price::new(dec(price)).unwrap();
            let (size, at) = (Quantity::ZERO, Timestamp::from_micros(0));
            Quote { bid: price, bid_size: size, ask: price, ask_size: size, at }
        };
        let symbol = |text| Symbol::new(text).unwrap();
        let rates = Rates::new(Currencies::default());
        rates.measure([symbol("ETH-USD"), symbol("ETH-BTC")].iter());
        rates.take_up(&[(symbol("BNB-USDT"), at("300")), (symbol("BTC-USD"), at("60000"))]);
        let fee = |asset: &str, market: &MarketSnapshot| {
            fee_in_quote(&fill(asset, 0), market, &rates.at(Timestamp::from_micros(0)), &PaidFees::default())
        };
        assert_eq!(fee("USD", &market), dec("0.01"));
        assert_eq!(fee("ETH", &market), dec("10"));
        assert_eq!(fee("BNB", &market), dec("3"));
        assert_eq!(fee("XYZ", &market), Decimal::ZERO);
        let in_btc = VenueFill { symbol: symbol("ETH-BTC"), ..fill("BNB", 0) };
        let told = fee_in_quote(&in_btc, &market, &rates.at(Timestamp::from_micros(0)), &PaidFees::default());
        assert_eq!(told, dec("0.00005"));
        // The venue's own price comes first.
        let key = (VenueId::new("kraken").unwrap(), symbol("BNB-USD"));
        market.markets.insert(key, MarketView { quote: Some(at("310")), ..MarketView::default() });
        assert_eq!(fee("BNB", &market), dec("3.1"));
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
}
