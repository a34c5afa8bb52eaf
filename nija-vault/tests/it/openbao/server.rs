//! A namespace of a test's own on the OpenBao that the set-up started, prepared with the policies under `deploy/openbao`.

use nija_core::UserId;
use nija_test_services::service;
use nija_vault::testing::Setup;
use nija_vault::{AppRole, HashiServer, HashiVault, HashiVaultConfig, RootKey, VaultDatabase};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;

const POLICIES: [(&str, &str); 3] = [
    ("nija-service", include_str!("../../../../deploy/openbao/policies/service.hcl")),
    ("nija-user", include_str!("../../../../deploy/openbao/policies/user.hcl")),
    ("nija-admin", include_str!("../../../../deploy/openbao/policies/admin.hcl")),
];

/// Whoever speaks to a server.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) http: reqwest::Client,
    pub(crate) address: String,
    pub(crate) namespace: Option<String>,
    pub(crate) token: String,
}

impl Caller {
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, String> {
        let mut request = self
            .http
            .request(method, format!("{}/v1/{path}", self.address))
            .header("x-vault-token", &self.token);
        if let Some(namespace) = &self.namespace {
            request = request.header("x-vault-namespace", namespace);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        if !status.is_success() {
            return Err(format!("{} {text}", status.as_u16()));
        }
        if text.is_empty() {
            Ok(Value::Null)
        } else {
            serde_json::from_str(&text).map_err(|error| error.to_string())
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, String> {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value, String> {
        self.call(Method::DELETE, path, None).await
    }

    /// Mounts, Transit key, policies and role; answers with the role's login. What `deploy/openbao/setup.sh` does.
    pub(crate) async fn prepare(&self) -> AppRole {
        let kv = json!({ "type": "kv", "options": { "version": "2" } });
        self.post("sys/mounts/secret", &kv).await.unwrap();
        self.post("sys/mounts/transit", &json!({ "type": "transit" })).await.unwrap();
        self.post("transit/keys/user-credentials", &json!({ "type": "aes256-gcm96" })).await.unwrap();
        self.post("sys/auth/approle", &json!({ "type": "approle" })).await.unwrap();
        for (name, policy) in POLICIES {
            self.post(&format!("sys/policies/acl/{name}"), &json!({ "policy": policy })).await.unwrap();
        }
        let role = json!({ "token_policies": "nija-service", "token_ttl": "20m", "token_max_ttl": "24h",
            "token_no_default_policy": true });
        self.post("auth/approle/role/nija-signer", &role).await.unwrap();
        self.log_in("nija-signer").await
    }

    /// How to log in as a role.
    pub(crate) async fn log_in(&self, role: &str) -> AppRole {
        let id = self.get(&format!("auth/approle/role/{role}/role-id")).await.unwrap();
        let secret = self.post(&format!("auth/approle/role/{role}/secret-id"), &json!({})).await.unwrap();
        AppRole {
            role_id: id["data"]["role_id"].as_str().unwrap().to_owned(),
            secret_id: secret["data"]["secret_id"].as_str().unwrap().to_owned().into(),
        }
    }
}

/// The namespace, for someone with all rights in it.
pub(crate) struct Space {
    caller: Caller,
    app_role: AppRole,
    pub(crate) folder: tempfile::TempDir,
}

impl std::ops::Deref for Space {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Space {
    /// `None` where there is no server.
    pub(crate) async fn make() -> Option<Self> {
        let (address, token) = (service("NIJA_TEST_OPENBAO")?, service("NIJA_TEST_OPENBAO_TOKEN")?);
        let mut caller = Caller {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            address,
            namespace: None,
            token,
        };
        let name = format!("t{}", uuid::Uuid::new_v4().simple());
        caller.post(&format!("sys/namespaces/{name}"), &json!({})).await.unwrap();
        caller.namespace = Some(name);
        let app_role = caller.prepare().await;
        Some(Self { caller, app_role, folder: tempfile::tempdir().unwrap() })
    }

    pub(crate) fn server(&self) -> HashiServer {
        let mut server = HashiServer::new(vec![self.caller.address.clone()], self.app_role.clone());
        server.namespace.clone_from(&self.caller.namespace);
        server
    }

    pub(crate) fn config(&self, setup: &Setup) -> HashiVaultConfig {
        configured(self.server(), self.folder.path().join("vault.key"), setup)
    }

    /// What another process needs to be a signer here.
    pub(crate) fn tell(&self) -> String {
        json!({ "address": self.caller.address, "namespace": self.caller.namespace,
            "role_id": self.app_role.role_id, "secret_id": self.app_role.secret_id.as_str(),
            "root": self.folder.path().join("vault.key") })
        .to_string()
    }

    /// In that process.
    pub(crate) fn told(text: &str, setup: &Setup) -> HashiVaultConfig {
        let told: Value = serde_json::from_str(text).unwrap();
        let word = |name: &str| told[name].as_str().unwrap().to_owned();
        let app_role = AppRole { role_id: word("role_id"), secret_id: word("secret_id").into() };
        let mut server = HashiServer::new(vec![word("address")], app_role);
        server.namespace = Some(word("namespace"));
        configured(server, word("root").into(), setup)
    }

    pub(crate) async fn open(&self, setup: &Setup) -> HashiVault {
        HashiVault::open(self.config(setup)).await.unwrap()
    }

    /// Someone with another token.
    pub(crate) fn as_someone(&self, token: &str) -> Caller {
        Caller { token: token.to_owned(), ..self.caller.clone() }
    }

    /// A token with one policy.
    pub(crate) async fn token(&self, policy: &str) -> String {
        let body = json!({ "policies": [policy], "no_default_policy": true });
        let made = self.post("auth/token/create", &body).await.unwrap();
        made["auth"]["client_token"].as_str().unwrap().to_owned()
    }

    /// The token of a user who logged in with an identity of the server's.
    pub(crate) async fn person(&self, user: UserId) -> String {
        let entity =
            json!({ "name": "person", "policies": ["nija-user"], "metadata": { "user": user.to_string() } });
        let entity = self.post("identity/entity", &entity).await.unwrap();
        self.post("auth/approle/role/person", &json!({ "token_no_default_policy": true })).await.unwrap();
        let role = self.log_in("person").await;
        let mounts = self.get("sys/auth").await.unwrap();
        let alias = json!({ "name": role.role_id, "canonical_id": entity["data"]["id"],
            "mount_accessor": mounts["data"]["approle/"]["accessor"] });
        self.post("identity/entity-alias", &alias).await.unwrap();
        let body = json!({ "role_id": role.role_id, "secret_id": role.secret_id.as_str() });
        let login = self.post("auth/approle/login", &body).await.unwrap();
        login["auth"]["client_token"].as_str().unwrap().to_owned()
    }

    /// What the server knows of the tokens that logged in by AppRole.
    pub(crate) async fn tokens(&self) -> Vec<Value> {
        let listed = self.get("auth/token/accessors?list=true").await.unwrap();
        let mut found = Vec::new();
        for accessor in listed["data"]["keys"].as_array().unwrap() {
            // One may have ended meanwhile.
            if let Ok(token) = self.post("auth/token/lookup-accessor", &json!({ "accessor": accessor })).await
                && token["data"]["path"] == "auth/approle/login"
            {
                found.push(token["data"].clone());
            }
        }
        found
    }
}

fn configured(server: HashiServer, root: std::path::PathBuf, setup: &Setup) -> HashiVaultConfig {
    HashiVaultConfig {
        server,
        root: RootKey::File(root),
        audit: VaultDatabase::Memory,
        audit_file: None,
        clock: Arc::new(setup.clock.clone()),
        entropy: setup.entropy.clone(),
        nonces: setup.nonces.clone(),
        authenticators: setup.authenticators.clone(),
    }
}
