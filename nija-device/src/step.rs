//! Taking a trade on, one step after another, from what is on record alone: what the app's end interrupts goes on at its next start.

use nija_core::{
    Approved, Effect, FilterError, Instrument, OrderId, OrderIntent, OrderKind, OrderSize, OrderState, Price,
    ProtectionPlan, Quantity, Reason, Side, SignalType, TakeProfit, TimeInForce, TradeSignal, VenueOrder,
};
use rust_decimal::Decimal;
use std::time::Duration;

use crate::{DeviceError, Leg, Role, Trade, device::Desk, error::venue_code, rules};

/// An order is sent within this, or not at all.
pub(crate) const SEND_WINDOW: Duration = Duration::from_secs(10);
/// How far beyond its stop a stop's limit is: 6 %, as the platform's.
const STOP_GAP: Decimal = Decimal::from_parts(6, 0, 0, false, 2);
/// Steps of one call.
const MOST_STEPS: usize = 16;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How often a stop or an exit is sent anew within one call after the venue did provably nothing with it.
const TRIES: u32 = 3;

/// An order to send.
pub(crate) struct Send {
    pub(crate) role: Role,
    pub(crate) side: Side,
    pub(crate) kind: OrderKind,
    pub(crate) tif: TimeInForce,
    pub(crate) quantity: Quantity,
    pub(crate) reference: Price,
}

/// What was refused within this call, and is not asked for again before the next.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tried {
    stop: u32,
    exit: u32,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// The venue has to say more first.
    Wait,
    /// What should rest rests.
    Rest,
    /// Nothing is held and nothing is live; what is left is too little for an order.
    Done { dust: Decimal },
    /// The stop makes room for the exit.
    CancelStop,
    /// The stop goes to the venue.
    Stop(OrderKind, Quantity, Price),
    /// What is held is sold at the market; its stop values it where nothing else does.
    Exit(Quantity, Price),
    /// Nothing more can be done here: its owner must know.
    Tell,
}

/// The stop of a trade as this venue takes it.
pub(crate) fn stop_kind(trade: &Trade, rules: &Instrument) -> Option<OrderKind> {
    let stop = trade.stop?;
    let take_profit = trade.take_profit.filter(|_| rules.resting.bracket);
    // Where the limit of a bracket's stop is the venue's own, it takes one that accepts as much.
    let gap = take_profit.and(rules.reach.bracket).map_or(STOP_GAP, |own| STOP_GAP.max(own));
    let price = Price::new(stop.get() * (Decimal::ONE - gap)).ok()?.floor_to(rules.tick_size)?;
    let kind = match take_profit {
        Some(take_profit) => OrderKind::Bracket { take_profit, stop, price },
        None => OrderKind::StopLimit { stop, price },
    };
    Some(rules.reach.bring_near(kind, Side::Sell, stop))
}

/// What comes next for a trade.
pub(crate) fn next(trade: &Trade, rules: &Instrument, tried: Tried) -> Next {
    let waits = |leg: &Leg| {
        leg.in_doubt() || (leg.state.is_final() && !leg.filled.is_zero() && leg.base_change.is_none())
    };
    if trade.legs.iter().any(waits) {
        return Next::Wait;
    }
    let live = |role| trade.last(role).is_some_and(Leg::is_live);
    if trade.stop_lost {
        return next_without_stop(trade, rules, tried);
    }
    let Some(stop) = trade.stop else {
        return if live(Role::Exit) { Next::Rest } else { Next::Done { dust: Decimal::ZERO } };
    };
    if live(Role::Entry) || live(Role::Exit) {
        return Next::Wait;
    }
    let (held, guarded) = (trade.held(), live(Role::Stop));
    if guarded {
        return if trade.closing && tried.exit < TRIES { Next::CancelStop } else { Next::Rest };
    }
    let whole = Quantity::new(held).unwrap_or(Quantity::ZERO);
    let fitted = stop_kind(trade, rules).map(|kind| rules.fit(Side::Sell, kind, whole, stop));
    match fitted {
        Some(Err(FilterError::BelowMinQuantity { .. } | FilterError::BelowMinNotional { .. })) => {
            Next::Done { dust: held }
        }
        _ if trade.closing && tried.exit < TRIES => Next::Exit(whole.floor_to(rules.lot_size), stop),
        Some(Ok((quantity, kind))) if tried.stop < TRIES => Next::Stop(kind, quantity, stop),
        _ if tried.exit < TRIES => Next::Exit(whole.floor_to(rules.lot_size), stop),
        _ => Next::Tell,
    }
}

