//! A key that was replaced: proof that nothing uses it, and its end.

use nija_core::{Clock, Timestamp, UserId, Vault, VaultError};
use nija_vault::testing::{Setup, venue};
use std::time::Duration;

use crate::common::{balance, open, signer, store};

fn user(setup: &Setup) -> UserId {
    UserId::generate(setup.clock.now(), setup.entropy.as_ref())
}

#[tokio::test]
async fn a_replaced_version_is_proven_idle_and_then_gone_for_good() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let vault = open(&setup, folder.path());
    let user = user(&setup);
    store(&setup, &vault, user).await;
    let old = signer(&vault, user).await;
    balance(old.as_ref()).await.unwrap();
    setup.clock.advance(Duration::from_secs(60));
    let first = vault.list(user).await.unwrap().remove(0);
    let busy = vault.books().idleness(&first, 1, first.created_at).await.unwrap();
    assert_eq!((busy.leases, busy.is_idle()), (1, false), "{busy:?}");
    let refused = vault.retire_version(user, first.id, 1).await.unwrap_err();
    assert!(matches!(refused, VaultError::Unsupported(_)), "{refused:?}");
    assert!(vault.books().last_use(&first).await.unwrap().is_some_and(|at| at < setup.clock.now()));

    store(&setup, &vault, user).await;
    let switched = setup.clock.now();
    setup.clock.advance(Duration::from_secs(1));
    // The old lease cannot sign any more, although somebody holds it.
    assert!(balance(old.as_ref()).await.is_err());
    let new = signer(&vault, user).await;
    balance(new.as_ref()).await.unwrap();
    let meta = vault.list(user).await.unwrap().remove(0);
    assert_eq!(meta.version, 2);
    let idle = vault.books().idleness(&meta, 1, switched).await.unwrap();
    assert!(idle.is_idle(), "{idle:?}");
    assert!(!vault.books().idleness(&meta, 2, switched).await.unwrap().is_idle());
    // What the old one signed before the switch is told by a lease that ends after it, and is no use since.
    drop(old);
    assert!(vault.books().idleness(&meta, 1, switched).await.unwrap().is_idle());
    assert!(!vault.books().idleness(&meta, 1, Timestamp::from_micros(0)).await.unwrap().is_idle());

    vault.retire_version(user, meta.id, 1).await.unwrap();
    let refused = vault.rollback(user, meta.id).await.unwrap_err();
    assert!(matches!(refused, VaultError::NoOlderVersion { .. }), "{refused:?}");
    balance(new.as_ref()).await.expect_err("every change ends the leases");
    balance(signer(&vault, user).await.as_ref()).await.unwrap();
    let checked = vault.open_everything(|_| ()).await.unwrap();
    assert_eq!((checked.opened, checked.without_content, checked.failed.len()), (1, 1, 0));
    vault.close().await;
    let vault = open(&setup, folder.path());
    assert!(vault.verify_audit().await.unwrap() > 8);
}

#[tokio::test]
async fn notes_are_kept_for_each_user_and_venue_over_a_restart() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let vault = open(&setup, folder.path());
    let (one, two) = (user(&setup), user(&setup));
    let at = venue("one");
    for user in [one, two] {
        crate::common::store(&setup, &vault, user).await;
    }
    vault.books().set_note(one, &at, "rotation", Some("a".into()), "begun").await.unwrap();
    vault.books().set_note(one, &at, "rotation", Some("b".into()), "goes on").await.unwrap();
    vault.books().set_note(two, &at, "rotation", Some("c".into()), "begun").await.unwrap();
    vault.books().set_note(two, &at, "health", Some("d".into()), "checked").await.unwrap();
    vault.close().await;
    let vault = open(&setup, folder.path());
    assert_eq!(vault.books().note(one, &at, "rotation").await.unwrap().as_deref(), Some("b"));
    assert_eq!(vault.books().note(one, &venue("two"), "rotation").await.unwrap(), None);
    let mut all: Vec<_> =
        vault.books().notes("rotation").await.unwrap().into_iter().map(|it| (it.0, it.2)).collect();
    all.sort_by_key(|it| it.1.clone());
    assert_eq!(all, [(one, "b".to_owned()), (two, "c".to_owned())]);
    vault.books().set_note(one, &at, "rotation", None, "ended").await.unwrap();
    assert_eq!(vault.books().note(one, &at, "rotation").await.unwrap(), None);
    vault.verify_audit().await.unwrap();
}
