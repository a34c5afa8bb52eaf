//! Entries of the vault's log, proven on the phone by the pinned key alone.

use nija_client::{AuditEntry, AuditProof};

use crate::error::NijaError;
use crate::records::mirror::{Cross, mirror};

mirror! {
    /// What was done with one of the user's keys, as the server tells it.
    KeyEvent {
        /// Its place in the log.
        seq: u64,
        /// When. RFC 3339, UTC.
        at: String,
        /// What was done: `store`, `open`, `sign`, `rotate` and so on.
        action: String,
        /// `ok`, `refused` or `intended`.
        outcome: String,
        /// Where.
        venue: Option<String>,
        /// Which version of the key.
        version: Option<u32>,
        /// What for.
        purpose: Option<String>,
        /// How many uses it stands for.
        count: u64,
        /// More about it; of a refusal, why.
        detail: Option<String>,
        /// By whom, where that was not the key's owner.
        actor: Option<String>,
        /// From where: `api` and the client's address, `cli`, `upkeep`, `engine` for what the order engine did, or `process` for what else the server did of its own.
        origin: Option<String>,
    }
}

/// One page of events, newest first.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct KeyEventPage {
    /// The rows.
    pub items: Vec<KeyEvent>,
    /// Gets the next page; absent on the last one.
    pub next_cursor: Option<String>,
}

impl From<nija_client::wire::Page<nija_client::wire::KeyEvent>> for KeyEventPage {
    fn from(page: nija_client::wire::Page<nija_client::wire::KeyEvent>) -> Self {
        Self { items: page.items.cross(), next_cursor: page.next_cursor }
    }
}

/// An entry of the log as the vault signed for it.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ProvenKeyEvent {
    /// Its place in the log.
    pub seq: u64,
    /// When, in microseconds since 1970 UTC.
    pub at_micros: i64,
    /// What was done.
    pub action: String,
    /// `ok`, `refused` or `intended`.
    pub outcome: String,
    /// Where.
    pub venue: Option<String>,
    /// Which version of the key.
    pub version: Option<u32>,
    /// What for.
    pub purpose: Option<String>,
    /// How many uses it stands for.
    pub count: u64,
    /// More about it; of a refusal, why.
    pub detail: Option<String>,
    /// By whom, where that was not the key's owner. Entries of before have none.
    pub actor: Option<String>,
    /// From where. Entries of before have none.
    pub origin: Option<String>,
}

impl From<AuditEntry> for ProvenKeyEvent {
    fn from(entry: AuditEntry) -> Self {
        Self {
            seq: entry.seq,
            at_micros: entry.at_micros,
            action: entry.action,
            outcome: entry.outcome,
            venue: entry.venue,
            version: entry.version,
            purpose: entry.purpose,
            count: entry.count,
            detail: entry.detail,
            actor: entry.actor,
            origin: entry.origin,
        }
    }
}

/// Checks a proof (the JSON of `nija audit prove` or of the server) against the vault's public key, 64 hexadecimal digits; answers with the
/// entry that is proven. Nothing is asked of any server.
#[uniffi::export]
pub fn verify_audit_proof(proof: String, pin: String) -> Result<ProvenKeyEvent, NijaError> {
    let mut key = [0; 32];
    let wrong = |why: &str| NijaError::InvalidInput { why: why.to_owned() };
    hex::decode_to_slice(pin.trim(), &mut key).map_err(|_| wrong("the pin is not 64 hexadecimal digits"))?;
    // The parser's words would quote the proof.
    let proof: AuditProof = AuditProof::read(&proof).map_err(|_| wrong("this is no proof"))?;
    proof.verify(&key).map_err(|why| NijaError::Unproven { why: why.to_string() })?;
    Ok(proof.entry.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by a vault; its key was thrown away.
    const FROZEN: &str = include_str!("../../../nija-client/tests/audit-proof.json");

    fn frozen() -> (String, String) {
        let (_, rest) = FROZEN.split_once("\"pinned\"").expect("a key");
        let pin = rest.split('"').nth(1).expect("its digits");
        let (_, proof) = FROZEN.split_once("\"proof\":").expect("a proof");
        let proof = proof.trim_end().strip_suffix('}').expect("the end of the file");
        (pin.to_owned(), proof.to_owned())
    }

    #[test]
    fn a_proof_of_a_vault_is_taken_and_one_that_was_touched_is_not() {
        let (pin, proof) = frozen();
        let proven = verify_audit_proof(proof.clone(), pin.clone()).expect("it is good");
        assert!(proof.contains(&proven.action));
        let touched = proof.replacen(&proven.action, "made_up", 1);
        let refused = verify_audit_proof(touched, pin.clone());
        assert!(
            matches!(&refused, Err(NijaError::Unproven { why }) if why.contains("not in the log")),
            "{refused:?}"
        );
        let other = verify_audit_proof(proof.clone(), "00".repeat(32));
        assert!(
            matches!(&other, Err(NijaError::Unproven { why }) if why.contains("pinned key")),
            "{other:?}"
        );
        for (proof, pin) in [("{}".to_owned(), pin), (proof, "not a key".to_owned())] {
            assert!(matches!(verify_audit_proof(proof, pin), Err(NijaError::InvalidInput { .. })));
        }
    }
}
