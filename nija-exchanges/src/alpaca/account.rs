//! What a user has at Alpaca, pays there, and what their key may do.

use nija_core::{FeeSchedule, KeyRights, Symbol, VenueAccount, VenueBalance, VenueError};
use rust_decimal::Decimal;

use super::{AlpacaFees, executor::Alpaca, parse, symbols::Class, wire};

/// Crypto's rates; stocks are free of commission and asked for by symbol.
pub(super) const fn schedule(fees: AlpacaFees) -> FeeSchedule {
    FeeSchedule { maker: fees.maker, taker: fees.taker, from_venue: false }
}

impl Alpaca {
    /// Cash under its currency, and each position under its asset. Stocks that bear a coin's name are not counted as the coin.
    pub(super) async fn balances(&self, account: &VenueAccount) -> Result<Vec<VenueBalance>, VenueError> {
        let symbols = self.market.symbols(Some(account)).await?;
        let money = self.read_account(account).await?;
        let answer = self.private.get(account, "/v2/positions", Vec::new()).await?;
        let positions: Vec<wire::Position> = parse::answer(&self.venue, "positions", &answer)?;
        let at = self.market.clock.now();
        let balance = |asset: &str, total: Decimal, available: Decimal| VenueBalance {
            venue: self.venue.clone(),
            asset: asset.to_owned(),
            total,
            available: available.min(total),
            at,
        };
        let cash = money.cash.0;
        let free = money.non_marginable_buying_power.or(money.buying_power).map_or(cash, |free| free.0);
        let mut balances = vec![balance(money.currency.as_deref().unwrap_or("USD"), cash, free)];
        for position in &positions {
            let Some(listed) = symbols.of_class(&position.asset_class, &position.symbol) else {
                tracing::debug!(
                    symbol = position.symbol,
                    "a position in something that is not listed is left out"
                );
                continue;
            };
            let total = position.qty.0;
            let available = position.qty_available.map_or(total, |available| available.0);
            balances.push(balance(listed.instrument.symbol.base(), total, available));
        }
        balances.sort_by(|a, b| a.asset.cmp(&b.asset));
        Ok(balances)
    }

    /// Alpaca has no call for a user's tier: what is configured.
    pub(super) async fn fees(
        &self,
        account: &VenueAccount,
        symbol: &Symbol,
    ) -> Result<FeeSchedule, VenueError> {
        let listed = self.market.listed(Some(account), symbol).await?;
        Ok(match listed.class {
            Class::Crypto => schedule(self.fees),
            // "Regulatory Fees" of the SEC and FINRA, passed on for sales, are some thousandths of a per cent and not counted.
            Class::Stock => FeeSchedule { maker: Decimal::ZERO, taker: Decimal::ZERO, from_venue: false },
        })
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
        Ok(KeyRights { can_trade: Some(can_trade), can_withdraw: None, names })
    }

    async fn read_account(&self, account: &VenueAccount) -> Result<wire::Account, VenueError> {
        let answer = self.private.get(account, "/v2/account", Vec::new()).await?;
        parse::answer(&self.venue, "account", &answer)
    }
}
