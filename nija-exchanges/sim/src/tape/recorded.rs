//! Recorded one-minute candles: `time,open,high,low,close,volume`, one header line.

use super::{Bar, TapeError};
use std::path::{Path, PathBuf};

/// The bars of each asset found at a path.
pub(super) fn load(path: &Path) -> Result<Vec<(&'static str, Vec<Bar>)>, TapeError> {
    let mut out: Vec<(&'static str, Vec<Bar>)> = Vec::new();
    for file in files(path)? {
        let text = std::fs::read_to_string(&file)
            .map_err(|source| TapeError::Read { path: file.clone(), source })?;
        let bars = parse(&text);
        let asset = asset_of(&file);
        match out.iter_mut().find(|(known, _)| *known == asset) {
            Some((_, all)) => all.extend(bars),
            None => out.push((asset, bars)),
        }
    }
    out.retain(|(_, bars)| !bars.is_empty());
    if out.is_empty() { Err(TapeError::Empty { path: path.to_owned() }) } else { Ok(out) }
}

/// The file itself, or a folder's one-minute trade files by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, TapeError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries =
        std::fs::read_dir(path).map_err(|source| TapeError::Read { path: path.to_owned(), source })?;
    let wanted = |name: &str| {
        let minutes =
            name.contains("usd_1m_trade") || (name.starts_with("usa_") && name.contains("_1m_trade"));
        minutes && name.ends_with(".csv")
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|file| file.file_name().and_then(|name| name.to_str()).is_some_and(wanted))
        .collect();
    files.sort();
    Ok(files)
}

fn asset_of(file: &Path) -> &'static str {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase();
    let named = [("eth", "ETH"), ("sol", "SOL"), ("aapl", "AAPL"), ("spy", "SPY")];
    named.iter().find(|(part, _)| name.contains(part)).map_or("BTC", |(_, asset)| asset)
}

fn parse(text: &str) -> Vec<Bar> {
    let mut previous: Option<f64> = None;
    let mut bars = Vec::new();
    for line in text.lines() {
        let numbers: Vec<f64> =
            line.split(',').skip(1).filter_map(|field| field.trim().parse().ok()).collect();
        let [open, high, low, close, volume] = numbers[..] else {
            continue;
        };
        if ![open, high, low, close].iter().all(|price| price.is_finite() && *price > 0.0)
            || !volume.is_finite()
        {
            continue;
        }
        let base = previous.unwrap_or(open);
        let ratio = |price: f64| price / base;
        let (open, high, low) =
            (ratio(open), ratio(high.max(open).max(close)), ratio(low.min(open).min(close)));
        bars.push(Bar { open, high, low, close: ratio(close), turnover: volume * close });
        previous = Some(close);
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn garbage_lines_are_skipped_and_ratios_chain() {
        let bars = parse(
            "time,open,high,low,close,volume\na,100,110,90,105,2\nnonsense\nb,105,NaN,1,1,1\nc,106,120,100,110,1\n",
        );
        assert_eq!(bars.len(), 2);
        assert!((bars[0].close - 1.05).abs() < 1e-12);
        assert!((bars[1].close - 110.0 / 105.0).abs() < 1e-12);
    }
}
