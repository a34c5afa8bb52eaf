//! The vault over a database: SQLite or PostgreSQL.

mod audit;
mod backup;
mod books;
mod changes;
mod custody;
mod drill;
mod keys;
mod locked;
mod opening;
mod published;
mod replaced;
mod rewind;
mod rotation;
mod standing;
#[cfg(feature = "testing")]
mod tampering;
mod unlocks;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use nija_core::{
    Authenticator, Clock, CredentialId, CredentialMeta, Entropy, KeyRights, NonceSource, OpenPurpose,
    SealedCredential, SealingKey, Signer, UserId, Vault, VaultError, VenueId,
};
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use audit::VaultHealth;
pub use backup::{BackupInfo, backup_time, restore};
pub use books::VaultBooks;
pub(crate) use custody::{policy_detail, policy_json, read_derivation, seal_policy};
pub use drill::Checked;
pub use published::PublishedKeys;
pub use replaced::{Idleness, LeaseCount};
pub use rewind::{Point, Rewound};
pub(crate) use rotation::{outdated_seals, stale_vault_keys};
use unlocks::forget_taken;

use crate::audit::{Caller, Chain, Entry, FileSink, verify};
use crate::config::LocalVaultConfig;
use crate::crypto::{KeyId, Keyring, PolicyMark, Root, is_marked, root_of};
use crate::lease::{Book, Buys, NonceLeases, Revisions, Sweeper, Unlocks};
use crate::store::{
    BIND_POLICIES, BIND_STATUSES, Changed, Database, Opened, Sql, StoredKeys, Writer, all_active,
    in_transaction, listen, of_user, replace_user_key, take_duty, unbound_policies,
};
pub(crate) use changes::{Content, clean_label, rights_detail};
pub(crate) use opening::{ActiveSecret, Secrets};

/// Keeps credentials in a database (one SQLite file, or PostgreSQL) under a root key of its own.
pub struct LocalVault {
    inner: Arc<Inner>,
}

/// What the vault's calls and its signers share.
pub(crate) struct Inner {
    pub(crate) database: Arc<dyn Database>,
    pub(crate) writer: Writer,
    pub(crate) sink: Option<FileSink>,
    /// Opens key-encryption keys that other nodes made; `None` where the keys are kept elsewhere.
    pub(crate) root: Option<Root>,
    pub(crate) keyring: ArcSwap<Keyring>,
    pub(crate) book: Arc<Book>,
    pub(crate) nonce_leases: Arc<NonceLeases>,
    pub(crate) unlocks: Arc<Unlocks>,
    pub(crate) buys: Arc<Buys>,
    /// Of the users' policies, and of what each data key has in force.
    pub(crate) revisions: Arc<Revisions<UserId>>,
    pub(crate) standings: Arc<Revisions<KeyId>>,
    pub(crate) authenticators: HashMap<VenueId, Arc<dyn Authenticator>>,
    pub(crate) nonces: Arc<dyn NonceSource>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) closed: AtomicBool,
}

impl LocalVault {
    /// Opens the database, or makes a new one with its keys. Blocks for some milliseconds.
    ///
    /// # Errors
    /// [`VaultError::Root`] when the root key cannot be used: missing beside a database that has keys, of the wrong size,
    /// readable by others, or not the one that the database was written under. [`VaultError::Envelope`] when a key's
    /// envelope is damaged. [`VaultError::Storage`] when the database cannot be opened as a vault.
    pub fn open(config: LocalVaultConfig) -> Result<Self, VaultError> {
        // PostgreSQL's blocking client must not run where a runtime runs, and the caller may be there.
        let caller = Caller::present();
        std::thread::scope(|scope| scope.spawn(|| caller.asks_here(|| Self::open_here(config))).join())
            .unwrap_or_else(|_| Err(VaultError::Storage("opening the vault failed".into())))
    }

