//! Which calls there are, what they need and what they weigh.

use super::params::Params;

/// What a call needs of its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    /// Nothing.
    None,
    /// An API key without a signature.
    KeyOnly,
    /// A signature of a key with this right (any, when empty).
    Signed(&'static str),
}

/// A call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) call: &'static str,
    pub(crate) security: Security,
    pub(crate) weight: u64,
}

pub(crate) const READ: &str = "enableReading";
pub(crate) const TRADE: &str = "enableSpotAndMarginTrading";
pub(crate) const WITHDRAW: &str = "enableWithdrawals";

/// The call of a request; `None` where Binance has a page that says 404.
pub(crate) fn find(method: &str, path: &str, params: &Params) -> Option<Route> {
    use Security::{KeyOnly, None as Public, Signed};
    let by_symbol = |one: u64, all: u64| if params.get("symbol").is_some() { one } else { all };
    let depth = match params.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100) {
        0..=100 => 5,
        101..=500 => 25,
        501..=1000 => 50,
        _ => 250,
    };
    let by_order = if params.get("orderId").is_some() { 5 } else { 20 };
    let (call, security, weight) = match (method, path) {
        ("GET", "/api/v3/ping") => ("ping", Public, 1),
        ("GET", "/api/v3/time") => ("time", Public, 1),
        ("GET", "/api/v3/exchangeInfo") => ("exchangeInfo", Public, 20),
        ("GET", "/api/v3/depth") => ("depth", Public, depth),
        ("GET", "/api/v3/trades") => ("trades", Public, 25),
        ("GET", "/api/v3/historicalTrades") => ("historicalTrades", Public, 25),
        ("GET", "/api/v3/aggTrades") => ("aggTrades", Public, 4),
        ("GET", "/api/v3/klines") => ("klines", Public, 2),
        ("GET", "/api/v3/uiKlines") => ("klines", Public, 2),
        ("GET", "/api/v3/avgPrice") => ("avgPrice", Public, 2),
        ("GET", "/api/v3/ticker/24hr") => ("ticker24hr", Public, by_symbol(2, 80)),
        ("GET", "/api/v3/ticker/tradingDay") => ("tickerTradingDay", Public, 4),
        ("GET", "/api/v3/ticker") => ("tickerWindow", Public, 4),
        ("GET", "/api/v3/ticker/price") => ("tickerPrice", Public, by_symbol(2, 4)),
        ("GET", "/api/v3/ticker/bookTicker") => ("bookTicker", Public, by_symbol(2, 4)),
        ("GET", "/sapi/v1/system/status") => ("systemStatus", Public, 1),
        ("POST", "/api/v3/order") => ("newOrder", Signed(TRADE), 1),
        ("POST", "/api/v3/order/test") => ("testOrder", Signed(TRADE), 1),
        ("GET", "/api/v3/order") => ("order", Signed(READ), 4),
        ("DELETE", "/api/v3/order") => ("cancel", Signed(TRADE), 1),
        ("POST", "/api/v3/order/cancelReplace") => ("cancelReplace", Signed(TRADE), 1),
        ("GET", "/api/v3/openOrders") => ("openOrders", Signed(READ), by_symbol(6, 80)),
        ("DELETE", "/api/v3/openOrders") => ("cancelAll", Signed(TRADE), 1),
        ("GET", "/api/v3/allOrders") => ("allOrders", Signed(READ), 20),
        ("POST", "/api/v3/order/oco") => ("oldOco", Signed(TRADE), 1),
        ("POST", "/api/v3/orderList/oco") => ("oco", Signed(TRADE), 1),
        ("GET", "/api/v3/orderList") => ("orderList", Signed(READ), 4),
        ("DELETE", "/api/v3/orderList") => ("cancelList", Signed(TRADE), 1),
        ("GET", "/api/v3/allOrderList") => ("allOrderLists", Signed(READ), 20),
        ("GET", "/api/v3/openOrderList") => ("openOrderLists", Signed(READ), 6),
        ("GET", "/api/v3/account") => ("account", Signed(READ), 20),
        ("GET", "/api/v3/account/commission") => ("commission", Signed(READ), 20),
        ("GET", "/api/v3/myTrades") => ("myTrades", Signed(READ), by_order),
        ("GET", "/api/v3/rateLimit/order") => ("orderCount", Signed(READ), 40),
        ("GET", "/api/v3/myPreventedMatches" | "/api/v3/myAllocations") => ("nothing", Signed(READ), 20),
        ("POST", "/api/v3/userDataStream") => ("startStream", KeyOnly, 2),
        ("PUT", "/api/v3/userDataStream") => ("keepStream", KeyOnly, 2),
        ("DELETE", "/api/v3/userDataStream") => ("endStream", KeyOnly, 2),
        // `/sapi` counts in limits of its own.
        ("GET", "/sapi/v1/account/apiRestrictions") => ("apiRestrictions", Signed(""), 0),
        ("GET", "/sapi/v1/asset/tradeFee") => ("tradeFee", Signed(READ), 0),
        ("POST", "/sapi/v3/asset/getUserAsset") => ("userAsset", Signed(READ), 0),
        ("GET", "/sapi/v1/account/status") => ("accountStatus", Signed(READ), 0),
        ("POST", path) if moves_money(path) => ("withdraw", Signed(WITHDRAW), 0),
        _ => return None,
    };
    Some(Route { call, security, weight })
}

