//! A stream that comes back: sessions one after another, with waits between them, until the reader lets go.

use futures::{
    Stream, StreamExt,
    channel::mpsc,
    stream::{self, BoxStream},
};

use super::{Backoff, StreamCalls};

/// Where a session puts its events; it waits while the reader is behind.
pub type StreamSender<E> = mpsc::Sender<E>;

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Whether it was up before it ended: the waits then start from the shortest.
    pub was_up: bool,
    /// Why.
    pub reason: String,
}

/// Runs sessions for ever, none while the venue wants nothing sent, as `calls` know. `session` delivers into the sender until its connection is lost; `down` makes the event that tells
/// the reader so, sent after each session that had been up, and once for the first that could not start. Nothing is spawned: the reader's polling drives it, and dropping
/// the stream closes the connection.
pub fn supervise<E, S, F>(
    calls: StreamCalls,
    mut backoff: Backoff,
    down: impl Fn(String) -> E + Send + 'static,
    mut session: S,
) -> BoxStream<'static, E>
where
    E: Send + 'static,
    S: FnMut(StreamSender<E>) -> F + Send + 'static,
    F: Future<Output = Ended> + Send + 'static,
{
    use futures::SinkExt;

    let (mut sender, receiver) = mpsc::channel(256);
    let run = async move {
        let mut told = false;
        loop {
            while let Some(wait) = calls.held() {
                let reason = format!("the venue wants nothing sent for {} s", wait.as_secs().max(1));
                if !told && sender.send(down(reason)).await.is_err() {
                    return;
                }
                told = true;
                // Those that waited do not come back in step.
                tokio::time::sleep(wait + backoff.next_wait()).await;
            }
            let ended = session(sender.clone()).await;
            if ended.was_up {
                backoff.reset();
                told = false;
            }
            if !told && sender.send(down(ended.reason)).await.is_err() {
                return;
            }
            told = true;
            tokio::time::sleep(backoff.next_wait()).await;
        }
    };
    beside(receiver, run).boxed()
}

/// The items of `stream`, while `work` is driven along.
fn beside<T: Send + 'static>(
    stream: impl Stream<Item = T> + Send + 'static,
    work: impl Future<Output = ()> + Send + 'static,
) -> impl Stream<Item = T> + Send + 'static {
    let work = stream::once(work).filter_map(|()| async { None });
    stream::select(stream, work)
}
