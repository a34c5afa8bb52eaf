//! The bounds within which folding a fill cannot overflow a decimal.

use nija_core::{Fill, LedgerError, Order, Position};
use rust_decimal::Decimal;

/// Refuses a fill whose sums would not fit: [`Position::fold`] and [`Order::apply`] add and multiply unchecked.
/// Real fills stay many orders of magnitude below these bounds.
pub(crate) fn check(fill: &Fill, order: Option<&Order>, open: Option<&Position>) -> Result<(), LedgerError> {
    if fill.execution.quantity.is_zero() {
        return Err(LedgerError::Invalid(format!("execution {} fills nothing", fill.execution.execution_id)));
    }
    fits(fill, order, open).ok_or_else(|| {
        LedgerError::Invalid(format!(
            "the amounts of execution {} are too large",
            fill.execution.execution_id
        ))
    })
}

/// Refuses the worth of a fee that is none, or with which the sums would not fit.
pub(crate) fn check_fee(
    fill: &Fill,
    order: Option<&Order>,
    open: Option<&Position>,
) -> Result<(), LedgerError> {
    let fee = fill.fee_in_quote.abs();
    if fee.is_zero() {
        let words = format!("the fee of execution {} is valued at nothing", fill.execution.execution_id);
        return Err(LedgerError::Invalid(words));
    }
    let fits = [order.map(|order| order.fees), open.map(|open| open.fees)]
        .into_iter()
        .flatten()
        // As much again as folding the fills that follow may take.
        .all(|known| known.abs().checked_add(fee).and_then(|sum| sum.checked_add(fee)).is_some());
    if fits {
        return Ok(());
    }
    Err(LedgerError::Invalid(format!("the fee of execution {} is too large", fill.execution.execution_id)))
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
