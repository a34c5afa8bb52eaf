//! `[proxy]`: the reverse proxies in front of the server.

use ipnet::IpNet;
use serde::Deserialize;
use std::net::IpAddr;

use super::ConfigError;

/// The reverse proxies in front, and how they say whom they speak for.
#[derive(Debug, Clone, Default)]
pub struct ProxyConfig {
    /// Networks whose word on the client's address is taken. Without any, no header is believed.
    pub trusted: Vec<IpNet>,
    /// The header in which they say it. The other one is never read: a proxy that writes one passes the other on as the client made it.
    pub header: ForwardedHeader,
}

/// A header in which each proxy notes the address that it was called from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// The common one.
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

/// As it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileProxy {
    trusted: Vec<String>,
    header: ForwardedHeader,
}

impl FileProxy {
    pub(super) fn into_config(self) -> Result<ProxyConfig, ConfigError> {
        let trusted = self.trusted.iter().map(|text| network(text)).collect::<Result<_, _>>()?;
        Ok(ProxyConfig { trusted, header: self.header })
    }
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, ConfigError> {
    let wrong = |what: String| ConfigError(format!("proxy.trusted: {text:?} {what}"));
    let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let net = net.map_err(|_| wrong("is not an address or a network like 10.0.0.0/8".into()))?;
    if net.prefix_len() == 0 {
        return Err(wrong(
            "trusts everybody: whoever calls could choose an address; name the proxies".into(),
        ));
    }
    if net != net.trunc() {
        return Err(wrong(format!(
            "has more bits than its length; write {} or the one address",
            net.trunc()
        )));
    }
    Ok(net)
}
