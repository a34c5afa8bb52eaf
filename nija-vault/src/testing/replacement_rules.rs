//! The rules of replacing exchange keys, one function each: proof that a version is idle, its end, and the notes that a guided
//! rotation keeps.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc)]

use async_trait::async_trait;
use nija_core::{
    Clock, CredentialId, CredentialMeta, Custody, Method, OpenPurpose, SignError, Signer, Timestamp, UserId,
    VaultError,
};
use std::sync::Arc;
use std::time::Duration;

use super::{Setup, request, sealed, venue};
use crate::{HashiVault, LocalVault, MemoryVault, VaultBooks};

/// A vault whose exchange keys can be replaced with proof.
#[async_trait]
pub trait Replacing: Custody {
    /// Its `books`.
    fn its_books(&self) -> VaultBooks;

    /// Its `retire_version`.
    ///
    /// # Errors
    /// As there.
    async fn retire(&self, user: UserId, id: CredentialId, version: u32) -> Result<(), VaultError>;
}

macro_rules! replacing {
    ($($vault:ty),*) => {
        $(
            #[async_trait]
            impl Replacing for $vault {
                fn its_books(&self) -> VaultBooks {
                    self.books()
                }

                async fn retire(&self, user: UserId, id: CredentialId, version: u32) -> Result<(), VaultError> {
                    self.retire_version(user, id, version).await
                }
            }
        )*
    };
}

replacing!(LocalVault, MemoryVault, HashiVault);

/// Makes a test of every rule of replacement; the argument is as for [`conformance_suite!`](crate::conformance_suite), with
/// `Arc<dyn Replacing>`.
#[macro_export]
macro_rules! replacement_suite {
    ($make:expr) => {
        $crate::each_rule!($make;
            a_replaced_version_is_proven_idle_and_then_gone_for_good,
            a_version_that_is_in_use_or_someone_elses_is_not_retired,
            a_version_that_is_not_kept_is_not_retired_and_one_is_retired_twice,
            a_version_that_was_gone_back_to_is_in_use_again,
            what_was_signed_counts_from_when_it_was_signed,
            what_is_signed_is_on_record_while_the_lease_lasts,
            rollback_passes_over_a_retired_version,
            notes_are_kept_for_each_user_venue_and_name,
            what_is_noted_of_a_key_ends_with_it,
            what_is_noted_of_an_erased_users_keys_is_gone
        );
    };
}

const SECOND: Duration = Duration::from_secs(1);

/// Stores a new key; answers with it and with what the vault says about it.
async fn put(setup: &Setup, vault: &dyn Replacing, user: UserId) -> (String, CredentialMeta) {
    put_at(setup, vault, user, "one").await
}

async fn put_at(setup: &Setup, vault: &dyn Replacing, user: UserId, at: &str) -> (String, CredentialMeta) {
    let (at, key) = (venue(at), setup.random_text());
    let blob = sealed(vault, user, &at, &key, &setup.random_text()).await.unwrap();
    let meta = vault.store(user, &at, "main", &blob).await.unwrap();
    (key, meta)
}

async fn opened(vault: &dyn Replacing, user: UserId) -> Arc<dyn Signer> {
    vault.open(user, &venue("one"), OpenPurpose::Trade).await.unwrap()
}

async fn signs(signer: &dyn Signer) -> Result<String, SignError> {
    let signed = signer.sign(request("one", Method::Get, "/balance")).await?;
    Ok(signed.headers().iter().find(|(name, _)| *name == "api-key").unwrap().1.clone())
}

