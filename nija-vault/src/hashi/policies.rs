//! Users' order policies.
//!
//! Opening is one read, so every document of a user holds the policy under its own key, which vouches for it. The document at
//! `users/{user}/~policy` is the one that the others follow: it is written first, and a document that was not reached when a change
//! was cut off is brought level when it is opened by a signer that saw the change, when it is next stored to, or when the
//! change is made again.

use nija_core::{OrderPolicy, UserId, VaultError};
use std::sync::Arc;

use super::State;
use super::changes::{Destroyed, Edited};
use super::reading::path;
use super::record::{Record, SealedPolicy};
use crate::crypto::{PolicyMark, UNKNOWN_KEK};
use crate::local::{policy_detail, policy_json, seal_policy};
use crate::store::StoredKey;

/// No venue has this character in its id.
pub(super) const PLACE: &str = "~policy";

/// Where a user's policy is that all documents follow.
pub(super) fn place(user: UserId) -> String {
    format!("users/{user}/{PLACE}")
}

/// A user's newest policy.
pub(super) struct Newest {
    revision: u64,
    policy: Option<OrderPolicy>,
}

impl Newest {
    pub(super) fn into_policy(self) -> Option<OrderPolicy> {
        self.policy
    }
}

impl State {
    /// The user's newest policy; `None` when none was ever set.
    pub(super) async fn newest_policy(&self, user: UserId) -> Result<Option<Newest>, VaultError> {
        let found = self.kv.read::<Record>(&place(user)).await?;
        let Some(record) = found.document.map(Record::check).transpose()? else {
            // No signer deletes it: without it a document that is made anew would be without the user's limits.
            return if found.version > 0 { Err(VaultError::Policy("it was taken away")) } else { Ok(None) };
        };
        match self.open_newest(user, &record) {
            Err(error) if error == UNKNOWN_KEK => {
                self.load_keys().await?;
                self.open_newest(user, &record)
            }
            opened => opened,
        }
    }

    fn open_newest(&self, user: UserId, record: &Record) -> Result<Option<Newest>, VaultError> {
        let Some(key) = &record.user_key else { return Ok(None) };
        let stored = StoredKey { id: key.id, envelope: key.envelope.clone() };
        let key = self.inner.keyring.load().open_user_key(user, &stored)?;
        let envelope = record.policy.as_ref().map(|policy| policy.0.as_slice());
        let policy = self.inner.open_policy(user, &key, envelope)?;
        Ok(Some(Newest { revision: key.mark.revision, policy }))
    }

    /// Sets or removes the policy, to the end, whether or not its caller waits for it; with `seen` only if that is the policy in force.
    pub(super) async fn set_policy(
        self: &Arc<Self>,
        user: UserId,
        seen: Option<Option<OrderPolicy>>,
        policy: Option<OrderPolicy>,
    ) -> Result<(), VaultError> {
        let (state, entry) = (Arc::clone(self), self.inner.entry("set_policy").by(user));
        let task = tokio::spawn(async move {
            let _turn = state.turn(user).await;
            let writer = &state.inner.writer;
            writer.record(entry.clone().intended()).await?;
            let written = state.write_policy(user, seen, policy.clone()).await;
            state.inner.book.end_user(user);
            match written {
                Ok(revision) => {
                    let detail = policy_detail(revision, policy_json(policy.as_ref())?.as_deref());
                    if let Err(error) = writer.record(entry.detail(&detail)).await {
                        tracing::error!(%error, "the end of a change could not be audited; its intention was");
                    }
                    Ok(())
                }
                Err(error) => {
                    state.inner.record_refusal(entry.refused(&error.to_string())).await;
                    Err(error)
                }
            }
        });
        task.await.map_err(|error| VaultError::Storage(error.to_string()))?
    }

    async fn write_policy(
        &self,
        user: UserId,
        seen: Option<Option<OrderPolicy>>,
        policy: Option<OrderPolicy>,
    ) -> Result<u64, VaultError> {
        let revision = self
            .write(&place(user), &|record: &mut Record| {
                if let Some(seen) = &seen {
                    let newest = self.open_newest(user, record)?;
                    if newest.and_then(Newest::into_policy) != *seen {
                        return Err(VaultError::PolicyChanged);
                    }
                }
                let revision = self.key_of(user, record)?.mark.next_revision(self.inner.clock.now());
                self.put(user, record, revision, policy.as_ref())?;
                Ok(Edited { answer: revision, destroyed: Destroyed::No, standing: None })
            })
            .await?;
        // From here on it holds: a document that is not reached below is brought level before this signer uses it.
        self.inner.book.end_user(user);
        self.inner.saw_policy(user, revision);
        let newest = Newest { revision, policy };
        for venue in self.venues(user).await? {
            self.follow(user, &path(user, &venue), &newest).await?;
        }
        Ok(revision)
    }

    /// Brings a document level with the newest policy.
    pub(super) async fn follow(&self, user: UserId, path: &str, newest: &Newest) -> Result<(), VaultError> {
        self.write(path, &|record: &mut Record| {
            self.follow_in(user, record, newest)?;
            Ok(Edited { answer: (), destroyed: Destroyed::No, standing: None })
        })
        .await
    }

    /// A document without a key has nothing to sign with.
    pub(super) fn follow_in(
        &self,
        user: UserId,
        record: &mut Record,
        newest: &Newest,
    ) -> Result<(), VaultError> {
        if record.user_key.is_none() || self.key_of(user, record)?.mark.revision >= newest.revision {
            return Ok(());
        }
        self.put(user, record, newest.revision, newest.policy.as_ref())
    }

    fn put(
        &self,
        user: UserId,
        record: &mut Record,
        revision: u64,
        policy: Option<&OrderPolicy>,
    ) -> Result<(), VaultError> {
        let (key, json) = (self.key_of(user, record)?.key, policy_json(policy)?);
        let envelope = json.map(|json| seal_policy(user, &key, self.inner.clock.now(), &json)).transpose()?;
        let mark = PolicyMark::at(revision, envelope.as_deref());
        if let Some(wrapped) = &mut record.user_key {
            let stored = StoredKey { id: wrapped.id, envelope: wrapped.envelope.clone() };
            wrapped.envelope = self.inner.keyring.load().mark_user_key(user, &stored, &mark)?;
        }
        record.policy = envelope.map(SealedPolicy);
        Ok(())
    }

    /// Destroys the policy, under a key that is made anew. The revision stays: what is stored later is not older.
    pub(super) fn erase_policy(
        &self,
        user: UserId,
        record: &mut Record,
    ) -> Result<Edited<Option<[u8; 16]>>, VaultError> {
        if record.policy.is_none() {
            return Ok(Edited { answer: None, destroyed: Destroyed::No, standing: None });
        }
        let revision = match self.key_of(user, record) {
            Ok(key) => key.mark.next_revision(self.inner.clock.now()),
            // What does not open is destroyed all the same.
            Err(_) => PolicyMark::none(self.inner.clock.now()).revision,
        };
        let old = record.erase().0;
        self.put(user, record, revision, None)?;
        Ok(Edited { answer: old, destroyed: Destroyed::No, standing: None })
    }
}
