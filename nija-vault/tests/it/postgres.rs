//! What holds on PostgreSQL beyond the conformance suite.

use nija_core::{Clock, Custody, KeyRights, OpenPurpose, SignError, Vault, VaultError};
use nija_test_services::{Authority, Server};
use nija_vault::testing::{Setup, venue};
use nija_vault::{LocalVault, UnlockKey, VaultDatabase};
use tokio::task::block_in_place;

use crate::common::{PostgresDatabase, balance, config, header, signer, store};

#[tokio::test]
async fn the_database_refuses_to_change_or_empty_the_audit_log() {
    let Some(database) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    let vault = database.open_vault(&setup);
    store(&setup, &vault, setup.user()).await;
    vault.verify_audit().await.unwrap();
    for attempt in [
        "UPDATE nija_vault.audit SET outcome = 'ok' WHERE seq = 2",
        "DELETE FROM nija_vault.audit WHERE seq = 2",
        "DELETE FROM nija_vault.audit",
        "TRUNCATE nija_vault.audit",
        "INSERT INTO nija_vault.audit SELECT seq + 1000, format, at, action, outcome, \"user\", venue, credential, version,
         purpose, count, detail, previous, hash, actor, origin FROM nija_vault.audit WHERE seq = 2",
        "INSERT INTO nija_vault.audit SELECT * FROM nija_vault.audit WHERE seq = 2
         ON CONFLICT (seq) DO UPDATE SET outcome = 'ok'",
    ] {
        let error = database.run(attempt).unwrap_err();
        assert!(error.contains("append-only"), "{attempt}: {error}");
    }
    vault.verify_audit().await.unwrap();
}

#[tokio::test]
async fn two_signers_share_one_chain_and_hear_each_others_changes() {
    let Some(database) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    let (here, there) = (database.open_vault(&setup), database.open_vault(&setup));
    let user = setup.user();
    let (first, _) = store(&setup, &here, user).await;
    let held = signer(&there, user).await;
    assert_eq!(header(&balance(held.as_ref()).await.unwrap(), "api-key"), first);
    let (second, _) = store(&setup, &here, user).await;
    ended(held.as_ref()).await;
    let held = signer(&there, user).await;
    assert_eq!(header(&balance(held.as_ref()).await.unwrap(), "api-key"), second);
    here.revoke(user, held.credential()).await.unwrap();
    ended(held.as_ref()).await;
    assert!(there.open(user, &venue("one"), nija_core::OpenPurpose::Trade).await.is_err());
    // Both wrote at once, and neither forked the chain.
    let users: Vec<_> = (0..8).map(|_| setup.user()).collect();
    for pair in users.chunks(2) {
        tokio::join!(store(&setup, &here, pair[0]), store(&setup, &there, pair[1]));
    }
    assert_eq!(here.verify_audit().await.unwrap() + 1, there.verify_audit().await.unwrap());
}

/// A user who locks a key at one signer has it locked at all of them.
#[tokio::test]
async fn a_lock_at_one_signer_holds_at_the_other() {
    let Some(database) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    let (here, there) = (database.open_vault(&setup), database.open_vault(&setup));
    let (user, at, other) = (setup.user(), venue("one"), setup.user());
    let (unlock, to) = (UnlockKey::new("twelve words").unwrap(), here.sealing_key().await.unwrap());
    let until = setup.clock.now().plus(std::time::Duration::from_secs(3600));
    for who in [user, other] {
        let blob = unlock.seal_credential(&to, who, &at, "key", "secret", None).unwrap();
        here.store_locked(who, &at, "mine", &blob, unlock.derivation().clone()).await.unwrap();
        let key = unlock.seal_unlock(&to, who, &at).unwrap();
        there.unlock(who, &at, &key, until).await.unwrap();
    }
    let held = signer(&there, user).await;
    here.lock(user, &at).await.unwrap();
    ended(held.as_ref()).await;
    let opened = there.open(user, &at, OpenPurpose::Trade).await;
    assert!(matches!(opened, Err(VaultError::Locked { .. })), "{opened:?}");
    assert_eq!(there.books().unlocked_until(user, &at), None);
    // Of another's it says nothing, nor does what leaves the key where it is.
    here.policy(other).await.unwrap();
    here.set_rights(other, signer(&there, other).await.credential(), KeyRights::default()).await.unwrap();
    there.verify_audit().await.unwrap();
    assert_eq!(there.books().unlocked_until(other, &at), Some(until));
}

