use nija_core::{AccountState, OrderIntent, OrderSize, Quantity, Reason, RiskPolicy, VenueId, Verdict};
use rust_decimal::Decimal;

use crate::{
    planted::{Bug, planted},
    score::may_go_to_several,
};

use super::value::{price, signed};

/// An exit must have a position to reduce and is never larger than what no other exit is closing already: of all positions where it may go to
/// several venues, of the largest where it goes to one.
#[derive(Debug, Clone, Copy)]
pub struct ExitReduces;

impl RiskPolicy for ExitReduces {
    fn name(&self) -> &'static str {
        "exit_reduces"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        let signal = &intent.signal;
        if !signal.signal_type.is_exit() {
            return Verdict::Allow;
        }
        let (venues, free) = closable(intent, account);
        if venues.is_empty() {
            return Verdict::Refuse(Reason::new(
                "no_position",
                format!(
                    "there is no position in {} that a {} could reduce, or another order closes it already",
                    signal.symbol, signal.side
                ),
            ));
        }
        let wanted = match signal.size {
            OrderSize::Base(quantity) => Some(quantity.get()),
            // An exit whose worth cannot be told closes what there is.
            OrderSize::Quote(money) => {
                price(intent, account).and_then(|price| money.get().checked_div(price.get()))
            }
        };
        match (wanted, Quantity::new(free)) {
            (Some(wanted), _) if wanted <= free => Verdict::Allow,
            (_, Ok(quantity)) => Verdict::Resize {
                size: OrderSize::Base(quantity),
                reason: Reason::new("reduced_to_position", {
                    let at = venues.iter().map(|venue| venue.as_str()).collect::<Vec<_>>().join(" and ");
                    format!("what can be closed at {at} is {} {}", free.normalize(), signal.symbol.base())
                }),
            },
            (_, Err(_)) => Verdict::Allow,
        }
    }
}

/// The venues whose positions it may close, and how many base units together that no other exit closes already.
fn closable<'a>(intent: &'a OrderIntent, account: &'a AccountState) -> (Vec<&'a VenueId>, Decimal) {
    let signal = &intent.signal;
    let free = account
        .positions_in(&signal.symbol)
        .filter(|position| signal.venue.as_ref().is_none_or(|venue| *venue == position.venue))
        .map(|position| {
            // Positive where this side reduces.
            let open = -signed(signal.side, position.quantity);
            let closing: Decimal = account
                .working
                .iter()
                .filter(|order| {
                    order.venue == position.venue
                        && order.symbol == position.symbol
                        && order.side == signal.side
                })
                .filter(|_| !planted(Bug::IgnoresLiveExits))
                .map(|order| order.remaining)
                .sum();
            (&position.venue, open - closing)
        })
        .filter(|(_, free)| *free > Decimal::ZERO);
    if may_go_to_several(signal) && intent.parent.is_none() {
        let mut all: Vec<_> = free.collect();
        all.sort_unstable();
        return (all.iter().map(|(venue, _)| *venue).collect(), all.iter().map(|(_, free)| *free).sum());
    }
    let largest = free.max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(a.0)));
    largest.map_or((Vec::new(), Decimal::ZERO), |(venue, free)| (vec![venue], free))
}
