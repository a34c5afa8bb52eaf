//! What a user has at Kraken, pays there, and what their key may do.

use nija_core::{
    FeeSchedule, KeyRights, RequestPurpose, Symbol, Timestamp, VenueAccount, VenueBalance, VenueError,
    VenueId,
};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use std::collections::HashMap;

use super::{executor::Kraken, parse::result, symbols::SymbolMap, wire};
use crate::decode::{asset, money, rate, sum, unreadable};
use crate::public_list::PublicList;

/// Kraken's first tier on the public fee page: 0.25 % maker, 0.40 % taker.
pub(super) const fn default_fees() -> FeeSchedule {
    FeeSchedule {
        maker: Decimal::from_parts(25, 0, 0, false, 4),
        taker: Decimal::from_parts(40, 0, 0, false, 4),
        from_venue: false,
    }
}

impl Kraken {
    pub(super) async fn balances(&self, account: &VenueAccount) -> Result<Vec<VenueBalance>, VenueError> {
        let symbols = self.market.symbols().await?;
        let body = self.read(account, "/0/private/BalanceEx", Vec::new()).await?;
        let balances: HashMap<String, wire::BalanceEx> = result(&self.venue, "BalanceEx", &body)?;
        balances_of(&self.venue, &balances, &symbols, self.market.clock.now())
    }

    pub(super) async fn fees(
        &self,
        account: &VenueAccount,
        symbol: &Symbol,
    ) -> Result<FeeSchedule, VenueError> {
        let pair = self.market.listed(symbol).await?.instrument.venue_symbol.clone();
        let form = vec![("pair", pair.clone())];
        let body = self.read(account, "/0/private/TradeVolume", form).await?;
        let volume: wire::TradeVolume = result(&self.venue, "TradeVolume", &body)?;
        fees_of(&self.venue, &pair, &volume)
    }

    pub(super) async fn key_rights(&self, account: &VenueAccount) -> Result<KeyRights, VenueError> {
        let body = self.read(account, "/0/private/GetApiKeyInfo", Vec::new()).await?;
        let info: wire::ApiKeyInfo = result(&self.venue, "GetApiKeyInfo", &body)?;
        Ok(rights_of(info))
    }

    /// A token for the private stream; Kraken lets it live for 15 minutes, and longer while a stream uses it.
    pub(super) async fn stream_token(&self, account: &VenueAccount) -> Result<String, VenueError> {
        let path = "/0/private/GetWebSocketsToken";
        let body = self.private.call(account, path, Vec::new(), RequestPurpose::OpenStream).await?;
        let token: wire::StreamToken = result(&self.venue, "GetWebSocketsToken", &body)?;
        Ok(token.token)
    }
}

pub(super) fn balances_of(
    venue: &VenueId,
    balances: &HashMap<String, wire::BalanceEx>,
    symbols: &SymbolMap,
    at: Timestamp,
) -> Result<Vec<VenueBalance>, VenueError> {
    let zero = |number: Option<crate::decode::Num>| number.map_or(Decimal::ZERO, |number| number.0);
    let one = |(name, balance): (&String, &wire::BalanceEx)| {
        let path = || format!("BalanceEx.result.{name}");
        let total = money(venue, path(), balance.balance.0)?;
        // BalanceEx: available = balance + credit - credit_used - hold_trade.
        let available = total
            .checked_add(zero(balance.credit))
            .and_then(|sum| sum.checked_sub(zero(balance.credit_used)))
            .and_then(|sum| sum.checked_sub(zero(balance.hold_trade)));
        let available = sum(venue, path(), available)?;
        let asset = asset(venue, path(), &symbols.asset(name))?;
        Ok(VenueBalance { venue: venue.clone(), asset, total, available, at })
    };
    let mut balances: Vec<_> = balances.iter().map(one).collect::<Result<_, VenueError>>()?;
    balances.sort_by(|a, b| a.asset.cmp(&b.asset));
    Ok(balances)
}

pub(super) fn fees_of(
    venue: &VenueId,
    pair: &str,
    volume: &wire::TradeVolume,
) -> Result<FeeSchedule, VenueError> {
    let path = format!("TradeVolume.result.fees.{pair}");
    let of = |fees: &HashMap<String, wire::Fee>| {
        let fee = fees.get(pair).or_else(|| fees.values().next());
        // Per cent.
        let share = fee.and_then(|fee| fee.fee.0.checked_div(Decimal::ONE_HUNDRED));
        share.map(|share| rate(venue, path.as_str(), share)).transpose()
    };
    let taker = of(&volume.fees)?.ok_or_else(|| unreadable(venue, path.as_str(), "missing"))?;
    Ok(FeeSchedule { maker: of(&volume.fees_maker)?.unwrap_or(taker), taker, from_venue: true })
}

pub(super) fn rights_of(info: wire::ApiKeyInfo) -> KeyRights {
    let has = |right: &str| info.permissions.iter().any(|name| name == right);
    KeyRights {
        can_trade: Some(has("modify-trades")),
        can_withdraw: Some(info.permissions.iter().any(|name| name.contains("withdraw"))),
        // Zero: never.
        expires_at: info.valid_until.filter(|at| !at.0.is_zero()).and_then(|at| {
            let micros = at.0.checked_mul(Decimal::from(1_000_000))?;
            Some(Timestamp::from_micros(micros.trunc().to_i64()?))
        }),
        from_listed_addresses: info.ip_allowlist.map(|listed| !listed.is_empty()),
        names: info.permissions,
    }
}
