//! Live events within one process.

use futures::{StreamExt, stream};
use nija_core::{Delivery, EventBus, Subscription, Timestamp, UserEvent, UserEventKind, UserId};
use parking_lot::Mutex;
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Weak,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// Events kept for a subscriber that comes back or is slow.
const KEPT: usize = 1024;
/// How long after the last listener left events are kept for one that comes back. Of a user whom nobody listens to nothing is kept: a route with
/// all its candidates is some kilobytes, and with every user's newest thousand events the memory would be full of what nobody reads.
const KEPT_FOR: Duration = Duration::from_secs(120);
/// After so many events the users are gone through whose listeners left and of whom nothing came since.
const SWEEP_AFTER: u32 = 4096;

/// An [`EventBus`] in memory. Numbers begin anew with the process, under a new stream name.
///
/// A user's events are kept once, however many listen; a listener is a number of the last event it took. So a screen that hears
/// nothing costs next to nothing, and a burst is taken in one go. Of a user whom nobody listens to no event is kept.
pub struct LocalBus {
    stream: String,
    users: Mutex<HashMap<UserId, Arc<Channel>>>,
    /// Events so far: every so many of them users are gone through.
    events: AtomicU32,
    kept_for: Duration,
}

struct Channel {
    recent: Mutex<Recent>,
    news: watch::Sender<News>,
}

/// What listeners wait for a change of.
#[derive(Clone, Copy, Default)]
struct News {
    last_seq: u64,
    marks: u64,
    marked_at: Option<Timestamp>,
}

#[derive(Default)]
struct Recent {
    last_seq: u64,
    events: VecDeque<Arc<UserEvent>>,
    /// When the newest of the listeners that left did.
    left_at: Option<Instant>,
}

/// Where a listener is.
struct Listener {
    channel: Weak<Channel>,
    news: watch::Receiver<News>,
    seen: u64,
    marks: u64,
    /// Taken from the channel and not delivered yet.
    taken: VecDeque<Delivery>,
}

impl LocalBus {
    /// A bus whose stream has this name: one that no earlier run of the process used.
    #[must_use]
    pub fn new(stream: String) -> Self {
        Self { stream, users: Mutex::default(), events: AtomicU32::new(0), kept_for: KEPT_FOR }
    }

    fn channel(&self, user: UserId) -> Arc<Channel> {
        self.users.lock().entry(user).or_insert_with(|| Arc::new(Channel::new())).clone()
    }
}

impl LocalBus {
    /// Forgets what is kept for nobody; now and then.
    fn sweep(&self) {
        if self.events.fetch_add(1, Ordering::Relaxed) % SWEEP_AFTER != SWEEP_AFTER - 1 {
            return;
        }
        for channel in self.users.lock().values() {
            channel.forget_unheard(&mut channel.recent.lock(), self.kept_for);
        }
    }
}

impl std::fmt::Debug for LocalBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalBus").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl EventBus for LocalBus {
    fn publish(&self, user: UserId, at: Timestamp, kind: UserEventKind) {
        if kind == UserEventKind::Marked {
            // A mark is worth nothing to one who is not looking.
            let known = self.users.lock().get(&user).cloned();
            if let Some(channel) = known.filter(|channel| channel.news.receiver_count() > 0) {
                channel.news.send_modify(|news| {
                    news.marks += 1;
                    news.marked_at = Some(at);
                });
            }
            return;
        }
        self.channel(user).publish(at, kind, self.kept_for);
        self.sweep();
    }

    fn subscribe(&self, user: UserId, resume: Option<(&str, u64)>) -> Subscription {
        let channel = self.channel(user);
        let recent = channel.recent.lock();
        let missed = match resume {
            None => Some(Vec::new()),
            Some((stream, seen)) if stream == self.stream => recent.after(seen),
            Some(_) => None,
        };
        let last_seq = recent.last_seq;
        let news = channel.news.subscribe();
        let marks = news.borrow().marks;
        drop(recent);
        let channel = Arc::downgrade(&channel);
        let listener = Listener { channel, news, seen: last_seq, marks, taken: VecDeque::new() };
        let events = stream::unfold(listener, |mut listener| async {
            let delivery = listener.next().await?;
            Some((delivery, listener))
        });
        Subscription { stream: self.stream.clone(), last_seq, missed, events: events.boxed() }
    }
}

impl Channel {
    fn new() -> Self {
        Self { recent: Mutex::default(), news: watch::Sender::new(News::default()) }
    }

    fn publish(&self, at: Timestamp, kind: UserEventKind, kept_for: Duration) {
        let mut recent = self.recent.lock();
        recent.last_seq += 1;
        let seq = recent.last_seq;
        if self.forget_unheard(&mut recent, kept_for) {
            // Who comes to listen from here on has this number already.
            return;
        }
        if recent.events.len() == KEPT {
            recent.events.pop_front();
        }
        recent.events.push_back(Arc::new(UserEvent { seq, at, kind }));
        drop(recent);
        // Another publisher may have been faster: the number never goes back.
        self.news.send_modify(|news| news.last_seq = news.last_seq.max(seq));
    }

