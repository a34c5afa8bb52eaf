//! What a run measured, and the arithmetic over it.

use std::time::Duration;

/// One run of a load: how long each answer took, and what the server spent on it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Run {
    /// Every answered request.
    pub(super) latencies: Vec<Duration>,
    /// Requests that were answered with anything but success, or not at all.
    pub(super) errors: u64,
    /// How long the run took.
    pub(super) took: Duration,
    /// Processor time of the server's process; zero where it is not known.
    pub(super) cpu: Duration,
}

/// The figures of a run that are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub(super) struct Figures {
    /// Successful answers a second.
    pub(super) per_second: f64,
    /// Microseconds.
    pub(super) p50_us: f64,
    /// Microseconds.
    pub(super) p99_us: f64,
    /// Microseconds of processor time of the server for each answer.
    pub(super) cpu_us: f64,
    /// Requests without success.
    pub(super) errors: u64,
}

impl Run {
    /// Sums a run up.
    pub(super) fn figures(&self) -> Figures {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let answers = sorted.len();
        Figures {
            per_second: rate(answers as u64, self.took),
            p50_us: micros(percentile(&sorted, 50)),
            p99_us: micros(percentile(&sorted, 99)),
            cpu_us: if answers == 0 { 0.0 } else { micros(self.cpu) / count(answers as u64) },
            errors: self.errors,
        }
    }
}

impl Figures {
    /// The median of each figure over several runs; errors add up.
    pub(super) fn median(runs: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(&runs.iter().map(figure).collect::<Vec<_>>());
        Self {
            per_second: of(|it| it.per_second),
            p50_us: of(|it| it.p50_us),
            p99_us: of(|it| it.p99_us),
            cpu_us: of(|it| it.cpu_us),
            errors: runs.iter().map(|it| it.errors).sum(),
        }
    }
}

/// The value that at least `percent` per cent of a sorted list do not exceed (nearest rank); zero for an empty list.
pub(super) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// The middle of a list, the mean of the two middle ones where their number is even; zero for an empty list.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle)) {
        (_, None) => 0.0,
        (0, Some(upper)) => f64::midpoint(sorted[middle - 1], *upper),
        (_, Some(value)) => *value,
    }
}

/// Things a second.
pub(super) fn rate(things: u64, took: Duration) -> f64 {
    if took.is_zero() { 0.0 } else { count(things) / took.as_secs_f64() }
}

/// `a / b`, where that means something.
pub(super) fn ratio(a: f64, b: f64) -> Option<f64> {
    (b > 0.0).then(|| a / b)
}

pub(super) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// A count as a float, for figures that people read.
#[allow(clippy::cast_precision_loss)]
pub(super) const fn count(things: u64) -> f64 {
    things as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(values: &[u64]) -> Vec<Duration> {
        values.iter().map(|value| Duration::from_millis(*value)).collect()
    }

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let hundred = ms(&(1..=100).collect::<Vec<_>>());
        assert_eq!(percentile(&hundred, 50), Duration::from_millis(50));
        assert_eq!(percentile(&hundred, 99), Duration::from_millis(99));
        assert_eq!(percentile(&hundred, 100), Duration::from_millis(100));
        assert_eq!(percentile(&ms(&[7]), 1), Duration::from_millis(7));
        assert_eq!(percentile(&ms(&[1, 2, 3]), 99), Duration::from_millis(3));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }

    #[test]
    fn a_median_is_the_middle_or_between_the_middles() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        close(median(&[3.0, 1.0, 2.0]), 2.0);
        close(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        close(median(&[]), 0.0);
    }

    #[test]
    fn a_run_is_summed_up_by_answers_and_not_by_errors() {
        let run = Run {
            latencies: ms(&[4, 2, 1, 3]),
            errors: 6,
            took: Duration::from_secs(2),
            cpu: Duration::from_millis(8),
        };
        let figures = run.figures();
        let expected = Figures { per_second: 2.0, p50_us: 2000.0, p99_us: 4000.0, cpu_us: 2000.0, errors: 6 };
        assert_eq!(figures, expected);
        assert_eq!(Run::default().figures(), Figures::default(), "nothing was answered");
        assert_eq!(Figures::median(&[figures, figures]).errors, 12);
    }

    #[test]
    fn a_ratio_over_nothing_is_none() {
        assert_eq!(ratio(1.0, 0.0), None);
        assert_eq!(ratio(1.0, 2.0), Some(0.5));
        assert!(rate(5, Duration::ZERO).abs() < f64::EPSILON);
    }
}
