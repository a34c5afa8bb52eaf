//! A key as the phone keeps it: encrypted under a key of its own, which the phone's hardware wraps where it can.
//!
//! Format 1, JSON: `about` (text, bound as additional data), `nonce`, `ciphertext` (AES-256-GCM of the credential's own form), `key`
//! (32 bytes, wrapped or not), `wrapped`. What is said about the key and the user's policy stand in `about`: whoever changes them without
//! the hardware's key makes the whole unreadable.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use nija_core::{CredentialId, CredentialSecret, KeyRights, OrderPolicy, Timestamp, UserId, VenueId};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{error::DeviceError, store::KeyWrap};

const FORMAT: u32 = 1;
const DOMAIN: &[u8] = b"nija device key\x01";

/// What the phone knows of a key without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceKeyInfo {
    /// Made here; names the nonce counter too.
    pub id: CredentialId,
    /// The venue.
    pub venue: VenueId,
    /// The user's name for it.
    pub label: String,
    /// A digest of the venue's public key id: tells keys apart and opens nothing.
    pub fingerprint: String,
    /// What the phone's signer lets pass.
    pub policy: Option<OrderPolicy>,
    /// What the venue said that it may do when it was last asked.
    pub rights: KeyRights,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// Whether the phone's hardware has to open it. Without, the phone's secure store is all that keeps it.
    pub in_hardware: bool,
    /// The digest of the journal that this key found when it was taken up (empty where there was none), until it has written an entry of its
    /// own. A journal of before is believed on this word alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) takes_over: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    format: u32,
    about: String,
    nonce: String,
    ciphertext: String,
    key: String,
}

