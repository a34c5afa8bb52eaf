//! Reverse proxies in front: whom they speak for, and who only pretends.
//!
//! Callers are told apart by the loopback address that they call from: 127.0.0.1 is a proxy that is trusted, 127.0.0.2 is somebody else.

use nija_server::{ServerConfig, config::ForwardedHeader};
use reqwest::{Method, StatusCode};
use std::net::{IpAddr, Ipv4Addr};

use crate::{api::answer, support::Host};

const PROXY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Two requests a minute and address; the proxy and a network of inner proxies are trusted.
fn behind_proxies(config: &mut ServerConfig) {
    config.limits.auth_per_minute = 2;
    config.proxy.trusted = ["127.0.0.1/32", "10.0.0.0/8"].map(|net| net.parse().unwrap()).into();
}

/// A caller from an address of this machine.
struct Caller(reqwest::Client, String);

impl Caller {
    fn new(host: &Host, from: Ipv4Addr) -> Self {
        let http = reqwest::Client::builder().local_address(IpAddr::from(from)).build().unwrap();
        Self(http, host.url())
    }

    /// Calls with a bad token, which counts against the address that the server takes the call to be from.
    async fn call(&self, name: &str, line: &str) -> StatusCode {
        let request = self.0.get(format!("{}/v1/me", self.1)).bearer_auth("bad").header(name, line);
        answer(request).await.status
    }

    /// Calls as often as one address may, and once more.
    async fn exhaust(&self, name: &str, line: &str) {
        assert_eq!(self.call(name, line).await, 401);
        assert_eq!(self.call(name, line).await, 401);
        assert_eq!(self.call(name, line).await, 429);
    }
}

#[tokio::test]
async fn each_client_behind_a_trusted_proxy_has_a_limit_of_its_own() {
    let host = Host::with(behind_proxies).await;
    let proxy = Caller::new(&host, PROXY);
    proxy.exhaust("x-forwarded-for", "198.51.100.1").await;
    assert_eq!(proxy.call("x-forwarded-for", "198.51.100.2").await, 401, "another client");
    let twice = "6.6.6.6, 198.51.100.3, 10.0.0.7";
    proxy.exhaust("x-forwarded-for", twice).await;
    assert_eq!(
        proxy.call("x-forwarded-for", "198.51.100.3").await,
        429,
        "the same client past one proxy less"
    );
    assert_eq!(proxy.call("x-forwarded-for", "6.6.6.6").await, 401, "whom the client named is not meant");
}

#[tokio::test]
async fn what_a_client_writes_itself_never_counts() {
    let host = Host::with(behind_proxies).await;
    let (proxy, stranger) = (Caller::new(&host, PROXY), Caller::new(&host, STRANGER));
    // A new address for each call, written in front of the proxy's note.
    for (spoofed, status) in
        [("6.6.6.1", 401), ("10.0.0.9", 401), ("127.0.0.1", 429), ("6.6.6.2, 6.6.6.3", 429)]
    {
        let line = format!("{spoofed}, 198.51.100.1");
        assert_eq!(proxy.call("x-forwarded-for", &line).await, status, "{line}");
    }
    // The header that this proxy does not write.
    for status in [401, 401, 429] {
        assert_eq!(proxy.call("forwarded", &format!("for=6.6.6.{status}")).await, status);
    }
    // And whoever is no trusted proxy at all, whatever is said.
    for (line, status) in [("198.51.100.8", 401), ("198.51.100.9", 401), ("127.0.0.1", 429), ("", 429)] {
        assert_eq!(stranger.call("x-forwarded-for", line).await, status, "{line}");
    }
}

#[tokio::test]
async fn without_trusted_proxies_no_header_is_believed() {
    let host = Host::with(|config| config.limits.auth_per_minute = 2).await;
    let caller = Caller::new(&host, PROXY);
    for (line, status) in [("198.51.100.1", 401), ("198.51.100.2", 401), ("198.51.100.3", 429)] {
        assert_eq!(caller.call("x-forwarded-for", line).await, status, "{line}");
    }
}

#[tokio::test]
async fn proxies_that_write_forwarded_are_understood() {
    let host = Host::with(|config| {
        behind_proxies(config);
        config.proxy.header = ForwardedHeader::Forwarded;
    })
    .await;
    let proxy = Caller::new(&host, PROXY);
    proxy.exhaust("forwarded", "for=6.6.6.6, for=\"[2001:db8::1]:4711\";host=\"a;for=6.6.6.7\"").await;
    assert_eq!(proxy.call("forwarded", "for=\"[2001:db8::2]\"").await, 429, "the same /64");
    assert_eq!(proxy.call("forwarded", "for=\"[2001:db8:0:1::1]\"").await, 401);
    assert_eq!(proxy.call("x-forwarded-for", "198.51.100.1").await, 401, "as the proxy itself");
}

#[tokio::test]
async fn a_trusted_proxy_is_never_let_in_to_metrics() {
    let host = Host::with(behind_proxies).await;
    let (proxy, stranger) = (Caller::new(&host, PROXY), Caller::new(&host, STRANGER));
    let metrics = |caller: &Caller| answer(caller.0.request(Method::GET, format!("{}/metrics", caller.1)));
    metrics(&proxy).await.problem(403, "forbidden");
    metrics(&stranger).await.ok();
}
