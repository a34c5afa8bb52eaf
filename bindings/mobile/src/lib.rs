//! What Swift and Kotlin see of NIJA.
//!
//! A thin face of [`nija_client`]: records that mirror the wire types (decimals are strings, times RFC 3339 UTC), one
//! object for calls, one for the stream, and the traits that the host app provides. Async calls become `suspend` in
//! Kotlin and `async` in Swift. A call that its caller gives up goes on to its end: what was sent was sent.
//!
//! [`DeviceTrader`] is the other half: custody mode `device` ([`nija_device`]), where the phone keeps the key, signs and sends.

mod audit;
mod client;
mod device;
mod error;
mod records;
mod runtime;
mod store;
mod stream;

pub use audit::{KeyEvent, KeyEventPage, ProvenKeyEvent, verify_audit_proof};
pub use client::NijaClient;
pub use device::{
    Clock, DeviceBalance, DeviceKey, DeviceKeyError, DeviceKeyRecord, DeviceOpening, DeviceOrder,
    DeviceOrderRole, DevicePolicy, DevicePolicyPair, DeviceProtection, DeviceSale, DeviceTrade,
    DeviceTradeError, DeviceTrader, DeviceVenue, DeviceVenueAddresses,
};
pub use error::NijaError;
pub use records::*;
pub use store::{SecureStore, StoreError};
pub use stream::{ConnectionState, StreamEvent, StreamHandle, StreamListener};

uniffi::setup_scaffolding!();
