//! One entry, and the bytes that are hashed.

use nija_core::{CredentialId, Timestamp, UserId, VenueId};

use super::Caller;
use super::caller::PROCESS;

/// The encoding that new entries are hashed in.
pub(super) const FORMAT: u8 = 2;
/// The one of before actors and origins were on record.
const FORMAT_1: u8 = 1;

/// Refusals may quote what others sent; the log keeps this much of it.
const MAX_DETAIL: usize = 300;

/// Who did what to which credential, why, when, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) action: String,
    /// `ok`, `refused`, or `intended`: what is then done, or not, is in an entry of its own.
    pub(crate) outcome: String,
    pub(crate) user: Option<[u8; 16]>,
    pub(crate) venue: Option<String>,
    pub(crate) credential: Option<[u8; 16]>,
    pub(crate) version: Option<u32>,
    /// What for.
    pub(crate) purpose: Option<String>,
    /// How many uses it stands for.
    pub(crate) count: u64,
    pub(crate) detail: Option<String>,
    /// By whom, where that is not the owner of the key.
    pub(crate) actor: Option<String>,
    /// From where.
    pub(crate) origin: String,
}

impl Entry {
    /// By whoever this task runs for.
    pub(crate) fn new(action: &str, at: Timestamp) -> Self {
        let (origin, actor) = Caller::present().into_parts();
        Self {
            at,
            action: action.to_owned(),
            outcome: "ok".to_owned(),
            user: None,
            venue: None,
            credential: None,
            version: None,
            purpose: None,
            count: 1,
            detail: None,
            actor,
            origin,
        }
    }

    /// What was gathered for several callers, and is nobody's alone.
    pub(crate) fn of_the_process(mut self) -> Self {
        PROCESS.clone_into(&mut self.origin);
        self.actor = None;
        self
    }

    pub(crate) fn by(mut self, user: UserId) -> Self {
        self.user = Some(*user.as_uuid().as_bytes());
        let is_owner = self.actor.as_ref().is_some_and(|actor| *actor == user.to_string());
        self.actor.take_if(|_| is_owner);
        self
    }

    pub(crate) fn at_venue(mut self, venue: &VenueId) -> Self {
        self.venue = Some(venue.as_str().to_owned());
        self
    }

    pub(crate) fn of(mut self, credential: CredentialId, version: Option<u32>) -> Self {
        self.credential = Some(*credential.as_uuid().as_bytes());
        self.version = version;
        self
    }

    pub(crate) fn purpose(mut self, purpose: &str) -> Self {
        self.purpose = Some(purpose.to_owned());
        self
    }

    pub(crate) const fn counting(mut self, count: u64) -> Self {
        self.count = count;
        self
    }

    pub(crate) fn detail(mut self, detail: &str) -> Self {
        let clean = detail.chars().filter(|char| !char.is_control());
        self.detail = Some(clean.take(MAX_DETAIL).collect());
        self
    }

    /// What is about to be done.
    pub(crate) fn intended(mut self) -> Self {
        "intended".clone_into(&mut self.outcome);
        self
    }

    pub(crate) fn refused(mut self, why: &str) -> Self {
        "refused".clone_into(&mut self.outcome);
        self.detail(why)
    }

    /// The hash of the entry at this place.
    pub(super) fn hash(&self, seq: u64, previous: &[u8; 32]) -> [u8; 32] {
        let fields = Fields {
            at: self.at,
            action: &self.action,
            outcome: &self.outcome,
            user: self.user.as_ref(),
            venue: self.venue.as_deref(),
            credential: self.credential.as_ref(),
            version: self.version,
            purpose: self.purpose.as_deref(),
            count: self.count,
            detail: self.detail.as_deref(),
            told: Some([self.actor.as_deref(), Some(&self.origin)]),
        };
        fields.hash(seq, previous)
    }
}

