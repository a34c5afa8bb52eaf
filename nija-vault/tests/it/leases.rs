use futures::FutureExt;
use nija_core::{Custody, OpenPurpose, SignError, Vault, VaultError};
use nija_vault::testing::{Setup, sealed, venue};

use crate::common::{balance, open, signer, store};

#[tokio::test]
async fn a_revocation_whose_caller_went_away_still_stops_the_signers() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    store(&setup, &vault, user).await;
    let signer = signer(&vault, user).await;
    // Polled once, so that the change is on its way, and dropped like a request whose client hung up.
    drop(vault.revoke(user, signer.credential()).now_or_never());
    // The audit's entry stands in the same queue behind the revocation.
    vault.verify_audit().await.unwrap();
    assert!(matches!(balance(signer.as_ref()).await, Err(SignError::LeaseEnded)));
}

#[tokio::test]
async fn a_closed_vault_signs_and_opens_nothing() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    store(&setup, &vault, user).await;
    let signer = signer(&vault, user).await;
    vault.close().await;
    assert!(matches!(balance(signer.as_ref()).await, Err(SignError::LeaseEnded)));
    let opened = vault.open(user, &venue("one"), OpenPurpose::Trade).await;
    assert!(matches!(opened, Err(VaultError::Storage(_))));
    let revoked = vault.revoke(user, signer.credential()).await;
    assert!(matches!(revoked, Err(VaultError::Storage(_))));
}

#[tokio::test]
async fn a_check_ends_with_its_time_and_with_its_vault() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    let blob = sealed(&vault, user, &venue("one"), "key", "secret").await.unwrap();
    let check = vault.open_sealed(user, &venue("one"), &blob).await.unwrap();
    balance(check.as_ref()).await.unwrap();
    vault.erase(user).await.unwrap();
    assert!(matches!(balance(check.as_ref()).await, Err(SignError::LeaseEnded)), "erased");
    let check = vault.open_sealed(user, &venue("one"), &blob).await.unwrap();
    balance(check.as_ref()).await.unwrap();
    vault.close().await;
    assert!(matches!(balance(check.as_ref()).await, Err(SignError::LeaseEnded)), "closed");
    let opened = vault.open_sealed(user, &venue("one"), &blob).await;
    assert!(matches!(opened, Err(VaultError::Storage(_))), "{opened:?}");
}

#[tokio::test]
async fn a_signer_that_outlives_its_vault_signs_nothing() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    store(&setup, &vault, user).await;
    let signer = signer(&vault, user).await;
    drop(vault);
    assert!(matches!(balance(signer.as_ref()).await, Err(SignError::LeaseEnded)));
}