/// Nothing tells a signer of a lock that comes while its connection is cut: the log does.
#[tokio::test]
async fn a_lock_that_a_signer_could_not_hear_holds_there_too() {
    let Some(database) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    let (here, there) = (database.open_vault(&setup), database.open_vault(&setup));
    let (at, until) = (venue("one"), setup.clock.now().plus(std::time::Duration::from_secs(24 * 3600)));
    let (unlock, to) = (UnlockKey::new("twelve words").unwrap(), here.sealing_key().await.unwrap());
    let (locks, revokes, goes_on) = (setup.user(), setup.user(), setup.user());
    let mut ids = Vec::new();
    for who in [locks, revokes, goes_on] {
        let blob = unlock.seal_credential(&to, who, &at, "key", "secret", None).unwrap();
        ids.push(here.store_locked(who, &at, "mine", &blob, unlock.derivation().clone()).await.unwrap().id);
        there.unlock(who, &at, &unlock.seal_unlock(&to, who, &at).unwrap(), until).await.unwrap();
    }
    let held = signer(&there, locks).await;
    balance(held.as_ref()).await.unwrap();
    database.admits(false, true);
    ended(held.as_ref()).await;
    here.lock(locks, &at).await.unwrap();
    here.revoke(revokes, ids[1]).await.unwrap();
    database.admits(true, false);
    let opened = there.open(locks, &at, OpenPurpose::Trade).await;
    assert!(matches!(opened, Err(VaultError::Locked { .. })), "{opened:?}");
    assert_eq!(there.books().unlocked_until(locks, &at), None);
    // Once it listens again it knows of the others as well.
    let knows = async {
        while there.books().unlocked_until(revokes, &at).is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), knows).await.unwrap();
    balance(signer(&there, goes_on).await.as_ref()).await.unwrap();
    assert_eq!(there.books().unlocked_until(goes_on, &at), Some(until));
    // Locked and unlocked again: the newer one stands.
    there.unlock(locks, &at, &unlock.seal_unlock(&to, locks, &at).unwrap(), until).await.unwrap();
    balance(signer(&there, locks).await.as_ref()).await.unwrap();
    there.verify_audit().await.unwrap();
}

/// The log of a database that no program with origins has opened yet is read as it is.
#[tokio::test]
async fn a_log_of_format_1_is_verified_without_changing_its_table() {
    let Some(database) = PostgresDatabase::make() else { return };
    database.open_vault(&Setup::new()).close().await;
    let at = VaultDatabase::Postgres(database.url().into());
    let mut all = Vec::new();
    nija_vault::each_audit_record(&at, &mut |record| all.push(record)).unwrap();
    let mut first = all.remove(0);
    (first.format, first.actor, first.origin) = (1, None, None);
    let hash = hex::encode(first.hash().unwrap());
    let of_old = format!(
        "ALTER TABLE nija_vault.audit DISABLE TRIGGER USER;
         ALTER TABLE nija_vault.checkpoints DISABLE TRIGGER USER;
         DELETE FROM nija_vault.checkpoints;
         DELETE FROM nija_vault.audit WHERE seq > 1;
         UPDATE nija_vault.audit SET format = 1, hash = '\\x{hash}';
         ALTER TABLE nija_vault.audit DROP COLUMN actor, DROP COLUMN origin;"
    );
    database.run(&of_old).unwrap();
    let report = nija_vault::verify_audit(&at, None, &[], &mut |_| ()).unwrap();
    assert_eq!((report.entries, report.head), (1, hash));
    let columns = "SELECT count(*) FROM information_schema.columns
        WHERE table_schema = 'nija_vault' AND table_name = 'audit'";
    assert_eq!(database.run(columns).unwrap(), ["14"]);
}

