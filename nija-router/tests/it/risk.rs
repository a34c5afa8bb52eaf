//! Each policy's rule, what it says, and that exits pass.

use nija_core::{
    AccountState, CheckOutcome, Fill, Liquidity, OrderId, OrderIntent, OrderKind, OrderSize, Position, Price,
    Quantity, Quote, RecentEntry, RiskChain, RiskLevel, RiskSettings, SeededEntropy, Side, Symbol, Tier,
    Timestamp, TradeSignal, VenueBalance, VenueFill, VenueId, WorkingOrders,
};
use nija_router::{RiskLimits, default_policies};
use rust_decimal::Decimal;
use std::time::Duration;

use crate::support::{dec, entry, exit, symbol, user};

mod exits;

const NOW: Timestamp = Timestamp::from_micros(1_760_000_000_000_000);

fn venue() -> VenueId {
    VenueId::new("kraken").unwrap()
}

/// 10,000 USD, BTC at 50,000, on the Enterprise plan.
fn account() -> AccountState {
    let size = Quantity::new(dec("10")).unwrap();
    let quote = Quote {
        bid: Price::new(dec("49990")).unwrap(),
        bid_size: size,
        ask: Price::new(dec("50000")).unwrap(),
        ask_size: size,
        at: NOW,
    };
    AccountState {
        tier: Tier::Enterprise,
        balances: vec![VenueBalance {
            venue: venue(),
            asset: "USD".into(),
            total: dec("10000"),
            available: dec("10000"),
            at: NOW,
        }],
        equity: Some(dec("10000")),
        quotes: vec![(venue(), quote)],
        venues: vec![venue()],
        ..AccountState::empty(user(1), NOW)
    }
}

fn position(of: &Symbol, quantity: &str, price: &str) -> Position {
    let fill = Fill {
        user: user(1),
        order: None,
        fee_in_quote: Decimal::ZERO,
        execution: VenueFill {
            venue: venue(),
            execution_id: nija_core::ExecutionId::new("e").unwrap(),
            venue_order_id: nija_core::VenueOrderId::new("o").unwrap(),
            client_id: None,
            symbol: of.clone(),
            side: Side::Buy,
            quantity: Quantity::new(dec(quantity)).unwrap(),
            price: Price::new(dec(price)).unwrap(),
            fee_asset: "USD".into(),
            fee: Decimal::ZERO,
            liquidity: Liquidity::Taker,
            at: NOW,
        },
    };
    Position::fold(None, &fill).open.unwrap()
}

fn working(side: Side, exit: bool, of: &Symbol, remaining: &str) -> WorkingOrders {
    let quantity = dec(remaining);
    WorkingOrders {
        venue: venue(),
        symbol: of.clone(),
        side,
        exit,
        orders: 1,
        remaining: quantity,
        worth: quantity * dec("50000"),
        hold: if side == Side::Buy { quantity * dec("50000") } else { quantity },
    }
}

struct Outcome {
    code: Option<String>,
    size: Option<OrderSize>,
    resized_by: Vec<String>,
}

fn assess(signal: TradeSignal, account: &AccountState) -> Outcome {
    let id = OrderId::generate(NOW, &SeededEntropy::new(1));
    let intent = OrderIntent::new(id, NOW, signal);
    let chain = RiskChain::new(default_policies(&RiskLimits::default())).unwrap();
    let assessment = chain.assess(intent, account);
    let resized = assessment.checks.iter().filter(|check| check.outcome == CheckOutcome::Resize);
    let resized_by = resized.map(|check| check.name.clone().into_owned()).collect();
    match assessment.verdict {
        Ok(approved) => Outcome { code: None, size: Some(approved.get().signal.size), resized_by },
        Err(reason) => Outcome { code: Some(reason.code), size: None, resized_by },
    }
}

fn buy(id: &str) -> TradeSignal {
    entry(user(1), id)
}

fn dollars(text: &str) -> Option<OrderSize> {
    Some(OrderSize::Quote(nija_core::Notional::new(dec(text)).unwrap()))
}

fn coins(text: &str) -> Option<OrderSize> {
    Some(OrderSize::Base(Quantity::new(dec(text)).unwrap()))
}

/// The same entry as [`buy`]'s, taken up a while ago under another id.
fn twin(id: &str, ago: Duration) -> RecentEntry {
    let signal = buy(id);
    RecentEntry {
        client_order_id: signal.client_order_id,
        symbol: signal.symbol,
        side: signal.side,
        size: signal.size,
        at: NOW.minus(ago),
    }
}

