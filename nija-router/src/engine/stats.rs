//! How orders fared at a venue lately, and the same as metrics.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use nija_core::{Order, OrderId, Side, VenueId};
use parking_lot::Mutex;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

/// Sendings, and orders that ended with a fill, that the rolling figures cover.
const KEPT: usize = 200;

/// How orders of all users fared at a venue lately. Rolling: over its last 200 sendings and the last 200 orders that ended there with a
/// fill, since the process started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoutingStats {
    /// Orders routed there since the process started.
    pub routed: u64,
    /// Sendings that the figures cover.
    pub sent: usize,
    /// How many of them the venue took.
    pub taken: usize,
    /// Mean time from a sending to its answer.
    pub latency: Option<Duration>,
    /// Orders with fills that the figures cover.
    pub filled: usize,
    /// Mean slippage against the routes' expected prices, weighted by size, in basis points; positive is worse.
    pub slippage_bps: Option<Decimal>,
    /// Mean fees, weighted by size, in basis points.
    pub fee_bps: Option<Decimal>,
}

impl RoutingStats {
    /// Share of the sendings that the venue took, 0 to 1.
    #[must_use]
    pub fn success_rate(&self) -> Option<Decimal> {
        let rate = Decimal::from(self.taken).checked_div(Decimal::from(self.sent))?;
        Some(rate.round_dp(4).normalize())
    }
}

#[derive(Debug, Default)]
struct Window {
    routed: u64,
    sendings: VecDeque<(bool, Duration)>,
    settled: VecDeque<Settled>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Settled {
    expected: Decimal,
    traded: Decimal,
    slippage: Decimal,
    fees: Decimal,
}

/// The figures of one venue.
pub(crate) struct Stats {
    window: Mutex<Window>,
    doubts: Mutex<BTreeSet<OrderId>>,
    routed: Counter,
    executions: Counter,
    successes: Counter,
    slippage: Histogram,
    fees_bps: Histogram,
    fees: Histogram,
    in_doubt: Gauge,
}

impl Stats {
    pub(crate) fn new(venue: &VenueId) -> Self {
        let name = || venue.to_string();
        let in_doubt = gauge!("nija_orders_in_doubt", "venue" => name());
        in_doubt.set(0.0);
        Self {
            window: Mutex::default(),
            doubts: Mutex::default(),
            routed: counter!("nija_trades_routed_total", "venue" => name()),
            executions: counter!("nija_executions_total", "venue" => name()),
            successes: counter!("nija_executions_success_total", "venue" => name()),
            slippage: histogram!("nija_slippage_bps", "venue" => name()),
            fees_bps: histogram!("nija_fee_bps", "venue" => name()),
            fees: histogram!("nija_fees_quote", "venue" => name()),
            in_doubt,
        }
    }

    /// An order was routed here.
    pub(crate) fn note_routed(&self) {
        self.routed.increment(1);
        self.window.lock().routed += 1;
    }

    /// A sending was answered: the venue took the order or not.
    pub(crate) fn note_answer(&self, taken: bool, took: Duration) {
        self.executions.increment(1);
        if taken {
            self.successes.increment(1);
        }
        push(&mut self.window.lock().sendings, (taken, took));
    }

    /// An order ended here: what its fills cost beside what its route expected.
    pub(crate) fn note_settled(&self, order: &Order) {
        let Some(leg) = order.leg.as_ref().filter(|_| !order.filled.is_zero()) else {
            return;
        };
        let expected = order.filled.get().saturating_mul(leg.reference_price.get());
        let over = order.filled_notional.saturating_sub(expected);
        let slippage = if order.intent.signal.side == Side::Buy { over } else { -over };
        let settled = Settled { expected, traded: order.filled_notional, slippage, fees: order.fees };
        for (histogram, figure) in [
            (&self.slippage, bps(slippage, expected)),
            (&self.fees_bps, bps(order.fees, order.filled_notional)),
            (&self.fees, Some(order.fees)),
        ] {
            if let Some(figure) = figure.and_then(|figure| figure.to_f64()) {
                histogram.record(figure);
            }
        }
        push(&mut self.window.lock().settled, settled);
    }

    /// Nobody knows whether an order is here, or somebody does again.
    pub(crate) fn note_doubt(&self, order: OrderId, doubtful: bool) {
        let mut doubts = self.doubts.lock();
        let changed = if doubtful { doubts.insert(order) } else { doubts.remove(&order) };
        if changed {
            self.in_doubt.set(u32::try_from(doubts.len()).unwrap_or(u32::MAX));
        }
    }

