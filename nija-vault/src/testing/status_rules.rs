//! The rules of statuses, one function each: who can write where credentials are kept, and has no key, puts nothing in force.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc)]

use async_trait::async_trait;
use nija_core::{
    CredentialId, CredentialStatus, Method, OpenPurpose, SignError, Signer, UserId, VaultError, VenueId,
};
use std::sync::Arc;
use std::time::Duration;

use super::{Replacing, Setup, request, sealed, venue};

/// What is stored of a user's credentials besides the keys.
#[derive(Debug, Clone)]
pub struct Kept(pub(crate) serde_json::Value);

impl Kept {
    /// The same, with every credential in it said to be revoked.
    #[must_use]
    pub fn said_to_be_revoked(&self) -> Self {
        fn said(value: &serde_json::Value) -> serde_json::Value {
            use serde_json::Value;
            match value {
                Value::String(status) if status == "active" => Value::String("revoked".into()),
                Value::Array(all) => all.iter().map(said).collect(),
                Value::Object(all) => {
                    Value::Object(all.iter().map(|(name, one)| (name.clone(), said(one))).collect())
                }
                other => other.clone(),
            }
        }
        Self(said(&self.0))
    }
}

/// A vault, and someone who can write where its credentials are kept.
#[async_trait]
pub trait Tampering: Replacing {
    /// Takes a copy of what is stored of a user's credentials.
    ///
    /// # Errors
    /// [`VaultError::Storage`].
    async fn kept(&self, user: UserId) -> Result<Kept, VaultError>;

    /// Puts a copy in the place of what is stored by now. The user's key stays as it is.
    ///
    /// # Errors
    /// [`VaultError::Storage`].
    async fn put_back(&self, user: UserId, kept: &Kept) -> Result<(), VaultError>;
}

/// Makes a test of every rule of statuses; the argument is as for [`conformance_suite!`](crate::conformance_suite), with
/// `Arc<dyn Tampering>`.
#[macro_export]
macro_rules! status_suite {
    ($make:expr) => {
        $crate::each_rule!($make;
            a_revoked_credential_that_was_set_active_again_stays_closed,
            a_version_that_was_put_back_in_use_stays_closed,
            other_changes_of_the_user_let_nothing_in,
            what_was_put_back_is_not_gone_on_with,
            one_that_was_said_to_be_revoked_is_ended_all_the_same,
            one_that_was_said_to_be_revoked_is_destroyed_all_the_same
        );
    };
}

async fn put(setup: &Setup, vault: &dyn Tampering, user: UserId, at: &VenueId) -> (String, CredentialId) {
    let key = setup.random_text();
    let blob = sealed(vault, user, at, &key, &setup.random_text()).await.unwrap();
    let meta = vault.store(user, at, "main", &blob).await.unwrap();
    (key, meta.id)
}

async fn signs(signer: &dyn Signer, at: &VenueId) -> Result<String, SignError> {
    let signed = signer.sign(request(at.as_str(), Method::Get, "/balance")).await?;
    Ok(signed.headers().iter().find(|(name, _)| *name == "api-key").unwrap().1.clone())
}

async fn key_at(vault: &dyn Tampering, user: UserId, at: &VenueId) -> Result<String, VaultError> {
    let signer = vault.open(user, at, OpenPurpose::Trade).await?;
    Ok(signs(signer.as_ref(), at).await.unwrap())
}

fn closed(opened: &Result<String, VaultError>) -> bool {
    matches!(opened, Err(VaultError::Status(_)))
}

pub async fn a_revoked_credential_that_was_set_active_again_stays_closed(
    setup: &Setup,
    vault: Arc<dyn Tampering>,
) {
    let (vault, user, at) = (vault.as_ref(), setup.user(), venue("one"));
    let (key, id) = put(setup, vault, user, &at).await;
    assert_eq!(key_at(vault, user, &at).await.unwrap(), key);
    let kept = vault.kept(user).await.unwrap();
    vault.revoke(user, id).await.unwrap();
    vault.put_back(user, &kept).await.unwrap();
    for _ in 0..2 {
        let opened = key_at(vault, user, &at).await;
        assert!(closed(&opened), "{opened:?}");
        setup.clock.advance(Duration::from_secs(301));
    }
    let listed = vault.list(user).await.unwrap();
    assert_eq!(
        (listed.len(), listed[0].status),
        (1, CredentialStatus::Revoked),
        "what is told is what holds"
    );
    assert!(vault.active().await.unwrap().is_empty());
    let about = vault.its_books().audit_of(user, None, 100).await.unwrap();
    let refused = about.iter().filter(|entry| entry.action == "open" && entry.outcome == "refused");
    assert_eq!(refused.count(), 2, "each refusal is on record");
    vault.verify_audit().await.unwrap();
}

