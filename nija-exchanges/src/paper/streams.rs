//! Live prices and the user's own events of the paper venue.

use futures::{SinkExt, StreamExt, stream::BoxStream};
use nija_core::{AccountEvent, MarketEvent, StreamLane, Symbol, VenueAccount};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::broadcast::error::{RecvError, TryRecvError},
    time::{MissedTickBehavior, interval},
};

use super::{executor::Paper, generated::STEP};
use crate::transport::{Backoff, Ended, StreamCalls, StreamSender, supervise};

const TICK: Duration = Duration::from_micros(STEP.unsigned_abs());
/// Between two looks at another venue's market for resting orders.
const LOOK: Duration = Duration::from_secs(1);

/// Prices, several a second.
pub(super) fn market(
    paper: Arc<Paper>,
    symbols: Vec<Symbol>,
    lane: Arc<dyn StreamLane>,
) -> BoxStream<'static, MarketEvent> {
    if let Some(over) = &paper.over {
        let stream = over.market_stream(symbols, lane);
        return stream
            .inspect(move |event| {
                if let MarketEvent::Book { symbol, book } = event {
                    paper.cross(symbol, book);
                }
            })
            .boxed();
    }
    supervise(
        StreamCalls::public(lane),
        backoff(),
        |_| MarketEvent::Disconnected,
        move |out| publish(paper.clone(), symbols.clone(), out),
    )
}

async fn publish(paper: Arc<Paper>, symbols: Vec<Symbol>, mut out: StreamSender<MarketEvent>) -> Ended {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut events = vec![MarketEvent::Connected];
    loop {
        for event in events {
            if out.send(event).await.is_err() {
                return ended("nobody reads");
            }
        }
        ticks.tick().await;
        events = Vec::with_capacity(symbols.len() * 2);
        for (symbol, quote, book) in paper.market(&symbols) {
            events.push(MarketEvent::Quote { symbol: symbol.clone(), quote });
            let book = Arc::new(book);
            events.push(MarketEvent::Book { symbol, book });
        }
    }
}

/// A user's own events. A reader that fell too far behind is told that the stream was down, and starts anew.
pub(super) fn account(
    paper: Arc<Paper>,
    account: VenueAccount,
    lane: Arc<dyn StreamLane>,
) -> BoxStream<'static, AccountEvent> {
    let calls = StreamCalls::of(account.user, lane);
    supervise(calls, backoff(), AccountEvent::Disconnected, move |out| {
        listen(paper.clone(), account.clone(), out)
    })
}

async fn listen(paper: Arc<Paper>, account: VenueAccount, mut out: StreamSender<AccountEvent>) -> Ended {
    let mut events = paper.listen(account.user);
    if out.send(AccountEvent::Connected).await.is_err() {
        return ended("nobody reads");
    }
    let mut ticks = interval(if paper.over.is_some() { LOOK } else { TICK });
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            _ = ticks.tick() => {
                paper.cross_all().await;
                continue;
            }
        };
        // An order brings several at once: they go on together.
        let mut next = event;
        loop {
            match next {
                Ok(event) => {
                    if out.feed(event).await.is_err() {
                        return ended("nobody reads");
                    }
                }
                Err(RecvError::Lagged(missed)) => {
                    return ended(&format!("the reader missed {missed} events"));
                }
                Err(RecvError::Closed) => return ended("the venue closed the stream"),
            }
            next = match events.try_recv() {
                Ok(event) => Ok(event),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Lagged(missed)) => Err(RecvError::Lagged(missed)),
                Err(TryRecvError::Closed) => Err(RecvError::Closed),
            };
        }
        if out.flush().await.is_err() {
            return ended("nobody reads");
        }
    }
}

fn ended(reason: &str) -> Ended {
    Ended { was_up: true, reason: reason.to_owned() }
}

const fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(10), Duration::from_secs(1))
}
