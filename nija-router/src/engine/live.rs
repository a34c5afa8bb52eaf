//! An order that is not settled, as the engine keeps it in memory.

use nija_core::{ExecutionReport, Order, OrderState, Quantity, Side, Timestamp, VenueId};
use rust_decimal::{Decimal, RoundingStrategy};
use std::sync::{Arc, OnceLock};
use tokio::time::Instant;

use super::bound::{Share, held_asset};

/// Digits behind the point that a reservation of money counts with.
const HOLD_DIGITS: u32 = 12;

/// An order that is not settled.
#[derive(Debug)]
pub(crate) struct LiveOrder {
    pub(crate) order: Order,
    /// Whether this process holds it to send it: in a lane, in a worker's hands or waiting for another try. Its absence
    /// at the venue means nothing then.
    pub(crate) in_hand: bool,
    /// Whether it waits here for another try: its last attempt is provably dead, and it is in no lane.
    pub(crate) waiting: bool,
    /// The fee rate that its reservation counts with.
    fee_rate: Decimal,
    /// What it holds: quote units of a buy, base units of a sell.
    pub(crate) hold: Decimal,
    /// Whether it is to be gone.
    pub(crate) cancel_requested: bool,
    /// Why, in words for its user.
    pub(crate) cancelled_for: &'static str,
    /// Base units filled as the venue says; more than the fills on record when some are still to come.
    pub(crate) expected: Quantity,
    /// The venue's last word, kept until all its fills are on record.
    pub(crate) ended: Option<ExecutionReport>,
    /// Whether a task is finding out what became of it.
    pub(crate) resolving: bool,
    /// When the attempt that is under way left for its venue: written by its sender, which does not hold the user's lock.
    pub(crate) sent: Option<Arc<SentAt>>,
    /// When this process took it up, where an earlier one may have sent it.
    pub(crate) taken_up: Option<Instant>,
    /// When the venue last spoke of it, or was asked.
    pub(crate) heard_at: Timestamp,
    /// What it counts with in its user's sums.
    pub(super) counted: Option<Share>,
}

/// When an attempt left for its venue, once it did: by the clock, and by one that nobody sets.
#[derive(Debug, Default)]
pub(crate) struct SentAt(OnceLock<(Timestamp, Instant)>);

impl SentAt {
    /// It leaves now.
    pub(crate) fn set(&self, now: Timestamp) {
        self.0.get_or_init(|| (now, Instant::now()));
    }
}

impl LiveOrder {
    pub(crate) fn new(order: Order, in_hand: bool) -> Self {
        Self {
            heard_at: order.updated_at,
            in_hand,
            waiting: false,
            fee_rate: Decimal::ZERO,
            hold: Decimal::ZERO,
            cancel_requested: order.cancel_wished,
            // A wish of before a restart is on record without its reason.
            cancelled_for: "cancelled as it was asked before the platform restarted",
            expected: Quantity::ZERO,
            ended: None,
            resolving: false,
            sent: None,
            taken_up: None,
            counted: None,
            order,
        }
    }

    /// When the attempt that is under way left for its venue; missing where it has not, or did before a restart.
    pub(crate) fn sent_at(&self) -> Option<Timestamp> {
        Some(self.sent.as_ref()?.0.get()?.0)
    }

    /// Whether the attempt that is under way may be at its venue: it left, as far as this process knows, and is not proven dead.
    pub(crate) fn may_be_there(&self) -> bool {
        !self.waiting && self.sent.as_ref().is_none_or(|sent| sent.0.get().is_some())
    }

    /// Whether so much time has truly passed since it left that the clock could have come from then to `at` by itself. A clock that is
    /// set forward proves nothing. What may have left before a restart left before it was taken up again, and not before `routed_at`: the
    /// whole of that time has passed since then, whatever the clock did while nobody looked.
    pub(crate) fn has_waited_until(&self, at: Timestamp, asked: Instant, routed_at: Timestamp) -> bool {
        let sent = self.sent.as_ref().and_then(|sent| sent.0.get()).copied();
        let from = sent.or_else(|| self.taken_up.map(|taken_up| (routed_at, taken_up)));
        from.is_none_or(|(sent_at, left)| asked.duration_since(left) >= at.since(sent_at))
    }

    /// Counts its reservation with this fee rate from now on.
    pub(crate) fn with_fee_rate(mut self, fee_rate: Decimal) -> Self {
        self.set_fee_rate(fee_rate);
        self
    }

    pub(super) fn set_fee_rate(&mut self, fee_rate: Decimal) {
        self.fee_rate = fee_rate.max(Decimal::ZERO);
        self.count_hold();
    }

    /// What may still fill, valued by the limit, or by the price that the route expects of a market order.
    pub(super) fn count_hold(&mut self) {
        let remaining = self.order.remaining().get();
        self.hold = match (&self.order.leg, self.order.intent.signal.side) {
            (_, Side::Sell) => remaining,
            (None, Side::Buy) => Decimal::ZERO,
            (Some(leg), Side::Buy) => {
                let hold = remaining * leg.worst_price().get() * (Decimal::ONE + self.fee_rate);
                // Digits beyond these would be lost in a sum, and what is taken off must be what was added.
                if hold.scale() > HOLD_DIGITS {
                    hold.round_dp_with_strategy(HOLD_DIGITS, RoundingStrategy::AwayFromZero)
                } else {
                    hold
                }
            }
        };
    }

    /// The asset that it holds.
    pub(super) fn held_asset(&self) -> &str {
        let signal = &self.order.intent.signal;
        held_asset(&signal.symbol, signal.side)
    }

    /// Whether nobody knows if it is at the venue.
    pub(crate) const fn in_doubt(&self) -> bool {
        !self.in_hand
            && matches!(
                self.order.state,
                OrderState::Pending
                    | OrderState::Routing
                    | OrderState::Queued
                    | OrderState::Executing
                    | OrderState::Unknown
            )
    }

    /// Whether the venue spoke of fills that are not on record.
    pub(crate) fn misses_fills(&self) -> bool {
        self.order.filled < self.expected
    }

    pub(crate) fn at(&self, venue: &VenueId) -> bool {
        self.order.leg.as_ref().is_some_and(|leg| leg.venue == *venue)
    }
}