    fn open_here(config: LocalVaultConfig) -> Result<Self, VaultError> {
        let opened = config.database.open()?;
        let stored_under = root_of(&StoredKeys::load(opened.database.reader()?.as_mut())?)?;
        let root = Root::unseal(config.root, stored_under)?;
        Self::start(
            opened,
            root,
            Parts {
                clock: config.clock,
                entropy: config.entropy,
                nonces: config.nonces,
                authenticators: config.authenticators,
                audit_file: config.audit_file,
            },
        )
    }

    pub(crate) fn start(opened: Opened, root: Root, parts: Parts) -> Result<Self, VaultError> {
        let stored = first_keys(opened.database.as_ref(), &root, parts.clock.as_ref())?;
        let keyring = Keyring::open(&root, &stored)?;
        Ok(Self { inner: Arc::new(Inner::start(opened, keyring, Some(root), parts)?) })
    }

    /// Ends every lease, writes what is still to be written, and stops. Later calls that open or change are refused.
    pub async fn close(&self) {
        self.inner.close().await;
    }
}

/// What any vault here is made of besides its database and root.
pub(crate) struct Parts {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) nonces: Arc<dyn NonceSource>,
    pub(crate) authenticators: Vec<Arc<dyn Authenticator>>,
    pub(crate) audit_file: Option<PathBuf>,
}

/// The stored keys; makes the first ones in a new vault.
fn first_keys(database: &dyn Database, root: &Root, clock: &dyn Clock) -> Result<StoredKeys, VaultError> {
    in_transaction(database.writer()?.as_mut(), |sql| {
        let stored = StoredKeys::load(sql)?;
        if !stored.is_empty() {
            Keyring::complete(root, &stored, clock.now())?.save(sql)?;
            let stored = StoredKeys::load(sql)?;
            bind_old_policies(sql, root, &stored, clock)?;
            bind_old_statuses(sql, root, &stored, clock)?;
            return Ok(stored);
        }
        let made = Keyring::generate(root, clock.now())?;
        made.save(sql)?;
        take_duty(sql, BIND_POLICIES)?;
        take_duty(sql, BIND_STATUSES)?;
        Chain::load(sql)?.append(sql, &Entry::new("create_vault", clock.now()))?;
        Ok(made)
    })
}

/// Has the users' keys vouch for the policies that an earlier program stored, once.
fn bind_old_policies(
    sql: &mut dyn Sql,
    root: &Root,
    stored: &StoredKeys,
    clock: &dyn Clock,
) -> Result<(), VaultError> {
    if !take_duty(sql, BIND_POLICIES)? {
        return Ok(());
    }
    let (keyring, now) = (Keyring::open(root, stored)?, clock.now());
    let mut bound = 0;
    for (user, key, policy) in unbound_policies(sql)? {
        // The duty lies in the database, where anyone may write it again who can write there.
        if is_marked(&key.envelope)? {
            continue;
        }
        let mark = PolicyMark::at(PolicyMark::none(now).revision, Some(&policy));
        let envelope = keyring.mark_user_key(user, &key, &mark)?;
        bound += replace_user_key(sql, user, &key, &envelope)?;
    }
    let entry = Entry::new("bind_policies", now).counting(bound);
    Chain::load(sql)?.append(sql, &entry)
}

/// Has the users' keys vouch for the statuses that an earlier program stored, once.
fn bind_old_statuses(
    sql: &mut dyn Sql,
    root: &Root,
    stored: &StoredKeys,
    clock: &dyn Clock,
) -> Result<(), VaultError> {
    if !take_duty(sql, BIND_STATUSES)? {
        return Ok(());
    }
    // Keys that vouch already are left alone: the duty lies in the database, where anyone may write it again who can write there.
    let bound = standing::believe_rows(sql, &Keyring::open(root, stored)?, standing::Which::Unbound)?;
    let entry = Entry::new("bind_statuses", clock.now()).counting(bound);
    Chain::load(sql)?.append(sql, &entry)
}

