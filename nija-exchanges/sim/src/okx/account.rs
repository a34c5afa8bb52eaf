//! Balances, rights and fees of an account.

use super::error::{OkxError, Result};
use super::instruments::{INSTRUMENTS, level, ms, plain};
use super::rest::{Caller, rows};
use super::routes::{READ, TRADE, WITHDRAW};
use crate::engine::{Balance, Engine};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The number that OKX knows a user by.
pub(super) fn uid(account: usize) -> String {
    (44_705_892_343_619_584 + account as u64).to_string()
}

/// `GET /account/balance`.
pub(super) fn balance(caller: &Caller<'_>) -> Result<Value> {
    let wanted: Option<Vec<&str>> = caller.query.get("ccy").map(|list| list.split(',').collect());
    if wanted.as_ref().is_some_and(|list| list.len() > 20) {
        return Err(OkxError::parameter("ccy"));
    }
    let engine = caller.venue.engine.lock();
    let all = engine.balances(caller.account).0.into_iter().filter(|(_, balance)| !balance.total.is_zero());
    let shown: Vec<(String, Balance)> =
        all.filter(|(ccy, _)| wanted.as_ref().is_none_or(|wanted| wanted.contains(&ccy.as_str()))).collect();
    Ok(rows(json!([summary(&engine, &shown, caller.now_ns)])))
}

/// Balances with their sum in USD, as `balance` and the channel `account` show them.
pub(super) fn summary(engine: &Engine, balances: &[(String, Balance)], now_ns: i64) -> Value {
    let usd = |ccy: &str, amount: Decimal| (amount * usd_price(engine, ccy)).round_dp(8);
    let total: Decimal = balances.iter().map(|(ccy, balance)| usd(ccy, balance.total)).sum();
    let details: Vec<Value> =
        balances.iter().map(|(ccy, balance)| detail(ccy, balance, usd(ccy, balance.total), now_ns)).collect();
    json!({
        "adjEq": "",
        "availEq": "",
        "borrowFroz": "",
        "details": details,
        "imr": "",
        "isoEq": "",
        "mgnRatio": "",
        "mmr": "",
        "notionalUsd": "",
        "notionalUsdForBorrow": "",
        "notionalUsdForFutures": "",
        "notionalUsdForOption": "",
        "notionalUsdForSwap": "",
        "ordFroz": "",
        "totalEq": plain(total),
        "uTime": ms(now_ns),
        "upl": "",
    })
}

fn detail(ccy: &str, balance: &Balance, usd: Decimal, now_ns: i64) -> Value {
    let mut out = json!({
        "ccy": ccy,
        "availBal": plain(balance.available()),
        "cashBal": plain(balance.total),
        "eq": plain(balance.total),
        "eqUsd": plain(usd),
        "frozenBal": plain(balance.held),
        "ordFrozen": plain(balance.held),
        "spotBal": plain(balance.total),
        "uTime": ms(now_ns),
        "collateralEnabled": false,
        "collateralRestrict": false,
        "colRes": "0",
        "frpType": "0",
    });
    // What spot accounts have no use for.
    let zero = ["fixedBal", "rewardBal", "stgyEq", "spotIsoBal", "smtSyncEq", "spotCopyTradingEq"];
    let none = [
        "availEq",
        "borrowFroz",
        "crossLiab",
        "disEq",
        "imr",
        "interest",
        "isoEq",
        "isoLiab",
        "isoUpl",
        "liab",
        "maxLoan",
        "mgnRatio",
        "mmr",
        "notionalLever",
        "spotInUseAmt",
        "clSpotInUseAmt",
        "maxSpotInUse",
        "twap",
        "upl",
        "uplLiab",
        "openAvgPx",
        "accAvgPx",
        "spotUpl",
        "spotUplRatio",
        "totalPnl",
        "totalPnlRatio",
    ];
    zero.into_iter().for_each(|name| out[name] = json!("0"));
    none.into_iter().for_each(|name| out[name] = json!(""));
    out
}

/// What one of a currency is worth; a dollar is a dollar, and so is a tether here.
fn usd_price(engine: &Engine, ccy: &str) -> Decimal {
    let quoted = INSTRUMENTS.iter().position(|instrument| instrument.base == ccy);
    match quoted {
        Some(market) => engine.markets()[market].last_price(),
        None if matches!(ccy, "USD" | "USDT" | "USDC") => Decimal::ONE,
        None => Decimal::ZERO,
    }
}

/// `GET /account/config`: a spot account, and what its key may.
pub(super) fn config(caller: &Caller<'_>) -> Result<Value> {
    let keys = caller.venue.keys.lock();
    let key = keys.get(&caller.key).ok_or_else(OkxError::key)?;
    let may: Vec<&str> = [READ, WITHDRAW, TRADE].into_iter().filter(|right| key.may(right)).collect();
    let uid = uid(caller.account);
    let engine = caller.venue.engine.lock();
    let (_, tier) = engine.volume(caller.account);
    Ok(rows(json!([{
        "acctLv": "1",
        "acctStpMode": "cancel_maker",
        "autoLoan": false,
        "ctIsoMode": "automatic",
        "enableSpotBorrow": false,
        "greeksType": "PA",
        "feeType": "0",
        "ip": "",
        "type": "0",
        "kycLv": "3",
        "label": "nija-sim",
        "level": level(engine.fees(), &tier),
        "levelTmp": "",
        "liquidationGear": "-1",
        "mainUid": uid,
        "mgnIsoMode": "automatic",
        "opAuth": "0",
        "perm": may.join(","),
        "posMode": "net_mode",
        "roleType": "0",
        "settleCcy": "",
        "settleCcyList": [],
        "spotBorrowAutoRepay": false,
        "spotOffsetType": "",
        "spotRoleType": "0",
        "spotTraderInsts": [],
        "stgyType": "0",
        "traderInsts": [],
        "uid": uid,
    }])))
}

/// `GET /account/trade-fee`: rates with OKX's sign, so that what is charged is negative.
pub(super) fn trade_fee(caller: &Caller<'_>) -> Result<Value> {
    caller.query.need("instType")?;
    let market = caller.query.maybe_instrument()?;
    if !caller.query.is_spot()? {
        return Ok(rows(json!([])));
    }
    let group = caller.query.get("groupId");
    let engine = caller.venue.engine.lock();
    let (_, tier) = engine.volume(caller.account);
    let rate = |pct: Decimal| plain(-(pct / Decimal::ONE_HUNDRED));
    let (maker, taker) = (rate(tier.maker_pct), rate(tier.taker_pct));
    let mut groups: Vec<&str> = INSTRUMENTS
        .iter()
        .enumerate()
        .filter(|(index, _)| market.is_none_or(|market| market == *index))
        .map(|(_, instrument)| instrument.group)
        .filter(|known| group.is_none_or(|group| group == *known))
        .collect();
    groups.dedup();
    let groups: Vec<Value> = groups
        .into_iter()
        .map(|group| json!({ "elpMaker": "", "groupId": group, "maker": maker, "taker": taker }))
        .collect();
    Ok(rows(json!([{
        "category": "1",
        "delivery": "",
        "exercise": "",
        "feeGroup": groups,
        "fiat": [],
        "instType": "SPOT",
        "level": level(engine.fees(), &tier),
        "maker": maker,
        "makerU": "",
        "makerUSDC": "",
        "ruleType": "normal",
        "taker": taker,
        "takerU": "",
        "takerUSDC": "",
        "ts": ms(caller.now_ns),
    }])))
}
