//! What the rest of the world does meanwhile: prices move, orders that rest are met, streams break, venues close.

use nija_core::{AmbiguityBound, Clock, OrderKind, OrderState, Price, Quantity, Side, TimeInForce};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use super::{
    exchange::Arrival,
    platform::Platform,
    resting::{Resting, Trades},
};

/// Acts until the trouble ends.
pub(crate) async fn turn(platform: Arc<Platform>) {
    while platform.trouble.is_on() {
        tokio::time::sleep(platform.dice.millis(20..900)).await;
        if platform.trouble.is_on() {
            act(&platform);
        }
    }
}

fn act(platform: &Platform) {
    let dice = &platform.dice;
    let place = usize::try_from(dice.number(0..platform.venues.len() as u64)).unwrap();
    let venue = &platform.venues[place];
    let user = *dice.pick(&platform.users);
    let now = platform.clock.now();
    if platform.trouble.calm.is_some() {
        return;
    }
    close_by_hand(platform);
    match dice.number(0..20) {
        0..=7 => {
            // The market meets what rests, and mostly passes stops by that it did not fill when they went off.
            let passes = dice.chance(80);
            let mut exchange = venue.exchange();
            let open: Vec<_> =
                exchange.account(user).orders.iter().filter(|order| order.is_open()).cloned().collect();
            let open: Vec<_> = open.into_iter().filter(|order| order.trades != Trades::Waits).collect();
            let open: Vec<_> = open.into_iter().filter(|order| !passes || !order.kind.waits()).collect();
            if !open.is_empty() {
                let (id, percent) = (dice.pick(&open).id.clone(), *dice.pick(&[100, 60, 20]));
                exchange.fill(user, &id, percent, now);
            }
        }
        8..=12 => {
            let mut exchange = venue.exchange();
            let brackets: Vec<_> =
                platform.users.iter().flat_map(|user| exchange.waiting_brackets(*user)).collect();
            let symbol = if !brackets.is_empty() && dice.chance(30) {
                // The market goes for one of a bracket's legs.
                let (symbol, profit, stop) = dice.pick(&brackets).clone();
                let to = if dice.chance(60) { profit } else { stop };
                exchange.prices.insert(symbol.clone(), to.get());
                symbol
            } else {
                let symbol = dice.pick(&platform.symbols()).clone();
                let range = if dice.chance(15) { 9_700..10_310 } else { 9_960..10_041 };
                let factor = Decimal::new(i64::try_from(dice.number(range)).unwrap(), 4);
                let price = exchange.prices.get_mut(&symbol).unwrap();
                *price = (*price * factor).round_dp(2);
                symbol
            };
            exchange.set_off(&symbol);
            // What waited for that price is met, mostly, and mostly whole.
            for user in &platform.users {
                for id in exchange.waiting_and_met(*user) {
                    if dice.chance(60) {
                        exchange.fill(*user, &id, *dice.pick(&[100, 100, 60, 20]), now);
                    }
                }
            }
        }
        13..=15 => {
            let streams = venue.exchange().account(user).streams.clone();
            for stream in streams {
                stream.interrupt(dice.millis(0..50), dice.millis(0..8_000));
            }
        }
        16 => platform.trouble.take_down(place, Duration::ZERO),
        17 | 18 => platform.trouble.bring_up(),
        _ => trade_by_hand(platform, place),
    }
}

/// A user trades at the venue itself, past the platform. At a venue without a bound an order of ours can be in doubt for ever,
/// and a trade that may be its is held for as long, so there it is left out.
fn trade_by_hand(platform: &Platform, place: usize) {
    let dice = &platform.dice;
    let user = *dice.pick(&platform.users);
    let mut exchange = platform.venues[place].exchange();
    if exchange.contract.ambiguity_bound == AmbiguityBound::Unbounded {
        return;
    }
    let symbol = dice.pick(&platform.symbols()).clone();
    let rests = dice.chance(50);
    let side = platform.opens(&symbol);
    let factor = match (side, rests) {
        (Side::Buy, true) => Decimal::new(90, 2),
        (Side::Buy, false) => Decimal::new(101, 2),
        (Side::Sell, true) => Decimal::new(110, 2),
        (Side::Sell, false) => Decimal::new(99, 2),
    };
    let price = Price::new((exchange.prices[&symbol] * factor).round_dp(2)).unwrap();
    let arrival = Arrival {
        user,
        client: None,
        symbol: &symbol,
        side,
        kind: OrderKind::Limit { price },
        quantity: Quantity::new(Decimal::new(1, 4)).unwrap(),
        time_in_force: if rests { TimeInForce::Gtc } else { TimeInForce::Ioc },
    };
    exchange.arrive(&arrival, platform.clock.now(), &vec![100]);
}

/// A user whose exit is on its way for long closes a part of the position, or all of it, at the venue itself. (What was sold short is left to the
/// platform: its venue would let an exit that is under way open the other side, and nobody could help it.)
fn close_by_hand(platform: &Platform) {
    let dice = &platform.dice;
    let under_way = |order: &nija_core::Order| {
        let signal = &order.intent.signal;
        let sent = matches!(order.state, OrderState::Queued | OrderState::Unknown);
        sent && signal.signal_type.is_exit() && signal.side == Side::Sell
    };
    let orders = platform.users.iter().flat_map(|user| platform.ledger.orders_of(*user));
    let exits: Vec<_> = orders.filter(|order| under_way(order)).collect();
    if exits.is_empty() || !dice.chance(20) {
        return;
    }
    let signal = &dice.pick(&exits).intent.signal;
    let venue = dice.pick(&platform.venues);
    let mut exchange = venue.exchange();
    if exchange.contract.ambiguity_bound == AmbiguityBound::Unbounded
        || platform.opens(&signal.symbol) == Side::Sell
    {
        return;
    }
    let there = exchange.account(signal.user).totals.get(signal.symbol.base()).copied().unwrap_or_default();
    let share = Decimal::new(*dice.pick(&[100, 50, 20]), 2);
    let price = Price::new((exchange.prices[&signal.symbol] * Decimal::new(99, 2)).round_dp(2)).unwrap();
    let Ok(quantity) = Quantity::new(there * share).map(|all| all.floor_to(Decimal::new(1, 6))) else {
        return;
    };
    if quantity.is_zero() {
        return;
    }
    let arrival = Arrival {
        user: signal.user,
        client: None,
        symbol: &signal.symbol,
        side: Side::Sell,
        kind: OrderKind::Limit { price },
        quantity,
        time_in_force: TimeInForce::Ioc,
    };
    exchange.arrive(&arrival, platform.clock.now(), &vec![100]);
}

/// Orders at a venue that their users made by hand and that rest there untouched.
pub(crate) fn by_hand(orders: &[Resting]) -> impl Iterator<Item = &Resting> {
    orders.iter().filter(|order| order.client.is_none())
}
