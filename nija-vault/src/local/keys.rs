//! The keys in memory, and loading them again after another node rotated them.

use nija_core::VaultError;
use std::sync::Arc;

use super::Inner;
use crate::crypto::{Keyring, Root, UNKNOWN_KEK};
use crate::store::{Sql, StoredKeys};

impl Inner {
    /// The keyring, loaded again when the database names other keys than it. For the writer's thread.
    pub(super) fn current_keyring(&self, sql: &mut dyn Sql) -> Result<Arc<Keyring>, VaultError> {
        let keyring = self.keyring.load_full();
        let known = crate::store::key_ids(sql)?;
        let held = keyring.ids();
        let same = known.len() == held.len() && held.iter().all(|id| known.contains(id));
        if same { Ok(keyring) } else { self.load_keys(sql) }
    }

    /// Loads the keys from the database and puts them in use.
    pub(super) fn load_keys(&self, sql: &mut dyn Sql) -> Result<Arc<Keyring>, VaultError> {
        let keyring = Arc::new(Keyring::open(self.root()?, &StoredKeys::load(sql)?)?);
        self.keyring.store(Arc::clone(&keyring));
        Ok(keyring)
    }

    /// The root, where this vault keeps its keys itself.
    pub(super) fn root(&self) -> Result<&Root, VaultError> {
        self.root.as_ref().ok_or(UNKNOWN_KEK)
    }

    /// Something names a key that is not known here: another node may have made it meanwhile.
    pub(super) async fn reload_keys(self: &Arc<Self>) -> Result<(), VaultError> {
        let vault = Arc::clone(self);
        self.read(move |sql| vault.load_keys(sql).map(|_| ())).await
    }
}
