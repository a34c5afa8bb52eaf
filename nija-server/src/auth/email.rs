//! Addresses of accounts.

use std::fmt;

/// An address, in lower case: two that differ in case alone are one account.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    /// Checks the form; whether mail arrives there only mail can tell.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.rsplit_once('@')?;
        let printable = |part: &str| part.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '@');
        let domain_fits = !domain.starts_with('.')
            && !domain.ends_with('.')
            && domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.');
        let fits = text.len() <= 254 && (1..=64).contains(&local.len()) && !domain.is_empty();
        (fits && printable(local) && domain_fits).then(|| Self(text.to_lowercase()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub(crate) fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email { .. }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_without_regard_to_case() {
        assert_eq!(Email::parse("Ada@Example.ORG"), Email::parse("ada@example.org"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "x".repeat(65));
        for bad in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "a da@example.org",
            "ada@exa mple.org",
            "ada@.org",
            "a@b@c",
            "a\n@b",
            &long,
        ] {
            assert_eq!(Email::parse(bad), None, "{bad:?}");
        }
    }
}
