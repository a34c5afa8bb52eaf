//! A simulated Binance on loopback for the conformance suite, and what is Binance's own: windows and clocks, executions by symbol,
//! numbered books, signed streams, fees in what is received.

use futures::StreamExt;
use nija_core::{
    AccountEvent, Authenticator, Executor, LimitScope, Lookup, MarketEvent, OrderKind, OrderState, Price,
    Side, Symbol, SystemClock, TimeInForce, VenueAccount, VenueError,
};
use nija_exchanges::{
    binance::{BinanceAuthenticator, BinanceConfig, BinanceExecutor, UserStream},
    testing::{Harness, Trader, VenueFault, open_lane, within},
};
use nija_sim::{Account, Fault, FaultKind, NewAccount, VenueHandle, VenueKind};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{
    support::{dec, id},
    wire::{self, OnTheWire, PATIENCE, Wire},
};

const ORDER: &str = "/api/v3/order";

pub(crate) fn usdt() -> Symbol {
    Symbol::new(BinanceWire::SYMBOL).unwrap()
}

/// An account that signs with a key of the simulator.
pub(crate) fn signed(account: &Account) -> VenueAccount {
    wire::signed(Arc::new(BinanceAuthenticator::new(id("binance"))), account)
}

pub(crate) type Binance = OnTheWire<BinanceWire>;

pub(crate) struct BinanceWire;

impl Wire for BinanceWire {
    type Executor = BinanceExecutor;
    const KIND: VenueKind = VenueKind::Binance;
    const SYMBOL: &'static str = "BTC-USDT";
    // Binance's counterpart of a nonce is the timestamp.
    const ORDERS: &'static str = ORDER;
    const LOOKS: &'static [&'static str] = &["enableReading"];

    fn open(venue: &VenueHandle) -> BinanceExecutor {
        Binance::open_with(venue, |_| {})
    }

    fn authenticator(_: &BinanceExecutor) -> Arc<dyn Authenticator> {
        Arc::new(BinanceAuthenticator::new(id("binance")))
    }

    fn own_fault(venue: &VenueHandle, fault: VenueFault) -> Option<bool> {
        (fault == VenueFault::Ban).then(|| {
            venue.fault(Fault::new(FaultKind::RateLimit).on(ORDER).status(418));
            true
        })
    }
}

impl Binance {
    pub(crate) fn config(venue: &VenueHandle) -> BinanceConfig {
        let (public, private) = (venue.ws_public.as_str(), venue.ws_private.as_str());
        let mut config = BinanceConfig::new(id("binance"), venue.rest.as_str(), public, private);
        config.http.timeout = PATIENCE;
        config
    }

    /// An executor that is set otherwise.
    pub(crate) fn open_with(venue: &VenueHandle, change: impl Fn(&mut BinanceConfig)) -> BinanceExecutor {
        let mut config = Self::config(venue);
        change(&mut config);
        BinanceExecutor::new(config, Arc::new(SystemClock)).unwrap()
    }
}

#[tokio::test]
async fn a_key_that_may_withdraw_or_transfer_is_known_as_one() {
    let binance = Binance::start().await;
    for right in ["enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer"] {
        let permissions = ["enableReading", "enableSpotAndMarginTrading", right].map(str::to_owned);
        let new = NewAccount { permissions: Some(permissions.into()), ..NewAccount::default() };
        let key = binance.venue().add_account(new);
        let rights = binance.executor.key_rights(&signed(&key)).await.unwrap();
        assert_eq!((rights.can_trade, rights.can_withdraw), (Some(true), Some(true)), "{right}");
        assert!(rights.names.contains(&right.to_owned()));
    }
    let rights = binance.executor.key_rights(&signed(&binance.key())).await.unwrap();
    assert_eq!((rights.can_trade, rights.can_withdraw), (Some(true), Some(false)));
}

#[tokio::test]
async fn a_host_without_that_call_leaves_the_right_to_withdraw_open() {
    let binance =
        Binance::start_with(|venue| Binance::open_with(venue, |config| config.knows_key_rights = false))
            .await;
    let rights = binance.executor.key_rights(&signed(&binance.key())).await.unwrap();
    assert_eq!((rights.can_trade, rights.can_withdraw), (Some(true), None));
}

