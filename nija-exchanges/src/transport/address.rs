//! Base addresses of a venue, checked before anything is sent there.

use std::{fmt, net::IpAddr};
use url::{Host, Url};

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `http` or `https`.
    Http,
    /// `ws` or `wss`.
    WebSocket,
}

/// Why text is not an address that a venue can be reached at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address:?} is not a usable address: {reason}")]
pub struct AddressError {
    address: String,
    reason: String,
}

/// A checked base address. Paths are appended to it; credentials, queries and fragments have no place in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: Url,
    base: String,
}

impl Address {
    /// Checks text such as `https://api.kraken.com` or `ws://127.0.0.1:8080/v2`.
    ///
    /// # Errors
    /// [`AddressError`] when it does not parse, has another scheme, no host, or parts that a base address must not have.
    pub fn parse(text: &str, protocol: Protocol) -> Result<Self, AddressError> {
        let refuse = |reason: String| AddressError {
            // Whatever a user typed in front of an '@' may be a password: it is not repeated.
            address: text.rsplit('@').next().unwrap_or_default().to_owned(),
            reason,
        };
        let url = Url::parse(text).map_err(|error| refuse(error.to_string()))?;
        let (plain, secure) = match protocol {
            Protocol::Http => ("http", "https"),
            Protocol::WebSocket => ("ws", "wss"),
        };
        if url.scheme() != plain && url.scheme() != secure {
            return Err(refuse(format!("the scheme must be {plain} or {secure}")));
        }
        if url.host().is_none() {
            return Err(refuse("there is no host".into()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("user names and passwords do not belong here".into()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("a query or fragment does not belong here".into()));
        }
        let address = Self { base: url.as_str().trim_end_matches('/').to_owned(), url };
        if !address.is_encrypted() && !address.is_loopback() {
            tracing::warn!(%address, "this venue is reached without encryption");
        }
        Ok(address)
    }

    /// The address of a path below this one; `path` starts with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The address without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.base
    }

    /// The host as a `Host` header names it: with its port where that is not the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether there is a path beyond `/`.
    #[must_use]
    pub fn has_path(&self) -> bool {
        !matches!(self.url.path(), "" | "/")
    }

    /// Whether TLS protects it.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        matches!(self.url.scheme(), "https" | "wss")
    }

    /// Whether it stays on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            None => false,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_names_a_port_that_is_not_the_usual_one() {
        for (base, authority) in [
            ("https://api.coinbase.com/", "api.coinbase.com"),
            ("http://127.0.0.1:9/x", "127.0.0.1:9"),
            ("https://h:443", "h"),
        ] {
            assert_eq!(Address::parse(base, Protocol::Http).unwrap().authority(), authority);
        }
    }

    #[test]
    fn paths_are_appended_whether_or_not_a_slash_ends_the_base() {
        for base in ["http://127.0.0.1:9", "http://127.0.0.1:9/"] {
            let address = Address::parse(base, Protocol::Http).unwrap();
            assert_eq!(address.join("/0/public/Time"), "http://127.0.0.1:9/0/public/Time");
            assert!(address.is_loopback() && !address.is_encrypted() && !address.has_path());
        }
    }

    #[test]
    fn anything_but_a_plain_base_is_refused_and_passwords_are_not_repeated() {
        for bad in
            ["", "api.kraken.com", "ftp://x", "ws://x", "file:///etc/passwd", "https://x?a=1", "https://x#f"]
        {
            assert!(Address::parse(bad, Protocol::Http).is_err(), "{bad}");
        }
        let error = Address::parse("https://me:hunter2@x", Protocol::Http).unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
        assert!(Address::parse("https://x", Protocol::WebSocket).is_err());
    }
}
