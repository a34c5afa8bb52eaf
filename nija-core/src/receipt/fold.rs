//! From records to a receipt.

use rust_decimal::Decimal;

use super::{Attempt, Execution, Receipt, Times, VenueShare};
use crate::{
    ExecutionMethod, Fill, JournalEvent, JournalRecord, Order, OrderLeg, OrderState, Price, RouteDecision,
    Side, Timestamp, TransitionError, VenueClientId,
};

pub(super) fn receipt(records: &[JournalRecord]) -> Result<Option<Receipt>, TransitionError> {
    let mut records = records.iter();
    let Some(mut fold) = records.find_map(|record| match &record.event {
        JournalEvent::IntentAccepted { intent } => Some(Fold::new(Order::new(intent.clone()))),
        _ => None,
    }) else {
        return Ok(None);
    };
    let id = fold.order.id();
    for record in records.filter(|record| record.event.order() == Some(id)) {
        fold.take(record)?;
    }
    Ok(Some(fold.finish()))
}

struct Fold {
    order: Order,
    attempts: Vec<(VenueClientId, Attempt)>,
    ended: Option<Timestamp>,
    not_routed: Option<RouteDecision>,
    scheduled: Option<(ExecutionMethod, Timestamp)>,
}

impl Fold {
    const fn new(order: Order) -> Self {
        Self { order, attempts: Vec::new(), ended: None, not_routed: None, scheduled: None }
    }

    fn take(&mut self, record: &JournalRecord) -> Result<(), TransitionError> {
        self.order.apply(&record.event, record.at)?;
        match &record.event {
            JournalEvent::Routed { decision, leg, .. } => {
                let attempt = routed(decision, leg, self.order.intent.received_at, record.at);
                self.attempts.push((leg.client_id, attempt));
                self.not_routed = None;
            }
            JournalEvent::NotRouted { decision, .. } => self.not_routed = Some(decision.clone()),
            JournalEvent::Scheduled { method, .. } => {
                self.scheduled = Some((*method, record.at));
                self.not_routed = None;
            }
            JournalEvent::StateChanged { state, sent_at, .. } => self.state(*state, *sent_at, record.at),
            JournalEvent::AttemptEnded { attempt, sent_at, reason, .. } => {
                let same = |(_, known): &&mut (_, Attempt)| known.number == *attempt;
                if let Some((_, attempt)) = self.attempts.iter_mut().rfind(same) {
                    attempt.state = OrderState::Failed;
                    attempt.reason = Some(reason.clone());
                    attempt.times.sent = attempt.times.sent.or(*sent_at);
                    attempt.times.ended = Some(record.at);
                    if attempt.times.sent.is_some() {
                        attempt.times.acknowledged.get_or_insert(record.at);
                    }
                }
            }
            JournalEvent::Filled(fill) => self.fill(fill, record.at),
            JournalEvent::FeeValued { fill } => {
                if let Some(attempt) = self.attempt_of(fill) {
                    attempt.execution.fees = attempt.execution.fees.saturating_add(fill.fee_in_quote);
                }
            }
            _ => {}
        }
        if self.order.state.is_final() {
            self.ended.get_or_insert(record.at);
        }
        Ok(())
    }

    fn state(&mut self, state: OrderState, sent_at: Option<Timestamp>, at: Timestamp) {
        let Some((_, attempt)) = self.attempts.last_mut() else {
            return;
        };
        attempt.times.sent = attempt.times.sent.or(sent_at);
        // A lost answer is no word of the venue.
        if matches!(state, OrderState::Working | OrderState::PartialFill | OrderState::Filled) {
            attempt.times.acknowledged.get_or_insert(at);
        }
    }

    /// The attempt whose id the venue echoes, else the last one there was at that venue.
    fn attempt_of(&mut self, fill: &Fill) -> Option<&mut Attempt> {
        let execution = &fill.execution;
        let named = self.attempts.iter().rposition(|(client, _)| Some(*client) == execution.client_id);
        let there = || self.attempts.iter().rposition(|(_, attempt)| attempt.venue == execution.venue);
        let index = named.or_else(there).or_else(|| self.attempts.len().checked_sub(1));
        Some(&mut self.attempts.get_mut(index?)?.1)
    }

