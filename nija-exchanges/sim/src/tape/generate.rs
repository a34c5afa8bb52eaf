//! A market out of a seed: one common factor, clustered volatility, fat tails, volume that follows the moves.

use super::{ANCHORS, Bar, Series};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Minutes per tape: nine days, so that seven of history leave two before the replay starts over.
const MINUTES: usize = 9 * 24 * 60;
/// Steps within a minute.
const STEPS: u32 = 12;

/// How an asset moves against the common factor.
struct Character {
    beta: f64,
    own: f64,
    turnover: f64,
}

pub(super) fn series(seed: u64) -> Vec<Series> {
    let characters = [
        Character { beta: 1.0, own: 0.25, turnover: 450_000.0 },
        Character { beta: 1.2, own: 0.5, turnover: 260_000.0 },
        Character { beta: 1.5, own: 1.0, turnover: 120_000.0 },
        Character { beta: 0.3, own: 0.6, turnover: 900_000.0 },
        Character { beta: 0.3, own: 0.15, turnover: 1_200_000.0 },
        Character { beta: 0.4, own: 1.2, turnover: 40_000.0 },
    ];
    let factor = factor(seed);
    let each = ANCHORS.iter().zip(characters).enumerate();
    each.map(|(index, (&(asset, anchor), character))| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(1 + index as u64));
        let bars = factor.iter().map(|minute| bar(minute, &character, &mut rng)).collect();
        Series { asset, anchor, bars }
    })
    .collect()
}

/// A minute of the common factor: log returns of its steps, and the volatility they were drawn with.
struct Minute {
    steps: Vec<f64>,
    volatility: f64,
}

fn factor(seed: u64) -> Vec<Minute> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // About 0.05 % a minute, reverting; shocks feed back into it (a GARCH-like loop), and it breathes with the day.
    let calm = 0.000_5_f64;
    let mut variance = calm * calm;
    let mut drift = 0.0_f64;
    (0..MINUTES)
        .map(|minute| {
            let day = (minute % 1_440) as f64 / 1_440.0;
            let breath = 1.0 + 0.35 * (std::f64::consts::TAU * (day - 0.35)).sin();
            drift = 0.98 * drift + 0.000_02 * normal(&mut rng);
            let volatility = variance.sqrt() * breath;
            let jump = if rng.random_bool(0.002) { 6.0 * normal(&mut rng) } else { 0.0 };
            let scale = volatility / f64::from(STEPS).sqrt();
            let steps: Vec<f64> = (0..STEPS)
                .map(|step| scale * (normal(&mut rng) + if step == 0 { jump } else { 0.0 }))
                .collect();
            let total: f64 = steps.iter().sum();
            variance = (0.04 * calm * calm + 0.08 * (total / breath).powi(2) + 0.88 * variance)
                .min(25.0 * calm * calm);
            let steps = steps.into_iter().map(|step| step + drift / f64::from(STEPS)).collect();
            Minute { steps, volatility }
        })
        .collect()
}

fn bar(minute: &Minute, character: &Character, rng: &mut ChaCha8Rng) -> Bar {
    let own = character.own * minute.volatility / f64::from(STEPS).sqrt();
    let (mut level, mut high, mut low) = (0.0_f64, 0.0_f64, 0.0_f64);
    for step in &minute.steps {
        level += character.beta * step + own * normal(rng);
        high = high.max(level);
        low = low.min(level);
    }
    let busy = 0.5 + (high - low) / 0.001;
    let turnover = character.turnover * busy * (0.35 * normal(rng)).exp();
    Bar { open: 1.0, high: high.exp(), low: low.exp(), close: level.exp(), turnover }
}

/// A standard normal number (Box-Muller).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let u: f64 = rng.random_range(f64::MIN_POSITIVE..1.0);
    let v: f64 = rng.random_range(0.0..1.0);
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}
