//! How a parent ends: by what its children came to.

use nija_core::{ExecutionMethod, Order, OrderSize, OrderState, Reason};
use std::sync::Arc;

use super::{AGAIN, Step};
use crate::engine::{inner::Inner, state::UserState, submit::ended, user::User};

impl Inner {
    /// Puts the end of a parent on record whose children have all ended.
    pub(super) async fn end(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        parent: &Order,
    ) -> Step {
        let children = match self.ledger.children(user.id, parent.id()).await {
            Ok(children) => children,
            Err(error) => {
                tracing::error!(order = %parent.id(), %error, "an order's children could not be read");
                return Step::Wait(Some(AGAIN));
            }
        };
        let event = match verdict(parent, &children) {
            (OrderState::Filled, _) => nija_core::JournalEvent::StateChanged {
                order: parent.id(),
                state: OrderState::Filled,
                reason: cut_short(parent, &children),
                venue_order_id: None,
                sent_at: None,
            },
            (end, reason) => ended(parent.id(), end, reason),
        };
        match self.record(user, state, vec![event]).await {
            Ok(_) => Step::Over,
            Err(error) => {
                tracing::error!(order = %parent.id(), %error, "an end could not be put on record");
                Step::Wait(Some(AGAIN))
            }
        }
    }
}

/// Why it comes to less than was asked for though every child filled: one of them was cut when it tried again. What it said of itself when it
/// was taken apart stands.
fn cut_short(parent: &Order, children: &[Order]) -> Option<Reason> {
    let asked = match parent.allowed_size() {
        OrderSize::Base(asked) if parent.filled < asked && parent.reason.is_none() => asked,
        _ => return None,
    };
    let why = children.iter().rev().find_map(|child| child.reason.as_ref())?;
    let base = parent.intent.signal.symbol.base();
    Some(Reason::new(
        why.code.clone(),
        format!("{} {base} of {asked} {base} filled; {}", parent.filled, why.text),
    ))
}

/// The state and the reason of its end. `children` are all that there were, oldest first.
fn verdict(parent: &Order, children: &[Order]) -> (OrderState, Reason) {
    let size = match parent.allowed_size() {
        OrderSize::Base(size) => format!("{size} {}", parent.intent.signal.symbol.base()),
        OrderSize::Quote(size) => format!("{size} {}", parent.intent.signal.symbol.quote()),
    };
    let Some(schedule) = &parent.schedule else {
        return (OrderState::Failed, Reason::new("interrupted", "it was never carried out"));
    };
    let filled = format!("{} {} of {size} filled", parent.filled, parent.intent.signal.symbol.base());
    if schedule.stopped {
        let why =
            parent.reason.clone().unwrap_or_else(|| Reason::new("cancelled", "cancelled at your request"));
        return (OrderState::Cancelled, Reason::new(why.code, format!("{}; {filled}", why.text)));
    }
    let is_filled = |child: &Order| child.state == OrderState::Filled;
    let whole = match schedule.method {
        ExecutionMethod::Split => !children.is_empty() && children.iter().all(is_filled),
        // The last slice takes all that is left.
        ExecutionMethod::Twap { slices, .. } => children.last().is_some_and(|last| {
            let slice = schedule.slice_at(last.intent.received_at);
            is_filled(last) && slice.is_some_and(|slice| slice + 1 == slices)
        }),
    } || matches!(parent.allowed_size(), OrderSize::Base(size) if parent.filled >= size);
    if whole {
        return (OrderState::Filled, Reason::new("filled", "filled"));
    }
    let last = children.iter().rev().find_map(|child| child.reason.clone());
    let (code, text) = match last {
        Some(why) => (why.code, why.text),
        None => ("incomplete".to_owned(), "its time is over".to_owned()),
    };
    let refused = |child: &Order| matches!(child.state, OrderState::Rejected | OrderState::Failed);
    if parent.filled.is_zero() && !children.is_empty() && children.iter().all(refused) {
        return (OrderState::Rejected, Reason::new(code, text));
    }
    (OrderState::Expired, Reason::new("incomplete", format!("{filled}; the last that was tried: {text}")))
}
