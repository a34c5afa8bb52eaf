//! What the host sees of the phone's keys and orders: decimals are text, times RFC 3339 UTC.

use nija_device::core::{OrderPolicy, OrderSize, PriceBand, Symbol, VenueBalance, VenueId};
use nija_device::{
    DeviceKeyInfo, Leg, Opening, Protection, Role, Selling, Trade, VenueAddresses, VenueConfig,
};
use rust_decimal::Decimal;
use std::str::FromStr;

use super::error::{DeviceTradeError, invalid};

/// An exchange that the app knows. Its addresses come with the app and from no server.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceVenue {
    /// Its id, as the server names it.
    pub id: String,
    /// `kraken`, `coinbase`, `binance`, `binance-us`, `alpaca`, `okx`, ...
    pub kind: String,
    /// Other addresses than the exchange's own, for tests.
    #[uniffi(default = None)]
    pub addresses: Option<DeviceVenueAddresses>,
}

/// Where an exchange is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceVenueAddresses {
    /// REST.
    pub rest: String,
    /// WebSocket of market data.
    pub ws_public: String,
    /// WebSocket of the account.
    pub ws_private: String,
}

impl DeviceVenue {
    pub(super) fn config(self) -> Result<VenueConfig, DeviceTradeError> {
        let id = VenueId::new(&self.id).map_err(|error| invalid("venue", error))?;
        let made = match self.addresses {
            None => VenueConfig::live(&self.kind, id),
            Some(DeviceVenueAddresses { rest, ws_public, ws_private }) => {
                VenueConfig::at(&self.kind, id, VenueAddresses { rest, ws_public, ws_private })
            }
        };
        made.ok_or_else(|| invalid("kind", format!("{:?} is not known", self.kind)))
    }
}

/// What the phone's signer lets pass, whoever asks. Amounts are in the quote currency of an order's pair.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DevicePolicy {
    /// The pairs that may be traded. Any other is refused, bought and sold alike.
    pub pairs: Vec<DevicePolicyPair>,
    /// The most that one buy may cost. A sell may be an exit, and no amount holds it up.
    #[uniffi(default = None)]
    pub max_order: Option<String>,
    /// The most that all buys within any 60 minutes may cost together.
    #[uniffi(default = None)]
    pub max_buys_per_hour: Option<String>,
}

/// A pair, with the prices that may be paid; both or none. With prices, a buy must state a limit within them.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DevicePolicyPair {
    /// Canonical symbol, `BTC-USD`.
    pub symbol: String,
    /// The lowest price.
    #[uniffi(default = None)]
    pub low: Option<String>,
    /// The highest price.
    #[uniffi(default = None)]
    pub high: Option<String>,
}

/// Text of the caller's as what it should be.
pub(super) fn read<T: FromStr>(what: &str, text: &str) -> Result<T, DeviceTradeError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| invalid(what, error))
}

fn read_option<T: FromStr>(what: &str, text: Option<String>) -> Result<Option<T>, DeviceTradeError>
where
    T::Err: std::fmt::Display,
{
    text.map(|text| read(what, &text)).transpose()
}

impl TryFrom<DevicePolicy> for OrderPolicy {
    type Error = DeviceTradeError;

    fn try_from(policy: DevicePolicy) -> Result<Self, Self::Error> {
        let pairs = policy.pairs.into_iter().map(|pair| {
            let symbol: Symbol = read("symbol", &pair.symbol)?;
            let band = match (read_option("low", pair.low)?, read_option("high", pair.high)?) {
                (Some(low), Some(high)) if low <= high => Some(PriceBand { low, high }),
                (None, None) => None,
                _ => return Err(invalid("low, high", "a price band has both, and the low one first")),
            };
            Ok((symbol, band))
        });
        Ok(Self {
            pairs: pairs.collect::<Result<_, _>>()?,
            max_order: read_option("max_order", policy.max_order)?,
            max_buys_per_hour: read_option("max_buys_per_hour", policy.max_buys_per_hour)?,
        })
    }
}

