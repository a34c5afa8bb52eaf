//! What a user has at Coinbase, pays there, and what their key may do.

use nija_core::{FeeSchedule, KeyRights, VenueAccount, VenueBalance, VenueError, VenueId};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

use super::{call::next_cursor, executor::Coinbase, wire};
use crate::decode::{asset, decode, rate, sum};

/// Wallets on a page (List Accounts: 250 at most).
const PAGE: usize = 250;
/// Pages read at most.
const PAGES: usize = 40;

/// The first tier, as recorded in 2025: 0.6 % maker, 1.2 % taker.
pub(super) const fn default_fees() -> FeeSchedule {
    FeeSchedule {
        maker: Decimal::from_parts(6, 0, 0, false, 3),
        taker: Decimal::from_parts(12, 0, 0, false, 3),
        from_venue: false,
    }
}

impl Coinbase {
    /// Wallets of one currency are added up: there can be several.
    pub(super) async fn balances(&self, account: &VenueAccount) -> Result<Vec<VenueBalance>, VenueError> {
        let mut sums = Sums::new();
        let mut cursor = String::new();
        for _ in 0..PAGES {
            let mut query = vec![("limit", PAGE.to_string())];
            if !cursor.is_empty() {
                query.push(("cursor", cursor.clone()));
            }
            let body = self.read(account, "/api/v3/brokerage/accounts", query).await?;
            let page: wire::Accounts = decode(&self.venue, "accounts", &body)?;
            add(&self.venue, &mut sums, page.accounts)?;
            match next_cursor(page.has_next, page.cursor, &cursor) {
                Some(next) => cursor = next,
                None => return Ok(self.sorted(sums)),
            }
        }
        Err(self.too_long("accounts", PAGES))
    }

    fn sorted(&self, sums: Sums) -> Vec<VenueBalance> {
        let at = self.market.clock.now();
        let balance = |(asset, (total, available))| VenueBalance {
            venue: self.venue.clone(),
            asset,
            total,
            available,
            at,
        };
        sums.into_iter().map(balance).collect()
    }

    /// One tier counts for all spot products.
    pub(super) async fn fees(&self, account: &VenueAccount) -> Result<FeeSchedule, VenueError> {
        let query = vec![("product_type", "SPOT".to_owned())];
        let body = self.read(account, "/api/v3/brokerage/transaction_summary", query).await?;
        let summary: wire::TransactionSummary = decode(&self.venue, "transaction_summary", &body)?;
        fees_of(&self.venue, &summary)
    }

    /// `can_transfer` covers both withdrawing and moving money between portfolios (Get API Key Permissions).
    pub(super) async fn key_rights(&self, account: &VenueAccount) -> Result<KeyRights, VenueError> {
        let body = self.read(account, "/api/v3/brokerage/key_permissions", Vec::new()).await?;
        let rights: wire::KeyPermissions = decode(&self.venue, "key_permissions", &body)?;
        let names =
            [("view", rights.can_view), ("trade", rights.can_trade), ("transfer", rights.can_transfer)];
        Ok(KeyRights {
            can_trade: Some(rights.can_trade),
            can_withdraw: Some(rights.can_transfer),
            names: names.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.to_owned()).collect(),
            ..KeyRights::default()
        })
    }
}

/// Total and free of each currency.
pub(super) type Sums = BTreeMap<String, (Decimal, Decimal)>;

/// Adds a page of wallets.
pub(super) fn add(venue: &VenueId, sums: &mut Sums, page: Vec<wire::Account>) -> Result<(), VenueError> {
    for wallet in page {
        let path = || format!("accounts.accounts.{}", wallet.currency);
        let available = wallet.available_balance.value.0;
        let held = wallet.hold.as_ref().map_or(Decimal::ZERO, |hold| hold.value.0);
        let known = sums.entry(asset(venue, path(), &wallet.currency)?).or_default();
        let total = available.checked_add(held).and_then(|total| known.0.checked_add(total));
        let free = known.1.checked_add(available);
        *known = (sum(venue, path(), total)?, sum(venue, path(), free)?);
    }
    Ok(())
}

pub(super) fn fees_of(
    venue: &VenueId,
    summary: &wire::TransactionSummary,
) -> Result<FeeSchedule, VenueError> {
    let of = |value: crate::decode::Num| rate(venue, "transaction_summary.fee_tier", value.0);
    let tier = &summary.fee_tier;
    Ok(FeeSchedule { maker: of(tier.maker_fee_rate)?, taker: of(tier.taker_fee_rate)?, from_venue: true })
}
