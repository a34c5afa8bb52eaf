//! `exchangeInfo`.

use super::error::BinanceError;
use super::filters;
use super::format::ms;
use super::limits::{ORDERS, WEIGHT};
use super::params::Params;
use super::symbols::{self, DECIMALS, SYMBOLS, Symbol};
use serde_json::{Value, json};

/// The symbols that `symbol` or `symbols` name; `None` where neither is sent.
pub(crate) fn wanted(params: &Params) -> Result<Option<Vec<(usize, &'static Symbol)>>, BinanceError> {
    let find = |name: &str| symbols::find(name).ok_or_else(BinanceError::symbol);
    match (params.get("symbol"), params.get("symbols")) {
        (Some(_), Some(_)) => Err(BinanceError::combination()),
        (Some(name), None) => Ok(Some(vec![find(name)?])),
        (None, Some(list)) => {
            let illegal = || {
                BinanceError::illegal(
                    "symbols",
                    "^\\[(\"[A-Z0-9-_.]{1,20}\"(,\"[A-Z0-9-_.]{1,20}\"){0,}){0,1}\\]$",
                )
            };
            let names: Vec<String> = serde_json::from_str(list).map_err(|_| illegal())?;
            let found: Vec<_> = names.iter().map(|name| find(name)).collect::<Result<_, _>>()?;
            let twice =
                found.iter().enumerate().any(|(at, one)| found[..at].iter().any(|other| other.0 == one.0));
            if twice {
                return Err(BinanceError::new(-1151, "Symbol is present multiple times in the list."));
            }
            Ok(Some(found))
        }
        (None, None) => Ok(None),
    }
}

pub(crate) fn exchange_info(params: &Params, now_ns: i64) -> Result<Value, BinanceError> {
    let all = || SYMBOLS.iter().enumerate().collect();
    let listed: Vec<Value> =
        wanted(params)?.unwrap_or_else(all).into_iter().map(|(_, symbol)| about(symbol)).collect();
    Ok(json!({
        "timezone": "UTC",
        "serverTime": ms(now_ns),
        "rateLimits": rate_limits(),
        "exchangeFilters": [],
        "symbols": listed,
    }))
}

/// The limits as `exchangeInfo` lists them.
pub(crate) fn rate_limits() -> Value {
    json!([
        { "rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": WEIGHT },
        { "rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": ORDERS[0] },
        { "rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": ORDERS[1] },
        { "rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61_000 },
    ])
}

fn about(symbol: &Symbol) -> Value {
    json!({
        "symbol": symbol.name,
        "status": "TRADING",
        "baseAsset": symbol.base,
        "baseAssetPrecision": DECIMALS,
        "quoteAsset": symbol.quote,
        "quotePrecision": DECIMALS,
        "quoteAssetPrecision": DECIMALS,
        "baseCommissionPrecision": DECIMALS,
        "quoteCommissionPrecision": DECIMALS,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
        "icebergAllowed": false,
        "ocoAllowed": true,
        "otoAllowed": false,
        "quoteOrderQtyMarketAllowed": true,
        "allowTrailingStop": false,
        "cancelReplaceAllowed": true,
        "amendAllowed": false,
        "isSpotTradingAllowed": true,
        "isMarginTradingAllowed": false,
        "filters": filters::list(symbol),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_TAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER"],
    })
}
