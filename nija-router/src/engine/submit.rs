//! From a signal to an order on record in its venue's lane.

use nija_core::{
    Approved, Assessment, CheckOutcome, FilterError, JournalEvent, LedgerError, Order, OrderId, OrderIntent,
    OrderKind, OrderLeg, OrderSize, OrderState, Reason, RouteDecision, RoutePlan, TimeInForce, Timestamp,
    TradeSignal, VenueClientId,
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{
    EngineError,
    answers::{Preview, Submitted},
    children::{Shared, unshared},
    derived,
    inner::Inner,
    live::SentAt,
    route::Wanted,
    send::Job,
    state::UserState,
    user::User,
    venue::Venue,
};
use crate::{
    lane::Slot,
    planted::{Bug, planted},
};

/// What a caller is told to wait where no lane says better.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// Strategies' names are for people; longer ones are a mistake.
const STRATEGY_LENGTH: usize = 128;

/// A place in a lane and what will be sent from it.
pub(super) struct Placed {
    pub(super) slot: Slot<Job>,
    pub(super) venue: Arc<Venue>,
    pub(super) leg: OrderLeg,
    pub(super) plan: RoutePlan,
}

/// Checks a signal and writes it the one way it is compared in: a market order never rests and a stop always does, whatever it says.
pub(super) fn normalise(mut signal: TradeSignal) -> Result<TradeSignal, EngineError> {
    let empty = match signal.size {
        OrderSize::Base(quantity) => quantity.is_zero(),
        OrderSize::Quote(money) => money.get().is_zero(),
    };
    if empty {
        return Err(EngineError::Invalid("the size must be greater than zero".into()));
    }
    if signal.strategy.as_ref().is_some_and(|name| name.len() > STRATEGY_LENGTH) {
        return Err(EngineError::Invalid(format!(
            "the strategy's name is longer than {STRATEGY_LENGTH} bytes"
        )));
    }
    if signal.client_order_id.as_str().starts_with(derived::RESERVED) {
        let words = format!("client order ids that begin with {} are the platform's own", derived::RESERVED);
        return Err(EngineError::Invalid(words));
    }
    if !signal.kind.is_ordered(signal.side) {
        let wrong = FilterError::PricesOutOfOrder { side: signal.side };
        return Err(EngineError::Invalid(wrong.to_string()));
    }
    if signal.protection.is_some() && signal.signal_type.is_exit() {
        return Err(EngineError::Invalid("only an entry brings a protection along".into()));
    }
    match signal.kind {
        OrderKind::Market => signal.time_in_force = TimeInForce::Ioc,
        OrderKind::StopLimit { .. } => signal.time_in_force = TimeInForce::Gtc,
        OrderKind::Bracket { .. } if !signal.signal_type.is_exit() => {
            return Err(EngineError::Invalid(
                "a bracket ends a position: its signal type must be exit or stop_loss".into(),
            ));
        }
        OrderKind::Bracket { .. } => signal.time_in_force = TimeInForce::Gtc,
        OrderKind::Limit { .. } => {}
    }
    Ok(signal)
}

impl Inner {
    /// Takes up a signal. Check and reserve happen under the user's lock; one append makes the intent and its route durable;
    /// only then does the order enter the lane, in a place that it had before.
    pub(super) async fn accept(self: &Arc<Self>, signal: TradeSignal) -> Result<Submitted, EngineError> {
        // What seldom happens is boxed, so that the task of each order is small.
        if let Some(venue) = &signal.venue {
            self.known_venue(venue)?;
        }
        let user = self.user(signal.user).await?;
        self.accounts_ready(&user, &signal).await;
        let in_doubt = self.is_in_doubt(&user, &signal).await;
        if !in_doubt {
            self.make_room(&user, &signal, None).await;
        }
        let mut state = user.state.lock().await;
        if let Some(order) = state.by_key.get(&signal.client_order_id) {
            let known = state.orders.get(order).map(|live| live.order.clone());
            if let Some(known) = known {
                return replay(known, &signal);
            }
        }
        let now = self.clock.now();
        let intent = OrderIntent::new(OrderId::generate(now, self.entropy.as_ref()), now, signal);
        if in_doubt {
            return Box::pin(self.wait_in_doubt(&user, &mut state, intent)).await;
        }
        let accepted = JournalEvent::IntentAccepted { intent: intent.clone() };
        let account = self.account_state(&user, &state, &intent.signal.symbol, None, now);
        let assessment = self.risk.assess(intent.clone(), &account);
        let reduced = reduced(&intent, &assessment);
        let approved = match assessment.verdict {
            Ok(approved) => approved,
            Err(reason) => {
                let rejected = ended(intent.id, OrderState::Rejected, reason);
                return Box::pin(self.refuse(&user, &mut state, intent, vec![accepted, rejected])).await;
            }
        };
        let mut decision = self.route(&user, &state, &Wanted::anew(&approved), now);
        decision.incomplete = decision.incomplete.or(reduced);
        if self.is_sliced(&approved, &account, &decision) {
            let allowed = approved.get().signal.size;
            return Box::pin(self.begin_slices(&user, &mut state, intent, allowed, decision)).await;
        }
        match self.shares(&approved, &decision, &account, now) {
            Shared::At(shares) => {
                let allowed = approved.get().signal.size;
                return Box::pin(self.begin_split(&user, &mut state, intent, allowed, decision, shares))
                    .await;
            }
            Shared::Busy => return Box::pin(self.busy(&mut state, intent, &decision)).await,
            Shared::Refused(reason) => {
                let (order, end) = (intent.id, ended(intent.id, OrderState::Failed, reason));
                let events = vec![accepted, JournalEvent::NotRouted { order, decision }, end];
                return Box::pin(self.refuse(&user, &mut state, intent, events)).await;
            }
            Shared::No => unshared(&mut decision),
        }
        let placed = match self.place_in_lane(&approved, &decision, 0, now, false) {
            Some(placed) => placed,
            None if full_only(&decision) => {
                return Box::pin(self.busy(&mut state, intent, &decision)).await;
            }
            None if self.silent(&intent.signal, &decision).is_some() => {
                return Box::pin(self.wait_for_venue(&user, &mut state, intent, decision)).await;
            }
            None => {
                let (end, why) = self.nowhere(&state, &intent.signal, &decision);
                let (order, end) = (intent.id, ended(intent.id, end, why));
                let events = vec![accepted, JournalEvent::NotRouted { order, decision }, end];
                return Box::pin(self.refuse(&user, &mut state, intent, events)).await;
            }
        };
        if self.draining.load(Ordering::SeqCst) {
            // Checked with the place in hand: a drain that began later waits for that place.
            drop(placed);
            return Box::pin(self.known(&state, intent, EngineError::Draining)).await;
        }
        let routed = JournalEvent::Routed { order: intent.id, decision, leg: placed.leg.clone() };
        if planted(Bug::SendsBeforeJournal) {
            let early = placed.venue.lane.reserve_for_failover(user.id);
            let job = Job {
                user: user.clone(),
                order: intent.id,
                approved: approved.clone(),
                leg: placed.leg.clone(),
                sent: Arc::default(),
            };
            early.fill(intent.signal.signal_type.priority(), intent.id, job);
        }
        match self.record(&user, &mut state, vec![accepted, routed]).await {
            Ok(_) => {}
            Err(LedgerError::ClientOrderIdTaken { order, .. }) => {
                return Box::pin(self.first(&intent, order)).await;
            }
            Err(error) => return Err(error.into()),
        }
        let order = if planted(Bug::SendsBeforeJournal) {
            state.orders.get(&intent.id).map(|live| live.order.clone())
        } else {
            self.enqueue(&user, &mut state, &approved, placed)
        };
        order.map(|order| Submitted { order, replayed: false }).ok_or(EngineError::NoSuchOrder)
    }

    /// Puts an order on record into its place.
    pub(super) fn enqueue(
        &self,
        user: &Arc<User>,
        state: &mut UserState,
        approved: &Approved<OrderIntent>,
        placed: Placed,
    ) -> Option<Order> {
        let Placed { slot, venue, leg, plan } = placed;
        let id = approved.get().id;
        let live = state.orders.get_mut(&id)?;
        live.in_hand = true;
        let sent = Arc::<SentAt>::default();
        live.sent = Some(sent.clone());
        let worth = plan.quantity.at(plan.price).ok();
        let fee_rate = worth.and_then(|worth| plan.fees.checked_div(worth.get()));
        state.set_fee_rate(id, fee_rate.unwrap_or_default());
        let signal = &approved.get().signal;
        venue.stats.note_routed();
        let job = Job { user: user.clone(), order: id, approved: approved.clone(), leg, sent };
        slot.fill(signal.signal_type.priority(), id, job);
        state.orders.get(&id).map(|live| live.order.clone())
    }

    /// Takes a place in the chosen venue's lane and makes the leg that goes on record.
    pub(super) fn place_in_lane(
        &self,
        approved: &Approved<OrderIntent>,
        decision: &RouteDecision,
        attempt: u32,
        now: Timestamp,
        failover: bool,
    ) -> Option<Placed> {
        let chosen = decision.chosen()?;
        let plan = chosen.plan.clone()?;
        let venue = self.venue(&chosen.venue)?.clone();
        let intent = approved.get();
        let slot = if failover {
            venue.lane.reserve_for_failover(intent.signal.user)
        } else {
            venue.lane.reserve(intent.signal.user, intent.signal.signal_type.is_exit())?
        };
        let leg = OrderLeg {
            venue: venue.id.clone(),
            attempt,
            client_id: VenueClientId::derive(intent.id, attempt),
            venue_order_id: None,
            quantity: plan.quantity,
            kind: plan.kind,
            reference_price: plan.price,
            deadline: now.plus(self.config.send_window),
        };
        Some(Placed { slot, venue, leg, plan })
    }

    /// Puts a refusal on record.
    async fn refuse(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        intent: OrderIntent,
        events: Vec<JournalEvent>,
    ) -> Result<Submitted, EngineError> {
        let last_entry_at = state.last_entry_at;
        let settled = match self.record(user, state, events).await {
            Ok(settled) => settled,
            Err(LedgerError::ClientOrderIdTaken { order, .. }) => return self.first(&intent, order).await,
            Err(error) => return Err(error.into()),
        };
        // What was refused does not use up the user's rate.
        state.last_entry_at = last_entry_at;
        state.forget_entry(intent.id);
        settled
            .into_iter()
            .next()
            .map(|order| Submitted { order, replayed: false })
            .ok_or(EngineError::NoSuchOrder)
    }

    /// Every lane that would take it is full, or its venue wants nothing sent for a while.
    async fn busy(
        &self,
        state: &mut UserState,
        intent: OrderIntent,
        decision: &RouteDecision,
    ) -> Result<Submitted, EngineError> {
        let user = intent.signal.user;
        let full = decision.candidates.iter().filter(|candidate| is_full(candidate));
        let lanes = full.map(|candidate| &candidate.venue).chain(&decision.venue);
        let soonest = lanes.filter_map(|id| Some(self.venue(id)?.lane.retry_after(user))).min();
        let busy = EngineError::Busy { retry_after: soonest.unwrap_or(RETRY_AFTER) };
        self.known(state, intent, busy).await
    }

    /// The first answer where this intent was taken up before; the error otherwise.
    pub(super) async fn known(
        &self,
        _: &UserState,
        intent: OrderIntent,
        error: EngineError,
    ) -> Result<Submitted, EngineError> {
        let signal = &intent.signal;
        let known = self.ledger.order_by_client_id(signal.user, &signal.client_order_id).await?;
        match known {
            Some(order) => replay(order, signal),
            None => Err(error),
        }
    }

    pub(super) async fn first(&self, intent: &OrderIntent, order: OrderId) -> Result<Submitted, EngineError> {
        let known = self.ledger.order(intent.signal.user, order).await?;
        replay(known.ok_or(EngineError::NoSuchOrder)?, &intent.signal)
    }

    /// What would become of a signal; nothing is recorded.
    pub(super) async fn foresee(self: &Arc<Self>, signal: TradeSignal) -> Result<Preview, EngineError> {
        let user = self.user(signal.user).await?;
        self.accounts_tried(&user).await;
        let state = user.state.lock().await;
        let now = self.clock.now();
        let account = self.account_state(&user, &state, &signal.symbol, None, now);
        let intent = OrderIntent::new(OrderId::generate(now, self.entropy.as_ref()), now, signal);
        let assessment = self.risk.assess(intent, &account);
        let (verdict, decision) = match assessment.verdict {
            Err(reason) => (Err(reason), None),
            Ok(approved) => {
                let decision = self.route(&user, &state, &Wanted::anew(&approved), now);
                let verdict = if decision.is_routed() {
                    Ok(())
                } else {
                    Err(self.nowhere(&state, &approved.get().signal, &decision).1)
                };
                (verdict, Some(decision))
            }
        };
        Ok(Preview { checks: assessment.checks, verdict, decision })
    }
}

/// The same id with the same content is the same intent; with other content it is refused.
fn replay(known: Order, signal: &TradeSignal) -> Result<Submitted, EngineError> {
    if known.intent.signal == *signal {
        Ok(Submitted { order: known, replayed: true })
    } else {
        Err(EngineError::ClientOrderIdReused { order: known.id() })
    }
}

/// Why an exit closes less than was asked for, where it does by risk already.
pub(super) fn reduced(intent: &OrderIntent, assessment: &Assessment) -> Option<Reason> {
    let mut resized = assessment.checks.iter().rev().filter(|check| check.outcome == CheckOutcome::Resize);
    resized.next().filter(|_| intent.signal.signal_type.is_exit())?.reason.clone()
}

/// Whether a venue would take it if its lane were not full, or the venue heard.
pub(super) fn full_only(decision: &RouteDecision) -> bool {
    // A chosen venue without a place filled up in this very moment.
    decision.venue.is_some() || decision.candidates.iter().any(is_full)
}

/// The order that has the client order id already, where that was what the ledger had against it.
pub(super) const fn is_taken(error: &LedgerError) -> Option<OrderId> {
    match error {
        LedgerError::ClientOrderIdTaken { order, .. } => Some(*order),
        _ => None,
    }
}

fn is_full(candidate: &nija_core::Candidate) -> bool {
    use nija_core::Ineligible::{QueueFull, RateLimited};
    !candidate.rejections.is_empty()
        && candidate.rejections.iter().all(|reason| matches!(reason, QueueFull | RateLimited))
}

pub(super) const fn ended(order: OrderId, state: OrderState, reason: Reason) -> JournalEvent {
    JournalEvent::StateChanged { order, state, reason: Some(reason), venue_order_id: None, sent_at: None }
}
