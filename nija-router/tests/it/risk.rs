//! Each policy's rule, what it says, and that exits pass.

use nija_core::{
    AccountState, CheckOutcome, Fill, Liquidity, OrderId, OrderIntent, OrderKind, OrderSize, Position, Price,
    Quantity, Quote, RiskChain, SeededEntropy, Side, Symbol, Tier, Timestamp, TradeSignal, VenueBalance,
    VenueFill, VenueId, WorkingOrders,
};
use nija_router::{RiskLimits, default_policies};
use rust_decimal::Decimal;
use std::time::Duration;

use crate::support::{dec, entry, exit, symbol, user};

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
        user: user(1),
        tier: Tier::Enterprise,
        now: NOW,
        paused: false,
        halted: false,
        positions: Vec::new(),
        balances: vec![VenueBalance {
            venue: venue(),
            asset: "USD".into(),
            total: dec("10000"),
            available: dec("10000"),
            at: NOW,
        }],
        working_orders: 0,
        working: Vec::new(),
        equity: Some(dec("10000")),
        realised_today: Decimal::ZERO,
        last_entry_at: None,
        quotes: vec![(venue(), quote)],
        venues: vec![venue()],
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

type Change = fn(&mut AccountState);

#[test]
fn each_rule_refuses_by_its_code() {
    let cases: [(Change, &str); 8] = [
        (|a| a.paused = true, "trading_paused"),
        (|a| a.halted = true, "trading_halted"),
        (|a| a.last_entry_at = Some(NOW.minus(Duration::from_millis(999))), "entry_rate"),
        (|a| a.balances[0].at = NOW.minus(Duration::from_secs(61)), "stale_balance"),
        (|a| a.realised_today = dec("-530"), "daily_loss"),
        (|a| a.equity = None, "equity_unknown"),
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
    account.equity = None;
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
