//! A venue's retry budget: in bad times retries must not become the load that keeps it down.

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
    /// An order was sent for the first time.
    pub(crate) fn earn(&self) {
        let more = |tenths: u32| Some((tenths + EARNED).min(SAVED * RETRY));
        // It never fails: there is always something to store.
        let _before = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
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
        assert_eq!((0..1000).filter(|_| budget.spend()).count(), 100);
        (0..4).for_each(|_| budget.earn());
        assert!(!budget.spend());
        budget.earn();
        assert!(budget.spend());
        (0..10_000).for_each(|_| budget.earn());
        assert_eq!((0..1000).filter(|_| budget.spend()).count(), 100);
    }
}