impl From<OrderPolicy> for DevicePolicy {
    fn from(policy: OrderPolicy) -> Self {
        let pairs = policy.pairs.into_iter().map(|(symbol, band)| DevicePolicyPair {
            symbol: symbol.to_string(),
            low: band.map(|band| band.low.get().to_string()),
            high: band.map(|band| band.high.get().to_string()),
        });
        Self {
            pairs: pairs.collect(),
            max_order: policy.max_order.map(|most| most.get().to_string()),
            max_buys_per_hour: policy.max_buys_per_hour.map(|most| most.get().to_string()),
        }
    }
}

/// A key on this phone, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceKeyRecord {
    /// The exchange.
    pub venue: String,
    /// The user's name for it.
    pub label: String,
    /// A digest of the exchange's public key id: what a server may know of the key.
    pub fingerprint: String,
    /// What the phone's signer lets pass.
    pub policy: Option<DevicePolicy>,
    /// What the exchange said that it may do, in its words.
    pub rights: Vec<String>,
    /// When it was stored.
    pub stored_at: String,
    /// Whether the hardware key has to open it.
    pub in_hardware: bool,
}

impl From<DeviceKeyInfo> for DeviceKeyRecord {
    fn from(info: DeviceKeyInfo) -> Self {
        Self {
            venue: info.venue.to_string(),
            label: info.label,
            fingerprint: info.fingerprint,
            policy: info.policy.map(DevicePolicy::from),
            rights: info.rights.names,
            stored_at: info.stored_at.to_string(),
            in_hardware: info.in_hardware,
        }
    }
}

/// Money or an asset at an exchange, as it said just now.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceBalance {
    /// `USD`, `BTC`, ...
    pub asset: String,
    /// All of it.
    pub total: String,
    /// What no order holds.
    pub available: String,
}

impl From<VenueBalance> for DeviceBalance {
    fn from(balance: VenueBalance) -> Self {
        let text = |value: Decimal| value.normalize().to_string();
        Self { asset: balance.asset, total: text(balance.total), available: text(balance.available) }
    }
}

/// A position to open, with its stop.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceOpening {
    /// Canonical symbol.
    pub symbol: String,
    /// How much of the quote currency to buy for; this or `quantity`.
    #[uniffi(default = None)]
    pub amount: Option<String>,
    /// How much to buy, in the base; this or `amount`.
    #[uniffi(default = None)]
    pub quantity: Option<String>,
    /// Where its stop goes off, below the market.
    pub stop: String,
    /// Where it is sold with a profit, where the exchange keeps both.
    #[uniffi(default = None)]
    pub take_profit: Option<String>,
    /// The highest price to pay; 0.5 % above the best offer where there is none.
    #[uniffi(default = None)]
    pub limit: Option<String>,
}

impl TryFrom<DeviceOpening> for Opening {
    type Error = DeviceTradeError;

    fn try_from(opening: DeviceOpening) -> Result<Self, Self::Error> {
        let size = match (read_option("amount", opening.amount)?, read_option("quantity", opening.quantity)?)
        {
            (Some(amount), None) => OrderSize::Quote(amount),
            (None, Some(quantity)) => OrderSize::Base(quantity),
            _ => return Err(invalid("amount, quantity", "name one of them")),
        };
        Ok(Self {
            symbol: read("symbol", &opening.symbol)?,
            size,
            limit: read_option("limit", opening.limit)?,
            stop: read("stop", &opening.stop)?,
            take_profit: read_option("take_profit", opening.take_profit)?,
        })
    }
}

/// Something to sell.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceSale {
    /// Canonical symbol.
    pub symbol: String,
    /// Base units.
    pub quantity: String,
    /// The lowest price to take, until it is cancelled; at the market at once where there is none.
    #[uniffi(default = None)]
    pub limit: Option<String>,
}

impl TryFrom<DeviceSale> for Selling {
    type Error = DeviceTradeError;

    fn try_from(sale: DeviceSale) -> Result<Self, Self::Error> {
        Ok(Self {
            symbol: read("symbol", &sale.symbol)?,
            quantity: read("quantity", &sale.quantity)?,
            limit: read_option("limit", sale.limit)?,
        })
    }
}

/// How a position is guarded now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum DeviceProtection {
    /// There is nothing to guard.
    NotNeeded,
    /// Its stop rests at the exchange.
    Resting,
    /// Nobody knows yet: call `settle` again.
    InDoubt,
    /// Something is held and no stop rests: tell the user now.
    Missing,
}

