//! Query parameters: lists repeat their name, or join values by commas.

use super::error::Refusal;
use crate::clock::parse_rfc3339;

/// Most parameters that a request may have.
const MOST: usize = 2_000;

/// All parameters in order.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        let pairs = url::form_urlencoded::parse(text.unwrap_or_default().as_bytes());
        let all: Vec<_> =
            pairs.take(MOST + 1).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        if all.len() > MOST { Err(Refusal::argument("too many parameters")) } else { Ok(Self(all)) }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// All values of a list, under either of two names.
    pub(super) fn list(&self, names: [&str; 2]) -> Vec<&str> {
        let mine = self.0.iter().filter(|(name, _)| names.contains(&name.as_str()));
        mine.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty()).collect()
    }

    pub(super) fn int(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let number = |text: &str| text.parse().map_err(|_| Refusal::argument(format!("invalid {name}")));
        self.get(name).map(number).transpose()
    }

    /// A count of 1 to `most`; `usual` when it is left out. More than `most` gets `most`.
    pub(super) fn limit(&self, usual: usize, most: usize) -> Result<usize, Refusal> {
        match self.int("limit")? {
            None | Some(0) => Ok(usual),
            Some(limit) => match usize::try_from(limit) {
                Ok(limit) => Ok(limit.min(most)),
                Err(_) => Err(Refusal::argument("invalid limit")),
            },
        }
    }

    /// A time (RFC 3339) as unix nanoseconds.
    pub(super) fn time(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let time =
            |text: &str| parse_rfc3339(text).ok_or_else(|| Refusal::argument(format!("invalid {name}")));
        self.get(name).map(time).transpose()
    }
}
