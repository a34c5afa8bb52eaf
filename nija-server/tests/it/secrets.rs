//! Secrets are nowhere but where they belong: not in logs at the finest level, not in the data folder, not in answers.

use nija_server::logging::{LogFormat, subscriber};
use parking_lot::Mutex;
use serde_json::json;
use std::{io::Write, path::Path, sync::Arc};

use crate::{
    stream::{Stream, ticket},
    support::{Host, buy, password},
};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

#[tokio::test]
async fn a_users_secrets_are_in_no_log_no_file_and_no_answer() {
    let logs = Captured::default();
    let writer = logs.clone();
    let capture = subscriber(LogFormat::Json, Some("trace"), move || writer.clone()).unwrap();
    tracing::subscriber::set_global_default(capture).expect("the only test that takes the logs");

    let mut host = Host::start().await;
    let secret = password();
    let mut ada = host.anyone().sign_up("ada@example.org", &secret).await;
    let account = host.venue("kraken").add_account(nija_sim::NewAccount::default());
    let mut answers = String::new();
    answers += &ada.store(&ada.seal("kraken", &account).await).await.text;
    let wrong = password();
    ada.post("/v1/auth/login", &json!({ "email": "ada@example.org", "password": wrong }))
        .await
        .problem(401, "login_refused");
    // Secrets in the wrong place come back in no error either.
    for body in
        [json!({ "email": "ada@example.org", "password": { "text": secret } }), json!({ "email": [secret] })]
    {
        answers += &ada.post("/v1/auth/login", &body).await.text;
    }
    let opened = ticket(&ada).await;
    let mut stream = Stream::with_ticket(&ada, &opened).await.ok().unwrap();
    answers += &ada.place(&buy("50")).await.text;
    answers += &json!(stream.until(|event| event["type"] == "position.update").await).to_string();
    for path in [
        "/v1/credentials",
        "/v1/dashboard/overview",
        "/v1/dashboard/equity",
        "/v1/orders",
        "/v1/activity",
        "/v1/venues",
        "/health",
        "/metrics",
    ] {
        answers += &ada.get(path).await.text;
    }
    let first = (ada.access.clone().unwrap(), ada.refresh.clone());
    let session = ada.post("/v1/auth/refresh", &json!({ "refresh_token": ada.refresh })).await.ok();
    ada.take(&session);
    host.restart().await;
    host.stop().await;

    let log = logs.0.lock().clone();
    assert!(holds(&log, "POST") && holds(&log, "/v1/orders"), "the log was captured");
    let tokens = [&first.0, &first.1, ada.access.as_ref().unwrap(), &ada.refresh, &opened];
    for secret in [&secret, &wrong, &account.secret, &account.key].into_iter().chain(tokens) {
        assert!(!holds(&log, secret), "a secret is in the log");
    }
    for secret in [&secret, &account.secret, &account.key] {
        assert!(!holds(answers.as_bytes(), secret), "a secret is in an answer");
    }
    let files = files(&host.data_dir());
    assert!(files.iter().any(|path| path.ends_with("vault.db")) && files.len() >= 4, "{files:?}");
    let raw = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, &account.secret).unwrap();
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        for secret in [&secret, &account.secret, &account.key].into_iter().chain(tokens) {
            assert!(!holds(&bytes, secret), "a secret is in {}", path.display());
        }
        assert!(
            !bytes.windows(raw.len()).any(|window| window == raw),
            "the key's bytes are in {}",
            path.display()
        );
        if path.extension().is_some_and(|it| it == "lock") {
            continue;
        }
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{} is open to others", path.display());
    }
}
