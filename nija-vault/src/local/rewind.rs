//! Going back to a point in time, by the audit chain.
//!
//! A backup is of one moment. The log in it says what every change before was, and the rows keep what the changes replaced (the last ten
//! versions of a credential, all policies): so a restored backup can be put back to any entry before it. The log itself goes on: it
//! keeps what was undone, and says that it was. What was destroyed or erased stays so.

use nija_core::{CredentialId, Timestamp, VaultError};
use std::sync::Arc;

use super::LocalVault;
use super::standing::{Which, believe_rows};
use crate::store::{self, Change};

/// A point to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// After this entry of the audit log.
    Entry(u64),
    /// After the last change that is not later than this.
    Time(Timestamp),
}

/// What going back did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rewound {
    /// The entry that the vault is as after.
    pub entry: u64,
    /// Credentials that were set back, or removed since they were stored later.
    pub credentials: u64,
    /// Policies that were set back.
    pub policies: u64,
    /// Credentials that were active then and whose content was destroyed since: they cannot come back.
    pub gone: Vec<CredentialId>,
}

impl LocalVault {
    /// Puts credentials and policies back to what they were at a point. Every lease and unlock ends. It is for a vault that
    /// was just restored, with no other signer at work.
    ///
    /// # Errors
    /// [`VaultError::AuditBroken`] when the log was tampered with, [`VaultError::Storage`] when the point is before the vault was made or
    /// after the end of its log; then nothing changed.
    pub async fn rewind(&self, point: Point) -> Result<Rewound, VaultError> {
        // What the log says is believed below, and the users' keys vouch for it.
        self.inner.verify_audit().await?;
        let (vault, entry) = (Arc::clone(&self.inner), self.inner.entry("rewind"));
        self.inner
            .writer
            .change(entry.clone(), move |sql| {
                let end =
                    sql.one("SELECT max(seq) FROM audit", &[], |row| row.maybe(0))?.flatten().unwrap_or(0);
                let changes = store::Changes::load(sql)?;
                let made_at = sql.one("SELECT at FROM audit WHERE seq = 1", &[], |row| row.get(0))?;
                let to = match point {
                    Point::Entry(entry) => entry,
                    Point::Time(moment) if made_at.is_some_and(|at| Timestamp::from_micros(at) > moment) => 0,
                    Point::Time(moment) => changes.entry_at(moment).unwrap_or(end),
                };
                if to == 0 {
                    return Err(VaultError::Storage("the vault was made after that".into()));
                }
                if to > end {
                    let what = format!("the log ends at entry {end}: entry {to} is not in it");
                    return Err(VaultError::Storage(what));
                }
                let past = changes.past(to);
                let set = store::rewind_credentials(sql, &past)?;
                // The rows are what the log says now: the keys vouch for that.
                let keyring = vault.current_keyring(sql)?;
                believe_rows(sql, &keyring, Which::All)?;
                let policies = store::past_policies(sql, &past)?;
                for policy in &policies {
                    let key = vault.current_keyring(sql)?.open_user_key(policy.user, &policy.key)?;
                    vault.put_policy(sql, policy.user, (&key, &policy.key), policy.envelope.as_deref())?;
                }
                let answer = Rewound {
                    entry: to,
                    credentials: set.changed,
                    policies: policies.len() as u64,
                    gone: set.gone,
                };
                Ok(Change {
                    entry: entry.counting(answer.credentials).detail(&store::rewind_detail(to)),
                    answer,
                    destroyed: true,
                    after: Box::new(move || {
                        vault.unlocks.clear();
                        vault.book.end_all();
                    }),
                })
            })
            .await
    }
}
