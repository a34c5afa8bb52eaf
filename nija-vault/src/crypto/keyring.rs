//! The keys above a user's credentials: the key-encryption keys, the sealing keys, the vault's identity and the users' data keys.

use nija_core::{SealingKey, Timestamp, UserId, VaultError};
use std::sync::Arc;
use zeroize::{Zeroize, Zeroizing};

use super::data_key::{DataKey, KeyId, SecretKey, random, random_key};
use super::envelope::{Binding, Header, Kind};
use super::policy_mark::MARK_LEN;
use super::{Identity, PolicyMark, Root, SealingPair, Standing, sealing_key_id};
use crate::store::{StoredKey, StoredKeys};

/// A user's data key, and what it vouches for.
#[derive(Debug)]
pub(crate) struct UserKey {
    pub(crate) key: DataKey,
    pub(crate) mark: PolicyMark,
    /// `None` for a key from before statuses were vouched for.
    pub(crate) standing: Option<Standing>,
}

/// What is in a user key's envelope.
struct Content {
    bytes: SecretKey,
    mark: PolicyMark,
    standing: Option<Standing>,
}

/// A key and when it was made. The date comes from an authenticated header: it decides what is used and published.
#[derive(Debug)]
struct Dated<T> {
    at: Timestamp,
    key: T,
}

/// The keys that stay in memory while the vault is open. Newest first; no list is empty.
#[derive(Debug)]
pub(crate) struct Keyring {
    keks: Vec<Dated<DataKey>>,
    sealing: Vec<Dated<SealingPair>>,
    identity: Arc<Identity>,
}

impl Keyring {
    /// Opens what is stored.
    pub(crate) fn open(root: &Root, stored: &StoredKeys) -> Result<Self, VaultError> {
        let keks = stored.keks.iter().map(|kek| open_kek(root, kek)).collect::<Result<Vec<_>, _>>()?;
        let keks = newest_first(keks, |kek| kek.id);
        let under = |key: &StoredKey, kind| {
            let header = Header::parse(&key.envelope)?;
            let kek = keks.iter().find(|kek| kek.key.id == header.key).ok_or(UNKNOWN_KEK)?;
            let bytes = kek.key.unwrap(kind, key.id, &Binding::vault(), &key.envelope)?;
            Ok::<_, VaultError>((header.at, fixed(&bytes)?))
        };
        let sealing = stored
            .sealing
            .iter()
            .map(|key| {
                let (at, bytes) = under(key, Kind::SealingKey)?;
                Ok(Dated { at, key: SealingPair::new(&bytes)? })
            })
            .collect::<Result<Vec<_>, VaultError>>()?;
        let sealing = newest_first(sealing, |pair| pair.id);
        let [identity] = stored.identities.as_slice() else {
            return Err(VaultError::Envelope("there is not exactly one signing key"));
        };
        let identity = Arc::new(Identity::new(&under(identity, Kind::Identity)?.1)?);
        if keks.is_empty() {
            return Err(VaultError::Envelope("there is no key-encryption key"));
        }
        if sealing.is_empty() {
            return Err(VaultError::Envelope("there is no sealing key"));
        }
        Ok(Self { keks, sealing, identity })
    }

    /// The first keys of a new vault, for storing.
    pub(crate) fn generate(root: &Root, at: Timestamp) -> Result<StoredKeys, VaultError> {
        let (kek, stored) = new_kek(root, at)?;
        Ok(StoredKeys {
            keks: vec![stored],
            sealing: vec![new_sealing_key(&kek, at)?],
            identities: vec![new_identity(&kek, at)?],
        })
    }

    /// Makes the keys that vaults of an older schema do not have; they are to be stored.
    pub(crate) fn complete(
        root: &Root,
        stored: &StoredKeys,
        at: Timestamp,
    ) -> Result<StoredKeys, VaultError> {
        let mut made = StoredKeys::default();
        if stored.identities.is_empty() {
            let keks = stored.keks.iter().map(|kek| open_kek(root, kek)).collect::<Result<Vec<_>, _>>()?;
            let keks = newest_first(keks, |kek| kek.id);
            let kek = keks.first().ok_or(VaultError::Envelope("there is no key-encryption key"))?;
            made.identities.push(new_identity(&kek.key, at)?);
        }
        Ok(made)
    }

    /// The key-encryption key in use.
    pub(crate) fn kek(&self) -> Result<&DataKey, VaultError> {
        self.keks.first().map(|kek| &kek.key).ok_or(UNKNOWN_KEK)
    }

    /// All key-encryption keys with the moments they were made, newest first.
    pub(crate) fn keks(&self) -> impl Iterator<Item = (KeyId, Timestamp)> {
        self.keks.iter().map(|kek| (kek.key.id, kek.at))
    }

    /// The ids of the key-encryption and sealing keys.
    pub(crate) fn ids(&self) -> Vec<KeyId> {
        self.keks().map(|(id, _)| id).chain(self.sealing.iter().map(|pair| pair.key.id)).collect()
    }

