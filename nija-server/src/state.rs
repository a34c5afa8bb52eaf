//! What every request can reach.

use nija::Platform;
use nija_client::wire::PartHealth;
use nija_core::{Timestamp, UserId};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::watch;

use crate::{
    accounts::Accounts,
    auth::{AdminToken, Hasher, RevokedSessions, Tickets, Tokens},
    config::ServerConfig,
    limits::Limits,
    metrics::MetricsHandle,
    proxies::Proxies,
    recent::Recent,
    stream::StreamCounts,
};

/// How long the storages' answers to how they are are good for.
const STORAGES_GOOD_FOR: Duration = Duration::from_millis(250);

/// Where the server is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Requests are served; orders of the last run are being reconciled.
    Starting,
    /// All is well.
    Ready,
    /// Shutting down: nothing new is taken up.
    Draining,
}

/// The parts of a running server.
pub(crate) struct App {
    pub(crate) platform: Platform,
    pub(crate) accounts: Accounts,
    pub(crate) hasher: Hasher,
    pub(crate) tokens: Tokens,
    pub(crate) revoked: RevokedSessions,
    pub(crate) tickets: Tickets,
    pub(crate) admin_token: AdminToken,
    pub(crate) limits: Limits,
    pub(crate) proxies: Proxies,
    pub(crate) streams: StreamCounts,
    pub(crate) metrics: MetricsHandle,
    pub(crate) config: ServerConfig,
    pub(crate) started_at: Timestamp,
    /// Since when users who are not paused run, where that was in this server's life.
    pub(crate) resumed: Mutex<HashMap<UserId, Timestamp>>,
    /// What the storages said when they were last asked how they are.
    pub(crate) storages: Recent<Vec<PartHealth>>,
    phase: watch::Sender<Phase>,
}

/// How handlers hold it.
pub(crate) type AppState = Arc<App>;

/// Everything of [`App`] that start-up makes.
pub(crate) struct AppParts {
    pub(crate) platform: Platform,
    pub(crate) accounts: Accounts,
    pub(crate) hasher: Hasher,
    pub(crate) tokens: Tokens,
    pub(crate) revoked: RevokedSessions,
    pub(crate) config: ServerConfig,
}

impl App {
    pub(crate) fn new(parts: AppParts) -> AppState {
        let AppParts { platform, accounts, hasher, tokens, revoked, config } = parts;
        let started_at = platform.clock().now();
        Arc::new(Self {
            tickets: Tickets::new(Duration::from_secs(config.stream.ticket_seconds), config.stream.per_user),
            admin_token: AdminToken::default(),
            limits: Limits::new(&config.limits),
            proxies: Proxies::new(config.proxy.clone()),
            streams: StreamCounts::new(config.stream.per_user),
            metrics: MetricsHandle::install(),
            resumed: Mutex::default(),
            storages: Recent::new(STORAGES_GOOD_FOR),
            phase: watch::Sender::new(Phase::Starting),
            platform,
            accounts,
            hasher,
            tokens,
            revoked,
            config,
            started_at,
        })
    }

    /// The present moment.
    pub(crate) fn now(&self) -> Timestamp {
        self.platform.clock().now()
    }

    /// Where the server is in its life.
    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Goes on to the next phase; never back.
    pub(crate) fn enter(&self, next: Phase) {
        self.phase.send_if_modified(|phase| {
            let on = *phase != Phase::Draining && *phase != next;
            if on {
                *phase = next;
            }
            on
        });
    }

    /// Ends when the server begins to shut down.
    pub(crate) async fn draining(&self) {
        let mut phase = self.phase.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _seen = phase.wait_for(|phase| *phase == Phase::Draining).await;
    }
}