pub async fn a_replaced_version_is_proven_idle_and_then_gone_for_good(
    setup: &Setup,
    vault: Arc<dyn Replacing>,
) {
    let (vault, books, user) = (vault.as_ref(), vault.its_books(), setup.user());
    let (_, first) = put(setup, vault, user).await;
    let old = opened(vault, user).await;
    signs(old.as_ref()).await.unwrap();
    setup.clock.advance(SECOND);
    let busy = books.idleness(&first, 1, first.created_at).await.unwrap();
    assert_eq!((busy.leases, busy.is_idle()), (1, false), "{busy:?}");

    let (key, meta) = put(setup, vault, user).await;
    assert_eq!((meta.id, meta.version), (first.id, 2));
    let switched = setup.clock.now();
    setup.clock.advance(SECOND);
    assert!(matches!(signs(old.as_ref()).await, Err(SignError::LeaseEnded)));
    let new = opened(vault, user).await;
    assert_eq!(signs(new.as_ref()).await.unwrap(), key);
    let idle = books.idleness(&meta, 1, switched).await.unwrap();
    assert_eq!((idle.leases, idle.uses), (0, 0));
    let busy = books.idleness(&meta, 2, switched).await.unwrap();
    assert_eq!((busy.leases, busy.is_idle()), (1, false), "{busy:?}");
    // The ended lease is still held: what it signed is on record all the same, beside its opening.
    let ever = books.idleness(&meta, 1, Timestamp::from_micros(0)).await.unwrap();
    assert_eq!((ever.leases, ever.uses), (0, 2), "{ever:?}");

    vault.retire(user, meta.id, 1).await.unwrap();
    assert!(matches!(vault.rollback(user, meta.id).await, Err(VaultError::NoOlderVersion { .. })));
    assert!(matches!(signs(new.as_ref()).await, Err(SignError::LeaseEnded)), "every change ends the leases");
    assert_eq!(signs(opened(vault, user).await.as_ref()).await.unwrap(), key);
    assert_eq!(vault.list(user).await.unwrap()[0].version, 2);
    vault.verify_audit().await.unwrap();
    let about: Vec<_> = books.audit_of(user, None, 100).await.unwrap();
    for action in ["prove_idle", "retire_version"] {
        assert!(about.iter().any(|entry| entry.action == action), "{action} is not on record");
    }
}

pub async fn a_version_that_is_in_use_or_someone_elses_is_not_retired(
    setup: &Setup,
    vault: Arc<dyn Replacing>,
) {
    let (vault, user, other) = (vault.as_ref(), setup.user(), setup.user());
    let (old, first) = put(setup, vault, user).await;
    put(setup, vault, other).await;
    assert!(matches!(vault.retire(user, first.id, 1).await, Err(VaultError::Unsupported(_))));
    put(setup, vault, user).await;
    let refused = vault.retire(other, first.id, 1).await;
    assert_eq!(refused, Err(VaultError::NoSuchCredential { id: first.id }));
    let back = vault.rollback(user, first.id).await.unwrap();
    assert_eq!(back.version, 1, "it was not touched");
    assert_eq!(signs(opened(vault, user).await.as_ref()).await.unwrap(), old);
    assert!(matches!(vault.retire(user, first.id, 1).await, Err(VaultError::Unsupported(_))));
    vault.verify_audit().await.unwrap();
}

pub async fn a_version_that_is_not_kept_is_not_retired_and_one_is_retired_twice(
    setup: &Setup,
    vault: Arc<dyn Replacing>,
) {
    let (vault, user) = (vault.as_ref(), setup.user());
    let (_, first) = put(setup, vault, user).await;
    let id = first.id;
    for version in [0, 2, u32::MAX] {
        let refused = vault.retire(user, id, version).await;
        assert_eq!(refused, Err(VaultError::NoSuchVersion { id, version }));
    }
    put(setup, vault, user).await;
    // Whoever does not know how it ended asks again.
    vault.retire(user, id, 1).await.unwrap();
    vault.retire(user, id, 1).await.unwrap();
    for _ in 0..10 {
        put(setup, vault, user).await;
    }
    let refused = vault.retire(user, id, 1).await;
    assert_eq!(refused, Err(VaultError::NoSuchVersion { id, version: 1 }), "the last ten are kept");
    let (key, _) = put(setup, vault, user).await;
    assert_eq!(signs(opened(vault, user).await.as_ref()).await.unwrap(), key);
    let refusals = vault.its_books().audit_of(user, None, 100).await.unwrap();
    let refusals =
        refusals.iter().filter(|entry| entry.action == "retire_version" && entry.outcome == "refused");
    assert_eq!(refusals.count(), 4);
    vault.verify_audit().await.unwrap();
}

pub async fn a_version_that_was_gone_back_to_is_in_use_again(setup: &Setup, vault: Arc<dyn Replacing>) {
    let (vault, books, user) = (vault.as_ref(), vault.its_books(), setup.user());
    let (old, _) = put(setup, vault, user).await;
    let (_, meta) = put(setup, vault, user).await;
    let switched = setup.clock.now();
    setup.clock.advance(SECOND);
    signs(opened(vault, user).await.as_ref()).await.unwrap();
    setup.clock.advance(SECOND);
    let back = vault.rollback(user, meta.id).await.unwrap();
    let went_back = setup.clock.now();
    setup.clock.advance(SECOND);
    assert_eq!(signs(opened(vault, user).await.as_ref()).await.unwrap(), old);
    let of = async |version, since| books.idleness(&back, version, since).await.unwrap();
    let old = of(1, switched).await;
    assert!(old.leases == 1 && old.uses >= 1, "{old:?}");
    let new = of(2, switched).await;
    assert!(new.leases == 0 && new.uses >= 1, "it signed before the way back: {new:?}");
    assert!(of(2, went_back).await.is_idle());
    vault.retire(user, back.id, 2).await.unwrap();
    setup.clock.advance(SECOND);
    signs(opened(vault, user).await.as_ref()).await.unwrap();
}

