//! Live events within one process.

use futures::{StreamExt, stream};
use nija_core::{Delivery, EventBus, Subscription, Timestamp, UserEvent, UserEventKind, UserId};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use tokio::sync::broadcast::{self, error::RecvError};

/// Events kept for a subscriber that comes back, and places in the queue of a slow one.
const KEPT: usize = 1024;

/// An [`EventBus`] in memory. Numbers begin anew with the process, under a new stream name.
pub struct LocalBus {
    stream: String,
    users: Mutex<HashMap<UserId, Channel>>,
}

struct Channel {
    last_seq: u64,
    recent: VecDeque<UserEvent>,
    sender: broadcast::Sender<UserEvent>,
}

impl LocalBus {
    /// A bus whose stream has this name: one that no earlier run of the process used.
    #[must_use]
    pub fn new(stream: String) -> Self {
        Self { stream, users: Mutex::default() }
    }
}

impl std::fmt::Debug for LocalBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalBus").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl EventBus for LocalBus {
    fn publish(&self, user: UserId, at: Timestamp, kind: UserEventKind) {
        let mut users = self.users.lock();
        if kind == UserEventKind::Marked {
            // A mark is worth nothing to one who is not looking.
            if let Some(channel) = users.get(&user) {
                let _nobody_listens = channel.sender.send(UserEvent { seq: 0, at, kind });
            }
            return;
        }
        let channel = users.entry(user).or_insert_with(Channel::new);
        channel.last_seq += 1;
        let event = UserEvent { seq: channel.last_seq, at, kind };
        if channel.recent.len() == KEPT {
            channel.recent.pop_front();
        }
        channel.recent.push_back(event.clone());
        let _nobody_listens = channel.sender.send(event);
    }

    fn subscribe(&self, user: UserId, resume: Option<(&str, u64)>) -> Subscription {
        let mut users = self.users.lock();
        let channel = users.entry(user).or_insert_with(Channel::new);
        let missed = match resume {
            None => Some(Vec::new()),
            Some((stream, seen)) if stream == self.stream => channel.after(seen),
            Some(_) => None,
        };
        let events = stream::unfold(channel.sender.subscribe(), |mut receiver| async {
            match receiver.recv().await {
                Ok(event) => Some((Delivery::Event(event), receiver)),
                Err(RecvError::Lagged(_)) => Some((Delivery::Lagged, receiver)),
                Err(RecvError::Closed) => None,
            }
        });
        Subscription {
            stream: self.stream.clone(),
            last_seq: channel.last_seq,
            missed,
            events: events.boxed(),
        }
    }
}

impl Channel {
    fn new() -> Self {
        Self { last_seq: 0, recent: VecDeque::new(), sender: broadcast::channel(KEPT).0 }
    }

    /// What came after `seen`, or `None` when some of it is no longer kept (or was never numbered here).
    fn after(&self, seen: u64) -> Option<Vec<UserEvent>> {
        let oldest_needed = seen.checked_add(1)?;
        let oldest_kept = self.recent.front().map_or(self.last_seq + 1, |event| event.seq);
        let known = seen <= self.last_seq && oldest_needed >= oldest_kept;
        known.then(|| self.recent.iter().filter(|event| event.seq > seen).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{JournalEvent, JournalRecord, SeededEntropy};

    fn user(seed: u64) -> UserId {
        UserId::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed))
    }

    fn event(user: UserId, seq: u64) -> UserEventKind {
        let at = Timestamp::from_micros(0);
        UserEventKind::Journal(Box::new(JournalRecord {
            seq,
            user,
            at,
            event: JournalEvent::Paused { paused: true },
        }))
    }

    fn publish(bus: &LocalBus, user: UserId, count: u64) {
        for n in 0..count {
            bus.publish(user, Timestamp::from_micros(0), event(user, n));
        }
    }

    #[tokio::test]
    async fn a_user_hears_its_own_events_in_order_and_nobody_elses() {
        let bus = LocalBus::new("a".into());
        let (alice, bob) = (user(1), user(2));
        let mut heard = bus.subscribe(alice, None).events;
        publish(&bus, bob, 3);
        publish(&bus, alice, 2);
        for expected in [1, 2] {
            let Some(Delivery::Event(event)) = heard.next().await else { panic!("the stream ended") };
            assert_eq!(event.seq, expected);
        }
    }

    #[test]
    fn a_subscriber_that_was_away_gets_exactly_what_it_missed_or_is_told_to_reload() {
        let bus = LocalBus::new("a".into());
        let alice = user(1);
        publish(&bus, alice, 10);
        let missed = |resume| bus.subscribe(alice, Some(resume)).missed;
        let seqs: Vec<u64> = missed(("a", 7)).unwrap().iter().map(|event| event.seq).collect();
        assert_eq!(seqs, [8, 9, 10]);
        assert_eq!(missed(("a", 10)), Some(vec![]));
        assert_eq!(missed(("another run", 7)), None);
        assert_eq!(missed(("a", 11)), None, "a number from the future is not ours");
        assert_eq!(missed(("a", u64::MAX)), None);
        publish(&bus, alice, KEPT as u64);
        assert_eq!(missed(("a", 9)), None, "what fell out of the buffer cannot be resumed");
    }
}
