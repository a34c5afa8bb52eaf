//! What is read from the documents.

use async_trait::async_trait;
use futures::stream::{self, StreamExt, TryStreamExt};
use nija_core::{CredentialId, CredentialMeta, UserId, VaultError, VenueId};
use uuid::Uuid;

use super::State;
use super::record::Record;
use crate::local::{ActiveSecret, Secrets};
use crate::store::{StoredKey, StoredSecret};

/// Documents that are read at once when all of them are wanted.
const AT_ONCE: usize = 16;

/// Where a user's credentials at a venue are. Both ids are made of characters that stand for themselves in a URL.
pub(super) fn path(user: UserId, venue: &VenueId) -> String {
    format!("users/{user}/{venue}")
}

#[async_trait]
impl Secrets for State {
    async fn active_secret(&self, user: UserId, venue: &VenueId) -> Result<Option<ActiveSecret>, VaultError> {
        let Some(record) = self.record(user, venue).await? else { return Ok(None) };
        let Some(active) = record.active()? else { return Ok(None) };
        let key = record.user_key.as_ref().ok_or(VaultError::Envelope("the user's key is missing"))?;
        let secret = StoredSecret {
            envelope: active.envelope.to_vec(),
            user_key: StoredKey { id: key.id, envelope: key.envelope.clone() },
            policy: record.policy.as_ref().map(|policy| policy.0.clone()),
        };
        Ok(Some((active.id, active.version, active.custody, secret)))
    }

    async fn using_key(
        &self,
        user: UserId,
        venue: &VenueId,
        nonce_key: CredentialId,
    ) -> Result<Option<CredentialId>, VaultError> {
        Ok(self.record(user, venue).await?.and_then(|record| record.using(nonce_key)))
    }

    async fn reload_keys(&self) -> Result<(), VaultError> {
        self.load_keys().await
    }

    async fn mend_policy(&self, user: UserId, venue: &VenueId) -> Result<(), VaultError> {
        let Some(newest) = self.newest_policy(user).await? else { return Ok(()) };
        self.follow(user, &path(user, venue), &newest).await
    }
}

impl State {
    pub(super) async fn record(&self, user: UserId, venue: &VenueId) -> Result<Option<Record>, VaultError> {
        // The one name that would lead elsewhere in a URL is no venue's.
        if venue.as_str().bytes().all(|byte| byte == b'.') {
            return Ok(None);
        }
        let found = self.kv.read::<Record>(&path(user, venue)).await?;
        found.document.map(Record::check).transpose()
    }

    /// A user's credentials, newest first.
    pub(super) async fn of_user(&self, user: UserId) -> Result<Vec<CredentialMeta>, VaultError> {
        let places = self.venues(user).await?.into_iter().map(|venue| (user, venue)).collect();
        let mut found = self.metas(places).await?;
        found.sort_by_key(|meta| std::cmp::Reverse((meta.created_at, meta.id.as_uuid())));
        Ok(found)
    }

    /// All active credentials, oldest first.
    pub(super) async fn all_active(&self) -> Result<Vec<CredentialMeta>, VaultError> {
        let users = self.users().await?;
        let places = stream::iter(users)
            .map(|user| async move {
                let venues = self.venues(user).await?;
                Ok::<_, VaultError>(venues.into_iter().map(|venue| (user, venue)).collect::<Vec<_>>())
            })
            .buffer_unordered(AT_ONCE)
            .try_concat()
            .await?;
        let mut found = self.metas(places).await?;
        found.retain(|meta| self.inner.is_usable(meta));
        found.sort_by_key(|meta| (meta.created_at, meta.id.as_uuid()));
        Ok(found)
    }

    async fn metas(&self, places: Vec<(UserId, VenueId)>) -> Result<Vec<CredentialMeta>, VaultError> {
        stream::iter(places)
            .map(|(user, venue)| async move {
                let Some(record) = self.record(user, &venue).await? else { return Ok(Vec::new()) };
                let metas = record.metas(user, &venue);
                Ok::<_, VaultError>(self.as_vouched(user, &record, metas))
            })
            .buffer_unordered(AT_ONCE)
            .try_concat()
            .await
    }

    /// Everyone who has, or had, credentials.
    pub(super) async fn users(&self) -> Result<Vec<UserId>, VaultError> {
        let names = self.kv.list("users").await?;
        let ids = names.iter().filter_map(|name| Uuid::try_parse(name.trim_end_matches('/')).ok());
        Ok(ids.map(UserId::from_uuid).collect())
    }

    /// The venues that a user has, or had, credentials at.
    pub(super) async fn venues(&self, user: UserId) -> Result<Vec<VenueId>, VaultError> {
        let names = self.kv.list(&format!("users/{user}")).await?;
        Ok(names.iter().filter_map(|name| VenueId::new(name).ok()).collect())
    }

    /// The venue of one of the user's credentials.
    pub(super) async fn venue_of(&self, user: UserId, id: CredentialId) -> Result<VenueId, VaultError> {
        let found = self.of_user(user).await?.into_iter().find(|meta| meta.id == id);
        found.map(|meta| meta.venue).ok_or(VaultError::NoSuchCredential { id })
    }
}
