//! The stream across connections that break.

use std::time::Duration;

use nija_client::wire::{StreamBody, StreamEvent};
use nija_client::{Client, ClientError, ConnectionState, EventStream, StreamOptions};
use serde_json::json;

use crate::server::{PASSWORD, Server, say};

async fn open(server: &Server) -> (Client, EventStream) {
    let client = Client::new(&server.url).expect("address");
    client.sign_in("me@example.com", PASSWORD).await.expect("signs in");
    let mut options = StreamOptions::default();
    options.first_backoff = Duration::from_millis(1);
    options.max_backoff = Duration::from_millis(5);
    let stream = client.stream_with(options);
    (client, stream)
}

fn hello(stream: &str, last_seq: u64) -> serde_json::Value {
    json!({"seq": 0, "at": "t", "type": "hello", "data": {"stream": stream, "last_seq": last_seq}})
}

fn status(seq: u64) -> serde_json::Value {
    json!({"seq": seq, "at": "t", "type": "bot.status", "data": {"state": "running", "since": "t"}})
}

async fn next(stream: &mut EventStream) -> StreamEvent {
    let event = tokio::time::timeout(Duration::from_secs(20), stream.next_event()).await.expect("in time");
    event.expect("not over").expect("no error")
}

#[tokio::test]
async fn a_broken_connection_is_resumed_where_it_broke() {
    let server = Server::start().await;
    let mut sockets = server.sockets().await;
    let (_client, mut stream) = open(&server).await;

    let (query, mut socket) = sockets.recv().await.expect("connects");
    assert_eq!(query, [("ticket".to_owned(), "t".to_owned())]);
    say(&mut socket, hello("run-1", 4)).await;
    say(&mut socket, status(5)).await;
    assert!(matches!(next(&mut stream).await.body, StreamBody::Hello { .. }));
    assert_eq!(next(&mut stream).await.seq, 5);
    drop(socket);

    let (query, mut socket) = sockets.recv().await.expect("connects again");
    assert_eq!(query[1], ("stream".to_owned(), "run-1".to_owned()));
    assert_eq!(query[2], ("resume_from".to_owned(), "5".to_owned()));
    say(&mut socket, hello("run-1", 6)).await;
    say(&mut socket, status(5)).await;
    say(&mut socket, status(6)).await;
    assert!(matches!(next(&mut stream).await.body, StreamBody::Hello { .. }));
    assert_eq!(next(&mut stream).await.seq, 6, "what was seen is not repeated");
}

#[tokio::test]
async fn another_run_of_the_server_and_a_gap_say_reload() {
    let server = Server::start().await;
    let mut sockets = server.sockets().await;
    let (_client, mut stream) = open(&server).await;
    let (_, mut socket) = sockets.recv().await.expect("connects");
    say(&mut socket, hello("run-1", 4)).await;
    say(&mut socket, json!({"seq": 0, "at": "t", "type": "closing", "data": {"reason": "restart"}})).await;
    assert!(matches!(next(&mut stream).await.body, StreamBody::Hello { .. }));
    assert!(matches!(next(&mut stream).await.body, StreamBody::Closing { .. }));

    let (_, mut socket) = sockets.recv().await.expect("connects again");
    say(&mut socket, hello("run-2", 0)).await;
    assert!(matches!(next(&mut stream).await.body, StreamBody::Hello { .. }));
    assert!(matches!(next(&mut stream).await.body, StreamBody::Reload { .. }));
    say(&mut socket, json!({"seq": 1, "at": "t", "type": "moon.landed", "data": 1})).await;
    say(&mut socket, status(2)).await;
    assert_eq!(next(&mut stream).await.seq, 2, "a kind from the future counts and is left out");
    say(&mut socket, status(9)).await;
    assert_eq!(next(&mut stream).await.seq, 9);
    assert!(matches!(next(&mut stream).await.body, StreamBody::Reload { .. }));
}

#[tokio::test]
async fn the_state_follows_the_connection_and_ends_with_the_session() {
    let server = Server::start().await;
    let mut sockets = server.sockets().await;
    let (client, mut stream) = open(&server).await;
    let mut state = stream.connection();
    assert_eq!(*state.borrow(), ConnectionState::Connecting);
    let (_, mut socket) = sockets.recv().await.expect("connects");
    say(&mut socket, hello("run-1", 4)).await;
    state.wait_for(|state| *state == ConnectionState::Live).await.expect("live");
    next(&mut stream).await;
    client.sign_out().await.expect("signs out");
    drop(socket);
    let last = stream.next_event().await.expect("says why");
    assert!(matches!(last, Err(ClientError::SignedOut)), "{last:?}");
    assert!(stream.next_event().await.is_none());
    assert_eq!(*state.borrow(), ConnectionState::Ended);
}

#[tokio::test]
async fn a_silent_connection_is_given_up() {
    let server = Server::start().await;
    let mut sockets = server.sockets().await;
    let client = Client::new(&server.url).expect("address");
    client.sign_in("me@example.com", PASSWORD).await.expect("signs in");
    let mut options = StreamOptions::default();
    options.first_backoff = Duration::from_millis(1);
    options.silence = Duration::from_millis(50);
    let _stream = client.stream_with(options);
    let silent = sockets.recv().await.expect("connects");
    let again = sockets.recv().await.expect("connects again");
    drop((silent, again));
}

#[tokio::test]
async fn a_dropped_stream_closes_its_connection() {
    let server = Server::start().await;
    let mut sockets = server.sockets().await;
    let (_client, stream) = open(&server).await;
    let (_, mut socket) = sockets.recv().await.expect("connects");
    drop(stream);
    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        while let Some(Ok(_)) = socket.recv().await {}
    });
    ended.await.expect("closed");
}
