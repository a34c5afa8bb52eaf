//! Start-up and shutdown.

mod background;
mod error;
mod http;
mod keeping;
mod lock;
mod sampling;
mod unseal;

pub use error::StartError;
pub use unseal::give_share;

use axum::{Router, middleware};
use nija::{Platform, PlatformConfig};
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tower_http::{compression::CompressionLayer, cors::CorsLayer};

use crate::{
    accounts::Accounts,
    api,
    auth::{Hasher, RevokedSessions, Tokens},
    config::{ServerConfig, default_data_dir},
    demo::Demo,
    edge::edge,
    state::{App, AppParts, AppState, Phase},
    web,
};

pub use crate::demo::DemoLogin;

/// A server that listens.
pub struct RunningServer {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where `/metrics` listens, if that is apart.
    pub metrics_addr: Option<SocketAddr>,
    /// `http://127.0.0.1:8080`
    pub url: String,
    /// How to sign in to the demo.
    pub demo: Option<DemoLogin>,
    /// By which somebody who has signed up becomes the first administrator; missing where there is one. It works once, until the server stops.
    pub admin_token: Option<String>,
    /// Where its data lives.
    pub data_dir: PathBuf,
    app: AppState,
    tasks: Vec<JoinHandle<()>>,
    running_demo: Option<Demo>,
    _lock: lock::DataLock,
    _temporary: Option<TempDir>,
}

/// Starts a server. When this returns, it answers.
///
/// # Errors
/// [`StartError`] says which part could not start and what to do about it.
pub async fn start(mut config: ServerConfig) -> Result<RunningServer, StartError> {
    config.check()?;
    let listener = bind(config.listen, "listen").await?;
    let metrics_listener = match config.metrics_listen {
        Some(address) => Some(bind(address, "metrics_listen").await?),
        None => None,
    };
    let addr = listener.local_addr()?;
    let metrics_addr = metrics_listener.as_ref().map(TcpListener::local_addr).transpose()?;
    let (data_dir, temporary) = data_dir(&config)?;
    let lock = lock::DataLock::take(&data_dir)?;
    let demo = if config.demo { Some(Demo::start_venues(&mut config).await?) } else { None };
    let app = open(config, &data_dir).await?;
    let has_admin = app.accounts.has_admin().await.map_err(StartError::accounts)?;
    let admin_token = (!has_admin).then(|| app.admin_token.make(app.platform.entropy().as_ref()).to_string());
    let mut tasks = vec![
        tokio::spawn(background::tidy(app.clone())),
        tokio::spawn(background::become_ready(app.clone())),
        tokio::spawn(keeping::keep_up(app.clone())),
        tokio::spawn(sampling::sample_equity(app.clone())),
    ];
    tasks.push(tokio::spawn(http::serve(listener, router(&app)?, app.clone())));
    if let Some(listener) = metrics_listener {
        let router = api::metrics_router().with_state(app.clone());
        tasks.push(tokio::spawn(http::serve(listener, router, app.clone())));
    }
    let running_demo = match demo {
        Some(venues) => Some(venues.start_user(&app).await?),
        None => None,
    };
    tracing::info!(%addr, data = %data_dir.display(), "listening");
    let login = running_demo.as_ref().map(|demo| demo.login.clone());
    Ok(RunningServer {
        addr,
        metrics_addr,
        url: format!("http://{addr}"),
        demo: login,
        admin_token,
        data_dir,
        app,
        tasks,
        running_demo,
        _lock: lock,
        _temporary: temporary,
    })
}

impl RunningServer {
    /// The platform that it serves.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.app.platform
    }

    /// Takes nothing new, tells the open streams, ends what is under way, and closes the ledger.
    pub async fn shutdown(mut self) {
        self.app.enter(Phase::Draining);
        if let Some(demo) = &mut self.running_demo {
            demo.stop_strategy().await;
        }
        let wait = Duration::from_secs(self.app.config.limits.drain_seconds) + Duration::from_secs(1);
        for mut task in self.tasks {
            if tokio::time::timeout(wait, &mut task).await.is_err() {
                task.abort();
            }
        }
        self.app.platform.close().await;
        if let Some(demo) = self.running_demo {
            demo.stop_venues().await;
        }
        tracing::info!("stopped");
    }
}

impl std::fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningServer").field("url", &self.url).finish_non_exhaustive()
    }
}

async fn bind(address: SocketAddr, key: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { key, address, source })
}

/// The folder, and the temporary one that must outlive the server where nobody named any for a demo.
fn data_dir(config: &ServerConfig) -> Result<(PathBuf, Option<TempDir>), StartError> {
    match &config.data_dir {
        Some(folder) => Ok((folder.clone(), None)),
        None if config.demo => {
            let folder = tempfile::Builder::new().prefix("nija-demo-").tempdir()?;
            Ok((folder.path().to_owned(), Some(folder)))
        }
        None => Ok((default_data_dir()?, None)),
    }
}

async fn open(config: ServerConfig, data_dir: &std::path::Path) -> Result<AppState, StartError> {
    let mut parts = PlatformConfig::new(data_dir);
    parts.venues.clone_from(&config.venues);
    parts.vault.clone_from(&config.vault);
    parts.ledger.clone_from(&config.ledger);
    parts.vault.root = unseal::root(data_dir, &config.vault.root).await?;
    parts.engine = config.engine.clone();
    parts.routing = config.routing.clone();
    let accounts = Accounts::open(&data_dir.join("accounts.db")).await.map_err(StartError::accounts)?;
    // Before the engine starts: orders of the last run go on by their users' plans, not by the smallest.
    parts.engine.tiers.extend(accounts.raised_tiers().await.map_err(StartError::accounts)?);
    let platform = Platform::open(parts).await?;
    let now = platform.clock().now();
    let life = Duration::from_secs(config.auth.access_token_seconds);
    let tokens = Tokens::load(&accounts, life, now).await.map_err(StartError::accounts)?;
    let ended = accounts.ended_since(now.minus(life)).await.map_err(StartError::accounts)?;
    let hasher = Hasher::new(&config.auth).map_err(StartError::accounts)?;
    let revoked = RevokedSessions::new(life, ended, now);
    Ok(App::new(AppParts { platform, accounts, hasher, tokens, revoked, config }))
}

fn router(app: &AppState) -> Result<Router, StartError> {
    let (api, _document) = api::router(app);
    let mut router = api.fallback(web::serve).layer(CompressionLayer::new());
    if !app.config.cors_origins.is_empty() {
        router = router.layer(cors(&app.config.cors_origins)?);
    }
    Ok(router.layer(middleware::from_fn_with_state(app.clone(), edge)).with_state(app.clone()))
}

fn cors(origins: &[String]) -> Result<CorsLayer, StartError> {
    use axum::http::{HeaderName, HeaderValue, Method, header};
    let origins = origins
        .iter()
        .map(|origin| HeaderValue::from_str(origin).map_err(|_| StartError::Origin(origin.clone())))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([header::RETRY_AFTER, HeaderName::from_static("x-request-id")])
        .max_age(Duration::from_secs(600)))
}
