//! Binance's rate limits: weight by address, unfilled orders by account. Windows begin at whole minutes, ten seconds and days.

use super::error::BinanceError;
use crate::engine::AccountId;
use crate::kraken::Tier;
use axum::http::StatusCode;
use parking_lot::Mutex;
use std::collections::HashMap;

/// Weight in a minute.
pub(crate) const WEIGHT: u64 = 6_000;
/// Orders in ten seconds and in a day.
pub(crate) const ORDERS: [u64; 2] = [100, 200_000];
const MINUTE: i64 = 60_000_000_000;
const WINDOWS: [i64; 2] = [10_000_000_000, 86_400_000_000_000];
/// Requests sent on in spite of a 429 after which the address is banned. Binance does not say how many it forgives.
const FORGIVEN: u64 = 20;
/// The first ban; each further one is twice as long (documented: from two minutes to three days).
const BAN: i64 = 120_000_000_000;
const LONGEST_BAN: i64 = 3 * 86_400_000_000_000;

/// Counters of one venue. All clients of a simulator share an address.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    minute: i64,
    weight: u64,
    ignored: u64,
    bans: u32,
    banned_until: i64,
    orders: HashMap<AccountId, [(i64, u64); 2]>,
}

impl Limits {
    /// Counts a request.
    pub(crate) fn request(&self, tier: Tier, weight: u64, now_ns: i64) -> Result<(), BinanceError> {
        if tier == Tier::Unlimited {
            // Nor does a header tell of a limit that there is none of.
            return Ok(());
        }
        let mut state = self.0.lock();
        state.turn(now_ns);
        state.weight += weight;
        if state.banned_until > now_ns {
            return Err(banned(state.banned_until, now_ns));
        }
        if state.weight <= WEIGHT {
            return Ok(());
        }
        state.ignored += 1;
        if state.ignored > FORGIVEN {
            let ban = BAN.saturating_mul(1 << state.bans.min(20)).min(LONGEST_BAN);
            state.bans += 1;
            state.banned_until = now_ns.saturating_add(ban);
            return Err(banned(state.banned_until, now_ns));
        }
        let msg = format!(
            "Too much request weight used; current limit is {WEIGHT} request weight per 1 MINUTE. \
             Please use WebSocket Streams for live updates to avoid polling the API."
        );
        let wait = (state.minute + 1) * MINUTE - now_ns;
        Err(limited(StatusCode::TOO_MANY_REQUESTS, msg, Some(wait)))
    }

    /// Weight used in this minute.
    pub(crate) fn weight(&self, now_ns: i64) -> u64 {
        let mut state = self.0.lock();
        state.turn(now_ns);
        state.weight
    }

    /// Whether an account may place another order.
    pub(crate) fn may_order(&self, tier: Tier, account: AccountId, now_ns: i64) -> Result<(), BinanceError> {
        let counts = self.orders(account, now_ns);
        let names = ["10 SECOND", "1 DAY"];
        let full = counts.iter().zip(ORDERS).position(|(count, most)| *count >= most);
        match full.filter(|_| tier != Tier::Unlimited) {
            None => Ok(()),
            Some(window) => {
                let msg = format!(
                    "Too many new orders; current limit is {} orders per {}.",
                    ORDERS[window], names[window]
                );
                // Documented: without `Retry-After`.
                let mut error = limited(StatusCode::TOO_MANY_REQUESTS, msg, None);
                error.code = -1015;
                Err(error)
            }
        }
    }

    /// Counts a placed order.
    pub(crate) fn count_order(&self, account: AccountId, now_ns: i64) {
        let mut state = self.0.lock();
        for (slot, window) in state.orders.entry(account).or_default().iter_mut().zip(WINDOWS) {
            turn(slot, window, now_ns);
            slot.1 += 1;
        }
    }

    /// An account's orders in the present ten seconds and on this day.
    pub(crate) fn orders(&self, account: AccountId, now_ns: i64) -> [u64; 2] {
        let mut state = self.0.lock();
        let slots = state.orders.entry(account).or_default();
        for (slot, window) in slots.iter_mut().zip(WINDOWS) {
            turn(slot, window, now_ns);
        }
        slots.map(|slot| slot.1)
    }
}

impl State {
    fn turn(&mut self, now_ns: i64) {
        let minute = now_ns.div_euclid(MINUTE);
        if minute != self.minute {
            (self.minute, self.weight, self.ignored) = (minute, 0, 0);
        }
    }
}

fn turn(slot: &mut (i64, u64), window: i64, now_ns: i64) {
    let number = now_ns.div_euclid(window);
    if slot.0 != number {
        *slot = (number, 0);
    }
}

/// What a scripted limit says.
pub(crate) fn scripted(status: Option<u16>, now_ns: i64) -> BinanceError {
    if status == Some(418) {
        banned(now_ns + BAN, now_ns)
    } else {
        limited(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests; current limit is 6000 request weight per 1 MINUTE.".to_owned(),
            Some(1_000_000_000),
        )
    }
}

fn banned(until_ns: i64, now_ns: i64) -> BinanceError {
    let msg = format!(
        "Way too much request weight used; IP banned until {}. Please use WebSocket Streams for live updates to avoid bans.",
        until_ns.div_euclid(1_000_000)
    );
    limited(StatusCode::IM_A_TEAPOT, msg, Some(until_ns - now_ns))
}

fn limited(status: StatusCode, msg: String, wait_ns: Option<i64>) -> BinanceError {
    let retry_after = wait_ns.map(|ns| (ns + 999_999_999).div_euclid(1_000_000_000).max(1));
    BinanceError { status, code: -1003, msg, retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_is_limited_by_the_minute_and_who_goes_on_is_banned_for_longer_each_time() {
        let limits = Limits::default();
        assert!((0..60).all(|_| limits.request(Tier::Pro, 100, 5).is_ok()));
        let error = limits.request(Tier::Pro, 1, 5).unwrap_err();
        assert_eq!((error.status.as_u16(), error.code, error.retry_after), (429, -1003, Some(60)));
        assert!(limits.request(Tier::Pro, 1, MINUTE).is_ok(), "a new minute");
        let ban = |from: i64| {
            let errors: Vec<_> =
                (0..100).filter_map(|_| limits.request(Tier::Pro, 1_000, from).err()).collect();
            errors.last().unwrap().clone()
        };
        let first = ban(10 * MINUTE);
        assert_eq!((first.status.as_u16(), first.retry_after), (418, Some(120)));
        assert_eq!(limits.request(Tier::Pro, 1, 11 * MINUTE).unwrap_err().status.as_u16(), 418);
        assert!(limits.request(Tier::Pro, 1, 13 * MINUTE).is_ok());
        assert_eq!(ban(20 * MINUTE).retry_after, Some(240));
        assert!(limits.request(Tier::Unlimited, 1, 20 * MINUTE).is_ok());
    }

    #[test]
    fn orders_are_limited_by_account() {
        let limits = Limits::default();
        for _ in 0..ORDERS[0] {
            limits.may_order(Tier::Pro, 1, 5).unwrap();
            limits.count_order(1, 5);
        }
        let error = limits.may_order(Tier::Pro, 1, 5).unwrap_err();
        assert_eq!((error.status.as_u16(), error.code, error.retry_after), (429, -1015, None));
        assert!(limits.may_order(Tier::Pro, 2, 5).is_ok());
        assert!(limits.may_order(Tier::Pro, 1, WINDOWS[0]).is_ok());
        assert_eq!(limits.orders(1, WINDOWS[0]), [0, ORDERS[0]]);
    }
}
