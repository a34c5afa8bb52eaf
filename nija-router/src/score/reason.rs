//! The decision in words.

use nija_core::Candidate;
use rust_decimal::Decimal;
use std::fmt::Write as _;

/// Why the best candidate is the best; the candidates are sorted, eligible ones first.
pub(super) fn reason(candidates: &[Candidate]) -> String {
    let mut eligible =
        candidates.iter().filter_map(|candidate| candidate.score.map(|score| (candidate, score)));
    let mut text = String::with_capacity(96);
    // Writing to a string cannot fail.
    match (eligible.next(), eligible.next()) {
        (Some((best, score)), None) => {
            let _ =
                write!(text, "{} is the only venue that can take it (score {})", best.venue, short(score));
        }
        (Some((best, score)), Some((next, next_score))) => {
            let _ = write!(
                text,
                "{} scores {}, {} scores {}",
                best.venue,
                short(score),
                next.venue,
                short(next_score)
            );
            if let Some(name) = decisive(best, next) {
                let _ = write!(text, "; {name} made the difference");
            }
        }
        (None, _) => {
            text.push_str("no venue can take it: ");
            for (n, candidate) in candidates.iter().enumerate() {
                let separator = if n == 0 { "" } else { "; " };
                let _ = write!(text, "{separator}{}: ", candidate.venue);
                for (n, reason) in candidate.rejections.iter().enumerate() {
                    let _ = write!(text, "{}{}", if n == 0 { "" } else { ", " }, reason.as_str());
                }
            }
            if candidates.is_empty() {
                text.push_str("none is configured");
            }
        }
    }
    text
}

fn short(score: Decimal) -> Decimal {
    score.round_dp(1).normalize()
}

/// The factor by which the best is furthest ahead of the next.
fn decisive<'a>(best: &'a Candidate, next: &Candidate) -> Option<&'a str> {
    best.factors
        .iter()
        .zip(&next.factors)
        .map(|(ours, theirs)| ((ours.score - theirs.score) * ours.weight, ours.name.as_str()))
        .filter(|(lead, _)| *lead > Decimal::ZERO)
        .max_by_key(|(lead, _)| *lead)
        .map(|(_, name)| name)
}
