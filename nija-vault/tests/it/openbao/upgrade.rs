//! Documents of programs from before keys vouched for statuses (docs/adr/0019).

use nija_core::{CredentialStatus, OpenPurpose, UserId, Vault, VaultError};
use nija_vault::testing::{Setup, Tampering, venue};
use nija_vault::{HashiVault, KeyRotation};

use super::{Space, key_of};
use crate::common::store;

/// A user with a key in a document of before, and a vault that has never seen a newer one.
async fn of_before(space: &Space, setup: &Setup) -> (HashiVault, UserId, String) {
    let writer = space.open(setup).await;
    let user = setup.user();
    let (key, _) = store(setup, &writer, user).await;
    writer.make_of_old(user, &venue("one")).await.unwrap();
    (space.open(setup).await, user, key)
}

async fn revoke(vault: &HashiVault, user: UserId) {
    let id = vault.list(user).await.unwrap()[0].id;
    vault.revoke(user, id).await.unwrap();
}

async fn opens(vault: &HashiVault, user: UserId) -> Result<(), VaultError> {
    vault.open(user, &venue("one"), OpenPurpose::Trade).await.map(|_| ())
}

/// Someone without a key sets a credential active again that its owner revoked.
async fn is_refused_when_set_active_again(space: &Space, setup: &Setup, vault: &HashiVault, user: UserId) {
    let kept = vault.kept(user).await.unwrap();
    revoke(vault, user).await;
    vault.put_back(user, &kept).await.unwrap();
    for asked in [vault, &space.open(setup).await] {
        assert!(matches!(opens(asked, user).await, Err(VaultError::Status(_))));
        assert_eq!(asked.list(user).await.unwrap()[0].status, CredentialStatus::Revoked);
    }
}

#[tokio::test]
async fn a_document_of_before_opens_and_vouches_from_its_next_change_on() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let (vault, user, key) = of_before(&space, &setup).await;
    assert_eq!(key_of(&vault, user).await, key, "it opens as it did");
    let (second, _) = store(&setup, &vault, user).await;
    assert_eq!(key_of(&space.open(&setup).await, user).await, second);
    is_refused_when_set_active_again(&space, &setup, &vault, user).await;
}

#[tokio::test]
async fn a_document_of_before_vouches_from_the_next_rewrap_on() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let (vault, user, key) = of_before(&space, &setup).await;
    vault.rewrap(&mut |_| ()).await.unwrap();
    assert_eq!(key_of(&vault, user).await, key);
    is_refused_when_set_active_again(&space, &setup, &vault, user).await;
}

#[tokio::test]
async fn the_revocation_itself_is_a_change_and_an_old_document_cannot_take_it_back() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let (vault, user, key) = of_before(&space, &setup).await;
    assert_eq!(key_of(&vault, user).await, key);
    is_refused_when_set_active_again(&space, &setup, &vault, user).await;
    // The whole document of before put back, key and all: a signer that saw the newer one refuses.
    let (vault, user, _) = of_before(&space, &setup).await;
    let kept = vault.kept(user).await.unwrap();
    revoke(&vault, user).await;
    vault.make_of_old(user, &venue("one")).await.unwrap();
    vault.put_back(user, &kept).await.unwrap();
    assert!(matches!(opens(&vault, user).await, Err(VaultError::Status(_))));
}
