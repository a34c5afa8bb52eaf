//! Keys, envelopes and sealing.

mod data_key;
mod envelope;
mod keyring;
mod plaintext;
mod root;
mod sealing;

pub(crate) use data_key::{DataKey, KeyId, digest};
pub(crate) use envelope::{Binding, Kind};
pub(crate) use keyring::{Keyring, new_user_key, open_user_key};
pub(crate) use plaintext::{decode_secret, encode_secret, parse_sealed_json};
pub(crate) use root::{Root, sync_parent};
pub(crate) use sealing::{SealingPair, sealing_key_id};
pub use sealing::{seal, seal_credential};
