//! API keys: what the venue knows of each.

use crate::account::Account;
use crate::engine::AccountId;
use crate::kraken::KeyLimits;
use std::collections::{BTreeMap, HashMap};

/// Stream tokens kept at most; the oldest goes first.
const TOKENS: usize = 100_000;

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) key: String,
    pub(crate) secret: String,
    pub(crate) passphrase: Option<String>,
    pub(crate) account: AccountId,
    pub(crate) permissions: Vec<String>,
    pub(crate) last_nonce: u64,
    pub(crate) created_ns: i64,
    pub(crate) last_used_ns: i64,
    pub(crate) limits: KeyLimits,
}

impl Key {
    pub(crate) fn may(&self, permission: &str) -> bool {
        self.permissions.iter().any(|name| name == permission)
    }
}

/// All keys, and the stream tokens handed out to them.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    keys: HashMap<String, Key>,
    tokens: HashMap<String, (String, i64)>,
    token_ages: BTreeMap<(i64, String), ()>,
}

impl Keys {
    pub(crate) fn insert(&mut self, account: AccountId, from: &Account, now_ns: i64) {
        let key = Key {
            key: from.key.clone(),
            secret: from.secret.clone(),
            passphrase: from.passphrase.clone(),
            account,
            permissions: from.permissions.clone(),
            last_nonce: 0,
            created_ns: now_ns,
            last_used_ns: now_ns,
            limits: KeyLimits::default(),
        };
        self.keys.insert(from.key.clone(), key);
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Key> {
        self.keys.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Key> {
        self.keys.get_mut(key)
    }

    /// All keys' names.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.keys.keys().cloned().collect();
        names.sort();
        names
    }

    /// Changes one key, or all of them.
    pub(crate) fn each(&mut self, only: Option<&str>, mut change: impl FnMut(&mut Key)) {
        for key in self.keys.values_mut().filter(|key| only.is_none_or(|only| only == key.key)) {
            change(key);
        }
    }

    pub(crate) fn add_token(&mut self, token: String, key: &str, expires_ns: i64) {
        if self.tokens.len() >= TOKENS
            && let Some(((_, oldest), ())) = self.token_ages.pop_first()
        {
            self.tokens.remove(&oldest);
        }
        self.token_ages.insert((expires_ns, token.clone()), ());
        self.tokens.insert(token, (key.to_owned(), expires_ns));
    }

    /// The account and rights behind a stream token that is still good.
    pub(crate) fn by_token(&self, token: &str, now_ns: i64) -> Option<&Key> {
        let (key, expires_ns) = self.tokens.get(token)?;
        if *expires_ns < now_ns { None } else { self.keys.get(key) }
    }
}
