//! For tests: someone who can write the key server's documents, and has no key.

use async_trait::async_trait;
use nija_core::{UserId, VaultError, VenueId};
use serde_json::{Map, Value};

use super::HashiVault;
use super::reading::path;
use crate::testing::{Kept, Tampering};

#[async_trait]
impl Tampering for HashiVault {
    async fn kept(&self, user: UserId) -> Result<Kept, VaultError> {
        let mut kept = Map::new();
        for venue in self.state.venues(user).await? {
            let document = self.state.kv.read::<Value>(&path(user, &venue)).await?.document;
            let credentials = document.and_then(|document| document.get("credentials").cloned());
            kept.insert(venue.to_string(), credentials.unwrap_or_default());
        }
        Ok(Kept(Value::Object(kept)))
    }

    async fn put_back(&self, user: UserId, kept: &Kept) -> Result<(), VaultError> {
        let bad = || VaultError::Storage("that was not kept here".into());
        for (venue, credentials) in kept.0.as_object().ok_or_else(bad)? {
            let path = path(user, &VenueId::new(venue).map_err(|_| bad())?);
            let found = self.state.kv.read::<Value>(&path).await?;
            let mut document = found.document.ok_or_else(bad)?;
            *document.get_mut("credentials").ok_or_else(bad)? = credentials.clone();
            self.state.kv.write(&path, found.version, &document).await?.ok_or_else(bad)?;
        }
        Ok(())
    }
}
