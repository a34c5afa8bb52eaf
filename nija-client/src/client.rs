//! The client and how a call is made: authorised, refreshed, decoded.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{ClientError, NetworkKind};
use crate::session::{Held, SessionObserver, SessionState, SessionTokens};
use crate::transport::{Request, Response, Transport, lost};
use crate::wire::{Problem, RefreshRequest, Session};

/// A client of one server for one user. Clones share the session.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    session: SessionState,
    pin: OnceLock<[u8; 32]>,
    config: ClientConfig,
}

/// How a [`Client`] behaves.
#[derive(Clone)]
#[non_exhaustive]
pub struct ClientConfig {
    /// Longest wait for a connection. 10 s.
    pub connect_timeout: Duration,
    /// Longest wait for an answer, on top of what the call itself asks the server to wait. 30 s.
    pub request_timeout: Duration,
    /// How often `place_order` sends an order again whose answer was lost. 0. Safe at any number: an order always
    /// carries a client order id, under which the server acts once.
    pub order_retries: u32,
    /// Further trusted root certificates, DER.
    pub root_certificates: Vec<Vec<u8>>,
    /// The vault's public key (`nija vault status` shows it): exchange keys are sealed to nothing that it did not sign.
    /// Without one, the first key that is seen is pinned for this client's life, and
    /// [`SessionObserver::vault_pinned`] is told, so that a host can keep it.
    pub vault_pin: Option<[u8; 32]>,
    /// Told about every change of the session.
    pub session_observer: Option<Arc<dyn SessionObserver>>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            order_retries: 0,
            root_certificates: Vec::new(),
            vault_pin: None,
            session_observer: None,
        }
    }
}

impl Client {
    /// A client of the server at `base_url` (`http://` or `https://`), not signed in.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] for an address that cannot be called.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        Self::with_config(base_url, ClientConfig::default())
    }

    /// The same, with a configuration.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] for an address or a certificate that cannot be used.
    pub fn with_config(base_url: &str, config: ClientConfig) -> Result<Self, ClientError> {
        let transport = Transport::new(base_url, &config.root_certificates, config.connect_timeout)?;
        let session = SessionState::new(config.session_observer.clone());
        let pin = config.vault_pin.map(OnceLock::from).unwrap_or_default();
        Ok(Self { inner: Arc::new(Inner { transport, session, pin, config }) })
    }

    /// The server's address.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.inner.transport.base().as_str()
    }

    /// The tokens as they stand; `None` when signed out.
    #[must_use]
    pub fn session(&self) -> Option<SessionTokens> {
        self.inner.session.tokens()
    }

    /// Takes up a session that was kept (the observer is not told: it knows).
    pub fn restore(&self, tokens: SessionTokens) {
        self.inner.session.set(Some(tokens));
    }

    /// The vault's key that this client seals for: configured, or seen first. Keep it, and configure it the next time.
    #[must_use]
    pub fn vault_pin(&self) -> Option<[u8; 32]> {
        self.inner.pin.get().copied()
    }

    pub(crate) fn pin(&self) -> &OnceLock<[u8; 32]> {
        &self.inner.pin
    }

    pub(crate) fn config(&self) -> &ClientConfig {
        &self.inner.config
    }

    pub(crate) fn session_state(&self) -> &SessionState {
        &self.inner.session
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.inner.transport
    }

    /// Makes an authorised call and decodes its answer.
    pub(crate) async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, ClientError> {
        decode(&self.authorised(&call).await?)
    }

    /// Makes an authorised call that answers nothing.
    pub(crate) async fn command(&self, call: Call<'_>) -> Result<(), ClientError> {
        accepted(&self.authorised(&call).await?)
    }

    /// Makes a call without a token.
    pub(crate) async fn open_call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, ClientError> {
        decode(&self.send(&call, None).await?)
    }

    pub(crate) async fn open_command(&self, call: Call<'_>) -> Result<(), ClientError> {
        accepted(&self.send(&call, None).await?)
    }

    async fn authorised(&self, call: &Call<'_>) -> Result<Response, ClientError> {
        let held = self.session_state().held().ok_or(ClientError::SignedOut)?;
        let held = if held.is_fresh() { held } else { self.renew(held.turn).await? };
        let response = self.send(call, Some(&held.access)).await?;
        if response.status != 401 {
            return Ok(response);
        }
        // A 401 is said before anything is done, so that sending again is safe even for an order.
        let held = self.renew(held.turn).await?;
        self.send(call, Some(&held.access)).await
    }

    async fn send(&self, call: &Call<'_>, bearer: Option<&str>) -> Result<Response, ClientError> {
        let transport = self.transport();
        let request = Request {
            method: call.method.clone(),
            url: transport.url(call.path, &call.query),
            bearer,
            idempotency_key: call.idempotency_key,
            if_match: call.if_match,
            body: call.body.as_deref(),
            timeout: self.config().request_timeout + call.wait,
        };
        transport.send(request).await
    }

    /// A token newer than that of `turn`, fetched once for all who ask. It goes on when its caller is cancelled:
    /// a refresh token that was spent without keeping the new one would end the session.
    async fn renew(&self, turn: u64) -> Result<Held, ClientError> {
        let client = self.clone();
        let renewing = tokio::spawn(async move { client.renew_alone(turn).await });
        renewing.await.unwrap_or_else(|_| Err(lost(NetworkKind::Interrupted, "the refresh was stopped")))
    }

    async fn renew_alone(&self, turn: u64) -> Result<Held, ClientError> {
        let session = self.session_state();
        let _one_at_a_time = session.refreshing.lock().await;
        let held = session.held().ok_or(ClientError::SignedOut)?;
        if held.turn != turn {
            return Ok(held);
        }
        let Some(refresh) = &held.refresh else {
            session.replace(None);
            return Err(ClientError::SignedOut);
        };
        let body = RefreshRequest { refresh_token: refresh.to_string() };
        match self.open_call::<Session>(Call::post(&["v1", "auth", "refresh"]).json(&body)?).await {
            Ok(renewed) => session.signed_in(&renewed),
            Err(error) if matches!(error.status(), Some(400..=403 | 422)) => session.replace(None),
            Err(error) => return Err(error),
        }
        session.held().ok_or(ClientError::SignedOut)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

/// One call of the API.
pub(crate) struct Call<'a> {
    method: Method,
    path: &'a [&'a str],
    query: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
    idempotency_key: Option<&'a str>,
    if_match: Option<&'a str>,
    wait: Duration,
}

