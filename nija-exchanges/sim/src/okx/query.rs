//! A request's query.

use super::error::{OkxError, Result};
use super::instruments::{self, Instrument};

/// Most parameters that a request may have.
const MOST: usize = 100;

/// Parameters in the order they came; of several of a name the first counts, and an empty one is as if it were not there.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: Option<&str>) -> Self {
        let pairs = url::form_urlencoded::parse(text.unwrap_or_default().as_bytes());
        Self(pairs.take(MOST).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(super) fn need(&self, name: &str) -> Result<&str> {
        self.get(name).ok_or_else(|| OkxError::empty(name))
    }

    /// A number without a sign.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>> {
        let read = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| digits).ok_or_else(|| OkxError::parameter(name))
        };
        self.get(name).map(read).transpose()
    }

    /// Milliseconds as nanoseconds.
    pub(super) fn time(&self, name: &str) -> Result<Option<i64>> {
        let ns = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        Ok(self.number(name)?.map(ns))
    }

    /// How many rows: `usual` unless said otherwise, and no more than `most`.
    pub(super) fn rows(&self, name: &str, usual: usize, most: usize) -> Result<usize> {
        match self.number(name)? {
            None => Ok(usual),
            Some(0) => Err(OkxError::parameter(name)),
            Some(rows) => Ok(usize::try_from(rows).unwrap_or(most).min(most)),
        }
    }

    /// The instrument that must be named.
    pub(super) fn instrument(&self) -> Result<(usize, &'static Instrument)> {
        instruments::find(self.need("instId")?).ok_or_else(OkxError::instrument)
    }

    /// The instrument that may be named.
    pub(super) fn maybe_instrument(&self) -> Result<Option<usize>> {
        match self.get("instId") {
            None => Ok(None),
            Some(id) => {
                instruments::find(id).map(|(market, _)| Some(market)).ok_or_else(OkxError::instrument)
            }
        }
    }

    /// Whether spot is asked for; other types are known and have nothing here.
    pub(super) fn is_spot(&self) -> Result<bool> {
        match self.get("instType") {
            None | Some("SPOT" | "ANY") => Ok(true),
            Some("MARGIN" | "SWAP" | "FUTURES" | "OPTION" | "EVENTS") => Ok(false),
            Some(_) => Err(OkxError::parameter("instType")),
        }
    }

    /// Whether a value is in the list that a parameter is, or the parameter is not there.
    pub(super) fn allows(&self, name: &str, value: &str) -> bool {
        self.get(name).is_none_or(|list| list.split(',').any(|one| one.trim() == value))
    }
}
