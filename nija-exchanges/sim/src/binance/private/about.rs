//! What an account has, pays and may do, and how much of its limits is used up.

use super::super::exchange_info::{rate_limits, wanted};
use super::super::format::{eight, ms};
use super::super::limits::ORDERS;
use super::super::new_order::symbol;
use super::super::protocol::State;
use super::super::routes::{TRADE, WITHDRAW};
use super::super::symbols::{SYMBOLS, Symbol};
use super::{Answer, Caller};
use crate::engine::{AccountId, Engine};
use crate::venue::Venue;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// What `apiRestrictions` tells, beside the rights by name.
const RIGHTS: [&str; 9] = [
    "enableReading",
    TRADE,
    WITHDRAW,
    "enableInternalTransfer",
    "permitsUniversalTransfer",
    "enableMargin",
    "enableFutures",
    "enableVanillaOptions",
    "enablePortfolioMarginTrading",
];

impl Caller<'_> {
    pub(super) fn about(&self) -> Answer {
        let all = self.params.get("omitZeroBalances") != Some("true");
        let engine = self.venue.engine.lock();
        let (maker, taker) = rates(&engine, self.account);
        let (balances, _) = engine.balances(self.account);
        let balances: Vec<Value> = balances
            .into_iter()
            .filter(|(_, balance)| all || !balance.total.is_zero())
            .map(|(asset, balance)| {
                json!({ "asset": asset, "free": eight(balance.available()), "locked": eight(balance.held) })
            })
            .collect();
        Ok(json!({
            "makerCommission": 10,
            "takerCommission": 10,
            "buyerCommission": 0,
            "sellerCommission": 0,
            "commissionRates": { "maker": maker, "taker": taker, "buyer": "0.00000000", "seller": "0.00000000" },
            "canTrade": self.may(TRADE),
            "canWithdraw": true,
            "canDeposit": true,
            "brokered": false,
            "requireSelfTradePrevention": false,
            "preventSor": false,
            "updateTime": ms(self.now_ns),
            "accountType": "SPOT",
            "balances": balances,
            "permissions": ["SPOT"],
            "uid": 354_937_868 + self.account as u64,
        }))
    }

    pub(super) fn commission(&self) -> Answer {
        let (_, symbol) = symbol(self.params)?;
        let (maker, taker) = rates(&self.venue.engine.lock(), self.account);
        let zero = "0.00000000";
        let none = json!({ "maker": zero, "taker": zero, "buyer": zero, "seller": zero });
        Ok(json!({
            "symbol": symbol.name,
            "standardCommission": { "maker": maker, "taker": taker, "buyer": zero, "seller": zero },
            "specialCommission": none,
            "taxCommission": none,
            "discount": discount(),
        }))
    }

    pub(super) fn trade_fee(&self) -> Answer {
        let (maker, taker) = rates(&self.venue.engine.lock(), self.account);
        let listed = wanted(self.params)?.unwrap_or_else(|| SYMBOLS.iter().enumerate().collect());
        let row = |(_, symbol): (usize, &Symbol)| json!({ "symbol": symbol.name, "makerCommission": maker, "takerCommission": taker });
        Ok(listed.into_iter().map(row).collect())
    }

    pub(super) fn user_asset(&self) -> Value {
        let (balances, _) = self.venue.engine.lock().balances(self.account);
        balances
            .into_iter()
            .filter(|(asset, balance)| {
                !balance.total.is_zero() && self.params.get("asset").is_none_or(|wanted| wanted == asset)
            })
            .map(|(asset, balance)| {
                json!({
                    "asset": asset,
                    "free": eight(balance.available()),
                    "locked": eight(balance.held),
                    "freeze": "0",
                    "withdrawing": "0",
                    "ipoable": "0",
                    "btcValuation": "0",
                })
            })
            .collect()
    }

    pub(super) fn order_count(&self) -> Value {
        let counts = self.state.limits.orders(self.account, self.now_ns);
        let row = |interval: &str, number: u64, at: usize| json!({ "rateLimitType": "ORDERS", "interval": interval, "intervalNum": number, "limit": ORDERS[at], "count": counts[at] });
        json!([row("SECOND", 10, 0), row("DAY", 1, 1)])
    }

    pub(super) fn listen_key(&self, end: bool) -> Answer {
        let key = self.params.need("listenKey")?;
        self.state.listen_keys.change(&self.key, key, end, self.now_ns)?;
        Ok(json!({}))
    }

    pub(super) fn restrictions(&self) -> Answer {
        let mut out = Map::new();
        out.insert("ipRestrict".to_owned(), json!(false));
        out.insert("createTime".to_owned(), json!(ms(self.now_ns)));
        for right in RIGHTS {
            out.insert(right.to_owned(), json!(self.may(right)));
        }
        Ok(Value::Object(out))
    }

    fn may(&self, right: &str) -> bool {
        self.venue.keys.lock().get(&self.key).is_some_and(|key| key.may(right))
    }
}

/// The account's rates for resting and for taking.
pub(super) fn rates(engine: &Engine, account: AccountId) -> (String, String) {
    let (_, tier) = engine.volume(account);
    let rate = |percent: Decimal| eight(percent / Decimal::ONE_HUNDRED);
    (rate(tier.maker_pct), rate(tier.taker_pct))
}

pub(super) fn discount() -> Value {
    json!({ "enabledForAccount": false, "enabledForSymbol": false, "discountAsset": "BNB", "discount": "0.75000000" })
}

/// The limits that a call counts in, with the counts now, as the WebSocket API tells them.
pub(crate) fn limits_now(venue: &Venue, state: &State, account: Option<AccountId>, orders: bool) -> Value {
    let now_ns = venue.clock.now_ns();
    let counts = account.map(|account| state.limits.orders(account, now_ns));
    let mut out: Vec<Value> = Vec::new();
    for (at, limit) in rate_limits().as_array().into_iter().flatten().enumerate() {
        let count = match (at, counts) {
            (0, _) => state.limits.weight(now_ns),
            (1 | 2, Some(counts)) if orders => counts[at - 1],
            _ => continue,
        };
        let mut limit = limit.clone();
        limit["count"] = json!(count);
        out.push(limit);
    }
    // Orders first, as in Binance's examples.
    let several = usize::from(out.len() > 1);
    out.rotate_left(several);
    out.into()
}
