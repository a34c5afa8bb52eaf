//! Backup, restore, drill.

use nija_core::{Custody, Vault, VaultError};
use nija_vault::testing::{Setup, venue};
use nija_vault::{LocalVault, LocalVaultConfig, RootKey, backup_time, restore, verify_audit_file};
use std::path::Path;
use std::time::Duration;

use crate::common::{balance, config, header, intruder, open, signer, store};

fn root(folder: &Path) -> RootKey {
    RootKey::File(folder.join("vault.key"))
}

/// The vault that a backup makes in an empty folder.
fn restored(setup: &Setup, from: &Path, root_of: &Path, into: &Path) -> Result<LocalVault, VaultError> {
    let database = into.join("vault.db");
    restore(from, root(root_of), &database.into(), &mut |_, _| ())?;
    LocalVault::open(LocalVaultConfig { root: root(root_of), ..config(setup, into) })
}

#[tokio::test]
async fn a_drill_into_an_empty_system_opens_every_credential() {
    let (setup, folder, empty) = (Setup::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = open(&setup, folder.path());
    let users: Vec<_> = (0..20).map(|_| setup.user()).collect();
    let mut keys = Vec::new();
    for user in &users {
        store(&setup, &vault, *user).await;
        keys.push(store(&setup, &vault, *user).await.0);
    }
    vault.register_device_key(users[0], &venue("two"), "phone").await.unwrap();
    let backup = folder.path().join("one.backup");
    let info = vault.back_up(&backup, |done, total| assert!(done <= total)).await.unwrap();
    assert_eq!(backup_time(&backup).unwrap(), info.at);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&backup).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("one.backup.")), "{left:?}");
    assert!(vault.back_up(&backup, |_, _| ()).await.is_err(), "a backup is never written over");
    let drilled = restored(&setup, &backup, folder.path(), empty.path()).unwrap();
    let report = verify_audit_file(&empty.path().join("vault.db"), None, &[]).unwrap();
    assert_eq!(report.entries, report.signed_entries, "the backup's log is signed for to its end");
    let checked = drilled.open_everything(|_| ()).await.unwrap();
    assert_eq!((checked.opened, checked.without_content, checked.failed.len()), (40, 1, 0));
    for (user, key) in users.iter().zip(&keys) {
        let signed = balance(signer(&drilled, *user).await.as_ref()).await.unwrap();
        assert_eq!(header(&signed, "api-key"), key);
    }
    assert_eq!(drilled.keys().identity, vault.keys().identity, "what devices pinned is the same");
}

/// A pending rotation keeps the new key as the device sealed it: to a key of the vault's, not of the user's.
#[tokio::test]
async fn what_is_erased_or_revoked_leaves_no_key_that_a_rotation_was_to_bring() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (vault, at) = (open(&setup, folder.path()), venue("one"));
    let (erased, revoked, kept) = (setup.user(), setup.user(), setup.user());
    let (mut marks, root_key) = (Vec::new(), root(folder.path()));
    for user in [erased, revoked, kept] {
        store(&setup, &vault, user).await;
        let blob = nija_vault::testing::sealed(&vault, user, &at, "new", &setup.random_text()).await.unwrap();
        let mark = hex::encode(&blob.ciphertext);
        let note = format!("{{\"sealed\":\"{mark}\"}}");
        vault.books().set_note(user, &at, "key_rotation", Some(note), "Verified").await.unwrap();
        marks.push(mark);
    }
    vault.erase(erased).await.unwrap();
    let id = vault.list(revoked).await.unwrap()[0].id;
    vault.revoke(revoked, id).await.unwrap();
    let backup = folder.path().join("after.backup");
    vault.back_up(&backup, |_, _| ()).await.unwrap();
    vault.close().await;
    drop(vault);
    let empty = tempfile::tempdir().unwrap();
    restore(&backup, root_key, &empty.path().join("vault.db").into(), &mut |_, _| ()).unwrap();
    for place in [folder.path(), empty.path()] {
        let holds = |mark: &str| {
            std::fs::read_dir(place).unwrap().any(|file| {
                let bytes = std::fs::read(file.unwrap().path()).unwrap();
                bytes.windows(mark.len()).any(|window| window == mark.as_bytes())
            })
        };
        let found: Vec<_> = marks.iter().map(|mark| holds(mark)).collect();
        assert_eq!(found, [false, false, true], "in {place:?}; the last shows that the search finds one");
    }
}

