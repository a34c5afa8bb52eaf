use nija_core::{Vault, VaultError};
use nija_vault::LocalVault;
use nija_vault::testing::Setup;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::common::{balance, config, open, signer, store};

fn refusal(setup: &Setup, folder: &Path) -> String {
    match LocalVault::open(config(setup, folder)) {
        Err(VaultError::Root(why)) => why,
        other => panic!("the root key was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_new_vault_makes_its_files_for_the_owner_alone_and_opens_again() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let user = setup.user();
    let vault = open(&setup, folder.path());
    store(&setup, &vault, user).await;
    let sealing = vault.sealing_key().await.unwrap();
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
    assert_eq!(fs::metadata(folder.path().join("vault.key")).unwrap().len(), 32);
    vault.close().await;
    drop(vault);
    let vault = open(&setup, folder.path());
    assert_eq!(vault.sealing_key().await.unwrap(), sealing);
    balance(signer(&vault, user).await.as_ref()).await.unwrap();
}

#[test]
fn a_root_key_that_others_may_touch_is_refused() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    drop(open(&setup, folder.path()));
    let key = folder.path().join("vault.key");
    for mode in [0o640, 0o604, 0o620, 0o610, 0o666] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        assert!(refusal(&setup, folder.path()).contains(&format!("{mode:03o}")));
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).unwrap();
    drop(open(&setup, folder.path()));
}

#[test]
fn a_root_key_of_the_wrong_size_is_refused_and_left_alone() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let key = folder.path().join("vault.key");
    for size in [0usize, 31, 33, 5000] {
        fs::write(&key, vec![1u8; size]).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(refusal(&setup, folder.path()).contains(&format!("{size} bytes")));
        assert_eq!(fs::metadata(&key).unwrap().len(), size as u64);
    }
}

#[test]
fn a_missing_or_wrong_root_key_beside_a_database_is_refused_and_none_is_made() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    drop(open(&setup, folder.path()));
    let key = folder.path().join("vault.key");
    let right = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert!(refusal(&setup, folder.path()).contains("missing"));
    assert!(!key.exists());
    let mut wrong = right.clone();
    wrong[7] ^= 1;
    fs::write(&key, &wrong).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(refusal(&setup, folder.path()).contains("not the key"));
    fs::write(&key, &right).unwrap();
    drop(open(&setup, folder.path()));
}

#[test]
fn a_database_of_something_else_is_refused() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let other = rusqlite::Connection::open(folder.path().join("vault.db")).unwrap();
    other.execute_batch("PRAGMA application_id = 7; CREATE TABLE t (x);").unwrap();
    let opened = LocalVault::open(config(&setup, folder.path()));
    assert!(matches!(opened, Err(VaultError::Storage(_))));
    assert!(!folder.path().join("vault.key").exists());
}
