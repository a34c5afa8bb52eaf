//! What is Alpaca's own: tokens, client ids for ever, hours, shares, prices without a key.

use futures::StreamExt;
use nija_core::{
    AccountEvent, AmbiguityBound, Effect, Executor, Lookup, MarketEvent, OrderKind, OrderState, Price,
    Quantity, Side, Symbol, TimeInForce, VenueError,
};
use nija_exchanges::{
    alpaca::{AlpacaConfig, AlpacaExecutor, AlpacaFees},
    testing::{Harness, Trader, eventually, open_lane, within},
};
use nija_sim::{Fault, FaultKind};
use std::{sync::Arc, time::Duration};

use crate::alpaca_harness::{Alpaca, by_token, signed};
use crate::support::{btc, dec, id};

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

fn quantity(text: &str) -> Quantity {
    Quantity::new(dec(text)).unwrap()
}

#[tokio::test]
async fn an_oauth_token_trades_and_streams_as_its_account() {
    let alpaca = Alpaca::start().await;
    let key = alpaca.key();
    let mut trader = Trader::new(&alpaca).await;
    trader.account = by_token(&key);
    let size = trader.quantity().await;
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        let order = trader.trade(Side::Buy, size).await;
        loop {
            if let AccountEvent::Fill(fill) = stream.next().await.unwrap() {
                assert_eq!(fill.client_id, Some(order.client_id));
                break;
            }
        }
    })
    .await;
    assert_eq!(alpaca.venue().orders(&key.key).len(), 1);
}

#[tokio::test]
async fn a_wrong_secret_or_token_is_the_keys_fault_by_rest_and_stream() {
    let alpaca = Alpaca::start().await;
    let mut key = alpaca.key();
    key.secret = "x".repeat(40);
    for account in [signed(&key), by_token(&key)] {
        let error = alpaca.executor.balances(&account).await.unwrap_err();
        assert!(matches!(error, VenueError::KeyRefused { .. }), "{error}");
        let mut stream = alpaca.executor.account_stream(account, open_lane());
        let first = within(stream.next()).await.unwrap();
        assert!(
            matches!(&first, AccountEvent::Disconnected(why) if why.contains("unauthorized")),
            "{first:?}"
        );
    }
}

#[tokio::test]
async fn what_a_key_may_do_with_money_is_not_known() {
    let alpaca = Alpaca::start().await;
    let account = alpaca.account().await;
    let rights = alpaca.executor.key_rights(&account).await.unwrap();
    assert_eq!((rights.can_trade, rights.can_withdraw), (Some(true), None));
    assert_eq!(rights.names, ["account:active"]);
    assert_eq!(alpaca.executor.contract().ambiguity_bound, AmbiguityBound::Unbounded);
}

#[tokio::test]
async fn a_client_id_has_one_order_whatever_is_answered_and_it_is_found() {
    let alpaca = Alpaca::start().await;
    let trader = Trader::new(&alpaca).await;
    let (size, price) = (trader.quantity().await, trader.far(Side::Buy).await);
    let kind = OrderKind::Limit { price };
    let on_order = |kind| Fault::new(kind).on("/v2/orders");
    for (fault, orders) in [
        (on_order(FaultKind::Http5xx).status(504).processed(true), 1),
        (on_order(FaultKind::RateLimit), 0),
        (on_order(FaultKind::DropAfter), 1),
    ] {
        let id: nija_core::VenueClientId = uuid::Uuid::new_v4().to_string().parse().unwrap();
        let order = nija_core::OrderRef { symbol: btc(), client_id: id, venue_order_id: None };
        alpaca.venue().fault(fault);
        let first = trader.place_as(id, Side::Buy, kind, size, TimeInForce::Gtc).await.unwrap_err();
        let found = trader.executor.find(&trader.account, &order, trader.now()).await.unwrap();
        assert_eq!(matches!(found, Lookup::Found(_)), orders == 1, "{first}");
        // Whoever sends it again, as some clients do by themselves, places it once at most.
        let again = trader.place_as(id, Side::Buy, kind, size, TimeInForce::Gtc).await;
        assert_eq!(again.is_err(), orders == 1);
        if let Err(error) = again {
            // An id that is in use says nothing of what became of its order: it is looked for.
            assert_eq!(error.effect(), nija_core::Effect::Unknown, "{error}");
        }
        let open = trader.executor.open_orders(&trader.account).await.unwrap();
        assert_eq!(open.iter().filter(|report| report.client_id == Some(id)).count(), 1);
    }
}

