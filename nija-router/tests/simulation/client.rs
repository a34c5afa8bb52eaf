//! A user: orders, changes of mind, impatience, and patience with a platform that dies now and then.

use nija_core::{
    Clock, KillScope, Notional, Order, OrderId, OrderKind, OrderSize, OrderState, Quantity, Side, SignalType,
    Symbol, TimeInForce, TradeSignal, UserId,
};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use super::{platform::Platform, record::check_flat, running::Running, witness::AT_ONCE};
use crate::{Engine, EngineError, Submitted};

/// What a user was told is so.
#[derive(Default)]
pub(crate) struct Promises {
    /// Signals that were acknowledged, with the order that the user was told.
    pub(crate) acknowledged: Mutex<Vec<(TradeSignal, OrderId)>>,
}

pub(crate) struct Client {
    pub(crate) user: UserId,
    pub(crate) name: usize,
    pub(crate) platform: Arc<Platform>,
    pub(crate) running: Arc<Running>,
    pub(crate) promises: Arc<Promises>,
}

/// Codes that an exit must never meet.
const NOT_FOR_EXITS: [&str; 10] = [
    "paused",
    "halted",
    "entry_rate",
    "stale_balance",
    "daily_loss",
    "position_count",
    "price_collar",
    "position_size",
    "equity_share",
    "expired_before_send",
];

impl Client {
    /// The engine once there is one; the user keeps trying.
    async fn engine(&mut self) -> Option<Arc<Engine>> {
        Some(self.running.engine().await)
    }

    /// Calls the engine; `None` when it died before it answered.
    async fn call<T, F: Future<Output = T>>(&mut self, act: impl FnOnce(Arc<Engine>) -> F) -> Option<T> {
        let engine = self.engine().await?;
        let running = self.running.clone();
        tokio::select! {
            biased;
            () = running.gone(&engine) => None,
            answer = act(engine.clone()) => Some(answer),
        }
    }

    pub(crate) async fn live(mut self) {
        let calm = self.platform.trouble.calm == Some(self.user);
        let noisy = self.platform.trouble.calm.is_some() && !calm;
        let acts = self.platform.dice.number(6..16);
        for act in 0..acts {
            let pause = if noisy { 0..120 } else { 0..1_500 };
            tokio::time::sleep(self.platform.dice.millis(pause)).await;
            if calm {
                self.trade_calmly(act).await;
                continue;
            }
            let choice = self.platform.dice.number(0..100);
            match choice {
                _ if noisy && choice < 40 => self.burst(act).await,
                0..=39 => self.enter(act).await,
                40..=54 => self.leave(act).await,
                55..=64 => self.rest(act).await,
                65..=72 => self.close(act).await,
                73..=78 => self.protect().await,
                79..=87 => self.cancel().await,
                88..=90 => self.pause().await,
                91..=93 => self.kill().await,
                _ => self.repeat().await,
            }
        }
    }

    /// Guards a position anew, or not at all any more.
    async fn protect(&mut self) {
        let Some((open, _)) = self.held() else {
            return;
        };
        let (user, plan) = (self.user, self.plan(&open.symbol));
        if self.platform.dice.chance(25) {
            drop(self.call(|engine| async move { engine.unprotect(user, &open.id).await }).await);
        } else {
            drop(self.call(|engine| async move { engine.protect(user, &open.id, plan).await }).await);
        }
    }

    async fn enter(&mut self, act: u64) {
        let signal = self.entry(self.id("e", act));
        self.submit(signal).await;
    }

    /// Many orders at once, most of them senseless.
    async fn burst(&mut self, act: u64) {
        let signals: Vec<_> = (0..20).map(|n| self.entry(self.id("b", act * 100 + n))).collect();
        let Some(engine) = self.engine().await else {
            return;
        };
        let answers = signals.iter().cloned().map(|signal| engine.submit(signal));
        let answers = futures::future::join_all(answers).await;
        for (signal, answer) in signals.into_iter().zip(answers) {
            if let Ok(submitted) = answer {
                self.acknowledged(&signal, &submitted);
            }
        }
    }

    async fn leave(&mut self, act: u64) {
        let Some((open, quantity)) = self.held() else {
            return self.enter(act).await;
        };
        let stop = self.platform.dice.chance(30);
        let venue = self.platform.dice.chance(40).then_some(open.venue.clone());
        let all = if venue.is_none() && self.platform.dice.chance(50) {
            self.everywhere(&open.symbol)
        } else {
            None
        };
        let signal = TradeSignal {
            signal_type: if stop { SignalType::StopLoss } else { SignalType::Exit },
            venue,
            ..TradeSignal::market(
                self.user,
                self.id("x", act),
                open.symbol.clone(),
                open.side().opposite(),
                OrderSize::Base(all.unwrap_or(quantity)),
            )
        };
        self.submit(signal).await;
    }

