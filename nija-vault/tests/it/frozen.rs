//! Data of format 1 as it was written once. It must open for ever: a failure here means that users' vaults no longer do.
//!
//! The root in `vault-v1.json` is a throwaway of this vector and protects nothing.

use nija_core::{Custody, OpenPurpose, OrderPolicy, Timestamp, UserId, Vault, VaultError};
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
    let report = verify_audit_file(&folder.path().join("vault.db"), None, &[]).unwrap();
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

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Schema2 {
    throwaway_root: String,
    written_at: Timestamp,
    limited: UserId,
    limited_throwaway_key: String,
    free: UserId,
    free_throwaway_key: String,
    policy: OrderPolicy,
}

/// The last program of schema 2 wrote it: a user with a policy that nothing vouches for yet, and one without.
fn of_schema_2() -> (Schema2, tempfile::TempDir) {
    let vector: Schema2 = serde_json::from_str(include_str!("../vectors/vault-schema2.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("vault.db", include_bytes!("../vectors/vault-schema2.db").to_vec()),
        ("vault.key", hex::decode(&vector.throwaway_root).unwrap()),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    (vector, folder)
}

#[tokio::test]
async fn a_vault_of_schema_2_opens_and_its_policies_are_bound() {
    let ((vector, folder), setup) = (of_schema_2(), Setup::new());
    setup.clock.set(vector.written_at);
    for _ in 0..2 {
        let vault = open(&setup, folder.path());
        for (user, key) in
            [(vector.limited, &vector.limited_throwaway_key), (vector.free, &vector.free_throwaway_key)]
        {
            let signed = balance(signer(&vault, user).await.as_ref()).await.unwrap();
            assert_eq!(header(&signed, "api-key"), key);
        }
        assert_eq!(vault.policy(vector.limited).await.unwrap().as_ref(), Some(&vector.policy));
        assert_eq!(vault.policy(vector.free).await.unwrap(), None);
        vault.verify_audit().await.unwrap();
        vault.close().await;
    }
    let outside = crate::common::intruder(folder.path());
    outside.execute_batch("DELETE FROM policies").unwrap();
    let vault = open(&setup, folder.path());
    let refused = vault.open(vector.limited, &venue("one"), OpenPurpose::Trade).await;
    assert!(matches!(refused, Err(VaultError::Policy(_))), "{refused:?}");
    balance(signer(&vault, vector.free).await.as_ref()).await.unwrap();
    vault.verify_audit().await.unwrap();
}

#[tokio::test]
async fn a_vault_of_schema_2_opens_and_its_statuses_are_bound_once() {
    let ((vector, folder), setup) = (of_schema_2(), Setup::new());
    setup.clock.set(vector.written_at);
    let outside = crate::common::intruder(folder.path());
    let of_old: Vec<u8> = outside
        .query_row(
            "SELECT envelope FROM user_keys WHERE user = ?1",
            [vector.free.as_uuid().as_bytes()],
            |row| row.get(0),
        )
        .unwrap();
    let vault = open(&setup, folder.path());
    let id = signer(&vault, vector.free).await.credential();
    vault.revoke(vector.free, id).await.unwrap();
    vault.close().await;
    drop(vault);
    outside
        .execute_batch(
            "UPDATE credentials SET status = 'active'; INSERT INTO duties (name) VALUES ('bind_statuses')",
        )
        .unwrap();
    let closed = async |vault: &nija_vault::LocalVault| {
        let refused = vault.open(vector.free, &venue("one"), OpenPurpose::Trade).await;
        assert!(matches!(refused, Err(VaultError::Status(_))), "{refused:?}");
        balance(signer(vault, vector.limited).await.as_ref()).await.unwrap();
    };
    let vault = open(&setup, folder.path());
    closed(&vault).await;
    vault.close().await;
    drop(vault);
    // Nor does the user's key as it was before it vouched.
    let put_back = "UPDATE user_keys SET envelope = ?2 WHERE user = ?1";
    outside.execute(put_back, rusqlite::params![vector.free.as_uuid().as_bytes(), of_old]).unwrap();
    let vault = open(&setup, folder.path());
    closed(&vault).await;
    vault.verify_audit().await.unwrap();
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Schema7 {
    throwaway_root: String,
    written_at: Timestamp,
    limited: UserId,
    limited_throwaway_key: String,
    policy: OrderPolicy,
    revoked: UserId,
    revoked_credential: String,
}

/// The users' keys vouch for a policy and for which credentials are in force.
#[tokio::test]
async fn a_vault_of_schema_7_opens_with_what_its_users_keys_vouch_for() {
    let vector: Schema7 = serde_json::from_str(include_str!("../vectors/vault-schema7.json")).unwrap();
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    for (name, bytes) in [
        ("vault.db", include_bytes!("../vectors/vault-schema7.db").to_vec()),
        ("vault.key", hex::decode(&vector.throwaway_root).unwrap()),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    setup.clock.set(vector.written_at);
    let vault = open(&setup, folder.path());
    let signed = balance(signer(&vault, vector.limited).await.as_ref()).await.unwrap();
    assert_eq!(header(&signed, "api-key"), vector.limited_throwaway_key);
    assert_eq!(vault.policy(vector.limited).await.unwrap(), Some(vector.policy));
    let refused = vault.open(vector.revoked, &venue("one"), OpenPurpose::Trade).await;
    assert!(matches!(refused, Err(VaultError::NoCredential { .. })), "{refused:?}");
    let listed = vault.list(vector.revoked).await.unwrap();
    assert_eq!(listed[0].id.to_string(), vector.revoked_credential);
    vault.close().await;
    crate::common::intruder(folder.path()).execute_batch("UPDATE credentials SET status = 'active'").unwrap();
    let vault = open(&setup, folder.path());
    let refused = vault.open(vector.revoked, &venue("one"), OpenPurpose::Trade).await;
    assert!(matches!(refused, Err(VaultError::Status(_))), "{refused:?}");
    vault.verify_audit().await.unwrap();
}

#[tokio::test]
#[ignore = "writes a new vector: frozen ones are never written again"]
async fn write_a_vault_of_schema_7() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (limited, revoked, vault) = (setup.user(), setup.user(), open(&setup, folder.path()));
    let (limited_throwaway_key, _) = crate::common::store(&setup, &vault, limited).await;
    crate::common::store(&setup, &vault, revoked).await;
    let of_old: Schema2 = serde_json::from_str(include_str!("../vectors/vault-schema2.json")).unwrap();
    vault.set_policy(limited, Some(of_old.policy.clone())).await.unwrap();
    let credential = signer(&vault, revoked).await.credential();
    vault.revoke(revoked, credential).await.unwrap();
    vault.close().await;
    let vector = Schema7 {
        throwaway_root: hex::encode(fs::read(folder.path().join("vault.key")).unwrap()),
        written_at: nija_core::Clock::now(&setup.clock),
        limited,
        limited_throwaway_key,
        policy: of_old.policy,
        revoked,
        revoked_credential: credential.to_string(),
    };
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/vault-schema7");
    assert!(!fs::exists(format!("{file}.db")).unwrap(), "it is frozen");
    crate::common::intruder(folder.path()).execute("VACUUM INTO ?1", [format!("{file}.db")]).unwrap();
    fs::write(format!("{file}.json"), serde_json::to_string_pretty(&vector).unwrap() + "\n").unwrap();
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Schema8 {
    throwaway_root: String,
    written_at: Timestamp,
    audit_head: String,
    audit_entries: u64,
    rotating: UserId,
    rotating_throwaway_key: String,
    erased: UserId,
}

/// Its log is of format 1 to the end, and something is noted of an erased user's key, as programs of before left it.
#[tokio::test]
async fn a_vault_of_schema_8_opens_and_its_log_goes_on_in_the_next_format() {
    let vector: Schema8 = serde_json::from_str(include_str!("../vectors/vault-schema8.json")).unwrap();
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    for (name, bytes) in [
        ("vault.db", include_bytes!("../vectors/vault-schema8.db").to_vec()),
        ("vault.key", hex::decode(&vector.throwaway_root).unwrap()),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    setup.clock.set(vector.written_at);
    let file = folder.path().join("vault.db");
    let report = verify_audit_file(&file, None, &[]).unwrap();
    assert_eq!((report.entries, &report.head), (vector.audit_entries, &vector.audit_head));
    let proof = nija_vault::prove_audit_entry(&file.clone().into(), 2).unwrap();
    assert_eq!((proof.entry.format, &proof.entry.origin), (1, &None));
    let vault = open(&setup, folder.path());
    let signed = balance(signer(&vault, vector.rotating).await.as_ref()).await.unwrap();
    assert_eq!(header(&signed, "api-key"), vector.rotating_throwaway_key);
    let (books, at) = (vault.books(), venue("one"));
    assert!(books.note(vector.rotating, &at, "key_rotation").await.unwrap().is_some(), "it goes on");
    assert_eq!(books.note(vector.erased, &at, "key_rotation").await.unwrap(), None);
    assert!(vault.verify_audit().await.unwrap() > vector.audit_entries);
    vault.close().await;
    let mut formats = Vec::new();
    nija_vault::each_audit_record(&file.clone().into(), &mut |record| formats.push(record.format)).unwrap();
    let of_old = usize::try_from(vector.audit_entries).unwrap();
    assert!(
        formats[..of_old].iter().all(|format| *format == 1)
            && formats[of_old..].iter().all(|format| *format == 2)
    );
    let report = verify_audit_file(&file, None, &[]).unwrap();
    assert_eq!(report.entries, formats.len() as u64);
}

#[tokio::test]
#[ignore = "writes a new vector: frozen ones are never written again"]
async fn write_a_vault_of_schema_8() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (rotating, erased, vault) = (setup.user(), setup.user(), open(&setup, folder.path()));
    let (rotating_throwaway_key, _) = crate::common::store(&setup, &vault, rotating).await;
    crate::common::store(&setup, &vault, erased).await;
    vault
        .books()
        .set_note(rotating, &venue("one"), "key_rotation", Some("{}".into()), "Verified")
        .await
        .unwrap();
    vault.erase(erased).await.unwrap();
    vault.close().await;
    let outside = crate::common::intruder(folder.path());
    let left = "INSERT INTO notes (user, venue, name, note) VALUES (?1, 'one', 'key_rotation', '{}')";
    outside.execute(left, [erased.as_uuid().as_bytes()]).unwrap();
    let report = verify_audit_file(&folder.path().join("vault.db"), None, &[]).unwrap();
    let vector = Schema8 {
        throwaway_root: hex::encode(fs::read(folder.path().join("vault.key")).unwrap()),
        written_at: nija_core::Clock::now(&setup.clock),
        audit_head: report.head,
        audit_entries: report.entries,
        rotating,
        rotating_throwaway_key,
        erased,
    };
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/vault-schema8");
    assert!(!fs::exists(format!("{file}.db")).unwrap(), "it is frozen");
    outside.execute("VACUUM INTO ?1", [format!("{file}.db")]).unwrap();
    fs::write(format!("{file}.json"), serde_json::to_string_pretty(&vector).unwrap() + "\n").unwrap();
}

/// What `nija-client` checks itself against: a proof and a list of keys that a vault signed whose keys are gone.
#[tokio::test]
#[ignore = "writes new vectors: frozen ones are never written again"]
async fn write_vectors_of_the_client() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    for _ in 0..7 {
        let store = crate::common::store(&setup, &vault, user);
        nija_vault::Caller::from("cli").by("uid 1000").asks(store).await;
        balance(signer(&vault, user).await.as_ref()).await.unwrap();
    }
    vault.rotate().await.unwrap();
    vault.checkpoint().await.unwrap();
    let about = vault.books().audit_of(user, None, 100).await.unwrap();
    let stored = about.iter().filter(|entry| entry.action == "store").nth(3).unwrap().seq;
    let proof = vault.prove_audit_entry(stored).await.unwrap();
    let pinned = vault.keys().identity;
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/../nija-client/tests/");
    for (name, vector) in [
        ("audit-proof-2.json", serde_json::json!({ "pinned": pinned, "proof": proof })),
        (
            "published-keys.json",
            serde_json::json!({
                "pinned": pinned,
                "issued_at_micros": nija_core::Clock::now(&setup.clock).micros(),
                "keys": vault.published_keys().unwrap(),
            }),
        ),
    ] {
        let path = format!("{client}{name}");
        // What is there is frozen.
        if fs::exists(&path).unwrap() {
            continue;
        }
        fs::write(path, serde_json::to_string_pretty(&vector).unwrap() + "\n").unwrap();
    }
}
