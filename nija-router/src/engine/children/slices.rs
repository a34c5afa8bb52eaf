//! Slices: equal shares of what is left, each in its time.

use nija_core::{
    AccountState, Approved, ExecutionMethod, Ineligible, JournalEvent, LedgerError, Notional, Order,
    OrderIntent, OrderKind, OrderSize, OrderState, Quantity, RouteDecision, Schedule, Side, Timestamp,
};
use rust_decimal::{Decimal, RoundingStrategy};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{children, make::Made};
use crate::engine::{
    EngineError, answers::Submitted, inner::Inner, live::LiveOrder, state::UserState, submit::is_taken,
    user::User,
};
use crate::planted::{Bug, planted};

/// Digits behind the point that a slice's size has at most; the venue's lot takes more away.
const DIGITS: u32 = 12;

/// When the next slice is due.
pub(super) enum Due {
    Now(u32),
    After(Duration),
    /// There is none any more.
    Never,
}

/// What became of a slice that was due.
pub(super) enum Sliced {
    Made,
    /// All of the order is filled or on its way.
    NothingLeft,
    /// A lane is full, the ledger failed, or the platform is shutting down.
    NotNow,
}

/// A slice whose time went by unused is not made up for: what it left goes into those that follow.
pub(super) fn due(schedule: &Schedule, now: Timestamp) -> Due {
    if schedule.stopped {
        return Due::Never;
    }
    let Some(slice) = schedule.slice_at(now) else {
        return Due::Never;
    };
    let newest = schedule.last_child_at.and_then(|at| schedule.slice_at(at));
    let next = match newest {
        Some(newest) if newest >= slice => newest.saturating_add(1),
        _ => return Due::Now(slice),
    };
    match schedule.method {
        ExecutionMethod::Twap { slices, .. } if next < slices => {
            Due::After(schedule.begin_of(next).since(now).max(Duration::from_millis(1)))
        }
        _ => Due::Never,
    }
}

impl Inner {
    /// Whether an order that risk let through goes out in slices. One that no venue could take even in parts does not.
    pub(in crate::engine) fn is_sliced(
        &self,
        approved: &Approved<OrderIntent>,
        account: &AccountState,
        decision: &RouteDecision,
    ) -> bool {
        let signal = &approved.get().signal;
        let Some(above) = self.config.slicing.above else {
            return false;
        };
        if signal.signal_type.is_exit() || signal.kind != OrderKind::Market {
            return false;
        }
        let worth = match signal.size {
            OrderSize::Quote(money) => Some(money.get()),
            OrderSize::Base(quantity) => {
                let prices = account.quotes.iter().map(|(_, quote)| quote.taker_price(signal.side));
                prices.max().and_then(|price| quantity.get().checked_mul(price.get()))
            }
        };
        let worth = worth.zip(account.quote_rate).and_then(|(worth, rate)| worth.checked_mul(rate));
        let too_large = |rejections: &[Ineligible]| rejections == [Ineligible::InsufficientLiquidity];
        worth.is_some_and(|worth| worth > above.get())
            && (decision.is_routed()
                || decision.candidates.iter().any(|candidate| too_large(&candidate.rejections)))
    }

    /// Takes a large order up: it is on record with its schedule, and its slices follow. They come to `allowed` together, what risk let
    /// through: each of them is checked again, and what one order may use must not be had once for each slice.
    pub(in crate::engine) async fn begin_slices(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        intent: OrderIntent,
        allowed: OrderSize,
        decision: RouteDecision,
    ) -> Result<Submitted, EngineError> {
        if self.draining.load(Ordering::SeqCst) {
            return self.known(state, intent, EngineError::Draining).await;
        }
        let order = intent.id;
        let events = vec![
            JournalEvent::IntentAccepted { intent: intent.clone() },
            JournalEvent::Scheduled {
                order,
                method: self.config.slicing.method(),
                size: Some(allowed),
                decision: Some(decision),
            },
        ];
        if let Err(error) = self.record(user, state, events).await {
            return match is_taken(&error) {
                Some(first) => self.first(&intent, first).await,
                None => Err(error.into()),
            };
        }
        self.look_after(user, order);
        let taken = state.order(order).cloned().ok_or(EngineError::NoSuchOrder)?;
        Ok(Submitted { order: taken, replayed: false })
    }

    /// Makes the slice that is due.
    pub(super) async fn slice(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        parent: &Order,
        slice: u32,
    ) -> Sliced {
        if self.draining.load(Ordering::SeqCst) {
            return Sliced::NotNow;
        }
        let Some(ExecutionMethod::Twap { slices, .. }) = parent.schedule.as_ref().map(|it| it.method) else {
            return Sliced::NothingLeft;
        };
        let left = slices.saturating_sub(slice).max(1);
        let Some(size) = share(parent, state, left) else {
            return Sliced::NothingLeft;
        };
        match self.make_child(user, state, parent, size).await {
            Ok(Made::Recorded) => Sliced::Made,
            Ok(Made::Busy) => Sliced::NotNow,
            Err(error) => {
                let taken = matches!(error, LedgerError::ClientOrderIdTaken { .. });
                tracing::error!(order = %parent.id(), %error, taken, "a slice could not be put on record");
                Sliced::NotNow
            }
        }
    }
}

/// A slice that no venue has taken may be routed again, and then be as large as it was meant to be, however little there was for it before.
fn may_grow_to(live: &LiveOrder) -> Decimal {
    let order = &live.order;
    let taken = matches!(order.state, OrderState::Working | OrderState::PartialFill);
    match order.intent.signal.size {
        _ if taken || live.ended.is_some() => Decimal::ZERO,
        OrderSize::Base(size) => size.get() - order.filled.get(),
        OrderSize::Quote(size) => size.get() - order.filled_notional,
    }
}

/// An equal share of what is neither filled nor on its way; `None` when there is nothing.
fn share(parent: &Order, state: &UserState, shares: u32) -> Option<OrderSize> {
    let signal = &parent.intent.signal;
    if planted(Bug::ForgetsOtherSlices) {
        return Some(signal.size);
    }
    let cut = |left: Decimal| {
        let part = left.checked_div(Decimal::from(shares))?;
        Some(part.round_dp_with_strategy(DIGITS, RoundingStrategy::ToZero))
            .filter(|part| *part > Decimal::ZERO)
    };
    match parent.allowed_size() {
        OrderSize::Base(all) => {
            let under_way: Decimal = children(state, parent.id())
                .map(|live| live.order.remaining().get().max(may_grow_to(live)))
                .sum();
            let left = all.get() - parent.filled.get() - under_way;
            cut(left).and_then(|part| Quantity::new(part).ok()).map(OrderSize::Base)
        }
        OrderSize::Quote(all) => {
            let worth = |live: &LiveOrder| {
                let bound = match (signal.side, &live.order.leg) {
                    (Side::Buy, _) => live.hold,
                    (Side::Sell, Some(leg)) => live.order.remaining().get() * leg.reference_price.get(),
                    (Side::Sell, None) => Decimal::ZERO,
                };
                bound.max(may_grow_to(live))
            };
            let fees = match signal.side {
                Side::Buy => parent.fees.max(Decimal::ZERO),
                Side::Sell => Decimal::ZERO,
            };
            let under_way: Decimal = children(state, parent.id()).map(worth).sum();
            let left = all.get() - parent.filled_notional - fees - under_way;
            cut(left).and_then(|part| Notional::new(part).ok()).map(OrderSize::Quote)
        }
    }
}
