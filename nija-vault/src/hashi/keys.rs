//! The keys above the users': one document, whose key-encryption key needs the root here and Transit there.

use nija_core::{Clock, VaultError};
use serde::{Deserialize, Serialize};

use super::kv::Kv;
use super::record::WrappedKey;
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
    sealing: Vec<WrappedKey>,
    /// The vault's signing key; missing in documents that were written before there was one.
    #[serde(default)]
    identity: Option<WrappedKey>,
}

/// Opens the stored keys; makes the first ones in a new vault, and says whether it did.
pub(super) async fn open(
    kv: &Kv,
    transit: &TransitKey,
    root: RootKey,
    clock: &dyn Clock,
) -> Result<(Keyring, bool), VaultError> {
    let found = kv.read::<Document>(PATH).await?;
    if let Some(document) = found.document {
        let mut stored = unwrap(transit, document).await?;
        let root = unseal(root, root_of(&stored)?).await?;
        let mut missing = Keyring::complete(&root, &stored, clock.now())?;
        if missing.identities.is_empty() {
            return Ok((Keyring::open(&root, &stored)?, false));
        }
        stored.identities.append(&mut missing.identities);
        if kv.write(PATH, found.version, &wrap(transit, &stored).await?).await?.is_some() {
            return Ok((Keyring::open(&root, &stored)?, false));
        }
        return Ok((opened_by_another(kv, transit, &root).await?, false));
    }
    if found.version > 0 {
        // New keys would make every credential unreadable that is there.
        return Err(VaultError::Root("the vault's keys were deleted on the key server; restore them".into()));
    }
    let root = unseal(root, None).await?;
    let made = Keyring::generate(&root, clock.now())?;
    let document = wrap(transit, &made).await?;
    if kv.write(PATH, 0, &document).await?.is_some() {
        return Ok((Keyring::open(&root, &made)?, true));
    }
    Ok((opened_by_another(kv, transit, &root).await?, false))
}

/// Another signer was first: its keys are the vault's.
async fn opened_by_another(kv: &Kv, transit: &TransitKey, root: &Root) -> Result<Keyring, VaultError> {
    let found = kv.read::<Document>(PATH).await?;
    let document = found.document.ok_or(VaultError::Envelope("the vault's keys are missing"))?;
    Keyring::open(root, &unwrap(transit, document).await?)
}

/// A passphrase takes some tenths of a second: not where other tasks wait for their turn.
async fn unseal(root: RootKey, stored_under: Option<KeyId>) -> Result<Root, VaultError> {
    tokio::task::spawn_blocking(move || Root::unseal(root, stored_under))
        .await
        .map_err(|error| VaultError::Storage(error.to_string()))?
}

async fn wrap(transit: &TransitKey, keys: &StoredKeys) -> Result<Document, VaultError> {
    let [kek] = keys.keks.as_slice() else {
        return Err(VaultError::Envelope("there is not exactly one key-encryption key"));
    };
    Ok(Document {
        format: FORMAT,
        kek: kek.id,
        wrapped: transit.encrypt(&kek.envelope).await?,
        sealing: keys
            .sealing
            .iter()
            .map(|key| WrappedKey { id: key.id, envelope: key.envelope.clone() })
            .collect(),
        identity: keys
            .identities
            .first()
            .map(|key| WrappedKey { id: key.id, envelope: key.envelope.clone() }),
    })
}

async fn unwrap(transit: &TransitKey, document: Document) -> Result<StoredKeys, VaultError> {
    if document.format != FORMAT {
        return Err(VaultError::Storage("the keys' format is not known to this version".into()));
    }
    let envelope = transit.decrypt(&document.wrapped).await?.to_vec();
    let stored = |key: WrappedKey| StoredKey { id: key.id, envelope: key.envelope };
    Ok(StoredKeys {
        keks: vec![StoredKey { id: document.kek, envelope }],
        sealing: document.sealing.into_iter().map(stored).collect(),
        identities: document.identity.into_iter().map(stored).collect(),
    })
}
