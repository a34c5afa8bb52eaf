//! A user's accounts at venues: connecting them and listening to their streams.

use futures::{FutureExt, StreamExt};
use nija_core::{AccountEvent, CustodyMode, OpenPurpose, Timestamp, TradeSignal, VenueId};
use std::{sync::Arc, time::Duration};

use super::{
    backoff::Backoff,
    conn::{Ask, Conn},
    inner::Inner,
    news::News,
    state::UserState,
    user::User,
    venue::Venue,
};

/// News taken up at a time, in one commit.
const BATCH: usize = 256;
/// A stream that does not come up within this time does not hold up the first reconciliation.
const FIRST_CONNECT: Duration = Duration::from_secs(2);
/// A stream that stays down for this long is opened anew, with the credential opened anew.
const DOWN_FOR: Duration = Duration::from_secs(60);

impl Inner {
    /// Starts to keep an account. There is none of the same user and venue, or [`Inner::disconnect`] has ended it.
    pub(super) fn connect(
        self: &Arc<Self>,
        user: &Arc<User>,
        venue: &Arc<Venue>,
        since: Timestamp,
        custody: CustodyMode,
    ) -> Arc<Conn> {
        let conn = Arc::new(Conn::new(venue.clone(), since, custody));
        user.put_conn(conn.clone());
        let keeper = conn.tasks.track_future(self.clone().keep(user.clone(), conn.clone()));
        let listener = conn.tasks.track_future(self.clone().listen(user.clone(), conn.clone()));
        conn.keep(self.tasks.spawn(keeper).into_iter().chain(self.tasks.spawn(listener)));
        conn
    }

    /// Ends an account, where there is one: nothing that its tasks put on record is missing in memory, and they touch neither again.
    pub(super) async fn disconnect(
        &self,
        user: &User,
        _state: &mut UserState,
        venue: &VenueId,
    ) -> Option<Arc<Conn>> {
        let conn = user.take_conn(venue)?;
        conn.end().await;
        Some(conn)
    }

    /// Waits until each account has been reconciled or at least tried, within a bound for all of them together.
    pub(super) async fn accounts_tried(&self, user: &User) {
        self.tried(user, user.conns().iter()).await;
    }

    /// Before an order: an exit waits for no account but those whose positions it may reduce, as far as they are known.
    pub(super) async fn accounts_ready(&self, user: &User, signal: &TradeSignal) {
        let conns = user.conns();
        if conns.iter().all(|conn| conn.tried.is_set()) {
            return;
        }
        if !signal.signal_type.is_exit() {
            return self.tried(user, conns.iter()).await;
        }
        let asked_for = |conn: &Conn| signal.venue.as_ref().is_none_or(|venue| *venue == conn.venue.id);
        let holders: Vec<VenueId> = {
            let state = user.state.lock().await;
            let held = state.positions.keys().filter(|(_, symbol)| *symbol == signal.symbol);
            held.map(|(venue, _)| venue.clone()).collect()
        };
        let holds = |conn: &Conn| asked_for(conn) && holders.contains(&conn.venue.id);
        if conns.iter().any(|conn| holds(conn)) {
            self.tried(user, conns.iter().filter(|conn| holds(conn))).await;
        } else {
            self.tried(user, conns.iter().filter(|conn| asked_for(conn))).await;
        }
    }

    async fn tried(&self, user: &User, conns: impl Iterator<Item = &Arc<Conn>>) {
        let waiting: Vec<_> = conns.filter(|conn| !conn.tried.is_set()).collect();
        if waiting.is_empty() {
            return;
        }
        let all = futures::future::join_all(waiting.iter().map(|conn| conn.tried.wait()));
        if tokio::time::timeout(self.config.connect_wait, all).await.is_err() {
            for conn in waiting.iter().filter(|conn| !conn.tried.is_set()) {
                tracing::warn!(user = %user.id, venue = %conn.venue.id, "an account is not ready; going on without it");
            }
        }
    }

    /// Listens to an account; never ends.
    async fn listen(self: Arc<Self>, user: Arc<User>, conn: Arc<Conn>) {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        loop {
            let began = tokio::time::Instant::now();
            self.note_gap(&user, &conn).await;
            match self.account(user.id, &conn.venue, OpenPurpose::Stream).await {
                Ok(account) => {
                    let stream = conn.venue.executor.account_stream(account, conn.venue.stream_lane());
                    self.follow_account(&user, &conn, stream).await;
                }
                Err(error) => {
                    tracing::warn!(user = %user.id, venue = %conn.venue.id, %error, "an account's stream could not be opened");
                    conn.ask(Ask::RECONCILE);
                }
            }
            conn.set_up(false);
            if began.elapsed() > DOWN_FOR {
                backoff.reset();
            }
            backoff.wait(self.entropy.as_ref()).await;
        }
    }

    /// Ends when the stream does, or when it stays down.
    async fn follow_account(
        self: &Arc<Self>,
        user: &Arc<User>,
        conn: &Arc<Conn>,
        stream: futures::stream::BoxStream<'static, AccountEvent>,
    ) {
        let mut stream = stream.fuse();
        loop {
            let patience = if conn.tried.is_set() { DOWN_FOR } else { FIRST_CONNECT };
            let event = if conn.is_up() {
                stream.next().await
            } else {
                match tokio::time::timeout(patience, stream.next()).await {
                    Ok(event) => event,
                    Err(_) if conn.tried.is_set() => return,
                    Err(_) => {
                        // The account can be read without its stream.
                        conn.ask(Ask::RECONCILE);
                        continue;
                    }
                }
            };
            let Some(event) = event else {
                return;
            };
            // With it what else is there; most come alone, so that room for a whole batch would be made in vain.
            let mut events = vec![event];
            while events.len() < BATCH
                && let Some(Some(event)) = stream.next().now_or_never()
            {
                events.push(event);
            }
            self.take_events(user, conn, events).await;
        }
    }

    async fn take_events(self: &Arc<Self>, user: &Arc<User>, conn: &Arc<Conn>, events: Vec<AccountEvent>) {
        let mut news = Vec::with_capacity(events.len());
        for event in events {
            match event {
                AccountEvent::Report(report) => news.push(News::Report(report)),
                AccountEvent::Fill(fill) => news.push(News::Fill(fill)),
                AccountEvent::Balance(balance) => news.push(News::Balance(balance)),
                AccountEvent::Connected => {
                    self.note_gap(user, conn).await;
                    conn.set_up(true);
                    // What happened before it came up must be asked for.
                    conn.ask(Ask::RECONCILE);
                }
                AccountEvent::Disconnected(why) => {
                    self.note_gap(user, conn).await;
                    conn.set_up(false);
                    tracing::info!(user = %user.id, venue = %conn.venue.id, why, "an account's stream is down");
                }
                _ => {}
            }
        }
        conn.gap.heard(self.clock.now());
        if let Err(error) = self.hear(user, &conn.venue, news).await {
            tracing::error!(user = %user.id, venue = %conn.venue.id, %error, "news could not be put on record");
            // Nothing is lost: the venue will tell it again.
            conn.ask(Ask::RECONCILE);
        }
    }
}