impl<'a> Call<'a> {
    pub(crate) fn get(path: &'a [&'a str]) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: &'a [&'a str]) -> Self {
        Self::new(Method::POST, path)
    }

    pub(crate) fn put(path: &'a [&'a str]) -> Self {
        Self::new(Method::PUT, path)
    }

    pub(crate) fn delete(path: &'a [&'a str]) -> Self {
        Self::new(Method::DELETE, path)
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self, ClientError> {
        let bytes = serde_json::to_vec(body).map_err(|error| ClientError::Invalid(error.to_string()))?;
        self.body = Some(bytes);
        Ok(self)
    }

    pub(crate) fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    pub(crate) fn idempotent(mut self, key: &'a str) -> Self {
        self.idempotency_key = Some(key);
        self
    }

    /// Only where what is changed is still this version.
    pub(crate) fn if_match(mut self, version: &'a str) -> Self {
        self.if_match = Some(version);
        self
    }

    /// The server holds the answer for up to this many milliseconds.
    pub(crate) fn wait_ms(mut self, wait: Option<u64>) -> Self {
        self.wait = Duration::from_millis(wait.unwrap_or_default());
        self.query("wait_ms", wait)
    }

    fn new(method: Method, path: &'a [&'a str]) -> Self {
        Self {
            method,
            path,
            query: Vec::new(),
            body: None,
            idempotency_key: None,
            if_match: None,
            wait: Duration::ZERO,
        }
    }
}

fn decode<T: DeserializeOwned>(response: &Response) -> Result<T, ClientError> {
    accepted(response)?;
    serde_json::from_slice(&response.body).map_err(|error| ClientError::Decode(error.to_string()))
}

fn accepted(response: &Response) -> Result<(), ClientError> {
    if (200..300).contains(&response.status) {
        return Ok(());
    }
    Err(match serde_json::from_slice::<Problem>(&response.body) {
        Ok(problem) => ClientError::Problem(Box::new(problem)),
        Err(_) => ClientError::Status(response.status),
    })
}
