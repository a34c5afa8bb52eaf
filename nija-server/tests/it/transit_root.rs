//! A vault whose root a key server opens: made, served and looked after from the command line, over a real OpenBao that
//! `deploy/openbao/setup-root.sh` prepared.

use nija_server::config;
use nija_test_services::service;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{Host, buy, config as cheap};

/// A namespace of the test's own, and files beside a server's data folder.
struct Keyed {
    address: String,
    token: String,
    program: String,
    namespace: String,
    files: tempfile::TempDir,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

impl Keyed {
    /// `None` where there is no server.
    fn make() -> Option<Self> {
        let it = Self {
            address: service("NIJA_TEST_OPENBAO")?,
            token: service("NIJA_TEST_OPENBAO_TOKEN")?,
            program: service("NIJA_TEST_BAO")?,
            namespace: format!("t{}", uuid::Uuid::new_v4().simple()),
            files: tempfile::tempdir().unwrap(),
        };
        let made = it.bao("").args(["namespace", "create", &it.namespace]).output().unwrap();
        assert!(made.status.success(), "{}", text(&made.stderr));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/openbao/setup-root.sh");
        for _ in 0..2 {
            let mut command = Command::new(&script);
            let ready = it.with_server(&mut command, &it.namespace).env("BAO", &it.program).output().unwrap();
            assert!(ready.status.success(), "{}", text(&ready.stderr));
            std::fs::write(it.file("role-id"), text(&ready.stdout).lines().last().unwrap()).unwrap();
        }
        let secret = it.admin(&["write", "-field=secret_id", "-f", "auth/approle/role/nija-root/secret-id"]);
        std::fs::write(it.file("secret-id"), secret).unwrap();
        Some(it)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn with_server<'a>(&self, command: &'a mut Command, namespace: &str) -> &'a mut Command {
        command.env("BAO_ADDR", &self.address).env("BAO_TOKEN", &self.token).env("HOME", self.files.path());
        if namespace.is_empty() {
            command.env_remove("BAO_NAMESPACE")
        } else {
            command.env("BAO_NAMESPACE", namespace)
        }
    }

    fn bao(&self, namespace: &str) -> Command {
        let mut command = Command::new(&self.program);
        self.with_server(&mut command, namespace);
        command
    }

