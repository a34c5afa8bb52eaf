//! What a user has at Alpaca, pays there, and what their key may do.

use nija_core::{FeeSchedule, KeyRights, Symbol, Timestamp, VenueAccount, VenueBalance, VenueError, VenueId};
use rust_decimal::Decimal;
use std::time::Duration;

use super::{
    AlpacaFees,
    executor::Alpaca,
    parse,
    symbols::{Class, SymbolMap},
    wire,
};
use crate::decode::{asset, money};

/// How long a user's tier is taken to stand.
const TIER_KEPT: Duration = Duration::from_secs(3_600);

/// Crypto's rates; stocks are free of commission and asked for by symbol.
pub(super) const fn schedule(fees: AlpacaFees, from_venue: bool) -> FeeSchedule {
    FeeSchedule { maker: fees.maker, taker: fees.taker, from_venue }
}

impl Alpaca {
    /// Cash under its currency, and each position under its asset. Stocks that bear a coin's name are not counted as the coin.
    pub(super) async fn balances(&self, account: &VenueAccount) -> Result<Vec<VenueBalance>, VenueError> {
        let symbols = self.market.symbols(Some(account)).await?;
        let money = self.read_account(account).await?;
        let answer = self.private.get(account, "/v2/positions", Vec::new()).await?;
        let positions: Vec<wire::Position> = parse::answer(&self.venue, "positions", &answer)?;
        balances_of(&self.venue, &symbols, &money, &positions, self.market.clock.now())
    }

    /// Alpaca has no call for a user's rates. Its account names a tier, whose rates are published; what is configured comes first.
    pub(super) async fn fees(
        &self,
        account: &VenueAccount,
        symbol: &Symbol,
    ) -> Result<FeeSchedule, VenueError> {
        let listed = self.market.listed(Some(account), symbol).await?;
        Ok(match listed.class {
            Class::Crypto => {
                let (fees, told) = self.crypto_fees(account).await?;
                schedule(fees, told)
            }
            // "Regulatory Fees" of the SEC and FINRA, passed on for sales, are some thousandths of a per cent and not counted.
            Class::Stock => FeeSchedule { maker: Decimal::ZERO, taker: Decimal::ZERO, from_venue: false },
        })
    }

    /// Crypto's rates for a user, and whether the venue said so. What was told is kept: tiers change by the day.
    pub(super) async fn crypto_fees(&self, account: &VenueAccount) -> Result<(AlpacaFees, bool), VenueError> {
        if let Some(configured) = self.fees {
            return Ok((configured, false));
        }
        let now = self.market.clock.now();
        let known = self.tiers.lock().get(&account.user).copied();
        let told = match known {
            Some((told, at)) if now >= at && now.since(at) < TIER_KEPT => told,
            _ => {
                let state = self.read_account(account).await?;
                let tier = state.crypto_tier.as_ref().and_then(|tier| match tier {
                    serde_json::Value::String(text) => text.parse().ok(),
                    other => u32::try_from(other.as_u64()?).ok(),
                });
                let told = tier.and_then(AlpacaFees::of_tier);
                self.tiers.lock().insert(account.user, (told, now));
                told
            }
        };
        Ok(told.map_or((AlpacaFees::default(), false), |told| (told, true)))
    }

    /// Alpaca does not tell what a key may do. The account's own state is the nearest thing to it.
    pub(super) async fn key_rights(&self, account: &VenueAccount) -> Result<KeyRights, VenueError> {
        let state = self.read_account(account).await?;
        let mut names = vec![format!("account:{}", state.status.to_ascii_lowercase())];
        for (name, is) in [
            ("trading_blocked", state.trading_blocked),
            ("account_blocked", state.account_blocked),
            ("trade_suspended_by_user", state.trade_suspended_by_user),
        ] {
            names.extend(is.then(|| name.to_owned()));
        }
        let can_trade = state.status == "ACTIVE" && names.len() == 1;
        // The first that is heard of a user: where the operator has no key, theirs opens the list of assets for all.
        if let Err(error) = self.market.symbols(Some(account)).await {
            tracing::warn!(venue = %self.venue, %error, "the list of assets could not be read");
        }
        Ok(KeyRights { can_trade: Some(can_trade), names, ..KeyRights::default() })
    }

    async fn read_account(&self, account: &VenueAccount) -> Result<wire::Account, VenueError> {
        let answer = self.private.get(account, "/v2/account", Vec::new()).await?;
        parse::answer(&self.venue, "account", &answer)
    }
}

pub(super) fn balances_of(
    venue: &VenueId,
    symbols: &SymbolMap,
    account: &wire::Account,
    positions: &[wire::Position],
    at: Timestamp,
) -> Result<Vec<VenueBalance>, VenueError> {
    let balance = |name: &str, total: Decimal, available: Decimal| {
        let of = |value| money(venue, format!("balances.{name}"), value);
        let (total, available) = (of(total)?, of(available.min(total))?);
        let (venue, asset) = (venue.clone(), asset(venue, "account.currency", name)?);
        Ok::<_, VenueError>(VenueBalance { venue, asset, total, available, at })
    };
    let cash = account.cash.0;
    let free = account.non_marginable_buying_power.or(account.buying_power).map_or(cash, |free| free.0);
    let mut balances = vec![balance(account.currency.as_deref().unwrap_or("USD"), cash, free)?];
    for position in positions {
        let Some(listed) = symbols.of_class(&position.asset_class, &position.symbol) else {
            tracing::debug!(
                symbol = position.symbol,
                "a position in something that is not listed is left out"
            );
            continue;
        };
        let total = position.qty.0;
        let available = position.qty_available.map_or(total, |available| available.0);
        balances.push(balance(listed.instrument.symbol.base(), total, available)?);
    }
    balances.sort_by(|a, b| a.asset.cmp(&b.asset));
    Ok(balances)
}
