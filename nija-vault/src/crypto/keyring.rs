//! The keys above a user's credentials: the key-encryption key, the sealing keys and the users' data keys.

use nija_core::{SealingKey, Timestamp, UserId, VaultError};
use zeroize::Zeroize;

use super::data_key::{DataKey, KeyId, SecretKey, random, random_key};
use super::envelope::{Binding, Header, Kind};
use super::{Root, SealingPair, sealing_key_id};
use crate::store::{StoredKey, StoredKeys};

/// The keys that stay in memory while the vault is open.
#[derive(Debug)]
pub(crate) struct Keyring {
    pub(crate) kek: DataKey,
    /// Newest first; never empty.
    sealing: Vec<SealingPair>,
}

impl Keyring {
    /// Opens what is stored.
    pub(crate) fn open(root: &Root, stored: &StoredKeys) -> Result<Self, VaultError> {
        let [kek] = stored.keks.as_slice() else {
            return Err(VaultError::Envelope("there is not exactly one key-encryption key"));
        };
        let header = Header::parse(&kek.envelope)?;
        if header.key != root.key.id {
            return Err(VaultError::Root("it is not the key that the database was written under".into()));
        }
        let bytes = root
            .key
            .unwrap(Kind::KeyEncryptionKey, kek.id, &Binding::vault(), &kek.envelope)
            .map_err(|error| root.explain(error))?;
        let kek = DataKey::new(kek.id, &fixed(&bytes)?)?;
        let mut dated = stored
            .sealing
            .iter()
            .map(|key| {
                let bytes = kek.unwrap(Kind::SealingKey, key.id, &Binding::vault(), &key.envelope)?;
                // The header was authenticated just now: its date decides what is published.
                Ok((Header::parse(&key.envelope)?.at, SealingPair::new(&fixed(&bytes)?)?))
            })
            .collect::<Result<Vec<_>, VaultError>>()?;
        dated.sort_by_key(|(at, pair)| std::cmp::Reverse((*at, pair.id)));
        let sealing: Vec<_> = dated.into_iter().map(|(_, pair)| pair).collect();
        if sealing.is_empty() {
            return Err(VaultError::Envelope("there is no sealing key"));
        }
        Ok(Self { kek, sealing })
    }

    /// The first keys of a new vault, for storing.
    pub(crate) fn generate(root: &Root, at: Timestamp) -> Result<StoredKeys, VaultError> {
        let (kek_id, kek_bytes) = (random()?, random_key()?);
        let envelope =
            root.key.wrap(Kind::KeyEncryptionKey, kek_id, &Binding::vault(), at, kek_bytes.as_slice())?;
        let kek = DataKey::new(kek_id, &kek_bytes)?;
        let sealing_bytes = random_key()?;
        let pair = SealingPair::new(&sealing_bytes)?;
        let sealing = kek.wrap(Kind::SealingKey, pair.id, &Binding::vault(), at, sealing_bytes.as_slice())?;
        Ok(StoredKeys {
            keks: vec![StoredKey { id: kek_id, envelope }],
            sealing: vec![StoredKey { id: pair.id, envelope: sealing }],
        })
    }

    /// The newest key, to be published.
    pub(crate) fn published(&self) -> Option<SealingKey> {
        self.sealing.first().map(SealingPair::published)
    }

    /// The pair that something was sealed to.
    pub(crate) fn sealing_pair(&self, key_id: &str) -> Result<&SealingPair, VaultError> {
        self.sealing.iter().find(|pair| sealing_key_id(&pair.id) == key_id).ok_or_else(|| {
            VaultError::UnknownSealingKey {
                // What a client sent goes into logs and answers: a real id is 32 characters.
                key_id: key_id.chars().filter(char::is_ascii_alphanumeric).take(32).collect(),
            }
        })
    }
}

/// The id of the root that stored keys were written under; `None` in a new vault.
pub(crate) fn root_of(stored: &StoredKeys) -> Result<Option<KeyId>, VaultError> {
    stored.keks.first().map(|kek| Ok(Header::parse(&kek.envelope)?.key)).transpose()
}

/// A new data key for a user, and its envelope.
pub(crate) fn new_user_key(
    kek: &DataKey,
    user: UserId,
    at: Timestamp,
) -> Result<(DataKey, Vec<u8>), VaultError> {
    let (id, bytes) = (random()?, random_key()?);
    let envelope = kek.wrap(Kind::UserKey, id, &Binding::user(user), at, bytes.as_slice())?;
    Ok((DataKey::new(id, &bytes)?, envelope))
}

/// A user's data key out of its envelope.
pub(crate) fn open_user_key(
    kek: &DataKey,
    user: UserId,
    id: KeyId,
    envelope: &[u8],
) -> Result<DataKey, VaultError> {
    let bytes = kek.unwrap(Kind::UserKey, id, &Binding::user(user), envelope)?;
    DataKey::new(id, &fixed(&bytes)?)
}

fn fixed(bytes: &[u8]) -> Result<SecretKey, VaultError> {
    let mut key = SecretKey::default();
    if bytes.len() != key.len() {
        key.zeroize();
        return Err(VaultError::Envelope("its content is not a key"));
    }
    key.copy_from_slice(bytes);
    Ok(key)
}
