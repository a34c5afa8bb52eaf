//! HTTP/1.1 over one connection, as little of it as a load needs: what the load itself costs is taken from the same two cores.

use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Write as _;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Outcome, failed};

/// Where a server is: `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address(String);

impl Address {
    /// Reads `http://host:port`.
    pub(super) fn of(url: &str) -> Outcome<Self> {
        let host = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        match host {
            Some(host) if host.contains(':') && !host.contains('/') => Ok(Self(host.to_owned())),
            _ => Err(failed(format!("{url:?} is not an address like http://127.0.0.1:8080"))),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// An answer; its body is in the connection's buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The body of a success; what the server said otherwise.
    pub(super) fn json<T: DeserializeOwned>(&self, what: &str) -> Outcome<T> {
        if self.is_success() {
            serde_json::from_slice(&self.body).map_err(|error| failed(format!("{what}: {error}")))
        } else {
            Err(failed(format!("{what}: HTTP {} {}", self.status, String::from_utf8_lossy(&self.body))))
        }
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    host: String,
}

impl Connection {
    pub(super) async fn open(address: &Address) -> Outcome<Self> {
        let stream = TcpStream::connect(address.as_str())
            .await
            .map_err(|error| failed(format!("cannot connect to {}: {error}", address.as_str())))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096), host: address.as_str().to_owned() })
    }

    /// Posts JSON.
    pub(super) async fn post(
        &mut self,
        path: &str,
        token: Option<&str>,
        body: &impl Serialize,
    ) -> Outcome<Answer> {
        let body = serde_json::to_string(body)?;
        let mut head = self.head("POST", path, token);
        let _infallible =
            write!(head, "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        self.send(head.as_bytes()).await
    }

    pub(super) async fn get(&mut self, path: &str, token: Option<&str>) -> Outcome<Answer> {
        let mut head = self.head("GET", path, token);
        head.push_str("\r\n");
        self.send(head.as_bytes()).await
    }

    /// Sends a whole request and reads its answer.
    pub(super) async fn send(&mut self, request: &[u8]) -> Outcome<Answer> {
        self.stream.write_all(request).await?;
        let head = self.read_head().await?;
        while self.buffer.len() < head.length + head.body {
            self.more().await?;
        }
        let body = self.buffer[head.length..head.length + head.body].to_vec();
        self.buffer.drain(..head.length + head.body);
        Ok(Answer { status: head.status, body })
    }

    /// Turns the connection into a WebSocket; what came behind the answer's head is handed over, too.
    pub(super) async fn upgrade(mut self, path: &str) -> Outcome<(TcpStream, Vec<u8>)> {
        let mut head = self.head("GET", path, None);
        // The key only shows that the server knows the protocol; sixteen bytes of anything will do.
        head.push_str(
            "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        );
        self.stream.write_all(head.as_bytes()).await?;
        let head = self.read_head().await?;
        if head.status != 101 {
            return Err(failed(format!("no WebSocket at {path}: HTTP {}", head.status)));
        }
        self.buffer.drain(..head.length);
        Ok((self.stream, self.buffer))
    }

    fn head(&self, method: &str, path: &str, token: Option<&str>) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.host);
        if let Some(token) = token {
            let _infallible = write!(head, "authorization: Bearer {token}\r\n");
        }
        head
    }

    async fn read_head(&mut self) -> Outcome<Head> {
        loop {
            if let Some(head) = Head::parse(&self.buffer)? {
                return Ok(head);
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Outcome<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(failed("the server closed the connection")),
            _ => Ok(()),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Bytes of the head itself.
    length: usize,
    /// Bytes of the body.
    body: usize,
}

impl Head {
    /// Reads a head once it is whole. Bodies of unknown length do not occur here.
    fn parse(bytes: &[u8]) -> Outcome<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(&bytes[..end])?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let status = status.ok_or_else(|| failed("an answer that is not HTTP"))?;
        let mut body = 0;
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                body = value.trim().parse()?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                return Err(failed("an answer in chunks, which this client does not read"));
            }
        }
        Ok(Some(Self { status, length: end + 4, body }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let text = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nx: y\r\n\r\nhello";
        assert_eq!(Head::parse(&text[..30]).unwrap(), None);
        let head = Head::parse(text).unwrap().unwrap();
        assert_eq!((head.status, &text[head.length..head.length + head.body]), (201, &b"hello"[..]));
        assert!(Head::parse(b"SSH-2.0\r\n\r\n").is_err());
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn an_address_is_a_plain_one() {
        assert_eq!(Address::of("http://127.0.0.1:80/").unwrap().as_str(), "127.0.0.1:80");
        for bad in ["https://h:1", "h:1", "http://h", "http://h:1/x"] {
            assert!(Address::of(bad).is_err(), "{bad}");
        }
    }
}
