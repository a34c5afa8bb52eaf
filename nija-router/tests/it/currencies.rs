//! Limits, equity and profit where pairs are quoted in something other than USD.

use nija_core::{Ledger, Notional, Order, OrderSize, OrderState, Quantity, Side, SignalType, TradeSignal};
use nija_router::Engine;
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use crate::support::{FakeVenue, LONG, Platform, dec, entry, exit, symbol, until, user};

/// One venue that lists nothing but these, all of them traded here; the user has only what is given.
fn listing(prices: &[(&str, &str)], has: &[(&str, &str)]) -> (Platform, Arc<FakeVenue>) {
    let (mut platform, venue) = Platform::single();
    platform.config.symbols = prices.iter().map(|(pair, _)| symbol(pair)).collect();
    {
        let mut world = venue.world();
        world.prices = prices.iter().map(|(pair, price)| (symbol(pair), dec(price))).collect();
        let balances = has.iter().map(|(asset, total)| ((*asset).to_owned(), dec(total)));
        world.account(user(1)).balances = balances.collect();
    }
    (platform, venue)
}

fn money(amount: &str) -> OrderSize {
    OrderSize::Quote(Notional::new(dec(amount)).unwrap())
}

fn buy(id: &str, pair: &str, size: OrderSize) -> TradeSignal {
    TradeSignal { symbol: symbol(pair), size, ..entry(user(1), id) }
}

fn sell_out(id: &str, pair: &str, quantity: Decimal) -> TradeSignal {
    TradeSignal { symbol: symbol(pair), ..exit(user(1), id, &quantity.to_string()) }
}

async fn done(engine: &Engine, signal: TradeSignal) -> Order {
    let user = signal.user;
    let order = engine.submit(signal).await.unwrap().order;
    engine.settled(user, order.id(), LONG).await.unwrap()
}

/// What an order came to in quote units.
fn spent(platform: &Platform, order: &Order) -> Decimal {
    let fills = platform.ledger.all_fills();
    let own = fills.iter().filter(|fill| fill.order == Some(order.id()));
    own.map(|fill| fill.execution.quantity.get() * fill.execution.price.get()).sum()
}

fn code(order: &Order) -> Option<&str> {
    order.reason.as_ref().filter(|_| order.state == OrderState::Rejected).map(|reason| reason.code.as_str())
}

#[tokio::test(start_paused = true)]
async fn a_user_who_has_usdt_alone_trades_within_the_limits_in_usd() {
    let (mut platform, _) = listing(&[("BTC-USDT", "60000")], &[("USDT", "10000")]);
    platform.config.limits.max_equity_share = dec("0.10");
    let engine = platform.start().await;
    assert_eq!(engine.account(user(1)).await.unwrap().equity, dec("10000"));
    let order = done(&engine, buy("in", "BTC-USDT", money("5000"))).await;
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    let cost = spent(&platform, &order);
    assert!(cost > dec("990") && cost <= dec("1000"), "{cost} is not a tenth of 10,000");
    let fee = platform.ledger.all_fills()[0].execution.fee;
    let account = engine.account(user(1)).await.unwrap();
    // Told at the bid, 0.01 per cent below the price that was paid.
    let spread = cost * dec("0.0001");
    assert_eq!(account.equity, dec("10000") - fee - spread);
    assert_eq!((account.pnl_today, account.pnl_total), (-fee - spread, -fee - spread));
    assert_eq!(account.cash, dec("10000") - cost - fee);
}

