//! Backup, wipe, restore to a point in time, everything opens: on both databases, and from the one to the other.

use nija_core::{
    Clock, Custody, CustodyMode, OpenPurpose, OrderPolicy, Timestamp, UserId, Vault, VaultError,
};
use nija_vault::testing::{Setup, venue};
use nija_vault::{
    LocalVault, LocalVaultConfig, Point, RootKey, UnlockKey, VaultDatabase, restore, verify_audit,
};
use std::path::Path;
use std::time::Duration;

use crate::common::{PostgresDatabase, balance, config, header, open, signer, store};

const HOUR: Duration = Duration::from_secs(3600);

fn policy(most: &str) -> OrderPolicy {
    OrderPolicy {
        pairs: [("BTC-USD".parse().unwrap(), None)].into(),
        max_order: Some(most.parse().unwrap()),
        max_buys_per_hour: None,
    }
}

/// How two users' keys and one's policy were after an entry, and when that was.
#[derive(Debug, Clone)]
struct Moment {
    entry: u64,
    at: Timestamp,
    one: Option<String>,
    two: Option<String>,
    policy: Option<OrderPolicy>,
}

struct Story {
    one: UserId,
    two: UserId,
    moments: Vec<Moment>,
}

/// A day in the life of a vault; the last thing that happened is the last moment.
async fn live(setup: &Setup, vault: &LocalVault) -> Story {
    let (one, two) = (setup.user(), setup.user());
    let mut now = Moment { entry: 0, at: setup.clock.now(), one: None, two: None, policy: None };
    let mut moments = Vec::new();
    for step in 0..10 {
        setup.clock.advance(HOUR);
        match step {
            0 => now.one = Some(store(setup, vault, one).await.0),
            1 => {
                vault.set_policy(one, Some(policy("100"))).await.unwrap();
                now.policy = Some(policy("100"));
            }
            2 => now.two = Some(store(setup, vault, two).await.0),
            3 => now.one = Some(store(setup, vault, one).await.0),
            4 => {
                vault.set_policy(one, Some(policy("900"))).await.unwrap();
                now.policy = Some(policy("900"));
            }
            5 => {
                let id = vault.list(one).await.unwrap()[0].id;
                vault.rollback(one, id).await.unwrap();
                now.one.clone_from(&moments.first().and_then(|first: &Moment| first.one.clone()));
            }
            6 => {
                let id = vault.list(two).await.unwrap()[0].id;
                vault.revoke(two, id).await.unwrap();
                now.two = None;
            }
            7 => {
                // The same place in another custody mode: another credential. Nothing opens it here while it is locked.
                let unlock = UnlockKey::new("words").unwrap();
                let sealing = vault.sealing_key().await.unwrap();
                let blob =
                    unlock.seal_credential(&sealing, one, &venue("one"), "theirs", "secret", None).unwrap();
                vault.store_locked(one, &venue("one"), "", &blob, unlock.derivation().clone()).await.unwrap();
                now.one = None;
            }
            8 => {
                vault.set_policy(one, None).await.unwrap();
                now.policy = None;
            }
            _ => now.two = Some(store(setup, vault, two).await.0),
        }
        now.entry = vault.verify_audit().await.unwrap();
        now.at = setup.clock.now();
        moments.push(now.clone());
    }
    Story { one, two, moments }
}

