//! The task behind a stream: ticket, connect, read, and again.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::Message;

use super::cursor::{Cursor, Step};
use super::frame::{self, Frame};
use super::{ConnectionState, StreamOptions};
use crate::backoff::Backoff;
use crate::client::{Call, Client};
use crate::error::{ClientError, NetworkKind};
use crate::transport::{Socket, lost};
use crate::wire::{StreamBody, StreamEvent, StreamTicket};

type Events = mpsc::Sender<Result<StreamEvent, ClientError>>;

/// The reader is gone.
struct Gone;

pub(super) async fn run(
    client: Client,
    options: StreamOptions,
    events: Events,
    state: watch::Sender<ConnectionState>,
) {
    let mut backoff = Backoff::new(options.first_backoff, options.max_backoff);
    let mut cursor = Cursor::default();
    loop {
        state.send_replace(ConnectionState::Connecting);
        let error = match connect(&client, &cursor).await {
            Ok(socket) => {
                let mut connection =
                    Connection { events: &events, state: &state, cursor: &mut cursor, at: String::new() };
                match connection.read(socket, options.silence).await {
                    Ok(true) => backoff.reset(),
                    Ok(false) => {}
                    Err(Gone) => break,
                }
                None
            }
            Err(error) => Some(error),
        };
        let mut pause = backoff.next(&mut rand::rng());
        if let Some(error) = error {
            if !holds_on(&error) {
                state.send_replace(ConnectionState::Ended);
                // The reader may be gone, which ends this all the same.
                events.send(Err(error)).await.ok();
                break;
            }
            tracing::debug!(%error, "stream not connected");
            pause = pause.max(Duration::from_secs(error.retry_after().unwrap_or_default()));
        }
        state.send_replace(ConnectionState::Connecting);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = events.closed() => break,
        }
    }
    state.send_replace(ConnectionState::Ended);
}

/// A refused handshake (a ticket that ended on the way) is met with a new ticket; other refusals are final.
fn holds_on(error: &ClientError) -> bool {
    error.passes() || matches!(error, ClientError::Status(_) | ClientError::Decode(_))
}

async fn connect(client: &Client, cursor: &Cursor) -> Result<Socket, ClientError> {
    let ticket: StreamTicket = client.call(Call::post(&["v1", "stream", "ticket"])).await?;
    let mut query = vec![("ticket", ticket.ticket)];
    if let Some((stream, seq)) = cursor.resume() {
        query.push(("stream", stream.to_owned()));
        query.push(("resume_from", seq.to_string()));
    }
    let transport = client.transport();
    transport.websocket(transport.url(&["v1", "stream"], &query)).await
}

struct Connection<'a> {
    events: &'a Events,
    state: &'a watch::Sender<ConnectionState>,
    cursor: &'a mut Cursor,
    /// The server's time in the newest event.
    at: String,
}

impl Connection<'_> {
    /// Reads until the connection ends; whether it ever greeted.
    async fn read(&mut self, mut socket: Socket, silence: Duration) -> Result<bool, Gone> {
        let mut greeted = false;
        loop {
            let message = tokio::select! {
                message = next(&mut socket, silence) => message,
                () = self.events.closed() => return Err(Gone),
            };
            let text = match message {
                Ok(Some(text)) => text,
                Ok(None) => continue,
                Err(error) => {
                    tracing::debug!(%error, "stream connection ended");
                    return Ok(greeted);
                }
            };
            match frame::read(&text) {
                Frame::Event(event) => {
                    if matches!(event.body, StreamBody::Hello { .. }) {
                        greeted = true;
                        self.state.send_replace(ConnectionState::Live);
                    }
                    let closing = matches!(event.body, StreamBody::Closing { .. });
                    self.deliver(*event).await?;
                    if closing {
                        // The server closes anyway; what it says about this is of no use.
                        socket.close(None).await.ok();
                        return Ok(greeted);
                    }
                }
                Frame::Unknown { seq } => {
                    if self.cursor.numbered(seq) == Step::DeliverAndReload {
                        self.reload("events were lost").await?;
                    }
                }
                Frame::Garbled => {
                    tracing::warn!("a stream frame that cannot be read");
                    self.reload("an event could not be read").await?;
                }
            }
        }
    }

    async fn deliver(&mut self, event: StreamEvent) -> Result<(), Gone> {
        let step = self.cursor.advance(&event);
        self.at.clone_from(&event.at);
        if step == Step::Skip {
            return Ok(());
        }
        self.events.send(Ok(event)).await.map_err(|_| Gone)?;
        if step == Step::DeliverAndReload {
            self.reload("events were lost").await?;
        }
        Ok(())
    }

    async fn reload(&self, reason: &str) -> Result<(), Gone> {
        let body = StreamBody::Reload { reason: reason.to_owned() };
        self.events.send(Ok(StreamEvent { seq: 0, at: self.at.clone(), body })).await.map_err(|_| Gone)
    }
}

/// The next text; `None` for a sign of life.
async fn next(socket: &mut Socket, silence: Duration) -> Result<Option<String>, ClientError> {
    let interrupted = |words: String| lost(NetworkKind::Interrupted, words);
    match tokio::time::timeout(silence, socket.next()).await {
        Err(_) => Err(lost(NetworkKind::Timeout, "nothing came")),
        Ok(None | Some(Ok(Message::Close(_)))) => Err(interrupted("closed".to_owned())),
        Ok(Some(Err(error))) => Err(interrupted(error.to_string())),
        Ok(Some(Ok(Message::Text(text)))) => Ok(Some(text.as_str().to_owned())),
        Ok(Some(Ok(Message::Ping(_)))) => {
            // The answer was queued by the library; this sends it.
            socket.flush().await.map_err(|error| interrupted(error.to_string()))?;
            Ok(None)
        }
        Ok(Some(Ok(_))) => Ok(None),
    }
}
