//! What the log says that the rows were at an earlier entry, and putting them back to it.

use nija_core::{CredentialId, Timestamp, UserId, VaultError};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

use super::sql::{Sql, values};
use super::{StoredKey, user_key};

/// A change as the log has it.
struct Logged {
    seq: u64,
    at: Timestamp,
    action: String,
    user: Option<[u8; 16]>,
    venue: Option<String>,
    credential: Option<[u8; 16]>,
    version: Option<u32>,
    detail: Option<String>,
}

/// All changes of credentials and policies, oldest first.
pub(crate) struct Changes(Vec<Logged>);

/// How a credential was.
#[derive(Debug, Clone, Default)]
struct Was {
    user: [u8; 16],
    venue: String,
    present: u32,
    newest: u32,
    withdrawn: BTreeSet<u32>,
    is_active: bool,
}

/// How everything was at an entry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Past {
    credentials: BTreeMap<[u8; 16], Was>,
    /// The revision of each user's policy; 0 for one from before there were revisions.
    policies: BTreeMap<[u8; 16], Option<u64>>,
}

/// What an entry of a rewind says, so that a later one finds it.
pub(crate) fn rewind_detail(entry: u64) -> String {
    format!("to entry {entry}")
}

impl Changes {
    pub(crate) fn load(sql: &mut dyn Sql) -> Result<Self, VaultError> {
        let changes = r#"SELECT seq, at, action, "user", venue, credential, version, detail FROM audit WHERE outcome = 'ok' AND action IN
            ('store', 'store_locked', 'register_device_key', 'rollback', 'revoke', 'destroy', 'erase', 'set_policy', 'rewind')
            ORDER BY seq"#;
        let found = sql.all(changes, values![], |row| {
            Ok(Logged {
                seq: row.get(0)?,
                at: Timestamp::from_micros(row.get(1)?),
                action: row.get(2)?,
                user: row.maybe(3)?,
                venue: row.maybe(4)?,
                credential: row.maybe(5)?,
                version: row.maybe(6)?,
                detail: row.maybe(7)?,
            })
        });
        found.map(Self)
    }

    /// The last entry before the first change that is later than a moment; `None` when no change is.
    pub(crate) fn entry_at(&self, moment: Timestamp) -> Option<u64> {
        self.0.iter().find(|change| change.at > moment).map(|change| change.seq - 1)
    }

    /// How everything was after an entry.
    pub(crate) fn past(&self, entry: u64) -> Past {
        let mut past = Past::default();
        for change in self.0.iter().take_while(|change| change.seq <= entry) {
            match rewound_to(change) {
                // Always to an entry before it: this ends.
                Some(earlier) if earlier < change.seq => past = self.past(earlier),
                _ => past.apply(change),
            }
        }
        past
    }
}

fn rewound_to(change: &Logged) -> Option<u64> {
    let detail = change.detail.as_deref().filter(|_| change.action == "rewind")?;
    detail.strip_prefix("to entry ")?.parse().ok()
}

impl Past {
    fn apply(&mut self, change: &Logged) {
        let credential = change.credential.and_then(|id| self.credentials.get_mut(&id));
        match (change.action.as_str(), change.user, credential) {
            ("store" | "store_locked" | "register_device_key", Some(user), _) => self.stored(change, user),
            ("rollback", _, Some(was)) => {
                was.withdrawn.insert(was.present);
                was.present = change.version.unwrap_or(was.present);
            }
            ("revoke" | "destroy", _, Some(was)) => was.is_active = false,
            ("erase", Some(user), _) => {
                let of_user = self.credentials.values_mut().filter(|was| was.user == user);
                of_user.for_each(|was| was.is_active = false);
                self.policies.remove(&user);
            }
            ("set_policy", Some(user), _) => {
                let detail = change.detail.as_deref().unwrap_or_default();
                let revision = detail.strip_prefix("revision ").and_then(|rest| rest.split(':').next());
                let revision = revision.and_then(|text| text.parse().ok()).unwrap_or(0);
                let is_set = !detail.ends_with("removed");
                self.policies.insert(user, is_set.then_some(revision));
            }
            _ => {}
        }
    }

    fn stored(&mut self, change: &Logged, user: [u8; 16]) {
        let (Some(id), Some(version), Some(venue)) = (change.credential, change.version, &change.venue)
        else {
            return;
        };
        // Another custody mode is another credential, and ends the one before.
        for (other, was) in &mut self.credentials {
            if *other != id && was.user == user && was.venue == *venue {
                was.is_active = false;
            }
        }
        let was = self.credentials.entry(id).or_default();
        (was.user, was.present, was.is_active) = (user, version, true);
        was.venue.clone_from(venue);
        was.newest = was.newest.max(version);
    }
}