    /// The key-encryption key that an envelope names.
    pub(crate) fn kek_of(&self, envelope: &[u8]) -> Result<&DataKey, VaultError> {
        let header = Header::parse(envelope)?;
        self.keks.iter().map(|kek| &kek.key).find(|kek| kek.id == header.key).ok_or(UNKNOWN_KEK)
    }

    /// Signs checkpoints and the list of sealing keys.
    pub(crate) const fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// The newest key, to be published.
    pub(crate) fn published(&self) -> Option<SealingKey> {
        self.sealing.first().map(|pair| pair.key.published())
    }

    /// All sealing keys that are still opened for, with the moments they were made, newest first.
    pub(crate) fn all_published(&self) -> impl Iterator<Item = (SealingKey, Timestamp)> {
        self.sealing.iter().map(|pair| (pair.key.published(), pair.at))
    }

    /// The ids of the sealing keys and when they were made, newest first.
    pub(crate) fn sealing_ids(&self) -> impl Iterator<Item = (KeyId, Timestamp)> {
        self.sealing.iter().map(|pair| (pair.key.id, pair.at))
    }

    /// The pair that something was sealed to.
    pub(crate) fn sealing_pair(&self, key_id: &str) -> Result<&SealingPair, VaultError> {
        self.sealing.iter().map(|pair| &pair.key).find(|pair| sealing_key_id(&pair.id) == key_id).ok_or_else(
            || VaultError::UnknownSealingKey {
                // What a client sent goes into logs and answers: a real id is 32 characters.
                key_id: key_id.chars().filter(char::is_ascii_alphanumeric).take(32).collect(),
            },
        )
    }

    /// A user's data key out of its envelope, with what it vouches for.
    pub(crate) fn open_user_key(&self, user: UserId, stored: &StoredKey) -> Result<UserKey, VaultError> {
        let Content { bytes, mark, standing } = self.user_key_content(user, stored)?;
        Ok(UserKey { key: DataKey::new(stored.id, &bytes)?, mark, standing })
    }

    /// Keys that were made before there were marks are without one; their users have no policy.
    fn user_key_content(&self, user: UserId, stored: &StoredKey) -> Result<Content, VaultError> {
        const BAD: VaultError = VaultError::Envelope("its content is not a key");
        let (kek, binding) = (self.kek_of(&stored.envelope)?, Binding::user(user));
        let open = |kind| kek.unwrap(kind, stored.id, &binding, &stored.envelope);
        if !is_marked(&stored.envelope)? {
            let bytes = fixed(&open(Kind::UserKey)?)?;
            return Ok(Content { bytes, mark: PolicyMark::default(), standing: None });
        }
        let is_bound = is_bound(&stored.envelope)?;
        let content = open(if is_bound { Kind::BoundUserKey } else { Kind::MarkedUserKey })?;
        let (bytes, rest) = content.split_first_chunk::<32>().ok_or(BAD)?;
        let (mark, rest) = rest.split_first_chunk::<MARK_LEN>().ok_or(BAD)?;
        if !is_bound && !rest.is_empty() {
            return Err(BAD);
        }
        let standing = is_bound.then(|| Standing::decode(rest)).transpose()?;
        Ok(Content { bytes: fixed(bytes)?, mark: PolicyMark::decode(mark), standing })
    }

    fn wrap_user_key(
        &self,
        user: UserId,
        id: KeyId,
        Content { bytes, mark, standing }: &Content,
        at: Timestamp,
    ) -> Result<Vec<u8>, VaultError> {
        let kind = if standing.is_some() { Kind::BoundUserKey } else { Kind::MarkedUserKey };
        let standing = standing.as_ref().map(Standing::encode).unwrap_or_default();
        let content = Zeroizing::new([bytes.as_slice(), &mark.encode(), &standing].concat());
        self.kek()?.wrap(kind, id, &Binding::user(user), at, &content)
    }

    /// A new data key for a user, and its envelope. No credential is in force under it.
    pub(crate) fn new_user_key(
        &self,
        user: UserId,
        mark: PolicyMark,
        at: Timestamp,
    ) -> Result<(UserKey, StoredKey), VaultError> {
        let (id, bytes) = (random()?, random_key()?);
        let content = Content { bytes, mark, standing: Some(Standing::default()) };
        let envelope = self.wrap_user_key(user, id, &content, at)?;
        let Content { bytes, mark, standing } = content;
        Ok((UserKey { key: DataKey::new(id, &bytes)?, mark, standing }, StoredKey { id, envelope }))
    }

    /// A user's key in a new envelope that vouches for another policy.
    pub(crate) fn mark_user_key(
        &self,
        user: UserId,
        stored: &StoredKey,
        mark: &PolicyMark,
    ) -> Result<Vec<u8>, VaultError> {
        let content = Content { mark: *mark, ..self.user_key_content(user, stored)? };
        self.wrap_user_key(user, stored.id, &content, Header::parse(&stored.envelope)?.at)
    }