/// Signs until the other signer's change has arrived; a minute is for ever.
async fn ended(signer: &dyn nija_core::Signer) {
    let arrives = async {
        loop {
            match balance(signer).await {
                Ok(_) => tokio::task::yield_now().await,
                Err(SignError::LeaseEnded) => return,
                Err(error) => panic!("{error}"),
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), arrives).await.unwrap();
}

#[tokio::test]
async fn a_retired_version_has_no_ciphertext_and_stays_away_over_a_restart() {
    let Some(database) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    let (vault, user, at) = (database.open_vault(&setup), setup.user(), venue("one"));
    store(&setup, &vault, user).await;
    let (second, _) = store(&setup, &vault, user).await;
    let id = vault.list(user).await.unwrap()[0].id;
    let empty = "SELECT octet_length(envelope) = 0 FROM nija_vault.credential_versions ORDER BY version";
    assert_eq!(database.run(empty).unwrap(), ["f", "f"]);
    vault.retire_version(user, id, 1).await.unwrap();
    assert_eq!(database.run(empty).unwrap(), ["t", "f"]);
    vault.books().set_note(user, &at, "rotation", Some("retired".into()), "retired").await.unwrap();
    vault.close().await;
    let vault = database.open_vault(&setup);
    assert_eq!(vault.books().note(user, &at, "rotation").await.unwrap().as_deref(), Some("retired"));
    assert!(matches!(vault.rollback(user, id).await, Err(VaultError::NoOlderVersion { .. })));
    let signed = balance(signer(&vault, user).await.as_ref()).await.unwrap();
    assert_eq!(header(&signed, "api-key"), second);
    vault.verify_audit().await.unwrap();
}

#[tokio::test]
async fn connections_that_the_server_closed_are_made_again() {
    let Some(database) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    let vault = database.open_vault(&setup);
    let user = setup.user();
    let (key, _) = store(&setup, &vault, user).await;
    for _ in 0..3 {
        database
            .run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
                  AND datname = current_database()",
            )
            .unwrap();
        setup.clock.advance(std::time::Duration::from_secs(301));
        let held = signer(&vault, user).await;
        assert_eq!(header(&balance(held.as_ref()).await.unwrap(), "api-key"), key);
        vault.set_rights(user, held.credential(), nija_core::KeyRights::default()).await.unwrap();
    }
    vault.verify_audit().await.unwrap();
}

#[tokio::test]
async fn signers_that_start_at_once_make_one_vault() {
    let Some(database) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    let vaults: Vec<_> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..4).map(|_| scope.spawn(|| database.open_vault(&setup))).collect();
        starting.into_iter().map(|vault| vault.join().unwrap()).collect()
    });
    let keys = futures::future::join_all(vaults.iter().map(Vault::sealing_key)).await;
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(database.run("SELECT count(*) FROM nija_vault.audit").unwrap(), ["1"]);
    // Every step of the schema was taken, and none twice.
    let steps = database.run("SELECT count(*) = max(version) FROM nija_vault.schema_version").unwrap();
    assert_eq!(steps, ["t"]);
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_a_password_is_never_shown() {
    let Some(database) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    drop(database.open_vault(&setup));
    database.run("INSERT INTO nija_vault.schema_version VALUES (1000)").unwrap();
    let refused = nija_vault::LocalVault::open(database.config(&setup)).unwrap_err().to_string();
    assert!(refused.contains("version 1000"), "{refused}");
    let secret = setup.random_text();
    for address in
        [format!("postgres://nija:{secret}@127.0.0.1:1/none"), format!("password={secret} nonsense")]
    {
        let mut config = database.config(&setup);
        config.database = nija_vault::VaultDatabase::Postgres(address.into());
        let printed = format!("{config:?}");
        let error = nija_vault::LocalVault::open(config).unwrap_err();
        assert!(!format!("{printed} {error} {error:?}").contains(&secret));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_every_connection_is_encrypted_to_the_server_that_its_authority_signed_for() {
    let Some(server) = block_in_place(Server::start) else { return };
    let (setup, folder, authority) = (Setup::new(), tempfile::tempdir().unwrap(), Authority::new("ours"));
    block_in_place(|| server.certify(&authority.certificate("127.0.0.1")));
    let file = folder.path().join("ca.pem");
    let open = || {
        let url = format!("{} sslmode=verify-full sslrootcert={}", server.url(), file.display());
        let database = VaultDatabase::Postgres(url.into());
        LocalVault::open(nija_vault::LocalVaultConfig { database, ..config(&setup, folder.path()) })
    };
    std::fs::write(&file, Authority::new("others").pem()).unwrap();
    let error = block_in_place(open).map(drop).unwrap_err().to_string();
    assert!(error.contains("is signed by nobody in"), "{error}");

    std::fs::write(&file, authority.pem()).unwrap();
    let (vault, user) = (block_in_place(open).unwrap(), setup.user());
    let (key, _) = store(&setup, &vault, user).await;
    let held = signer(&vault, user).await;
    assert_eq!(header(&balance(held.as_ref()).await.unwrap(), "api-key"), key);
    let clear = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'nija-vault'";
    assert_eq!(server.run(&format!("{clear} AND NOT ssl")).unwrap(), ["0"]);
    assert_ne!(server.run(clear).unwrap(), ["0"]);
}
