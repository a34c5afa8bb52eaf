//! Rows as they are printed.

use serde::Serialize;

use super::figures::Figures;

/// One row of the table.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    /// What is measured.
    pub(super) row: String,
    /// In words.
    pub(super) measured: String,
    /// The reference of the same run, in words.
    pub(super) reference: Option<String>,
    /// Measured over reference, in the unit of the budget.
    pub(super) ratio: Option<f64>,
    /// The budget in words.
    pub(super) budget: String,
    /// Whether it is met, where there is one.
    pub(super) met: Option<bool>,
    /// What a reader should know.
    pub(super) note: String,
}

impl Row {
    /// As a line of a Markdown table.
    fn line(&self) -> String {
        let reference = self.reference.as_deref().unwrap_or("-");
        let ratio = self.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}x"));
        let met = match self.met {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "-",
        };
        let Self { row, measured, budget, note, .. } = self;
        format!("| {row} | {measured} | {reference} | {ratio} | {budget} | {met} | {note} |")
    }
}

/// All rows as a Markdown table.
pub(super) fn table(rows: &[Row]) -> String {
    let mut lines = vec![
        "| row | measured | reference, same run | ratio | budget | met | note |".to_owned(),
        "| --- | --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    lines.extend(rows.iter().map(Row::line));
    lines.join("\n")
}

/// A load's figures in words.
pub(super) fn words(figures: &Figures) -> String {
    let Figures { per_second, p50_us, p99_us, cpu_us, errors } = *figures;
    let mut text = format!(
        "{}/s, p50 {}, p99 {}, {} CPU each",
        thousands(per_second),
        time(p50_us),
        time(p99_us),
        time(cpu_us)
    );
    if errors > 0 {
        text.push_str(&format!(", **{errors} errors**"));
    }
    text
}

/// Microseconds, in the unit that reads best.
pub(super) fn time(us: f64) -> String {
    if us >= 1e6 {
        format!("{:.2} s", us / 1e6)
    } else if us >= 1000.0 {
        format!("{:.1} ms", us / 1000.0)
    } else {
        format!("{us:.0} us")
    }
}

/// A whole number with its thousands apart.
pub(super) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([999.0, 1000.0, 1_234_567.0].map(thousands), ["999", "1,000", "1,234,567"]);
        assert_eq!([7.4, 1500.0, 2_500_000.0].map(time), ["7 us", "1.5 ms", "2.50 s"]);
    }

    #[test]
    fn a_row_without_a_reference_says_so() {
        let row = Row {
            row: "idle".into(),
            measured: "9 MiB".into(),
            reference: None,
            ratio: None,
            budget: "<= 50 MiB".into(),
            met: Some(true),
            note: String::new(),
        };
        assert!(table(&[row]).ends_with("| idle | 9 MiB | - | - | <= 50 MiB | yes |  |"));
    }
}
