//! Logging in on a stream.

use super::auth;
use super::ws::{Refusal, refuse};
use crate::engine::AccountId;
use crate::venue::Venue;
use serde_json::Value;

/// Who logged in, and what the key might then.
#[derive(Debug)]
pub(super) struct User {
    pub(super) key: String,
    pub(super) account: AccountId,
    pub(super) permissions: Vec<String>,
}

/// Checks the arguments of a login: the signature is over the time in seconds and a fixed text.
pub(super) fn check(venue: &Venue, args: &[Value]) -> Result<User, Refusal> {
    let field = |name: &str| match args[0].get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let (name, passphrase) = (field("apiKey"), field("passphrase"));
    let (timestamp, sign) = (field("timestamp"), field("sign"));
    let Some(sent_ns) = seconds(&timestamp) else {
        return refuse(60004, "Invalid timestamp");
    };
    if !auth::in_time(sent_ns, venue.clock.now_ns()) {
        return refuse(60006, "Timestamp request expired");
    }
    let keys = venue.keys.lock();
    let Some(key) = keys.get(&name) else {
        return refuse(60005, "Invalid apiKey");
    };
    let signed = format!("{timestamp}GET/users/self/verify");
    if !auth::verify(&key.secret, signed.as_bytes(), &sign) {
        return refuse(60007, "Invalid sign");
    }
    if key.passphrase.as_deref() != Some(passphrase.as_str()) {
        return refuse(60024, "Wrong passphrase");
    }
    Ok(User { key: name, account: key.account, permissions: key.permissions.clone() })
}

/// Unix seconds, perhaps with a fraction, in nanoseconds.
fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| (1..=18).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanos: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    whole.parse::<i64>().ok()?.checked_mul(1_000_000_000)?.checked_add(nanos.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn seconds_may_have_a_fraction() {
        assert_eq!(seconds("1704876947"), Some(1_704_876_947_000_000_000));
        assert_eq!(seconds("1704876947.5"), Some(1_704_876_947_500_000_000));
        for bad in ["", "-1", "1e9", "1.", "2024-01-01T00:00:00Z", "99999999999999999999"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