    /// An exit that rests: a profit, a stop, or both as one order. Its user changes nothing about it but by cancelling.
    async fn rest(&mut self, act: u64) {
        let Some((open, quantity)) = self.held() else {
            return self.enter(act).await;
        };
        let (dice, symbol) = (&self.platform.dice, &open.symbol);
        let stop = self.near(symbol, 9_850..9_995);
        let price = self.beyond(symbol, stop, *dice.pick(&[1_000, 998, 950]));
        let profit = self.near(symbol, 10_005..10_100);
        let kind = match dice.number(0..3) {
            0 => OrderKind::Limit { price: profit },
            1 => OrderKind::StopLimit { stop, price },
            _ => OrderKind::Bracket { take_profit: profit, stop, price },
        };
        let signal = TradeSignal {
            signal_type: if dice.chance(50) { SignalType::StopLoss } else { SignalType::Exit },
            kind,
            time_in_force: TimeInForce::Gtc,
            venue: dice.chance(70).then_some(open.venue.clone()),
            ..TradeSignal::market(
                self.user,
                self.id("r", act),
                open.symbol.clone(),
                open.side().opposite(),
                OrderSize::Base(quantity),
            )
        };
        self.submit(signal).await;
    }

    async fn close(&mut self, act: u64) {
        let Some((open, _)) = self.held() else {
            return;
        };
        let (user, id) = (self.user, self.id("c", act));
        let closed = self.call(|engine| async move { engine.close_position(user, &open.id, id).await }).await;
        if let Some(Ok(submitted)) = closed {
            let signal = submitted.order.intent.signal.clone();
            self.acknowledged(&signal, &submitted);
            self.check_exit(&submitted.order);
        }
    }

    async fn submit(&mut self, signal: TradeSignal) {
        let conflict = self.platform.dice.chance(10);
        loop {
            let wanted = signal.clone();
            let answer = self.call(|engine| async move { engine.submit(wanted).await }).await;
            match answer {
                // The connection broke: nobody knows. A user who wants it asks again, under the same id.
                None if self.platform.dice.chance(70) => {}
                None => return,
                Some(Ok(submitted)) => {
                    self.acknowledged(&signal, &submitted);
                    self.check_exit(&submitted.order);
                    break;
                }
                Some(Err(EngineError::Busy { .. })) if signal.signal_type.is_exit() => {
                    self.platform.witness.note(5, "an exit met a full lane");
                    return;
                }
                Some(Err(EngineError::Ledger(_))) if self.platform.dice.chance(70) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Some(Err(_)) => return,
            }
        }
        if conflict {
            let other = OrderSize::Base(Quantity::new(Decimal::new(77, 3)).unwrap());
            let other = TradeSignal { size: other, ..signal };
            let answer = self.call(|engine| async move { engine.submit(other).await }).await;
            if let Some(Ok(_)) = answer {
                self.platform.witness.note(2, "one client order id named two intents");
            }
        }
    }

    fn acknowledged(&self, signal: &TradeSignal, submitted: &Submitted) {
        let order = submitted.order.id();
        let mut all = self.promises.acknowledged.lock();
        let before = all
            .iter()
            .find(|(known, _)| known.user == signal.user && known.client_order_id == signal.client_order_id);
        match before {
            Some((_, known)) if *known != order => {
                let what = format!("{} was {known} and is {order}", signal.client_order_id);
                self.platform.witness.note(2, what);
            }
            Some(_) => {}
            None => all.push((signal.clone(), order)),
        }
    }

    /// No pause, limit, breaker or queue refuses an exit.
    fn check_exit(&self, order: &Order) {
        if order.intent.signal.signal_type.is_exit()
            && let Some(reason) = order.reason.as_ref().filter(|_| order.state.is_final())
            && NOT_FOR_EXITS.contains(&reason.code.as_str())
        {
            self.platform.witness.note(5, format!("exit {} was refused: {}", order.id(), reason.text));
        }
    }

