//! How it is noticed that the journal in the host's store is not the one that was written last.
//!
//! Each state of a venue's journal is an entry of a chain: a count, the digest of the entry before, and a code that only the open exchange
//! key can make. The newest entry's count and digest stand once more beside the key (the head). The journal is written first and the head
//! second, and nothing is sent before both were: after an end between the two the journal is the head's successor, and that is the only
//! difference that is no cause for doubt.
//!
//! Text of the journal: one line of JSON about the entry, then the trades. What is kept of it is the digest of both.

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use nija_core::{CredentialId, CredentialSecret, SignError, Symbol, Timestamp, UserId, VenueId};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};

use crate::{error::DeviceError, held::Held};

const FORMAT: u32 = 2;
const ENTRY: &[u8] = b"nija device journal entry\x01";
const HEAD: &[u8] = b"nija device journal head\x01";
const KEYS: &[u8] = b"nija device journal keys\x01";

/// Why a journal is not taken at its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalDoubt {
    /// The key is there and the journal is not.
    Missing,
    /// The journal is there, and the count of its entries, which stands beside the key, is not.
    HeadMissing,
    /// It has fewer entries than were written.
    Older,
    /// It is not the one that was written, or was not written under this key.
    Replaced,
    /// It cannot be read.
    Unreadable,
    /// The venue has orders of this phone that it does not know.
    BehindVenue,
}

impl fmt::Display for JournalDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the list of its orders is gone",
            Self::HeadMissing => "the count that proves the list of its orders is gone",
            Self::Older => "the list of its orders is an older one than was written last",
            Self::Replaced => "the list of its orders is not the one that was written",
            Self::Unreadable => "the list of its orders cannot be read",
            Self::BehindVenue => {
                "the exchange has orders of this phone that the list of its orders does not name"
            }
        })
    }
}

/// What the open key proves the journal with. Gone with the piece of work that it was made for.
pub(crate) struct JournalKey {
    id: CredentialId,
    entries: hmac::Key,
    /// Marks the ids of trades ([`crate::mark`]).
    pub(crate) marks: hmac::Key,
}

impl JournalKey {
    /// Derived from the exchange key, so that whoever can write the store and not open the key can make no entry.
    pub(crate) fn of(
        user: UserId,
        venue: &VenueId,
        id: CredentialId,
        held: &Held,
    ) -> Result<Self, DeviceError> {
        let derived = held.with(|secret| Ok(Self::derived(user, venue, id, secret)));
        derived.map_err(|_: SignError| DeviceError::Crypto("the key was locked meanwhile"))
    }

    fn derived(user: UserId, venue: &VenueId, id: CredentialId, secret: &CredentialSecret) -> Self {
        let secret = secret.to_bytes("to derive the keys of the phone's journal");
        let root = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let derive = |purpose: &[u8]| {
            let ids = [user.as_uuid().into_bytes(), id.as_uuid().into_bytes()].concat();
            let context = [KEYS, purpose, &ids, venue.as_str().as_bytes()].concat();
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, &context).as_ref())
        };
        Self { id, entries: derive(b"entry\0"), marks: derive(b"order\0") }
    }

    fn code(&self, domain: &[u8], text: &str) -> String {
        hex::encode(hmac::sign(&self.entries, &[domain, text.as_bytes()].concat()))
    }

    fn made(&self, domain: &[u8], text: &str, code: &str) -> bool {
        let code = hex::decode(code).unwrap_or_default();
        hmac::verify(&self.entries, &[domain, text.as_bytes()].concat(), &code).is_ok()
    }
}

/// What is said about an entry. Its first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    format: u32,
    seq: u64,
    prev: String,
    at: Timestamp,
    key: CredentialId,
    mac: String,
}

/// One state of the journal as it stands in the store.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    /// The digest of the entry before; empty for the first.
    pub(crate) prev: String,
    /// When it was written, by the phone's clock.
    pub(crate) at: Timestamp,
    pub(crate) key: CredentialId,
    pub(crate) digest: String,
    mac: String,
    /// The trades as JSON.
    pub(crate) body: String,
}

impl Entry {
    /// The successor of a head.
    pub(crate) fn after(head: Option<&Head>, at: Timestamp, body: String, key: &JournalKey) -> Self {
        let (seq, prev) =
            head.map_or((1, String::new()), |head| (head.seq.saturating_add(1), head.digest.clone()));
        let digest = digest_of(seq, &prev, at, key.id, &body);
        Self { seq, prev, at, key: key.id, mac: key.code(ENTRY, &digest), digest, body }
    }

