//! The KV engine, version 2: documents with a history, written by check-and-set.

use nija_core::VaultError;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

use super::client::{Answer, Client, data};

/// How far back a document's history is wiped when ciphertext is destroyed: more than the server keeps by default.
const WIPED: u64 = 64;

/// The engine at one mount.
pub(super) struct Kv {
    pub(super) client: Arc<Client>,
    pub(super) mount: String,
}

/// A document as it is now.
pub(super) struct Found<T> {
    /// `None` when nothing was ever there, or it was deleted.
    pub(super) document: Option<T>,
    /// The version to check and set against; 0 when nothing was ever there.
    pub(super) version: u64,
}

#[derive(Deserialize)]
struct Versioned<T> {
    data: Option<T>,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    version: u64,
}

impl Kv {
    pub(super) async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<Found<T>, VaultError> {
        let path = format!("{}/data/{path}", self.mount);
        let body = match self.client.call(&Method::GET, &path, None).await? {
            Answer::Found(body) => body,
            // A deleted document answers with its version; what never was answers with none.
            Answer::Missing(body) => match data::<Versioned<Value>>(&body) {
                Ok(found) => return Ok(Found { document: None, version: found.metadata.version }),
                Err(_) => return Ok(Found { document: None, version: 0 }),
            },
            Answer::Refused(why) => return Err(refused(&why)),
        };
        let found: Versioned<T> = data(&body)?;
        Ok(Found { document: found.data, version: found.metadata.version })
    }

    /// Writes over `version`; `None` when the document is at another one by now.
    pub(super) async fn write(
        &self,
        path: &str,
        version: u64,
        document: &impl serde::Serialize,
    ) -> Result<Option<u64>, VaultError> {
        let path = format!("{}/data/{path}", self.mount);
        let body = json!({ "options": { "cas": version }, "data": document });
        match self.client.call(&Method::POST, &path, Some(&body)).await? {
            Answer::Found(body) => data::<Metadata>(&body).map(|metadata| Some(metadata.version)),
            Answer::Refused(why) if why.contains("check-and-set") => Ok(None),
            Answer::Refused(why) => Err(refused(&why)),
            Answer::Missing(_) => Err(refused("there is no KV engine at the mount")),
        }
    }

    /// Destroys every older version of a document, for good.
    pub(super) async fn wipe_history(&self, path: &str, version: u64) -> Result<(), VaultError> {
        let older: Vec<u64> = (version.saturating_sub(WIPED).max(1)..version).collect();
        let path = format!("{}/destroy/{path}", self.mount);
        let body = json!({ "versions": older });
        match self.client.call(&Method::POST, &path, Some(&body)).await? {
            Answer::Found(_) => Ok(()),
            Answer::Missing(_) => Err(refused("there is no KV engine at the mount")),
            Answer::Refused(why) => Err(refused(&why)),
        }
    }

    /// The names below a path; folders end with a slash.
    pub(super) async fn list(&self, path: &str) -> Result<Vec<String>, VaultError> {
        #[derive(Deserialize)]
        struct Names {
            keys: Vec<String>,
        }
        let path = format!("{}/metadata/{path}?list=true", self.mount);
        match self.client.call(&Method::GET, &path, None).await? {
            Answer::Found(body) => data::<Names>(&body).map(|names| names.keys),
            Answer::Missing(_) => Ok(Vec::new()),
            Answer::Refused(why) => Err(refused(&why)),
        }
    }
}

pub(super) fn refused(why: &str) -> VaultError {
    VaultError::Storage(format!("the key server refuses: {why}"))
}