impl Inner {
    /// Starts the writer, and listens to other signers where there can be any.
    pub(crate) fn start(
        opened: Opened,
        keyring: Keyring,
        root: Option<Root>,
        parts: Parts,
    ) -> Result<Self, VaultError> {
        let Opened { database, listener } = opened;
        let (book, nonce_leases) = (Arc::new(Book::default()), Arc::new(NonceLeases::default()));
        let (unlocks, buys) = (Arc::new(Unlocks::default()), Arc::new(Buys::default()));
        if let Some(listener) = listener {
            let (book, unlocks) = (Arc::downgrade(&book), Arc::downgrade(&unlocks));
            let database = Arc::downgrade(&database);
            listen(listener, move |changed| {
                let (Some(book), Some(unlocks)) = (book.upgrade(), unlocks.upgrade()) else { return false };
                match changed {
                    None => {}
                    Some(Changed::At(user, venue)) => book.end(user, &venue),
                    Some(Changed::User(user)) => book.end_user(user),
                    Some(Changed::Taken(user, Some(venue))) => {
                        unlocks.remove(user, &venue);
                        book.end(user, &venue);
                    }
                    Some(Changed::Taken(user, None)) => {
                        unlocks.remove_user(user);
                        book.end_user(user);
                    }
                    Some(Changed::Anything) => book.end_all(),
                    Some(Changed::HeardAgain) => {
                        book.end_all();
                        let Some(database) = database.upgrade() else { return false };
                        let told = database.reader().and_then(|mut sql| forget_taken(sql.as_mut(), &unlocks));
                        if let Err(error) = told {
                            // They are asked about before they are used, too.
                            tracing::warn!(%error, "whether keys were locked meanwhile is not known yet");
                        }
                    }
                }
                true
            })?;
        }
        let sweep = {
            let (book, nonce_leases, clock) =
                (Arc::downgrade(&book), Arc::downgrade(&nonce_leases), Arc::clone(&parts.clock));
            let (unlocks, buys) = (Arc::downgrade(&unlocks), Arc::downgrade(&buys));
            let sweeper = Sweeper::default();
            move || {
                let now = clock.now();
                sweeper.run(now, || {
                    if let (Some(unlocks), Some(buys)) = (unlocks.upgrade(), buys.upgrade()) {
                        unlocks.sweep(now);
                        buys.sweep(now);
                    }
                    if let (Some(book), Some(nonce_leases)) = (book.upgrade(), nonce_leases.upgrade()) {
                        book.sweep(now);
                        nonce_leases.sweep();
                    }
                });
            }
        };
        let clock = Arc::clone(&parts.clock);
        let sink = parts.audit_file.map(|path| {
            let clock = Arc::clone(&clock);
            FileSink::start(path, Arc::clone(&database), move || clock.now())
        });
        let (sink, identity) = (sink.transpose()?, Arc::clone(keyring.identity()));
        let now = move || clock.now();
        // A change that perhaps took place ends what it would have ended: whoever opens next reads what is there.
        let doubt = {
            let book = Arc::downgrade(&book);
            move || book.upgrade().iter().for_each(|book| book.end_all())
        };
        let writer = Writer::start(Arc::clone(&database), identity, sink.clone(), now, sweep, doubt)?;
        let authenticators = parts
            .authenticators
            .into_iter()
            .map(|authenticator| (authenticator.venue().clone(), authenticator))
            .collect();
        Ok(Self {
            database,
            writer,
            sink,
            root,
            keyring: ArcSwap::from_pointee(keyring),
            book,
            nonce_leases,
            unlocks,
            buys,
            revisions: Arc::default(),
            standings: Arc::default(),
            authenticators,
            nonces: parts.nonces,
            clock: parts.clock,
            entropy: parts.entropy,
            closed: AtomicBool::new(false),
        })
    }