    async fn cancel(&mut self) {
        let orders = self.platform.ledger.orders_of(self.user);
        let live: Vec<_> = orders.iter().filter(|order| !order.state.is_final()).collect();
        let Some(order) = (!live.is_empty()).then(|| (*self.platform.dice.pick(&live)).clone()) else {
            return;
        };
        let (user, id) = (self.user, order.id());
        drop(self.engine().await);
        let began = self.platform.clock.now();
        let answer = self.call(|engine| async move { engine.cancel(user, id).await }).await;
        // One that is carried out by others has no venue of its own.
        let resting =
            order.leg.is_some() && matches!(order.state, OrderState::Working | OrderState::PartialFill);
        let Some(Ok(_)) = answer.filter(|_| resting) else {
            return;
        };
        let client = order.leg.as_ref().map(|leg| leg.client_id);
        let left = client.and_then(|client| self.platform.witness.cancelled_at(client));
        let stands = self.platform.witness.on_record(user, id).await;
        let over = stands.is_some_and(|order| order.state.is_final());
        let now = self.platform.clock.now();
        let leg = order.leg.as_ref();
        let until = left.unwrap_or(now);
        let told = leg.is_some_and(|leg| self.platform.witness.words.excuse(&leg.venue, user, began, until));
        if left.is_none_or(|left| left.since(began) > AT_ONCE) && !over && !told {
            self.platform
                .witness
                .note(5, format!("the cancel of {id} of {began} left at {left:?}: {order:?}"));
        }
    }

    async fn pause(&mut self) {
        let (user, paused) = (self.user, self.platform.dice.chance(40));
        drop(self.call(|engine| async move { engine.set_paused(user, paused).await }).await);
    }

    /// Throws a kill switch, waits a while, and mostly takes it off again.
    async fn kill(&mut self) {
        let dice = &self.platform.dice;
        // Where one user is not to notice the others, they stop nobody but themselves.
        let scope = match dice.number(0..10) {
            0 if self.platform.trouble.calm.is_none() => KillScope::Platform,
            1 | 2 if self.platform.trouble.calm.is_none() => {
                KillScope::Venue(dice.pick(&self.platform.venues).id.clone())
            }
            _ => KillScope::User,
        };
        let (user, flatten, wait) = (self.user, dice.chance(60), dice.millis(0..8_000));
        let thrown = scope.clone();
        let answer = self.call(|engine| async move { engine.kill(user, thrown, flatten, wait).await }).await;
        if let Some(Ok(report)) = answer {
            check_flat(&self.platform, &report);
        }
        tokio::time::sleep(self.platform.dice.millis(0..2_000)).await;
        if self.platform.dice.chance(80) {
            drop(self.call(|engine| async move { engine.release_kill(user, scope).await }).await);
        }
    }

    /// What was acknowledged once is acknowledged again, as the same order.
    async fn repeat(&mut self) {
        let mine: Vec<_> = {
            let all = self.promises.acknowledged.lock();
            all.iter().filter(|(signal, _)| signal.user == self.user).cloned().collect()
        };
        if mine.is_empty() {
            return;
        }
        let (signal, _) = self.platform.dice.pick(&mine).clone();
        let again = signal.clone();
        if let Some(Ok(submitted)) = self.call(|engine| async move { engine.submit(again).await }).await {
            self.acknowledged(&signal, &submitted);
        }
    }

    /// A neighbour without trouble: each order is taken, at once, and filled whole, whatever the others do.
    async fn trade_calmly(&mut self, act: u64) {
        let symbol: Symbol = self.platform.symbols()[0].clone();
        let id = self.id("n", act);
        let venue = Some(self.platform.venues[0].id.clone());
        // A fee that was taken out of what was bought leaves less than the lot's digits hold; what is below it cannot be sold.
        let sellable = |open: &nija_core::Position| open.quantity >= Decimal::new(1, 4);
        let signal = match self.held().filter(|(open, _)| sellable(open)) {
            Some((open, _)) => TradeSignal {
                signal_type: SignalType::Exit,
                venue,
                ..TradeSignal::market(
                    self.user,
                    id,
                    symbol,
                    Side::Sell,
                    OrderSize::Base(Quantity::new(open.quantity).unwrap()),
                )
            },
            None => {
                let money = OrderSize::Quote(Notional::new(Decimal::from(50)).unwrap());
                TradeSignal { venue, ..TradeSignal::market(self.user, id, symbol, Side::Buy, money) }
            }
        };
        let began = self.platform.clock.now();
        let user = self.user;
        let wanted = signal.clone();
        let ended = self
            .call(|engine| async move {
                let submitted = engine.submit(wanted).await?;
                let order = submitted.order.id();
                let ended = engine.settled(user, order, Duration::from_secs(20)).await?;
                Ok::<_, EngineError>((submitted, ended))
            })
            .await;
        let took = self.platform.clock.now().since(began);
        match ended {
            Some(Ok((submitted, ended))) => {
                self.acknowledged(&signal, &submitted);
                if ended.state != OrderState::Filled || took > AT_ONCE {
                    let what = format!("{:?} after {} ms: {:?}", ended.state, took.as_millis(), ended.reason);
                    self.platform.witness.note(4, format!("a neighbour's order became {what}"));
                }
            }
            Some(Err(error)) => {
                self.platform.witness.note(4, format!("a neighbour's order was refused: {error}"));
            }
            None => {}
        }
    }
}
