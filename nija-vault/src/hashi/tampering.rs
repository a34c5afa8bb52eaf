//! For tests: someone who can write the key server's documents, and has no key.

use async_trait::async_trait;
use nija_core::{UserId, VaultError, VenueId};
use serde_json::{Map, Value};

use super::HashiVault;
use super::reading::path;
use super::record::Record;
use crate::store::StoredKey;
use crate::testing::{Kept, Tampering};

impl HashiVault {
    /// Makes of a user's document one that a program of before statuses were vouched for (docs/adr/0019) would have written. A vault
    /// that has seen the newer one refuses it: go on with another.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn make_of_old(&self, user: UserId, venue: &VenueId) -> Result<(), VaultError> {
        let bad = || VaultError::Storage("there is no such document".into());
        let path = path(user, venue);
        let found = self.state.kv.read::<Record>(&path).await?;
        let mut record = found.document.ok_or_else(bad)?;
        let key = record.user_key.as_mut().ok_or_else(bad)?;
        let stored = StoredKey { id: key.id, envelope: key.envelope.clone() };
        key.envelope = self.state.inner.keyring.load().unbind_user_key(user, &stored)?;
        self.state.kv.write(&path, found.version, &record).await?.ok_or_else(bad).map(|_| ())
    }
}

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
