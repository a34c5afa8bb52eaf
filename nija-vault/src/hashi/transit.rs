//! The Transit engine: encryption with a key that never leaves the server.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nija_core::VaultError;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

use super::client::{Answer, Client, data};
use super::kv::refused;
use crate::Transit;

/// One key of the engine at one mount, for a signer that is logged in ([`HashiServer::connect_transit`](crate::HashiServer::connect_transit)).
pub struct TransitKey {
    pub(super) client: Arc<Client>,
    pub(super) mount: String,
    pub(super) key: String,
}

impl TransitKey {
    async fn ask(&self, what: &str, body: &serde_json::Value) -> Result<Vec<u8>, VaultError> {
        let path = format!("{}/{what}/{}", self.mount, self.key);
        match self.client.call(&Method::POST, &path, Some(body)).await? {
            Answer::Found(body) => Ok(body),
            Answer::Missing(_) => Err(refused("there is no Transit engine at the mount")),
            Answer::Refused(why) => Err(refused(&why)),
        }
    }
}

impl TransitKey {
    /// Makes a new version of the key on the server: what is encrypted from now on is under it. Older versions still decrypt.
    pub(super) async fn rotate(&self) -> Result<(), VaultError> {
        let path = format!("{}/keys/{}/rotate", self.mount, self.key);
        match self.client.call(&Method::POST, &path, Some(&json!({}))).await? {
            Answer::Found(_) => Ok(()),
            Answer::Missing(_) => Err(refused("there is no Transit engine at the mount")),
            Answer::Refused(why) => Err(refused(&why)),
        }
    }
}

/// The version of the key that a ciphertext is under: `vault:v3:...`.
pub(super) fn version_of(ciphertext: &str) -> &str {
    ciphertext.rsplit_once(':').map_or("", |(version, _)| version)
}

impl fmt::Debug for TransitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransitKey").field("key", &self.key).finish_non_exhaustive()
    }
}

#[async_trait]
impl Transit for TransitKey {
    async fn encrypt(&self, plaintext: &[u8]) -> Result<String, VaultError> {
        #[derive(Deserialize)]
        struct Encrypted {
            ciphertext: String,
        }
        let body = json!({ "plaintext": STANDARD.encode(plaintext) });
        let answer = self.ask("encrypt", &body).await?;
        data::<Encrypted>(&answer).map(|answer| answer.ciphertext)
    }

    async fn decrypt(&self, ciphertext: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        #[derive(Deserialize)]
        struct Decrypted {
            plaintext: String,
        }
        let answer = Zeroizing::new(self.ask("decrypt", &json!({ "ciphertext": ciphertext })).await?);
        let text = Zeroizing::new(data::<Decrypted>(&answer)?.plaintext);
        STANDARD
            .decode(text.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| VaultError::Storage("the key server's answer cannot be read".into()))
    }
}
