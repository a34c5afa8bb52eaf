//! Candles of OKX's lengths. Those of six hours and more begin by Hong Kong's time unless their names end in `utc`.

use crate::engine::Candle;
use time::{Date, Month, OffsetDateTime, Time};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Hong Kong is ahead by this much.
const HONG_KONG: i64 = 8 * HOUR;

/// How long a candle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bar {
    /// Seconds, and how far the first begins from the epoch.
    Even(i64, i64),
    /// So many months, and how far their days begin from UTC's.
    Months(i32, i64),
}

impl Bar {
    /// The bar of a name, `1m` to `3M`.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (length, utc) = name.strip_suffix("utc").map_or((name, false), |length| (length, true));
        let ahead = if utc { 0 } else { HONG_KONG };
        let minutes = |count: i64| (!utc).then_some(Self::Even(60 * count, 0));
        let long = |seconds: i64| Some(Self::Even(seconds, -ahead));
        match length {
            "1m" => minutes(1),
            "3m" => minutes(3),
            "5m" => minutes(5),
            "15m" => minutes(15),
            "30m" => minutes(30),
            "1H" => minutes(60),
            "2H" => minutes(120),
            "4H" => minutes(240),
            "6H" => long(6 * HOUR),
            "12H" => long(12 * HOUR),
            "1D" => long(DAY),
            "2D" => long(2 * DAY),
            "3D" => long(3 * DAY),
            // The epoch was a Thursday; weeks begin on Mondays.
            "1W" => Some(Self::Even(7 * DAY, 4 * DAY - ahead)),
            "1M" => Some(Self::Months(1, ahead)),
            "3M" => Some(Self::Months(3, ahead)),
            _ => None,
        }
    }

    /// When the candle of a moment begins.
    pub(super) fn begin(self, unix_s: i64) -> i64 {
        match self {
            Self::Even(length, first) => (unix_s - first).div_euclid(length) * length + first,
            Self::Months(months, ahead) => {
                let day = OffsetDateTime::from_unix_timestamp(unix_s + ahead)
                    .map_or(Date::MIN, OffsetDateTime::date);
                let month = i32::from(u8::from(day.month())) - 1;
                let first = u8::try_from(month / months * months + 1).unwrap_or(1);
                let month = Month::try_from(first).unwrap_or(Month::January);
                let begin = Date::from_calendar_date(day.year(), month, 1).unwrap_or(day);
                begin.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp() - ahead
            }
        }
    }

    /// Candles of this length out of minutes (oldest first), newest first.
    pub(super) fn sum(self, minutes: &[Candle]) -> Vec<Candle> {
        let mut out: Vec<Candle> = Vec::new();
        for minute in minutes {
            let begin_s = self.begin(minute.begin_s);
            match out.last_mut().filter(|last| last.begin_s == begin_s) {
                Some(last) => {
                    last.high = last.high.max(minute.high);
                    last.low = last.low.min(minute.low);
                    last.close = minute.close;
                    last.volume += minute.volume;
                    last.turnover += minute.turnover;
                    last.trades += minute.trades;
                }
                None => out.push(Candle { begin_s, ..*minute }),
            }
        }
        out.reverse();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(bar: &str, at: &str) -> String {
        let at = OffsetDateTime::parse(at, &time::format_description::well_known::Rfc3339).unwrap();
        let begin = Bar::of(bar).unwrap().begin(at.unix_timestamp());
        OffsetDateTime::from_unix_timestamp(begin)
            .unwrap()
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap()
    }

    #[test]
    fn long_candles_begin_by_hong_kongs_time() {
        let at = "2024-08-15T13:47:11Z"; // a Thursday
        let begins = [
            ("1m", "2024-08-15T13:47:00Z"),
            ("15m", "2024-08-15T13:45:00Z"),
            ("4H", "2024-08-15T12:00:00Z"),
            ("6H", "2024-08-15T10:00:00Z"),
            ("6Hutc", "2024-08-15T12:00:00Z"),
            ("1D", "2024-08-14T16:00:00Z"),
            ("1Dutc", "2024-08-15T00:00:00Z"),
            ("1W", "2024-08-11T16:00:00Z"),
            ("1Wutc", "2024-08-12T00:00:00Z"),
            ("1M", "2024-07-31T16:00:00Z"),
            ("1Mutc", "2024-08-01T00:00:00Z"),
            ("3Mutc", "2024-07-01T00:00:00Z"),
        ];
        for (bar, expected) in begins {
            assert_eq!(begin(bar, at), expected, "{bar}");
        }
        for unknown in ["", "1", "1mutc", "7m", "1h", "utc"] {
            assert_eq!(Bar::of(unknown), None, "{unknown}");
        }
    }
}
