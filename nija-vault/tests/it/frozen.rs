//! Data of format 1 as it was written once. It must open for ever: a failure here means that users' vaults no longer do.
//!
//! The root in `vault-v1.json` is a throwaway of this vector and protects nothing.

use nija_core::{Timestamp, Vault};
use nija_vault::testing::{Setup, venue};
use nija_vault::verify_audit_file;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{balance, header, open, signer};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    throwaway_root: String,
    user: String,
    throwaway_key: String,
    throwaway_secret: String,
    credential: String,
    sealing_key_id: String,
    audit_head: String,
    written_at: Timestamp,
}

#[tokio::test]
async fn a_vault_of_format_1_opens() {
    let vector: Vector = serde_json::from_str(include_str!("../vectors/vault-v1.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("vault.db", include_bytes!("../vectors/vault-v1.db").to_vec()),
        ("vault.key", hex::decode(&vector.throwaway_root).unwrap()),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let report = verify_audit_file(&folder.path().join("vault.db")).unwrap();
    assert_eq!(report.head, vector.audit_head);
    let setup = Setup::new();
    setup.clock.set(vector.written_at);
    let vault = open(&setup, folder.path());
    assert_eq!(vault.sealing_key().await.unwrap().key_id, vector.sealing_key_id);
    let user = vector.user.parse().unwrap();
    let signer = signer(&vault, user).await;
    assert_eq!(signer.credential().to_string(), vector.credential);
    let signed = balance(signer.as_ref()).await.unwrap();
    assert_eq!(header(&signed, "api-key"), vector.throwaway_key);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, vector.throwaway_secret.as_bytes());
    let text = format!("GET /balance {} ", header(&signed, "nonce"));
    let signature = hex::decode(header(&signed, "signature")).unwrap();
    aws_lc_rs::hmac::verify(&key, text.as_bytes(), &signature).unwrap();
    let listed = vault.list(user).await.unwrap();
    assert_eq!((listed[0].venue.clone(), listed[0].version), (venue("one"), 2));
}

#[tokio::test]
#[ignore = "temporary generator"]
async fn generate() {
    let setup = Setup::new();
    let folder = tempfile::tempdir().unwrap();
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    crate::common::store(&setup, &vault, user).await;
    let (key, secret) = crate::common::store(&setup, &vault, user).await;
    let id = vault.list(user).await.unwrap()[0].id;
    let sealing = vault.sealing_key().await.unwrap().key_id;
    vault.close().await;
    drop(vault);
    let out = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let copy = format!(
        "PRAGMA page_size = 1024; VACUUM INTO '{}'",
        out.join("vault-v1.db").display()
    );
    crate::common::intruder(folder.path())
        .execute_batch(&copy)
        .unwrap();
    let report = verify_audit_file(&out.join("vault-v1.db")).unwrap();
    let json = serde_json::json!({
        "throwaway_root": hex::encode(fs::read(folder.path().join("vault.key")).unwrap()),
        "user": user.to_string(), "throwaway_key": key, "throwaway_secret": secret,
        "credential": id.to_string(), "sealing_key_id": sealing, "audit_head": report.head,
        "written_at": nija_core::Clock::now(&setup.clock),
    });
    fs::write(
        out.join("vault-v1.json"),
        serde_json::to_string_pretty(&json).unwrap() + "\n",
    )
    .unwrap();
}
