//! The decision in words.

use nija_core::Candidate;
use std::fmt::Write as _;

use super::{Offer, Parts, bps::Bps, split::Split};
use crate::score::reason::nobody;

/// Why it goes where it goes; the offers are sorted, the cheapest first.
pub(super) fn reason<'a, T>(
    costed: &[(Offer<'a>, Parts, T)],
    split: Option<&Split>,
    refused: &[Candidate],
) -> String {
    let mut text = String::with_capacity(128);
    // Writing to a string cannot fail.
    if let Some(split) = split {
        for (n, share) in split.shares.iter().enumerate() {
            let separator = if n == 0 { "split: " } else { ", " };
            let _ = write!(text, "{separator}{} at {}", share.plan.quantity, share.venue);
        }
        let _ = write!(text, " cost {} bp together; ", short(split.cost));
    }
    match (costed.first(), costed.get(1)) {
        (None, _) if split.is_some() => nobody(&mut text, "no venue can take it alone", refused),
        (None, _) => nobody(&mut text, "no venue can take it", refused),
        (Some((best, parts, _)), None) => {
            let (cost, alone) = (short(parts.total()), if split.is_some() { " alone" } else { "" });
            let _ = write!(
                text,
                "{} is the only venue that can take it{alone} (cost {cost} bp)",
                best.view.venue
            );
        }
        (Some((best, ours, _)), Some((next, theirs, _))) => {
            let (cost, other) = (short(ours.total()), short(theirs.total()));
            let _ = write!(text, "{} costs {cost} bp, {} costs {other} bp", best.view.venue, next.view.venue);
            if let Some(name) = decisive(*ours, *theirs).filter(|_| split.is_none()) {
                let _ = write!(text, "; {name} made the difference");
            }
        }
    }
    text
}

/// With one digit behind the point.
fn short(cost: Bps) -> String {
    cost.decimal().round_dp(1).normalize().to_string()
}

/// The part by which the best is furthest ahead of the next.
fn decisive(ours: Parts, theirs: Parts) -> Option<&'static str> {
    [
        ("price", theirs.price - ours.price),
        ("fees", theirs.fees - ours.fees),
        ("latency", theirs.latency - ours.latency),
        ("failure", theirs.failure - ours.failure),
    ]
    .into_iter()
    .filter(|(_, lead)| lead.get() > 0)
    .max_by_key(|(_, lead)| lead.get())
    .map(|(name, _)| name)
}
