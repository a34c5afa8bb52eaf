use nija_core::{Method, OpenPurpose, SignError, SignedRequest, Signer, UserId, Vault};
use nija_test_services::Database;
use nija_vault::testing::{Setup, request, sealed, venue};
use nija_vault::{LocalVault, LocalVaultConfig, RootKey, VaultDatabase};
use std::path::Path;
use std::sync::Arc;

/// A config of a vault in a folder.
pub(crate) fn config(setup: &Setup, folder: &Path) -> LocalVaultConfig {
    LocalVaultConfig {
        database: folder.join("vault.db").into(),
        root: RootKey::File(folder.join("vault.key")),
        clock: Arc::new(setup.clock.clone()),
        entropy: setup.entropy.clone(),
        audit_file: None,
        nonces: setup.nonces.clone(),
        authenticators: setup.authenticators.clone(),
    }
}

pub(crate) fn open(setup: &Setup, folder: &Path) -> LocalVault {
    LocalVault::open(config(setup, folder)).unwrap()
}

/// Stores a random credential at venue `one`; answers with its key and secret.
pub(crate) async fn store(setup: &Setup, vault: &dyn Vault, user: UserId) -> (String, String) {
    let (key, secret) = (setup.random_text(), setup.random_text());
    let blob = sealed(vault, user, &venue("one"), &key, &secret).await.unwrap();
    vault.store(user, &venue("one"), "main", &blob).await.unwrap();
    (key, secret)
}

pub(crate) async fn signer(vault: &dyn Vault, user: UserId) -> Arc<dyn Signer> {
    vault.open(user, &venue("one"), OpenPurpose::Trade).await.unwrap()
}

pub(crate) async fn balance(signer: &dyn Signer) -> Result<SignedRequest, SignError> {
    signer.sign(request("one", Method::Get, "/balance")).await
}

pub(crate) fn header<'a>(signed: &'a SignedRequest, name: &str) -> &'a str {
    let found = signed.headers().iter().find(|(key, _)| *key == name);
    &found.unwrap().1
}

/// Someone else at the file, in a hurry: no syncing, no foreign keys, no checks.
pub(crate) fn intruder(folder: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(folder.join("vault.db")).unwrap();
    connection
        .execute_batch(
            "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;",
        )
        .unwrap();
    connection
}

/// A database of a test on the server that the set-up started, and a folder for the root key.
pub(crate) struct PostgresDatabase {
    database: Database,
    pub(crate) folder: tempfile::TempDir,
}

impl PostgresDatabase {
    /// `None` where there is no server.
    pub(crate) fn make() -> Option<Self> {
        Some(Self { database: Database::make()?, folder: tempfile::tempdir().unwrap() })
    }

    pub(crate) fn url(&self) -> String {
        self.database.url()
    }

    pub(crate) fn config(&self, setup: &Setup) -> LocalVaultConfig {
        let database = VaultDatabase::Postgres(self.url().into());
        LocalVaultConfig { database, ..config(setup, self.folder.path()) }
    }

    pub(crate) fn open_vault(&self, setup: &Setup) -> LocalVault {
        LocalVault::open(self.config(setup)).unwrap()
    }

    /// Someone else at the database.
    pub(crate) fn run(&self, script: &str) -> Result<Vec<String>, String> {
        self.database.run(script)
    }

    /// As [`Database::admits`].
    pub(crate) fn admits(&self, admits: bool, cut: bool) {
        self.database.admits(admits, cut);
    }
}
