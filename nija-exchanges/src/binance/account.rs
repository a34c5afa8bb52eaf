//! What a user has at Binance, pays there, and what their key may do.

use nija_core::{
    FeeSchedule, KeyRights, Method, Symbol, Timestamp, VenueAccount, VenueBalance, VenueError, VenueId,
};
use rust_decimal::Decimal;

use super::{executor::Binance, parse::result, wire};
use crate::decode::{asset, money, rate, sum, unreadable};
use crate::public_list::PublicList;

/// Binance's first tier on the public fee page: 0.1 % maker and taker, taken from what is received.
pub(super) const fn default_fees() -> FeeSchedule {
    let tenth = Decimal::from_parts(1, 0, 0, false, 3);
    FeeSchedule { maker: tenth, taker: tenth, from_venue: false }
}

/// What takes money out of the account, or out of reach of spot trading. All are refused at the door.
const MOVES_MONEY: [&str; 3] = ["enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer"];
const TRADES: &str = "enableSpotAndMarginTrading";

impl Binance {
    pub(super) async fn balances(&self, account: &VenueAccount) -> Result<Vec<VenueBalance>, VenueError> {
        let about = self.account(account).await?;
        balances_of(&self.venue, about.balances, self.market.clock.now())
    }

    /// The rates of the symbol; those of the account where the venue has no rates by symbol. A discount for paying in BNB is
    /// left out: it ends with the BNB.
    pub(super) async fn fees(
        &self,
        account: &VenueAccount,
        symbol: &Symbol,
    ) -> Result<FeeSchedule, VenueError> {
        let name = self.market.listed(symbol).await?.name().to_owned();
        let by_symbol = self.read(account, "/api/v3/account/commission", vec![("symbol", name)]).await;
        let rates = match by_symbol {
            Ok(body) => {
                let rates: wire::Commission = result(&self.venue, "account.commission", &body)?;
                added(rates)
            }
            // Hosts without this call answer with a page.
            Err(VenueError::AnswerLost { .. } | VenueError::Rejected { .. }) => {
                let rates = self.account(account).await?.commission_rates;
                vec![rates.ok_or_else(|| unreadable(&self.venue, "account.commissionRates", "missing"))?]
            }
            Err(error) => return Err(self.market.of_symbol(error, symbol)),
        };
        fees_of(&self.venue, &rates)
    }

    pub(super) async fn key_rights(&self, account: &VenueAccount) -> Result<KeyRights, VenueError> {
        if !self.knows_key_rights {
            // What the account may do; the key may do less.
            let about = self.account(account).await?;
            return Ok(KeyRights {
                can_trade: about.can_trade,
                can_withdraw: None,
                names: about.permissions,
                ..KeyRights::default()
            });
        }
        let body = self.read(account, "/sapi/v1/account/apiRestrictions", Vec::new()).await?;
        let restrictions: wire::Restrictions = result(&self.venue, "apiRestrictions", &body)?;
        rights_of(&self.venue, &restrictions)
    }

    /// A key for the user's own stream; it lives for an hour and longer while it is renewed.
    pub(super) async fn listen_key(&self, account: &VenueAccount) -> Result<String, VenueError> {
        let body = self.listen_key_call(account, Method::Post, Vec::new()).await?;
        let key: wire::ListenKey = result(&self.venue, "userDataStream", &body)?;
        // It becomes a part of an address.
        if key.listen_key.is_empty() || !key.listen_key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(unreadable(&self.venue, "userDataStream.listenKey", "not letters and digits"));
        }
        Ok(key.listen_key)
    }

    pub(super) async fn renew_listen_key(&self, account: &VenueAccount, key: &str) -> Result<(), VenueError> {
        self.listen_key_call(account, Method::Put, vec![("listenKey", key.to_owned())]).await.map(|_| ())
    }

    async fn account(&self, account: &VenueAccount) -> Result<wire::Account, VenueError> {
        let body =
            self.read(account, "/api/v3/account", vec![("omitZeroBalances", "true".to_owned())]).await?;
        result(&self.venue, "account", &body)
    }
}

pub(super) fn balances_of(
    venue: &VenueId,
    balances: Vec<wire::Balance>,
    at: Timestamp,
) -> Result<Vec<VenueBalance>, VenueError> {
    let mut known = Vec::with_capacity(balances.len());
    for balance in balances {
        let path = || format!("account.balances.{}", balance.asset);
        let total = sum(venue, path(), balance.free.0.checked_add(balance.locked.0))?;
        let available = money(venue, path(), balance.free.0)?;
        if !total.is_zero() {
            let asset = asset(venue, path(), &balance.asset)?;
            known.push(VenueBalance { venue: venue.clone(), asset, total, available, at });
        }
    }
    known.sort_by(|a, b| a.asset.cmp(&b.asset));
    Ok(known)
}

/// Rates that add up.
pub(super) fn added(rates: wire::Commission) -> Vec<wire::Rates> {
    let special = [rates.special_commission, rates.tax_commission];
    std::iter::once(rates.standard_commission).chain(special.into_iter().flatten()).collect()
}

pub(super) fn fees_of(venue: &VenueId, rates: &[wire::Rates]) -> Result<FeeSchedule, VenueError> {
    let of = |role: fn(&wire::Rates) -> Decimal| {
        let sum = rates.iter().try_fold(Decimal::ZERO, |sum, rates| {
            let side = [&rates.buyer, &rates.seller].into_iter().flatten().map(|rate| rate.0).max();
            sum.checked_add(role(rates))?.checked_add(side.unwrap_or_default())
        });
        rate(venue, "account.commission", sum.unwrap_or(Decimal::ONE))
    };
    Ok(FeeSchedule { maker: of(|rates| rates.maker.0)?, taker: of(|rates| rates.taker.0)?, from_venue: true })
}

pub(super) fn rights_of(venue: &VenueId, restrictions: &wire::Restrictions) -> Result<KeyRights, VenueError> {
    let has = |right: &str| restrictions.get(right).and_then(serde_json::Value::as_bool);
    let missing = |right: &str| unreadable(venue, format!("apiRestrictions.{right}"), "missing");
    // Without a clear word on withdrawals nothing is known.
    let withdraws = has(MOVES_MONEY[0]).ok_or_else(|| missing(MOVES_MONEY[0]))?;
    let names = restrictions.iter().filter(|(name, value)| {
        value.as_bool() == Some(true) && (name.starts_with("enable") || name.starts_with("permits"))
    });
    Ok(KeyRights {
        can_trade: Some(has(TRADES).ok_or_else(|| missing(TRADES))?),
        can_withdraw: Some(withdraws || MOVES_MONEY.iter().any(|right| has(right) == Some(true))),
        names: names.map(|(name, _)| name.clone()).collect(),
        // A key without an address list loses its right to trade after this, in milliseconds.
        expires_at: restrictions
            .get("tradingAuthorityExpirationTime")
            .and_then(serde_json::Value::as_i64)
            .and_then(|at| Some(Timestamp::from_micros(at.checked_mul(1000)?))),
        from_listed_addresses: has("ipRestrict"),
    })
}
