//! A bus that remembers.

use futures::StreamExt;
use nija_core::{EventBus, Subscription, Timestamp, UserEventKind, UserId};
use parking_lot::Mutex;

#[derive(Default)]
pub(crate) struct TestBus(Mutex<Vec<(UserId, UserEventKind)>>);

impl TestBus {
    pub(crate) fn of(&self, user: UserId) -> Vec<UserEventKind> {
        let all = self.0.lock();
        all.iter().filter(|(whose, _)| *whose == user).map(|(_, kind)| kind.clone()).collect()
    }

    pub(crate) fn marks(&self, user: UserId) -> usize {
        self.of(user).iter().filter(|kind| matches!(kind, UserEventKind::Marked)).count()
    }
}

impl EventBus for TestBus {
    fn publish(&self, user: UserId, _: Timestamp, kind: UserEventKind) {
        self.0.lock().push((user, kind));
    }

    fn subscribe(&self, _: UserId, _: Option<(&str, u64)>) -> Subscription {
        Subscription {
            stream: "test".into(),
            last_seq: 0,
            missed: None,
            events: futures::stream::empty().boxed(),
        }
    }
}
