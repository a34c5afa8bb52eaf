//! Sealing keys are taken from the pinned vault alone, and a retired key is replaced by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use nija_client::wire::{CredentialPlaintext, StoreCredential};
use nija_client::{Client, ClientConfig, ClientError, PinError, SessionObserver, SessionTokens};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// A vault's published keys; which key pair signs and how often the newest key changed can be set.
struct Vault {
    identity: Mutex<Ed25519KeyPair>,
    rotations: AtomicUsize,
    /// Keys that were fetched and are retired before they come back, so many times.
    retire: AtomicUsize,
    stored: Mutex<Vec<String>>,
}

fn identity(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed")
}

fn public(of: &Ed25519KeyPair) -> [u8; 32] {
    of.public_key().as_ref().try_into().expect("32 bytes")
}

async fn keys(State(vault): State<Arc<Vault>>) -> Json<Value> {
    let now =
        i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("time").as_micros()).expect("i64");
    let newest = vault.rotations.load(SeqCst);
    // X25519's base point is a good public key for a test that opens nothing.
    let public_key = format!("09{}", "00".repeat(31));
    let keys: Vec<_> = (0..=newest)
        .rev()
        .map(|n| json!({ "key_id": format!("key-{n}"), "public_key": public_key, "made_at_micros": now }))
        .collect();
    let payload =
        json!({ "issued_at_micros": now, "expires_at_micros": now + 86_400_000_000i64, "keys": keys });
    let (payload, identity) = (payload.to_string(), vault.identity.lock());
    let signature = identity.sign(&[b"nija sealing keys\x01", payload.as_bytes()].concat());
    Json(json!({
        "key_id": format!("key-{newest}"), "public_key": "", "suite": "",
        "signed": { "payload": payload, "signer": hex::encode(public(&identity)), "signature": hex::encode(signature) },
    }))
}

async fn store(State(vault): State<Arc<Vault>>, Json(sealed): Json<StoreCredential>) -> Response {
    if vault.retire.load(SeqCst) > 0 {
        vault.retire.fetch_sub(1, SeqCst);
        vault.rotations.fetch_add(1, SeqCst);
        let problem =
            json!({ "type": "", "title": "", "status": 422, "code": "sealing_key_unknown", "detail": "" });
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(problem)).into_response();
    }
    vault.stored.lock().push(sealed.key_id);
    let stored = json!({ "id": "c", "venue": "kraken", "label": "l", "version": 1, "custody": "delegated",
        "status": "active", "rights": [], "created_at": "2026-11-26T00:00:00Z" });
    (StatusCode::CREATED, Json(stored)).into_response()
}

async fn start() -> (String, Arc<Vault>) {
    let vault = Arc::new(Vault {
        identity: Mutex::new(identity(1)),
        rotations: AtomicUsize::new(0),
        retire: AtomicUsize::new(0),
        stored: Mutex::default(),
    });
    let app = Router::new()
        .route("/v1/credentials/sealing-key", get(keys))
        .route("/v1/credentials/store", post(store))
        .with_state(vault.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, vault)
}

#[derive(Default)]
struct Pins(Mutex<Vec<[u8; 32]>>);

impl SessionObserver for Pins {
    fn session_changed(&self, _: Option<&SessionTokens>) {}

    fn vault_pinned(&self, pin: &[u8; 32]) {
        self.0.lock().push(*pin);
    }
}

fn client(url: &str, pin: Option<[u8; 32]>, pins: &Arc<Pins>) -> Client {
    let mut config = ClientConfig::default();
    config.vault_pin = pin;
    config.session_observer = Some(pins.clone());
    let client = Client::with_config(url, config).expect("a client");
    client.restore(SessionTokens {
        user: Some(crate::server::user()),
        access_token: "access".to_owned(),
        refresh_token: None,
        expires_in: None,
    });
    client
}

fn pair() -> CredentialPlaintext {
    CredentialPlaintext { key: "k".to_owned(), secret: "s".to_owned(), passphrase: None }
}

#[tokio::test]
async fn the_first_vault_seen_is_pinned_and_another_is_refused() {
    let (url, vault) = start().await;
    let pins = Arc::<Pins>::default();
    let client = client(&url, None, &pins);
    client.connect_exchange("kraken", "l", &pair()).await.expect("stored");
    client.sealing_key().await.expect("the same vault again");
    assert_eq!(*pins.0.lock(), [public(&identity(1))], "told once");
    assert_eq!(client.vault_pin(), Some(public(&identity(1))));
    *vault.identity.lock() = identity(2);
    let refused = client.connect_exchange("kraken", "l", &pair()).await.expect_err("another vault");
    assert!(matches!(refused, ClientError::Untrusted(PinError::NotSigned)), "{refused:?}");
    assert_eq!(refused.code(), "sealing_keys_untrusted");
    assert_eq!(vault.stored.lock().len(), 1, "nothing was sealed to it");
}

#[tokio::test]
async fn a_configured_pin_is_held_from_the_first_call_on() {
    let (url, vault) = start().await;
    let pins = Arc::<Pins>::default();
    let refused = client(&url, Some(public(&identity(2))), &pins).sealing_key().await;
    assert!(matches!(refused, Err(ClientError::Untrusted(PinError::NotSigned))));
    assert!(client(&url, Some(public(&identity(1))), &pins).sealing_key().await.is_ok());
    assert!(pins.0.lock().is_empty() && vault.stored.lock().is_empty());
}

#[tokio::test]
async fn a_key_retired_between_fetch_and_store_is_replaced_once() {
    let (url, vault) = start().await;
    let pins = Arc::<Pins>::default();
    let client = client(&url, None, &pins);
    vault.retire.store(1, SeqCst);
    client.connect_exchange("kraken", "l", &pair()).await.expect("sealed anew");
    assert_eq!(*vault.stored.lock(), ["key-1"]);
    vault.retire.store(2, SeqCst);
    let refused = client.connect_exchange("kraken", "l", &pair()).await.expect_err("not for ever");
    assert_eq!(refused.code(), "sealing_key_unknown");
}