type Change = fn(&mut AccountState);

#[test]
fn each_rule_refuses_by_its_code() {
    let cases: [(Change, &str); 15] = [
        (|a| a.paused = true, "trading_paused"),
        (|a| a.halted = true, "trading_halted"),
        (|a| a.last_entry_at = Some(NOW.minus(Duration::from_millis(999))), "entry_rate"),
        (|a| a.balances[0].at = NOW.minus(Duration::from_secs(61)), "stale_balance"),
        (|a| a.realised_today = dec("-530"), "daily_loss"),
        (|a| a.unrealised_today = dec("-530"), "daily_loss"),
        (|a| (a.realised_today, a.unrealised_today) = (dec("-530"), dec("9000")), "daily_loss"),
        (|a| a.unmeasured_loss = Some("BTC".into()), "no_rate"),
        (|a| a.quote_rate = None, "no_rate"),
        (|a| a.equity = None, "equity_unknown"),
        (|a| a.below_best = dec("2500"), "drawdown"),
        (|a| a.limits.allowed_symbols = Some([symbol("ETH-USD")].into()), "pair_not_allowed"),
        (|a| a.recent_entries = vec![twin("first", Duration::from_secs(4))], "duplicate_intent"),
        (
            |a| {
                a.tier = Tier::Basic;
                let held = ["ETH-USD", "SOL-USD", "ADA-USD"];
                a.positions = held.iter().map(|of| position(&symbol(of), "1", "10")).collect();
            },
            "position_count",
        ),
        (
            |a| {
                a.tier = Tier::Basic;
                a.positions = vec![position(&symbol("BTC-USD"), "0.001", "50000")];
            },
            "position_size",
        ),
    ];
    assert_eq!(assess(buy("x"), &account()).code, None);
    for (change, code) in cases {
        let mut account = account();
        change(&mut account);
        assert_eq!(assess(buy("x"), &account).code.as_deref(), Some(code));
    }
}

#[test]
fn an_exit_passes_all_of_them() {
    let mut account = account();
    account.tier = Tier::Basic;
    account.paused = true;
    account.halted = true;
    account.last_entry_at = Some(NOW);
    account.balances[0].at = NOW.minus(Duration::from_secs(3600));
    account.realised_today = dec("-9000");
    account.unrealised_today = dec("-9000");
    account.unmeasured_loss = Some("BTC".into());
    account.quote_rate = None;
    account.below_best = dec("9000");
    account.equity = None;
    account.limits = RiskSettings {
        allowed_symbols: Some(Default::default()),
        positions: Some(0),
        largest_position: Some(Decimal::ZERO),
        ..RiskLevel::Low.settings()
    };
    account.recent_entries = vec![twin("y", Duration::ZERO)];
    let held = ["BTC-USD", "ETH-USD", "SOL-USD", "ADA-USD"];
    account.positions = held.iter().map(|of| position(&symbol(of), "1", "50000")).collect();
    let outcome = assess(exit(user(1), "x", "1"), &account);
    assert_eq!((outcome.code, outcome.size), (None, coins("1")));
}

#[test]
fn an_exit_needs_a_position_and_is_no_larger_than_it() {
    let mut account = account();
    assert_eq!(assess(exit(user(1), "x", "1"), &account).code.as_deref(), Some("no_position"));
    account.positions = vec![position(&symbol("BTC-USD"), "0.3", "50000")];
    let outcome = assess(exit(user(1), "x", "1"), &account);
    assert_eq!((outcome.size, outcome.resized_by), (coins("0.3"), vec!["exit_reduces".to_owned()]));
    // Buying does not reduce what was bought.
    let wrong = TradeSignal { side: Side::Buy, ..exit(user(1), "x", "0.1") };
    assert_eq!(assess(wrong, &account).code.as_deref(), Some("no_position"));
}

#[test]
fn two_exits_together_never_sell_more_than_there_is() {
    let mut account = account();
    let btc = symbol("BTC-USD");
    account.positions = vec![position(&btc, "0.3", "50000")];
    account.working = vec![working(Side::Sell, true, &btc, "0.2")];
    assert_eq!(assess(exit(user(1), "x", "0.3"), &account).size, coins("0.1"));
    account.working = vec![working(Side::Sell, true, &btc, "0.3")];
    assert_eq!(assess(exit(user(1), "x", "0.3"), &account).code.as_deref(), Some("no_position"));
}

