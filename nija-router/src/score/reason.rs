//! The decision in words.

use nija_core::Candidate;
use std::fmt::{self, Write as _};

use super::weights::WholeWeights;

/// Why the best candidate is the best; the candidates are sorted, eligible ones first.
pub(super) fn reason(candidates: &[Candidate], weights: &WholeWeights) -> String {
    let mut eligible = candidates.iter().take_while(|candidate| candidate.score.is_some());
    let mut text = String::with_capacity(96);
    // Writing to a string cannot fail.
    match (eligible.next(), eligible.next()) {
        (Some(best), None) => {
            let _ = write!(text, "{} is the only venue that can take it (score {})", best.venue, Short(best));
        }
        (Some(best), Some(next)) => {
            let _ =
                write!(text, "{} scores {}, {} scores {}", best.venue, Short(best), next.venue, Short(next));
            if let Some(name) = decisive(best, next, weights) {
                let _ = write!(text, "; {} made the difference", words(name));
            }
        }
        (None, _) => nobody(&mut text, "no venue can take it", candidates),
    }
    text
}

/// Why none of them can take it, beginning with `what`.
pub(super) fn nobody(text: &mut String, what: &str, candidates: &[Candidate]) {
    text.push_str(what);
    text.push_str(": ");
    for (n, candidate) in candidates.iter().enumerate() {
        let separator = if n == 0 { "" } else { "; " };
        let _ = write!(text, "{separator}{}: ", candidate.venue);
        for (n, reason) in candidate.rejections.iter().enumerate() {
            let _ = write!(text, "{}{}", if n == 0 { "" } else { ", " }, reason.words());
        }
    }
    if candidates.is_empty() {
        text.push_str("none is configured");
    }
}

fn words(factor: &str) -> &str {
    if factor == "pair_record" { "the record with this pair" } else { factor }
}

/// A score as people read it: one digit behind the point, none where it is zero.
struct Short<'a>(&'a Candidate);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(score) = self.0.score else {
            return f.write_str("nothing");
        };
        let Some((digits, power)) = i64::try_from(score.mantissa())
            .ok()
            .zip(score.scale().checked_sub(1).and_then(|down| 10i64.checked_pow(down)))
        else {
            return score.round_dp(1).normalize().fmt(f);
        };
        // Scores are not negative. Halves go to the even side, as `Decimal` rounds.
        let (tenths, rest) = (digits / power, digits % power);
        let up = rest * 2 > power || (rest * 2 == power && tenths % 2 == 1);
        let tenths = tenths + i64::from(up);
        match tenths % 10 {
            0 => write!(f, "{}", tenths / 10),
            tenth => write!(f, "{}.{tenth}", tenths / 10),
        }
    }
}

/// The factor by which the best is furthest ahead of the next.
fn decisive<'a>(best: &'a Candidate, next: &Candidate, weights: &WholeWeights) -> Option<&'a str> {
    best.factors
        .iter()
        .zip(&next.factors)
        .zip(weights.each())
        .map(|((ours, theirs), weight)| {
            // Both have the scale that all factors have.
            ((ours.score.mantissa() - theirs.score.mantissa()) * i128::from(weight), &*ours.name)
        })
        .filter(|(lead, _)| *lead > 0)
        .max_by_key(|(lead, _)| *lead)
        .map(|(_, name)| name)
}
