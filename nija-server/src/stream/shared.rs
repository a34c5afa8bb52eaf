//! Frames of a user's newest events, made once for all of the user's streams.

use axum::extract::ws::Utf8Bytes;
use futures::{TryFutureExt, future::BoxFuture};
use parking_lot::Mutex;
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::OnceCell;

use crate::problem::ApiResult;

/// Events whose frames are kept: streams that are further apart make their own.
const KEPT: u64 = 256;

type Frames = Arc<OnceCell<Arc<[Utf8Bytes]>>>;

/// The frames of one user's newest events. Lives as long as the user has a stream.
#[derive(Debug, Default)]
pub(super) struct SharedFrames(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    /// The number of the event at the front.
    first: u64,
    frames: VecDeque<Frames>,
}

impl SharedFrames {
    /// The frames of event number `seq`; the first to ask makes them, the others wait for it. What makes them is boxed: an idle
    /// stream would hold room for it all the time.
    pub(super) async fn of<'a>(
        &self,
        seq: u64,
        make: impl FnOnce() -> BoxFuture<'a, ApiResult<Vec<Utf8Bytes>>>,
    ) -> ApiResult<Arc<[Utf8Bytes]>> {
        let place = self.0.lock().place(seq);
        match place {
            Some(place) => place.get_or_try_init(|| make().map_ok(Into::into)).await.cloned(),
            None => make().await.map(Into::into),
        }
    }
}

impl Ring {
    /// The place of an event; none for one that is too old.
    fn place(&mut self, seq: u64) -> Option<Frames> {
        let end = self.first + self.frames.len() as u64;
        if self.frames.is_empty() || seq >= end + KEPT {
            self.frames.clear();
            self.first = seq;
        }
        let nth = usize::try_from(seq.checked_sub(self.first)?).ok()?;
        while self.frames.len() <= nth {
            self.frames.push_back(Frames::default());
        }
        let place = self.frames.get(nth).cloned();
        while self.frames.len() as u64 > KEPT {
            self.frames.pop_front();
            self.first += 1;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::sync::atomic::{AtomicU64, Ordering};

    async fn ask(shared: &SharedFrames, seq: u64, made: &AtomicU64) -> String {
        let make = async {
            made.fetch_add(1, Ordering::SeqCst);
            Ok(vec![Utf8Bytes::from(seq.to_string())])
        };
        shared.of(seq, || make.boxed()).await.unwrap()[0].as_str().to_owned()
    }

    #[tokio::test]
    async fn each_event_is_made_once_while_it_is_among_the_newest() {
        let (shared, made) = (SharedFrames::default(), AtomicU64::new(0));
        for seq in 5..=1000 {
            assert_eq!(ask(&shared, seq, &made).await, seq.to_string());
            assert_eq!(ask(&shared, seq, &made).await, seq.to_string());
        }
        assert_eq!(made.load(Ordering::SeqCst), 996);
        assert_eq!(ask(&shared, 900, &made).await, "900");
        assert_eq!(made.load(Ordering::SeqCst), 996);
        assert_eq!(ask(&shared, 500, &made).await, "500", "too old to be kept");
        assert_eq!(made.load(Ordering::SeqCst), 997);
        assert_eq!(ask(&shared, 90_000, &made).await, "90000", "far ahead");
        assert!(shared.0.lock().frames.len() as u64 <= KEPT);
    }
}