    /// With all rights in the namespace.
    fn admin(&self, arguments: &[&str]) -> String {
        let output = self.bao(&self.namespace).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn role_id(&self) -> String {
        std::fs::read_to_string(self.file("role-id")).unwrap()
    }

    /// A configuration that logs in by the role.
    fn by_role(&self) -> PathBuf {
        let secret = self.file("secret-id");
        self.configured(
            "role.toml",
            &format!("transit_role_id = {:?}\ntransit_secret_id_file = {secret:?}", self.role_id()),
        )
    }

    /// One that takes its token from a file.
    fn by_token(&self) -> PathBuf {
        let token = self.admin(&[
            "token",
            "create",
            "-field=token",
            "-policy=nija-root",
            "-no-default-policy",
            "-ttl=5m",
        ]);
        std::fs::write(self.file("token"), token).unwrap();
        self.configured("token.toml", &format!("transit_token_file = {:?}", self.file("token")))
    }

    fn configured(&self, name: &str, login: &str) -> PathBuf {
        let text = format!(
            "[vault]\ntransit = [{:?}]\ntransit_namespace = {:?}\n{login}\n",
            self.address, self.namespace
        );
        std::fs::write(self.file(name), text).unwrap();
        self.file(name)
    }
}

fn nija(folder: &Path, config: Option<&Path>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nija"));
    command.arg("vault").args(arguments).arg("--data-dir").arg(folder).current_dir(folder.parent().unwrap());
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    command.output().unwrap()
}

fn well(folder: &Path, config: &Path, arguments: &[&str]) -> String {
    let output = nija(folder, Some(config), arguments);
    assert!(output.status.success(), "{arguments:?}: {} {}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn badly(folder: &Path, config: Option<&Path>, arguments: &[&str]) -> String {
    let output = nija(folder, config, arguments);
    assert!(!output.status.success(), "{arguments:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

fn vault_of(file: &Path) -> nija::VaultConfig {
    config::load(Some(file), std::iter::empty()).unwrap().vault
}

async fn refused(folder: &Path, vault: nija::VaultConfig) -> String {
    let mut config = cheap(folder.to_owned());
    config.vault = vault;
    nija_server::start(config).await.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vault_under_transit_is_made_served_rotated_backed_up_and_drilled() {
    let Some(keyed) = Keyed::make() else { return };
    let role = keyed.by_role();
    let mut pin = String::new();
    let mut host = Host::with(|config| {
        let folder = config.data_dir.clone().unwrap();
        let made = well(&folder, &role, &["init", "--root", "transit"]);
        pin = made.split("devices pin ").nth(1).unwrap().trim().to_owned();
        config.vault = vault_of(&role);
    })
    .await;
    let folder = host.data_dir();
    let ciphertext = std::fs::read_to_string(folder.join("vault.transit")).unwrap();
    assert!(ciphertext.starts_with("vault:v1:"), "{ciphertext}");
    assert!(!folder.join("vault.key").exists(), "no root lies here in the clear");

    let (ada, _) = host.trader("ada").await;
    assert_eq!(ada.place(&buy("50")).await.ok()["state"], "filled");
    let keys = ada.get("/v1/credentials/sealing-key").await.ok();
    assert_eq!(keys["signed"]["signer"], json!(pin), "the server opened the vault that was made");
    // Beside the running server, by a token that somebody else got.
    let token = keyed.by_token();
    let status = well(&folder, &token, &["status"]);
    assert!(status.contains("under Transit") && status.contains(&pin), "{status}");
    assert!(well(&folder, &token, &["rotate"]).contains("1 of 1 user keys moved"));
    let backups = keyed.files.path().to_str().unwrap();
    assert!(well(&folder, &token, &["backup", "--to", backups]).contains("encrypted under the root"));
    assert!(well(&folder, &role, &["drill", "--from", backups]).contains("2 versions opened"));
    // A new version of the key over there changes nothing here.
    keyed.admin(&["write", "-f", "transit/keys/nija-root/rotate"]);
    host.restart().await;
    let again = host.anyone().sign_up("bob@example.org", &crate::support::password()).await;
    assert_eq!(again.get("/v1/credentials/sealing-key").await.ok()["signed"]["signer"], json!(pin));

    // To another machine: the mark, the ciphertext and a backup.
    let other = keyed.file("other");
    std::fs::create_dir(&other).unwrap();
    for name in ["vault.root", "vault.transit"] {
        std::fs::copy(folder.join(name), other.join(name)).unwrap();
    }
    assert!(well(&other, &token, &["restore", "--from", backups]).contains("the audit chain is whole"));
    assert!(well(&other, &token, &["status"]).contains(&pin));
    host.stop().await;

    // Whoever has all of the folder, and not the key server's leave, has nothing.
    keyed.admin(&["delete", "auth/approle/role/nija-root"]);
    let why = refused(&folder, vault_of(&role)).await;
    let secret = std::fs::read_to_string(keyed.file("secret-id")).unwrap();
    assert!(why.contains("does not log us in") && !why.contains(&secret), "{why}");
    assert!(badly(&folder, Some(&role), &["status"]).contains("does not log us in"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_under_transit_is_not_mixed_up_with_another() {
    let Some(keyed) = Keyed::make() else { return };
    let role = keyed.by_role();
    let [made, plain] = ["made", "plain"].map(|name| keyed.file(name));
    let why = badly(&made, None, &["init", "--root", "transit"]);
    assert!(why.contains("vault.transit"), "{why}");
    assert!(!made.join("vault.db").exists());
    well(&made, &role, &["init"]);
    assert!(badly(&made, Some(&role), &["init", "--root", "transit"]).contains("there already"));
    assert!(badly(&made, None, &["status"]).contains("say where the key server is"));
    let why = refused(&made, nija::VaultConfig::default()).await;
    assert!(why.contains("lies under a key server"), "{why}");

    // A key file is neither made nor used where the configuration means another root.
    let why = refused(&plain, vault_of(&role)).await;
    assert!(why.contains("vault init --root transit") && !plain.join("vault.key").exists(), "{why}");
    well(&plain, &role, &["init", "--root", "file"]);
    let why = refused(&plain, vault_of(&role)).await;
    assert!(why.contains("has no vault under it"), "{why}");

    // Somebody else's ciphertext is no root of this vault.
    let other =
        keyed.admin(&["write", "-field=ciphertext", "transit/encrypt/nija-root", "plaintext=aGVsbG8="]);
    std::fs::write(made.join("vault.transit"), other).unwrap();
    assert!(badly(&made, Some(&role), &["status"]).contains("something other than a root"));
    std::fs::remove_file(made.join("vault.transit")).unwrap();
    assert!(badly(&made, Some(&role), &["status"]).contains("restore it from your backup"));
}