#[tokio::test]
async fn a_market_order_for_a_share_is_told_that_the_market_is_closed_before_anything_is_sent() {
    let alpaca = Alpaca::trading("AAPL-USD", dec("228")).await;
    assert!(alpaca.venue().set_market_open(Some(false)));
    let key = alpaca.key();
    let mut trader = Trader::new(&alpaca).await;
    trader.account = signed(&key);
    let (_, placed) = trader.place(Side::Buy, OrderKind::Market, quantity("1"), TimeInForce::Gtc).await;
    let error = placed.unwrap_err();
    assert!(matches!(&error, VenueError::Rejected { code, .. } if code == "market_closed"), "{error}");
    assert!(error.to_string().contains("opens at 20"), "{error}");
    assert!(error.effect() == Effect::None && !error.may_try_again() && !error.is_failure());
    assert!(alpaca.venue().orders(&key.key).is_empty());
    // A limit order waits for the market.
    let kind = OrderKind::Limit { price: Price::new(dec("240")).unwrap() };
    let (order, placed) = trader.place(Side::Buy, kind, quantity("1"), TimeInForce::Gtc).await;
    placed.unwrap();
    let found = trader.executor.find(&trader.account, &order, trader.now()).await.unwrap();
    assert!(matches!(found, Lookup::Found(report) if report.state == OrderState::Working));
    assert!(alpaca.venue().set_market_open(Some(true)));
    let found = trader.executor.find(&trader.account, &order, trader.now()).await.unwrap();
    assert!(matches!(found, Lookup::Found(report) if report.state == OrderState::Filled));
}

#[tokio::test]
async fn fractions_of_a_share_are_bought_and_not_limited() {
    let alpaca = Alpaca::trading("AAPL-USD", dec("228")).await;
    let trader = Trader::new(&alpaca).await;
    let (order, placed) =
        trader.place(Side::Buy, OrderKind::Market, quantity("0.123456789"), TimeInForce::Gtc).await;
    placed.unwrap();
    let report = eventually("it fills", || async {
        match trader.executor.find(&trader.account, &order, trader.now()).await.unwrap() {
            Lookup::Found(report) if report.state.is_final() => Some(report),
            _ => None,
        }
    })
    .await;
    assert_eq!((report.state, report.filled), (OrderState::Filled, quantity("0.123456789")));
    assert_eq!(trader.balance("AAPL").await.0, dec("0.123456789"));
    let kind = OrderKind::Limit { price: Price::new(dec("200")).unwrap() };
    let (_, placed) = trader.place(Side::Buy, kind, quantity("0.5"), TimeInForce::Gtc).await;
    let error = placed.unwrap_err();
    assert!(matches!(&error, VenueError::Rejected { code, .. } if code == "fractional_limit"), "{error}");
}

#[tokio::test]
async fn crypto_orders_beyond_the_venues_largest_are_told_the_limit() {
    let alpaca = Alpaca::start().await;
    let trader = Trader::new(&alpaca).await;
    let kind = OrderKind::Limit { price: Price::new(dec("50000")).unwrap() };
    let (_, placed) = trader.place(Side::Buy, kind, quantity("4.5"), TimeInForce::Gtc).await;
    let error = placed.unwrap_err();
    assert!(matches!(error, VenueError::Filter(_)), "{error}");
    assert_eq!(error.to_string(), "4.5 BTC is above the largest order at alpaca, 4 BTC");
}

