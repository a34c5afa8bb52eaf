//! What a user has at OKX, pays there, and what their key may do.

use nija_core::{FeeSchedule, KeyRights, Symbol, Timestamp, VenueAccount, VenueBalance, VenueError, VenueId};
use rust_decimal::Decimal;

use super::{executor::Okx, parse::first, wire};
use crate::decode::{asset, money, rate, unreadable, words};
use crate::public_list::PublicList;

/// A regular user's first tier as Get fee rates shows it: 0.08 % maker, 0.10 % taker, taken from what is received.
pub(super) const fn default_fees() -> FeeSchedule {
    FeeSchedule {
        maker: Decimal::from_parts(8, 0, 0, false, 4),
        taker: Decimal::from_parts(10, 0, 0, false, 4),
        from_venue: false,
    }
}

impl Okx {
    /// What is in the trading account. The funding account is another one, which a key of ours cannot reach.
    pub(super) async fn balances(&self, account: &VenueAccount) -> Result<Vec<VenueBalance>, VenueError> {
        let body = self.read(account, "/api/v5/account/balance", Vec::new()).await?;
        let balances: wire::Balances = first(&self.venue, "balance", &body)?;
        balances_of(&self.venue, &balances, self.market.clock.now())
    }

    /// The rates of the group that the instrument is in. Pairs that are free of fees show their usual ones (Get fee rates).
    pub(super) async fn fees(
        &self,
        account: &VenueAccount,
        symbol: &Symbol,
    ) -> Result<FeeSchedule, VenueError> {
        let listed = self.market.listed(symbol).await?;
        let query = vec![("instType", "SPOT".to_owned()), ("instId", listed.name().to_owned())];
        let body = self.read(account, "/api/v5/account/trade-fee", query).await;
        let body = body.map_err(|error| self.market.of_symbol(error, symbol))?;
        let fees: wire::TradeFee = first(&self.venue, "trade-fee", &body)?;
        fees_of(&self.venue, &fees, &listed.fee_group)
    }

    /// `trade` covers moving money between a user's own accounts as well (API key permissions); the signer signs none of that.
    pub(super) async fn key_rights(&self, account: &VenueAccount) -> Result<KeyRights, VenueError> {
        let body = self.read(account, "/api/v5/account/config", Vec::new()).await?;
        let config: wire::AccountConfig = first(&self.venue, "config", &body)?;
        rights_of(&self.venue, &config)
    }
}

pub(super) fn balances_of(
    venue: &VenueId,
    balances: &wire::Balances,
    at: Timestamp,
) -> Result<Vec<VenueBalance>, VenueError> {
    let known = balances.details.iter().map(|one| balance(venue, one, at));
    let mut known = known.collect::<Result<Vec<_>, _>>()?;
    known.sort_by(|a, b| a.asset.cmp(&b.asset));
    Ok(known)
}

pub(super) fn fees_of(
    venue: &VenueId,
    fees: &wire::TradeFee,
    group: &str,
) -> Result<FeeSchedule, VenueError> {
    let own = fees.fee_group.iter().find(|one| one.group_id == group);
    let only = || match &fees.fee_group[..] {
        [only] => Some(only),
        _ => None,
    };
    let (maker, taker) = match own.or_else(only) {
        Some(group) => (Some(group.maker.0), Some(group.taker.0)),
        None => (fees.maker.0, fees.taker.0),
    };
    let path = "trade-fee.data.0.feeGroup";
    let none = || unreadable(venue, path, "no rates of the symbol");
    // Below zero is charged.
    let of = |number: Option<Decimal>| rate(venue, path, -number.ok_or_else(none)?);
    Ok(FeeSchedule { maker: of(maker)?, taker: of(taker)?, from_venue: true })
}

pub(super) fn rights_of(venue: &VenueId, config: &wire::AccountConfig) -> Result<KeyRights, VenueError> {
    let names = config.perm.split(',').map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(words).collect();
    if names.is_empty() {
        // Without a word on withdrawals nothing is known.
        return Err(unreadable(venue, "config.data.0.perm", "empty"));
    }
    let has = |right: &str| names.iter().any(|name| name == right);
    let listed = config.ip.as_ref().map(|ip| !ip.trim().is_empty());
    Ok(KeyRights {
        can_trade: Some(has("trade")),
        can_withdraw: can_withdraw(&names),
        names,
        expires_at: None,
        from_listed_addresses: listed,
    })
}

/// A right of a name that is not documented may be any: then nothing is known, and the user is told so.
fn can_withdraw(names: &[String]) -> Option<bool> {
    let withdraws = names.iter().any(|name| name.to_ascii_lowercase().contains("withdraw"));
    let is_harmless = |name: &String| matches!(name.as_str(), "read_only" | "trade");
    if withdraws { Some(true) } else { names.iter().all(is_harmless).then_some(false) }
}

/// All of a currency, and what orders do not hold of it.
pub(super) fn balance(
    venue: &VenueId,
    balance: &wire::Balance,
    at: Timestamp,
) -> Result<VenueBalance, VenueError> {
    let path = || format!("balance.details.{}", balance.ccy);
    let available = balance.avail_bal.0.or(balance.avail_eq.0).unwrap_or_default();
    Ok(VenueBalance {
        venue: venue.clone(),
        asset: asset(venue, path(), &balance.ccy)?,
        total: money(venue, path(), balance.cash_bal.0)?,
        available: money(venue, path(), available)?,
        at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(perm: &str) -> KeyRights {
        let body = serde_json::json!({ "code": "0", "msg": "", "data": [{ "acctLv": "1", "perm": perm, "ip": "" }] });
        let venue = VenueId::new("okx").expect("a venue's name");
        let config: wire::AccountConfig =
            first(&venue, "config", &body.to_string()).expect("a configuration");
        rights_of(&venue, &config).expect("rights")
    }

    #[test]
    fn a_key_that_may_withdraw_is_told_from_one_that_may_not() {
        let told = |perm| (rights(perm).can_trade, rights(perm).can_withdraw);
        assert_eq!(told("read_only,trade"), (Some(true), Some(false)));
        assert_eq!(told("read_only"), (Some(false), Some(false)));
        assert_eq!(told("read_only,withdraw,trade"), (Some(true), Some(true)));
        assert_eq!(told("withdraw"), (Some(false), Some(true)));
        assert_eq!(told(" trade , withdraw "), (Some(true), Some(true)));
    }

    #[test]
    fn a_right_that_is_not_documented_does_not_pass_for_harmless() {
        assert_eq!(rights("read_only,trade,withdrawal").can_withdraw, Some(true));
        assert_eq!(rights("read_only,trade,transfer_out").can_withdraw, None);
    }
}
