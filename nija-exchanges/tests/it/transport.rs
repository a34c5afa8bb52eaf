//! What the transport makes of servers that misbehave.

use futures::{SinkExt, StreamExt};
use nija_core::{LimitScope, VenueError, VenueId};
use nija_exchanges::transport::{
    Address, HttpClient, HttpConfig, Protocol, PublicRequest, WsConfig, WsConnection,
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const REQUEST: PublicRequest =
    PublicRequest { path: std::borrow::Cow::Borrowed("/0/public/Time"), query: Vec::new() };

/// Answers every connection with these bytes and closes it; nothing is sent for `None`, and the connection stays.
async fn server(answer: Option<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0_u8; 4096];
            let _ = socket.read(&mut request).await;
            match &answer {
                Some(bytes) => {
                    let _ = socket.write_all(bytes).await;
                    let _ = socket.shutdown().await;
                }
                None => open.push(socket),
            }
        }
    });
    address
}

fn client(address: &str) -> HttpClient {
    let config = HttpConfig {
        connect_timeout: Duration::from_secs(2),
        timeout: Duration::from_millis(500),
        max_answer: 1000,
    };
    let base = Address::parse(address, Protocol::Http).unwrap();
    HttpClient::new(VenueId::new("kraken").unwrap(), base, &config).unwrap()
}

async fn outcome(status: &str, headers: &str, body: &[u8]) -> Result<String, VenueError> {
    let mut answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}\r\n").into_bytes();
    answer.extend_from_slice(body);
    let address = server(Some(answer)).await;
    client(&address).get(&REQUEST).await.map(|answer| answer.body)
}

fn lost(outcome: &Result<String, VenueError>) -> bool {
    matches!(outcome, Err(VenueError::AnswerLost { .. }))
}

#[tokio::test]
async fn json_comes_through_whatever_the_status_below_500() {
    assert_eq!(outcome("200 OK", "", b"{\"error\":[]}").await.unwrap(), "{\"error\":[]}");
    assert_eq!(outcome("400 Bad Request", "", b" {\"error\":[1]}").await.unwrap(), " {\"error\":[1]}");
}

#[tokio::test]
async fn a_refusal_comes_through_in_any_words_and_no_content_without_any() {
    assert_eq!(outcome("401 Unauthorized", "", b"Unauthorized\n").await.unwrap(), "Unauthorized\n");
    assert_eq!(outcome("403 Forbidden", "", b"<html></html>").await.unwrap(), "<html></html>");
    assert_eq!(outcome("404 Not Found", "", b"").await.unwrap(), "");
    assert_eq!(outcome("204 No Content", "", b"").await.unwrap(), "");
    assert!(lost(&outcome("408 Request Timeout", "", b"took too long").await));
    let words = b"{\"error\":\"REQUEST_TIMEOUT\"}";
    assert!(lost(&outcome("408 Request Timeout", "", words).await), "in whatever words");
}

#[tokio::test]
async fn everything_that_may_hide_an_effect_is_a_lost_answer() {
    assert!(lost(&outcome("502 Bad Gateway", "", b"<html></html>").await));
    assert!(lost(&outcome("503 Service Unavailable", "", b"{\"error\":[]}").await));
    assert!(lost(&outcome("200 OK", "", b"<html></html>").await));
    assert!(lost(&outcome("200 OK", "", b"").await));
    assert!(lost(&outcome("200 OK", "content-length: 500\r\n", b"{\"error\":[").await), "cut off");
    assert!(lost(&outcome("200 OK", "", &[b'{', 0xff, 0xfe]).await), "not text");
    assert!(
        lost(&outcome("302 Found", "location: http://127.0.0.1:1/\r\n", b"").await),
        "redirects are not followed"
    );
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(2000));
    assert!(lost(&outcome("200 OK", "", long.as_bytes()).await), "longer than the limit");
}

#[tokio::test]
async fn a_server_that_closes_or_says_nothing_is_a_lost_answer() {
    let closing = server(Some(Vec::new())).await;
    assert!(lost(&client(&closing).get(&REQUEST).await.map(|answer| answer.body)));
    let silent = server(None).await;
    assert!(lost(&client(&silent).get(&REQUEST).await.map(|answer| answer.body)));
}

