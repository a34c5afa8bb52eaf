//! HTTP to OpenBao or HashiCorp Vault: which node, which token, what is tried again.

use nija_core::VaultError;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::login::{Login, ServerLogin, token_in};

/// One node's time for one answer.
const ANSWER: Duration = Duration::from_secs(2);
/// A call's time, all nodes and repetitions together: a lost leader is replaced within it.
const PATIENCE: Duration = Duration::from_secs(8);
/// Between two rounds over all nodes.
const PAUSE: Duration = Duration::from_millis(100);
/// An answer longer than this is not one of ours.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// Where the servers are and how to log in.
pub(super) struct Client {
    http: reqwest::Client,
    nodes: Vec<Url>,
    /// The node that answered last.
    preferred: AtomicUsize,
    namespace: Option<HeaderValue>,
    login: Login,
}

/// What the server said, where it is no error.
#[derive(Debug)]
pub(super) enum Answer {
    Found(Vec<u8>),
    /// Nothing is there; the body may say more.
    Missing(Vec<u8>),
    /// The request asks for something that does not hold, such as check-and-set.
    Refused(String),
}

/// Why a node's answer is none.
enum Failure {
    /// Another node, or this one a moment later, may answer.
    Passing(String),
    /// The token is not, or no longer, good for this.
    Denied(String),
    Lasting(String),
}

#[derive(Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Vec<String>,
}

impl Client {
    pub(super) fn new(config: &super::HashiServer) -> Result<Arc<Self>, VaultError> {
        let nodes = config.nodes.iter().map(|node| parse_node(node)).collect::<Result<Vec<_>, _>>()?;
        if nodes.is_empty() {
            return Err(VaultError::Storage("no server is configured".into()));
        }
        let namespace = config.namespace.as_deref().map(HeaderValue::from_str).transpose();
        let namespace =
            namespace.map_err(|_| VaultError::Storage("the namespace is not a namespace".into()))?;
        let mut headers = HeaderMap::new();
        // Guards the server against requests that a browser was talked into.
        headers.insert("x-vault-request", HeaderValue::from_static("true"));
        let mut http = reqwest::Client::builder()
            .default_headers(headers)
            .timeout(ANSWER)
            .connect_timeout(ANSWER)
            .tcp_nodelay(true)
            // A token must not follow a redirect to wherever it points: standby nodes forward by themselves.
            .redirect(reqwest::redirect::Policy::none())
            // The environment does not decide through whom keys travel.
            .no_proxy();
        for certificate in &config.root_certificates {
            let certificate = reqwest::Certificate::from_pem(certificate)
                .map_err(|_| VaultError::Storage("a root certificate is not PEM".into()))?;
            http = http.add_root_certificate(certificate);
        }
        let http = http.build().map_err(|error| VaultError::Storage(error.to_string()))?;
        let login = Login::new(config.login.clone());
        let client = Arc::new(Self { http, nodes, preferred: AtomicUsize::new(0), namespace, login });
        Ok(client)
    }