#[tokio::test(start_paused = true)]
async fn limits_in_usd_hold_in_a_pair_that_is_quoted_in_btc() {
    let pairs = [("BTC-USD", "60000"), ("ETH-BTC", "0.05")];
    let (mut platform, _) = listing(&pairs, &[("USD", "10000"), ("BTC", "2")]);
    platform.config.limits.basic.largest_position = Some(dec("600"));
    let engine = platform.start().await;
    for (id, size) in [("money", money("1")), ("coins", OrderSize::Base(Quantity::new(dec("20")).unwrap()))] {
        let order = done(&engine, buy(id, "ETH-BTC", size)).await;
        assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
        let cost = spent(&platform, &order);
        assert!(cost > dec("0.0098") && cost <= dec("0.01"), "{cost} BTC is not worth 600 USD");
        let out = done(&engine, sell_out(&format!("{id}-out"), "ETH-BTC", order.filled.get())).await;
        assert_eq!(out.state, OrderState::Filled, "{:?}", out.reason);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_bought_with_btc_is_in_the_equity_once() {
    let pairs = [("BTC-USD", "60000"), ("ETH-BTC", "0.05")];
    let (platform, venue) = listing(&pairs, &[("USD", "10000"), ("BTC", "0")]);
    let engine = platform.start().await;
    let order = done(&engine, buy("btc", "BTC-USD", money("6000"))).await;
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    let before = engine.account(user(1)).await.unwrap().equity;
    let order = done(&engine, buy("eth", "ETH-BTC", money("0.05"))).await;
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    let (cost, fee) = (spent(&platform, &order), platform.ledger.all_fills()[1].execution.fee);
    let rate = dec("60000");
    let account = engine.account(user(1)).await.unwrap();
    assert_eq!(account.equity, before - cost * dec("0.0001") * rate);
    assert_eq!(account.pnl_total - account.pnl_today, Decimal::ZERO);
    // Ten per cent won in BTC.
    venue.world().prices.insert(symbol("ETH-BTC"), dec("0.055"));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let won = (order.filled.get() * dec("0.055") * dec("0.9999") - cost) * rate;
    assert_eq!(engine.account(user(1)).await.unwrap().equity, before + won);
    let out = done(&engine, sell_out("out", "ETH-BTC", order.filled.get())).await;
    assert_eq!(out.state, OrderState::Filled, "{:?}", out.reason);
    let fees = fee + platform.ledger.all_fills()[2].execution.fee;
    let realised = order.filled.get() * dec("0.055") - cost - fees;
    let account = engine.account(user(1)).await.unwrap();
    let open = account.positions.iter().filter_map(|open| open.unrealised).sum::<Decimal>();
    let first = platform.ledger.all_fills()[0].execution.fee;
    assert_eq!(account.pnl_total, realised * rate - first + open);
    let samples = engine.equity_samples().await;
    assert_eq!((samples[0].realised, samples[0].unpriced), (realised * rate - first, 0));
}

#[tokio::test(start_paused = true)]
async fn without_a_rate_an_entry_is_refused_by_its_name_and_an_exit_goes() {
    let (platform, venue) = listing(&[("ETH-BTC", "0.05")], &[("BTC", "2")]);
    let engine = platform.start().await;
    let refused = done(&engine, buy("in", "ETH-BTC", money("0.01"))).await;
    assert_eq!(code(&refused), Some("no_rate"));
    assert!(refused.reason.unwrap().text.contains("price of BTC in USD"));
    // Bought by hand.
    let (quantity, now) = (Quantity::new(dec("1")).unwrap(), nija_core::Clock::now(&platform.clock));
    let (pair, kind) = (symbol("ETH-BTC"), nija_core::OrderKind::Market);
    let ioc = nija_core::TimeInForce::Ioc;
    venue.world().arrive(user(1), None, &pair, Side::Buy, kind, quantity, ioc, now);
    crate::support::until("the position", async || platform.position(user(1), "ETH-BTC").await.is_some())
        .await;
    let stop = TradeSignal { signal_type: SignalType::StopLoss, ..sell_out("stop", "ETH-BTC", dec("0.5")) };
    for out in [sell_out("out", "ETH-BTC", dec("0.5")), stop] {
        let out = done(&engine, out).await;
        assert_eq!(out.state, OrderState::Filled, "{:?}", out.reason);
    }
}

#[tokio::test(start_paused = true)]
async fn prices_that_only_measure_are_watched_and_not_traded() {
    for (measure, also) in [("BTC-USD", "1"), ("BTC-USDT", "1"), ("BTC-USDC", "1"), ("USD-BTC", "0")] {
        let price = if also == "1" { "60000" } else { "0.0000166666666667" };
        let (mut platform, _) = listing(&[("ETH-BTC", "0.05"), (measure, price)], &[("BTC", "2")]);
        platform.config.symbols = vec![symbol("ETH-BTC")];
        // A user without a cent in dollars has no equity to take a share of.
        platform.venues[0].world().account(user(1)).balances.insert("USD".into(), dec("1000"));
        platform.config.limits.basic.largest_position = Some(dec("600"));
        let engine = platform.start().await;
        let order = done(&engine, buy("in", "ETH-BTC", money("1"))).await;
        assert_eq!(order.state, OrderState::Filled, "{measure}: {:?}", order.reason);
        let cost = spent(&platform, &order);
        assert!(cost > dec("0.0098") && cost <= dec("0.01001"), "{measure}: {cost}");
        let listed: Vec<_> =
            engine.instruments().iter().map(|rules| rules.symbol.as_str().to_owned()).collect();
        assert_eq!(listed, ["ETH-BTC"]);
        let other = done(&engine, buy("other", measure, money("10"))).await;
        assert_ne!(other.state, OrderState::Filled);
    }
}

#[tokio::test(start_paused = true)]
async fn a_market_price_of_a_stablecoin_counts_instead_of_par() {
    let pairs = [("BTC-USDT", "60000"), ("USDT-USD", "0.90")];
    let (mut platform, venue) = listing(&pairs, &[("USDT", "10000")]);
    platform.config.symbols = vec![symbol("BTC-USDT")];
    let engine = platform.start().await;
    assert_eq!(engine.account(user(1)).await.unwrap().equity, dec("9000"));
    // A price of long ago says nothing any more.
    venue.world().prices.remove(&symbol("USDT-USD"));
    tokio::time::sleep(Duration::from_secs(400)).await;
    assert_eq!(engine.account(user(1)).await.unwrap().equity, dec("10000"));
}

#[tokio::test(start_paused = true)]
async fn a_stablecoin_that_was_bought_is_in_the_equity_once() {
    let pairs = [("USDT-USD", "1"), ("BTC-USDT", "60000")];
    let (platform, _) = listing(&pairs, &[("USD", "10000")]);
    let engine = platform.start().await;
    let order = done(&engine, buy("in", "USDT-USD", money("4000"))).await;
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    let fee = platform.ledger.all_fills()[0].execution.fee;
    assert_eq!(engine.account(user(1)).await.unwrap().equity, dec("10000") - fee);
}

#[tokio::test(start_paused = true)]
async fn euros_are_money_at_their_price() {
    let pairs = [("BTC-EUR", "50000"), ("EUR-USD", "1.20")];
    let (mut platform, _) = listing(&pairs, &[("EUR", "1000")]);
    platform.config.limits.max_equity_share = dec("0.10");
    let engine = platform.start().await;
    assert_eq!(engine.account(user(1)).await.unwrap().equity, dec("1200"));
    let order = done(&engine, buy("in", "BTC-EUR", money("500"))).await;
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    let cost = spent(&platform, &order);
    assert!(cost > dec("99") && cost <= dec("100"), "{cost} EUR is not a tenth of 1,000 EUR");
}

/// A tenth of the money is lost in a pair: entries end, in all pairs, and after a restart as well.
async fn loss(pairs: &[(&str, &str)], has: &[(&str, &str)], pair: &str, quantity: &str, then: &str) {
    let (mut platform, venue) = listing(pairs, has);
    platform.config.limits.max_daily_loss = dec("0.01");
    let mut engine = platform.start().await;
    let size = OrderSize::Base(Quantity::new(dec(quantity)).unwrap());
    let order = done(&engine, buy("in", pair, size)).await;
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    venue.world().prices.insert(symbol(pair), dec(then));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let out = done(&engine, sell_out("out", pair, order.filled.get())).await;
    assert_eq!(out.state, OrderState::Filled, "{:?}", out.reason);
    let pnl = engine.account(user(1)).await.unwrap().pnl_total;
    for (id, restarts) in [("again", false), ("after", true)] {
        if restarts {
            engine.stop().await;
            engine = platform.start().await;
        }
        for (n, (other, _)) in pairs.iter().enumerate() {
            let refused = done(&engine, buy(&format!("{id}-{n}"), other, money("0.001"))).await;
            assert_eq!(code(&refused), Some("daily_loss"), "{other}, restarts: {restarts}");
        }
        let account = engine.account(user(1)).await.unwrap();
        assert_eq!((account.pnl_total, account.pnl_today), (pnl, pnl), "restarts: {restarts}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_loss_in_usdt_ends_the_day() {
    let pairs = [("BTC-USDT", "60000"), ("BTC-USD", "60000")];
    loss(&pairs, &[("USDT", "10000"), ("USD", "1000")], "BTC-USDT", "0.1", "50000").await;
}

#[tokio::test(start_paused = true)]
async fn a_loss_in_btc_ends_the_day() {
    let pairs = [("ETH-BTC", "0.05"), ("BTC-USD", "60000")];
    loss(&pairs, &[("BTC", "2"), ("USD", "10000")], "ETH-BTC", "1", "0.04").await;
}

#[tokio::test(start_paused = true)]
async fn what_a_position_of_today_has_lost_at_the_market_ends_the_day_and_its_exit_goes() {
    let (mut platform, venue) = listing(&[("BTC-USDT", "60000")], &[("USDT", "10000")]);
    platform.config.limits.max_daily_loss = dec("0.05");
    let engine = platform.start().await;
    let size = OrderSize::Base(Quantity::new(dec("0.1")).unwrap());
    let order = done(&engine, buy("in", "BTC-USDT", size)).await;
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    venue.world().prices.insert(symbol("BTC-USDT"), dec("54000"));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(code(&done(&engine, buy("more", "BTC-USDT", money("10"))).await), Some("daily_loss"));
    // Tomorrow it is a loss of yesterday, which the drawdown looks at.
    platform.clock.set_forward(Duration::from_secs(24 * 60 * 60));
    tokio::time::sleep(Duration::from_secs(30)).await;
    let order = done(&engine, buy("tomorrow", "BTC-USDT", money("10"))).await;
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    let out = done(&engine, sell_out("out", "BTC-USDT", dec("0.1"))).await;
    assert_eq!(out.state, OrderState::Filled, "{:?}", out.reason);
}

#[tokio::test(start_paused = true)]
async fn a_fee_in_an_asset_that_nobody_watches_is_asked_the_price_of_before_it_is_on_record() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let price = |price: &str| {
        let mut world = venue.world();
        world.fees_in = Some("GAS".into());
        world.prices.insert(symbol("GAS-USD"), dec(price));
    };
    price("5");
    done(&engine, entry(user(1), "in")).await;
    // It is asked for again once it may have changed, and not with each execution.
    price("6");
    done(&engine, entry(user(1), "soon")).await;
    tokio::time::sleep(Duration::from_secs(61)).await;
    done(&engine, entry(user(1), "later")).await;
    let fills = platform.ledger.all_fills();
    let prices: Vec<_> = fills.iter().map(|fill| fill.fee_in_quote / fill.execution.fee).collect();
    assert_eq!(prices, [dec("5"), dec("5"), dec("6")]);
}

/// It waits for no price that cannot be had, and its fee counts as nothing.
#[tokio::test(start_paused = true)]
async fn an_execution_whose_fee_nobody_quotes_is_on_record_all_the_same() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.world().fees_in = Some("GAS".into());
    let began = tokio::time::Instant::now();
    for name in ["in", "again"] {
        let order = done(&engine, entry(user(1), name)).await;
        assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    }
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(platform.ledger.all_fills().iter().all(|fill| fill.fee_in_quote.is_zero()));
}

/// What is known of it is right wherever fees count, over restarts and after midnight too.
#[tokio::test(start_paused = true)]
async fn a_fee_that_nobody_could_value_is_valued_once_somebody_can() {
    let (platform, venue) = Platform::single();
    let mut engine = platform.start().await;
    venue.world().fees_in = Some("GAS".into());
    let order = done(&engine, entry(user(1), "in")).await;
    let tomorrow = Duration::from_secs(24 * 60 * 60);
    for pause in [Duration::from_secs(65), tomorrow] {
        platform.clock.set_forward(pause);
        engine.stop().await;
        engine = platform.start().await;
        tokio::time::sleep(Duration::from_secs(65)).await;
        assert_eq!(platform.ledger.unvalued_fees(user(1), 9).await.unwrap().len(), 1);
    }
    let before = engine.account(user(1)).await.unwrap();
    venue.world().prices.insert(symbol("GAS-USD"), dec("5"));
    until("it to be valued", async || platform.ledger.unvalued_fees(user(1), 9).await.unwrap().is_empty())
        .await;
    let fee = platform.ledger.all_fills()[0].fee_in_quote;
    assert_eq!(fee, platform.ledger.all_fills()[0].execution.fee * dec("5"));
    for engine in [engine, platform.start().await] {
        let account = engine.account(user(1)).await.unwrap();
        assert_eq!(account.pnl_total, before.pnl_total - fee);
        assert_eq!(account.pnl_today, before.pnl_today, "it is a fee of the day before yesterday");
        let told = engine.settled(user(1), order.id(), LONG).await.unwrap();
        assert_eq!((told.fees, told.updated_at), (fee, order.updated_at));
        assert_eq!(platform.position(user(1), "BTC-USD").await.unwrap().fees, fee);
        engine.stop().await;
    }
    let journal = platform.ledger.order_journal(user(1), order.id()).await.unwrap();
    let receipt = nija_core::Receipt::from_journal(&journal).unwrap().unwrap();
    assert_eq!((receipt.total.fees, receipt.total.fills), (fee, 1));
    assert!(platform.ledger.replay_agrees());
}

/// Of what cannot be asked for any more, the last that its user paid is what is known, over a restart too.
#[tokio::test(start_paused = true)]
async fn a_fee_whose_price_is_gone_counts_as_the_one_before() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.world().fees_in = Some("GAS".into());
    venue.world().prices.insert(symbol("GAS-USD"), dec("5"));
    done(&engine, entry(user(1), "in")).await;
    engine.stop().await;
    venue.world().prices.remove(&symbol("GAS-USD"));
    let engine = platform.start().await;
    done(&engine, entry(user(1), "again")).await;
    let fills = platform.ledger.all_fills();
    let prices: Vec<_> = fills.iter().map(|fill| fill.fee_in_quote / fill.execution.fee).collect();
    assert_eq!(prices, [dec("5"), dec("5")]);
}

#[tokio::test(start_paused = true)]
async fn a_fee_waits_for_no_price_of_another_asset() {
    let (platform, venue) = Platform::single();
    platform.join(user(2), 10_000);
    let engine = platform.start().await;
    venue.world().fees_in = Some("GAS".into());
    venue.world().quote_hangs = Some(symbol("GAS-USD"));
    venue.world().prices.insert(symbol("OIL-USD"), dec("5"));
    let hangs = tokio::spawn({
        let engine = engine.clone();
        async move { done(&engine, entry(user(1), "in")).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    venue.world().fees_in = Some("OIL".into());
    let began = tokio::time::Instant::now();
    let order = done(&engine, entry(user(2), "in")).await;
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    hangs.await.unwrap();
    let fills = platform.ledger.all_fills();
    let prices: Vec<_> = fills.iter().map(|fill| fill.fee_in_quote / fill.execution.fee).collect();
    assert_eq!(prices, [dec("5"), dec("0")], "{fills:?}");
}