#[tokio::test]
async fn each_backup_is_the_vault_of_its_moment() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    let mut moments = Vec::new();
    for number in 0..3 {
        let key = store(&setup, &vault, user).await.0;
        let backup = folder.path().join(format!("{number}.backup"));
        vault.back_up(&backup, |_, _| ()).await.unwrap();
        moments.push((backup, key));
        setup.clock.advance(Duration::from_secs(3600));
    }
    for (backup, key) in &moments {
        let empty = tempfile::tempdir().unwrap();
        let then = restored(&setup, backup, folder.path(), empty.path()).unwrap();
        let signed = balance(signer(&then, user).await.as_ref()).await.unwrap();
        assert_eq!(header(&signed, "api-key"), key);
    }
    assert!(backup_time(&moments[0].0).unwrap() < backup_time(&moments[1].0).unwrap());
}

#[tokio::test]
async fn a_backup_that_was_cut_changed_or_put_together_leaves_nothing_behind() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    // More than one frame.
    intruder(folder.path())
        .execute_batch("CREATE TABLE ballast AS SELECT randomblob(3000000) AS bytes")
        .unwrap();
    store(&setup, &vault, user).await;
    let (one, two) = (folder.path().join("1.backup"), folder.path().join("2.backup"));
    vault.back_up(&one, |_, _| ()).await.unwrap();
    vault.back_up(&two, |_, _| ()).await.unwrap();
    let (good, other) = (std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
    assert!(good.len() > 3_000_000);
    let frame = 1024 * 1024 + 60 + 16 + 4;
    let mut bad = vec![
        ("cut", good[..good.len() - 1].to_vec()),
        ("cut at a frame", good[..45 + frame].to_vec()),
        ("longer", [&good[..], &[0]].concat()),
        ("a frame of another", [&good[..45], &other[45..45 + frame], &good[45 + frame..]].concat()),
        (
            "frames swapped",
            [&good[..45], &good[45 + frame..45 + 2 * frame], &good[45..45 + frame], &good[45 + 2 * frame..]]
                .concat(),
        ),
        ("nothing", Vec::new()),
    ];
    for bit in [8 * 6, 8 * 25, 8 * 40, 8 * 46, 8 * 60, 8 * 200, 8 * (good.len() / 2), 8 * good.len() - 1] {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        bad.push(("a bit", flipped));
    }
    for (what, bytes) in bad {
        let empty = tempfile::tempdir().unwrap();
        let (file, database) = (empty.path().join("bad.backup"), empty.path().join("vault.db"));
        std::fs::write(&file, bytes).unwrap();
        let refused = restore(&file, root(folder.path()), &database.into(), &mut |_, _| ());
        assert!(
            matches!(refused, Err(VaultError::Envelope(_) | VaultError::Storage(_) | VaultError::Root(_))),
            "{what}: {refused:?}"
        );
        assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 1, "{what}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    drop(open(&setup, elsewhere.path()));
    let into = elsewhere.path().join("restored.db");
    let refused = restore(&one, root(elsewhere.path()), &into.into(), &mut |_, _| ());
    assert!(matches!(refused, Err(VaultError::Root(_))), "another root: {refused:?}");
    let over = restore(&one, root(folder.path()), &elsewhere.path().join("vault.db").into(), &mut |_, _| ());
    assert!(matches!(over, Err(VaultError::Storage(_))), "a vault is never written over");
}

#[tokio::test]
async fn a_drill_says_what_does_not_open() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, other) = (setup.user(), setup.user());
    let vault = open(&setup, folder.path());
    store(&setup, &vault, user).await;
    store(&setup, &vault, other).await;
    let id = vault.list(user).await.unwrap()[0].id;
    let damage = format!(
        "UPDATE credential_versions SET envelope = randomblob(length(envelope)) WHERE credential = x'{}'",
        id.as_uuid().simple()
    );
    intruder(folder.path()).execute_batch(&damage).unwrap();
    let checked = vault.open_everything(|_| ()).await.unwrap();
    assert_eq!((checked.opened, checked.failed), (1, vec![id]));
}

/// SQLite plays a log that it finds beside a file into that file, whosever it is.
#[tokio::test]
async fn nothing_is_restored_beside_the_log_of_a_database_that_is_gone() {
    let (setup, folder, empty) = (Setup::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    store(&setup, &vault, user).await;
    let backup = folder.path().join("one.backup");
    vault.back_up(&backup, |_, _| ()).await.unwrap();
    for end in ["-wal", "-shm", "-journal"] {
        let left = empty.path().join(format!("vault.db{end}"));
        std::fs::write(&left, b"what a crash left").unwrap();
        let refused = restored(&setup, &backup, folder.path(), empty.path());
        assert!(matches!(refused, Err(VaultError::Storage(_))), "{end}: {refused:?}");
        std::fs::remove_file(&left).unwrap();
    }
    let vault = restored(&setup, &backup, folder.path(), empty.path()).unwrap();
    balance(signer(&vault, user).await.as_ref()).await.unwrap();
}