impl Drop for Sealed {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// The fingerprint of a venue's key id.
pub(crate) fn fingerprint(venue: &VenueId, secret: &CredentialSecret) -> String {
    let key = secret.expose_key("to name it by a digest");
    let text =
        [b"nija key fingerprint\x01".as_slice(), venue.as_str().as_bytes(), b"\0", key.as_bytes()].concat();
    let hash = digest(&SHA256, &text);
    hex::encode(hash.as_ref().get(..16).unwrap_or_default())
}

/// Encrypts a key for the store.
pub(crate) fn seal(
    user: UserId,
    about: &DeviceKeyInfo,
    secret: &CredentialSecret,
    wrap: Option<&dyn KeyWrap>,
) -> Result<Zeroizing<String>, DeviceError> {
    let failed = |_| DeviceError::Crypto("encryption failed");
    let about = serde_json::to_string(about).map_err(|_| DeviceError::Damaged("a key's description"))?;
    let mut data_key = Zeroizing::new([0u8; 32]);
    let mut nonce = [0u8; 12];
    aws_lc_rs::rand::fill(data_key.as_mut_slice()).map_err(failed)?;
    aws_lc_rs::rand::fill(&mut nonce).map_err(failed)?;
    let plain = secret.to_bytes("to encrypt it for the phone's store");
    let mut buffer = Zeroizing::new(Vec::with_capacity(plain.len() + AES_256_GCM.tag_len()));
    buffer.extend_from_slice(&plain);
    let aad = Aad::from(bound(user, &about));
    cipher(&data_key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut *buffer)
        .map_err(failed)?;
    let key = match wrap {
        Some(wrap) => BASE64.encode(wrap.wrap(data_key.as_slice())?),
        None => BASE64.encode(data_key.as_slice()),
    };
    let sealed = Sealed {
        format: FORMAT,
        about,
        nonce: BASE64.encode(nonce),
        ciphertext: BASE64.encode(&*buffer),
        key,
    };
    let text = serde_json::to_string(&sealed).map_err(|_| DeviceError::Damaged("a key cannot be written"))?;
    Ok(Zeroizing::new(text))
}

/// What is said about a key. It is proven only once the key is opened.
pub(crate) fn about(text: &str) -> Result<DeviceKeyInfo, DeviceError> {
    describe(&parse(text)?)
}

/// Decrypts a key, and what is said about it with it.
pub(crate) fn open(
    user: UserId,
    text: &str,
    wrap: Option<&dyn KeyWrap>,
) -> Result<(DeviceKeyInfo, CredentialSecret), DeviceError> {
    let damaged =
        || DeviceError::Damaged("a key does not open: it was changed, or is another user's or phone's");
    let sealed = parse(text)?;
    let info = describe(&sealed)?;
    let kept = Zeroizing::new(BASE64.decode(sealed.key.as_bytes()).map_err(|_| damaged())?);
    let data_key = match (info.in_hardware, wrap) {
        (true, Some(wrap)) => wrap.unwrap(&kept)?,
        (true, None) => return Err(crate::store::WrapFailed.into()),
        (false, _) => kept,
    };
    let data_key: &[u8; 32] = data_key.as_slice().try_into().map_err(|_| damaged())?;
    let nonce = BASE64.decode(&sealed.nonce).map_err(|_| damaged())?;
    let nonce: [u8; 12] = nonce.try_into().map_err(|_| damaged())?;
    let mut buffer = Zeroizing::new(BASE64.decode(&sealed.ciphertext).map_err(|_| damaged())?);
    let aad = Aad::from(bound(user, &sealed.about));
    let opened = cipher(data_key)?.open_in_place(Nonce::assume_unique_for_key(nonce), aad, &mut buffer);
    let secret = CredentialSecret::from_bytes(opened.map_err(|_| damaged())?).ok_or_else(damaged)?;
    Ok((info, secret))
}

fn parse(text: &str) -> Result<Sealed, DeviceError> {
    let sealed: Sealed = serde_json::from_str(text).map_err(|_| DeviceError::Damaged("a key"))?;
    if sealed.format == FORMAT { Ok(sealed) } else { Err(DeviceError::Damaged("a key of another version")) }
}

fn describe(sealed: &Sealed) -> Result<DeviceKeyInfo, DeviceError> {
    serde_json::from_str(&sealed.about).map_err(|_| DeviceError::Damaged("a key's description"))
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, DeviceError> {
    let key =
        UnboundKey::new(&AES_256_GCM, key).map_err(|_| DeviceError::Crypto("the cipher refused a key"))?;
    Ok(LessSafeKey::new(key))
}

fn bound(user: UserId, about: &str) -> Vec<u8> {
    [DOMAIN, user.as_uuid().as_bytes(), about.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::WrapFailed;

    /// Stands for the phone's hardware: XORs, and knows its own by a mark.
    struct Chip(u8);

    impl KeyWrap for Chip {
        fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, WrapFailed> {
            Ok(std::iter::once(self.0).chain(plain.iter().map(|byte| byte ^ self.0)).collect())
        }

        fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, WrapFailed> {
            match wrapped.split_first() {
                Some((mark, rest)) if *mark == self.0 => {
                    Ok(Zeroizing::new(rest.iter().map(|byte| byte ^ self.0).collect()))
                }
                _ => Err(WrapFailed),
            }
        }
    }

    fn key(in_hardware: bool) -> (DeviceKeyInfo, CredentialSecret) {
        let venue = VenueId::new("kraken").unwrap();
        let secret = CredentialSecret::new("public id".into(), "a secret".into(), Some("phrase".into()));
        let info = DeviceKeyInfo {
            id: CredentialId::from_uuid(uuid::Uuid::from_u128(7)),
            fingerprint: fingerprint(&venue, &secret),
            venue,
            label: "phone".into(),
            policy: None,
            rights: KeyRights::default(),
            stored_at: Timestamp::from_micros(1),
            in_hardware,
            takes_over: None,
        };
        (info, secret)
    }

    fn user(id: u128) -> UserId {
        UserId::from_uuid(uuid::Uuid::from_u128(id))
    }

    #[test]
    fn only_this_users_phone_opens_it() {
        let (info, secret) = key(true);
        let kept = seal(user(1), &info, &secret, Some(&Chip(9))).unwrap();
        let (back, opened) = open(user(1), &kept, Some(&Chip(9))).unwrap();
        assert_eq!(back, info);
        assert_eq!(opened.expose_secret("test"), "a secret");
        assert_eq!(opened.expose_passphrase("test"), Some("phrase"));
        assert!(!kept.contains("a secret") && !kept.contains(&BASE64.encode("a secret")));
        assert!(matches!(open(user(1), &kept, Some(&Chip(8))), Err(DeviceError::Wrap(_))), "another phone");
        assert!(matches!(open(user(1), &kept, None), Err(DeviceError::Wrap(_))));
        assert!(matches!(open(user(2), &kept, Some(&Chip(9))), Err(DeviceError::Damaged(_))), "another user");
    }

    #[test]
    fn whoever_changes_what_is_said_about_a_key_loses_the_key() {
        let (info, secret) = key(false);
        let kept = seal(user(1), &info, &secret, None).unwrap();
        assert!(open(user(1), &kept, None).is_ok());
        let other = kept.replace("phone", "tablet");
        assert_eq!(about(&other).unwrap().label, "tablet");
        assert!(matches!(open(user(1), &other, None), Err(DeviceError::Damaged(_))));
        // A key that its hardware has to open is not opened without it because somebody says so.
        let (info, secret) = key(true);
        let kept = seal(user(1), &info, &secret, Some(&Chip(9))).unwrap();
        let claimed = kept.replace(r#"in_hardware\":true"#, r#"in_hardware\":false"#);
        assert_ne!(claimed, *kept);
        assert!(matches!(open(user(1), &claimed, None), Err(DeviceError::Damaged(_))));
    }

    #[test]
    fn no_flipped_byte_opens() {
        let (info, secret) = key(false);
        let kept = seal(user(1), &info, &secret, None).unwrap();
        let mut sealed = parse(&kept).unwrap();
        let whole = BASE64.decode(&sealed.ciphertext).unwrap();
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            sealed.ciphertext = BASE64.encode(bytes);
            let text = serde_json::to_string(&sealed).unwrap();
            assert!(matches!(open(user(1), &text, None), Err(DeviceError::Damaged(_))), "{place}");
        }
    }
}