#[test]
fn an_exit_for_an_amount_of_money_is_measured_at_the_market() {
    let mut account = account();
    account.positions = vec![position(&symbol("BTC-USD"), "0.001", "50000")];
    let small = TradeSignal { size: dollars("10").unwrap(), ..exit(user(1), "x", "1") };
    assert_eq!(assess(small, &account).size, dollars("10"));
    let large = TradeSignal { size: dollars("100").unwrap(), ..exit(user(1), "x", "1") };
    assert_eq!(assess(large, &account).size, coins("0.001"));
}

#[test]
fn an_entry_shrinks_to_what_the_plan_has_left() {
    let mut account = account();
    account.tier = Tier::Pro;
    account.positions = vec![position(&symbol("BTC-USD"), "0.003", "50000")];
    let outcome = assess(buy("x"), &account);
    assert_eq!((outcome.size, outcome.resized_by), (dollars("50"), vec!["position_size".to_owned()]));
    let by_base = TradeSignal { size: coins("0.002").unwrap(), ..buy("x") };
    assert_eq!(assess(by_base, &account).size, coins("0.001"));
}

#[test]
fn entries_on_their_way_count_as_if_they_were_positions() {
    let mut account = account();
    account.tier = Tier::Pro;
    account.working = vec![working(Side::Buy, false, &symbol("BTC-USD"), "0.003")];
    assert_eq!(assess(buy("x"), &account).size, dollars("50"));
    account.tier = Tier::Basic;
    let others = ["ETH-USD", "SOL-USD", "ADA-USD"];
    account.working = others.iter().map(|of| working(Side::Buy, false, &symbol(of), "0.0001")).collect();
    assert_eq!(assess(buy("x"), &account).code.as_deref(), Some("position_count"));
}

#[test]
fn what_cannot_be_closed_takes_no_place() {
    let mut account = account();
    account.tier = Tier::Basic;
    let held = ["ETH-USD", "SOL-USD", "ADA-USD"];
    account.positions = held.iter().map(|of| position(&symbol(of), "0.0001", "50000")).collect();
    assert_eq!(assess(buy("x"), &account).code.as_deref(), Some("position_count"));
    account.dust = vec![(venue(), symbol("SOL-USD"))];
    assert_eq!(assess(buy("x"), &account).code, None);
}

#[test]
fn a_position_that_is_held_may_grow_though_the_plan_is_full() {
    let mut account = account();
    account.tier = Tier::Basic;
    let held = ["BTC-USD", "ETH-USD", "SOL-USD"];
    account.positions = held.iter().map(|of| position(&symbol(of), "0.0001", "50000")).collect();
    assert_eq!(assess(buy("x"), &account).size, dollars("45"));
}

#[test]
fn one_entry_uses_a_tenth_of_the_equity_at_most() {
    let mut account = account();
    account.equity = Some(dec("500"));
    let outcome = assess(buy("x"), &account);
    assert_eq!((outcome.size, outcome.resized_by), (dollars("50.00"), vec!["equity_share".to_owned()]));
    account.equity = Some(Decimal::ZERO);
    assert_eq!(assess(buy("x"), &account).code.as_deref(), Some("equity_share"));
}

/// ETH at 0.05 BTC, and BTC at 60,000 USD.
fn in_btc(quantity: Option<&str>) -> AccountState {
    let mut account = account();
    account.quote_rate = Some(dec("60000"));
    let size = Quantity::new(dec("10")).unwrap();
    let price = Price::new(dec("0.05")).unwrap();
    account.quotes =
        vec![(venue(), Quote { bid: price, bid_size: size, ask: price, ask_size: size, at: NOW })];
    let held = quantity.map(|quantity| position(&symbol("ETH-BTC"), quantity, "0.05"));
    account.positions = held.into_iter().collect();
    account
}

