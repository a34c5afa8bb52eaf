//! Accounts as the simulator hands them out: dummy credentials made at run time, rights and opening balances.

use crate::venue::Protocol;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The rights of an ordinary trading key, in Kraken's words.
pub const TRADING_PERMISSIONS: [&str; 7] = [
    "query-funds",
    "query-open-trades",
    "query-closed-trades",
    "modify-trades",
    "close-trades",
    "query-ledger",
    "create-ws-token",
];

/// Kraken's name of the right that no key given to NIJA should have.
pub const WITHDRAW: &str = "withdraw-funds";

/// A simulated account: credentials that open nothing but this simulator.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// API key.
    pub key: String,
    /// API secret, in the form that the venue gives out (base64, PEM, text).
    pub secret: String,
    /// Passphrase, for venues that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase: Option<String>,
    /// The key's rights.
    pub permissions: Vec<String>,
    /// Opening balances by canonical asset (`USD`, `BTC`).
    pub balances: BTreeMap<String, Decimal>,
    /// Whether the key may withdraw.
    #[serde(default)]
    pub may_withdraw: bool,
}

/// What an account to be made should have; what is left out gets the default.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Opening balances by canonical asset.
    #[serde(default)]
    pub balances: Option<BTreeMap<String, Decimal>>,
    /// The key's rights.
    #[serde(default)]
    pub permissions: Option<Vec<String>>,
    /// A key of the caller's choice.
    #[serde(default)]
    pub key: Option<String>,
    /// A secret of the caller's choice, in the venue's form.
    #[serde(default)]
    pub secret: Option<String>,
    /// A passphrase of the caller's choice, for venues that have one.
    #[serde(default)]
    pub passphrase: Option<String>,
}

/// What every account gets unless told otherwise.
#[must_use]
pub fn default_balances() -> BTreeMap<String, Decimal> {
    [("USD", 100_000), ("BTC", 2), ("ETH", 20), ("SOL", 500), ("USDT", 50_000)]
        .into_iter()
        .map(|(asset, amount)| (asset.to_owned(), Decimal::from(amount)))
        .collect()
}

impl Account {
    /// Fills in what a [`NewAccount`] leaves open, with fresh random credentials.
    pub(crate) fn create(new: NewAccount, protocol: &dyn Protocol) -> Self {
        let made = protocol.credentials();
        let permissions = new
            .permissions
            .unwrap_or_else(|| protocol.trading_rights().iter().map(|&name| name.to_owned()).collect());
        Self {
            key: new.key.unwrap_or(made.key),
            secret: new.secret.unwrap_or(made.secret),
            passphrase: made.passphrase.map(|made| new.passphrase.unwrap_or(made)),
            may_withdraw: permissions.iter().any(|name| Some(name.as_str()) == protocol.withdraw_right()),
            permissions,
            balances: new.balances.unwrap_or_else(default_balances),
        }
    }
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        // No system randomness: these keys guard play money, so the address of a local is random enough.
        let salt = std::ptr::from_ref(&bytes).addr().to_le_bytes();
        bytes.iter_mut().zip(salt.iter().cycle()).for_each(|(byte, salt)| *byte = *salt);
    }
    bytes
}
