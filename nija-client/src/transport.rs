//! The one file that knows HTTP and TLS libraries: a request in, status and bytes out; an address in, a socket out.
//!
//! Trust anchors are Mozilla's, compiled in, plus what the caller adds: the same on servers, phones and in wheels,
//! with no set-up inside the host app.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig as TlsConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use url::Url;

use crate::error::{ClientError, NetworkKind};

/// No answer of the API comes near this.
const MAX_BODY: usize = 32 << 20;
const MAX_FRAME: usize = 4 << 20;

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) struct Transport {
    base: Url,
    http: reqwest::Client,
    websocket_tls: Arc<TlsConfig>,
    connect_timeout: Duration,
}

pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) bearer: Option<&'a str>,
    pub(crate) idempotency_key: Option<&'a str>,
    pub(crate) if_match: Option<&'a str>,
    pub(crate) body: Option<&'a [u8]>,
    pub(crate) timeout: Duration,
}

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Transport {
    /// `roots` are further trusted certificates, DER.
    pub(crate) fn new(base: &str, roots: &[Vec<u8>], connect_timeout: Duration) -> Result<Self, ClientError> {
        let mut tls = tls_config(roots)?;
        let websocket_tls = Arc::new(tls.clone());
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(connect_timeout)
            // A redirect would carry the token to wherever it points.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("nija-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| ClientError::Invalid(format!("HTTP client: {error}")))?;
        Ok(Self { base: base_url(base)?, http, websocket_tls, connect_timeout })
    }

    /// The address of a path given by its segments (each is escaped) and query.
    pub(crate) fn url(&self, path: &[&str], query: &[(&str, String)]) -> Url {
        let mut url = self.base.clone();
        // `base_url` let only addresses with paths through, for which this cannot fail.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Response, ClientError> {
        let mut call = self.http.request(request.method, request.url).timeout(request.timeout);
        if let Some(token) = request.bearer {
            call = call.bearer_auth(token);
        }
        if let Some(key) = request.idempotency_key {
            call = call.header("idempotency-key", key);
        }
        if let Some(version) = request.if_match {
            call = call.header("if-match", version);
        }
        if let Some(body) = request.body {
            call = call.header("content-type", "application/json").body(body.to_vec());
        }
        let mut response = call.send().await.map_err(network)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(ClientError::Decode("the answer is too large".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, body })
    }

    /// Opens a WebSocket at `url` (`http` or `https`).
    pub(crate) async fn websocket(&self, mut url: Url) -> Result<Socket, ClientError> {
        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
        if url.set_scheme(scheme).is_err() {
            return Err(ClientError::Invalid("the server's address takes no WebSocket".to_owned()));
        }
        let limits =
            WebSocketConfig::default().max_message_size(Some(MAX_FRAME)).max_frame_size(Some(MAX_FRAME));
        let tls = Connector::Rustls(Arc::clone(&self.websocket_tls));
        let connecting = connect_async_tls_with_config(url.as_str(), Some(limits), true, Some(tls));
        match tokio::time::timeout(self.connect_timeout, connecting).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => Err(socket_error(&error)),
            Err(_) => Err(lost(NetworkKind::Timeout, "time is over")),
        }
    }
}

pub(crate) fn lost(kind: NetworkKind, detail: impl Into<String>) -> ClientError {
    ClientError::Network { kind, detail: detail.into() }
}

fn base_url(base: &str) -> Result<Url, ClientError> {
    let url = Url::parse(base.trim()).map_err(|error| ClientError::Invalid(format!("address: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(ClientError::Invalid("the address must begin with http:// or https://".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(ClientError::Invalid("the address must hold no user, password or query".to_owned()));
    }
    Ok(url)
}

fn tls_config(roots: &[Vec<u8>]) -> Result<TlsConfig, ClientError> {
    let mut store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in roots {
        store
            .add(CertificateDer::from(root.as_slice()))
            .map_err(|error| ClientError::Invalid(format!("root certificate: {error}")))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = TlsConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::Invalid(format!("TLS: {error}")))?;
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}

fn network(error: reqwest::Error) -> ClientError {
    let kind = if error.is_connect() {
        NetworkKind::Connect
    } else if error.is_timeout() {
        NetworkKind::Timeout
    } else {
        NetworkKind::Interrupted
    };
    lost(kind, in_words(&error.without_url()))
}

fn socket_error(error: &tokio_tungstenite::tungstenite::Error) -> ClientError {
    use tokio_tungstenite::tungstenite::Error;
    match error {
        Error::Http(response) => ClientError::Status(response.status().as_u16()),
        other => lost(NetworkKind::Interrupted, in_words(other)),
    }
}

/// The whole chain of causes: the outer words alone ("error sending request") tell nobody anything.
fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !words.contains(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        cause = inner.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport(base: &str) -> Result<Transport, ClientError> {
        Transport::new(base, &[], Duration::from_secs(1))
    }

    #[test]
    fn paths_are_escaped_and_a_base_path_is_kept() {
        let transport = transport("https://host/nija/").expect("valid");
        let url = transport.url(&["v1", "orders", "a/b ?c"], &[("cursor", "x&y".to_owned())]);
        assert_eq!(url.as_str(), "https://host/nija/v1/orders/a%2Fb%20%3Fc?cursor=x%26y");
    }

    #[test]
    fn only_plain_http_addresses_are_taken() {
        for bad in ["", "host:8080", "ftp://host", "https://me:pw@host", "http://host?x=1", "file:///etc"] {
            assert!(matches!(transport(bad), Err(ClientError::Invalid(_))), "{bad}");
        }
    }
}