#[test]
fn limits_in_usd_are_held_against_what_an_entry_in_another_currency_is_worth_in_usd() {
    let buy = |size| TradeSignal { symbol: symbol("ETH-BTC"), size, ..buy("x") };
    let (money, quantity) = (dollars("1").unwrap(), coins("20").unwrap());
    let mut account = in_btc(None);
    // A tenth of 10,000 USD, cut off after twelve digits.
    assert_eq!(assess(buy(money), &account).size, dollars("0.016666666666"));
    assert_eq!(assess(buy(coins("0.3").unwrap()), &account).size, coins("0.3"));
    let Some(OrderSize::Base(cut)) = assess(buy(quantity), &account).size else {
        panic!("an entry by quantity stays one");
    };
    assert!(cut.get() * dec("3000") <= dec("1000.000001") && cut.get() * dec("3000") > dec("999.99"));
    account.tier = Tier::Pro;
    assert_eq!(assess(buy(money), &account).size, dollars("0.003333333333"), "200 USD");
    // 0.04 ETH are worth 120 USD, so that 80 are left.
    account.positions = in_btc(Some("0.04")).positions;
    assert_eq!(assess(buy(money), &account).size, dollars("0.001333333333"));
    account.quote_rate = None;
    let refused = assess(buy(money), &account);
    assert_eq!(refused.code.as_deref(), Some("no_rate"));
}

#[test]
fn the_least_entry_is_measured_in_usd() {
    let limits = RiskLimits { min_equity_share: dec("0.02"), ..RiskLimits::default() };
    let chain = RiskChain::new(default_policies(&limits)).unwrap();
    let code = |size: &str| {
        let signal = TradeSignal { symbol: symbol("ETH-BTC"), size: dollars(size).unwrap(), ..buy("x") };
        let intent = OrderIntent::new(OrderId::generate(NOW, &SeededEntropy::new(1)), NOW, signal);
        chain.assess(intent, &in_btc(None)).verdict.err().map(|reason| reason.code)
    };
    assert_eq!((code("0.0034"), code("0.0033").as_deref()), (None, Some("equity_floor")));
}

#[test]
fn a_limit_price_far_beyond_the_market_is_a_slip_of_the_finger() {
    let limit = |side, price: &str| TradeSignal {
        side,
        kind: OrderKind::Limit { price: Price::new(dec(price)).unwrap() },
        ..buy("x")
    };
    let cases = [
        (Side::Buy, "52500", None),
        (Side::Buy, "52500.01", Some("price_collar")),
        (Side::Buy, "1", None),
        (Side::Sell, "47490.5", None),
        (Side::Sell, "47490.4", Some("price_collar")),
        (Side::Sell, "900000", None),
    ];
    let mut account = account();
    account.balances.push(VenueBalance { asset: "BTC".into(), ..account.balances[0].clone() });
    for (side, price, code) in cases {
        assert_eq!(assess(limit(side, price), &account).code.as_deref(), code, "{side} at {price}");
    }
}

#[test]
fn a_clock_that_went_back_does_not_lock_a_user_out() {
    let mut account = account();
    account.last_entry_at = Some(NOW.plus(Duration::from_secs(3600)));
    assert_eq!(assess(buy("x"), &account).code, None);
}

#[test]
fn what_cannot_be_priced_is_not_bought() {
    let mut account = account();
    account.quotes.clear();
    let by_base = TradeSignal { size: coins("0.001").unwrap(), ..buy("x") };
    assert_eq!(assess(by_base, &account).code.as_deref(), Some("no_price"));
}

#[test]
fn the_same_entry_again_is_refused_for_a_moment_unless_it_is_another_or_a_slice() {
    let refused = |account: &AccountState, signal: TradeSignal| assess(signal, account).code;
    let mut account = account();
    account.recent_entries = vec![twin("first", Duration::from_secs(4))];
    assert_eq!(refused(&account, buy("x")).as_deref(), Some("duplicate_intent"));
    assert_eq!(refused(&account, buy("first")), None, "its own id is no repetition");
    assert_eq!(refused(&account, TradeSignal { size: dollars("99").unwrap(), ..buy("x") }), None);
    account.recent_entries = vec![twin("first", Duration::from_secs(5))];
    assert_eq!(refused(&account, buy("x")), None, "its time is over");
    account.recent_entries = vec![twin("first", Duration::from_secs(1))];
    let id = OrderId::generate(NOW, &SeededEntropy::new(1));
    let slice = OrderIntent { parent: Some(id), ..OrderIntent::new(id, NOW, buy("x")) };
    let chain = |limits: &RiskLimits| RiskChain::new(default_policies(limits)).unwrap();
    assert!(chain(&RiskLimits::default()).assess(slice, &account).verdict.is_ok());
    let unhurried = RiskLimits { entry_interval: Duration::ZERO, ..RiskLimits::default() };
    assert!(chain(&unhurried).assess(OrderIntent::new(id, NOW, buy("x")), &account).verdict.is_ok());
}

