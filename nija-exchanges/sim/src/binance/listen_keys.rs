//! Listen keys: names of streams that open an account's events to whoever knows them, for an hour at a time.

use super::error::BinanceError;
use crate::account::random;
use parking_lot::Mutex;
use std::collections::HashMap;

const LIFE: i64 = 3_600_000_000_000;

/// One listen key for each API key.
#[derive(Debug, Default)]
pub(crate) struct ListenKeys(Mutex<HashMap<String, (String, i64)>>);

impl ListenKeys {
    /// The API key's listen key, a new one or the one it has, good for another hour.
    pub(crate) fn start(&self, api_key: &str, now_ns: i64) -> String {
        let mut keys = self.0.lock();
        keys.retain(|_, (_, until)| *until > now_ns);
        let entry = keys.entry(api_key.to_owned()).or_insert_with(|| (letters(60), 0));
        entry.1 = now_ns.saturating_add(LIFE);
        entry.0.clone()
    }

    /// Renews or ends a listen key.
    pub(crate) fn change(
        &self,
        api_key: &str,
        listen_key: &str,
        end: bool,
        now_ns: i64,
    ) -> Result<(), BinanceError> {
        let mut keys = self.0.lock();
        match keys.get_mut(api_key) {
            Some((known, until)) if known == listen_key && *until > now_ns => {
                *until = now_ns.saturating_add(LIFE);
            }
            _ => return Err(BinanceError::new(-1125, "This listenKey does not exist.")),
        }
        if end {
            keys.remove(api_key);
        }
        Ok(())
    }

    /// The API key behind a listen key that is still good.
    pub(crate) fn owner(&self, listen_key: &str, now_ns: i64) -> Option<String> {
        let keys = self.0.lock();
        let found = keys.iter().find(|(_, (known, until))| known == listen_key && *until > now_ns);
        found.map(|(api_key, _)| api_key.clone())
    }
}

/// Random letters and digits.
pub(crate) fn letters(count: usize) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut out = String::with_capacity(count);
    while out.len() < count {
        for byte in random::<32>() {
            if byte < 248 && out.len() < count {
                out.push(char::from(ALPHABET[usize::from(byte % 62)]));
            }
        }
    }
    out
}
