//! One decrypted credential and the time in which it may sign.

use nija_core::{
    Authenticator, CredentialId, CredentialSecret, OpenPurpose, OrderPolicy, SignContext, SignError,
    SignedRequest, Timestamp, UnsignedRequest, UserId, VenueId, sign_request,
};
use parking_lot::RwLock;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use super::Buys;
use super::nonces::NonceLease;
use crate::audit::Entry;
use crate::store::Writer;

/// How far a clock may be set back without ending leases.
const CORRECTION: Duration = Duration::from_secs(30);

/// How long signatures are counted before the count is written, while a lease lasts: a crash loses that much of them at most, and the few
/// seconds until somebody looks.
const COUNTED: Duration = Duration::from_secs(60);

/// What a lease is made of.
pub(crate) struct LeaseParts {
    pub(crate) user: UserId,
    pub(crate) venue: VenueId,
    pub(crate) credential: CredentialId,
    /// `None` for one that is not stored.
    pub(crate) version: Option<u32>,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) nonces: Arc<NonceLease>,
    pub(crate) opened_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    /// The user's limits, as they are while this lease lasts: a change of them ends it.
    pub(crate) policy: Option<Arc<OrderPolicy>>,
    pub(crate) buys: Arc<Buys>,
    pub(crate) writer: Writer,
}

/// A decrypted credential. The secret is in here and nowhere else; it is wiped when the lease ends or is dropped,
/// whichever is first.
pub(crate) struct Lease {
    pub(crate) parts: LeaseParts,
    secret: RwLock<Option<CredentialSecret>>,
    /// A bit for each purpose that it was opened for.
    purposes: AtomicU8,
    signed: AtomicU64,
    /// Microseconds since 1970 UTC.
    last_signed_at: AtomicI64,
    /// When the count was last written, or there was none.
    counted_at: AtomicI64,
}

impl Lease {
    pub(crate) fn new(parts: LeaseParts, secret: CredentialSecret) -> Arc<Self> {
        Arc::new(Self {
            counted_at: AtomicI64::new(parts.opened_at.micros()),
            parts,
            secret: RwLock::new(Some(secret)),
            purposes: AtomicU8::new(0),
            signed: AtomicU64::new(0),
            last_signed_at: AtomicI64::new(0),
        })
    }

    /// Whether it may sign now. A clock that jumped back ends it too: else it would last for as long as the clock jumped. A
    /// clock that is corrected by some seconds does not.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.parts.opened_at <= now.plus(CORRECTION) && now < self.parts.ends_at
    }

    /// Whether it was ended before its time.
    pub(crate) fn has_ended(&self) -> bool {
        self.secret.read().is_none()
    }

    /// When it last signed.
    pub(crate) fn last_signed(&self) -> Option<Timestamp> {
        let at = self.last_signed_at.load(Ordering::Relaxed);
        (at > 0).then(|| Timestamp::from_micros(at))
    }

    /// Ends it: the secret is wiped when this returns, and what it signed is noted, however long somebody still holds it.
    pub(crate) fn end(&self) {
        let ended = self.secret.write().take().is_some();
        if ended {
            self.note_signed();
        }
    }

    /// Notes the signatures that are not noted yet, when that was last done a while ago.
    pub(crate) fn count(&self, now: Timestamp) {
        let counted_at = Timestamp::from_micros(self.counted_at.load(Ordering::Relaxed));
        // A clock that was set back does not put it off.
        if counted_at <= now && now < counted_at.plus(COUNTED) {
            return;
        }
        self.counted_at.store(now.micros(), Ordering::Relaxed);
        self.note_signed();
    }

    /// Notes the signatures that are not noted yet.
    fn note_signed(&self) {
        let signed = self.signed.swap(0, Ordering::Relaxed);
        if signed > 0 {
            let at = Timestamp::from_micros(self.last_signed_at.load(Ordering::Relaxed));
            // For all who held it.
            self.parts.writer.note(self.entry("sign", at).counting(signed).of_the_process());
        }
    }

    /// Whether this is the first opening for a purpose.
    pub(crate) fn first_for(&self, purpose: OpenPurpose) -> bool {
        let bit = match purpose {
            OpenPurpose::Trade => 1,
            OpenPurpose::Verify => 2,
            OpenPurpose::Reconcile => 4,
            OpenPurpose::Stream => 8,
            _ => 128,
        };
        // The common case must not write to memory that other cores read.
        self.purposes.load(Ordering::Relaxed) & bit == 0
            && self.purposes.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }

    /// Signs; the caller has taken a nonce.
    pub(crate) fn sign(
        &self,
        request: UnsignedRequest,
        context: &SignContext,
    ) -> Result<SignedRequest, SignError> {
        if !self.is_live(context.now) {
            self.end();
            return Err(SignError::LeaseEnded);
        }
        // Held until it is counted: who ends the lease after this finds the count.
        let held = self.secret.read();
        let secret = held.as_ref().ok_or(SignError::LeaseEnded)?;
        let signed = sign_request(self.parts.authenticator.as_ref(), request, secret, context)?;
        self.signed.fetch_add(1, Ordering::Relaxed);
        self.last_signed_at.store(context.now.micros(), Ordering::Relaxed);
        Ok(signed)
    }

    /// An audit entry about this lease.
    pub(crate) fn entry(&self, action: &str, at: Timestamp) -> Entry {
        Entry::new(action, at)
            .by(self.parts.user)
            .at_venue(&self.parts.venue)
            .of(self.parts.credential, self.parts.version)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.note_signed();
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("credential", &self.parts.credential)
            .field("version", &self.parts.version)
            .finish_non_exhaustive()
    }
}