/// What an order is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum DeviceOrderRole {
    /// Opens the position.
    Entry,
    /// Guards it at the exchange.
    Stop,
    /// Sells.
    Exit,
}

/// One order that the phone sent.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceOrder {
    /// The id that the exchange knows it by; never used twice.
    pub client_id: String,
    /// What for.
    pub role: DeviceOrderRole,
    /// `buy` or `sell`.
    pub side: String,
    /// `market`, `limit`, `stop_limit` or `bracket`.
    pub kind: String,
    /// Base units sent.
    pub quantity: String,
    /// `executing`, `unknown`, `working`, `partial_fill`, `filled`, `cancelled`, `expired`, `rejected`, `failed`.
    pub state: String,
    /// The exchange's own id.
    pub venue_order_id: Option<String>,
    /// Base units filled.
    pub filled: String,
    /// Average price so far.
    pub average_price: Option<String>,
    /// Why it ended so, or what is known.
    pub reason: Option<String>,
    /// When it was put on record, before it was sent.
    pub sent_at: String,
}

impl From<&Leg> for DeviceOrder {
    fn from(leg: &Leg) -> Self {
        Self {
            client_id: leg.client_id.to_string(),
            role: match leg.role {
                Role::Entry => DeviceOrderRole::Entry,
                Role::Stop => DeviceOrderRole::Stop,
                Role::Exit => DeviceOrderRole::Exit,
            },
            side: leg.side.to_string(),
            kind: leg.kind.as_str().to_owned(),
            quantity: leg.quantity.get().normalize().to_string(),
            state: leg.state.as_str().to_owned(),
            venue_order_id: leg.venue_order_id.as_ref().map(|id| id.as_str().to_owned()),
            filled: leg.filled.get().normalize().to_string(),
            average_price: leg.average_price.map(|price| price.get().normalize().to_string()),
            reason: leg.reason.as_ref().map(|reason| reason.text.clone()),
            sent_at: leg.sent_at.to_string(),
        }
    }
}

/// What the phone was asked to do, and the orders that it sent for it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceTrade {
    /// Its id.
    pub id: String,
    /// Canonical symbol.
    pub symbol: String,
    /// When it was asked for.
    pub opened_at: String,
    /// Where its stop goes off; absent for a plain sale.
    pub stop: Option<String>,
    /// It was found at the exchange after the list of orders was lost, without a stop and without word of where one should be: close it.
    pub stop_lost: bool,
    /// Where it is sold with a profit.
    pub take_profit: Option<String>,
    /// Base units held of it.
    pub held: String,
    /// How it is guarded.
    pub protection: DeviceProtection,
    /// Whether an order of it may or may not be at the exchange.
    pub in_doubt: bool,
    /// Whether it is being sold.
    pub closing: bool,
    /// Whether it is over.
    pub done: bool,
    /// What its owner must know, by a stable name: `undone`, `unprotected`, `not_closed`, `proven_absent`, ...
    pub note_code: Option<String>,
    /// The same in words.
    pub note: Option<String>,
    /// The orders, oldest first.
    pub orders: Vec<DeviceOrder>,
}

impl From<Trade> for DeviceTrade {
    fn from(trade: Trade) -> Self {
        Self {
            id: trade.id.to_string(),
            symbol: trade.symbol.to_string(),
            opened_at: trade.opened_at.to_string(),
            stop: trade.stop.map(|price| price.get().normalize().to_string()),
            stop_lost: trade.stop_lost,
            take_profit: trade.take_profit.map(|price| price.get().normalize().to_string()),
            held: trade.held().normalize().to_string(),
            protection: match trade.protection() {
                Protection::NotNeeded => DeviceProtection::NotNeeded,
                Protection::Resting => DeviceProtection::Resting,
                Protection::InDoubt => DeviceProtection::InDoubt,
                Protection::Missing => DeviceProtection::Missing,
            },
            in_doubt: trade.in_doubt(),
            closing: trade.closing,
            done: trade.done,
            note_code: trade.note.as_ref().map(|note| note.code.clone()),
            note: trade.note.as_ref().map(|note| note.text.clone()),
            orders: trade.legs.iter().map(DeviceOrder::from).collect(),
        }
    }
}