#[tokio::test]
async fn a_wrong_secret_is_the_keys_fault() {
    let binance = Binance::start().await;
    let mut key = binance.key();
    key.secret = binance.key().secret;
    let error = binance.executor.balances(&signed(&key)).await.unwrap_err();
    assert!(matches!(error, VenueError::KeyRefused { .. }), "{error}");
}

#[tokio::test]
async fn an_order_that_reaches_the_venue_after_its_window_is_refused_there() {
    let binance = Binance::start().await;
    let trader = Trader::new(&binance).await;
    let quantity = trader.quantity().await;
    let price = trader.far(Side::Buy).await;
    let order = nija_exchanges::testing::venue_order(
        trader.account.user,
        uuid::Uuid::new_v4().to_string().parse().unwrap(),
        usdt(),
        Side::Buy,
        OrderKind::Limit { price },
        quantity,
        TimeInForce::Gtc,
        trader.now().plus(Duration::from_secs(1)),
    );
    binance.venue().fault(Fault::new(FaultKind::Delay).on("/api/v3/order").ms(2_000));
    let error =
        trader.executor.place(&trader.account, &order, quantity.at(price).unwrap()).await.unwrap_err();
    assert!(matches!(error, VenueError::NonceRefused { .. }), "{error}");
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_clock_that_goes_off_is_followed_after_the_first_refusal() {
    let binance = Binance::start().await;
    let trader = Trader::new(&binance).await;
    let quantity = trader.quantity().await;
    for skew in [40_000, -40_000, 0] {
        binance.venue().fault(Fault::new(FaultKind::ClockSkew).ms(skew));
        let price = trader.far(Side::Buy).await;
        let kind = OrderKind::Limit { price };
        let (_, refused) = trader.place(Side::Buy, kind, quantity, TimeInForce::Gtc).await;
        let error = refused.unwrap_err();
        assert!(matches!(error, VenueError::NonceRefused { .. }) && error.may_try_again(), "{error}");
        let order = trader.rest(Side::Buy, quantity).await;
        trader.executor.cancel(&trader.account, &order).await.unwrap();
    }
}

#[tokio::test]
async fn what_the_venue_calls_unknown_is_in_doubt_and_found() {
    let binance = Binance::start().await;
    let trader = Trader::new(&binance).await;
    let quantity = trader.quantity().await;
    let price = trader.far(Side::Buy).await;
    // -1007: the engine took the order, and its answer came too late for the gateway.
    binance.venue().fault(Fault::new(FaultKind::Unavailable).on("/api/v3/order").processed(true));
    let kind = OrderKind::Limit { price };
    let (order, placed) = trader.place(Side::Buy, kind, quantity, TimeInForce::Gtc).await;
    let error = placed.unwrap_err();
    assert!(matches!(error, VenueError::AnswerLost { .. }), "{error}");
    let found = trader.executor.find(&trader.account, &order, trader.now()).await.unwrap();
    assert!(matches!(found, Lookup::Found(report) if report.state == OrderState::Working));
}

#[tokio::test]
async fn a_ban_says_how_long_it_lasts() {
    let binance = Binance::start_limited().await;
    let account = signed(&binance.key());
    binance.executor.instruments().await.unwrap();
    binance.venue().fault(Fault::new(FaultKind::RateLimit).status(418));
    let error = binance.executor.balances(&account).await.unwrap_err();
    let VenueError::RateLimited { scope, banned, retry_after, .. } = error else { panic!("{error}") };
    assert_eq!((scope, banned, retry_after), (LimitScope::Ip, true, Some(Duration::from_secs(120))));
    assert!(binance.executor.balances(&account).await.is_ok());
    let used = binance.executor.limits_used(None);
    assert!(matches!(&used[..], [weight] if weight.used > 0 && weight.limit == Some(6000)), "{used:?}");
}

#[tokio::test]
async fn fees_come_out_of_what_is_received() {
    let binance = Binance::start().await;
    let key = binance.key();
    let trader = binance.trader(&key).await;
    let since = trader.now().minus(Duration::from_secs(5));
    let quantity = trader.quantity().await;
    let bought = trader.trade(Side::Buy, quantity).await;
    // All that was received can be sold, and not more.
    let held = trader.balance("BTC").await.1;
    assert!(held < quantity.get());
    let rest = nija_core::Quantity::new(held).unwrap().floor_to(trader.instrument.lot_size);
    let sold = trader.trade(Side::Sell, rest).await;
    let fills = trader.executor.fills_since(&trader.account, since).await.unwrap();
    let of = |order: &nija_core::OrderRef| {
        fills.iter().filter(|fill| fill.client_id == Some(order.client_id)).collect::<Vec<_>>()
    };
    assert!(
        of(&bought)
            .iter()
            .all(|fill| fill.fee_asset == "BTC" && fill.fee == fill.quantity.get() * dec("0.001"))
    );
    assert!(!of(&sold).is_empty() && of(&sold).iter().all(|fill| fill.fee_asset == "USDT"));
}

#[tokio::test]
async fn fills_of_many_pages_and_two_symbols_all_come_once_with_their_client_ids() {
    let binance = Binance::start().await;
    assert!(binance.venue().set_price("ETH-USDT", 3_000.into()));
    let key = binance.key();
    let trader = binance.trader(&key).await;
    let since = trader.now().minus(Duration::from_secs(5));
    let quantity = trader.quantity().await;
    let mut placed = Vec::new();
    for nth in 0..1_050 {
        let side = if nth % 2 == 0 { Side::Buy } else { Side::Sell };
        // What was bought is a little more than what can be sold.
        let quantity = if side == Side::Buy {
            quantity
        } else {
            quantity.minus(nija_core::Quantity::new(trader.instrument.lot_size).unwrap())
        };
        placed.push(trader.trade(side, quantity).await.client_id);
    }
    // One that knows nothing of these orders, as after a restart; it streams the symbol.
    let fresh = BinanceExecutor::new(Binance::config(binance.venue()), binance.clock()).unwrap();
    drop(fresh.market_stream(vec![usdt()], open_lane()));
    let fills = fresh.fills_since(&trader.account, since).await.unwrap();
    let mut seen: Vec<_> = fills.iter().map(|fill| fill.client_id.unwrap()).collect();
    seen.sort();
    seen.dedup();
    placed.sort();
    assert_eq!(seen, placed);
    assert_eq!(fills.len(), binance.venue().trades(&key.key).len());
    assert!(fills.windows(2).all(|pair| pair[0].at <= pair[1].at));
}

#[tokio::test]
async fn a_price_far_from_the_market_is_refused_in_words_before_it_is_sent() {
    let binance = Binance::start().await;
    let trader = Trader::new(&binance).await;
    let price = Price::new(dec("1000")).unwrap();
    let quantity = nija_core::Quantity::new(dec("0.1")).unwrap();
    let (_, placed) = trader.place(Side::Buy, OrderKind::Limit { price }, quantity, TimeInForce::Gtc).await;
    let error = placed.unwrap_err();
    assert!(
        matches!(&error, VenueError::Filter(_)) && error.to_string().contains("outside what binance takes"),
        "{error}"
    );
}

#[tokio::test]
async fn an_ed25519_key_trades_and_logs_its_stream_on() {
    use aws_lc_rs::signature::Ed25519KeyPair;
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let binance = Binance::start().await;
    let der = Ed25519KeyPair::generate().unwrap().to_pkcs8v1().unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der.as_ref())
    );
    let new = NewAccount {
        secret: Some(pem),
        balances: Some(BTreeMap::from([("USDT".to_owned(), Decimal::from(10_000))])),
        ..NewAccount::default()
    };
    let key = binance.venue().add_account(new);
    let trader = binance.trader(&key).await;
    let quantity = trader.quantity().await;
    within(async {
        let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        let order = trader.rest(Side::Buy, quantity).await;
        loop {
            if let AccountEvent::Report(report) = stream.next().await.unwrap() {
                assert_eq!(report.client_id, Some(order.client_id));
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_listen_key_opens_the_stream_where_the_websocket_api_has_none() {
    let binance = Binance::start_with(|venue| {
        Binance::open_with(venue, |config| config.user_stream = UserStream::ListenKey)
    })
    .await;
    within(nija_exchanges::testing::streams::own_orders_and_fills_stream(&binance)).await;
}

#[tokio::test]
async fn a_cancel_on_the_stream_bears_the_id_of_its_order() {
    let binance = Binance::start().await;
    let trader = Trader::new(&binance).await;
    let quantity = trader.quantity().await;
    within(async {
        let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        let order = trader.rest(Side::Buy, quantity).await;
        trader.executor.cancel(&trader.account, &order).await.unwrap();
        loop {
            if let AccountEvent::Report(report) = stream.next().await.unwrap()
                && report.state.is_final()
            {
                assert_eq!((report.state, report.client_id), (OrderState::Cancelled, Some(order.client_id)));
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_book_that_lost_an_update_is_noticed_and_fetched_anew() {
    let binance = Binance::start().await;
    let mut stream = binance.executor.market_stream(vec![usdt()], open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(MarketEvent::Connected));
        while !matches!(stream.next().await.unwrap(), MarketEvent::Book { .. }) {}
        // Best prices and a difference of the book.
        binance.venue().fault(Fault::new(FaultKind::StreamGap).times(2));
        let mut right = 0;
        for price in (60_100_i64..).step_by(100) {
            assert!(binance.venue().set_price("BTC-USDT", price.into()));
            let wanted = binance.venue().best("BTC-USDT").unwrap();
            let best = async {
                loop {
                    if let MarketEvent::Book { book, .. } = stream.next().await.unwrap()
                        && (book.bids[0].price.get(), book.asks[0].price.get()) == wanted
                    {
                        break;
                    }
                }
            };
            right += usize::from(tokio::time::timeout(Duration::from_millis(700), best).await.is_ok());
            if right == 3 {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_execution_that_is_missing_ends_the_stream_and_it_comes_back() {
    let binance = Binance::start().await;
    let balances = Some(BTreeMap::from([("USDT".to_owned(), Decimal::from(1_000_000))]));
    let key = binance.venue().add_account(NewAccount { balances, ..NewAccount::default() });
    let trader = binance.trader(&key).await;
    within(async {
        let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        // It takes several levels, each an execution and a message; the order's beginning and the first of them are swallowed.
        binance.venue().fault(Fault::new(FaultKind::StreamGap).times(2));
        let order = trader.trade(Side::Buy, nija_core::Quantity::new(dec("3")).unwrap()).await;
        assert!(binance.venue().trades(&key.key).len() > 2);
        loop {
            match stream.next().await.unwrap() {
                AccountEvent::Disconnected(reason) => {
                    assert!(reason.contains("is missing"), "{reason}");
                    break;
                }
                AccountEvent::Fill(fill) => panic!("told after one that is missing: {fill:?}"),
                _ => {}
            }
        }
        while stream.next().await.unwrap() != AccountEvent::Connected {}
        let since = trader.now().minus(Duration::from_secs(60));
        let fills = trader.executor.fills_since(&trader.account, since).await.unwrap();
        assert_eq!(fills.len(), binance.venue().trades(&key.key).len());
        assert!(fills.iter().all(|fill| fill.client_id == Some(order.client_id)));
    })
    .await;
}

#[tokio::test]
async fn reports_that_come_twice_are_delivered_once() {
    let binance = Binance::start().await;
    let trader = Trader::new(&binance).await;
    let quantity = trader.quantity().await;
    within(async {
        let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        binance.venue().fault(Fault::new(FaultKind::DuplicateReports).times(20));
        let first = trader.trade(Side::Buy, quantity).await;
        let second = trader.trade(Side::Buy, quantity).await;
        let mut seen = Vec::new();
        loop {
            if let AccountEvent::Fill(fill) = stream.next().await.unwrap() {
                seen.push(fill.client_id);
                if fill.client_id == Some(second.client_id) {
                    break;
                }
            }
        }
        assert_eq!(seen.iter().filter(|id| **id == Some(first.client_id)).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_stream_whose_key_is_refused_says_so_once_and_keeps_trying() {
    let binance = Binance::start().await;
    let account = binance.account().await;
    let none = Fault::new(FaultKind::PermissionChange).permissions(&[]);
    binance.venue().fault(none);
    let mut stream = binance.executor.account_stream(account, open_lane());
    within(async {
        let first = stream.next().await.unwrap();
        assert!(
            matches!(&first, AccountEvent::Disconnected(why) if why.contains("Invalid API-key")),
            "{first:?}"
        );
        let rights = ["enableReading", "enableSpotAndMarginTrading"];
        binance.venue().fault(Fault::new(FaultKind::PermissionChange).permissions(&rights));
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
    })
    .await;
}

#[tokio::test]
async fn two_users_who_trade_with_each_other_have_executions_of_their_own() {
    let binance = Binance::start().await;
    let (one, other) = (Trader::new(&binance).await, Trader::new(&binance).await);
    let quantity = one.quantity().await;
    let since = one.now().minus(Duration::from_secs(5));
    one.trade(Side::Buy, quantity).await;
    let sell =
        nija_core::Quantity::new(one.balance("BTC").await.1).unwrap().floor_to(one.instrument.lot_size);
    // Inside the spread, so that the other takes from this one.
    let (bid, ask) = binance.venue().best("BTC-USDT").unwrap();
    let price = Price::new(((bid + ask) / Decimal::TWO).round_dp(2)).unwrap();
    let (_, placed) = one.place(Side::Sell, OrderKind::Limit { price }, sell, TimeInForce::Gtc).await;
    placed.unwrap();
    other.trade(Side::Buy, sell).await;
    let of = async |trader: &Trader| trader.executor.fills_since(&trader.account, since).await.unwrap();
    let (mine, others) = (of(&one).await, of(&other).await);
    let number = |id: &nija_core::ExecutionId| id.as_str().split(':').nth(1).unwrap().to_owned();
    let (sold, bought) = (mine.last().unwrap(), &others[0]);
    assert_eq!(number(&sold.execution_id), number(&bought.execution_id), "one trade");
    assert_ne!(sold.execution_id, bought.execution_id, "two executions");
}

#[tokio::test]
async fn a_book_that_stands_still_is_not_believed() {
    let binance = Binance::start().await;
    let mut stream = binance.executor.market_stream(vec![usdt()], open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(MarketEvent::Connected));
        while !matches!(stream.next().await.unwrap(), MarketEvent::Book { .. }) {}
        binance.venue().fault(Fault::new(FaultKind::StaleBook));
        // Best prices move on without the book.
        for price in (60_000_i64..).step_by(10) {
            assert!(binance.venue().set_price("BTC-USDT", price.into()));
            let next = tokio::time::timeout(Duration::from_millis(100), stream.next()).await;
            if matches!(next, Ok(Some(MarketEvent::Disconnected))) {
                break;
            }
        }
    })
    .await;
}

#[test]
fn addresses_that_cannot_be_are_refused_at_the_start() {
    let clock = Arc::new(SystemClock);
    let with = |rest: &str, public: &str| {
        BinanceExecutor::new(BinanceConfig::new(id("binance"), rest, public, public), clock.clone())
    };
    assert!(with("https://api.binance.com", "wss://stream.binance.com:9443").is_ok());
    assert!(with("https://api.binance.com", "wss://stream.binance.com:9443/ws/").is_ok());
    assert!(with("ftp://api.binance.com", "wss://stream.binance.com").is_err());
    assert!(with("https://api.binance.com", "https://stream.binance.com").is_err());
    for config in [BinanceConfig::live(id("a")), BinanceConfig::us(id("b")), BinanceConfig::testnet(id("c"))]
    {
        assert!(BinanceExecutor::new(config, clock.clone()).is_ok());
    }
}
