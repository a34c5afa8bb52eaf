//! Alpaca's ids: UUIDs for orders, assets and executions, here made from the engine's numbers.

use super::hours;
use time::OffsetDateTime;

/// An order's id.
pub(crate) fn order(id: u64) -> String {
    uuid("61e69015-8549-4bfd-b9c3", id)
}

/// The order that an id names.
pub(crate) fn parse_order(text: &str) -> Option<u64> {
    let (head, number) = text.rsplit_once('-')?;
    let plain = head.eq_ignore_ascii_case("61e69015-8549-4bfd-b9c3") && number.len() == 12;
    u64::from_str_radix(number, 16).ok().filter(|_| plain)
}

/// An execution's id, as the account stream tells it.
pub(crate) fn execution(id: u64) -> String {
    uuid("2f63ea93-423d-4169-b3f6", id)
}

/// The id of an execution in the list of activities: New York's time to the millisecond in front.
pub(crate) fn activity(id: u64, time_ns: i64) -> String {
    let at =
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(time_ns)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let format =
        time::macros::format_description!("[year][month][day][hour][minute][second][subsecond digits:3]");
    format!("{}::{}", hours::local(at).format(&format).unwrap_or_default(), execution(id))
}

/// The id of the event that is no execution, and of an event of one.
pub(crate) fn event(sequence: u64) -> String {
    uuid("98e9d0ca-abe1-4d6d-8b5c", sequence)
}

/// An asset's id.
pub(crate) fn asset(market: usize) -> String {
    uuid("b0b6dd9d-8b9b-48a9-ba46", market as u64 + 1)
}

/// An account's id.
pub(crate) fn account(account: usize) -> String {
    uuid("1d9eed04-be39-4e01-9b84", account as u64 + 1)
}

fn uuid(head: &str, number: u64) -> String {
    format!("{head}-{:012x}", number & 0xffff_ffff_ffff)
}

/// Whether text has the form of a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_come_back_from_their_ids() {
        for id in [1, 1_000_001, 0xffff_ffff_ffff] {
            assert_eq!(parse_order(&order(id)), Some(id));
            assert!(is_uuid(&order(id)));
        }
        assert_eq!(parse_order("61e69015-8549-4bfd-b9c3-1"), None);
        assert_eq!(parse_order(&execution(1)), None);
    }

    #[test]
    fn activities_carry_new_yorks_time() {
        // The example of "Account Activities": 15:34:06.977Z is 11:34:06.977 in New York.
        let id = activity(1, 1_558_712_046_977_000_000);
        assert_eq!(id, "20190524113406977::2f63ea93-423d-4169-b3f6-000000000001");
    }
}
