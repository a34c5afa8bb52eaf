//! Hours of the US stock market: 9:30 to 16:00 in New York, but for weekends and the exchanges' holidays, with some short days.
//!
//! Rules, not a list: the NYSE's own (nyse.com, "Holidays and Trading Hours"). Days of mourning and the like are not foreseen.

use time::{Date, Duration, Month, OffsetDateTime, Time, UtcOffset, Weekday, macros::time};

/// Start of the regular session in New York.
pub(crate) const OPEN: Time = time!(9:30);
const CLOSE: Time = time!(16:00);
const SHORT_CLOSE: Time = time!(13:00);

/// New York's offset on a day: daylight saving from the second Sunday of March to the first of November. Sessions are in the
/// daytime, so that the hour of the change does not matter.
pub(crate) fn offset(day: Date) -> UtcOffset {
    let from = nth(day.year(), Month::March, Weekday::Sunday, 2);
    let to = nth(day.year(), Month::November, Weekday::Sunday, 1);
    let hours = if day >= from && day < to { -4 } else { -5 };
    UtcOffset::from_hms(hours, 0, 0).unwrap_or(UtcOffset::UTC)
}

/// A moment on New York's clock.
pub(crate) fn local(at: OffsetDateTime) -> OffsetDateTime {
    let standard = at.to_offset(UtcOffset::from_hms(-5, 0, 0).unwrap_or(UtcOffset::UTC));
    at.to_offset(offset(standard.date()))
}

/// When the regular session of a day ends, on New York's clock; `None` on a day without one.
pub(crate) fn close_of(day: Date) -> Option<Time> {
    if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) || is_holiday(day) {
        return None;
    }
    let eve = |month, date| day.month() == month && day.day() == date;
    let thanksgiving = nth(day.year(), Month::November, Weekday::Thursday, 4);
    let short = eve(Month::July, 3) || eve(Month::December, 24) || Some(day) == thanksgiving.next_day();
    Some(if short { SHORT_CLOSE } else { CLOSE })
}

/// Start and end of a day's session.
pub(crate) fn session(day: Date) -> Option<(OffsetDateTime, OffsetDateTime)> {
    let close = close_of(day)?;
    let offset = offset(day);
    Some((day.with_time(OPEN).assume_offset(offset), day.with_time(close).assume_offset(offset)))
}

/// Whether the regular session is on.
pub(crate) fn is_open(at: OffsetDateTime) -> bool {
    session(local(at).date()).is_some_and(|(open, close)| at >= open && at < close)
}

/// The next start and the next end of a session after a moment.
pub(crate) fn next(at: OffsetDateTime) -> (OffsetDateTime, OffsetDateTime) {
    let mut day = local(at).date();
    let (mut open, mut close) = (None, None);
    // No two weeks are without a session.
    for _ in 0..14 {
        if let Some((start, end)) = session(day) {
            open = open.or((start > at).then_some(start));
            close = close.or((end > at).then_some(end));
        }
        day = day.next_day().unwrap_or(day);
    }
    (open.unwrap_or(at), close.unwrap_or(at))
}

fn is_holiday(day: Date) -> bool {
    let year = day.year();
    let fixed = [(Month::January, 1), (Month::June, 19), (Month::July, 4), (Month::December, 25)];
    let observed = fixed.iter().filter_map(|&(month, date)| {
        let holiday = Date::from_calendar_date(year, month, date).ok()?;
        match holiday.weekday() {
            // New Year's Day on a Saturday is not made up for, since the Friday belongs to the old year.
            Weekday::Saturday if month == Month::January => None,
            Weekday::Saturday => holiday.previous_day(),
            Weekday::Sunday => holiday.next_day(),
            _ => Some(holiday),
        }
    });
    let moving = [
        nth(year, Month::January, Weekday::Monday, 3),
        nth(year, Month::February, Weekday::Monday, 3),
        easter(year) - Duration::days(2),
        last_monday_of_may(year),
        nth(year, Month::September, Weekday::Monday, 1),
        nth(year, Month::November, Weekday::Thursday, 4),
    ];
    observed.chain(moving).any(|holiday| holiday == day)
}

fn nth(year: i32, month: Month, weekday: Weekday, which: i64) -> Date {
    let first = Date::from_calendar_date(year, month, 1).unwrap_or(Date::MIN);
    let ahead = (i64::from(weekday.number_days_from_monday()) + 7
        - i64::from(first.weekday().number_days_from_monday()))
        % 7;
    first + Duration::days(ahead + 7 * (which - 1))
}

fn last_monday_of_may(year: i32) -> Date {
    let fifth = nth(year, Month::May, Weekday::Monday, 5);
    if fifth.month() == Month::May { fifth } else { nth(year, Month::May, Weekday::Monday, 4) }
}

/// Easter Sunday (the anonymous Gregorian algorithm).
fn easter(year: i32) -> Date {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let days = h + l - 7 * m + 114;
    let month = u8::try_from(days / 31).ok().and_then(|month| Month::try_from(month).ok());
    let day = u8::try_from(days % 31 + 1).unwrap_or(1);
    Date::from_calendar_date(year, month.unwrap_or(Month::April), day).unwrap_or(Date::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    #[test]
    fn sessions_follow_new_york_through_the_year() {
        for (at, open) in [
            (datetime!(2026-01-15 14:29:59 UTC), false),
            (datetime!(2026-01-15 14:30 UTC), true),
            (datetime!(2026-01-15 20:59:59 UTC), true),
            (datetime!(2026-01-15 21:00 UTC), false),
            (datetime!(2026-07-15 13:30 UTC), true),
            (datetime!(2026-07-15 20:00 UTC), false),
            // Daylight saving begins on 8 March and ends on 1 November.
            (datetime!(2026-03-09 13:30 UTC), true),
            (datetime!(2026-03-06 13:30 UTC), false),
            (datetime!(2026-11-02 13:30 UTC), false),
            (datetime!(2026-11-21 15:00 UTC), false),
        ] {
            assert_eq!(is_open(at), open, "{at}");
        }
    }

    #[test]
    fn the_holidays_of_2026_and_its_short_days_are_known() {
        let closed = [
            date!(2026 - 01 - 01),
            date!(2026 - 01 - 19),
            date!(2026 - 02 - 16),
            date!(2026 - 04 - 03),
            date!(2026 - 05 - 25),
            date!(2026 - 06 - 19),
            date!(2026 - 07 - 03),
            date!(2026 - 09 - 07),
            date!(2026 - 11 - 26),
            date!(2026 - 12 - 25),
        ];
        let mut day = date!(2026 - 01 - 01);
        while day.year() == 2026 {
            let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            assert_eq!(close_of(day).is_none(), weekend || closed.contains(&day), "{day}");
            day = day.next_day().unwrap();
        }
        assert_eq!(close_of(date!(2026 - 11 - 27)), Some(SHORT_CLOSE));
        assert_eq!(close_of(date!(2026 - 12 - 24)), Some(SHORT_CLOSE));
        assert!(close_of(date!(2021 - 12 - 31)).is_some());
    }

    #[test]
    fn the_next_session_is_after_the_weekend() {
        let friday_evening = datetime!(2026-11-20 22:00 UTC);
        let monday = (datetime!(2026-11-23 14:30 UTC), datetime!(2026-11-23 21:00 UTC));
        assert_eq!(next(friday_evening), monday);
        let (open, close) = next(datetime!(2026-11-23 15:00 UTC));
        assert_eq!((open, close), (datetime!(2026-11-24 14:30 UTC), monday.1));
    }
}
