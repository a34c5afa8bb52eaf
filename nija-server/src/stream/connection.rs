//! One connection: what was missed, then what comes, until one side ends it.
//!
//! Prices are coalesced: a mark only notes that there is something new, and the newest values go out at the configured pace.
//! Everything else goes out in order, whatever is ready in one flush. A reader that does not keep up is told so and disconnected;
//! it comes back with the last number it saw. One that reads all it is given and has lost events even so (more happened at once than
//! is kept) is not to blame: it is told to fetch the state anew, on the same connection, and the events go on.

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures::{FutureExt, SinkExt, StreamExt, poll, stream::BoxStream};
use nija_client::wire::{StreamBody, StreamEvent};
use nija_core::{Delivery, UserEvent, UserEventKind};
use std::{ops::ControlFlow, pin::pin, task::Poll, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::{counts::StreamPlace, frames};
use crate::{
    auth::TicketHolder,
    state::{App, AppState},
};

const TOO_SLOW: &str = "this connection was too slow; connect again and go on where you were";
const TOO_MUCH: &str = "more happened at once than could be told; fetch the state anew";
/// Events that one flush takes at most.
const BATCH: usize = 64;
/// Between two times that a reader is told to fetch the state anew, which costs more than events do.
const RELOADS_EVERY: Duration = Duration::from_secs(1);

/// Where a client that was away goes on.
#[derive(Debug, Clone)]
pub(crate) struct Resume {
    pub(crate) stream: String,
    pub(crate) seq: u64,
}

/// Serves a connection to its end.
pub(crate) async fn run(
    app: AppState,
    holder: TicketHolder,
    resume: Option<Resume>,
    socket: WebSocket,
    place: StreamPlace,
) {
    let patience = Duration::from_millis(app.config.stream.write_ms);
    let mut connection =
        Connection { app, holder, socket, place, patience, waited: false, reloaded_at: None };
    if let ControlFlow::Break(end) = connection.serve(resume).await {
        connection.end(end).boxed().await;
    }
}

struct Connection {
    app: AppState,
    holder: TicketHolder,
    socket: WebSocket,
    /// Given back when the connection is over.
    place: StreamPlace,
    patience: Duration,
    /// Whether the reader had to be waited for since it last had all there was.
    waited: bool,
    /// When it was last told to fetch the state anew.
    reloaded_at: Option<Instant>,
}

/// Why a connection ends.
enum End {
    /// The client went, or the line is dead: nothing more can be said.
    Gone,
    /// We end it, and say why.
    Because(&'static str, u16),
}

type Flow = ControlFlow<End>;

impl Connection {
    async fn serve(&mut self, resume: Option<Resume>) -> Flow {
        let subscription = self
            .app
            .platform
            .bus()
            .subscribe(self.holder.user, resume.as_ref().map(|it| (it.stream.as_str(), it.seq)));
        let hello = StreamBody::Hello { stream: subscription.stream, last_seq: subscription.last_seq };
        self.feed(&self.aside(hello)).await?;
        match subscription.missed {
            Some(missed) => {
                for event in missed {
                    self.event(&event).await?;
                }
            }
            None => {
                let reason = "what was missed is no longer kept; fetch the state anew".to_owned();
                self.feed(&self.aside(StreamBody::Reload { reason })).await?;
            }
        }
        self.flush().await?;
        self.follow(subscription.events).await
    }

    async fn follow(&mut self, mut events: BoxStream<'static, Delivery>) -> Flow {
        let app = self.app.clone();
        let draining = app.draining();
        tokio::pin!(draining);
        let ping_every = Duration::from_secs(app.config.stream.ping_seconds);
        let mut pings = interval(ping_every);
        let mut pnl = interval(Duration::from_millis(app.config.stream.pnl_interval_ms));
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pnl.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut marked, mut heard) = (false, Instant::now());
        loop {
            tokio::select! {
                biased;
                () = &mut draining => return Flow::Break(End::Because("the server is shutting down", close_code::AWAY)),
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Flow::Break(End::Gone),
                    // Pongs, and whatever else a client sends, show that it lives.
                    Some(Ok(_)) => heard = Instant::now(),
                },
                delivery = events.next() => {
                    self.still_signed_in()?;
                    let (mut next, mut all) = (delivery, false);
                    for _ in 0..BATCH {
                        marked |= self.delivery(next).await?;
                        match events.next().now_or_never() {
                            Some(more) => next = more,
                            None => {
                                all = true;
                                break;
                            }
                        }
                    }
                    self.flush().await?;
                    self.waited &= !all;
                }
                _ = pnl.tick(), if marked => {
                    marked = false;
                    self.pnl().await?;
                    self.flush().await?;
                }
                _ = pings.tick() => {
                    if heard.elapsed() > ping_every * 3 {
                        return Flow::Break(End::Gone);
                    }
                    self.still_signed_in()?;
                    self.send(Message::Ping(bytes::Bytes::new())).await?;
                    self.flush().await?;
                }
            }
        }
    }

    /// Whoever ended the session, by signing out or a new password, ended its streams.
    fn still_signed_in(&self) -> Flow {
        if self.app.revoked.contains(&self.holder.session) {
            return Flow::Break(End::Because("the session was ended; sign in again", close_code::POLICY));
        }
        Flow::Continue(())
    }

    /// Passes one delivery on; whether it was a mark.
    async fn delivery(&mut self, delivery: Option<Delivery>) -> ControlFlow<End, bool> {
        match delivery {
            Some(Delivery::Event(event)) if event.kind == UserEventKind::Marked => {
                ControlFlow::Continue(true)
            }
            Some(Delivery::Event(event)) => self.event(&event).await.map_continue(|()| false),
            Some(Delivery::Lagged) if self.waited => {
                ControlFlow::Break(End::Because(TOO_SLOW, close_code::AGAIN))
            }
            Some(Delivery::Lagged) => self.reload().boxed().await.map_continue(|()| false),
            None => ControlFlow::Break(End::Because("the server is shutting down", close_code::AWAY)),
        }
    }

    async fn event(&mut self, event: &UserEvent) -> Flow {
        let make = || frames::of(&self.app, self.holder.user, event).boxed();
        match self.place.frames.of(event.seq, make).await {
            Ok(frames) => {
                for frame in frames.iter() {
                    self.send(Message::Text(frame.clone())).await?;
                }
                Flow::Continue(())
            }
            Err(error) => Self::broken(&error),
        }
    }

    /// Says that events are lost; never more often than once in a while.
    async fn reload(&mut self) -> Flow {
        if let Some(before) = self.reloaded_at {
            sleep_until(before + RELOADS_EVERY).await;
        }
        self.reloaded_at = Some(Instant::now());
        self.feed(&self.aside(StreamBody::Reload { reason: TOO_MUCH.to_owned() })).await
    }

    async fn pnl(&mut self) -> Flow {
        match frames::pnl(&self.app, self.holder.user).boxed().await {
            Ok(body) => self.feed(&self.aside(body)).await,
            Err(error) => Self::broken(&error),
        }
    }

    fn broken(error: &crate::problem::Problem) -> Flow {
        tracing::error!(code = error.code(), "an event could not be read");
        Flow::Break(End::Because("something failed on our side; connect again", close_code::ERROR))
    }

    /// A frame outside the sequence.
    fn aside(&self, body: StreamBody) -> StreamEvent {
        StreamEvent { seq: 0, at: self.app.now().to_string(), body }
    }

    async fn feed(&mut self, event: &StreamEvent) -> Flow {
        match frames::text(event) {
            Ok(text) => self.send(Message::Text(text)).await,
            Err(error) => Self::broken(&error),
        }
    }

    /// Puts a message into the buffer, which may have to be written out first.
    async fn send(&mut self, message: Message) -> Flow {
        let mut feed = pin!(self.socket.feed(message));
        if let Poll::Ready(fed) = poll!(feed.as_mut()) {
            return Self::patient(Ok(fed));
        }
        self.waited = true;
        Self::patient(timeout(self.patience, feed).await)
    }

    async fn flush(&mut self) -> Flow {
        let mut flush = pin!(self.socket.flush());
        if let Poll::Ready(flushed) = poll!(flush.as_mut()) {
            return Self::patient(Ok(flushed));
        }
        self.waited = true;
        Self::patient(timeout(self.patience, flush).await)
    }

    fn patient(outcome: Result<Result<(), axum::Error>, tokio::time::error::Elapsed>) -> Flow {
        match outcome {
            Ok(Ok(())) => Flow::Continue(()),
            Ok(Err(_)) => Flow::Break(End::Gone),
            Err(_elapsed) => Flow::Break(End::Because(TOO_SLOW, close_code::AGAIN)),
        }
    }

    /// Says why, as far as the other side still listens, and closes.
    async fn end(&mut self, end: End) {
        let End::Because(reason, code) = end else { return };
        let closing = self.aside(StreamBody::Closing { reason: reason.to_owned() });
        let goodbye = async {
            let Flow::Continue(()) = self.feed(&closing).await else { return };
            let frame = CloseFrame { code, reason: reason.into() };
            let _nobody_may_listen = self.socket.send(Message::Close(Some(frame))).await;
        };
        let _too_slow_for_goodbye = timeout(Duration::from_secs(1), goodbye).await;
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("phase", &self.phase()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<A, B, C, D, E, F>(_: impl Fn(A, B, C, D, E) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn an_idle_stream_holds_little() {
        assert!(size(run) <= 4096, "{} bytes", size(run));
    }
}