pub async fn what_was_signed_counts_from_when_it_was_signed(setup: &Setup, vault: Arc<dyn Replacing>) {
    let (vault, books, user) = (vault.as_ref(), vault.its_books(), setup.user());
    let (_, first) = put(setup, vault, user).await;
    assert_eq!(books.last_use(&first).await.unwrap(), None);
    let old = opened(vault, user).await;
    setup.clock.advance(SECOND);
    signs(old.as_ref()).await.unwrap();
    let used = setup.clock.now();
    assert_eq!(books.last_use(&first).await.unwrap(), Some(used), "by a lease that is out");
    setup.clock.advance(SECOND);
    let (_, meta) = put(setup, vault, user).await;
    let switched = setup.clock.now();
    setup.clock.advance(SECOND);
    // Its holder lets go of it after the switch: what it signed before is no use since, and stays a use.
    drop(old);
    assert!(books.idleness(&meta, 1, switched).await.unwrap().is_idle());
    assert!(!books.idleness(&meta, 1, Timestamp::from_micros(0)).await.unwrap().is_idle());
    assert_eq!(books.last_use(&meta).await.unwrap(), Some(used), "by the log");
    setup.clock.advance(SECOND);
    signs(opened(vault, user).await.as_ref()).await.unwrap();
    assert_eq!(books.last_use(&meta).await.unwrap(), Some(setup.clock.now()));
}

pub async fn what_is_signed_is_on_record_while_the_lease_lasts(setup: &Setup, vault: Arc<dyn Replacing>) {
    let (vault, books, user) = (vault.as_ref(), vault.its_books(), setup.user());
    put(setup, vault, user).await;
    let held = opened(vault, user).await;
    let counts = async || {
        // The first has the writer look after the leases, the second is behind what they said.
        for _ in 0..2 {
            books.record_act(user, "look", None, None, false).await.unwrap();
        }
        let about = books.audit_of(user, None, 100).await.unwrap();
        let signed =
            about.iter().filter(|entry| (entry.action.as_str(), entry.outcome.as_str()) == ("sign", "ok"));
        signed.map(|entry| entry.count).collect::<Vec<_>>()
    };
    for _ in 0..3 {
        signs(held.as_ref()).await.unwrap();
    }
    setup.clock.advance(SECOND * 30);
    assert_eq!(counts().await, [0; 0], "not one by one");
    setup.clock.advance(SECOND * 30);
    assert_eq!(counts().await, [3]);
    signs(held.as_ref()).await.unwrap();
    setup.clock.advance(SECOND * 2);
    assert_eq!(counts().await, [3]);
    setup.clock.advance(SECOND * 60);
    assert_eq!(counts().await, [1, 3]);
    setup.clock.advance(SECOND * 61);
    assert_eq!(counts().await, [1, 3], "nothing is said where nothing was signed");
    signs(held.as_ref()).await.unwrap();
    setup.clock.advance(SECOND * 200);
    assert_eq!(counts().await, [1, 1, 3], "and the rest when the lease ends");
}

pub async fn rollback_passes_over_a_retired_version(setup: &Setup, vault: Arc<dyn Replacing>) {
    let (vault, user) = (vault.as_ref(), setup.user());
    let (first, meta) = put(setup, vault, user).await;
    for _ in 0..2 {
        put(setup, vault, user).await;
    }
    vault.retire(user, meta.id, 2).await.unwrap();
    assert_eq!(vault.rollback(user, meta.id).await.unwrap().version, 1);
    assert_eq!(signs(opened(vault, user).await.as_ref()).await.unwrap(), first);
    let (next, meta) = put(setup, vault, user).await;
    assert_eq!(meta.version, 4, "a version's number is never given again");
    assert_eq!(signs(opened(vault, user).await.as_ref()).await.unwrap(), next);
}

