use nija_core::{Method, Vault};
use nija_vault::testing::{Setup, request};
use std::path::Path;

use crate::common::{balance, intruder, open, signer, store};

fn found_in(folder: &Path, needle: &[u8]) -> Option<String> {
    std::fs::read_dir(folder).unwrap().find_map(|file| {
        let file = file.unwrap();
        let bytes = match std::fs::read(file.path()) {
            Ok(bytes) => bytes,
            // SQLite takes its log away with the last connection: what is gone holds nothing.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => panic!("{error}"),
        };
        let found = bytes.windows(needle.len()).any(|window| window == needle);
        found.then(|| file.file_name().to_string_lossy().into_owned())
    })
}

#[tokio::test]
async fn a_key_and_its_secret_stand_in_no_file() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    let mut all = Vec::new();
    for _ in 0..3 {
        let (key, secret) = store(&setup, &vault, user).await;
        let signer = signer(&vault, user).await;
        balance(signer.as_ref()).await.unwrap();
        signer.sign(request("one", Method::Post, "/withdraw")).await.unwrap_err();
        all.extend([key, secret]);
    }
    vault.verify_audit().await.unwrap();
    for text in &all {
        let raw = hex::decode(text).unwrap();
        for needle in [text.as_bytes(), &raw, hex::encode(text).as_bytes()] {
            assert_eq!(found_in(folder.path(), needle), None);
        }
    }
    // The search itself works: what is meant to be readable is found.
    assert!(found_in(folder.path(), b"main").is_some());
    vault.close().await;
    drop(vault);
    for text in &all {
        assert_eq!(found_in(folder.path(), text.as_bytes()), None);
    }
}

#[tokio::test]
async fn the_ciphertext_of_a_destroyed_version_is_gone_from_the_files() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    store(&setup, &vault, user).await;
    let first: Vec<u8> = intruder(folder.path())
        .query_row("SELECT envelope FROM credential_versions WHERE version = 1", [], |row| row.get(0))
        .unwrap();
    assert!(found_in(folder.path(), &first).is_some());
    for _ in 0..10 {
        store(&setup, &vault, user).await;
    }
    assert_eq!(found_in(folder.path(), &first), None);
    let kept: u32 = intruder(folder.path())
        .query_row("SELECT count(*) FROM credential_versions", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 10);
}