/// What rewinding the credentials did.
#[derive(Debug, Default)]
pub(crate) struct Set {
    pub(crate) changed: u64,
    /// Were active then, and have no content any more.
    pub(crate) gone: Vec<CredentialId>,
}

struct Present {
    id: [u8; 16],
    version: u32,
    is_active: bool,
    is_on_device: bool,
    is_destroyed: bool,
}

/// Puts the credentials back to what they were. What was destroyed since stays destroyed.
pub(crate) fn rewind_credentials(sql: &mut dyn Sql, past: &Past) -> Result<Set, VaultError> {
    let all = "SELECT id, version, status, custody, destroyed_at FROM credentials ORDER BY id";
    let present = sql.all(all, values![], |row| {
        Ok(Present {
            id: row.get(0)?,
            version: row.get(1)?,
            is_active: row.get::<String>(2)? == "active",
            is_on_device: row.get::<String>(3)? == "device",
            is_destroyed: row.maybe::<i64>(4)?.is_some(),
        })
    })?;
    let (mut set, mut activate) = (Set::default(), Vec::new());
    for credential in present {
        let Some(was) = past.credentials.get(&credential.id) else {
            sql.run("DELETE FROM credential_versions WHERE credential = ?1", values![&credential.id])?;
            sql.run("DELETE FROM credentials WHERE id = ?1", values![&credential.id])?;
            set.changed += 1;
            continue;
        };
        let newer = sql.run(
            "DELETE FROM credential_versions WHERE credential = ?1 AND version > ?2",
            values![&credential.id, was.newest],
        )?;
        let held = sql.all(
            "SELECT version, CAST(length(envelope) AS BIGINT) FROM credential_versions WHERE credential = ?1 ORDER BY version",
            values![&credential.id],
            |row| Ok((row.get::<u32>(0)?, row.get::<i64>(1)? > 0)),
        )?;
        for (version, has_content) in &held {
            let withdrawn = was.withdrawn.contains(version) || (!has_content && !credential.is_on_device);
            sql.run(
                "UPDATE credential_versions SET withdrawn = ?3 WHERE credential = ?1 AND version = ?2",
                values![&credential.id, *version, i64::from(withdrawn)],
            )?;
        }
        let is_there = held.contains(&(was.present, !credential.is_on_device));
        let is_active = was.is_active && is_there && !credential.is_destroyed;
        if was.is_active && !is_active {
            set.gone.push(CredentialId::from_uuid(Uuid::from_bytes(credential.id)));
        }
        let version = if held.iter().any(|(version, _)| *version == was.present) {
            was.present
        } else {
            held.last().map_or(credential.version, |(version, _)| *version)
        };
        // A user has one active credential at a venue: those that end come first.
        sql.run(
            "UPDATE credentials SET version = ?2, status = 'revoked' WHERE id = ?1",
            values![&credential.id, version],
        )?;
        if is_active {
            activate.push(credential.id);
        }
        let differs = newer > 0 || version != credential.version || is_active != credential.is_active;
        set.changed += u64::from(differs);
    }
    for id in activate {
        sql.run("UPDATE credentials SET status = 'active' WHERE id = ?1", values![&id])?;
    }
    Ok(set)
}

/// A user's policy as it was, in its envelope, and the key that it is under.
pub(crate) struct PastPolicy {
    pub(crate) user: UserId,
    pub(crate) key: StoredKey,
    pub(crate) envelope: Option<Vec<u8>>,
}

/// The policies that were not then what they are now.
pub(crate) fn past_policies(sql: &mut dyn Sql, past: &Past) -> Result<Vec<PastPolicy>, VaultError> {
    let users = sql.all(r#"SELECT DISTINCT "user" FROM policy_history"#, values![], |row| row.get(0))?;
    let mut found = Vec::new();
    for user in users {
        let user: [u8; 16] = user;
        let now: Option<Vec<u8>> =
            sql.one(r#"SELECT envelope FROM policies WHERE "user" = ?1"#, values![&user], |row| row.get(0))?;
        let was = match past.policies.get(&user).copied().flatten() {
            None => None,
            Some(revision) => {
                let kept = r#"SELECT envelope FROM policy_history WHERE "user" = ?1 AND revision = ?2"#;
                match sql.one(kept, values![&user, revision], |row| row.maybe(0))? {
                    Some(envelope) => envelope,
                    // From before there was a history: what is known of it is what it became.
                    None => continue,
                }
            }
        };
        let id = UserId::from_uuid(Uuid::from_bytes(user));
        if was != now
            && let Some(key) = user_key(sql, id)?
        {
            found.push(PastPolicy { user: id, key, envelope: was });
        }
    }
    Ok(found)
}
