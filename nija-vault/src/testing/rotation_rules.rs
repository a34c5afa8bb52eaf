//! The rules of rotating encryption keys, one function each: what every vault that implements [`KeyRotation`] must keep.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc)]

use nija_core::{Custody, Method, Notional, OpenPurpose, OrderPolicy, SealingKey, UserId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Setup, request, sealed, venue};
use crate::{KeyRotation, RewrapProgress, UnlockKey};

/// A vault that has all of it.
pub trait Rotating: Custody + KeyRotation {}

impl<T: Custody + KeyRotation> Rotating for T {}

/// Makes a test of every rule of rotation; the argument is as for [`conformance_suite!`](crate::conformance_suite), with `Arc<dyn Rotating>`.
#[macro_export]
macro_rules! rotation_suite {
    ($make:expr) => {
        $crate::each_rule!($make;
            a_rewrap_moves_everything_and_the_old_key_goes,
            a_rewrap_that_was_cut_off_is_finished_by_the_next,
            users_come_and_change_while_keys_rotate,
            what_was_erased_stays_erased_through_a_rotation
        );
    };
}

/// Past every lease, and past the time that a replaced key is kept.
const LATER: Duration = Duration::from_secs(601);

async fn put(vault: &dyn Rotating, sealing: &SealingKey, user: UserId, key: &str) {
    let at = venue("one");
    let blob = crate::seal_credential(sealing, user, &at, key, "secret", None).unwrap();
    vault.store(user, &at, "main", &blob).await.unwrap();
}

async fn key_of(vault: &dyn Rotating, user: UserId) -> String {
    let signer = vault.open(user, &venue("one"), OpenPurpose::Trade).await.unwrap();
    let signed = signer.sign(request("one", Method::Get, "/balance")).await.unwrap();
    signed.headers().iter().find(|(name, _)| *name == "api-key").unwrap().1.clone()
}

async fn rewrap(vault: &dyn Rotating) -> RewrapProgress {
    let mut steps = Vec::new();
    let last = vault.rewrap(&mut |step| steps.push(step)).await.unwrap();
    assert!(steps.is_sorted_by_key(|step| step.done), "{steps:?}");
    assert_eq!(steps.last(), Some(&last));
    assert_eq!(last.done, last.total);
    last
}

fn policy() -> OrderPolicy {
    let most = Notional::new("1000".parse().unwrap()).unwrap();
    OrderPolicy { pairs: BTreeMap::new(), max_order: Some(most), max_buys_per_hour: None }
}

async fn users(setup: &Setup, vault: &dyn Rotating, count: usize) -> Vec<(UserId, String)> {
    let sealing = vault.sealing_key().await.unwrap();
    let mut users = Vec::new();
    for _ in 0..count {
        let (user, key) = (setup.user(), setup.random_text());
        put(vault, &sealing, user, &key).await;
        users.push((user, key));
    }
    users
}

async fn all_open(vault: &dyn Rotating, users: &[(UserId, String)]) {
    for (user, key) in users {
        assert_eq!(&key_of(vault, *user).await, key);
    }
}

pub async fn a_rewrap_moves_everything_and_the_old_key_goes(setup: &Setup, vault: Arc<dyn Rotating>) {
    let vault = vault.as_ref();
    let mut users = users(setup, vault, 4).await;
    let (limited, locked, at) = (users[0].0, setup.user(), venue("two"));
    vault.set_policy(limited, Some(policy())).await.unwrap();
    let sealing = vault.sealing_key().await.unwrap();
    let unlock = UnlockKey::new("words").unwrap();
    let blob = unlock.seal_credential(&sealing, locked, &at, "theirs", "secret", None).unwrap();
    vault.store_locked(locked, &at, "", &blob, unlock.derivation().clone()).await.unwrap();
    let before = vault.keys();
    vault.rotate().await.unwrap();
    let rotated = vault.keys();
    assert_eq!((rotated.key_encryption.len(), rotated.sealing.len()), (2, 2));
    assert_eq!(rotated.key_encryption[1].id, before.key_encryption[0].id);
    assert_eq!(rotated.identity, before.identity, "what devices pinned stays");
    assert_ne!(vault.sealing_key().await.unwrap(), sealing);
    let moved = rewrap(vault).await;
    assert!(moved.total >= 5 && moved.moved == moved.total, "{moved:?}");
    setup.clock.advance(LATER);
    let again = rewrap(vault).await;
    assert_eq!(again.moved, 0, "there is nothing left to move");
    assert_eq!(vault.keys().key_encryption.len(), 1);
    assert_eq!(moved.retired + again.retired, 1);
    // A device that sealed to the key before is not turned away.
    put(vault, &sealing, users[1].0, "late").await;
    users[1].1 = "late".into();
    setup.clock.advance(LATER);
    all_open(vault, &users).await;
    assert_eq!(vault.policy(limited).await.unwrap(), Some(policy()));
    let until = nija_core::Clock::now(&setup.clock).plus(LATER);
    let key = unlock.seal_unlock(&vault.sealing_key().await.unwrap(), locked, &at).unwrap();
    vault.unlock(locked, &at, &key, until).await.unwrap();
    vault.open(locked, &at, OpenPurpose::Trade).await.unwrap();
    vault.verify_audit().await.unwrap();
}