async fn key_of(vault: &LocalVault, user: UserId) -> Option<String> {
    match vault.open(user, &venue("one"), OpenPurpose::Trade).await {
        Ok(signer) => Some(header(&balance(signer.as_ref()).await.unwrap(), "api-key").to_owned()),
        Err(VaultError::NoCredential { .. } | VaultError::Locked { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

async fn is_as_it_was(vault: &LocalVault, story: &Story, moment: &Moment) {
    assert_eq!(key_of(vault, story.one).await, moment.one, "{moment:?}");
    assert_eq!(key_of(vault, story.two).await, moment.two, "{moment:?}");
    assert_eq!(vault.policy(story.one).await.unwrap(), moment.policy, "{moment:?}");
    let checked = vault.open_everything(|_| ()).await.unwrap();
    assert_eq!(checked.failed, [], "{moment:?}");
}

fn vault_of(setup: &Setup, root: &Path, database: VaultDatabase) -> LocalVault {
    let root = RootKey::File(root.join("vault.key"));
    LocalVault::open(LocalVaultConfig { root, database, ..config(setup, Path::new("/nowhere")) }).unwrap()
}

/// Restores the backup into `database` and goes back to each point in turn, the latest first.
async fn every_point_comes_back(
    setup: &Setup,
    story: &Story,
    backup: &Path,
    root: &Path,
    database: &VaultDatabase,
) {
    let key = || RootKey::File(root.join("vault.key"));
    restore(backup, key(), database, &mut |_, _| ()).unwrap();
    let again = restore(backup, key(), database, &mut |_, _| ()).unwrap_err();
    assert!(again.to_string().contains("never writes over"), "{again}");
    let vault = vault_of(setup, root, database.clone());
    let last = story.moments.last().unwrap();
    is_as_it_was(&vault, story, last).await;
    for (number, moment) in story.moments.iter().enumerate().rev() {
        let point = match number % 2 {
            0 => Point::Time(moment.at.plus(HOUR / 2)),
            _ => Point::Entry(moment.entry),
        };
        let held = vault.open(story.one, &venue("one"), OpenPurpose::Trade).await;
        let rewound = vault.rewind(point).await.unwrap();
        assert_eq!(rewound.gone, []);
        if let Ok(held) = held {
            assert!(balance(held.as_ref()).await.is_err(), "no lease outlives it");
        }
        is_as_it_was(&vault, story, moment).await;
    }
    let early = Point::Time(Timestamp::from_micros(5));
    assert!(matches!(vault.rewind(early).await, Err(VaultError::Storage(_))));
    assert!(matches!(vault.rewind(Point::Entry(1_000_000)).await, Err(VaultError::Storage(_))));
    // Life goes on from there, and what is limited is limited.
    vault.set_policy(story.one, Some(policy("5"))).await.unwrap();
    let newest = store(setup, &vault, story.one).await.0;
    assert_eq!(key_of(&vault, story.one).await, Some(newest));
    // The log has all of it: what was undone, that it was undone, and what came after.
    vault.close().await;
    let report = verify_audit(database, None, &[], &mut |_| ()).unwrap();
    assert!(report.entries > last.entry + 10 && report.signed_entries == report.entries);
}

#[tokio::test]
async fn a_vault_on_sqlite_is_restored_to_every_point() {
    let (setup, folder, empty) = (Setup::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = open(&setup, folder.path());
    let story = live(&setup, &vault).await;
    let backup = empty.path().join("the.backup");
    vault.back_up(&backup, |_, _| ()).await.unwrap();
    vault.close().await;
    drop(vault);
    std::fs::remove_file(folder.path().join("vault.db")).unwrap();
    let database = empty.path().join("vault.db").into();
    every_point_comes_back(&setup, &story, &backup, folder.path(), &database).await;
    // On the other kind of database, too.
    if let Some(other) = PostgresDatabase::make() {
        let database = VaultDatabase::Postgres(other.url().into());
        every_point_comes_back(&setup, &story, &backup, folder.path(), &database).await;
    }
}

#[tokio::test]
async fn a_vault_on_postgresql_is_wiped_and_restored_to_every_point() {
    let Some(database) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    let vault = database.open_vault(&setup);
    let story = live(&setup, &vault).await;
    let (root, empty) = (database.folder.path(), tempfile::tempdir().unwrap());
    let backup = empty.path().join("the.backup");
    vault.back_up(&backup, |_, _| ()).await.unwrap();
    vault.close().await;
    drop(vault);
    let told = std::fs::read(&backup).unwrap();
    let name = *story.one.as_uuid().as_bytes();
    assert!(!told.windows(name.len()).any(|at| at == name), "who has an account is not to be seen");
    database.run("DROP SCHEMA nija_vault CASCADE").unwrap();
    let url = VaultDatabase::Postgres(database.url().into());
    every_point_comes_back(&setup, &story, &backup, root, &url).await;
    // A drill needs no server.
    let file = empty.path().join("vault.db").into();
    every_point_comes_back(&setup, &story, &backup, root, &file).await;
}

#[tokio::test]
async fn what_was_destroyed_since_stays_destroyed() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let vault = open(&setup, folder.path());
    let (erased, destroyed, pruned) = (setup.user(), setup.user(), setup.user());
    for user in [erased, destroyed, pruned] {
        store(&setup, &vault, user).await;
        vault.set_policy(user, Some(policy("100"))).await.unwrap();
    }
    let device = vault.register_device_key(destroyed, &venue("two"), "phone").await.unwrap();
    let point = vault.verify_audit().await.unwrap();
    setup.clock.advance(HOUR);
    let id = async |user| vault.list(user).await.unwrap().iter().find(|it| it.id != device.id).unwrap().id;
    let ids = [id(erased).await, id(destroyed).await, id(pruned).await];
    vault.erase(erased).await.unwrap();
    vault.destroy(destroyed, ids[1]).await.unwrap();
    for _ in 0..10 {
        store(&setup, &vault, pruned).await;
    }
    vault.revoke(destroyed, device.id).await.unwrap();
    let rewound = vault.rewind(Point::Entry(point)).await.unwrap();
    let mut gone = rewound.gone;
    gone.sort_by_key(|id| id.as_uuid());
    let mut expected = ids.to_vec();
    expected.sort_by_key(|id| id.as_uuid());
    assert_eq!(gone, expected);
    for user in [erased, destroyed, pruned] {
        let opened = vault.open(user, &venue("one"), OpenPurpose::Trade).await;
        assert!(matches!(opened, Err(VaultError::NoCredential { .. })), "{opened:?}");
    }
    let listed = vault.list(destroyed).await.unwrap();
    let phone = listed.iter().find(|meta| meta.custody == CustodyMode::Device).unwrap();
    assert_eq!(phone.status, nija_core::CredentialStatus::Active, "a record without content comes back");
    // Each may store a key again.
    for user in [erased, destroyed, pruned] {
        store(&setup, &vault, user).await;
        balance(signer(&vault, user).await.as_ref()).await.unwrap();
    }
    vault.verify_audit().await.unwrap();
}