/// What is hashed of an entry, wherever it stands.
pub(super) struct Fields<'a> {
    pub(super) at: Timestamp,
    pub(super) action: &'a str,
    pub(super) outcome: &'a str,
    pub(super) user: Option<&'a [u8; 16]>,
    pub(super) venue: Option<&'a str>,
    pub(super) credential: Option<&'a [u8; 16]>,
    pub(super) version: Option<u32>,
    pub(super) purpose: Option<&'a str>,
    pub(super) count: u64,
    pub(super) detail: Option<&'a str>,
    /// Actor and origin; `None` for an entry of format 1, which has neither.
    pub(super) told: Option<[Option<&'a str>; 2]>,
}

impl Fields<'_> {
    /// Format 1, all numbers big-endian: `nija audit`, format (1 byte), seq (8), at in microseconds since 1970 UTC (8), count (8), hash of
    /// the entry before (32), then action, outcome, user, venue, credential, version, purpose, detail: each 0 when absent, or 1, its
    /// length (4) and its bytes. Format 2 is the same with actor and origin behind these.
    pub(super) fn hash(&self, seq: u64, previous: &[u8; 32]) -> [u8; 32] {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(b"nija audit");
        bytes.push(if self.told.is_some() { FORMAT } else { FORMAT_1 });
        bytes.extend_from_slice(&seq.to_be_bytes());
        bytes.extend_from_slice(&self.at.micros().to_be_bytes());
        bytes.extend_from_slice(&self.count.to_be_bytes());
        bytes.extend_from_slice(previous);
        let version = self.version.map(u32::to_be_bytes);
        let fields = [
            Some(self.action.as_bytes()),
            Some(self.outcome.as_bytes()),
            self.user.map(<[u8; 16]>::as_slice),
            self.venue.map(str::as_bytes),
            self.credential.map(<[u8; 16]>::as_slice),
            version.as_ref().map(<[u8; 4]>::as_slice),
            self.purpose.map(str::as_bytes),
            self.detail.map(str::as_bytes),
        ];
        let told = self.told.into_iter().flatten().map(|field| field.map(str::as_bytes));
        for field in fields.into_iter().chain(told) {
            let Some(field) = field else {
                bytes.push(0);
                continue;
            };
            bytes.push(1);
            // No field comes near 4 GiB.
            let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(field);
        }
        let mut hash = [0u8; 32];
        hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes).as_ref());
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AuditRecord;

    fn opened() -> Entry {
        Caller::from("cli").by("uid 1000").asks_here(|| {
            Entry::new("open", Timestamp::from_micros(1_700_000_000_000_000))
                .by(UserId::from_uuid(uuid::Uuid::from_u128(1)))
                .at_venue(&VenueId::new("kraken").unwrap())
                .of(CredentialId::from_uuid(uuid::Uuid::from_u128(2)), Some(3))
                .purpose("trade")
        })
    }

    /// Frozen: whoever changes an encoding breaks every chain that exists, and must add a format instead.
    #[test]
    fn the_hashes_of_formats_1_and_2_never_change() {
        let entry = opened();
        let of_2 = "542340cbb32300bd7de7c43c1aa45c840e9e72833e1c6ea8501ff8c383a3ab3f";
        assert_eq!(hex::encode(entry.hash(7, &[9; 32])), of_2);
        let mut record = AuditRecord { seq: 7, previous: [9; 32], ..AuditRecord::pending(&entry) };
        assert_eq!(record.hash().map(hex::encode).as_deref(), Some(of_2));
        record.format = 1;
        assert_eq!(record.hash(), None, "an entry of format 1 says neither who nor from where");
        (record.actor, record.origin) = (None, None);
        let of_1 = "5604feddd71eb6e636ecba52be56912b3e8d13b814f5417389beaa4c6cf671a6";
        assert_eq!(record.hash().map(hex::encode).as_deref(), Some(of_1));
        record.format = 3;
        assert_eq!(record.hash(), None);
    }

    #[test]
    fn absent_and_empty_differ() {
        let entry = Entry::new("open", Timestamp::from_micros(1));
        let empty = entry.clone().detail("");
        assert_ne!(entry.hash(1, &[0; 32]), empty.hash(1, &[0; 32]));
    }
}
