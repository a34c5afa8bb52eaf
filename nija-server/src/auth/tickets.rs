//! Tickets that open one WebSocket each, so that no token stands in a URL.

use nija_core::{Entropy, Timestamp, UserId};
use parking_lot::Mutex;
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use zeroize::Zeroizing;

use super::{RandomSecret, sha256};

/// Tickets kept at the same time; beyond that the oldest are forgotten.
const MOST: usize = 100_000;

/// Whose ticket it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TicketHolder {
    pub(crate) user: UserId,
    pub(crate) session: String,
}

/// Tickets that were handed out and not used yet.
pub(crate) struct Tickets {
    life: Duration,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    by_hash: HashMap<[u8; 32], (TicketHolder, Timestamp)>,
    by_age: VecDeque<([u8; 32], Timestamp)>,
}

impl Tickets {
    pub(crate) fn new(life: Duration) -> Self {
        Self { life, open: Mutex::default() }
    }

    /// Hands out a ticket.
    pub(crate) fn issue(
        &self,
        holder: TicketHolder,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Zeroizing<String> {
        let secret = RandomSecret::generate("nst_", entropy);
        let ends = now.plus(self.life);
        let mut open = self.open.lock();
        open.forget(now);
        open.by_hash.insert(secret.hash, (holder, ends));
        open.by_age.push_back((secret.hash, ends));
        secret.text
    }

    /// Uses a ticket up.
    pub(crate) fn redeem(&self, ticket: &str, now: Timestamp) -> Option<TicketHolder> {
        let (holder, ends) = self.open.lock().by_hash.remove(&sha256(ticket.as_bytes()))?;
        (now < ends).then_some(holder)
    }

    /// Seconds that a ticket lives.
    pub(crate) const fn life(&self) -> Duration {
        self.life
    }
}

impl Open {
    fn forget(&mut self, now: Timestamp) {
        while let Some((hash, ends)) = self.by_age.front().copied() {
            if ends > now && self.by_age.len() < MOST {
                break;
            }
            self.by_hash.remove(&hash);
            self.by_age.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::SeededEntropy;

    fn holder(seed: u64) -> TicketHolder {
        let user = UserId::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed));
        TicketHolder { user, session: "s".into() }
    }

    #[test]
    fn a_ticket_works_once_and_within_its_life() {
        let (tickets, entropy) = (Tickets::new(Duration::from_secs(60)), SeededEntropy::new(1));
        let at = |secs: i64| Timestamp::from_micros(secs * 1_000_000);
        let first = tickets.issue(holder(1), at(0), &entropy);
        let second = tickets.issue(holder(2), at(0), &entropy);
        assert_eq!(tickets.redeem(&first, at(59)), Some(holder(1)));
        assert_eq!(tickets.redeem(&first, at(59)), None, "used up");
        assert_eq!(tickets.redeem(&second, at(60)), None, "too late");
        assert_eq!(tickets.redeem("nst_made-up", at(0)), None);
    }

    #[test]
    fn forgotten_tickets_take_no_room() {
        let (tickets, entropy) = (Tickets::new(Duration::from_secs(60)), SeededEntropy::new(1));
        for secs in 0..1000 {
            tickets.issue(holder(1), Timestamp::from_micros(secs * 1_000_000), &entropy);
        }
        assert!(tickets.open.lock().by_hash.len() <= 61);
    }
}
