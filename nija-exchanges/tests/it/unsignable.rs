//! What no authenticator signs: the calls by which a venue moves money out of an account or hands out keys, as its documentation lists
//! them, and every way to write a path that might slip by.

use nija_core::{Authenticator, Method, RequestBody, RequestPurpose, UnsignedRequest, check_request};
use nija_exchanges::{
    alpaca::AlpacaAuthenticator, binance::BinanceAuthenticator, coinbase::CoinbaseAuthenticator,
    kraken::KrakenAuthenticator, okx::OkxAuthenticator,
};

use crate::support::id;

const METHODS: [Method; 4] = [Method::Get, Method::Post, Method::Put, Method::Delete];

/// docs.kraken.com, "Spot REST API": Funding, Subaccounts, Earn, and what changes keys or exports.
const KRAKEN: &[&str] = &[
    "/0/private/Withdraw",
    "/0/private/WithdrawInfo",
    "/0/private/WithdrawMethods",
    "/0/private/WithdrawAddresses",
    "/0/private/WithdrawStatus",
    "/0/private/WithdrawCancel",
    "/0/private/WalletTransfer",
    "/0/private/AccountTransfer",
    "/0/private/CreateSubaccount",
    "/0/private/DepositMethods",
    "/0/private/DepositAddresses",
    "/0/private/DepositStatus",
    "/0/private/Earn/Allocate",
    "/0/private/Earn/Deallocate",
    "/0/private/Stake",
    "/0/private/Unstake",
    "/0/private/AddExport",
    "/0/private/RemoveExport",
    "/0/private/CreateApiKey",
    "/0/private/UpdateApiKey",
];

/// docs.cdp.coinbase.com, Advanced Trade (portfolios, converts, sweeps) and the Coinbase App API (send, transfers).
const COINBASE: &[&str] = &[
    "/api/v3/brokerage/portfolios",
    "/api/v3/brokerage/portfolios/move_funds",
    "/api/v3/brokerage/portfolios/abc",
    "/api/v3/brokerage/convert/quote",
    "/api/v3/brokerage/convert/trade/abc",
    "/api/v3/brokerage/payment_methods",
    "/api/v3/brokerage/cfm/sweeps/schedule",
    "/api/v3/brokerage/cfm/sweeps",
    "/api/v3/brokerage/intx/allocate",
    "/v2/accounts/abc/transactions",
    "/v2/accounts/abc/addresses",
    "/v2/accounts/abc/withdrawals",
    "/v2/accounts/abc/deposits",
];

/// developers.binance.com, Wallet, Sub-account, Convert, Earn, Pay and the like.
const BINANCE: &[&str] = &[
    "/sapi/v1/capital/withdraw/apply",
    "/sapi/v1/capital/withdraw/history",
    "/sapi/v1/capital/deposit/address",
    "/sapi/v1/localentity/withdraw/apply",
    "/sapi/v1/asset/transfer",
    "/sapi/v1/asset/dust",
    "/sapi/v1/asset/wallet/balance",
    "/sapi/v1/sub-account/universalTransfer",
    "/sapi/v1/sub-account/transfer/subToSub",
    "/sapi/v1/sub-account/subAccountApi/ipRestriction",
    "/sapi/v1/managed-subaccount/withdraw",
    "/sapi/v1/margin/transfer",
    "/sapi/v1/margin/borrow-repay",
    "/sapi/v1/futures/transfer",
    "/sapi/v1/convert/acceptQuote",
    "/sapi/v1/simple-earn/flexible/subscribe",
    "/sapi/v1/giftcard/createCode",
    "/sapi/v1/account/enableFastWithdrawSwitch",
    "/sapi/v1/broker/subAccountApi",
    "/wapi/v3/withdraw.html",
];

/// docs.alpaca.markets, Trading API (crypto funding) and Broker API (transfers, journals, bank links).
const ALPACA: &[&str] = &[
    "/v2/wallets",
    "/v2/wallets/transfers",
    "/v2/wallets/transfers/abc",
    "/v2/wallets/whitelists",
    "/v2/wallets/fees/estimate",
    "/v2/account/configurations",
    "/v1/accounts/abc/transfers",
    "/v1/accounts/abc/ach_relationships",
    "/v1/accounts/abc/recipient_banks",
    "/v1/accounts/abc/wallets/transfers",
    "/v1/journals",
    "/v1/journals/batch",
    "/v1/instant_funding",
    "/oauth/token",
];

/// www.okx.com/docs-v5, Funding account, Sub-account, Financial product, and what moves money within an account.
const OKX: &[&str] = &[
    "/api/v5/asset/withdrawal",
    "/api/v5/asset/cancel-withdrawal",
    "/api/v5/asset/transfer",
    "/api/v5/asset/withdrawal-lightning",
    "/api/v5/asset/deposit-address",
    "/api/v5/asset/convert/trade",
    "/api/v5/fiat/create-withdrawal",
    "/api/v5/asset/subaccount/transfer",
    "/api/v5/users/subaccount/modify-apikey",
    "/api/v5/users/subaccount/create-subaccount",
    "/api/v5/users/subaccount/apikey",
    "/api/v5/account/set-leverage",
    "/api/v5/account/spot-manual-borrow-repay",
    "/api/v5/account/set-account-level",
    "/api/v5/finance/savings/purchase-redempt",
    "/api/v5/finance/staking-defi/purchase",
    "/api/v5/trade/batch-orders",
    "/api/v5/trade/amend-order",
    "/api/v5/trade/easy-convert",
    "/api/v5/trade/one-click-repay",
];