    /// Logs in, and keeps the token alive for as long as the client is.
    pub(super) async fn start(self: &Arc<Self>) -> Result<(), VaultError> {
        self.log_in(None).await?;
        let client = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                let Some(wait) = client.upgrade().map(|client| client.login.renew_in()) else { return };
                tokio::time::sleep(wait).await;
                let Some(client) = client.upgrade() else { return };
                client.renew().await;
            }
        });
        Ok(())
    }

    /// Calls with the token; logs in anew when it is no longer good.
    pub(super) async fn call(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, VaultError> {
        let token = self.login.token();
        match self.anywhere(method, path, body, Some(&token)).await {
            Err(Failure::Denied(_)) => {
                self.log_in(Some(&token)).await?;
                let token = self.login.token();
                self.anywhere(method, path, body, Some(&token)).await
            }
            answer => answer,
        }
        .map_err(|failure| {
            let (Failure::Passing(why) | Failure::Denied(why) | Failure::Lasting(why)) = failure;
            VaultError::Storage(format!("the key server: {why}"))
        })
    }

    /// Logs in unless someone else did since `stale` was taken.
    async fn log_in(&self, stale: Option<&HeaderValue>) -> Result<(), VaultError> {
        let _turn = self.login.turn().await;
        if stale.is_some_and(|stale| *stale != self.login.token()) {
            return Ok(());
        }
        let told = match &self.login.how {
            ServerLogin::AppRole(role) => {
                let body = role.body();
                let answer = self.anywhere(&Method::POST, "auth/approle/login", Some(&body), None).await;
                found(answer, "there is no AppRole to log in with").and_then(|body| self.login.take(body))
            }
            ServerLogin::TokenFile(file) => self.take_token(file).await,
        };
        told.map_err(|why| VaultError::Storage(format!("the key server does not log us in: {why}")))
    }

    /// Reads the token anew, and asks the server how long it is good for.
    async fn take_token(&self, file: &Path) -> Result<(), String> {
        let token = token_in(file)?;
        let answer = self.anywhere(&Method::GET, "auth/token/lookup-self", None, Some(&token)).await;
        // It repeats the token.
        let body = Zeroizing::new(found(answer, "it does not know its own tokens")?);
        self.login.take_given(token, &body)
    }

    /// Before the token ends: renews it, or logs in anew where it can be renewed no longer.
    async fn renew(&self) {
        let token = self.login.token();
        if self.login.is_renewable() {
            let body = serde_json::json!({});
            let answer =
                self.anywhere(&Method::POST, "auth/token/renew-self", Some(&body), Some(&token)).await;
            match answer {
                Ok(Answer::Found(body)) => {
                    let renewed = self.login.take(body);
                    if renewed.is_ok() && !self.login.is_short() {
                        return;
                    }
                }
                Err(Failure::Passing(why)) => {
                    tracing::warn!(%why, "the key server does not renew our token; trying again");
                    return;
                }
                // Renewable no longer: a new one.
                _ => {}
            }
        }
        if let Err(error) = self.log_in(Some(&token)).await {
            tracing::warn!(%error, "the key server gives no new token; trying again");
        }
    }

    /// Asks the node that answered last, then the others, in rounds until one answers or time is up.
    async fn anywhere(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        token: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        let end = Instant::now() + PATIENCE;
        loop {
            let first = self.preferred.load(Ordering::Relaxed);
            let mut last = Failure::Passing("no node was asked".into());
            for offset in 0..self.nodes.len() {
                let number = (first + offset) % self.nodes.len();
                let Some(node) = self.nodes.get(number) else { continue };
                match self.ask(node, method, path, body, token).await {
                    Err(Failure::Passing(why)) => last = Failure::Passing(why),
                    answer => {
                        if offset > 0 {
                            self.preferred.store(number, Ordering::Relaxed);
                        }
                        return answer;
                    }
                }
            }
            if Instant::now() + PAUSE >= end {
                return Err(last);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn ask(
        &self,
        node: &Url,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        token: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        let url = node.join(path).map_err(|error| Failure::Lasting(error.to_string()))?;
        let mut request = self.http.request(method.clone(), url);
        if let Some(namespace) = &self.namespace {
            request = request.header("x-vault-namespace", namespace);
        }
        if let Some(token) = token {
            request = request.header("x-vault-token", token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        // The error's own words hold the address, which may hold a user's id.
        let passing = |error: reqwest::Error| Failure::Passing(error.without_url().to_string());
        let response = request.send().await.map_err(passing)?;
        let status = response.status();
        let bytes = read(response).await?;
        match status {
            StatusCode::OK | StatusCode::NO_CONTENT => Ok(Answer::Found(bytes)),
            StatusCode::NOT_FOUND => Ok(Answer::Missing(bytes)),
            StatusCode::BAD_REQUEST => Ok(Answer::Refused(words(&bytes))),
            StatusCode::FORBIDDEN => Err(Failure::Denied(words(&bytes))),
            // No leader, sealed, a standby that cannot forward, too many requests.
            _ if status.is_server_error()
                || matches!(status.as_u16(), 412 | 429 | 472 | 473)
                || status.is_redirection() =>
            {
                Err(Failure::Passing(format!("{status}: {}", words(&bytes))))
            }
            _ => Err(Failure::Lasting(format!("{status}: {}", words(&bytes)))),
        }
    }
}

/// What was found, or why nothing was.
fn found(answer: Result<Answer, Failure>, missing: &str) -> Result<Vec<u8>, String> {
    match answer {
        Ok(Answer::Found(body)) => Ok(body),
        Ok(Answer::Missing(_)) => Err(missing.to_owned()),
        Ok(Answer::Refused(why))
        | Err(Failure::Passing(why) | Failure::Denied(why) | Failure::Lasting(why)) => Err(why),
    }
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| Failure::Passing(error.without_url().to_string()))?
    {
        if bytes.len() + chunk.len() > MAX_ANSWER {
            return Err(Failure::Lasting("its answer is too long".into()));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn parse_node(node: &str) -> Result<Url, VaultError> {
    let unusable = || VaultError::Storage("a server's address is not a URL".into());
    let url = Url::parse(node).map_err(|_| unusable())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(unusable());
    }
    url.join("/v1/").map_err(|_| unusable())
}

/// The server's reasons on one line.
fn words(body: &[u8]) -> String {
    let errors =
        serde_json::from_slice::<Errors>(body).map(|body| body.errors.join("; ")).unwrap_or_default();
    errors.chars().map(|char| if char.is_control() { ' ' } else { char }).take(200).collect()
}

/// Reads the `data` of an answer.
pub(super) fn data<T: DeserializeOwned>(body: &[u8]) -> Result<T, VaultError> {
    #[derive(Deserialize)]
    struct Body<T> {
        data: T,
    }
    // The parser's words would quote the body.
    serde_json::from_slice::<Body<T>>(body)
        .map(|body| body.data)
        .map_err(|_| VaultError::Storage("the key server's answer cannot be read".into()))
}