pub async fn notes_are_kept_for_each_user_venue_and_name(setup: &Setup, vault: Arc<dyn Replacing>) {
    let books = vault.its_books();
    let (user, other, one, two) = (setup.user(), setup.user(), venue("one"), venue("two"));
    for (whose, at) in [(user, "one"), (user, "two"), (other, "one")] {
        put_at(setup, vault.as_ref(), whose, at).await;
    }
    for (whose, at, name, note) in [
        (user, &one, "rotation", "a"),
        (user, &one, "rotation", "b"),
        (user, &two, "rotation", "c"),
        (other, &one, "rotation", "d"),
        (other, &one, "key_health", "e"),
    ] {
        books.set_note(whose, at, name, Some(note.into()), "a step").await.unwrap();
    }
    assert_eq!(books.note(user, &one, "rotation").await.unwrap().as_deref(), Some("b"));
    assert_eq!(books.note(user, &one, "key_health").await.unwrap(), None);
    assert_eq!(books.note(other, &two, "rotation").await.unwrap(), None);
    let mut all = books.notes("rotation").await.unwrap();
    all.sort_by(|this, that| this.2.cmp(&that.2));
    let expected = [(user, one.clone(), "b"), (user, two, "c"), (other, one.clone(), "d")];
    assert_eq!(all, expected.map(|(whose, at, note)| (whose, at, note.to_owned())));
    books.set_note(user, &one, "rotation", None, "ended").await.unwrap();
    assert_eq!(books.note(user, &one, "rotation").await.unwrap(), None);
    assert_eq!(books.notes("rotation").await.unwrap().len(), 2);
    let about = books.audit_of(user, None, 100).await.unwrap();
    assert_eq!(
        about.iter().filter(|entry| entry.action == "rotation").count(),
        4,
        "each change is on record"
    );
    vault.verify_audit().await.unwrap();
}

/// Notes what a guided rotation does before its switch: the new key as the device sealed it.
async fn pending(setup: &Setup, vault: &dyn Replacing, user: UserId, at: &str) -> Result<(), VaultError> {
    let (venue, name) = (venue(at), "rotation");
    let blob = sealed(vault, user, &venue, &setup.random_text(), &setup.random_text()).await.unwrap();
    let note = serde_json::to_string(&blob).unwrap();
    vault.its_books().set_note(user, &venue, name, Some(note), "Verified").await
}

pub async fn what_is_noted_of_a_key_ends_with_it(setup: &Setup, vault: Arc<dyn Replacing>) {
    let (vault, books, user, at) = (vault.as_ref(), vault.its_books(), setup.user(), venue("one"));
    let noted = async || books.note(user, &at, "rotation").await.unwrap().is_some();
    let of_none = pending(setup, vault, user, "one").await;
    assert_eq!(of_none, Err(VaultError::NoCredential { venue: at.clone() }), "there is no key to note of");
    let mut ended = Vec::new();
    for destroyed in [false, true] {
        let (_, meta) = put(setup, vault, user).await;
        assert!(!noted().await, "a new credential has none of what was noted before");
        pending(setup, vault, user, "one").await.unwrap();
        put(setup, vault, user).await;
        vault.rollback(user, meta.id).await.unwrap();
        assert!(noted().await, "the credential goes on");
        if destroyed {
            vault.destroy(user, meta.id).await.unwrap();
        } else {
            vault.revoke(user, meta.id).await.unwrap();
        }
        assert!(!noted().await, "destroyed: {destroyed}");
        let late = pending(setup, vault, user, "one").await;
        assert_eq!(late, Err(VaultError::NoCredential { venue: at.clone() }));
        assert!(!noted().await);
        ended.push(meta.id);
    }
    put(setup, vault, user).await;
    pending(setup, vault, user, "one").await.unwrap();
    for id in ended {
        vault.revoke(user, id).await.unwrap();
        assert!(noted().await, "what ended before says nothing of the present one");
    }
    // A key in another mode is another credential, and the one before ends.
    vault.register_device_key(user, &at, "on my phone").await.unwrap();
    assert!(!noted().await);
    vault.verify_audit().await.unwrap();
}

pub async fn what_is_noted_of_an_erased_users_keys_is_gone(setup: &Setup, vault: Arc<dyn Replacing>) {
    let (vault, books, user, other) = (vault.as_ref(), vault.its_books(), setup.user(), setup.user());
    for (whose, at) in [(user, "one"), (user, "two"), (other, "one")] {
        put_at(setup, vault, whose, at).await;
        pending(setup, vault, whose, at).await.unwrap();
    }
    vault.erase(user).await.unwrap();
    let left: Vec<_> = books.notes("rotation").await.unwrap().into_iter().map(|(whose, ..)| whose).collect();
    assert_eq!(left, [other]);
    assert!(matches!(pending(setup, vault, user, "one").await, Err(VaultError::NoCredential { .. })));
    assert_eq!(books.notes("rotation").await.unwrap().len(), 1);
    vault.verify_audit().await.unwrap();
}
