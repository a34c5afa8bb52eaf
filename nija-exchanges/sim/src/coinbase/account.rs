//! Wallets, fees, and what a key may do.

use super::error::Refusal;
use super::ids::{self, Kind};
use super::products::{ASSETS, plain};
use super::rest::{Caller, Result};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

pub(super) fn list(caller: &Caller<'_>) -> Result<Value> {
    let limit = caller.query.limit(49, 250)?;
    let skip = match caller.query.get("cursor") {
        None => 0,
        Some(cursor) => cursor.parse().map_err(|_| Refusal::argument("invalid cursor"))?,
    };
    let wallets: Vec<Value> =
        (0..ASSETS.len()).skip(skip).take(limit).map(|index| wallet(caller, index)).collect();
    let seen = skip.saturating_add(wallets.len());
    let has_next = seen < ASSETS.len();
    let cursor = if has_next { seen.to_string() } else { String::new() };
    Ok(json!({ "size": wallets.len(), "accounts": wallets, "has_next": has_next, "cursor": cursor }))
}

pub(super) fn one(caller: &Caller<'_>, id: &str) -> Result<Value> {
    let found = (0..ASSETS.len()).find(|index| wallet_id(caller, *index) == id);
    let index = found.ok_or(Refusal::PATH)?;
    Ok(json!({ "account": wallet(caller, index) }))
}

fn wallet_id(caller: &Caller<'_>, index: usize) -> String {
    ids::id(Kind::Wallet, (caller.account * 1_000 + index) as u64)
}

fn wallet(caller: &Caller<'_>, index: usize) -> Value {
    let (asset, name) = ASSETS[index];
    let balance = caller.venue.engine.lock().balance(caller.account, asset);
    let money = |value: Decimal| json!({ "value": plain(value), "currency": asset });
    let kind = if asset == "USD" { "ACCOUNT_TYPE_FIAT" } else { "ACCOUNT_TYPE_CRYPTO" };
    json!({
        "uuid": wallet_id(caller, index),
        "name": if asset == "USD" { "Cash (USD)".to_owned() } else { format!("{name} Wallet") },
        "currency": asset,
        "available_balance": money(balance.available()),
        "default": true,
        "active": true,
        "created_at": "2024-01-01T00:00:00.000Z",
        "updated_at": "2024-01-01T00:00:00.000Z",
        "deleted_at": null,
        "type": kind,
        "ready": true,
        "hold": money(balance.held),
        "retail_portfolio_id": portfolio_id(caller),
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    })
}

pub(super) fn portfolio_id(caller: &Caller<'_>) -> String {
    ids::id(Kind::Portfolio, caller.account as u64)
}

pub(super) fn portfolios(caller: &Caller<'_>) -> Result<Value> {
    let one = json!({ "name": "Default", "uuid": portfolio_id(caller), "type": "DEFAULT", "deleted": false });
    Ok(json!({ "portfolios": [one] }))
}

pub(super) fn permissions(caller: &Caller<'_>) -> Result<Value> {
    let keys = caller.venue.keys.lock();
    let key = keys.get(&caller.key).ok_or(Refusal::UNAUTHORIZED)?;
    Ok(json!({
        "can_view": key.may("view"),
        "can_trade": key.may("trade"),
        "can_transfer": key.may("transfer"),
        "portfolio_uuid": portfolio_id(caller),
        "portfolio_type": "DEFAULT",
    }))
}

pub(super) fn summary(caller: &Caller<'_>) -> Result<Value> {
    let engine = caller.venue.engine.lock();
    let (volume, tier) = engine.volume(caller.account);
    let fees: Decimal = engine.fills(caller.account).map(|fill| fill.fee).sum();
    let rate = |pct: Decimal| plain(pct / Decimal::ONE_HUNDRED);
    let rows = &engine.fees().tiers;
    let nth = rows.iter().position(|row| row.volume == tier.volume).unwrap_or(0);
    let to = engine.fees().next_tier(volume).map(|next| plain(next.volume)).unwrap_or_default();
    let number = |value: Decimal| value.to_f64();
    Ok(json!({
        "total_volume": number(volume),
        "total_fees": number(fees),
        "fee_tier": {
            "pricing_tier": if nth == 0 { "Intro 1".to_owned() } else { format!("Advanced {nth}") },
            "usd_from": plain(tier.volume),
            "usd_to": to,
            "taker_fee_rate": rate(tier.taker_pct),
            "maker_fee_rate": rate(tier.maker_pct),
            "aop_from": "",
            "aop_to": "",
        },
        "margin_rate": null,
        "goods_and_services_tax": null,
        "advanced_trade_only_volume": number(volume),
        "advanced_trade_only_fees": number(fees),
        "coinbase_pro_volume": 0,
        "coinbase_pro_fees": 0,
        "total_balance": plain(engine.balance(caller.account, "USD").total),
        "has_promo_fee": false,
    }))
}