#[tokio::test]
async fn without_a_data_key_crypto_has_prices_and_stocks_say_what_is_missing() {
    let alpaca = Alpaca::start().await;
    let config = Alpaca::keyless_config(alpaca.venue());
    let keyless = AlpacaExecutor::new(config, alpaca.clock()).unwrap();
    let error = keyless.instruments().await.unwrap_err();
    assert!(matches!(&error, VenueError::NotSent { message, .. } if message.contains("data key")), "{error}");
    // The first user's key opens the list for all.
    keyless.key_rights(&alpaca.account().await).await.unwrap();
    assert!(!keyless.instruments().await.unwrap().is_empty());
    assert!(keyless.quote(&btc()).await.is_ok());
    let error = keyless.quote(&symbol("AAPL-USD")).await.unwrap_err();
    assert!(matches!(&error, VenueError::NotSent { message, .. } if message.contains("data key")), "{error}");
    let mut stream = keyless.market_stream(vec![btc(), symbol("AAPL-USD")], open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(MarketEvent::Connected));
        for price in [61_000_i64, 62_000] {
            assert!(alpaca.venue().set_price("BTC-USD", price.into()));
            let wanted = alpaca.venue().best("BTC-USD").unwrap();
            loop {
                if let MarketEvent::Book { book, .. } = stream.next().await.unwrap()
                    && (book.bids[0].price.get(), book.asks[0].price.get()) == wanted
                {
                    break;
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn crypto_and_shares_stream_side_by_side() {
    let alpaca = Alpaca::trading("AAPL-USD", dec("228")).await;
    let mut stream = alpaca.executor.market_stream(vec![btc(), symbol("AAPL-USD")], open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(MarketEvent::Connected));
        let (mut coins, mut shares) = (false, false);
        while !(coins && shares) {
            assert!(alpaca.venue().set_price("AAPL-USD", dec("229")));
            assert!(alpaca.venue().set_price("BTC-USD", 60_500.into()));
            if let MarketEvent::Quote { symbol, quote } = stream.next().await.unwrap() {
                assert!(quote.bid < quote.ask);
                coins |= symbol == btc();
                shares |= symbol.base() == "AAPL";
            }
        }
    })
    .await;
}

#[tokio::test]
async fn fees_are_those_of_the_accounts_tier_unless_they_are_configured() {
    let alpaca = Alpaca::start().await;
    let account = alpaca.account().await;
    let own = alpaca.executor.fees(&account, &btc()).await.unwrap();
    assert_eq!((own.maker, own.taker, own.from_venue), (dec("0.0015"), dec("0.0025"), true));
    let share = alpaca.executor.fees(&account, &symbol("AAPL-USD")).await.unwrap();
    assert!(share.maker.is_zero() && share.taker.is_zero() && !share.from_venue);
    let mut config = Alpaca::config(alpaca.venue());
    config.fees = Some(AlpacaFees { maker: dec("0.001"), taker: dec("0.002") });
    let configured = AlpacaExecutor::new(config, alpaca.clock()).unwrap();
    let own = configured.fees(&account, &btc()).await.unwrap();
    assert_eq!((own.taker, own.from_venue), (dec("0.002"), false));
    assert_eq!(configured.default_fees(), own);
}

#[tokio::test]
async fn fills_of_many_pages_all_come_once_with_their_client_ids() {
    let alpaca = Alpaca::start().await;
    let key = alpaca.key();
    let mut trader = Trader::new(&alpaca).await;
    trader.account = signed(&key);
    let since = trader.now().minus(Duration::from_secs(5));
    let size = trader.quantity().await;
    let mut placed = Vec::new();
    for nth in 0..130 {
        // A little less is sold than was bought: the fee was taken from it.
        let (side, size) = match nth % 2 {
            0 => (Side::Buy, size),
            _ => (Side::Sell, Quantity::new(size.get() * dec("0.9")).unwrap()),
        };
        placed.push(trader.trade(side, size).await.client_id);
    }
    // One that knows nothing of these orders, as after a restart.
    let fresh = AlpacaExecutor::new(Alpaca::config(alpaca.venue()), alpaca.clock()).unwrap();
    let fills = fresh.fills_since(&trader.account, since).await.unwrap();
    let mut seen: Vec<_> = fills.iter().map(|fill| fill.client_id.unwrap()).collect();
    seen.sort();
    seen.dedup();
    placed.sort();
    assert_eq!(seen, placed);
    let trades = alpaca.venue().trades(&key.key);
    assert_eq!(fills.len(), trades.len());
    for (fill, trade) in fills.iter().zip(&trades) {
        assert!(fill.execution_id.as_str().ends_with(&trade.id));
        assert_eq!((fill.quantity.get(), fill.price.get()), (trade.qty, trade.price));
        // The estimate is what the venue took, to the last place.
        assert!((fill.fee - trade.fee).abs() <= dec("0.000000001"), "{} for {}", fill.fee, trade.fee);
    }
}

#[tokio::test]
async fn updates_that_come_twice_are_told_once() {
    let alpaca = Alpaca::start().await;
    let trader = Trader::new(&alpaca).await;
    let size = trader.quantity().await;
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        alpaca.venue().fault(Fault::new(FaultKind::DuplicateReports).times(20));
        let first = trader.trade(Side::Buy, size).await;
        let last = trader.rest(Side::Buy, size).await;
        let (mut executions, mut ends, mut rests) = (Vec::new(), 0, false);
        while !rests || executions.is_empty() {
            match stream.next().await.unwrap() {
                AccountEvent::Fill(fill) => executions.push(fill.execution_id),
                AccountEvent::Report(report) if report.client_id == Some(first.client_id) => {
                    ends += usize::from(report.state.is_final());
                }
                AccountEvent::Report(report) => rests |= report.client_id == Some(last.client_id),
                _ => {}
            }
        }
        let told = executions.len();
        executions.sort();
        executions.dedup();
        assert_eq!((ends, executions.len()), (1, told));
    })
    .await;
}

