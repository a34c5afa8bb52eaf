//! Someone who can write where policies are kept, and has no key.

use nija_core::{Custody, OpenPurpose, OrderPolicy, UserId, Vault, VaultError};
use nija_vault::testing::{Setup, sealed, venue};
use serde_json::{Value, json};
use std::time::Duration;

use crate::common::{PostgresDatabase, balance, intruder, open, signer, store};
use crate::openbao::Space;

fn policy(most: &str) -> OrderPolicy {
    OrderPolicy {
        pairs: [("BTC-USD".parse().unwrap(), None)].into(),
        max_order: Some(most.parse().unwrap()),
        max_buys_per_hour: None,
    }
}

/// What is done to the rows of `:user`. `kept` holds what was there before the second policy.
const DEEDS: [(&str, &str); 5] = [
    ("deleted", r#"DELETE FROM policies WHERE "user" = :user"#),
    (
        "swapped for another user's",
        r#"UPDATE policies SET envelope = (SELECT o.envelope FROM policies o WHERE o."user" = :other) WHERE "user" = :user"#,
    ),
    (
        "put back",
        r#"UPDATE policies SET envelope = (SELECT k.envelope FROM kept_policies k WHERE k."user" = :user)
           WHERE "user" = :user"#,
    ),
    (
        "put back with the key that vouches for it",
        r#"UPDATE policies SET envelope = (SELECT k.envelope FROM kept_policies k WHERE k."user" = :user)
           WHERE "user" = :user;
           UPDATE user_keys SET envelope = (SELECT k.envelope FROM kept_keys k WHERE k."user" = :user)
           WHERE "user" = :user"#,
    ),
    (
        "taken away with a key from before there was one",
        r#"DELETE FROM policies WHERE "user" = :user;
           UPDATE user_keys SET envelope = (SELECT k.envelope FROM first_keys k WHERE k."user" = :user)
           WHERE "user" = :user"#,
    ),
];

/// Runs every deed against a vault that is open, and sees it refused and mended. `intrude` runs a script at its tables.
async fn no_deed_goes_unnoticed(setup: &Setup, vault: &dyn Custody, blob: &str, intrude: &dyn Fn(&str)) {
    for (deed, script) in DEEDS {
        let (user, other) = (setup.user(), setup.user());
        for who in [user, other] {
            store(setup, vault, who).await;
        }
        intrude("CREATE TABLE first_keys AS SELECT * FROM user_keys");
        for who in [user, other] {
            vault.set_policy(who, Some(policy("100000"))).await.unwrap();
        }
        intrude(
            "CREATE TABLE kept_policies AS SELECT * FROM policies; CREATE TABLE kept_keys AS SELECT * FROM user_keys",
        );
        vault.set_policy(user, Some(policy("100"))).await.unwrap();
        balance(signer(vault, user).await.as_ref()).await.unwrap();
        let id = |id: UserId| blob.replace("{}", &id.as_uuid().simple().to_string());
        intrude(&script.replace(":user", &id(user)).replace(":other", &id(other)));
        setup.clock.advance(Duration::from_secs(301));
        let opened = vault.open(user, &venue("one"), OpenPurpose::Trade).await;
        assert!(matches!(opened, Err(VaultError::Policy(_))), "{deed}: {opened:?}");
        assert!(matches!(vault.policy(user).await, Err(VaultError::Policy(_))), "{deed}");
        balance(signer(vault, other).await.as_ref()).await.unwrap();
        // Its owner sets it again, or removes it.
        vault.set_policy(user, Some(policy("100"))).await.unwrap();
        balance(signer(vault, user).await.as_ref()).await.unwrap();
        assert_eq!(vault.policy(user).await.unwrap(), Some(policy("100")));
        vault.set_policy(user, None).await.unwrap();
        // One that was in force once does not come back by itself.
        intrude(&format!(
            r#"INSERT INTO policies SELECT * FROM kept_policies k WHERE k."user" = {}"#,
            id(user)
        ));
        let opened = vault.open(user, &venue("one"), OpenPurpose::Trade).await;
        assert!(matches!(opened, Err(VaultError::Policy(_))), "{deed}, added: {opened:?}");
        intrude("DROP TABLE first_keys; DROP TABLE kept_policies; DROP TABLE kept_keys");
    }
    vault.verify_audit().await.unwrap();
}

#[tokio::test]
async fn a_policys_row_in_sqlite_cannot_be_deleted_swapped_or_put_back() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let vault = open(&setup, folder.path());
    let outside = intruder(folder.path());
    let intrude = |script: &str| outside.execute_batch(script).unwrap();
    no_deed_goes_unnoticed(&setup, &vault, "x'{}'", &intrude).await;
}

