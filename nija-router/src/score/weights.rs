//! How much each factor counts.

use nija_core::Weights;
use rust_decimal::Decimal;

use super::factor::Points;

/// The same as whole numbers of one scale, for scoring.
#[derive(Debug, Clone, Copy)]
pub(super) struct WholeWeights {
    each: [i64; 5],
    scale: u32,
}

impl WholeWeights {
    /// Digits beyond these do not count when scoring: a factor's points times a weight stay within 64 bits.
    const MOST_DIGITS: u32 = 9;

    pub(super) fn new(weights: &Weights) -> Self {
        let Weights { fees, reliability, latency, load, record } = *weights;
        let all = [fees, reliability, latency, load, record];
        let scale = all.iter().map(Decimal::scale).max().unwrap_or(0).min(Self::MOST_DIGITS);
        let whole = |mut weight: Decimal| {
            weight.rescale(scale);
            i64::try_from(weight.mantissa()).unwrap_or(0)
        };
        Self { each: all.map(whole), scale }
    }

    /// In the order of the factors.
    pub(super) const fn each(&self) -> [i64; 5] {
        self.each
    }

    /// The weighted sum.
    pub(super) fn score(&self, factors: &[Points; 5]) -> Decimal {
        let sum = factors.iter().zip(self.each).map(|(points, weight)| points.get() * weight).sum();
        Decimal::new(sum, Points::SCALE + self.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_any_length_score_within_their_digits() {
        let third: Decimal = "0.3333333333333333333333333333".parse().unwrap();
        let (fees, latency) = (third, third);
        let reliability = Decimal::ONE - fees - latency;
        let long = Weights { fees, reliability, latency, load: Decimal::ZERO, record: Decimal::ZERO };
        assert_eq!(long.check(), Ok(()));
        let full = [super::super::factor::fees(Decimal::ZERO); 5];
        assert_eq!(WholeWeights::new(&long).score(&full).round_dp(6), Decimal::ONE_HUNDRED);
        assert_eq!(WholeWeights::new(&Weights::default()).score(&full), Decimal::ONE_HUNDRED);
    }
}