#[tokio::test]
async fn limits_are_told_with_their_wait() {
    for (status, headers, wait) in [
        ("429 Too Many Requests", "retry-after: 7\r\n", Some(7)),
        ("418 I'm a teapot", "", None),
        ("429 Too Many Requests", "retry-after: soon\r\n", None),
    ] {
        let limited = outcome(status, headers, b"").await.unwrap_err();
        let (venue, retry_after) = (VenueId::new("kraken").unwrap(), wait.map(Duration::from_secs));
        let banned = status.starts_with("418");
        let scope = if banned { LimitScope::Ip } else { LimitScope::Account };
        assert_eq!(limited, VenueError::RateLimited { venue, scope, banned, retry_after });
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = client(&format!("http://{address}")).get(&REQUEST).await.unwrap_err();
    assert!(matches!(refused, VenueError::NotSent { .. }), "{refused}");
    // A server that speaks no TLS.
    let plain = server(Some(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await.replace("http", "https");
    let handshake = client(&plain).get(&REQUEST).await.unwrap_err();
    assert!(matches!(handshake, VenueError::NotSent { .. }), "{handshake}");
    let nowhere = client("http://no-such-host.invalid").get(&REQUEST).await.unwrap_err();
    assert!(matches!(nowhere, VenueError::NotSent { .. }), "{nowhere}");
    assert!(
        !nowhere.to_string().contains("/0/public"),
        "addresses with queries stay out of messages: {nowhere}"
    );
}

#[tokio::test]
async fn a_websocket_server_that_falls_silent_is_noticed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ws://{}", listener.local_addr().unwrap());
    let config = WsConfig {
        connect_timeout: Duration::from_secs(5),
        silence: Duration::from_millis(50),
        ask: None,
        max_message: 1000,
    };
    // It takes the connection and the upgrade, and then reads nothing, so that no pong comes.
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let _held = tokio_tungstenite::accept_async(socket).await.unwrap();
        std::future::pending::<()>().await;
    });
    let address = Address::parse(&address, Protocol::WebSocket).unwrap();
    let mut connection = WsConnection::open(&address, &config).await.unwrap();
    let error = connection.next().await.unwrap_err();
    assert!(error.0.contains("silent"), "{error}");
}

#[tokio::test]
async fn a_sign_of_life_is_asked_for_in_the_venues_own_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ws://{}", listener.local_addr().unwrap());
    let config = WsConfig { silence: Duration::from_millis(50), ask: Some("ping"), ..WsConfig::default() };
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(socket).await.unwrap();
        let asked = socket.next().await.unwrap().unwrap();
        socket.send(tokio_tungstenite::tungstenite::Message::text(format!("heard {asked}"))).await.unwrap();
        std::future::pending::<()>().await;
    });
    let address = Address::parse(&address, Protocol::WebSocket).unwrap();
    let mut connection = WsConnection::open(&address, &config).await.unwrap();
    assert_eq!(connection.next().await.unwrap().as_str(), "heard ping");
}

#[tokio::test]
async fn a_venue_whose_limits_have_words_is_read_and_marked_requests_are_marked() {
    let body = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 3\r\ncontent-length: 10\r\n\r\n{\"code\":1}"
        .to_vec();
    let busy = client(&server(Some(body)).await).reading_limits().get(&REQUEST).await.unwrap();
    assert_eq!((busy.status.as_u16(), busy.body.as_str()), (429, "{\"code\":1}"));
    assert_eq!((busy.is_limited(), busy.retry_after), (true, Some(Duration::from_secs(3))));
    // What the words were is lost; that nothing was done is not.
    let cut = b"HTTP/1.1 418 I'm a teapot\r\nretry-after: 9\r\ncontent-length: 99\r\n\r\n{".to_vec();
    let banned = client(&server(Some(cut)).await).reading_limits().get(&REQUEST).await.unwrap();
    assert_eq!((banned.is_ban(), banned.retry_after), (true, Some(Duration::from_secs(9))));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let received = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let length = socket.read(&mut head).await.unwrap();
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
        String::from_utf8(head[..length].to_vec()).unwrap()
    });
    let marked = client(&address).with_header("x-simulated-trading", "1");
    marked.get(&REQUEST).await.unwrap();
    assert!(received.await.unwrap().contains("x-simulated-trading: 1\r\n"));
}

#[tokio::test]
async fn a_websocket_over_tls_fails_in_words_where_there_is_no_tls() {
    let plain = server(Some(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await.replace("http", "wss");
    let address = Address::parse(&plain, Protocol::WebSocket).unwrap();
    assert!(WsConnection::open(&address, &WsConfig::default()).await.is_err());
}
