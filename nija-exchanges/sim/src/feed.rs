//! Feeding the tape to every venue, in step.

use crate::engine::{Candle, Side};
use crate::tape::{Player, Tape};
use crate::venue::Venue;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;

/// Time between two steps of the tape.
const STEP: Duration = Duration::from_millis(200);
/// A tether is worth this many dollars; its pairs trade a little apart from the dollar's.
const TETHER: f64 = 0.999_7;
/// The part of a minute's turnover that shows up as trades of the crowd.
const CROWD: f64 = 0.02;

/// Gives every venue the tape's past and its first prices.
pub(crate) fn prepare(player: &Player, venues: &[Arc<Venue>]) {
    for venue in venues {
        let now_ns = venue.clock.now_ns();
        let this_minute = now_ns.div_euclid(60_000_000_000) * 60;
        for (market, (base, quote)) in symbols(venue).into_iter().enumerate() {
            let rate = rate(&quote);
            let history = player.history(&base);
            let first = this_minute - 60 * i64::try_from(history.len()).unwrap_or(0);
            let mut engine = venue.engine.lock();
            for (index, past) in history.into_iter().enumerate() {
                let begin_s = first + 60 * i64::try_from(index).unwrap_or(0);
                if !venue.protocol.trades_at(market, begin_s) {
                    continue;
                }
                let price = |dollars: f64| decimal(dollars / rate);
                let volume = decimal(past.turnover / past.close).round_dp(8);
                let close = price(past.close);
                engine.seed_candle(
                    market,
                    Candle {
                        begin_s,
                        open: price(past.open),
                        high: price(past.high),
                        low: price(past.low),
                        close,
                        volume,
                        turnover: volume * close,
                        trades: 20 + u64::from_f64(past.turnover / 20_000.0).unwrap_or(0),
                    },
                );
            }
        }
        quote(player, venue, now_ns);
        for market in 0..symbols(venue).len() {
            let mut engine = venue.engine.lock();
            let mid = engine.markets()[market].mid();
            engine.print_at(market, mid, now_ns);
        }
        venue.touch();
    }
}

/// Steps the tape until told to stop.
pub(crate) async fn run(
    mut player: Player,
    venues: Vec<Arc<Venue>>,
    speed: f64,
    mut stop: watch::Receiver<bool>,
) {
    let mut clock = tokio::time::interval(STEP);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let minutes = speed.clamp(0.0, 100_000.0) * STEP.as_secs_f64() / 60.0;
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = clock.tick() => {}
        }
        player.advance(minutes);
        for venue in &venues {
            let now_ns = venue.clock.now_ns();
            venue.engine.lock().expire(now_ns);
            venue.protocol.tick(venue, now_ns);
            if !venue.paused.load(Ordering::SeqCst) {
                quote(&player, venue, now_ns);
                crowd(&player, venue, minutes, now_ns);
            }
            venue.touch();
        }
    }
}

/// Moves a venue's quotes to the tape's price, give or take the venue's own wandering.
fn quote(player: &Player, venue: &Venue, now_ns: i64) {
    for (market, (base, quote)) in symbols(venue).into_iter().enumerate() {
        let Some(dollars) = player.price(&base).filter(|_| !venue.engine.lock().is_halted(market)) else {
            continue;
        };
        let seconds = now_ns as f64 / 1e9;
        let turn = (seconds / 47.0 + venue.index as f64 * 2.1 + market as f64).sin();
        let wander = 1.0 + venue.profile.wander_cbp as f64 * turn / 1e6;
        venue.engine.lock().set_mid(market, decimal(dollars * wander / rate(&quote)), now_ns);
    }
}

/// Lets the crowd trade, so that there is a last price, volume, and a queue that moves.
fn crowd(player: &Player, venue: &Venue, minutes: f64, now_ns: i64) {
    for (market, (base, quote)) in symbols(venue).into_iter().enumerate() {
        let salt = venue.index * 100 + market as u64;
        if player.luck(salt + 7_000) > 0.6 {
            continue;
        }
        let Some(dollars) = player.price(&base) else {
            continue;
        };
        let value = player.turnover(&base) * minutes.min(1.0) * CROWD * 2.0 * player.luck(salt + 8_000);
        let side = if player.luck(salt + 9_000) < 0.5 { Side::Buy } else { Side::Sell };
        let qty = decimal(value * rate(&quote) / dollars).round_dp(8);
        if qty > Decimal::ZERO {
            venue.engine.lock().crowd_trade(market, side, qty, now_ns);
        }
    }
}

fn symbols(venue: &Venue) -> Vec<(String, String)> {
    let engine = venue.engine.lock();
    engine.markets().iter().map(|market| (market.spec.base.clone(), market.spec.quote.clone())).collect()
}

fn rate(quote: &str) -> f64 {
    if quote == "USDT" { TETHER } else { 1.0 }
}

fn decimal(value: f64) -> Decimal {
    Decimal::from_f64(value).unwrap_or_default().round_dp(8)
}

/// A player at the beginning of a tape.
pub(crate) fn player(tape: Tape) -> Player {
    Player::new(tape)
}
