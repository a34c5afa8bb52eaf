//! What waits for a venue: four priorities, first in first out within each, users served by deficit round robin.

use nija_core::{OrderId, UserId};
use std::{collections::VecDeque, ops::Range};

use crate::engine::ById;

/// How many priorities there are.
const CLASSES: usize = 4;
/// The first of them are exits.
const EXITS: usize = 2;
/// What a user's turn adds to what may be spent: one plain order.
const QUANTUM: u32 = 1;

fn range(exit: bool) -> Range<usize> {
    if exit { 0..EXITS } else { EXITS..CLASSES }
}

/// A job that waits.
#[derive(Debug)]
struct Entry<J> {
    order: OrderId,
    /// Requests that it takes.
    cost: u32,
    job: J,
}

/// One user's jobs of one priority.
#[derive(Debug)]
struct Flow<J> {
    jobs: VecDeque<Entry<J>>,
    /// Saved up by turns that did not pay for the first job.
    deficit: u32,
}

#[derive(Debug)]
struct Class<J> {
    /// Users with something waiting, the next to be served first.
    turn: VecDeque<UserId>,
    flows: ById<UserId, Flow<J>>,
}

impl<J> Default for Class<J> {
    fn default() -> Self {
        Self { turn: VecDeque::new(), flows: ById::default() }
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
    pub(crate) fn push(&mut self, priority: u8, user: UserId, order: OrderId, cost: u32, job: J) {
        let class = &mut self.classes[usize::from(priority.clamp(1, 4)) - 1];
        let flow = class.flows.entry(user).or_insert_with(|| Flow { jobs: VecDeque::new(), deficit: 0 });
        if flow.jobs.is_empty() {
            class.turn.push_back(user);
        }
        flow.jobs.push_back(Entry { order, cost: cost.max(1), job });
        self.len += 1;
    }

    /// Whether an exit waits, or something that is none.
    pub(crate) fn has(&self, exit: bool) -> bool {
        self.classes[range(exit)].iter().any(|class| !class.turn.is_empty())
    }

    /// The next exit, or the next of all others, of a user who may go now. Who may not keeps the place in the turn, and does not
    /// hold up others.
    pub(crate) fn pop(&mut self, exit: bool, mut may: impl FnMut(UserId, &J) -> bool) -> Option<(UserId, J)> {
        for class in &mut self.classes[range(exit)] {
            if let Some(found) = class.pop(&mut may) {
                self.len -= 1;
                return Some(found);
            }
        }
        None
    }

    /// Takes one job out, wherever it waits.
    pub(crate) fn remove(&mut self, user: UserId, order: OrderId) -> Option<J> {
        for class in &mut self.classes {
            let Some(flow) = class.flows.get_mut(&user) else {
                continue;
            };
            let Some(place) = flow.jobs.iter().position(|entry| entry.order == order) else {
                continue;
            };
            let entry = flow.jobs.remove(place)?;
            if flow.jobs.is_empty() {
                class.flows.remove(&user);
                class.turn.retain(|waiting| *waiting != user);
            }
            self.len -= 1;
            return Some(entry.job);
        }
        None
    }
}

impl<J> Class<J> {
    fn pop(&mut self, may: &mut impl FnMut(UserId, &J) -> bool) -> Option<(UserId, J)> {
        let mut place = 0;
        while let Some(user) = self.turn.get(place).copied() {
            let flow = self.flows.get_mut(&user)?;
            let first = flow.jobs.front()?;
            if !may(user, &first.job) {
                place += 1;
                continue;
            }
            if flow.deficit + QUANTUM < first.cost {
                // Saves this turn up and lets the others have theirs.
                flow.deficit += QUANTUM;
                self.turn.remove(place);
                self.turn.push_back(user);
                continue;
            }
            flow.deficit = flow.deficit + QUANTUM - first.cost;
            let entry = flow.jobs.pop_front()?;
            self.turn.remove(place);
            if flow.jobs.is_empty() {
                // Nothing is saved up for later by who wants nothing now.
                self.flows.remove(&user);
            } else {
                self.turn.push_back(user);
            }
            return Some((user, entry.job));
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
        let all = |_: UserId, _: &&'static str| true;
        std::iter::from_fn(|| queue.pop(true, all).or_else(|| queue.pop(false, all)))
            .map(|(_, job)| job)
            .collect()
    }

    #[test]
    fn a_stop_loss_overtakes_everything_and_equals_keep_their_order() {
        let mut next = ids();
        let mut queue = Queue::default();
        for (priority, job) in [(3, "entry 1"), (4, "other"), (3, "entry 2"), (2, "exit"), (1, "stop")] {
            let (user, order) = next();
            queue.push(priority, user, order, 1, job);
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
            queue.push(3, loud, next().1, 1, job);
        }
        queue.push(3, quiet, next().1, 1, "quiet 1");
        assert_eq!(drain(&mut queue), ["loud 1", "quiet 1", "loud 2", "loud 3"]);
    }

    #[test]
    fn who_sends_what_costs_more_goes_less_often() {
        let mut next = ids();
        let mut queue = Queue::default();
        let ((heavy, _), (light, _)) = (next(), next());
        for job in ["heavy 1", "heavy 2"] {
            queue.push(3, heavy, next().1, 3, job);
        }
        for job in ["light 1", "light 2", "light 3", "light 4", "light 5"] {
            queue.push(3, light, next().1, 1, job);
        }
        let order = drain(&mut queue);
        let place = |job| order.iter().position(|known| *known == job).unwrap();
        assert!(place("light 2") < place("heavy 1") && place("light 5") < place("heavy 2"), "{order:?}");
        assert!(place("heavy 1") < place("light 4"), "{order:?}");
    }

    #[test]
    fn who_may_not_go_holds_up_nobody_and_keeps_the_place() {
        let mut next = ids();
        let mut queue = Queue::default();
        let ((held, _), (free, _)) = (next(), next());
        queue.push(3, held, next().1, 1, "held");
        queue.push(3, free, next().1, 1, "free 1");
        queue.push(3, free, next().1, 1, "free 2");
        assert_eq!(queue.pop(false, |user, _| user != held), Some((free, "free 1")));
        assert_eq!(drain(&mut queue), ["held", "free 2"]);
    }

    #[test]
    fn a_cancelled_job_leaves_and_the_rest_is_served() {
        let mut next = ids();
        let mut queue = Queue::default();
        let (user, first) = next();
        let (_, second) = next();
        let (other, third) = next();
        queue.push(3, user, first, 1, "first");
        queue.push(3, user, second, 1, "second");
        queue.push(3, other, third, 1, "third");
        assert_eq!(queue.remove(other, second), None);
        assert_eq!(queue.remove(user, first), Some("first"));
        assert_eq!(queue.remove(other, third), Some("third"));
        assert_eq!(drain(&mut queue), ["second"]);
    }
}