#[test]
fn addresses_that_cannot_be_are_refused_and_the_data_host_follows_the_trading_host() {
    let clock = Arc::new(nija_core::SystemClock);
    let with = |rest: &str, public: &str| {
        let config = AlpacaConfig::new(id("alpaca"), rest, public, "wss://api.alpaca.markets");
        AlpacaExecutor::new(config, clock.clone())
    };
    assert!(with("https://api.alpaca.markets", "wss://stream.data.alpaca.markets").is_ok());
    assert!(with("http://127.0.0.1:1", "ws://127.0.0.1:1/v1beta3/crypto/us").is_ok());
    assert!(with("http://127.0.0.1:1", "ws://127.0.0.1:1/v2/iex").is_ok());
    assert!(with("ftp://api.alpaca.markets", "wss://x").is_err());
    assert!(with("https://api.alpaca.markets", "https://x").is_err());
    for config in [AlpacaConfig::live(id("a")), AlpacaConfig::paper(id("a"))] {
        assert_eq!(config.data, "https://data.alpaca.markets");
        assert!(AlpacaExecutor::new(config, clock.clone()).is_ok());
    }
    assert_eq!(
        AlpacaConfig::new(id("a"), "http://127.0.0.1:1", "ws://h", "ws://h").data,
        "http://127.0.0.1:1"
    );
}

#[tokio::test]
async fn limits_are_those_that_the_answers_tell() {
    // The harness's simulator has no limits to tell of.
    let sim = nija_sim::Sim::builder().venues([nija_sim::VenueKind::Alpaca]).accounts(1).paused(true);
    let sim = sim.start().await.unwrap();
    let venue = sim.venue(nija_sim::VenueKind::Alpaca);
    let executor = AlpacaExecutor::new(Alpaca::config(venue), Arc::new(nija_core::SystemClock)).unwrap();
    let account = signed(&venue.accounts[0]);
    executor.balances(&account).await.unwrap();
    let used = executor.limits_used(Some(account.user));
    let trading = used.iter().find(|limit| limit.name == "requests in 1 min").unwrap();
    assert!(trading.used > 0 && trading.limit == Some(200) && trading.orders, "{used:?}");
    assert!(executor.limits_used(Some(signed(&venue.accounts[0]).user)).is_empty(), "another user");
}
