//! Calls of the API as a program without our client would make them.

use nija_client::{seal_credential, wire};
use nija_sim::Account;
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

/// One caller.
#[derive(Clone)]
pub(crate) struct Api {
    url: String,
    http: reqwest::Client,
    pub(crate) access: Option<String>,
    pub(crate) refresh: String,
    pub(crate) user_id: String,
    /// Of whoever signed up here.
    pub(crate) password: String,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self.json
    }

    /// The detail of a problem with this status and code, whose shape is checked too.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> String {
        assert_eq!((self.status.as_u16(), &self.json["code"]), (status, &json!(code)), "{}", self.text);
        let problem: wire::Problem = serde_json::from_value(self.json.clone()).expect("a problem");
        assert_eq!(problem.kind, format!("urn:nija:problem:{code}"));
        assert_eq!(problem.status, status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem.request_id.as_deref(), Some(self.header("x-request-id")));
        assert!(!problem.title.is_empty() && !problem.detail.is_empty());
        problem.detail
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Api {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            http: reqwest::Client::new(),
            access: None,
            refresh: String::new(),
            user_id: String::new(),
            password: String::new(),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.access {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// A POST without a body.
    pub(crate) async fn act(&self, path: &str) -> Answer {
        answer(self.request(Method::POST, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn sign_up(mut self, email: &str, password: &str) -> Self {
        let session =
            self.post("/v1/auth/signup", &json!({ "email": email, "password": password })).await.ok();
        self.take(&session);
        password.clone_into(&mut self.password);
        self
    }

    /// Holds a session.
    pub(crate) fn take(&mut self, session: &Value) {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        self.access = Some(text(&session["access_token"]));
        self.refresh = text(&session["refresh_token"]);
        self.user_id = text(&session["user"]["id"]);
    }

    /// Seals a key as a user's device does.
    pub(crate) async fn seal(&self, venue: &str, account: &Account) -> wire::StoreCredential {
        let key: wire::SealingKey =
            serde_json::from_value(self.get("/v1/credentials/sealing-key").await.ok()).expect("a key");
        let plaintext = wire::CredentialPlaintext {
            key: account.key.clone(),
            secret: account.secret.clone(),
            passphrase: None,
        };
        seal_credential(&self.user_id, venue, "test key", &key, &plaintext).expect("it seals")
    }

    pub(crate) async fn store(&self, sealed: &wire::StoreCredential) -> Answer {
        self.post("/v1/credentials/store", &serde_json::to_value(sealed).expect("JSON")).await
    }

    /// Seals and stores a key.
    pub(crate) async fn connect(&self, venue: &str, account: &Account) -> Value {
        self.store(&self.seal(venue, account).await).await.ok()
    }

    /// Places an order and waits until it is settled.
    pub(crate) async fn place(&self, order: &Value) -> Answer {
        self.post("/v1/orders?wait_ms=10000", order).await
    }
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.expect("a body");
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status, headers, text, json }
}
