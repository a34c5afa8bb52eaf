//! Setting algo orders off.

use super::algo::{Algo, AlgoKind, AlgoState, Leg};
use super::algo_parse::child;
use super::attached;
use super::error::{OkxError, Result};
use super::instruments::INSTRUMENTS;
use super::new_order::{size_market, within_band};
use super::notes::Notes;
use super::place::take;
use super::protocol::State;
use crate::engine::{Engine, OrderId, Side};
use crate::venue::Venue;
use rust_decimal::{Decimal, RoundingStrategy};

/// Compares what waits with all that traded since it was last looked at, and sets off whatever was reached. It runs with each
/// step of the tape and before and after each call, so that nobody sees a price that a stop has missed.
pub(super) fn settle(venue: &Venue, state: &State, now_ns: i64) {
    let fired = {
        let mut engine = venue.engine.lock();
        settle_in(state, &mut engine, now_ns)
    };
    if fired {
        venue.touch();
    }
}

pub(super) fn settle_in(state: &State, engine: &mut Engine, now_ns: i64) -> bool {
    let mut fired = false;
    attached::begin(state, engine, now_ns);
    // One that goes off trades, which may set others off.
    while let Some((algo, leg, side)) = reached(state, engine) {
        fired = true;
        let became = fire(state, engine, &algo, leg, now_ns);
        attached::begin(state, engine, now_ns);
        state.algos.lock().end(algo.id, |algo| {
            algo.updated_ns = now_ns;
            algo.triggered_ns = Some(now_ns);
            algo.actual_side = side;
            match became {
                Ok((order, sz)) => {
                    algo.state = AlgoState::Effective;
                    (algo.order, algo.actual_sz) = (Some(order), sz);
                }
                Err(error) => {
                    algo.state = AlgoState::Failed;
                    algo.fail_code = error.code.to_string();
                }
            }
        });
    }
    fired
}

/// The first that a price has reached.
fn reached(state: &State, engine: &Engine) -> Option<(Algo, Leg, &'static str)> {
    for algo in state.algos.lock().live_mut() {
        let market = &engine.markets()[algo.market];
        let newest = market.last().map_or(0, |trade| trade.id);
        if newest == algo.seen {
            continue;
        }
        let hit =
            market.trades().filter(|trade| trade.id > algo.seen).find_map(|trade| algo.hit(trade.price));
        algo.seen = newest;
        if let Some((leg, side)) = hit {
            return Some((algo.clone(), leg, side));
        }
    }
    None
}

/// Makes the order that an algo order becomes.
fn fire(
    state: &State,
    engine: &mut Engine,
    algo: &Algo,
    leg: Leg,
    now_ns: i64,
) -> Result<(OrderId, Decimal)> {
    let instrument = &INSTRUMENTS[algo.market];
    let mut order = child(algo, leg);
    let mut target = "";
    if let Some(limit) = leg.limit {
        order.limit = Some(within_band(engine, &order, limit, false)?);
    } else {
        target = algo.target;
        size_market(engine, &mut order, instrument, target, false)?;
    }
    // Documented of trigger orders: with too little the order is as large as the balance allows.
    if algo.kind == AlgoKind::Trigger {
        let (ccy, price) = match algo.side {
            Side::Sell => (instrument.base, Decimal::ONE),
            Side::Buy if order.in_quote => (instrument.quote, Decimal::ONE),
            Side::Buy => (instrument.quote, leg.limit.unwrap_or(engine.markets()[algo.market].last_price())),
        };
        let most = engine.balance(algo.account, ccy).available() / price;
        let most = most.round_dp_with_strategy(instrument.lot_decimals, RoundingStrategy::ToZero);
        order.qty = order.qty.min(most);
        if order.qty.is_zero() {
            return Err(OkxError::insufficient(ccy));
        }
    }
    let notes = Notes {
        sz: if target == "quote_ccy" { algo.sz } else { order.qty },
        tgt_ccy: target,
        tag: algo.tag.clone(),
        source: if algo.kind == AlgoKind::Trigger { "6" } else { "7" },
        algo: Some((algo.id, algo.client_id.clone())),
        ..Notes::default()
    };
    let sz = order.qty;
    Ok((take(state, engine, &order, notes, now_ns)?, sz))
}
