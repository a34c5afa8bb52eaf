//! Whose request it is where reverse proxies stand between.
//!
//! Each proxy notes at the right of a header the address that it was called from. So the header is read from the right, and each note is
//! taken only while whoever wrote it is trusted: the first address that is no trusted proxy's is the client's. What stands further left
//! is the client's own word, and it may be anything.

mod forwarded;

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use std::net::{IpAddr, SocketAddr};

use crate::{
    config::{ForwardedHeader, ProxyConfig},
    problem::Problem,
    state::AppState,
};

/// The proxies that are believed.
pub(crate) struct Proxies {
    config: ProxyConfig,
}

/// The address of whoever makes a request, for limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl Proxies {
    pub(crate) const fn new(config: ProxyConfig) -> Self {
        Self { config }
    }

    /// Whether this is the address of a trusted proxy.
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.config.trusted.iter().any(|net| net.contains(&address))
    }

    /// The client of a request that came in from `peer`.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trust(client) {
            return client;
        }
        let mut notes = self.notes(headers);
        while self.trust(client) {
            // A note that names no address is as far as anyone can tell: all behind it count together.
            let Some(Some(before)) = notes.pop() else { break };
            client = before;
        }
        client
    }

    /// What proxies noted, the last one last; `None` for a note that names no address.
    fn notes(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let name = match self.config.header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        let lines = headers.get_all(name).into_iter().map(|line| line.to_str().ok());
        let notes = lines.map(|line| match (self.config.header, line) {
            (_, None) => vec![None],
            (ForwardedHeader::XForwardedFor, Some(line)) => line.split(',').map(address).collect(),
            (ForwardedHeader::Forwarded, Some(line)) => forwarded::read(line).unwrap_or_else(|| vec![None]),
        });
        notes.flatten().collect()
    }
}

/// An address as proxies write it: bare or in brackets, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))?;
    Some(address.to_canonical())
}

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let ConnectInfo(peer) = ConnectInfo::<SocketAddr>::from_request_parts(parts, app)
            .await
            .map_err(|_| Problem::internal("a connection's address is not known"))?;
        Ok(Self(app.proxies.client(peer.ip(), &parts.headers)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn proxies(header: ForwardedHeader) -> Proxies {
        let trusted = ["10.0.0.0/8", "2001:db8:1::/48"].map(|net| net.parse().unwrap());
        Proxies::new(ProxyConfig { trusted: trusted.into(), header })
    }

    fn client(header: ForwardedHeader, peer: &str, lines: &[(&'static str, &str)]) -> String {
        let lines = lines
            .iter()
            .map(|(name, line)| (HeaderName::from_static(name), HeaderValue::from_str(line).unwrap()));
        proxies(header).client(peer.parse().unwrap(), &lines.collect()).to_string()
    }

    #[test]
    fn the_client_is_the_first_from_the_right_that_is_no_proxy() {
        for (peer, line, client_is) in [
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("2001:db8:1::5", "2001:db8:2::7", "2001:db8:2::7"),
            ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
            ("10.0.0.1", "[2001:db8:2::7]:4711", "2001:db8:2::7"),
            ("10.0.0.1", "[2001:db8:2::7]", "2001:db8:2::7"),
            ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
            ("10.0.0.1", "198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"),
            ("10.0.0.1", "198.51.100.1,", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
        ] {
            let is = client(ForwardedHeader::XForwardedFor, peer, &[("x-forwarded-for", line)]);
            assert_eq!(is, client_is, "{line:?} from {peer}");
        }
        let both = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(client(ForwardedHeader::XForwardedFor, "10.0.0.1", &both), "198.51.100.1", "two lines");
    }

    #[test]
    fn only_the_header_that_the_proxies_write_is_read() {
        let both = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=6.6.6.6")];
        assert_eq!(client(ForwardedHeader::XForwardedFor, "10.0.0.1", &both), "198.51.100.1");
        assert_eq!(client(ForwardedHeader::Forwarded, "10.0.0.1", &both), "6.6.6.6");
        assert_eq!(client(ForwardedHeader::XForwardedFor, "10.0.0.1", &both[1..]), "10.0.0.1");
        assert_eq!(
            client(ForwardedHeader::XForwardedFor, "10.0.0.1", &[("x-real-ip", "6.6.6.6")]),
            "10.0.0.1"
        );
    }

    #[test]
    fn a_line_of_the_clients_own_that_cannot_be_read_does_not_hide_the_proxys() {
        let lines = [("forwarded", "for=\"6.6.6.6"), ("forwarded", "for=198.51.100.1")];
        assert_eq!(client(ForwardedHeader::Forwarded, "10.0.0.1", &lines), "198.51.100.1");
        let joined = [("forwarded", "for=\"6.6.6.6, for=198.51.100.1")];
        assert_eq!(client(ForwardedHeader::Forwarded, "10.0.0.1", &joined), "10.0.0.1", "nobody chooses");
    }
}
