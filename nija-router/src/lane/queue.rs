//! What waits for a venue: four priorities, first in first out within each, users taking turns.

use nija_core::{OrderId, UserId};
use std::collections::{HashMap, VecDeque};

/// How many priorities there are.
const CLASSES: usize = 4;
/// The first of them are exits.
const EXITS: usize = 2;

fn range(exit: bool) -> std::ops::Range<usize> {
    if exit { 0..EXITS } else { EXITS..CLASSES }
}

#[derive(Debug)]
struct Class<J> {
    /// Users with something waiting, the next to be served first.
    turn: VecDeque<UserId>,
    waiting: HashMap<UserId, VecDeque<(OrderId, J)>>,
}

impl<J> Default for Class<J> {
    fn default() -> Self {
        Self { turn: VecDeque::new(), waiting: HashMap::new() }
    }
}

/// The waiting jobs. Bounding it is the lane's business.
#[derive(Debug)]
pub(crate) struct Queue<J> {
    classes: [Class<J>; CLASSES],
    len: usize,
}

impl<J> Default for Queue<J> {
    fn default() -> Self {
        Self { classes: Default::default(), len: 0 }
    }
}

impl<J> Queue<J> {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// `priority` is 1 to 4; 1 is served first.
    pub(crate) fn push(&mut self, priority: u8, user: UserId, order: OrderId, job: J) {
        let class = &mut self.classes[usize::from(priority.clamp(1, 4)) - 1];
        let waiting = class.waiting.entry(user).or_default();
        if waiting.is_empty() {
            class.turn.push_back(user);
        }
        waiting.push_back((order, job));
        self.len += 1;
    }

    /// Whether an exit waits, or something that is none.
    pub(crate) fn has(&self, exit: bool) -> bool {
        self.classes[range(exit)].iter().any(|class| !class.turn.is_empty())
    }

    /// The next exit, or the next of all others.
    pub(crate) fn pop(&mut self, exit: bool) -> Option<J> {
        let class = self.classes[range(exit)].iter_mut().find(|class| !class.turn.is_empty())?;
        let user = class.turn.pop_front()?;
        let waiting = class.waiting.get_mut(&user)?;
        let (_, job) = waiting.pop_front()?;
        if waiting.is_empty() {
            class.waiting.remove(&user);
        } else {
            class.turn.push_back(user);
        }
        self.len -= 1;
        Some(job)
    }

    /// Takes one job out, wherever it waits.
    pub(crate) fn remove(&mut self, user: UserId, order: OrderId) -> Option<J> {
        for class in &mut self.classes {
            let Some(waiting) = class.waiting.get_mut(&user) else {
                continue;
            };
            let Some(place) = waiting.iter().position(|(id, _)| *id == order) else {
                continue;
            };
            let (_, job) = waiting.remove(place)?;
            if waiting.is_empty() {
                class.waiting.remove(&user);
                class.turn.retain(|waiting| *waiting != user);
            }
            self.len -= 1;
            return Some(job);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{SeededEntropy, Timestamp};

    fn ids() -> impl FnMut() -> (UserId, OrderId) {
        let entropy = SeededEntropy::new(1);
        let at = Timestamp::from_micros(0);
        move || (UserId::generate(at, &entropy), OrderId::generate(at, &entropy))
    }

    fn drain(queue: &mut Queue<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.pop(true).or_else(|| queue.pop(false))).collect()
    }

    #[test]
    fn a_stop_loss_overtakes_everything_and_equals_keep_their_order() {
        let mut next = ids();
        let mut queue = Queue::default();
        for (priority, job) in [(3, "entry 1"), (4, "other"), (3, "entry 2"), (2, "exit"), (1, "stop")] {
            let (user, order) = next();
            queue.push(priority, user, order, job);
        }
        assert_eq!((queue.len(), queue.has(true), queue.has(false)), (5, true, true));
        assert_eq!(drain(&mut queue), ["stop", "exit", "entry 1", "entry 2", "other"]);
        assert_eq!((queue.len(), queue.has(true), queue.has(false)), (0, false, false));
    }

    #[test]
    fn a_user_with_many_orders_takes_turns_with_the_others() {
        let mut next = ids();
        let mut queue = Queue::default();
        let ((loud, _), (quiet, _)) = (next(), next());
        for job in ["loud 1", "loud 2", "loud 3"] {
            queue.push(3, loud, next().1, job);
        }
        queue.push(3, quiet, next().1, "quiet 1");
        assert_eq!(drain(&mut queue), ["loud 1", "quiet 1", "loud 2", "loud 3"]);
    }

    #[test]
    fn a_cancelled_job_leaves_and_the_rest_is_served() {
        let mut next = ids();
        let mut queue = Queue::default();
        let (user, first) = next();
        let (_, second) = next();
        let (other, third) = next();
        queue.push(3, user, first, "first");
        queue.push(3, user, second, "second");
        queue.push(3, other, third, "third");
        assert_eq!(queue.remove(other, second), None);
        assert_eq!(queue.remove(user, first), Some("first"));
        assert_eq!(queue.remove(other, third), Some("third"));
        assert_eq!(drain(&mut queue), ["second"]);
    }
}
