//! Someone who can write the database, and has no key.

use nija_core::{OpenPurpose, Vault, VaultError};
use nija_vault::LocalVault;
use nija_vault::testing::{Setup, venue};
use rusqlite::{Connection, params};

use crate::common::{balance, config, intruder, open, signer, store};

const READ: OpenPurpose = OpenPurpose::Reconcile;

fn envelope(connection: &Connection, table: &str) -> Vec<u8> {
    let read = format!("SELECT envelope FROM {table}");
    connection.query_row(&read, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn no_damaged_byte_of_a_stored_envelope_opens() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let user = setup.user();
    let vault = open(&setup, folder.path());
    store(&setup, &vault, user).await;
    vault.close().await;
    drop(vault);
    let connection = intruder(folder.path());
    let vault = open(&setup, folder.path());
    for table in ["credential_versions", "user_keys"] {
        let good = envelope(&connection, table);
        let write = format!("UPDATE {table} SET envelope = ?1");
        // Every bit is tried where envelopes are made; here it is every byte on its way through the database.
        for byte in 0..good.len() {
            let mut bad = good.clone();
            bad[byte] ^= 1 << (byte % 8);
            connection.execute(&write, params![bad]).unwrap();
            let opened = vault.open(user, &venue("one"), READ).await;
            let refused = matches!(opened, Err(VaultError::Envelope(_)));
            assert!(refused, "byte {byte} of {table}");
        }
        connection.execute(&write, params![good]).unwrap();
    }
    balance(signer(&vault, user).await.as_ref()).await.unwrap();
}

#[test]
fn no_damaged_byte_of_the_vaults_own_keys_opens() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    drop(open(&setup, folder.path()));
    let connection = intruder(folder.path());
    for kind in ["kek", "sealing"] {
        let good: Vec<u8> = connection
            .query_row("SELECT envelope FROM keys WHERE kind = ?1", [kind], |row| row.get(0))
            .unwrap();
        for byte in 0..good.len() {
            let mut bad = good.clone();
            bad[byte] ^= 1 << (byte % 8);
            let write = "UPDATE keys SET envelope = ?1 WHERE kind = ?2";
            connection.execute(write, params![bad, kind]).unwrap();
            let opened = LocalVault::open(config(&setup, folder.path()));
            let refused = matches!(opened, Err(VaultError::Envelope(_) | VaultError::Root(_)));
            assert!(refused, "byte {byte} of {kind}");
            connection.execute(write, params![good, kind]).unwrap();
        }
    }
    drop(open(&setup, folder.path()));
}

#[tokio::test]
async fn a_row_moved_to_another_place_does_not_open() {
    let moves = [
        "UPDATE credentials SET user = :other WHERE user = :user",
        "UPDATE credentials SET user = :other WHERE user = :user;
         INSERT INTO user_keys SELECT :other, id, envelope, created_at FROM user_keys WHERE user = :user",
        "UPDATE credentials SET venue = 'two' WHERE user = :user",
        "UPDATE credentials SET custody = 'session' WHERE user = :user",
        "UPDATE credentials SET version = 1 WHERE user = :user; UPDATE credential_versions SET version = version + 5
         WHERE version = 1; UPDATE credential_versions SET version = 1 WHERE version = 2",
        "UPDATE credential_versions SET envelope = (SELECT v.envelope FROM credential_versions v JOIN credentials c
         ON c.id = v.credential WHERE c.user = :user AND v.version = 1) WHERE version = 2",
        "UPDATE credential_versions SET credential = x'00112233445566778899aabbccddeeff' WHERE credential IN
         (SELECT id FROM credentials WHERE user = :user); UPDATE credentials SET
         id = x'00112233445566778899aabbccddeeff' WHERE user = :user",
        "UPDATE credential_versions SET envelope = (SELECT v.envelope FROM credential_versions v JOIN credentials c
         ON c.id = v.credential WHERE c.user = :other), user_key = (SELECT id FROM user_keys WHERE user = :other)
         WHERE version = 2",
        "DELETE FROM credential_versions WHERE version = 2",
        "DELETE FROM user_keys WHERE user = :user",
        "UPDATE user_keys SET envelope = (SELECT k.envelope FROM user_keys k WHERE k.user = :other)",
    ];
    for (number, tampering) in moves.iter().enumerate() {
        let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
        let (user, other) = (setup.user(), setup.user());
        let vault = open(&setup, folder.path());
        store(&setup, &vault, user).await;
        store(&setup, &vault, user).await;
        if number > 1 {
            store(&setup, &vault, other).await;
        }
        let hex = |id: nija_core::UserId| format!("x'{}'", id.as_uuid().simple());
        let sql = tampering.replace(":user", &hex(user)).replace(":other", &hex(other));
        intruder(folder.path()).execute_batch(&sql).unwrap();
        let mut refused = false;
        for who in [user, other] {
            for place in ["one", "two"] {
                match vault.open(who, &venue(place), READ).await {
                    Ok(_) => assert!(who == other && number > 1, "move {number}"),
                    Err(VaultError::Envelope(_) | VaultError::Status(_)) => refused = true,
                    Err(VaultError::NoCredential { .. }) => {}
                    Err(error) => panic!("move {number}: {error}"),
                }
            }
        }
        assert!(refused, "move {number}");
    }
}

#[tokio::test]
async fn a_sealing_key_slipped_in_is_not_published() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    drop(open(&setup, folder.path()));
    let elsewhere = tempfile::tempdir().unwrap();
    drop(open(&setup, elsewhere.path()));
    let foreign: (Vec<u8>, Vec<u8>) = intruder(elsewhere.path())
        .query_row("SELECT id, envelope FROM keys WHERE kind = 'sealing'", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    intruder(folder.path())
        .execute(
            "INSERT INTO keys (id, kind, envelope) VALUES (?1, 'sealing', ?2)",
            params![foreign.0, foreign.1],
        )
        .unwrap();
    let opened = LocalVault::open(config(&setup, folder.path()));
    assert!(matches!(opened, Err(VaultError::Envelope(_))));
}

/// Key and row of one earlier moment fit together: only a signer that saw the later moment can tell.
#[tokio::test]
async fn a_revoked_user_put_back_as_a_whole_stays_closed_for_the_signer_that_revoked() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    store(&setup, &vault, user).await;
    let connection = intruder(folder.path());
    let before = envelope(&connection, "user_keys");
    let id = vault.list(user).await.unwrap()[0].id;
    vault.revoke(user, id).await.unwrap();
    let put_back = "UPDATE user_keys SET envelope = ?1";
    connection.execute(put_back, params![before]).unwrap();
    connection.execute("UPDATE credentials SET status = 'active'", []).unwrap();
    let opened = vault.open(user, &venue("one"), READ).await;
    assert!(matches!(opened, Err(VaultError::Status(_))), "{opened:?}");
    let blob = nija_vault::testing::sealed(&vault, user, &venue("two"), "key", "secret").await.unwrap();
    let stored = vault.store(user, &venue("two"), "", &blob).await;
    assert!(matches!(stored, Err(VaultError::Status(_))), "nothing is built on it: {stored:?}");
}
