//! The same over TLS, with a certificate authority of our own.

use std::sync::Arc;
use std::time::Duration;

use nija_client::{Client, ClientConfig};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::server::{PASSWORD, Shared, router};

struct Listener {
    tcp: TcpListener,
    tls: TlsAcceptor,
}

impl axum::serve::Listener for Listener {
    type Io = tokio_rustls::server::TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.tcp.accept().await else {
                continue;
            };
            // A client that does not trust us hangs up here.
            if let Ok(stream) = self.tls.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// The server's address and its root certificate.
async fn start(shared: Arc<Shared>) -> (String, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("certificate");
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("key");
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let url = format!("https://localhost:{}", tcp.local_addr().expect("address").port());
    let listener = Listener { tcp, tls: TlsAcceptor::from(Arc::new(tls)) };
    tokio::spawn(async move { axum::serve(listener, router(shared)).await });
    (url, certificate.to_vec())
}

#[tokio::test]
async fn calls_and_stream_go_over_tls() {
    let shared = Arc::new(Shared::default());
    let (sender, mut sockets) = tokio::sync::mpsc::unbounded_channel();
    *shared.sockets.lock().await = Some(sender);
    let (url, root) = start(shared).await;
    let mut config = ClientConfig::default();
    config.root_certificates = vec![root];
    let client = Client::with_config(&url, config).expect("address");
    client.sign_in("me@example.com", PASSWORD).await.expect("signs in");
    let _stream = client.stream();
    let connected = tokio::time::timeout(Duration::from_secs(20), sockets.recv()).await;
    assert!(connected.expect("in time").is_some());
}

#[tokio::test]
async fn an_untrusted_certificate_is_refused_before_the_password_is_sent() {
    let (url, _) = start(Arc::new(Shared::default())).await;
    let client = Client::new(&url).expect("address");
    let error = client.sign_in("me@example.com", PASSWORD).await.expect_err("not trusted");
    assert_eq!(error.code(), "network");
    assert!(!error.may_have_acted(), "{error}");
    assert!(error.to_string().contains("certificate"), "{error}");
}