pub async fn a_rewrap_that_was_cut_off_is_finished_by_the_next(setup: &Setup, vault: Arc<dyn Rotating>) {
    let users = users(setup, vault.as_ref(), 4).await;
    for cut in 0..4 {
        vault.rotate().await.unwrap();
        let (sender, mut steps) = tokio::sync::mpsc::unbounded_channel();
        let moving = Arc::clone(&vault);
        let task = tokio::spawn(async move {
            let mut tell = |step| sender.send(step).unwrap_or_default();
            moving.rewrap(&mut tell).await.map(|_| ())
        });
        for _ in 0..=cut {
            // One that was fast enough to end is as good.
            if steps.recv().await.is_none() {
                break;
            }
        }
        task.abort();
        drop(task.await);
        setup.clock.advance(LATER);
        all_open(vault.as_ref(), &users).await;
    }
    setup.clock.advance(LATER);
    rewrap(vault.as_ref()).await;
    assert_eq!(vault.keys().key_encryption.len(), 1);
    setup.clock.advance(LATER);
    all_open(vault.as_ref(), &users).await;
}

pub async fn users_come_and_change_while_keys_rotate(setup: &Setup, vault: Arc<dyn Rotating>) {
    let mut users = users(setup, vault.as_ref(), 3).await;
    let mover = Arc::clone(&vault);
    let moving = tokio::spawn(async move {
        for _ in 0..3 {
            mover.rotate().await?;
            mover.rewrap(&mut |_| ()).await?;
        }
        Ok::<_, nija_core::VaultError>(())
    });
    for round in 0..4 {
        let (newcomer, key) = (setup.user(), format!("new{round}"));
        users.push((newcomer, key));
        let number = users.len();
        for (user, key) in users.iter_mut().skip(round % 3).step_by(number.min(2)) {
            *key = setup.random_text();
            let blob = sealed(vault.as_ref(), *user, &venue("one"), key, "secret").await.unwrap();
            vault.store(*user, &venue("one"), "main", &blob).await.unwrap();
        }
        let (last, key) = users.last().unwrap();
        let blob = sealed(vault.as_ref(), *last, &venue("one"), key, "secret").await.unwrap();
        vault.store(*last, &venue("one"), "main", &blob).await.unwrap();
        vault.set_policy(users[0].0, Some(policy())).await.unwrap();
    }
    moving.await.unwrap().unwrap();
    setup.clock.advance(LATER);
    rewrap(vault.as_ref()).await;
    setup.clock.advance(LATER);
    all_open(vault.as_ref(), &users).await;
    assert_eq!(vault.policy(users[0].0).await.unwrap(), Some(policy()));
}

pub async fn what_was_erased_stays_erased_through_a_rotation(setup: &Setup, vault: Arc<dyn Rotating>) {
    let users = users(setup, vault.as_ref(), 2).await;
    vault.set_policy(users[0].0, Some(policy())).await.unwrap();
    vault.erase(users[0].0).await.unwrap();
    vault.rotate().await.unwrap();
    rewrap(vault.as_ref()).await;
    setup.clock.advance(LATER);
    rewrap(vault.as_ref()).await;
    assert_eq!(vault.policy(users[0].0).await.unwrap(), None);
    assert!(vault.open(users[0].0, &venue("one"), OpenPurpose::Trade).await.is_err());
    all_open(vault.as_ref(), &users[1..]).await;
    // The user may come back, without the limits of before, and set new ones.
    let sealing = vault.sealing_key().await.unwrap();
    put(vault.as_ref(), &sealing, users[0].0, "back").await;
    assert_eq!(key_of(vault.as_ref(), users[0].0).await, "back");
    vault.set_policy(users[0].0, Some(policy())).await.unwrap();
    setup.clock.advance(LATER);
    assert_eq!(key_of(vault.as_ref(), users[0].0).await, "back");
}
