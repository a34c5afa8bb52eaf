//! Receipts.

use nija_client::wire;
use nija_core::{Attempt, Execution, Price, Reason, Receipt, Times, Timestamp, VenueShare};
use rust_decimal::Decimal;

use super::{decision, words::milliseconds};

/// Digits behind the point of prices and amounts that a division made.
const DIGITS: u32 = 12;

/// What an order really cost.
pub fn receipt(receipt: &Receipt) -> wire::OrderReceipt {
    let signal = &receipt.intent.signal;
    let (reason, reason_code) = reason(receipt.reason.as_ref());
    wire::OrderReceipt {
        order_id: receipt.intent.id.to_string(),
        symbol: signal.symbol.to_string(),
        side: signal.side.as_str().to_owned(),
        state: receipt.state.as_str().to_owned(),
        reason,
        reason_code,
        arrival_price: receipt.arrival_price.map(Price::get),
        shortfall: tidy(receipt.shortfall),
        shortfall_bps: receipt.shortfall_bps(),
        total: figures(&receipt.total),
        times: times(&receipt.times),
        attempts: receipt.attempts.iter().map(attempt).collect(),
        venues: receipt.venues.iter().map(venue).collect(),
        method: receipt.method.map(|method| method.as_str().to_owned()),
        children: receipt.children.iter().map(child).collect(),
        not_routed: receipt.not_routed.as_ref().map(|it| decision(Some(receipt.intent.id), it)),
    }
}

fn attempt(attempt: &Attempt) -> wire::ReceiptAttempt {
    let (reason, reason_code) = reason(attempt.reason.as_ref());
    wire::ReceiptAttempt {
        attempt: attempt.number,
        venue: attempt.venue.to_string(),
        order_type: attempt.kind.as_str().to_owned(),
        quantity: attempt.quantity.get().normalize(),
        expected_price: attempt.expected_price.get().normalize(),
        expected_fees: attempt.expected_fees.map(tidy),
        expected_latency_ms: attempt.expected_latency.map(milliseconds),
        route_reason: attempt.route_reason.clone(),
        state: attempt.state.as_str().to_owned(),
        reason,
        reason_code,
        figures: figures(&attempt.execution),
        times: times(&attempt.times),
    }
}

fn child(child: &Receipt) -> wire::ReceiptChild {
    wire::ReceiptChild {
        order_id: child.intent.id.to_string(),
        state: child.state.as_str().to_owned(),
        venues: child.venues.iter().map(|share| share.venue.to_string()).collect(),
        figures: figures(&child.total),
    }
}

fn venue(share: &VenueShare) -> wire::ReceiptVenue {
    wire::ReceiptVenue {
        venue: share.venue.to_string(),
        attempts: share.attempts as u64,
        figures: figures(&share.execution),
    }
}

fn figures(execution: &Execution) -> wire::ReceiptFigures {
    wire::ReceiptFigures {
        fills: execution.fills as u64,
        filled: execution.filled.normalize(),
        notional: tidy(execution.notional),
        expected_price: execution.expected_price().map(tidy),
        average_price: execution.average_price().map(tidy),
        slippage: tidy(execution.slippage),
        slippage_bps: execution.slippage_bps(),
        fees: tidy(execution.fees),
        fee_bps: execution.fee_bps(),
        cost: tidy(execution.cost()),
        cost_bps: execution.cost_bps(),
    }
}

fn times(times: &Times) -> wire::ReceiptTimes {
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let between = |from, to| Times::between(from, to).map(milliseconds);
    wire::ReceiptTimes {
        taken_up_at: text(times.taken_up),
        routed_at: text(times.routed),
        sent_at: text(times.sent),
        acknowledged_at: text(times.acknowledged),
        first_fill_at: text(times.first_fill),
        last_fill_at: text(times.last_fill),
        ended_at: text(times.ended),
        route_ms: between(times.taken_up, times.routed),
        queue_ms: between(times.routed, times.sent),
        venue_ms: between(times.sent, times.acknowledged),
        total_ms: between(times.taken_up, times.ended),
    }
}

fn reason(reason: Option<&Reason>) -> (Option<String>, Option<String>) {
    (reason.map(|it| it.text.clone()), reason.map(|it| it.code.clone()))
}

fn tidy(value: Decimal) -> Decimal {
    value.round_dp(DIGITS).normalize()
}