#[test]
fn an_account_too_far_below_its_best_enters_nothing() {
    let mut account = account();
    account.below_best = dec("2499");
    assert_eq!(assess(buy("x"), &account).code, None);
    account.limits.max_drawdown = Some(dec("0.05"));
    assert_eq!(assess(buy("x"), &account).code.as_deref(), Some("drawdown"));
    account.limits.max_drawdown = Some(dec("0.90"));
    account.below_best = dec("2500");
    assert_eq!(
        assess(buy("x"), &account).code.as_deref(),
        Some("drawdown"),
        "the platform's limit holds too"
    );
}

#[test]
fn a_fall_that_cannot_be_measured_against_the_account_enters_nothing_and_lets_exits_through() {
    let rules = default_policies(&RiskLimits::default());
    let drawdown = rules.into_iter().filter(|rule| rule.name() == "drawdown").collect();
    let drawdown = RiskChain::new(drawdown).unwrap();
    let mut account = account();
    account.equity = None;
    let code = |account: &AccountState, signal| {
        let id = OrderId::generate(NOW, &SeededEntropy::new(1));
        drawdown.assess(OrderIntent::new(id, NOW, signal), account).verdict.err().map(|reason| reason.code)
    };
    assert_eq!(code(&account, buy("x")), None, "it is at its best");
    account.below_best = dec("1");
    assert_eq!(code(&account, buy("x")).as_deref(), Some("equity_unknown"));
    assert_eq!(code(&account, exit(user(1), "x", "1")), None);
}

#[test]
fn a_users_own_limits_hold_where_they_are_tighter_than_the_plans() {
    let size = |limits: RiskSettings, tier| {
        let mut account = account();
        (account.limits, account.tier) = (limits, tier);
        account.equity = Some(dec("1000"));
        assess(buy("x"), &account).size
    };
    let own = |share: &str| RiskSettings { max_equity_share: Some(dec(share)), ..RiskSettings::default() };
    assert_eq!(size(own("0.05"), Tier::Enterprise), dollars("50.00"));
    assert_eq!(size(own("0.50"), Tier::Enterprise), dollars("100"));
    let largest = |usd: &str| RiskSettings { largest_position: Some(dec(usd)), ..RiskSettings::default() };
    assert_eq!(size(largest("30"), Tier::Basic), dollars("30"));
    assert_eq!(size(largest("900"), Tier::Basic), dollars("50"));
    let mut account = account();
    account.positions = vec![position(&symbol("ETH-USD"), "1", "10")];
    account.limits.positions = Some(1);
    assert_eq!(assess(buy("x"), &account).code.as_deref(), Some("position_count"));
    account.limits = RiskSettings { max_daily_loss: Some(dec("0.01")), ..RiskSettings::default() };
    account.realised_today = dec("-110");
    assert_eq!(assess(buy("x"), &account).code.as_deref(), Some("daily_loss"));
    account.limits = RiskSettings { price_collar: Some(dec("0.01")), ..RiskSettings::default() };
    account.realised_today = Decimal::ZERO;
    let limit =
        TradeSignal { kind: OrderKind::Limit { price: Price::new(dec("50501")).unwrap() }, ..buy("x") };
    assert_eq!(assess(limit, &account).code.as_deref(), Some("price_collar"));
}

#[test]
fn a_platform_may_name_its_pairs_and_the_least_entry() {
    let id = OrderId::generate(NOW, &SeededEntropy::new(1));
    let code = |limits: RiskLimits, tier| {
        let chain = RiskChain::new(default_policies(&limits)).unwrap();
        let account = AccountState { tier, ..account() };
        chain.assess(OrderIntent::new(id, NOW, buy("x")), &account).verdict.err().map(|reason| reason.code)
    };
    let pairs = RiskLimits { allowed_symbols: Some([symbol("ETH-USD")].into()), ..RiskLimits::default() };
    assert_eq!(code(pairs, Tier::Enterprise).as_deref(), Some("pair_not_allowed"));
    let least = |percent| RiskLimits { min_equity_share: Decimal::new(percent, 2), ..RiskLimits::default() };
    assert_eq!(code(least(1), Tier::Enterprise), None);
    assert_eq!(code(least(2), Tier::Enterprise).as_deref(), Some("equity_floor"));
    assert_eq!(
        code(least(1), Tier::Basic).as_deref(),
        Some("equity_floor"),
        "what the plan leaves is too small"
    );
}
