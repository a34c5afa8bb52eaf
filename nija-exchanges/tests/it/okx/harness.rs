//! OKX on the wire.

use nija_core::{Authenticator, Symbol, SystemClock};
use nija_exchanges::okx::{OkxConfig, OkxExecutor};
use nija_sim::{VenueHandle, VenueKind};
use std::sync::Arc;

use crate::{
    support::id,
    wire::{OnTheWire, PATIENCE, Wire},
};

pub(crate) const ORDER: &str = "/api/v5/trade/order";

pub(crate) fn usdt() -> Symbol {
    Symbol::new(OkxWire::SYMBOL).unwrap()
}

pub(crate) type Okx = OnTheWire<OkxWire>;

pub(crate) struct OkxWire;

impl Wire for OkxWire {
    type Executor = OkxExecutor;
    const KIND: VenueKind = VenueKind::Okx;
    const SYMBOL: &'static str = "BTC-USDT";
    const PLACES: u32 = 1;
    // OKX's counterpart of a nonce is the timestamp.
    const ORDERS: &'static str = ORDER;
    const LOOKS: &'static [&'static str] = &["read_only"];
    // 51138: sells may not be limited too far below the last price.
    const PRICE_BAND: i64 = 80;
    // Place algo order: nothing is frozen in advance.
    const STOPS_HOLD_GOODS: bool = false;

    fn open(venue: &VenueHandle) -> OkxExecutor {
        OkxExecutor::new(Okx::config(venue), Arc::new(SystemClock)).unwrap()
    }

    fn authenticator(executor: &OkxExecutor) -> Arc<dyn Authenticator> {
        Arc::new(executor.authenticator())
    }
}

impl Okx {
    pub(crate) fn config(venue: &VenueHandle) -> OkxConfig {
        let (public, private) = (venue.ws_public.as_str(), venue.ws_private.as_str());
        let mut config = OkxConfig::new(id("okx"), venue.rest.as_str(), public, private);
        config.http.timeout = PATIENCE;
        config
    }
}
