//! The live stream, told to a listener of the host.

use std::sync::Arc;

use nija_client::wire::{StreamBody, StreamEvent as WireEvent};
use nija_client::{ClientError, ConnectionState as ClientState, EventStream};
use tokio::sync::watch;

use crate::error::NijaError;
use crate::records::{Activity, BotStatus, Order, PnlUpdate, Position, RoutingDecision};
use crate::runtime;

/// What happened.
// UniFFI hands records over by value: a box would not cross to the hosts.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum StreamEvent {
    /// Events were lost: fetch the state anew.
    Reload {
        /// In words.
        reason: String,
    },
    /// A position changed through a fill.
    PositionUpdate {
        /// As it stands.
        position: Position,
    },
    /// A fill.
    TradeExecuted {
        /// The fill.
        activity: Activity,
    },
    /// Prices moved.
    PnlUpdate {
        /// The newest values.
        pnl: PnlUpdate,
    },
    /// The bot was paused or resumed.
    BotStatus {
        /// As it stands.
        status: BotStatus,
    },
    /// An order changed state.
    OrderUpdate {
        /// As it stands.
        order: Order,
    },
    /// The router decided.
    RouteDecided {
        /// Its decision.
        decision: RoutingDecision,
    },
}

/// How the connection is, for a banner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ConnectionState {
    /// Being connected, for the first time or again; values may be old.
    Connecting,
    /// Values are live. Fetch the state at the first one: what happens from now on is told.
    Live,
    /// Over.
    Ended,
}

/// Told about events, one at a time and in order, on a thread of the stream's own. Must not throw.
#[uniffi::export(with_foreign)]
pub trait StreamListener: Send + Sync {
    /// Something happened.
    fn on_event(&self, event: StreamEvent);
    /// The connection is now so.
    fn on_connection(&self, state: ConnectionState);
    /// The last call, unless the handle was stopped: the session ended or the server refuses. `code` is stable.
    fn on_ended(&self, code: String);
}

/// A running stream. Stops when told to, and when the last reference goes.
#[derive(uniffi::Object)]
pub struct StreamHandle {
    stop: watch::Sender<bool>,
}

#[uniffi::export]
impl StreamHandle {
    /// Stops the stream. Nothing new is told from now on; a call of the listener under way finishes.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }
}

impl Drop for StreamHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts telling `listener`. Its calls may block, hence a thread and not a worker of the runtime.
pub(crate) fn start(
    client: &nija_client::Client,
    listener: Arc<dyn StreamListener>,
) -> Result<StreamHandle, NijaError> {
    let runtime = runtime::handle()?;
    let stream = {
        let _inside = runtime.enter();
        client.stream()
    };
    let (stop, stopped) = watch::channel(false);
    std::thread::Builder::new()
        .name("nija-stream".to_owned())
        .spawn(move || runtime.block_on(tell(stream, &*listener, stopped)))
        .map_err(|_| NijaError::Internal)?;
    Ok(StreamHandle { stop })
}

async fn tell(mut stream: EventStream, listener: &dyn StreamListener, mut stopped: watch::Receiver<bool>) {
    let mut state = stream.connection();
    let mut told = None;
    loop {
        let now = shown(*state.borrow_and_update());
        if told != Some(now) {
            listener.on_connection(now);
            told = Some(now);
        }
        tokio::select! {
            biased;
            // An error means that the handle is gone.
            _ = stopped.wait_for(|stop| *stop) => return,
            // The end of the connection shows here before it shows in the events.
            Ok(()) = state.changed() => {}
            event = stream.next_event() => match event {
                Some(Ok(event)) => {
                    if let Some(event) = crossed(event) {
                        listener.on_event(event);
                    }
                }
                Some(Err(error)) => return listener.on_ended(error.code().to_owned()),
                None => return listener.on_ended(ClientError::SignedOut.code().to_owned()),
            },
        }
    }
}

fn shown(state: ClientState) -> ConnectionState {
    match state {
        ClientState::Connecting => ConnectionState::Connecting,
        ClientState::Live => ConnectionState::Live,
        ClientState::Ended => ConnectionState::Ended,
    }
}

/// The greeting and the farewell show as connection states.
fn crossed(event: WireEvent) -> Option<StreamEvent> {
    Some(match event.body {
        StreamBody::Hello { .. } | StreamBody::Closing { .. } => return None,
        StreamBody::Reload { reason } => StreamEvent::Reload { reason },
        StreamBody::PositionUpdate(position) => StreamEvent::PositionUpdate { position: position.into() },
        StreamBody::TradeExecuted(activity) => StreamEvent::TradeExecuted { activity: activity.into() },
        StreamBody::PnlUpdate(pnl) => StreamEvent::PnlUpdate { pnl: pnl.into() },
        StreamBody::BotStatus(status) => StreamEvent::BotStatus { status: status.into() },
        StreamBody::OrderUpdate(order) => StreamEvent::OrderUpdate { order: order.into() },
        StreamBody::RouteDecided(decision) => StreamEvent::RouteDecided { decision: decision.into() },
    })
}
