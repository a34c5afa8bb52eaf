//! The numbers of a connection's messages.
//!
//! WebSocket overview: `sequence_num` counts every message of a connection, whatever its channel; a gap is a lost message, and
//! a number that was there before is a message that came twice or late.

/// What a message's number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Order {
    /// It is the next one.
    Next,
    /// Messages before it are missing.
    Gap,
    /// It was there already.
    Old,
}

/// The last number of a connection.
#[derive(Debug, Default)]
pub(in super::super) struct Sequence(Option<u64>);

impl Sequence {
    /// Takes in the number of a message; those without one are taken as they come.
    pub(in super::super) fn take(&mut self, number: Option<u64>) -> Order {
        let Some(number) = number else { return Order::Next };
        match self.0 {
            Some(last) if number <= last => Order::Old,
            Some(last) if number > last + 1 => {
                self.0 = Some(number);
                Order::Gap
            }
            _ => {
                self.0 = Some(number);
                Order::Next
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_tell_gaps_and_repeats() {
        let mut sequence = Sequence::default();
        let numbers = [Some(0), Some(1), Some(1), None, Some(2), Some(5), Some(4), Some(6), Some(u64::MAX)];
        let orders = numbers.map(|number| sequence.take(number));
        use Order::{Gap, Next, Old};
        assert_eq!(orders, [Next, Next, Old, Next, Next, Gap, Old, Next, Gap]);
        assert_eq!(sequence.take(Some(u64::MAX)), Old);
    }
}