#[tokio::test]
async fn a_policys_row_in_postgresql_cannot_be_deleted_swapped_or_put_back() {
    let Some(database) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    let vault = database.open_vault(&setup);
    let intrude = |script: &str| {
        database.run(&format!("SET search_path TO nija_vault; {script}")).unwrap();
    };
    no_deed_goes_unnoticed(&setup, &vault, "'\\x{}'::bytea", &intrude).await;
}

/// What the rows vouch for among themselves needs no memory: a signer that starts after the deed finds it too.
#[tokio::test]
async fn a_policy_that_was_taken_away_while_no_signer_ran_is_missed() {
    for script in ["DELETE FROM policies", "UPDATE policies SET envelope = (SELECT envelope FROM kept)"] {
        let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
        let (user, vault) = (setup.user(), open(&setup, folder.path()));
        store(&setup, &vault, user).await;
        vault.set_policy(user, Some(policy("100000"))).await.unwrap();
        intruder(folder.path()).execute_batch("CREATE TABLE kept AS SELECT * FROM policies").unwrap();
        vault.set_policy(user, Some(policy("100"))).await.unwrap();
        vault.close().await;
        drop(vault);
        // Putting the duty back that a migration leaves does not have it vouched for anew.
        let duty = "INSERT INTO duties (name) VALUES ('bind_policies')";
        intruder(folder.path()).execute_batch(&format!("{script}; {duty}")).unwrap();
        let vault = open(&setup, folder.path());
        let opened = vault.open(user, &venue("one"), OpenPurpose::Trade).await;
        assert!(matches!(opened, Err(VaultError::Policy(_))), "{script}: {opened:?}");
    }
}

async fn document(space: &Space, path: &str) -> Value {
    space.get(&format!("secret/data/{path}")).await.unwrap()["data"]["data"].clone()
}

async fn put(space: &Space, path: &str, document: &Value) {
    space.post(&format!("secret/data/{path}"), &json!({ "data": document })).await.unwrap();
}

#[tokio::test]
async fn a_policy_on_the_key_server_cannot_be_deleted_swapped_or_put_back() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let vault = space.open(&setup).await;
    let (user, other) = (setup.user(), setup.user());
    for who in [user, other] {
        store(&setup, &vault, who).await;
        vault.set_policy(who, Some(policy("100000"))).await.unwrap();
    }
    let (at, newest) = (format!("users/{user}/one"), format!("users/{user}/~policy"));
    let theirs = document(&space, &format!("users/{other}/one")).await["policy"].clone();
    let old = (document(&space, &at).await, document(&space, &newest).await);
    vault.set_policy(user, Some(policy("100"))).await.unwrap();
    let good = (document(&space, &at).await, document(&space, &newest).await);
    let with = |policy: &Value| {
        let mut document = good.0.clone();
        match policy {
            Value::Null => drop(document.as_object_mut().unwrap().remove("policy")),
            policy => document["policy"] = policy.clone(),
        }
        document
    };
    let deeds = [
        ("deleted", with(&Value::Null), good.1.clone()),
        ("swapped", with(&theirs), good.1.clone()),
        ("put back", with(&old.0["policy"]), good.1.clone()),
        ("both documents put back", old.0.clone(), old.1.clone()),
    ];
    for (deed, document, policy) in deeds {
        put(&space, &at, &document).await;
        put(&space, &newest, &policy).await;
        setup.clock.advance(Duration::from_secs(301));
        let opened = vault.open(user, &venue("one"), OpenPurpose::Trade).await;
        assert!(matches!(opened, Err(VaultError::Policy(_))), "{deed}: {opened:?}");
        balance(signer(&vault, other).await.as_ref()).await.unwrap();
        put(&space, &at, &good.0).await;
        put(&space, &newest, &good.1).await;
        balance(signer(&vault, user).await.as_ref()).await.unwrap();
    }
    // Without the one that the others follow, what is stored anew would be without limits.
    space.delete(&format!("secret/data/{newest}")).await.unwrap();
    let blob = sealed(&vault, user, &venue("two"), "key", "secret").await.unwrap();
    let stored = vault.store(user, &venue("two"), "", &blob).await;
    assert!(matches!(stored, Err(VaultError::Policy(_))), "{stored:?}");
    assert!(matches!(vault.policy(user).await, Err(VaultError::Policy(_))));
    put(&space, &newest, &good.1).await;
    // A document that fell behind, as after a change that was cut off, is brought level before it is used.
    put(&space, &at, &old.0).await;
    setup.clock.advance(Duration::from_secs(301));
    balance(signer(&vault, user).await.as_ref()).await.unwrap();
    assert_ne!(document(&space, &at).await["policy"], old.0["policy"]);
    assert_eq!(vault.policy(user).await.unwrap(), Some(policy("100")));
}
