//! The live stream: connected, resumed and kept so by a task of its own.

mod cursor;
mod frame;
mod run;

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use tokio::sync::{mpsc, watch};

use crate::client::Client;
use crate::error::ClientError;
use crate::wire::StreamEvent;

/// Events waiting for a slow reader; beyond them the connection waits too, and the server coalesces.
const WAITING: usize = 256;

/// How a stream holds on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StreamOptions {
    /// Wait before the first new connection; doubles with every failure. 250 ms.
    pub first_backoff: Duration,
    /// Longest wait between connections. 15 s.
    pub max_backoff: Duration,
    /// A connection on which nothing came for this long is dead (the server pings each 20 s). 60 s.
    pub silence: Duration,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            first_backoff: Duration::from_millis(250),
            max_backoff: Duration::from_secs(15),
            silence: Duration::from_secs(60),
        }
    }
}

/// How the stream is, for a banner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// Being connected, for the first time or again.
    Connecting,
    /// Values are live.
    Live,
    /// Over: dropped, signed out, or refused.
    Ended,
}

/// The user's events, across reconnects. Dropping it closes the connection.
///
/// Every numbered event comes once and in order. A [`crate::wire::StreamBody::Reload`] says that some are lost: fetch
/// the state anew; it comes from the server, or from here where a gap or another run of the server shows. Kinds of
/// events that this version does not know are left out. An `Err` is the last item: the session ended, or the server
/// refuses for good.
#[derive(Debug)]
pub struct EventStream {
    events: mpsc::Receiver<Result<StreamEvent, ClientError>>,
    state: watch::Receiver<ConnectionState>,
    task: tokio::task::AbortHandle,
}

impl EventStream {
    /// How the connection is, and its changes.
    #[must_use]
    pub fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.state.clone()
    }

    /// The next event; `None` after the end. As `Stream::next`, without an import.
    pub async fn next_event(&mut self) -> Option<Result<StreamEvent, ClientError>> {
        self.events.recv().await
    }
}

impl Stream for EventStream {
    type Item = Result<StreamEvent, ClientError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.poll_recv(context)
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Client {
    /// Opens the live stream. Must be called within a Tokio runtime.
    #[must_use]
    pub fn stream(&self) -> EventStream {
        self.stream_with(StreamOptions::default())
    }

    /// The same, with options.
    #[must_use]
    pub fn stream_with(&self, options: StreamOptions) -> EventStream {
        let (events_in, events) = mpsc::channel(WAITING);
        let (state_in, state) = watch::channel(ConnectionState::Connecting);
        let task = tokio::spawn(run::run(self.clone(), options, events_in, state_in)).abort_handle();
        EventStream { events, state, task }
    }
}
