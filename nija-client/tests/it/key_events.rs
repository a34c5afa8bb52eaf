//! What was done with a key is believed where the pinned vault signed for it.

use axum::routing::get;
use axum::{Json, Router};
use nija_client::{AuditProofError, Client, ClientConfig, ClientError, SessionTokens};
use serde_json::Value;

/// Made by a vault; its key was thrown away. The proof is of entry 6.
const FROZEN: &str = include_str!("../audit-proof.json");

/// A server that answers every question for a proof with this one.
async fn start(proof: Value) -> String {
    let answer = get(move || std::future::ready(Json(proof.clone())));
    let app = Router::new().route("/v1/credentials/audit/{seq}/proof", answer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

fn client(url: &str, pin: [u8; 32]) -> Client {
    let mut config = ClientConfig::default();
    config.vault_pin = Some(pin);
    let client = Client::with_config(url, config).expect("a client");
    client.restore(SessionTokens {
        user: Some(crate::server::user()),
        access_token: "access".to_owned(),
        refresh_token: None,
        expires_in: None,
    });
    client
}

#[tokio::test]
async fn an_event_is_proven_by_the_pin_and_another_events_proof_is_none() {
    let frozen: Value = serde_json::from_str(FROZEN).expect("JSON");
    let mut pin = [0; 32];
    hex::decode_to_slice(frozen["pinned"].as_str().expect("text"), &mut pin).expect("hexadecimal");
    let url = start(frozen["proof"].clone()).await;
    let honest = client(&url, pin);
    let proven = honest.proven_key_event(6).await.expect("the vault signed for it");
    assert_eq!((proven.action.as_str(), proven.version), ("open", Some(2)));
    let other = honest.proven_key_event(7).await.expect_err("it is of entry 6");
    assert!(matches!(other, ClientError::Unproven(AuditProofError::NotIncluded)), "{other:?}");
    assert_eq!(other.code(), "entry_unproven");

    let stranger = client(&url, [7; 32]).proven_key_event(6).await;
    assert!(matches!(stranger, Err(ClientError::Unproven(AuditProofError::NotSigned))), "{stranger:?}");
    let mut touched = frozen["proof"].clone();
    touched["entry"]["count"] = 2.into();
    let touched = client(&start(touched).await, pin).proven_key_event(6).await;
    assert!(matches!(touched, Err(ClientError::Unproven(AuditProofError::NotIncluded))), "{touched:?}");
}
