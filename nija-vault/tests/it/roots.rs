//! The roots other than a key file.

use async_trait::async_trait;
use nija_core::VaultError;
use nija_vault::testing::Setup;
use nija_vault::{
    LocalVault, LocalVaultConfig, RootKey, Transit, Unseal, create_transit_root, deal_root, open_transit_root,
};
use std::path::Path;
use zeroize::Zeroizing;

use crate::common::{balance, config, signer, store};

fn under(setup: &Setup, folder: &Path, root: RootKey) -> Result<LocalVault, VaultError> {
    LocalVault::open(LocalVaultConfig { root, ..config(setup, folder) })
}

fn passphrase(words: &str) -> RootKey {
    RootKey::Passphrase(Zeroizing::new(words.to_owned()))
}

/// A vault made under one root opens under the same root made again, with what was stored in it.
async fn reopens(setup: &Setup, folder: &Path, first: RootKey, again: RootKey) {
    let user = setup.user();
    let vault = under(setup, folder, first).unwrap();
    store(setup, &vault, user).await;
    vault.close().await;
    drop(vault);
    assert!(!folder.join("vault.key").exists(), "no key file is made beside another root");
    let vault = under(setup, folder, again).unwrap();
    balance(signer(&vault, user).await.as_ref()).await.unwrap();
}

#[tokio::test]
async fn a_passphrase_opens_what_it_made_and_a_wrong_one_is_told_apart_from_damage() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let words = setup.random_text();
    reopens(&setup, folder.path(), passphrase(&words), passphrase(&words)).await;
    let refused = under(&setup, folder.path(), passphrase(&format!("{words}x")));
    let Err(VaultError::Root(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("passphrase is wrong"), "{why}");
    let refused = under(&setup, folder.path(), RootKey::File(folder.path().join("vault.key")));
    assert!(matches!(refused, Err(VaultError::Root(_))));
    let printed = format!("{:?}", passphrase(&words));
    assert!(!printed.contains(&words));
}

#[tokio::test]
async fn three_shares_open_what_the_dealt_root_made() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (root, shares) = deal_root().unwrap();
    let mut unseal = Unseal::new();
    let mut again = None;
    for share in &shares[2..] {
        again = unseal.add(share.expose("a keeper types it in")).unwrap();
    }
    let again = RootKey::Unsealed(again.unwrap());
    reopens(&setup, folder.path(), RootKey::Unsealed(root), again).await;
    let (other, _) = deal_root().unwrap();
    let refused = under(&setup, folder.path(), RootKey::Unsealed(other));
    assert!(matches!(refused, Err(VaultError::Root(_))));
}

/// A key server that hides what it is given behind a fixed pad; enough to see that only ciphertext is kept.
struct PadServer([u8; 32]);

#[async_trait]
impl Transit for PadServer {
    async fn encrypt(&self, plaintext: &[u8]) -> Result<String, VaultError> {
        let padded: Vec<u8> = plaintext.iter().zip(self.0).map(|(byte, pad)| byte ^ pad).collect();
        Ok(format!("vault:v1:{}", hex::encode(padded)))
    }

    async fn decrypt(&self, ciphertext: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let bytes = ciphertext.strip_prefix("vault:v1:").and_then(|text| hex::decode(text).ok());
        let bytes = bytes.ok_or_else(|| VaultError::Root("the key server refused".into()))?;
        Ok(Zeroizing::new(bytes.iter().zip(self.0).map(|(byte, pad)| byte ^ pad).collect()))
    }
}

#[tokio::test]
async fn a_key_server_opens_the_root_that_lies_beside_the_database_as_ciphertext() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let file = folder.path().join("vault.root");
    let server = PadServer([0x5a; 32]);
    let first = create_transit_root(&server, &file).await.unwrap();
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("vault:v1:"));
    let again = open_transit_root(&server, &file).await.unwrap();
    reopens(&setup, folder.path(), RootKey::Unsealed(first), RootKey::Unsealed(again)).await;
    let twice = create_transit_root(&server, &file).await;
    assert!(matches!(twice, Err(VaultError::Root(_))), "an existing root is never written over");
    std::fs::write(&file, "vault:v1:00ff").unwrap();
    assert!(matches!(open_transit_root(&server, &file).await, Err(VaultError::Root(_))));
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(open_transit_root(&server, &file).await, Err(VaultError::Root(_))));
}
