//! The rules of keys in custody mode `session` before they are stored, and of how long they are unlocked, one function each.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc)]

use nija_core::{
    Clock, CustodyMode, Method, OpenPurpose, PolicyRefusal, RequestBody, RequestPurpose, SealedCredential,
    Side, SignError, Symbol, Timestamp, UnsignedRequest, UserId, VaultError,
};
use std::sync::Arc;
use std::time::Duration;

use super::{Replacing, Setup, request, sealed, venue};
use crate::UnlockKey;

/// Makes a test of every rule of locked keys; the argument is as for [`replacement_suite!`](crate::replacement_suite).
#[macro_export]
macro_rules! locked_suite {
    ($make:expr) => {
        $crate::each_rule!($make;
            a_locked_key_is_checked_without_being_stored_or_unlocked,
            a_locked_key_is_checked_with_its_own_derived_key_alone,
            an_unlock_says_how_long_it_lasts_and_ends_then,
            whatever_ends_an_unlock_ends_what_is_said_of_it
        );
    };
}

/// A key that its owner's device locked, and the derived key for the signer.
struct Locked {
    unlock: UnlockKey,
    key: String,
    blob: SealedCredential,
    sealed_key: SealedCredential,
}

async fn locked(setup: &Setup, vault: &dyn Replacing, user: UserId) -> Locked {
    let (unlock, key) = (UnlockKey::new(&setup.random_text()).unwrap(), setup.random_text());
    let (at, sealing) = (venue("one"), vault.sealing_key().await.unwrap());
    let blob = unlock.seal_credential(&sealing, user, &at, &key, &setup.random_text(), None).unwrap();
    let sealed_key = unlock.seal_unlock(&sealing, user, &at).unwrap();
    Locked { unlock, key, blob, sealed_key }
}

async fn store(vault: &dyn Replacing, user: UserId, locked: &Locked) {
    let derivation = locked.unlock.derivation().clone();
    let meta = vault.store_locked(user, &venue("one"), "mine", &locked.blob, derivation).await.unwrap();
    assert_eq!(meta.custody, CustodyMode::Session);
}

fn in_an_hour(setup: &Setup) -> Timestamp {
    setup.clock.now().plus(Duration::from_secs(3600))
}

pub async fn a_locked_key_is_checked_without_being_stored_or_unlocked(
    setup: &Setup,
    vault: Arc<dyn Replacing>,
) {
    let (books, user, at) = (vault.its_books(), setup.user(), venue("one"));
    let locked = locked(setup, vault.as_ref(), user).await;
    let check = books.open_sealed_locked(user, &at, &locked.blob, &locked.sealed_key).await.unwrap();
    let signed = check.sign(request("one", Method::Get, "/balance")).await.unwrap();
    assert_eq!(signed.headers().iter().find(|(name, _)| *name == "api-key").unwrap().1, locked.key);
    let order = UnsignedRequest {
        body: RequestBody::Form(
            [("pair", "BTC-USD"), ("side", "buy"), ("quantity", "0.01"), ("price", "60000")]
                .map(|(name, value)| (name.into(), value.to_owned()))
                .into(),
        ),
        purpose: RequestPurpose::PlaceOrder {
            symbol: Symbol::new("BTC-USD").unwrap(),
            side: Side::Buy,
            notional: nija_core::Notional::new("600".parse().unwrap()).unwrap(),
        },
        ..request("one", Method::Post, "/orders")
    };
    let refused = check.sign(order).await;
    assert!(matches!(refused, Err(SignError::Policy(PolicyRefusal::NotStored))), "{refused:?}");
    assert!(vault.list(user).await.unwrap().is_empty(), "nothing was stored");
    assert_eq!(books.unlocked_until(user, &at), None, "nothing was unlocked");
    let opened = vault.open(user, &at, OpenPurpose::Trade).await;
    assert!(matches!(opened, Err(VaultError::NoCredential { .. })));
    // Stored, it is as locked as if nobody had checked it.
    store(vault.as_ref(), user, &locked).await;
    assert_eq!(books.unlocked_until(user, &at), None);
    let opened = vault.open(user, &at, OpenPurpose::Trade).await;
    assert!(matches!(opened, Err(VaultError::Locked { .. })));
    setup.clock.advance(Duration::from_secs(301));
    let ended = check.sign(request("one", Method::Get, "/balance")).await;
    assert!(matches!(ended, Err(SignError::LeaseEnded)), "a check lasts as long as a lease");
    vault.verify_audit().await.unwrap();
    let about = books.audit_of(user, None, 100).await.unwrap();
    assert!(about.iter().any(|entry| entry.action == "open_sealed" && entry.outcome == "ok"));
}

