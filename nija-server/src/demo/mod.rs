//! `nija serve --demo`: two simulated exchanges, a user with a key at each, and a small strategy, so that there is something to see.
//!
//! Everything but the exchanges is the real thing: the keys are sealed and stored like any user's, and the strategy trades through
//! the engine like any caller. The exchanges' accounts live in this process. On a data folder that had a demo before, the user gets
//! a new password and new keys; what the ledger knows stays.

mod strategy;
mod user;
mod venues;

use std::fmt;
use tokio::{sync::watch, task::JoinHandle};

use crate::{config::ServerConfig, serve::StartError, state::AppState};

/// How to sign in to the demo.
#[derive(Clone, PartialEq, Eq)]
pub struct DemoLogin {
    /// Address.
    pub email: String,
    /// Made up at each start.
    pub password: String,
}

impl fmt::Debug for DemoLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoLogin").field("email", &self.email).finish_non_exhaustive()
    }
}

/// A running demo.
pub(crate) struct Demo {
    pub(crate) login: DemoLogin,
    venues: DemoVenues,
    stop: watch::Sender<bool>,
    strategy: Option<JoinHandle<()>>,
}

/// The simulated exchanges, before there is a user.
pub(crate) struct DemoVenues(nija_sim::SimHandle);

impl Demo {
    /// Starts the exchanges and adds them to the configuration.
    pub(crate) async fn start_venues(config: &mut ServerConfig) -> Result<DemoVenues, StartError> {
        venues::start(config).await.map(DemoVenues)
    }

    /// Stops trading.
    pub(crate) async fn stop_strategy(&mut self) {
        self.stop.send_replace(true);
        if let Some(task) = self.strategy.take()
            && let Err(error) = task.await
        {
            tracing::warn!(%error, "the demo's strategy ended badly");
        }
    }

    /// Stops the exchanges, after the platform has left them.
    pub(crate) async fn stop_venues(self) {
        self.venues.0.shutdown().await;
    }
}

impl DemoVenues {
    /// Signs the demo's user up, connects its keys and starts the strategy.
    pub(crate) async fn start_user(self, app: &AppState) -> Result<Demo, StartError> {
        let (user, login) = user::sign_up(app).await?;
        for venue in self.0.venues() {
            user::connect(app, user, venue).await?;
        }
        let stop = watch::Sender::new(false);
        let strategy = tokio::spawn(strategy::run(app.clone(), user, stop.subscribe()));
        Ok(Demo { login, venues: self, stop, strategy: Some(strategy) })
    }
}
