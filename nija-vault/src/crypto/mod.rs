//! Keys, envelopes and sealing.

mod data_key;
mod envelope;
mod identity;
mod keyring;
mod passphrase;
mod plaintext;
mod policy_mark;
mod root;
mod sealing;
mod session;
mod shamir;
mod standing;
mod transit;

pub(crate) use data_key::{DataKey, KeyId, digest, random};
pub(crate) use envelope::{Binding, Kind};
pub(crate) use identity::Identity;
pub(crate) use keyring::{
    Keyring, UNKNOWN_KEK, UserKey, is_bound, is_marked, key_of, new_kek, new_sealing_key, root_of,
};
pub(crate) use plaintext::{decode_secret, encode_secret, parse_sealed_json};
pub(crate) use policy_mark::PolicyMark;
pub use root::UnsealedRoot;
pub(crate) use root::{Root, sync_parent};
pub(crate) use sealing::{SealingPair, sealing_key_id};
pub use sealing::{seal, seal_credential};
pub use session::UnlockKey;
pub(crate) use session::{is_locked, open_locked};
pub use shamir::{RootShare, SHARES, THRESHOLD, Unseal, deal_root};
pub(crate) use standing::{InForce, Standing, StandingAt};
pub use transit::{Transit, create_transit_root, open_transit_root};
