//! How much of something bounded a user may have: as much as is free. One user alone gets half of it, and however many are greedy,
//! there is room for who comes next.

use nija_core::UserId;

use crate::engine::ById;

/// Places, and who has how many.
#[derive(Debug)]
pub(crate) struct Shares {
    capacity: usize,
    all: usize,
    of: ById<UserId, usize>,
}

impl Shares {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, all: 0, of: ById::default() }
    }

    /// Whether the user may have one more.
    pub(crate) fn admits(&self, user: UserId) -> bool {
        let own = self.of.get(&user).copied().unwrap_or_default();
        own < self.capacity.saturating_sub(self.all)
    }

    /// Gives the user one, whether or not one is free.
    pub(crate) fn take(&mut self, user: UserId) {
        self.all += 1;
        *self.of.entry(user).or_default() += 1;
    }

    /// Takes one back.
    pub(crate) fn give_back(&mut self, user: UserId) {
        self.all = self.all.saturating_sub(1);
        if let Some(own) = self.of.get_mut(&user) {
            *own -= 1;
            if *own == 0 {
                self.of.remove(&user);
            }
        }
    }

    pub(crate) const fn all(&self) -> usize {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{SeededEntropy, Timestamp};

    #[test]
    fn the_greedy_leave_room_for_who_comes_next() {
        let entropy = SeededEntropy::new(1);
        let user = || UserId::generate(Timestamp::from_micros(0), &entropy);
        let mut shares = Shares::new(12);
        for (user, share) in [(user(), 6), (user(), 3), (user(), 2)] {
            let mut taken = 0;
            while shares.admits(user) {
                shares.take(user);
                taken += 1;
            }
            assert_eq!(taken, share);
        }
        assert!(shares.admits(user()));
        assert_eq!(shares.all(), 11);
    }

    #[test]
    fn one_place_serves_users_in_turn() {
        let user = UserId::generate(Timestamp::from_micros(0), &SeededEntropy::new(1));
        let mut shares = Shares::new(1);
        assert!(shares.admits(user));
        shares.take(user);
        assert!(!shares.admits(user));
        shares.give_back(user);
        assert!(shares.admits(user));
    }
}
