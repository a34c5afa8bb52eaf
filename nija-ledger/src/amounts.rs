//! The bounds within which folding a fill cannot overflow a decimal.

use nija_core::{Fill, JournalEvent, LedgerError, Order, Position};
use rust_decimal::Decimal;

/// Refuses a fill, or the worth of its fee, whose sums would not fit: [`Position::fold`] and [`Order::apply`] add and multiply unchecked.
/// Real fills stay many orders of magnitude below these bounds.
pub(crate) fn check(
    event: &JournalEvent,
    order: Option<&Order>,
    open: Option<&Position>,
) -> Result<(), LedgerError> {
    let refused = match event {
        JournalEvent::Filled(fill) if fill.execution.quantity.is_zero() => Some((fill, "fills nothing")),
        JournalEvent::Filled(fill) if fits(fill, order, open).is_none() => Some((fill, "is too large")),
        JournalEvent::FeeValued { fill } if fill.fee_in_quote.is_zero() => {
            Some((fill, "has a fee of no worth"))
        }
        JournalEvent::FeeValued { fill } if fee_fits(fill, order, open).is_none() => {
            Some((fill, "has too large a fee"))
        }
        _ => None,
    };
    refused.map_or(Ok(()), |(fill, why)| {
        Err(LedgerError::Invalid(format!("execution {} {why}", fill.execution.execution_id)))
    })
}

fn fee_fits(fill: &Fill, order: Option<&Order>, open: Option<&Position>) -> Option<()> {
    let fee = fill.fee_in_quote.abs();
    for known in [order.map(|order| order.fees), open.map(|open| open.fees)].into_iter().flatten() {
        known.abs().checked_add(fee)?;
    }
    Some(())
}

fn fits(fill: &Fill, order: Option<&Order>, open: Option<&Position>) -> Option<()> {
    let fee = fill.fee_in_quote.abs();
    let notional = fill.execution.quantity.get().checked_mul(fill.execution.price.get())?;
    if let Some(order) = order {
        order.filled_notional.checked_add(notional)?;
        order.fees.abs().checked_add(fee)?;
    }
    let held = |amount: fn(&Position) -> Decimal| open.map_or(Decimal::ZERO, |p| amount(p).abs());
    let moved = fill.execution.quantity.get().checked_add(fill.execution.fee.abs())?;
    let notional = moved.checked_mul(fill.execution.price.get())?;
    let size = held(|p| p.quantity).checked_add(moved)?;
    let cost = held(|p| p.cost).checked_add(notional)?;
    held(|p| p.fees).checked_add(fee)?.checked_add(fee)?;
    held(|p| p.realised_pnl).checked_add(cost)?.checked_add(cost)?;
    cost.checked_mul(size)?;
    fee.checked_mul(size)?;
    Some(())
}