    /// Ends every lease, writes what is still to be written, and stops.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.unlocks.clear();
        self.book.end_all();
        self.writer.stop().await;
    }

    /// The key to seal to.
    pub(crate) fn sealing_key(&self) -> Result<SealingKey, VaultError> {
        self.keyring.load().published().ok_or(VaultError::Envelope("there is no sealing key"))
    }

    /// Walks the audit chain.
    pub(crate) async fn verify_audit(&self) -> Result<u64, VaultError> {
        // Everything noted before is in the chain when this entry is.
        self.writer.record(self.entry("verify_audit")).await?;
        let pinned = *self.keyring.load().identity().public();
        let report = self.read(move |sql| verify(sql, Some(&pinned), &[], &mut |_| ())).await?;
        Ok(report.entries)
    }

    /// Reads on a thread where blocking is allowed.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn Sql) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let database = Arc::clone(&self.database);
        tokio::task::spawn_blocking(move || read(database.reader()?.as_mut()))
            .await
            .map_err(|error| VaultError::Storage(error.to_string()))?
    }

    /// An audit entry of now.
    pub(crate) fn entry(&self, action: &str) -> Entry {
        Entry::new(action, self.clock.now())
    }

    pub(crate) fn authenticator(&self, venue: &VenueId) -> Result<&Arc<dyn Authenticator>, VaultError> {
        self.authenticators.get(venue).ok_or_else(|| VaultError::UnknownVenue { venue: venue.clone() })
    }
}

#[async_trait]
impl Vault for LocalVault {
    async fn sealing_key(&self) -> Result<SealingKey, VaultError> {
        self.inner.sealing_key()
    }

    async fn store(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
    ) -> Result<CredentialMeta, VaultError> {
        self.inner.store(user, venue, label, sealed).await
    }

    async fn open_sealed(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        self.inner.open_sealed(user, venue, sealed, &self.inner).await
    }

    async fn set_rights(&self, user: UserId, id: CredentialId, rights: KeyRights) -> Result<(), VaultError> {
        self.inner.set_rights(user, id, rights).await
    }

    async fn list(&self, user: UserId) -> Result<Vec<CredentialMeta>, VaultError> {
        let vault = Arc::clone(&self.inner);
        let found = self
            .inner
            .read(move |sql| {
                let found = of_user(sql, user)?;
                vault.as_vouched(sql, found)
            })
            .await;
        let count = found.as_ref().map_or(1, |found| found.len() as u64);
        self.inner.note_read(self.inner.entry("list").by(user).counting(count), found)
    }

    async fn active(&self) -> Result<Vec<CredentialMeta>, VaultError> {
        let vault = Arc::clone(&self.inner);
        let mut found = self
            .inner
            .read(move |sql| {
                let found = all_active(sql)?;
                vault.as_vouched(sql, found)
            })
            .await?;
        found.retain(|meta| self.inner.is_usable(meta));
        let entry = self.inner.entry("list_active").counting(found.len() as u64);
        self.inner.writer.note(entry);
        Ok(found)
    }

    async fn open(
        &self,
        user: UserId,
        venue: &VenueId,
        purpose: OpenPurpose,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        self.inner.open(user, venue, purpose, &self.inner).await
    }

    async fn rollback(&self, user: UserId, id: CredentialId) -> Result<CredentialMeta, VaultError> {
        self.inner.rollback(user, id).await
    }

    async fn revoke(&self, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        self.inner.revoke(user, id).await
    }

    async fn verify_audit(&self) -> Result<u64, VaultError> {
        self.inner.verify_audit().await
    }
}

impl Drop for LocalVault {
    fn drop(&mut self) {
        self.inner.unlocks.clear();
        // Signers that are still out hold their leases: those must not outlive the vault.
        self.inner.book.end_all();
    }
}

impl fmt::Debug for LocalVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalVault").finish_non_exhaustive()
    }
}
