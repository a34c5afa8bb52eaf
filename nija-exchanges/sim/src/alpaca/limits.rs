//! 200 requests a minute for each account ("Usage limit"), told in three headers. Here the minutes are the clock's.

/// Requests a minute.
pub(crate) const LIMIT: u32 = 200;

/// One account's counter.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    minute: i64,
    count: u32,
}

/// What is left after a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left {
    /// Whether this one was still within.
    pub(crate) within: bool,
    pub(crate) remaining: u32,
    /// Unix seconds at which the counter starts anew.
    pub(crate) reset_s: i64,
}

impl Calls {
    /// Counts one request.
    pub(crate) fn count(&mut self, now_ns: i64) -> Left {
        let minute = now_ns.div_euclid(60_000_000_000);
        if minute != self.minute {
            *self = Self { minute, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        Left {
            within: self.count <= LIMIT,
            remaining: LIMIT.saturating_sub(self.count),
            reset_s: (minute + 1) * 60,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_two_hundred_and_the_next_one_again() {
        let mut calls = Calls::default();
        assert!((0..200).all(|_| calls.count(59_000_000_000).within));
        let over = calls.count(59_999_999_999);
        assert!(!over.within && over.remaining == 0 && over.reset_s == 60);
        assert_eq!(calls.count(60_000_000_000).remaining, 199);
    }
}
