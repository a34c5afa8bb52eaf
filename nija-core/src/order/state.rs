//! The states of an order and the one table of allowed transitions.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Taken up; not checked yet.
    Pending,
    /// Passed risk; being routed.
    Routing,
    /// Routed and journaled; waiting in its venue's lane. After a crash it may have been sent.
    Queued,
    /// Being sent, or sent and not answered yet.
    Executing,
    /// Rests at the venue.
    Working,
    /// Rests at the venue, filled in part.
    PartialFill,
    /// Filled whole. Final.
    Filled,
    /// Refused, by risk or by the venue. Final.
    Rejected,
    /// Cancelled; may be filled in part. Final.
    Cancelled,
    /// Its time in force ended; may be filled in part. Final.
    Expired,
    /// Could not be carried out and is provably not at the venue. Final.
    Failed,
    /// The venue's answer was lost: it may be there or not. Holds its money until evidence settles it.
    Unknown,
}

impl OrderState {
    /// All states.
    pub const ALL: [Self; 12] = [
        Self::Pending,
        Self::Routing,
        Self::Queued,
        Self::Executing,
        Self::Working,
        Self::PartialFill,
        Self::Filled,
        Self::Rejected,
        Self::Cancelled,
        Self::Expired,
        Self::Failed,
        Self::Unknown,
    ];

    /// The states that may follow this one. This table is the only place that says so.
    #[must_use]
    pub const fn successors(self) -> &'static [Self] {
        use OrderState::{
            Cancelled, Executing, Expired, Failed, Filled, PartialFill, Pending, Queued, Rejected, Routing,
            Unknown, Working,
        };
        match self {
            Pending => &[Routing, Rejected, Cancelled, Failed],
            // An order that is carried out by others works from here on.
            Routing => &[Queued, Working, Rejected, Cancelled, Failed],
            // A restart finds Queued orders that may have been sent, hence every outcome and `Unknown`.
            Queued => &[
                Executing,
                Routing,
                Working,
                PartialFill,
                Filled,
                Rejected,
                Cancelled,
                Expired,
                Failed,
                Unknown,
            ],
            // `Routing` again is the failover after the venue's order is provably dead.
            Executing | Unknown => {
                &[Routing, Working, PartialFill, Filled, Rejected, Cancelled, Expired, Failed, Unknown]
            }
            Working => &[PartialFill, Filled, Rejected, Cancelled, Expired, Unknown],
            PartialFill => &[PartialFill, Filled, Cancelled, Expired, Unknown],
            Filled | Rejected | Cancelled | Expired | Failed => &[],
        }
    }

    /// Whether `next` may follow.
    #[must_use]
    pub fn can_become(self, next: Self) -> bool {
        self.successors().contains(&next)
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.successors().is_empty()
    }

    /// Whether its venue took it, or it ended without. `Unknown` is neither.
    #[must_use]
    pub const fn is_acknowledged(self) -> bool {
        self.is_final() || matches!(self, Self::Working | Self::PartialFill)
    }

    /// Whether the order may be live at its venue, or may become so: it holds money.
    #[must_use]
    pub const fn holds_money(self) -> bool {
        !self.is_final()
    }

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Routing => "routing",
            Self::Queued => "queued",
            Self::Executing => "executing",
            Self::Working => "working",
            Self::PartialFill => "partial_fill",
            Self::Filled => "filled",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for OrderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::OrderState;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn every_state_reaches_a_final_one_and_is_reached_from_pending() {
        let reach = |from: OrderState| {
            let mut seen = HashSet::from([from]);
            let mut open = vec![from];
            while let Some(state) = open.pop() {
                open.extend(state.successors().iter().filter(|next| seen.insert(**next)));
            }
            seen
        };
        assert_eq!(reach(OrderState::Pending).len(), OrderState::ALL.len());
        for state in OrderState::ALL {
            assert!(reach(state).iter().any(|s| s.is_final()), "{state} never ends");
        }
    }

    #[test]
    fn an_order_in_doubt_is_never_queued_again_without_a_new_route() {
        for state in [OrderState::Unknown, OrderState::Executing, OrderState::Working] {
            assert!(!state.can_become(OrderState::Queued));
        }
    }

    proptest! {
        #[test]
        fn a_random_walk_stays_in_the_table_and_final_states_stay(choices in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut state = OrderState::Pending;
            for choice in choices {
                let next = state.successors();
                if next.is_empty() {
                    prop_assert!(state.is_final());
                    for other in OrderState::ALL {
                        prop_assert!(!state.can_become(other));
                    }
                    break;
                }
                state = next[usize::from(choice) % next.len()];
            }
        }
    }
}