    /// Orders of which nobody knows whether they are here.
    pub(crate) fn in_doubt(&self) -> usize {
        self.doubts.lock().len()
    }

    pub(crate) fn rolling(&self) -> RoutingStats {
        let window = self.window.lock();
        let sent = window.sendings.len();
        let took: Duration = window.sendings.iter().map(|(_, took)| *took).sum();
        let sum = |of: fn(&Settled) -> Decimal| {
            window.settled.iter().map(of).fold(Decimal::ZERO, Decimal::saturating_add)
        };
        RoutingStats {
            routed: window.routed,
            sent,
            taken: window.sendings.iter().filter(|(taken, _)| *taken).count(),
            latency: u32::try_from(sent).ok().and_then(|sent| took.checked_div(sent)),
            filled: window.settled.len(),
            slippage_bps: bps(sum(|it| it.slippage), sum(|it| it.expected)),
            fee_bps: bps(sum(|it| it.fees), sum(|it| it.traded)),
        }
    }
}

/// An order that never went out or that its venue refused, by the code of its reason. The codes are ours, so their number is bounded.
pub(crate) fn note_refusal(order: &Order) {
    use nija_core::OrderState::{Failed, Rejected};
    if let (Failed | Rejected, Some(reason)) = (order.state, &order.reason) {
        counter!("nija_order_refusals_total", "reason" => reason.code.clone()).increment(1);
    }
}

fn push<T>(window: &mut VecDeque<T>, one: T) {
    if window.len() == KEPT {
        window.pop_front();
    }
    window.push_back(one);
}

fn bps(part: Decimal, whole: Decimal) -> Option<Decimal> {
    let share = part.checked_mul(Decimal::from(10_000))?.checked_div(whole)?;
    Some(share.round_dp(4).normalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{Answer, LONG, Platform, entry, until, user};

    #[test]
    fn the_figures_roll_over_the_newest() {
        let stats = Stats::new(&VenueId::new("a").unwrap());
        assert_eq!(stats.rolling(), RoutingStats::default());
        (0..KEPT).for_each(|_| stats.note_answer(false, Duration::from_millis(90)));
        (0..KEPT / 2).for_each(|_| stats.note_answer(true, Duration::from_millis(30)));
        let rolling = stats.rolling();
        assert_eq!((rolling.sent, rolling.taken), (KEPT, KEPT / 2));
        assert_eq!(rolling.latency, Some(Duration::from_millis(60)));
        assert_eq!(rolling.success_rate(), Some(Decimal::new(5, 1)));
    }

    #[test]
    fn a_doubt_counts_once_until_it_is_over() {
        let stats = Stats::new(&VenueId::new("a").unwrap());
        let order = OrderId::from_uuid(uuid::Uuid::from_u128(1));
        stats.note_doubt(order, false);
        stats.note_doubt(order, true);
        stats.note_doubt(order, true);
        assert_eq!(stats.in_doubt(), 1);
        stats.note_doubt(order, false);
        assert_eq!(stats.in_doubt(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_filled_order_counts_with_its_slippage_and_fees() {
        let (platform, _) = Platform::single();
        let engine = platform.start().await;
        let id = engine.submit(entry(user(1), "x")).await.unwrap().order.id();
        let order = engine.settled(user(1), id, LONG).await.unwrap();
        let receipt = engine.receipt(user(1), id).await.unwrap().unwrap();
        // The venue's stream may tell of the fill before the sending is answered.
        until("the sending is answered", async || engine.venues()[0].routing.sent == 1).await;
        let stats = engine.venues()[0].routing.clone();
        assert_eq!((stats.routed, stats.sent, stats.taken, stats.filled), (1, 1, 1, 1));
        assert_eq!(stats.slippage_bps, receipt.total.slippage_bps());
        assert_eq!(stats.fee_bps, receipt.total.fee_bps());
        assert!(order.fees > Decimal::ZERO && stats.fee_bps.is_some_and(|bps| bps > Decimal::ZERO));
    }
    #[tokio::test(start_paused = true)]
    async fn an_order_whose_answer_is_lost_is_in_doubt_until_its_venue_tells() {
        let (platform, a) = Platform::single();
        a.script([Answer::LostBefore]);
        let engine = platform.start().await;
        let id = engine.submit(entry(user(1), "x")).await.unwrap().order.id();
        let in_doubt = || engine.venues()[0].in_doubt;
        until("its answer is lost", async || in_doubt() == 1).await;
        let order = engine.settled(user(1), id, LONG).await.unwrap();
        assert_eq!((order.state, in_doubt()), (nija_core::OrderState::Filled, 0));
    }
}