/// The documented calls that take money out, or to another wallet.
fn moves_money(path: &str) -> bool {
    matches!(
        path,
        "/sapi/v1/capital/withdraw/apply"
            | "/sapi/v1/localentity/withdraw/apply"
            | "/sapi/v1/asset/transfer"
            | "/sapi/v1/futures/transfer"
            | "/sapi/v1/sub-account/universalTransfer"
            | "/sapi/v1/sub-account/transfer/subToMaster"
            | "/sapi/v1/sub-account/transfer/subToSub"
    )
}

/// The REST call that a method of the WebSocket API stands for (web-socket-api.md).
pub(crate) fn of_method(method: &str) -> Option<(&'static str, &'static str)> {
    Some(match method {
        "ping" => ("GET", "/api/v3/ping"),
        "time" => ("GET", "/api/v3/time"),
        "exchangeInfo" => ("GET", "/api/v3/exchangeInfo"),
        "depth" => ("GET", "/api/v3/depth"),
        "trades.recent" => ("GET", "/api/v3/trades"),
        "trades.historical" => ("GET", "/api/v3/historicalTrades"),
        "trades.aggregate" => ("GET", "/api/v3/aggTrades"),
        "klines" => ("GET", "/api/v3/klines"),
        "uiKlines" => ("GET", "/api/v3/uiKlines"),
        "avgPrice" => ("GET", "/api/v3/avgPrice"),
        "ticker.24hr" => ("GET", "/api/v3/ticker/24hr"),
        "ticker.tradingDay" => ("GET", "/api/v3/ticker/tradingDay"),
        "ticker" => ("GET", "/api/v3/ticker"),
        "ticker.price" => ("GET", "/api/v3/ticker/price"),
        "ticker.book" => ("GET", "/api/v3/ticker/bookTicker"),
        "order.place" => ("POST", "/api/v3/order"),
        "order.test" => ("POST", "/api/v3/order/test"),
        "order.status" => ("GET", "/api/v3/order"),
        "order.cancel" => ("DELETE", "/api/v3/order"),
        "order.cancelReplace" => ("POST", "/api/v3/order/cancelReplace"),
        "openOrders.status" => ("GET", "/api/v3/openOrders"),
        "openOrders.cancelAll" => ("DELETE", "/api/v3/openOrders"),
        "allOrders" => ("GET", "/api/v3/allOrders"),
        "orderList.place" => ("POST", "/api/v3/order/oco"),
        "orderList.place.oco" => ("POST", "/api/v3/orderList/oco"),
        "orderList.status" => ("GET", "/api/v3/orderList"),
        "orderList.cancel" => ("DELETE", "/api/v3/orderList"),
        "openOrderLists.status" => ("GET", "/api/v3/openOrderList"),
        "allOrderLists" => ("GET", "/api/v3/allOrderList"),
        "account.status" => ("GET", "/api/v3/account"),
        "account.commission" => ("GET", "/api/v3/account/commission"),
        "account.rateLimits.orders" => ("GET", "/api/v3/rateLimit/order"),
        "myTrades" => ("GET", "/api/v3/myTrades"),
        "myPreventedMatches" => ("GET", "/api/v3/myPreventedMatches"),
        "myAllocations" => ("GET", "/api/v3/myAllocations"),
        "userDataStream.start" => ("POST", "/api/v3/userDataStream"),
        "userDataStream.ping" => ("PUT", "/api/v3/userDataStream"),
        "userDataStream.stop" => ("DELETE", "/api/v3/userDataStream"),
        _ => return None,
    })
}
