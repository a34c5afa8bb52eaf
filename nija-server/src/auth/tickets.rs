//! Tickets that open one WebSocket each, so that no token stands in a URL.

use nija_core::{Entropy, Timestamp, UserId};
use parking_lot::Mutex;
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
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
    per_user: usize,
    open: Mutex<Open>,
}

type Hash = [u8; 32];

#[derive(Default)]
struct Open {
    by_hash: HashMap<Hash, (TicketHolder, Timestamp)>,
    /// Each user's, the oldest first.
    by_user: HashMap<UserId, VecDeque<Hash>>,
    by_end: BTreeSet<(Timestamp, Hash)>,
}

impl Tickets {
    /// `per_user` is how many a user can have open: one more takes the place of that user's oldest, and nobody else's.
    pub(crate) fn new(life: Duration, per_user: usize) -> Self {
        Self { life, per_user: per_user.max(1), open: Mutex::default() }
    }

    /// Hands out a ticket.
    pub(crate) fn issue(
        &self,
        holder: TicketHolder,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Zeroizing<String> {
        let secret = RandomSecret::generate("nst_", entropy);
        let mut open = self.open.lock();
        open.make_room(holder.user, self.per_user, now);
        open.put(secret.hash, holder, now.plus(self.life));
        secret.text
    }

    /// Uses a ticket up.
    pub(crate) fn redeem(&self, ticket: &str, now: Timestamp) -> Option<TicketHolder> {
        let (holder, ends) = self.open.lock().take(&sha256(ticket.as_bytes()))?;
        (now < ends).then_some(holder)
    }

    /// Seconds that a ticket lives.
    pub(crate) const fn life(&self) -> Duration {
        self.life
    }
}

impl Open {
    fn put(&mut self, hash: Hash, holder: TicketHolder, ends: Timestamp) {
        self.by_user.entry(holder.user).or_default().push_back(hash);
        self.by_end.insert((ends, hash));
        self.by_hash.insert(hash, (holder, ends));
    }

    fn take(&mut self, hash: &Hash) -> Option<(TicketHolder, Timestamp)> {
        let (holder, ends) = self.by_hash.remove(hash)?;
        self.by_end.remove(&(ends, *hash));
        if let Some(own) = self.by_user.get_mut(&holder.user) {
            own.retain(|one| one != hash);
            if own.is_empty() {
                self.by_user.remove(&holder.user);
            }
        }
        Some((holder, ends))
    }

    /// Drops what has ended, and the oldest where this user or all together have too many.
    fn make_room(&mut self, user: UserId, per_user: usize, now: Timestamp) {
        while let Some((ends, hash)) = self.by_end.first().copied()
            && (ends <= now || self.by_end.len() >= MOST)
        {
            self.take(&hash);
        }
        while let Some(own) = self.by_user.get(&user)
            && own.len() >= per_user
            && let Some(oldest) = own.front().copied()
        {
            self.take(&oldest);
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
        let (tickets, entropy) = (Tickets::new(Duration::from_secs(60), 20), SeededEntropy::new(1));
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
        let (tickets, entropy) = (Tickets::new(Duration::from_secs(60), 20), SeededEntropy::new(1));
        for secs in 0..1000 {
            tickets.issue(holder(1), Timestamp::from_micros(secs * 1_000_000), &entropy);
        }
        assert!(tickets.open.lock().by_hash.len() <= 20);
        tickets.issue(holder(2), Timestamp::from_micros(2_000_000_000), &entropy);
        let open = tickets.open.lock();
        assert_eq!((open.by_hash.len(), open.by_user.len(), open.by_end.len()), (1, 1, 1));
    }

    #[test]
    fn a_user_who_asks_for_too_many_loses_their_own_oldest_and_nobody_elses() {
        let (tickets, entropy) = (Tickets::new(Duration::from_secs(60), 3), SeededEntropy::new(1));
        let now = Timestamp::from_micros(0);
        let of_another = tickets.issue(holder(2), now, &entropy);
        let own: Vec<_> = (0..MOST + 10).map(|_| tickets.issue(holder(1), now, &entropy)).collect();
        assert_eq!(tickets.redeem(&of_another, now), Some(holder(2)));
        let (lost, kept) = own.split_at(own.len() - 3);
        assert!(lost.iter().all(|ticket| tickets.redeem(ticket, now).is_none()));
        assert!(kept.iter().all(|ticket| tickets.redeem(ticket, now) == Some(holder(1))));
        // One that was used makes room again.
        let next: Vec<_> = (0..3).map(|_| tickets.issue(holder(1), now, &entropy)).collect();
        assert!(tickets.redeem(&next[1], now).is_some());
        tickets.issue(holder(1), now, &entropy);
        assert!(tickets.redeem(&next[0], now).is_some() && tickets.redeem(&next[2], now).is_some());
    }

    #[test]
    fn the_table_stays_within_its_bound_however_many_users_there_are() {
        let (tickets, entropy) = (Tickets::new(Duration::from_secs(60), 2), SeededEntropy::new(1));
        for seed in 0..MOST as u64 + 50 {
            tickets.issue(holder(seed), Timestamp::from_micros(0), &entropy);
        }
        let open = tickets.open.lock();
        assert_eq!((open.by_hash.len(), open.by_user.len(), open.by_end.len()), (MOST, MOST, MOST));
    }
}
