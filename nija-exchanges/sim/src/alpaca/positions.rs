//! Positions: what an account holds beside money.

use super::assets::{ASSETS, Asset, Class};
use super::error::Refusal;
use super::rest::{Call, Said, ok};
use super::{assets, ids, orders};
use crate::engine::{AccountId, Engine, MarketId, Side};
use axum::http::{Method, StatusCode};
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(crate) fn route(call: &Call<'_>, method: &Method, rest: Option<&str>) -> Said {
    match (method, rest) {
        (&Method::GET, None) => {
            let engine = call.venue.engine.lock();
            ok(held(&engine, call.caller.account).map(|market| position(&engine, call, market)).collect())
        }
        (&Method::GET, Some(name)) => {
            let market = market(call, name)?;
            ok(position(&call.venue.engine.lock(), call, market))
        }
        (&Method::DELETE, None) => close_all(call),
        (&Method::DELETE, Some(name)) => close(call, name),
        _ => Err(Refusal::no_endpoint()),
    }
}

/// What an account's positions are worth in dollars.
pub(crate) fn worth(engine: &Engine, account: AccountId) -> Decimal {
    held(engine, account)
        .map(|market| {
            let state = &engine.markets()[market];
            engine.balance(account, &state.spec.base).total * state.last_price()
        })
        .sum()
}

fn held(engine: &Engine, account: AccountId) -> impl Iterator<Item = MarketId> {
    let holds = move |(_, asset): &(usize, &Asset)| !engine.balance(account, asset.base).total.is_zero();
    ASSETS.iter().enumerate().filter(holds).map(|(market, _)| market)
}

fn market(call: &Call<'_>, name: &str) -> Result<MarketId, Refusal> {
    let name = name.replace("%2F", "/").replace("%2f", "/");
    let found = assets::find(&name).map(|(market, _)| market);
    let engine = call.venue.engine.lock();
    found
        .filter(|market| held(&engine, call.caller.account).any(|held| held == *market))
        .ok_or_else(|| Refusal::not_found("position does not exist"))
}

fn position(engine: &Engine, call: &Call<'_>, market: MarketId) -> Value {
    let (asset, state) = (&ASSETS[market], &engine.markets()[market]);
    let balance = engine.balance(call.caller.account, asset.base);
    let price = state.last_price();
    let (mut bought, mut paid) = (Decimal::ZERO, Decimal::ZERO);
    for fill in
        engine.fills(call.caller.account).filter(|fill| fill.market == market && fill.side == Side::Buy)
    {
        bought += fill.qty;
        paid += fill.cost;
    }
    // What was there from the beginning is taken to have cost what it is worth.
    let entry = if bought.is_zero() { price } else { (paid / bought).round_dp(6) };
    let (value, basis) = ((balance.total * price).round_dp(6), (balance.total * entry).round_dp(6));
    let part = |gain: Decimal| if basis.is_zero() { Decimal::ZERO } else { (gain / basis).round_dp(6) };
    let text = |value: Decimal| value.normalize().to_string();
    json!({
        "asset_id": ids::asset(market),
        "symbol": asset.legacy_symbol(),
        "exchange": if asset.class == Class::Crypto { "CRYPTO" } else { "NASDAQ" },
        "asset_class": asset.class_name(),
        "asset_marginable": false,
        "qty": text(balance.total),
        "qty_available": text(balance.available()),
        "avg_entry_price": text(entry),
        "side": "long",
        "market_value": text(value),
        "cost_basis": text(basis),
        "unrealized_pl": text(value - basis),
        "unrealized_plpc": text(part(value - basis)),
        "unrealized_intraday_pl": text(value - basis),
        "unrealized_intraday_plpc": text(part(value - basis)),
        "current_price": text(price),
        "lastday_price": text(price),
        "change_today": "0",
    })
}

/// Sells a position at the market: all of it, a quantity, or a percentage.
fn close(call: &Call<'_>, name: &str) -> Said {
    let market = market(call, name)?;
    let free = {
        let engine = call.venue.engine.lock();
        engine.balance(call.caller.account, ASSETS[market].base).available()
    };
    let number = |name: &str| {
        let text = call.query.get(name)?;
        super::query::decimal(&Value::String(text.to_owned()))
    };
    let lot = call.venue.engine.lock().markets()[market].spec.lot_decimals;
    let qty = match (number("qty"), number("percentage")) {
        (Some(qty), None) => qty,
        (None, Some(percent)) if percent > Decimal::ZERO && percent <= Decimal::ONE_HUNDRED => {
            (free * percent / Decimal::ONE_HUNDRED)
                .round_dp_with_strategy(lot, rust_decimal::RoundingStrategy::ToZero)
        }
        (None, None) if call.query.get("qty").or(call.query.get("percentage")).is_none() => free,
        _ => return Err(Refusal::invalid("qty or percentage must be a number, and one of them alone")),
    };
    orders::sell(call, market, qty)
}

/// 207: each position with the status of its own order. Open orders are cancelled first where that is asked for.
fn close_all(call: &Call<'_>) -> Said {
    if call.query.flag("cancel_orders") {
        orders::cancel_all(call)?;
    }
    let markets: Vec<MarketId> = held(&call.venue.engine.lock(), call.caller.account).collect();
    let each = markets.into_iter().map(|market| {
        let symbol = ASSETS[market].legacy_symbol();
        let (status, body) = match close(call, ASSETS[market].symbol) {
            Ok((status, body)) => (status, body),
            Err(refusal) => (refusal.status, refusal.json()),
        };
        json!({ "symbol": symbol, "status": status.as_u16(), "body": body })
    });
    Ok((StatusCode::MULTI_STATUS, each.collect()))
}
