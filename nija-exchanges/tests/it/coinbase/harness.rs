//! Coinbase on the wire.

use nija_core::{Authenticator, SystemClock};
use nija_exchanges::{
    coinbase::{CoinbaseConfig, CoinbaseExecutor},
    testing::VenueFault,
};
use nija_sim::{VenueHandle, VenueKind};
use std::sync::Arc;

use crate::{
    support::id,
    wire::{OnTheWire, PATIENCE, Wire},
};

pub(crate) const ORDERS: &str = "/api/v3/brokerage/orders";

pub(crate) type Coinbase = OnTheWire<CoinbaseWire>;

pub(crate) struct CoinbaseWire;

impl Wire for CoinbaseWire {
    type Executor = CoinbaseExecutor;
    const KIND: VenueKind = VenueKind::Coinbase;
    const ORDERS: &'static str = ORDERS;
    const LOOKS: &'static [&'static str] = &["view"];

    fn open(venue: &VenueHandle) -> CoinbaseExecutor {
        CoinbaseExecutor::new(Coinbase::config(venue), Arc::new(SystemClock)).unwrap()
    }

    fn authenticator(executor: &CoinbaseExecutor) -> Arc<dyn Authenticator> {
        Arc::new(executor.authenticator())
    }

    fn own_fault(_: &VenueHandle, fault: VenueFault) -> Option<bool> {
        // Coinbase has no nonces in order.
        (fault == VenueFault::BadNonce).then_some(false)
    }
}

impl Coinbase {
    pub(crate) fn config(venue: &VenueHandle) -> CoinbaseConfig {
        let (public, private) = (venue.ws_public.as_str(), venue.ws_private.as_str());
        let mut config = CoinbaseConfig::new(id("coinbase"), venue.rest.as_str(), public, private);
        config.http.timeout = PATIENCE;
        config
    }
}
