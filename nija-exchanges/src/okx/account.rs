//! What a user has at OKX, pays there, and what their key may do.

use nija_core::{FeeSchedule, KeyRights, Symbol, Timestamp, VenueAccount, VenueBalance, VenueError, VenueId};
use rust_decimal::Decimal;

use super::{executor::Okx, parse::first, wire};
use crate::decode::unreadable;

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
        let at = self.market.clock.now();
        let mut balances: Vec<_> = balances.details.iter().map(|one| balance(&self.venue, one, at)).collect();
        balances.sort_by(|a: &VenueBalance, b| a.asset.cmp(&b.asset));
        Ok(balances)
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
        let mut groups = fees.fee_group.iter();
        let group = groups.find(|group| group.group_id == listed.fee_group).or(match &fees.fee_group[..] {
            [only] => Some(only),
            _ => None,
        });
        let (maker, taker) = match group {
            Some(group) => (Some(group.maker.0), Some(group.taker.0)),
            None => (fees.maker.0, fees.taker.0),
        };
        let (maker, taker) = maker
            .zip(taker)
            .ok_or_else(|| unreadable(&self.venue, "trade-fee.data.0.feeGroup", "no rates of the symbol"))?;
        // Below zero is charged.
        Ok(FeeSchedule { maker: -maker, taker: -taker, from_venue: true })
    }

    /// `trade` covers moving money between a user's own accounts as well (API key permissions); the signer signs none of that.
    pub(super) async fn key_rights(&self, account: &VenueAccount) -> Result<KeyRights, VenueError> {
        let body = self.read(account, "/api/v5/account/config", Vec::new()).await?;
        let config: wire::AccountConfig = first(&self.venue, "config", &body)?;
        let names = config.perm.split(',').map(str::trim).filter(|name| !name.is_empty());
        let names: Vec<String> = names.map(str::to_owned).collect();
        if names.is_empty() {
            // Without a word on withdrawals nothing is known.
            return Err(unreadable(&self.venue, "config.data.0.perm", "empty"));
        }
        let has = |right: &str| names.iter().any(|name| name == right);
        Ok(KeyRights { can_trade: Some(has("trade")), can_withdraw: Some(has("withdraw")), names })
    }
}

/// All of a currency, and what orders do not hold of it.
pub(super) fn balance(venue: &VenueId, balance: &wire::Balance, at: Timestamp) -> VenueBalance {
    let available = balance.avail_bal.0.or(balance.avail_eq.0).unwrap_or_default();
    VenueBalance {
        venue: venue.clone(),
        asset: balance.ccy.clone(),
        total: balance.cash_bal.0,
        available,
        at,
    }
}