pub async fn a_locked_key_is_checked_with_its_own_derived_key_alone(
    setup: &Setup,
    vault: Arc<dyn Replacing>,
) {
    let (books, at, two, three) = (vault.its_books(), venue("one"), venue("two"), venue("three"));
    let (user, other) = (setup.user(), setup.user());
    let (mine, theirs) =
        (locked(setup, vault.as_ref(), user).await, locked(setup, vault.as_ref(), other).await);
    let check = async |user, at, blob, key| books.open_sealed_locked(user, at, blob, key).await.map(|_| ());
    let wrong = UnlockKey::new(&setup.random_text()).unwrap();
    let wrong = wrong.seal_unlock(&vault.sealing_key().await.unwrap(), user, &at).unwrap();
    assert_eq!(check(user, &at, &mine.blob, &wrong).await, Err(VaultError::NotOpened));
    assert_eq!(check(user, &at, &mine.blob, &theirs.sealed_key).await, Err(VaultError::NotOpened));
    assert_eq!(check(user, &at, &theirs.blob, &mine.sealed_key).await, Err(VaultError::NotOpened));
    assert_eq!(check(other, &at, &mine.blob, &mine.sealed_key).await, Err(VaultError::NotOpened));
    assert_eq!(check(user, &two, &mine.blob, &mine.sealed_key).await, Err(VaultError::NotOpened));
    let nowhere = check(user, &three, &mine.blob, &mine.sealed_key).await;
    assert_eq!(nowhere, Err(VaultError::UnknownVenue { venue: three.clone() }));
    let open = sealed(vault.as_ref(), user, &at, "key", "secret").await.unwrap();
    let other_mode = check(user, &at, &open, &mine.sealed_key).await;
    assert!(matches!(other_mode, Err(VaultError::Malformed(_))), "{other_mode:?}");
    assert_eq!(check(user, &at, &mine.blob, &mine.sealed_key).await, Ok(()));
    let about = books.audit_of(user, None, 100).await.unwrap();
    let refused = about.iter().filter(|entry| entry.action == "open_sealed" && entry.outcome == "refused");
    assert_eq!(refused.count(), 6, "each refusal is on record");
}

pub async fn an_unlock_says_how_long_it_lasts_and_ends_then(setup: &Setup, vault: Arc<dyn Replacing>) {
    let (books, at) = (vault.its_books(), venue("one"));
    let (user, other) = (setup.user(), setup.user());
    let locked = locked(setup, vault.as_ref(), user).await;
    store(vault.as_ref(), user, &locked).await;
    assert_eq!(books.unlocked_until(user, &at), None);
    let until = in_an_hour(setup);
    assert_eq!(vault.unlock(user, &at, &locked.sealed_key, until).await, Ok(until));
    assert_eq!(books.unlocked_until(user, &at), Some(until));
    assert_eq!(books.unlocked_until(other, &at), None);
    assert_eq!(books.unlocked_until(user, &venue("two")), None);
    setup.clock.advance(Duration::from_secs(3599));
    assert_eq!(books.unlocked_until(user, &at), Some(until));
    setup.clock.advance(Duration::from_secs(1));
    assert_eq!(books.unlocked_until(user, &at), None);
    let day = setup.clock.now().plus(Duration::from_secs(24 * 3600));
    let longer = day.plus(Duration::from_secs(1));
    assert_eq!(vault.unlock(user, &at, &locked.sealed_key, longer).await, Ok(day));
    assert_eq!(books.unlocked_until(user, &at), Some(day), "no unlock lasts longer than a day");
}

pub async fn whatever_ends_an_unlock_ends_what_is_said_of_it(setup: &Setup, vault: Arc<dyn Replacing>) {
    let (books, user, at) = (vault.its_books(), setup.user(), venue("one"));
    let first = locked(setup, vault.as_ref(), user).await;
    store(vault.as_ref(), user, &first).await;
    let until = in_an_hour(setup);
    vault.unlock(user, &at, &first.sealed_key, until).await.unwrap();
    vault.lock(user, &at).await.unwrap();
    assert_eq!(books.unlocked_until(user, &at), None, "its owner locked it");
    vault.unlock(user, &at, &first.sealed_key, until).await.unwrap();
    let second = locked(setup, vault.as_ref(), user).await;
    store(vault.as_ref(), user, &second).await;
    assert_eq!(books.unlocked_until(user, &at), None, "a new version is locked by another key");
    let old = vault.unlock(user, &at, &first.sealed_key, until).await;
    assert_eq!(old, Err(VaultError::NotOpened));
    assert_eq!(books.unlocked_until(user, &at), None, "what did not open it unlocked nothing");
    vault.unlock(user, &at, &second.sealed_key, until).await.unwrap();
    let id = vault.list(user).await.unwrap()[0].id;
    vault.revoke(user, id).await.unwrap();
    assert_eq!(books.unlocked_until(user, &at), None, "a revoked key is not unlocked");
    let opened = vault.open(user, &at, OpenPurpose::Trade).await;
    assert!(matches!(opened, Err(VaultError::NoCredential { .. })));
}