/// A venue is one line.
fn venues() -> Vec<(Box<dyn Authenticator>, &'static [&'static str])> {
    vec![
        (Box::new(KrakenAuthenticator::new(id("kraken"))), KRAKEN),
        (Box::new(CoinbaseAuthenticator::new(id("coinbase"), "api.coinbase.com")), COINBASE),
        (Box::new(BinanceAuthenticator::new(id("binance"))), BINANCE),
        (Box::new(AlpacaAuthenticator::new(id("alpaca"))), ALPACA),
        (Box::new(OkxAuthenticator::new(id("okx"))), OKX),
    ]
}

fn is_signed(authenticator: &dyn Authenticator, method: Method, path: String) -> bool {
    let request = UnsignedRequest {
        venue: authenticator.venue().clone(),
        method,
        path,
        query: Vec::new(),
        body: RequestBody::Empty,
        // The purpose is the caller's word: it opens nothing.
        purpose: RequestPurpose::Read,
    };
    check_request(authenticator, &request).is_ok()
}

/// Ways to write a path that some server, proxy or matcher might read as this one.
fn disguised(path: &str, allowed: &[&str]) -> Vec<String> {
    let bare = path.trim_start_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let mut all = vec![
        path.to_owned(),
        format!("{path}/"),
        format!("/{path}"),
        path.replacen('/', "//", 2),
        path.replace('/', "%2F"),
        path.replace('/', "%2f"),
        path.replace('/', "\\"),
        format!("{path}?"),
        format!("{path}#"),
        format!("{path};a=b"),
        format!("{path}%00"),
        format!("{path} "),
        format!("{path}\n"),
        path.to_uppercase(),
        bare.to_owned(),
        format!("http://elsewhere{path}"),
    ];
    for allowed in allowed {
        let parent = allowed.rsplit_once('/').map_or("", |(parent, _)| parent);
        let up = "/..".repeat(allowed.matches('/').count());
        all.extend([
            format!("{allowed}{up}{path}"),
            format!("{allowed}/..{path}"),
            format!("{}{path}", allowed.replace('*', "..")),
            allowed.replace('*', &format!("..%2F{bare}")),
            allowed.replace('*', &path.replace('/', "%2F")),
            allowed.replace('*', &format!("x/../../{bare}")),
            format!("{allowed}{path}"),
            format!("{parent}/../{last}"),
            format!("{allowed}?{path}"),
            format!("{allowed}#{path}"),
        ]);
    }
    // Of an allowed path itself nothing was disguised.
    all.retain(|path| !allowed.contains(&path.as_str()));
    all
}

#[test]
fn nothing_that_moves_money_or_makes_keys_is_signed_however_it_is_written() {
    let mut tried = 0;
    for (authenticator, endpoints) in venues() {
        let allowed: Vec<&str> = authenticator.endpoints().iter().map(|endpoint| endpoint.path).collect();
        for path in endpoints {
            for path in disguised(path, &allowed) {
                for method in METHODS {
                    let signed = is_signed(authenticator.as_ref(), method, path.clone());
                    assert!(!signed, "{} signs {method:?} {path}", authenticator.venue());
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} requests refused");
}

#[test]
fn what_is_signed_is_named_and_no_name_of_it_is_about_money_that_leaves() {
    const WORDS: [&str; 14] = [
        "withdraw",
        "transfer",
        "deposit",
        "wallet",
        "convert",
        "portfolio",
        "payment",
        "subaccount",
        "sub-account",
        "journal",
        "earn",
        "stake",
        "address",
        "configurations",
    ];
    for (authenticator, _) in venues() {
        for endpoint in authenticator.endpoints() {
            let path = endpoint.path.to_ascii_lowercase();
            assert!(WORDS.iter().all(|word| !path.contains(word)), "{path}");
            // A wildcard stands for an order's id alone, at the end, below the orders.
            let wild = path.matches('*').count();
            assert!(wild == 0 || wild == 1 && path.ends_with("/*") && path.contains("orders/"), "{path}");
            assert!(path.starts_with('/'), "{path}");
            for method in METHODS.into_iter().filter(|method| *method != endpoint.method) {
                let other = authenticator
                    .endpoints()
                    .iter()
                    .any(|one| one.path == endpoint.path && one.method == method);
                let example = endpoint.path.replace('*', "an-id");
                assert_eq!(is_signed(authenticator.as_ref(), method, example), other, "{method:?} {path}");
            }
        }
    }
}
