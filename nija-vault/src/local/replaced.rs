//! What a key's replacement and its health need from the vault: notes, and proof that a version is idle.

use nija_core::{CredentialMeta, Timestamp, UserId, VaultError, VenueId};

use super::VaultBooks;
use crate::audit::Entry;
use crate::store::{self, Change};

/// Whether a version of a credential is still in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idleness {
    /// Leases of it that could still sign here.
    pub leases: u64,
    /// Openings and counts of signatures in the audit log that are later than the moment asked about.
    pub uses: u64,
}

impl Idleness {
    /// Whether nothing uses it any more.
    #[must_use]
    pub const fn is_idle(self) -> bool {
        self.leases == 0 && self.uses == 0
    }
}

/// Leases that are out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseCount {
    /// Decrypted credentials that are kept ready.
    pub cached: u64,
    /// Others that somebody still holds.
    pub held: u64,
    /// Openings since the start that found a decrypted credential ready.
    pub hits: u64,
    /// Openings since the start that had to read and decrypt.
    pub misses: u64,
}

impl VaultBooks {
    /// How many decrypted credentials are in memory.
    #[must_use]
    pub fn leases(&self) -> LeaseCount {
        let (cached, held) = self.inner.book.count();
        let (hits, misses) = self.inner.book.openings();
        LeaseCount { cached, held, hits, misses }
    }

    /// What the platform noted about a user's key at a venue under a name.
    ///
    /// # Errors
    /// [`VaultError::Storage`].
    pub async fn note(
        &self,
        user: UserId,
        venue: &VenueId,
        name: &'static str,
    ) -> Result<Option<String>, VaultError> {
        let at = venue.clone();
        self.inner.read(move |sql| store::note(sql, user, &at, name)).await
    }

    /// All notes of a name.
    ///
    /// # Errors
    /// [`VaultError::Storage`].
    pub async fn notes(&self, name: &'static str) -> Result<Vec<(UserId, VenueId, String)>, VaultError> {
        self.inner.read(move |sql| store::notes(sql, name)).await
    }

    /// Notes something about the user's active key at a venue in place of what was noted before, or removes it. The audit log says
    /// `what`. Nothing secret belongs here: notes are not encrypted. What a device sealed may be in one: it goes when the key is
    /// revoked, destroyed, replaced by a key in another mode, or erased, and nothing is noted of a key that is gone.
    ///
    /// # Errors
    /// [`VaultError::NoCredential`] when there is no active key any more, [`VaultError::Storage`]; then nothing is noted.
    pub async fn set_note(
        &self,
        user: UserId,
        venue: &VenueId,
        name: &'static str,
        note: Option<String>,
        what: &str,
    ) -> Result<(), VaultError> {
        let is_kept = note.is_some();
        if is_kept {
            self.has_active(user, venue).await?;
        }
        let entry = self.inner.entry(name).by(user).at_venue(venue).detail(what);
        self.write_note(entry, user, venue, name, note).await?;
        if !is_kept {
            return Ok(());
        }
        // Where keys are kept elsewhere this and the end of one are not in one transaction: whichever is later sees the other.
        if let Err(gone) = self.has_active(user, venue).await {
            let entry = self.inner.entry(name).by(user).at_venue(venue).detail("removed: the key is gone");
            self.write_note(entry, user, venue, name, None).await?;
            return Err(gone);
        }
        Ok(())
    }

    async fn write_note(
        &self,
        entry: Entry,
        user: UserId,
        venue: &VenueId,
        name: &'static str,
        note: Option<String>,
    ) -> Result<(), VaultError> {
        let (at, are_here) = (venue.clone(), self.inner.root.is_some());
        self.inner
            .writer
            .change(entry.clone(), move |sql| {
                if are_here && note.is_some() && store::active_at(sql, user, &at)?.is_none() {
                    return Err(VaultError::NoCredential { venue: at });
                }
                // What is written over may have held what a device sealed.
                let destroyed = store::set_note(sql, user, &at, name, note.as_deref())?;
                Ok(Change { answer: (), entry, destroyed, after: Box::new(|| ()) })
            })
            .await
    }

    async fn has_active(&self, user: UserId, venue: &VenueId) -> Result<(), VaultError> {
        let active = self.secrets.active_secret(user, venue).await?;
        active.map(|_| ()).ok_or_else(|| VaultError::NoCredential { venue: venue.clone() })
    }

    /// When a credential was last used: by a lease that is out now, or by the audit log.
    ///
    /// # Errors
    /// [`VaultError::Storage`].
    pub async fn last_use(&self, meta: &CredentialMeta) -> Result<Option<Timestamp>, VaultError> {
        let id = meta.id;
        let logged = self.inner.read(move |sql| store::last_use(sql, id)).await?;
        Ok(logged.max(self.inner.book.last_signed(meta.user, &meta.venue)))
    }

    /// Whether a version that was replaced is still in use: leases here, and what the audit log has of it after `since`. What was
    /// signed before is in the log when this answers; the question is on record too.
    ///
    /// # Errors
    /// [`VaultError::Storage`].
    pub async fn idleness(
        &self,
        meta: &CredentialMeta,
        version: u32,
        since: Timestamp,
    ) -> Result<Idleness, VaultError> {
        let inner = &self.inner;
        let entry =
            || inner.entry("prove_idle").by(meta.user).at_venue(&meta.venue).of(meta.id, Some(version));
        let leases = inner.book.leases_of(meta.user, &meta.venue, version, inner.clock.now());
        // Everything noted before is in the log when an entry that is waited for is.
        inner.writer.record(entry().detail(&format!("asked: {leases} leases"))).await?;
        let id = meta.id;
        let uses = inner.read(move |sql| store::uses_since(sql, id, version, since)).await?;
        let found = Idleness { leases, uses };
        let verdict = if found.is_idle() { "idle" } else { "in use" };
        inner
            .writer
            .record(entry().detail(&format!("{verdict}: {leases} leases, {uses} uses since {since}")))
            .await?;
        Ok(found)
    }
}
