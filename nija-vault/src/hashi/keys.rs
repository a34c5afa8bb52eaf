//! The keys above the users': one document, whose key-encryption keys need the root here and Transit there.

use nija_core::{Clock, VaultError};
use serde::{Deserialize, Serialize};

use super::kv::Kv;
use super::record::WrappedKey;
use super::transit::version_of;
use super::{TransitKey, bytes};
use crate::Transit;
use crate::config::RootKey;
use crate::crypto::{KeyId, Keyring, Root, root_of};
use crate::store::{StoredKey, StoredKeys};

const PATH: &str = "vault/keys";
const FORMAT: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Document {
    format: u8,
    #[serde(with = "bytes")]
    kek: KeyId,
    /// Its envelope under the root, encrypted by Transit.
    wrapped: String,
    /// Key-encryption keys that were replaced, and that something may still be under.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    older: Vec<OlderKey>,
    sealing: Vec<WrappedKey>,
    /// The vault's signing key; missing in documents that were written before there was one.
    #[serde(default)]
    identity: Option<WrappedKey>,
}

#[derive(Serialize, Deserialize)]
struct OlderKey {
    #[serde(with = "bytes")]
    kek: KeyId,
    wrapped: String,
}

/// The stored keys as they are now, out of Transit's encryption.
pub(super) struct Loaded {
    pub(super) stored: StoredKeys,
    version: u64,
    /// Under which versions of Transit's key they lie.
    transit: Vec<String>,
}

/// Opens the stored keys; makes the first ones in a new vault, and says whether it did.
pub(super) async fn open(
    kv: &Kv,
    transit: &TransitKey,
    root: RootKey,
    clock: &dyn Clock,
) -> Result<(Root, Keyring, bool), VaultError> {
    let found = kv.read::<Document>(PATH).await?;
    if let Some(document) = found.document {
        let mut stored = unwrap(transit, document).await?.0;
        let root = unseal(root, root_of(&stored)?).await?;
        let mut missing = Keyring::complete(&root, &stored, clock.now())?;
        if !missing.identities.is_empty() {
            stored.identities.append(&mut missing.identities);
            if kv.write(PATH, found.version, &wrap(transit, &stored).await?).await?.is_none() {
                // Another signer was first.
                stored = load(kv, transit).await?.stored;
            }
        }
        let keyring = Keyring::open(&root, &stored)?;
        return Ok((root, keyring, false));
    }
    if found.version > 0 {
        // New keys would make every credential unreadable that is there.
        return Err(VaultError::Root("the vault's keys were deleted on the key server; restore them".into()));
    }
    let root = unseal(root, None).await?;
    let made = Keyring::generate(&root, clock.now())?;
    let document = wrap(transit, &made).await?;
    if kv.write(PATH, 0, &document).await?.is_some() {
        let keyring = Keyring::open(&root, &made)?;
        return Ok((root, keyring, true));
    }
    // Another signer was first: its keys are the vault's.
    let keyring = Keyring::open(&root, &load(kv, transit).await?.stored)?;
    Ok((root, keyring, false))
}

/// Reads the keys.
pub(super) async fn load(kv: &Kv, transit: &TransitKey) -> Result<Loaded, VaultError> {
    let found = kv.read::<Document>(PATH).await?;
    let document = found.document.ok_or(VaultError::Envelope("the vault's keys are missing"))?;
    let (stored, transit) = unwrap(transit, document).await?;
    Ok(Loaded { stored, version: found.version, transit })
}

impl Loaded {
    /// Writes the keys over what was loaded, under Transit's newest version; `false` when another signer was faster.
    pub(super) async fn save(&self, kv: &Kv, transit: &TransitKey) -> Result<bool, VaultError> {
        Ok(kv.write(PATH, self.version, &wrap(transit, &self.stored).await?).await?.is_some())
    }

    /// Whether Transit's key was rotated since they were written.
    pub(super) async fn is_behind(&self, transit: &TransitKey) -> Result<bool, VaultError> {
        let now = transit.encrypt(b"which version").await?;
        Ok(self.transit.iter().any(|version| version != version_of(&now)))
    }
}

/// A passphrase takes some tenths of a second: not where other tasks wait for their turn.
async fn unseal(root: RootKey, stored_under: Option<KeyId>) -> Result<Root, VaultError> {
    tokio::task::spawn_blocking(move || Root::unseal(root, stored_under))
        .await
        .map_err(|error| VaultError::Storage(error.to_string()))?
}

/// The newest key-encryption key comes first in `keys`.
async fn wrap(transit: &TransitKey, keys: &StoredKeys) -> Result<Document, VaultError> {
    let [kek, rest @ ..] = keys.keks.as_slice() else {
        return Err(VaultError::Envelope("there is no key-encryption key"));
    };
    let mut older = Vec::new();
    for key in rest {
        older.push(OlderKey { kek: key.id, wrapped: transit.encrypt(&key.envelope).await? });
    }
    let wrapped = |key: &StoredKey| WrappedKey { id: key.id, envelope: key.envelope.clone() };
    Ok(Document {
        format: FORMAT,
        kek: kek.id,
        wrapped: transit.encrypt(&kek.envelope).await?,
        older,
        sealing: keys.sealing.iter().map(wrapped).collect(),
        identity: keys.identities.first().map(wrapped),
    })
}

async fn unwrap(transit: &TransitKey, document: Document) -> Result<(StoredKeys, Vec<String>), VaultError> {
    if document.format != FORMAT {
        return Err(VaultError::Storage("the keys' format is not known to this version".into()));
    }
    let (mut keks, mut versions) = (Vec::new(), Vec::new());
    let newest = OlderKey { kek: document.kek, wrapped: document.wrapped };
    for key in std::iter::once(newest).chain(document.older) {
        versions.push(version_of(&key.wrapped).to_owned());
        let envelope = transit.decrypt(&key.wrapped).await?.to_vec();
        keks.push(StoredKey { id: key.kek, envelope });
    }
    let stored = |key: WrappedKey| StoredKey { id: key.id, envelope: key.envelope };
    let keys = StoredKeys {
        keks,
        sealing: document.sealing.into_iter().map(stored).collect(),
        identities: document.identity.into_iter().map(stored).collect(),
    };
    Ok((keys, versions))
}
