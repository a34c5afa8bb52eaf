//! Custody mode `device`: the exchange key stays on this phone, which signs and sends by itself.

mod error;
mod host;
mod records;
mod trader;

pub use error::DeviceTradeError;
pub use host::{Clock, DeviceKey, DeviceKeyError};
pub use records::{
    DeviceBalance, DeviceKeyRecord, DeviceOpening, DeviceOrder, DeviceOrderRole, DevicePolicy,
    DevicePolicyPair, DeviceProtection, DeviceSale, DeviceTrade, DeviceVenue, DeviceVenueAddresses,
};
pub use trader::DeviceTrader;
