//! Market data and balances.

use nija_client::wire;
use nija_core::{Candle, FeeSchedule, Instrument, MarketSnapshot, VenueBalance};

/// A symbol at a venue, with its newest prices and the caller's fees.
pub fn market(instrument: &Instrument, snapshot: &MarketSnapshot, fees: FeeSchedule) -> wire::Market {
    let key = (instrument.venue.clone(), instrument.symbol.clone());
    let quote = snapshot.markets.get(&key).and_then(|view| view.quote);
    wire::Market {
        symbol: instrument.symbol.to_string(),
        venue: instrument.venue.to_string(),
        bid: quote.map(|quote| quote.bid.get()),
        ask: quote.map(|quote| quote.ask.get()),
        min_quantity: instrument.min_quantity.get(),
        min_notional: instrument.min_notional.get(),
        lot_size: instrument.lot_size,
        tick_size: instrument.tick_size,
        maker_fee: fees.maker,
        taker_fee: fees.taker,
    }
}

/// A candle.
pub fn candle(candle: &Candle) -> wire::Candle {
    wire::Candle {
        start: candle.start.to_string(),
        open: candle.open.get(),
        high: candle.high.get(),
        low: candle.low.get(),
        close: candle.close.get(),
        volume: candle.volume.get(),
    }
}

/// Money or an asset at a venue.
pub fn balance(balance: &VenueBalance) -> wire::Balance {
    wire::Balance {
        venue: balance.venue.to_string(),
        asset: balance.asset.clone(),
        total: balance.total.normalize(),
        available: balance.available.normalize(),
        as_of: balance.at.to_string(),
    }
}