    /// A user's key in a new envelope that vouches for other credentials.
    pub(crate) fn bind_user_key(
        &self,
        user: UserId,
        stored: &StoredKey,
        standing: Standing,
    ) -> Result<Vec<u8>, VaultError> {
        let content = Content { standing: Some(standing), ..self.user_key_content(user, stored)? };
        self.wrap_user_key(user, stored.id, &content, Header::parse(&stored.envelope)?.at)
    }

    /// For tests: the same key in an envelope as a program of before statuses wrote it, which vouches for none.
    #[cfg(feature = "testing")]
    pub(crate) fn unbind_user_key(&self, user: UserId, stored: &StoredKey) -> Result<Vec<u8>, VaultError> {
        let content = Content { standing: None, ..self.user_key_content(user, stored)? };
        self.wrap_user_key(user, stored.id, &content, Header::parse(&stored.envelope)?.at)
    }

    /// As [`Keyring::rewrap`], of a user's key.
    pub(crate) fn rewrap_user_key(
        &self,
        user: UserId,
        stored: &StoredKey,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        let header = Header::parse(&stored.envelope)?;
        if header.key == self.kek()?.id {
            return Ok(None);
        }
        let content = self.user_key_content(user, stored)?;
        self.wrap_user_key(user, stored.id, &content, header.at).map(Some)
    }

    /// The same key in an envelope of the key-encryption key in use; `None` when it is in one already. The date of the new
    /// envelope stays the old one's: it says when the content was made.
    pub(crate) fn rewrap(
        &self,
        kind: Kind,
        binding: &Binding,
        stored: &StoredKey,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        let (header, newest) = (Header::parse(&stored.envelope)?, self.kek()?);
        if header.key == newest.id {
            return Ok(None);
        }
        let old = self.kek_of(&stored.envelope)?;
        let bytes = old.unwrap(kind, stored.id, binding, &stored.envelope)?;
        newest.wrap(kind, stored.id, binding, header.at, &bytes).map(Some)
    }
}

/// Another node rotated the keys, or the row is damaged: whoever meets it loads the keys again once.
pub(crate) const UNKNOWN_KEK: VaultError =
    VaultError::Envelope("the key-encryption key that it names is not there");

fn open_kek(root: &Root, stored: &StoredKey) -> Result<Dated<DataKey>, VaultError> {
    let header = Header::parse(&stored.envelope)?;
    if header.key != root.key.id {
        return Err(VaultError::Root("it is not the key that the database was written under".into()));
    }
    let bytes = root
        .key
        .unwrap(Kind::KeyEncryptionKey, stored.id, &Binding::vault(), &stored.envelope)
        .map_err(|error| root.explain(error))?;
    Ok(Dated { at: header.at, key: DataKey::new(stored.id, &fixed(&bytes)?)? })
}

fn newest_first<T>(mut keys: Vec<Dated<T>>, id: impl Fn(&T) -> KeyId) -> Vec<Dated<T>> {
    keys.sort_by_key(|dated| std::cmp::Reverse((dated.at, id(&dated.key))));
    keys
}

/// A new key-encryption key under the root.
pub(crate) fn new_kek(root: &Root, at: Timestamp) -> Result<(DataKey, StoredKey), VaultError> {
    let (id, bytes) = (random()?, random_key()?);
    let envelope = root.key.wrap(Kind::KeyEncryptionKey, id, &Binding::vault(), at, bytes.as_slice())?;
    Ok((DataKey::new(id, &bytes)?, StoredKey { id, envelope }))
}

/// A new pair to seal to.
pub(crate) fn new_sealing_key(kek: &DataKey, at: Timestamp) -> Result<StoredKey, VaultError> {
    let bytes = random_key()?;
    let id = SealingPair::new(&bytes)?.id;
    let envelope = kek.wrap(Kind::SealingKey, id, &Binding::vault(), at, bytes.as_slice())?;
    Ok(StoredKey { id, envelope })
}

/// The vault's signing key.
pub(crate) fn new_identity(kek: &DataKey, at: Timestamp) -> Result<StoredKey, VaultError> {
    let seed = random_key()?;
    let id = Identity::new(&seed)?.id;
    let envelope = kek.wrap(Kind::Identity, id, &Binding::vault(), at, seed.as_slice())?;
    Ok(StoredKey { id, envelope })
}

/// The id of the root that stored keys were written under; `None` in a new vault.
pub(crate) fn root_of(stored: &StoredKeys) -> Result<Option<KeyId>, VaultError> {
    stored.keks.first().map(|kek| Ok(Header::parse(&kek.envelope)?.key)).transpose()
}

/// The id of the key that an envelope names.
pub(crate) fn key_of(envelope: &[u8]) -> Result<KeyId, VaultError> {
    Ok(Header::parse(envelope)?.key)
}

/// Whether a user's key vouches for a policy, or for there being none.
pub(crate) fn is_marked(envelope: &[u8]) -> Result<bool, VaultError> {
    Ok(Header::parse(envelope)?.kind != Kind::UserKey as u8)
}

/// Whether a user's key vouches for which credentials are in force.
pub(crate) fn is_bound(envelope: &[u8]) -> Result<bool, VaultError> {
    Ok(Header::parse(envelope)?.kind == Kind::BoundUserKey as u8)
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
