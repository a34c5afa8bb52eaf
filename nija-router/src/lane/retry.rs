//! A venue's retry budgets: in bad times retries must not become the load that keeps it down. An order's retry is paid for or not made. A
//! question that failed has to be put again, since what a position is hangs on it: each failure spends, each answer earns, and while the budget
//! is spent everybody waits the longest pause between two tries.

use std::sync::atomic::{AtomicU32, Ordering};

/// Tenths of a retry that each order earns: one retry for five orders.
const EARNED: u32 = 2;
const RETRY: u32 = 10;
/// Retries that can be saved up, and are there in the beginning.
const SAVED: u32 = 100;

#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicU32);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicU32::new(SAVED * RETRY))
    }
}

impl RetryBudget {
    /// An order was sent for the first time, or a question was answered.
    pub(crate) fn earn(&self) {
        let more = |tenths: u32| Some((tenths + EARNED).min(SAVED * RETRY));
        // It never fails: there is always something to store.
        let _before = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Whether there is none left.
    pub(crate) fn is_spent(&self) -> bool {
        self.0.load(Ordering::Relaxed) < RETRY
    }

    /// Whether there is a retry left; it is spent then.
    pub(crate) fn spend(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tenths| tenths.checked_sub(RETRY)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_savings_are_gone_five_orders_pay_for_a_retry() {
        let budget = RetryBudget::default();
        assert!(!budget.is_spent());
        assert_eq!((0..1000).filter(|_| budget.spend()).count(), 100);
        assert!(budget.is_spent());
        (0..4).for_each(|_| budget.earn());
        assert!(!budget.spend());
        budget.earn();
        assert!(budget.spend());
        (0..10_000).for_each(|_| budget.earn());
        assert_eq!((0..1000).filter(|_| budget.spend()).count(), 100);
    }
}
