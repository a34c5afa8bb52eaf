//! Tokens: refreshed on their own, once for all, kept by the host, ended cleanly.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use nija_client::{Client, ClientConfig, ClientError, SessionObserver, SessionTokens};

use crate::server::{PASSWORD, Server};

async fn signed_in(server: &Server) -> Client {
    let client = Client::new(&server.url).expect("address");
    client.sign_in("me@example.com", PASSWORD).await.expect("signs in");
    client
}

#[tokio::test]
async fn a_wrong_password_is_a_problem_with_a_code() {
    let server = Server::start().await;
    let client = Client::new(&server.url).expect("address");
    let error = client.sign_in("me@example.com", "wrong").await.expect_err("refused");
    assert_eq!((error.code(), error.status()), ("wrong_login", Some(401)));
    assert!(matches!(client.me().await, Err(ClientError::SignedOut)));
}

#[tokio::test]
async fn an_expired_token_is_renewed_unseen() {
    let server = Server::start().await;
    let client = signed_in(&server).await;
    server.expire();
    assert_eq!(client.pause().await.expect("goes through").state, "paused");
    assert_eq!(server.shared.refreshes.load(SeqCst), 1);
}

#[tokio::test]
async fn many_callers_with_an_old_token_cause_one_refresh() {
    let server = Server::start().await;
    let client = signed_in(&server).await;
    server.expire();
    let calls = (0..20).map(|_| client.me());
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(server.shared.refreshes.load(SeqCst), 1);
}

#[tokio::test]
async fn a_token_at_its_end_is_renewed_before_it_is_sent() {
    let server = Server::start().await;
    server.shared.token_life.store(1, SeqCst);
    let client = signed_in(&server).await;
    server.shared.token_life.store(900, SeqCst);
    client.me().await.expect("goes through");
    client.me().await.expect("goes through");
    assert_eq!(server.shared.refreshes.load(SeqCst), 1);
}

#[tokio::test]
async fn a_cancelled_caller_does_not_lose_the_new_refresh_token() {
    let server = Server::start().await;
    let client = signed_in(&server).await;
    server.expire();
    // Stops waiting as soon as the refresh is seen to be under way.
    let caller = tokio::spawn({
        let client = client.clone();
        async move { client.me().await }
    });
    while server.shared.refreshes.load(SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    caller.abort();
    client.me().await.expect("the session lives");
    assert_eq!(server.shared.refreshes.load(SeqCst), 1);
}

#[tokio::test]
async fn a_revoked_session_ends_signed_out() {
    let server = Server::start().await;
    let client = signed_in(&server).await;
    server.expire();
    server.expire();
    server.expire();
    assert!(matches!(client.me().await, Err(ClientError::SignedOut)));
    assert!(client.session().is_none());
}

#[tokio::test]
async fn a_kept_refresh_token_signs_in_and_is_replaced() {
    #[derive(Default)]
    struct Keeper(Mutex<Vec<Option<String>>>);
    impl SessionObserver for Keeper {
        fn session_changed(&self, tokens: Option<&SessionTokens>) {
            let token = tokens.and_then(|tokens| tokens.refresh_token.clone());
            self.0.lock().expect("lock").push(token);
        }
    }
    let server = Server::start().await;
    let kept = signed_in(&server).await.session().and_then(|tokens| tokens.refresh_token).expect("token");

    let keeper = Arc::new(Keeper::default());
    let mut config = ClientConfig::default();
    config.session_observer = Some(keeper.clone());
    let client = Client::with_config(&server.url, config).expect("address");
    let user = client.sign_in_with_refresh_token(&kept).await.expect("signs in");
    assert_eq!(user.email, "me@example.com");
    client.sign_out().await.expect("signs out");
    let told = keeper.0.lock().expect("lock").clone();
    assert_eq!(told, [Some("refresh-2".to_owned()), None]);
}

#[tokio::test]
async fn no_error_or_debug_text_holds_a_token() {
    let server = Server::start().await;
    let client = signed_in(&server).await;
    let tokens = client.session().expect("session");
    let text = format!("{client:?} {tokens:?} {:?}", client.venues().await);
    assert!(!text.contains("access-") && !text.contains("refresh-"), "{text}");
}

#[tokio::test]
async fn what_is_not_the_api_is_told_apart() {
    let server = Server::start().await;
    let client = signed_in(&server).await;
    assert!(matches!(client.venues().await, Err(ClientError::Status(502))));
    assert!(matches!(client.markets(None).await, Err(ClientError::Decode(_))));
    let nobody = Client::new("http://127.0.0.1:1").expect("address");
    let error = nobody.sign_in("me@example.com", PASSWORD).await.expect_err("nobody there");
    assert_eq!(error.code(), "network");
    assert!(!error.may_have_acted(), "{error}");
}