    pub(crate) fn text(&self) -> Result<String, DeviceError> {
        let line = Line {
            format: FORMAT,
            seq: self.seq,
            prev: self.prev.clone(),
            at: self.at,
            key: self.key,
            mac: self.mac.clone(),
        };
        let line =
            serde_json::to_string(&line).map_err(|_| DeviceError::Damaged("the orders cannot be written"))?;
        Ok([&line, "\n", &self.body].concat())
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let (line, body) = text.split_once('\n')?;
        let Line { format, seq, prev, at, key, mac } = serde_json::from_str(line).ok()?;
        let digest = digest_of(seq, &prev, at, key, body);
        (format == FORMAT).then(|| Self { seq, prev, at, key, digest, mac, body: body.to_owned() })
    }

    /// Whether this key made it.
    pub(crate) fn is_of(&self, key: &JournalKey) -> bool {
        self.key == key.id && key.made(ENTRY, &self.digest, &self.mac)
    }
}

/// The newest entry as it stands beside the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) digest: String,
    pub(crate) key: CredentialId,
    /// Every pair that was ever traded: some venues are asked pair by pair, should the journal be lost.
    pub(crate) pairs: BTreeSet<Symbol>,
    mac: String,
}

impl Head {
    pub(crate) fn of(entry: &Entry, pairs: BTreeSet<Symbol>, key: &JournalKey) -> Self {
        let mut head =
            Self { seq: entry.seq, digest: entry.digest.clone(), key: key.id, pairs, mac: String::new() };
        head.mac = key.code(HEAD, &head.stated());
        head
    }

    pub(crate) fn text(&self) -> Result<String, DeviceError> {
        serde_json::to_string(self).map_err(|_| DeviceError::Damaged("the orders cannot be counted"))
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(crate) fn is_of(&self, key: &JournalKey) -> bool {
        self.key == key.id && key.made(HEAD, &self.stated(), &self.mac)
    }

    fn stated(&self) -> String {
        let pairs: Vec<_> = self.pairs.iter().map(Symbol::as_str).collect();
        format!("{} {} {} {}", self.seq, self.digest, self.key, pairs.join(" "))
    }
}

fn digest_of(seq: u64, prev: &str, at: Timestamp, key: CredentialId, body: &str) -> String {
    let stated = format!("{FORMAT} {seq} {prev} {} {key}\n{body}", at.micros());
    hex::encode(digest(&SHA256, stated.as_bytes()))
}

/// How the journal and its head stand to each other, as far as that can be told without the key.
pub(crate) fn compare(
    entry: Option<&Entry>,
    head: Option<&Head>,
    takes_over: Option<&str>,
) -> Result<(), JournalDoubt> {
    let starts = |digest: &str| takes_over == Some(digest);
    match (entry, head) {
        (None, None) if starts("") => Ok(()),
        (None, _) => Err(JournalDoubt::Missing),
        // The end came between the first entry and the first head.
        (Some(entry), None) if entry.seq == 1 && starts("") => Ok(()),
        (Some(_), None) => Err(JournalDoubt::HeadMissing),
        (Some(entry), Some(head)) if entry.digest == head.digest && entry.seq == head.seq => Ok(()),
        // The end came between an entry and its head.
        (Some(entry), Some(head)) if entry.prev == head.digest && entry.seq == head.seq.saturating_add(1) => {
            Ok(())
        }
        (Some(entry), Some(head)) if entry.seq < head.seq => Err(JournalDoubt::Older),
        (Some(_), Some(_)) => Err(JournalDoubt::Replaced),
    }
}

/// Whether this key made them both, or took them over from the key before.
pub(crate) fn prove(
    entry: Option<&Entry>,
    head: Option<&Head>,
    takes_over: Option<&str>,
    key: &JournalKey,
) -> Result<(), JournalDoubt> {
    let inherited = |digest: &str| takes_over == Some(digest);
    let made = entry.is_some_and(|entry| entry.is_of(key));
    // The key itself names the entry that it took over, and its own first entry names the one before.
    let vouched = entry.is_some_and(|entry| inherited(&entry.digest)) || (made && takes_over.is_some());
    let entry_holds = entry.is_none() || made || vouched;
    let head_holds = vouched || head.is_none_or(|head| head.is_of(key));
    if entry_holds && head_holds { Ok(()) } else { Err(JournalDoubt::Replaced) }
}