pub async fn a_version_that_was_put_back_in_use_stays_closed(setup: &Setup, vault: Arc<dyn Tampering>) {
    let (vault, user, at) = (vault.as_ref(), setup.user(), venue("one"));
    let (first, id) = put(setup, vault, user, &at).await;
    let with_the_first = vault.kept(user).await.unwrap();
    put(setup, vault, user, &at).await;
    let with_the_second = vault.kept(user).await.unwrap();
    vault.put_back(user, &with_the_first).await.unwrap();
    setup.clock.advance(Duration::from_secs(301));
    assert!(closed(&key_at(vault, user, &at).await));
    vault.put_back(user, &with_the_second).await.unwrap();
    vault.rollback(user, id).await.unwrap();
    assert_eq!(key_at(vault, user, &at).await.unwrap(), first);
    vault.put_back(user, &with_the_second).await.unwrap();
    setup.clock.advance(Duration::from_secs(301));
    assert!(closed(&key_at(vault, user, &at).await), "what was rolled back from");
    let back = vault.rollback(user, id).await;
    assert!(matches!(back, Err(VaultError::Status(_))), "nothing leads on from there: {back:?}");
}

pub async fn other_changes_of_the_user_let_nothing_in(setup: &Setup, vault: Arc<dyn Tampering>) {
    let (vault, user, one, two) = (vault.as_ref(), setup.user(), venue("one"), venue("two"));
    let (_, id) = put(setup, vault, user, &one).await;
    put(setup, vault, user, &two).await;
    let kept = vault.kept(user).await.unwrap();
    vault.revoke(user, id).await.unwrap();
    vault.put_back(user, &kept).await.unwrap();
    let (key, other) = put(setup, vault, user, &two).await;
    assert!(closed(&key_at(vault, user, &one).await));
    assert_eq!(key_at(vault, user, &two).await.unwrap(), key);
    vault.rollback(user, other).await.unwrap();
    vault.set_policy(user, None).await.unwrap();
    vault.set_rights(user, id, nija_core::KeyRights::default()).await.unwrap();
    assert!(closed(&key_at(vault, user, &one).await));
    vault.revoke(user, other).await.unwrap();
    assert!(closed(&key_at(vault, user, &one).await));
    assert!(matches!(key_at(vault, user, &two).await, Err(VaultError::NoCredential { .. })));
}

pub async fn what_was_put_back_is_not_gone_on_with(setup: &Setup, vault: Arc<dyn Tampering>) {
    let (vault, user, at) = (vault.as_ref(), setup.user(), venue("one"));
    let (_, id) = put(setup, vault, user, &at).await;
    let kept = vault.kept(user).await.unwrap();
    vault.revoke(user, id).await.unwrap();
    vault.put_back(user, &kept).await.unwrap();
    let (key, other) = put(setup, vault, user, &at).await;
    assert_ne!(other, id, "a new key is a new credential");
    assert_eq!(key_at(vault, user, &at).await.unwrap(), key);
    let listed = vault.list(user).await.unwrap();
    let of = |id| listed.iter().find(|meta| meta.id == id).unwrap().status;
    assert_eq!((of(id), of(other)), (CredentialStatus::Revoked, CredentialStatus::Active));
    let back = vault.rollback(user, other).await;
    assert!(matches!(back, Err(VaultError::NoOlderVersion { .. })), "{back:?}");
}

/// Somebody hides a credential from its owner's revoking: when the row is put back, the credential stays closed.
pub async fn one_that_was_said_to_be_revoked_is_ended_all_the_same(setup: &Setup, vault: Arc<dyn Tampering>) {
    ends_although_hidden(setup, vault.as_ref(), false).await;
}

pub async fn one_that_was_said_to_be_revoked_is_destroyed_all_the_same(
    setup: &Setup,
    vault: Arc<dyn Tampering>,
) {
    ends_although_hidden(setup, vault.as_ref(), true).await;
}

async fn ends_although_hidden(setup: &Setup, vault: &dyn Tampering, destroyed: bool) {
    let (user, one, two) = (setup.user(), venue("one"), venue("two"));
    let (_, id) = put(setup, vault, user, &one).await;
    let (other, _) = put(setup, vault, user, &two).await;
    let kept = vault.kept(user).await.unwrap();
    vault.put_back(user, &kept.said_to_be_revoked()).await.unwrap();
    let listed = vault.list(user).await.unwrap();
    assert!(listed.iter().all(|meta| meta.status == CredentialStatus::Revoked), "{listed:?}");
    if destroyed {
        vault.destroy(user, id).await.unwrap();
    } else {
        vault.revoke(user, id).await.unwrap();
    }
    vault.put_back(user, &kept).await.unwrap();
    setup.clock.advance(Duration::from_secs(301));
    let opened = key_at(vault, user, &one).await;
    assert!(closed(&opened), "{opened:?}");
    // Under one data key what was hidden along with it ended as well: it could not be told from what was revoked before.
    match key_at(vault, user, &two).await {
        Ok(key) => assert_eq!(key, other),
        opened => assert!(closed(&opened), "{opened:?}"),
    }
    vault.verify_audit().await.unwrap();
}
