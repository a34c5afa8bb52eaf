//! The matching engine: venue neutral, synchronous, one value per venue behind one lock.
//!
//! Price-time priority among users' orders and the *house*, which keeps maker levels around the tape's mid. Money is
//! conserved to the last digit: what users hold, plus what the house gained, plus fees, never changes but by a deposit.
//! A venue's protocol folder translates between its wire and this module; nothing here knows a wire format.

mod account;
mod amend;
mod book;
mod candles;
mod core;
mod fees;
mod filters;
mod house;
mod linked;
mod market;
mod matching;
mod place;
mod queries;
mod types;
mod waiting;

pub use self::account::{Balance, ExecEvent, ExecKind};
pub use self::book::PriceLevel;
pub use self::candles::Candle;
pub use self::core::Engine;
pub use self::fees::{FeeAsset, FeeSchedule, FeeTier};
pub use self::house::HouseProfile;
pub use self::linked::LINKED;
pub use self::market::{Market, MarketSpec, PublicTrade, SpreadPoint, Stats24h};
pub use self::types::{
    AccountId, Fill, LinkId, MarketId, NewOrder, Order, OrderId, OrderType, Reject, Side, Status, TimeInForce,
};