    fn fill(&mut self, fill: &Fill, at: Timestamp) {
        let Some(attempt) = self.attempt_of(fill) else {
            return;
        };
        attempt.execution = attempt.execution.plus(Execution::of(fill, attempt.expected_price));
        attempt.times.acknowledged.get_or_insert(at);
        attempt.times.first_fill.get_or_insert(at);
        attempt.times.last_fill = Some(at);
    }

    fn finish(self) -> Receipt {
        let Self { order, attempts, ended, not_routed, scheduled } = self;
        let mut attempts: Vec<_> = attempts.into_iter().map(|(_, attempt)| attempt).collect();
        if let Some((last, before)) = attempts.split_last_mut() {
            // A journal older than `AttemptEnded` has only the next route to say that an attempt was dead.
            before.iter_mut().for_each(|attempt| attempt.state = OrderState::Failed);
            if last.times.ended.is_none() {
                last.state = order.state;
                last.reason.clone_from(&order.reason);
                last.times.ended = ended;
            }
        }
        let mut venues: Vec<VenueShare> = Vec::new();
        for attempt in &attempts {
            let (venue, execution) = (attempt.venue.clone(), attempt.execution);
            add_share(&mut venues, &VenueShare { venue, attempts: 1, execution });
        }
        let total = attempts.iter().fold(Execution::default(), |sum, one| sum.plus(one.execution));
        let arrival_price = attempts.first().map(|attempt| attempt.expected_price);
        let shortfall = shortfall(order.intent.signal.side, arrival_price, &total);
        let mut times = times(&order, &attempts, ended);
        times.routed = times.routed.or(scheduled.map(|(_, at)| at));
        Receipt {
            state: order.state,
            reason: order.reason,
            arrival_price,
            total,
            shortfall,
            times,
            attempts,
            venues,
            method: scheduled.map(|(method, _)| method),
            children: Vec::new(),
            not_routed: not_routed.filter(|_| order.state.is_final()),
            intent: order.intent,
        }
    }
}

/// Quote units that fills are worse than at the arrival price; positive is worse.
pub(super) fn shortfall(side: Side, arrival: Option<Price>, total: &Execution) -> Decimal {
    arrival.map_or(Decimal::ZERO, |arrival| {
        let over = total.notional.saturating_sub(total.filled.saturating_mul(arrival.get()));
        if side == Side::Buy { over } else { -over }
    })
}

/// Adds what a venue did to what it did before.
pub(super) fn add_share(venues: &mut Vec<VenueShare>, more: &VenueShare) {
    if let Some(share) = venues.iter_mut().find(|share| share.venue == more.venue) {
        share.attempts += more.attempts;
        share.execution = share.execution.plus(more.execution);
    } else {
        venues.push(more.clone());
    }
}

/// The first of each moment over all attempts, and the last of the last ones.
fn times(order: &Order, attempts: &[Attempt], ended: Option<Timestamp>) -> Times {
    let first = |of: fn(&Times) -> Option<Timestamp>| attempts.iter().find_map(|attempt| of(&attempt.times));
    Times {
        taken_up: Some(order.intent.received_at),
        routed: first(|times| times.routed),
        sent: first(|times| times.sent),
        acknowledged: first(|times| times.acknowledged),
        first_fill: attempts.iter().filter_map(|attempt| attempt.times.first_fill).min(),
        last_fill: attempts.iter().filter_map(|attempt| attempt.times.last_fill).max(),
        ended,
    }
}

fn routed(decision: &RouteDecision, leg: &OrderLeg, taken_up: Timestamp, at: Timestamp) -> Attempt {
    let plan = decision.chosen().and_then(|chosen| chosen.plan.as_ref());
    Attempt {
        number: leg.attempt,
        venue: leg.venue.clone(),
        quantity: leg.quantity,
        kind: leg.kind,
        expected_price: leg.reference_price,
        expected_fees: plan.map(|plan| plan.fees),
        expected_latency: plan.and_then(|plan| plan.latency),
        route_reason: decision.reason.clone(),
        state: OrderState::Queued,
        reason: None,
        execution: Execution::default(),
        times: Times { taken_up: Some(taken_up), routed: Some(at), ..Times::default() },
    }
}