/// What comes next for a position whose stop was lost with the journal: its owner closes it, and until then is told.
fn next_without_stop(trade: &Trade, rules: &Instrument, tried: Tried) -> Next {
    if trade.legs.iter().any(Leg::is_live) {
        return Next::Wait;
    }
    let held = trade.held();
    let whole = Quantity::new(held).unwrap_or(Quantity::ZERO);
    let Some(worth) = trade.legs.last().map(|leg| leg.reference) else {
        return Next::Done { dust: held };
    };
    match rules.fit(Side::Sell, OrderKind::Market, whole, worth) {
        Err(FilterError::BelowMinQuantity { .. } | FilterError::BelowMinNotional { .. }) => {
            Next::Done { dust: held }
        }
        _ if trade.closing && tried.exit < TRIES => Next::Exit(whole.floor_to(rules.lot_size), worth),
        _ => Next::Tell,
    }
}

impl Desk<'_> {
    /// Takes a trade as far as it comes now.
    pub(crate) async fn advance(&mut self, id: OrderId) -> Result<(), DeviceError> {
        let mut tried = Tried::default();
        for _ in 0..MOST_STEPS {
            let trade = self.trade(id)?;
            if trade.done {
                return Ok(());
            }
            let symbol = trade.symbol.clone();
            let rules = self.place.rules(&symbol, self.device.parts.clock.now()).await?;
            self.refresh(id).await?;
            let trade = self.trade(id)?;
            match next(trade, &rules, tried) {
                Next::Wait => return Ok(()),
                Next::Rest => {
                    // Nothing is wrong with it any more, unless its owner wanted it sold.
                    let refused =
                        trade.closing.then(|| trade.last(Role::Exit).and_then(|leg| leg.reason.clone()));
                    let note = refused.flatten().filter(|_| trade.stop.is_some());
                    return self.change(id, |trade| {
                        trade.closing &= trade.stop.is_none();
                        trade.note = note.map(|why| {
                            Reason::new(
                                "not_closed",
                                format!("it was not sold, its stop rests again: {}", why.text),
                            )
                        });
                    });
                }
                Next::Done { dust } => {
                    return self.change(id, |trade| {
                        trade.done = true;
                        trade.note = ended(trade, dust);
                    });
                }
                Next::CancelStop => self.cancel_live(id, Role::Stop).await?,
                Next::Stop(kind, quantity, reference) => {
                    let stop = Send {
                        role: Role::Stop,
                        side: Side::Sell,
                        kind,
                        tif: TimeInForce::Gtc,
                        quantity,
                        reference,
                    };
                    tried.stop += self.again(id, &stop, &rules, tried.stop).await?;
                }
                Next::Exit(quantity, stop) => {
                    let reference = self
                        .place
                        .executor
                        .quote_for(&self.account, &symbol)
                        .await
                        .map_or(stop, |quote| quote.bid);
                    let (kind, tif) = (OrderKind::Market, TimeInForce::Ioc);
                    let exit = Send { role: Role::Exit, side: Side::Sell, kind, tif, quantity, reference };
                    tried.exit += self.again(id, &exit, &rules, tried.exit).await?;
                }
                Next::Tell if trade.stop_lost && tried.exit == 0 => {
                    let text = format!(
                        "your {symbol} at {} has NO STOP: where it was to go off was lost with the list of orders; close it",
                        self.place.venue
                    );
                    return self.change(id, |trade| trade.note = Some(Reason::new("stop_lost", text)));
                }
                Next::Tell => {
                    let why = trade.legs.last().and_then(|leg| leg.reason.clone());
                    let words = why.map_or_else(String::new, |why| why.text);
                    let venue = &self.place.venue;
                    let text = format!(
                        "your {symbol} at {venue} has NO STOP and could not be sold: act at the exchange now ({words})"
                    );
                    return self.change(id, |trade| trade.note = Some(Reason::new("unprotected", text)));
                }
            }
        }
        Ok(())
    }

    /// Sends a stop or an exit; answers with how much of its tries that used up.
    async fn again(
        &mut self,
        id: OrderId,
        send: &Send,
        rules: &Instrument,
        before: u32,
    ) -> Result<u32, DeviceError> {
        if before > 0 {
            tokio::time::sleep(FIRST_PAUSE * 2u32.pow(before)).await;
        }
        Ok(match self.send(id, send, rules).await? {
            Sent::Taken => 0,
            Sent::MayTryAgain => 1,
            Sent::Refused => TRIES,
        })
    }

    /// Passes an order by the rule of the stop.
    pub(crate) fn approve(
        &self,
        trade: &Trade,
        send: &Send,
        rules: &Instrument,
    ) -> Result<Approved<OrderIntent>, DeviceError> {
        let client_id = trade.next_client_id();
        let name = client_id.to_string().parse();
        let name = name.map_err(|_| DeviceError::Damaged("an order's id"))?;
        let size = OrderSize::Base(send.quantity);
        let mut signal =
            TradeSignal::market(self.device.parts.user, name, trade.symbol.clone(), send.side, size);
        signal.kind = send.kind;
        signal.time_in_force = send.tif;
        signal.venue = Some(self.place.venue.clone());
        signal.signal_type = match send.role {
            Role::Entry => SignalType::Entry,
            Role::Stop => SignalType::StopLoss,
            Role::Exit => SignalType::Exit,
        };
        if send.role == Role::Entry {
            let profit = trade.take_profit.map(|price| TakeProfit { price, share: Decimal::ONE });
            let plan = ProtectionPlan {
                stop: trade.stop,
                trailing: None,
                take_profits: profit.into_iter().collect(),
            };
            signal.protection = Some(Box::new(plan));
        }
        let intent = OrderIntent::new(trade.id, self.device.parts.clock.now(), signal);
        rules::approve(intent, self.place.executor.contract(), rules)
    }

    /// Puts an order on record, then sends it, once.
    pub(crate) async fn send(
        &mut self,
        id: OrderId,
        send: &Send,
        rules: &Instrument,
    ) -> Result<Sent, DeviceError> {
        self.may_send(send.role == Role::Exit).await?;
        let trade = self.trade(id)?;
        let approved = self.approve(trade, send, rules)?;
        let client_id = trade.next_client_id();
        let now = self.device.parts.clock.now();
        let deadline = now.plus(SEND_WINDOW);
        let worth = send.kind.worst_price().map_or(send.reference, |price| price.max(send.reference));
        let notional = send.quantity.at(worth);
        let notional = notional.map_err(|_| DeviceError::refused("size_out_of_range", "no such amount"))?;
        let leg = Leg {
            client_id,
            role: send.role,
            side: send.side,
            kind: send.kind,
            time_in_force: send.tif,
            quantity: send.quantity,
            reference: send.reference,
            sent_at: now,
            deadline,
            state: OrderState::Executing,
            venue_order_id: None,
            filled: Quantity::ZERO,
            average_price: None,
            base_change: None,
            reason: None,
        };
        self.place.waiting.lock().insert(client_id, self.device.parts.steady.now());
        if let Err(error) = self.change(id, |trade| trade.legs.push(leg)) {
            // Not on record for certain, so it is not sent.
            self.unsent(id, client_id);
            return Err(error);
        }
        let order = VenueOrder::from_approved(&approved, client_id, send.kind, send.quantity, deadline);
        let answer = self.place.executor.place(&self.account, &order, notional).await;
        let sent = match &answer {
            Ok(_) => Sent::Taken,
            Err(error) if error.effect() == Effect::Unknown => Sent::Taken,
            Err(error) if error.may_try_again() => Sent::MayTryAgain,
            Err(_) => Sent::Refused,
        };
        self.change(id, |trade| {
            let Some(leg) = trade.legs.iter_mut().find(|leg| leg.client_id == client_id) else { return };
            match answer {
                Ok(placed) => {
                    leg.state = OrderState::Working;
                    leg.venue_order_id = Some(placed.venue_order_id);
                    if let Some(report) = placed.report {
                        leg.take(&report);
                    }
                }
                Err(error) if error.effect() == Effect::Unknown => {
                    leg.end(OrderState::Unknown, Reason::new("answer_lost", error.to_string()));
                }
                Err(error) => {
                    leg.end(OrderState::Rejected, Reason::new(venue_code(&error), error.to_string()));
                }
            }
        })?;
        Ok(sent)
    }
}

/// What became of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It is at the venue, or may be.
    Taken,
    /// The venue did nothing, and may do it another time.
    MayTryAgain,
    /// It is refused.
    Refused,
}

/// What its owner must know of how it ended.
fn ended(trade: &Trade, dust: Decimal) -> Option<Reason> {
    let entry = trade.last(Role::Entry);
    if let Some(entry) = entry.filter(|entry| entry.filled.is_zero()) {
        let why = entry.reason.clone();
        return why.or_else(|| {
            Some(Reason::new("not_filled", "nothing was offered at that price; nothing was bought"))
        });
    }
    let undone = trade.last(Role::Stop).filter(|stop| stop.state == OrderState::Rejected && !trade.closing);
    if let Some(stop) = undone {
        let words = stop.reason.as_ref().map_or("", |why| why.text.as_str());
        return Some(Reason::new(
            "undone",
            format!("the exchange did not take its stop, so it was sold again: {words}"),
        ));
    }
    if !dust.is_zero() {
        let text = format!("{} {} are left, too little for an order", dust.normalize(), trade.symbol.base());
        return Some(Reason::new("dust", text));
    }
    match (entry, trade.last(Role::Exit)) {
        (None, Some(exit)) => exit.reason.clone(),
        _ => None,
    }
}