    /// Drops what nobody listens to and nobody can be expected to come back for; whether that is so.
    fn forget_unheard(&self, recent: &mut Recent, kept_for: Duration) -> bool {
        let may_come_back = recent.left_at.is_some_and(|left| left.elapsed() < kept_for);
        let unheard = self.news.receiver_count() == 0 && !may_come_back;
        if unheard {
            recent.events = VecDeque::new();
        }
        unheard
    }
}

impl Recent {
    /// What came after `seen`, or `None` when some of it is no longer kept (or was never numbered here).
    fn after(&self, seen: u64) -> Option<Vec<Arc<UserEvent>>> {
        let oldest_needed = seen.checked_add(1)?;
        let oldest_kept = self.events.front().map_or(self.last_seq + 1, |event| event.seq);
        let known = seen <= self.last_seq && oldest_needed >= oldest_kept;
        let skip = usize::try_from(oldest_needed.saturating_sub(oldest_kept)).ok()?;
        known.then(|| self.events.iter().skip(skip).cloned().collect())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(channel) = self.channel.upgrade() {
            channel.recent.lock().left_at = Some(Instant::now());
        }
    }
}

impl Listener {
    /// The next delivery; `None` when the bus is gone.
    async fn next(&mut self) -> Option<Delivery> {
        loop {
            if let Some(delivery) = self.taken.pop_front() {
                return Some(delivery);
            }
            self.take()?;
            if self.taken.is_empty() {
                self.news.changed().await.ok()?;
            }
        }
    }

    /// Takes all that is there; `None` when the bus is gone.
    fn take(&mut self) -> Option<()> {
        let news = *self.news.borrow_and_update();
        if news.last_seq > self.seen {
            let channel = self.channel.upgrade()?;
            let recent = channel.recent.lock();
            match recent.after(self.seen) {
                Some(events) => self.taken.extend(events.into_iter().map(Delivery::Event)),
                None => self.taken.push_back(Delivery::Lagged),
            }
            self.seen = recent.last_seq;
        }
        if let (true, Some(at)) = (news.marks > self.marks, news.marked_at) {
            self.marks = news.marks;
            let mark = UserEvent { seq: 0, at, kind: UserEventKind::Marked };
            self.taken.push_back(Delivery::Event(Arc::new(mark)));
        }
        Some(())
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
        UserEventKind::Journal(std::sync::Arc::new(JournalRecord {
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

    #[tokio::test]
    async fn a_listener_that_falls_too_far_behind_is_told_so_and_marks_are_taken_together() {
        let bus = LocalBus::new("a".into());
        let alice = user(1);
        let mut slow = bus.subscribe(alice, None).events;
        publish(&bus, alice, KEPT as u64 + 1);
        assert_eq!(slow.next().await, Some(Delivery::Lagged));
        for _ in 0..3 {
            bus.publish(alice, Timestamp::from_micros(9), UserEventKind::Marked);
        }
        publish(&bus, alice, 1);
        let Some(Delivery::Event(event)) = slow.next().await else { panic!("an event") };
        assert_eq!(event.seq, KEPT as u64 + 2);
        let Some(Delivery::Event(mark)) = slow.next().await else { panic!("a mark") };
        assert_eq!((mark.seq, &mark.kind), (0, &UserEventKind::Marked));
        drop(bus);
        assert_eq!(slow.next().await, None, "one mark for three, and the bus is gone");
    }

    #[test]
    fn a_subscriber_that_was_away_gets_exactly_what_it_missed_or_is_told_to_reload() {
        let bus = LocalBus::new("a".into());
        let alice = user(1);
        let _listener = bus.subscribe(alice, None);
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

    fn kept(bus: &LocalBus, user: UserId) -> usize {
        bus.channel(user).recent.lock().events.len()
    }

    #[test]
    fn of_users_whom_nobody_listens_to_nothing_is_kept() {
        let bus = LocalBus::new("a".into());
        let (alice, bob) = (user(1), user(2));
        publish(&bus, alice, 10);
        assert_eq!(kept(&bus, alice), 0);
        assert_eq!(bus.subscribe(bob, Some(("a", 0))).missed, Some(vec![]), "nothing was missed");
        assert_eq!(bus.subscribe(alice, Some(("a", 5))).missed, None, "the state must be read anew");
        // Who left a moment ago may come back.
        publish(&bus, alice, 10);
        let seqs = |missed: Vec<Arc<UserEvent>>| missed.iter().map(|event| event.seq).collect::<Vec<_>>();
        let again = bus.subscribe(alice, Some(("a", 12)));
        assert_eq!((again.last_seq, again.missed.map(seqs)), (20, Some((13..=20).collect())));
    }

    #[test]
    fn what_was_kept_for_who_does_not_come_back_is_forgotten() {
        let bus = LocalBus { kept_for: Duration::ZERO, ..LocalBus::new("a".into()) };
        let (alice, bob, carol) = (user(1), user(2), user(3));
        for user in [alice, bob] {
            let listener = bus.subscribe(user, None);
            publish(&bus, user, 10);
            assert_eq!(kept(&bus, user), 10);
            drop(listener);
        }
        publish(&bus, alice, 1);
        assert_eq!((kept(&bus, alice), kept(&bus, bob)), (0, 10));
        // Nothing more comes of bob: others' events are enough.
        publish(&bus, carol, u64::from(SWEEP_AFTER));
        assert_eq!(kept(&bus, bob), 0);
        assert_eq!(bus.subscribe(bob, Some(("a", 4))).missed, None);
    }
}
