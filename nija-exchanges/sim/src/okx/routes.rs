//! Which calls there are, what right they need and how often they may come.

use super::error::{OkxError, Result};

/// What a call needs of its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// Nothing.
    Public,
    /// A key with this right.
    Key(&'static str),
}

/// By what requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Address,
    User,
    /// By user and instrument.
    Instrument,
    /// As [`By::User`], each order of a batch for itself.
    Orders,
}

/// A call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route {
    pub(super) call: &'static str,
    pub(super) right: Right,
    /// Requests in two seconds.
    pub(super) most: u64,
    pub(super) by: By,
    /// Whether the header `expTime` is honoured.
    pub(super) expires: bool,
}

pub(super) const READ: &str = "read_only";
pub(super) const TRADE: &str = "trade";
pub(super) const WITHDRAW: &str = "withdraw";
const PREFIX: &str = "/api/v5/";

/// Whether a path needs a key.
pub(super) fn is_private(path: &str) -> bool {
    let public = ["public/", "market/", "system/"];
    path.strip_prefix(PREFIX).is_some_and(|rest| !public.iter().any(|begin| rest.starts_with(begin)))
}

/// The call of a request.
pub(super) fn find(method: &str, path: &str) -> Result<Route> {
    let rest = path.strip_prefix(PREFIX).ok_or_else(OkxError::path)?;
    let listed = ["GET", "POST"].map(|method| (method, listed(method, rest)));
    match listed.iter().find(|(listed, _)| *listed == method) {
        Some((_, Some(route))) => Ok(*route),
        _ if listed.iter().any(|(_, route)| route.is_some()) => Err(OkxError::method()),
        _ => Err(OkxError::path()),
    }
}

fn listed(method: &str, rest: &str) -> Option<Route> {
    use By::{Address, Instrument, Orders, User};
    let open = |call, most| (call, Right::Public, most, Address);
    let read = |call, most, by| (call, Right::Key(READ), most, by);
    let trade = |call, most, by| (call, Right::Key(TRADE), most, by);
    let (call, right, most, by) = match (method, rest) {
        ("GET", "public/time") => open("time", 10),
        ("GET", "public/instruments") => open("instruments", 20),
        ("GET", "public/price-limit") => open("priceLimit", 20),
        ("GET", "system/status") => open("status", 20),
        ("GET", "market/ticker") => open("ticker", 20),
        ("GET", "market/tickers") => open("tickers", 20),
        ("GET", "market/books") => open("books", 40),
        ("GET", "market/books-full") => open("booksFull", 10),
        ("GET", "market/candles") => open("candles", 40),
        ("GET", "market/history-candles") => open("historyCandles", 20),
        ("GET", "market/trades") => open("trades", 100),
        ("GET", "account/balance") => read("balance", 10, User),
        ("GET", "account/config") => read("config", 5, User),
        ("GET", "account/trade-fee") => read("tradeFee", 5, User),
        ("GET", "account/instruments") => read("accountInstruments", 20, User),
        ("GET", "account/positions") => read("positions", 10, User),
        ("POST", "trade/order") => trade("place", 60, Instrument),
        ("POST", "trade/batch-orders") => trade("placeBatch", 300, Orders),
        ("POST", "trade/cancel-order") => trade("cancel", 60, Instrument),
        ("POST", "trade/cancel-batch-orders") => trade("cancelBatch", 300, Orders),
        ("POST", "trade/amend-order") => trade("amend", 60, Instrument),
        ("POST", "trade/amend-batch-orders") => trade("amendBatch", 300, Orders),
        ("GET", "trade/order") => read("order", 60, Instrument),
        ("GET", "trade/orders-pending") => read("pending", 60, User),
        ("GET", "trade/orders-history") => read("history", 40, User),
        ("GET", "trade/orders-history-archive") => read("archive", 20, User),
        ("GET", "trade/fills") => read("fills", 60, User),
        ("GET", "trade/fills-history") => read("fillsHistory", 10, User),
        ("POST", "trade/order-algo") => trade("placeAlgo", 20, Instrument),
        ("POST", "trade/cancel-algos") => trade("cancelAlgos", 20, Orders),
        ("GET", "trade/order-algo") => read("algo", 20, User),
        ("GET", "trade/orders-algo-pending") => read("algosPending", 20, User),
        ("GET", "trade/orders-algo-history") => read("algosHistory", 20, User),
        ("POST", path) if moves_money(path) => ("withdraw", Right::Key(WITHDRAW), 6, User),
        _ => return None,
    };
    let expires = matches!(call, "place" | "placeBatch" | "amend" | "amendBatch");
    Some(Route { call, right, most, by, expires })
}

/// The documented calls that take money out, or to another account.
fn moves_money(path: &str) -> bool {
    matches!(
        path,
        "asset/withdrawal"
            | "asset/withdrawal-lightning"
            | "asset/transfer"
            | "asset/subaccount/transfer"
            | "asset/convert-dust-assets"
            | "fiat/create-withdrawal"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_knows_its_methods() {
        assert_eq!(find("POST", "/api/v5/trade/order").unwrap().call, "place");
        assert_eq!(find("GET", "/api/v5/trade/order").unwrap().call, "order");
        assert_eq!(find("PUT", "/api/v5/trade/order").unwrap_err().code, 50115);
        assert_eq!(find("POST", "/api/v5/public/time").unwrap_err().code, 50115);
        for nowhere in ["/", "/api/v5/", "/api/v5/trade", "/api/v4/trade/order", "/api/v5/trade/order/"] {
            assert_eq!(find("GET", nowhere).unwrap_err().code, 404, "{nowhere}");
        }
        assert!(is_private("/api/v5/trade/order") && !is_private("/api/v5/public/time") && !is_private("/"));
    }

    #[test]
    fn what_moves_money_needs_the_right_to_withdraw() {
        for path in ["asset/withdrawal", "asset/transfer"] {
            assert_eq!(find("POST", &format!("/api/v5/{path}")).unwrap().right, Right::Key(WITHDRAW));
        }
    }
}
