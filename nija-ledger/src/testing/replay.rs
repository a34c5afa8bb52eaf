//! What the whole journal comes to, found by reading all of it.

use nija_core::{
    FeePaid, Fill, JournalEvent, JournalRecord, LedgerError, Order, OrderId, PnlBy, PnlGroup, PnlRow,
    Position, SettledFill, Symbol, UserId, VenueId,
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

use crate::{amounts, exact::ExactSum};

/// What all fills did.
#[derive(Default)]
pub(super) struct Book {
    pub(super) open: BTreeMap<(UserId, VenueId, Symbol), (u64, Position)>,
    pub(super) closed: Vec<(u64, Position)>,
    pub(super) settled: Vec<(u64, SettledFill)>,
}

pub(super) fn fills(records: &[JournalRecord]) -> impl DoubleEndedIterator<Item = (u64, &Fill)> {
    records.iter().filter_map(|record| match &record.event {
        JournalEvent::Filled(fill) => Some((record.seq, fill)),
        _ => None,
    })
}

pub(super) fn book(records: &[JournalRecord]) -> Book {
    let mut book = Book::default();
    for record in records {
        let seq = record.seq;
        if let JournalEvent::FeeValued { fill } = &record.event {
            let settled = book.settled.iter_mut().map(|(_, settled)| settled);
            let of_it = settled.filter(|settled| is_same(&settled.fill, fill));
            of_it.for_each(|settled| settled.fill.fee_in_quote = fill.fee_in_quote);
            let key = (fill.user, fill.execution.venue.clone(), fill.execution.symbol.clone());
            let open = book.open.get_mut(&key).filter(|(_, open)| open.opened_at <= fill.execution.at);
            if let Some((_, open)) = open {
                open.fees += fill.fee_in_quote;
            }
        }
        let JournalEvent::Filled(fill) = &record.event else { continue };
        let execution = &fill.execution;
        let key = (fill.user, execution.venue.clone(), execution.symbol.clone());
        let before = book.open.remove(&key);
        let opened = before.as_ref().map_or(seq, |(opened, _)| *opened);
        let change = Position::fold(before.map(|(_, position)| position), fill);
        let opened = if change.closed.is_some() { seq } else { opened };
        book.closed.extend(change.closed.map(|position| (seq, position)));
        if let Some(position) = change.open {
            book.open.insert(key, (opened, position));
        }
        let fill = fill.clone();
        let realised_pnl = change.realised_pnl;
        book.settled.push((seq, SettledFill { fill, realised_pnl }));
    }
    book
}

fn is_same(one: &Fill, other: &Fill) -> bool {
    one.user == other.user
        && one.execution.venue == other.execution.venue
        && one.execution.execution_id == other.execution.execution_id
}

/// All orders with their places, oldest first.
pub(super) fn orders(records: &[JournalRecord]) -> Vec<(u64, Order)> {
    let mut orders: Vec<(u64, Order)> = Vec::new();
    for record in records {
        if let JournalEvent::IntentAccepted { intent } = &record.event {
            orders.push((record.seq, Order::new(intent.clone())));
        } else if let Some(id) = record.event.order() {
            let (_, order) = orders.iter_mut().find(|(_, order)| order.id() == id).unwrap();
            order.apply(&record.event, record.at).unwrap();
        }
        let child = record.event.order().and_then(|id| orders.iter().find(|(_, order)| order.id() == id));
        let parent = child.and_then(|(_, child)| child.intent.parent);
        if let Some((_, parent)) = orders.iter_mut().find(|(_, order)| Some(order.id()) == parent) {
            parent.apply_child(&record.event, record.at);
        }
    }
    orders
}

pub(super) fn of_user(orders: Vec<(u64, Order)>, user: UserId) -> Vec<(u64, Order)> {
    orders.into_iter().filter(|(_, order)| order.intent.signal.user == user).collect()
}

/// Whether the event may follow; `false` leaves it out.
pub(super) fn follows(records: &[JournalRecord], record: &JournalRecord) -> Result<bool, LedgerError> {
    let find = |id: OrderId| find(records, record.user, id);
    match &record.event {
        JournalEvent::IntentAccepted { intent } => {
            let signal = &intent.signal;
            if signal.user != record.user {
                return Err(LedgerError::Invalid("an intent is of another user than its batch".into()));
            }
            let mine = of_user(orders(records), record.user);
            let taken =
                |(_, order): &&(u64, Order)| order.intent.signal.client_order_id == signal.client_order_id;
            if let Some((_, order)) = mine.iter().find(taken) {
                let client_order_id = signal.client_order_id.clone();
                let order = order.id();
                return Err(LedgerError::ClientOrderIdTaken { client_order_id, order });
            }
            if orders(records).iter().any(|(_, order)| order.id() == intent.id) {
                return Err(LedgerError::Invalid(format!("there is an order {} already", intent.id)));
            }
            if intent.parent == Some(intent.id) {
                return Err(LedgerError::Invalid(format!("order {} is its own parent", intent.id)));
            }
            intent.parent.map(find).transpose()?;
        }
        JournalEvent::Filled(fill) => {
            if recorded(records, record.user, fill).is_some() {
                return Ok(false);
            }
            fill_follows(records, record, fill)?;
        }
        JournalEvent::FeeValued { fill } => {
            let Some(known) = recorded(records, record.user, fill) else {
                let words = format!("execution {} is not recorded", fill.execution.execution_id);
                return Err(LedgerError::Invalid(words));
            };
            if !known.lacks_fee() {
                return Ok(false);
            }
            fill_follows(records, record, fill)?;
        }
        event => {
            if let Some(id) = event.order() {
                find(id)?.apply(event, record.at)?;
            }
        }
    }
    Ok(true)
}

fn find(records: &[JournalRecord], user: UserId, id: OrderId) -> Result<Order, LedgerError> {
    let mut found = of_user(orders(records), user).into_iter();
    let found = found.find(|(_, order)| order.id() == id);
    found.map(|(_, order)| order).ok_or(LedgerError::NoSuchOrder(id))
}

/// A user's execution as it counts.
fn recorded(records: &[JournalRecord], user: UserId, fill: &Fill) -> Option<Fill> {
    let of_user = Fill { user, ..fill.clone() };
    let mut settled = book(records).settled.into_iter().map(|(_, settled)| settled.fill);
    settled.find(|known| is_same(known, &of_user))
}

/// Refuses an execution, or the worth of its fee, that contradicts its batch, names no order or does not fit.
fn fill_follows(records: &[JournalRecord], record: &JournalRecord, fill: &Fill) -> Result<(), LedgerError> {
    if fill.user != record.user {
        return Err(LedgerError::Invalid("a fill is of another user than its batch".into()));
    }
    let key = (fill.user, fill.execution.venue.clone(), fill.execution.symbol.clone());
    let open = book(records).open.remove(&key);
    let order = fill.order.map(|id| find(records, record.user, id)).transpose()?;
    amounts::check(&record.event, order.as_ref(), open.as_ref().map(|(_, position)| position))?;
    if let Some(parent) = order.and_then(|order| order.intent.parent) {
        amounts::check(&record.event, Some(&find(records, record.user, parent)?), None)?;
    }
    Ok(())
}

/// What a fill is counted with.
pub(super) fn group(by: PnlBy, settled: &SettledFill) -> PnlGroup {
    let execution = &settled.fill.execution;
    match by {
        PnlBy::Day => PnlGroup::Day(execution.at.day_start()),
        PnlBy::Pair => PnlGroup::Pair(execution.symbol.clone()),
        PnlBy::Venue => PnlGroup::Venue(execution.venue.clone()),
    }
}

/// What these fills come to.
pub(super) fn pnl_row(group: PnlGroup, currency: String, fills: &[&SettledFill]) -> PnlRow {
    let sum = |of: fn(&SettledFill) -> Decimal, fills: &[&SettledFill]| {
        let add = |sum: ExactSum, settled: &&SettledFill| sum.add(of(settled)).unwrap();
        fills.iter().fold(ExactSum::default(), add).to_decimal().unwrap()
    };
    let assets: BTreeSet<_> = fills.iter().map(|settled| settled.fill.execution.fee_asset.clone()).collect();
    let paid = assets.into_iter().map(|asset| {
        let of_it: Vec<_> =
            fills.iter().filter(|settled| settled.fill.execution.fee_asset == asset).copied().collect();
        FeePaid {
            amount: sum(|settled| settled.fill.execution.fee, &of_it),
            in_quote: sum(|settled| settled.fill.fee_in_quote, &of_it),
            asset,
        }
    });
    PnlRow {
        realised: sum(|settled| settled.realised_pnl, fills),
        fees: sum(|settled| settled.fill.fee_in_quote, fills),
        fills: fills.len() as u64,
        paid: paid.filter(|paid| !paid.amount.is_zero() || !paid.in_quote.is_zero()).collect(),
        group,
        currency,
    }
}
