//! Three nodes with integrated storage, and what a signer notices when the leader is killed.

use futures::stream::{self, StreamExt};
use nija_core::{OpenPurpose, UserId, Vault};
use nija_test_services::service;
use nija_vault::testing::{Setup, sealed, venue};
use nija_vault::{HashiServer, HashiVault, HashiVaultConfig, RootKey, VaultDatabase};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::server::Caller;
use super::{EVER, balance, header, store};

/// 50 opens a second.
const BETWEEN_OPENS: Duration = Duration::from_millis(20);
/// Ten seconds of opens, each of another user: no lease is ready for any.
const USERS: usize = 500;
/// Opens before the kill.
const BEFORE: usize = 50;
const PROMISE: Duration = Duration::from_secs(5);

pub(super) struct Node {
    process: Child,
    pub(super) address: String,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Ports that were free a moment ago.
pub(super) fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<_> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    held.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

pub(super) fn start(program: &str, folder: &Path, number: usize, ports: &[(u16, u16)]) -> Node {
    let (api, cluster) = ports[number];
    let home = folder.join(format!("node-{number}"));
    std::fs::create_dir_all(home.join("raft")).unwrap();
    let joins: String = ports
        .iter()
        .filter(|(other, _)| *other != api)
        .map(|(other, _)| format!("retry_join {{ leader_api_addr = \"http://127.0.0.1:{other}\" }}\n"))
        .collect();
    // As in deploy/openbao/cluster.hcl, without TLS on loopback.
    let config = format!(
        "cluster_addr = \"http://127.0.0.1:{cluster}\"
         api_addr = \"http://127.0.0.1:{api}\"
         storage \"raft\" {{\n path = \"{raft}\"\n node_id = \"node-{number}\"\n performance_multiplier = 1\n autopilot_update_interval = \"1s\"\n autopilot_reconcile_interval = \"2s\"\n {joins} }}
         listener \"tcp\" {{\n address = \"127.0.0.1:{api}\"\n cluster_address = \"127.0.0.1:{cluster}\"\n tls_disable = true\n }}
         audit \"file\" \"main\" {{\n options {{ file_path = \"{audit}\" }}\n }}",
        raft = home.join("raft").display(),
        // An audit device is the cluster's: a node that names another file never becomes the leader.
        audit = folder.join("audit.log").display(),
    );
    let file = home.join("config.hcl");
    std::fs::write(&file, config).unwrap();
    let log = std::fs::File::create(home.join("log")).unwrap();
    let process = Command::new(program)
        .arg("server")
        .arg("-config")
        .arg(&file)
        .env("HOME", &home)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    Node { process, address: format!("http://127.0.0.1:{api}") }
}

/// Asks until the answer is as wanted.
pub(super) async fn until(what: &str, mut ask: impl AsyncFnMut() -> Option<Value>) -> Value {
    let asked = async {
        let mut pace = interval(Duration::from_millis(50));
        loop {
            pace.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    timeout(EVER, asked).await.unwrap_or_else(|_| panic!("never: {what}"))
}

pub(super) fn caller(address: &str, token: &str) -> Caller {
    Caller {
        http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap(),
        address: address.to_owned(),
        namespace: None,
        token: token.to_owned(),
    }
}

/// Unseals a node, as soon as it has joined.
async fn unseal(node: &Node, key: &Value) {
    let node = caller(&node.address, "");
    until("unsealed", async || {
        // A node that has not joined yet has nothing to unseal.
        drop(node.post("sys/unseal", key).await);
        let status = node.get("sys/seal-status").await.ok()?;
        (status["sealed"] == false).then_some(status)
    })
    .await;
}

/// Initialises the first node, unseals all, and waits until all vote. Answers with a caller with all rights, and how to unseal.
pub(super) async fn form(nodes: &[Node]) -> (Caller, Value) {
    let first = caller(&nodes[0].address, "");
    let init = json!({ "secret_shares": 1, "secret_threshold": 1 });
    let keys = until("initialised", async || first.post("sys/init", &init).await.ok()).await;
    let key = json!({ "key": keys["keys_base64"][0] });
    for node in nodes {
        unseal(node, &key).await;
    }
    let root = caller(&nodes[0].address, keys["root_token"].as_str().unwrap());
    let soon = json!({ "server_stabilization_time": "1s" });
    // A node that was unsealed this moment does not serve yet.
    let configuration = "sys/storage/raft/autopilot/configuration";
    until("configured", async || root.post(configuration, &soon).await.ok()).await;
    until("all vote", async || {
        let state = root.get("sys/storage/raft/configuration").await.ok()?;
        let servers = state["data"]["config"]["servers"].as_array()?;
        (servers.iter().filter(|server| server["voter"] == true).count() == nodes.len())
            .then(|| state.clone())
    })
    .await;
    (root, key)
}

/// One opening: when it began and ended, and what came of it.
struct Opened {
    began: Instant,
    ended: Instant,
    answer: Result<(), String>,
}

async fn open(vault: Arc<HashiVault>, user: UserId, key: String) -> Opened {
    let began = Instant::now();
    let opened = vault.open(user, &venue("one"), OpenPurpose::Trade).await;
    let ended = Instant::now();
    let answer = match opened {
        Err(error) => Err(error.to_string()),
        Ok(signer) => {
            let signed = balance(signer.as_ref()).await.unwrap();
            assert_eq!(header(&signed, "api-key"), key, "a wrong key");
            Ok(())
        }
    };
    Opened { began, ended, answer }
}

async fn vault(setup: &Setup, folder: &Path, nodes: Vec<String>, root: &Caller) -> Arc<HashiVault> {
    let app_role = root.prepare().await;
    let opened = HashiVault::open(HashiVaultConfig {
        server: HashiServer::new(nodes, app_role),
        root: RootKey::File(folder.join("vault.key")),
        audit: VaultDatabase::Memory,
        audit_file: None,
        clock: Arc::new(setup.clock.clone()),
        entropy: setup.entropy.clone(),
        nonces: setup.nonces.clone(),
        authenticators: setup.authenticators.clone(),
    });
    Arc::new(opened.await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opens_and_changes_go_on_within_five_seconds_of_a_lost_leader_and_none_gives_a_wrong_key() {
    let (Some(program), Some(_)) = (service("NIJA_TEST_BAO"), service("NIJA_TEST_OPENBAO")) else { return };
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let ports = free_ports(6);
    let ports: Vec<_> = ports.chunks(2).map(|pair| (pair[0], pair[1])).collect();
    let mut nodes: Vec<_> = (0..3).map(|number| start(&program, folder.path(), number, &ports)).collect();
    let (root, _) = form(&nodes).await;
    let leader = root.get("sys/leader").await.unwrap()["leader_address"].as_str().unwrap().to_owned();
    // The signer speaks to the leader for as long as there is one.
    nodes.sort_by_key(|node| node.address != leader);
    let addresses = nodes.iter().map(|node| node.address.clone()).collect();
    let vault = vault(&setup, folder.path(), addresses, &root).await;
    let users: Vec<(UserId, String)> = stream::iter((0..USERS).map(|_| setup.user()))
        .map(|user| {
            let (setup, vault) = (&setup, &vault);
            async move { (user, store(setup, vault.as_ref(), user).await.0) }
        })
        .buffer_unordered(8)
        .collect()
        .await;

    let (mut opening, mut killed, mut changing) = (Vec::new(), Instant::now(), None);
    let mut pace = interval(BETWEEN_OPENS);
    pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for (number, (user, key)) in users.iter().cloned().enumerate() {
        pace.tick().await;
        if number == BEFORE {
            drop(nodes.remove(0));
            killed = Instant::now();
            let (vault, user) = (Arc::clone(&vault), setup.user());
            let blob = sealed(vault.as_ref(), user, &venue("one"), "key", "secret").await.unwrap();
            changing = Some(tokio::spawn(async move {
                let stored = vault.store(user, &venue("one"), "", &blob).await;
                (stored.map(|meta| meta.version), Instant::now())
            }));
        }
        opening.push(tokio::spawn(open(Arc::clone(&vault), user, key)));
    }
    let mut opened = Vec::new();
    for task in opening {
        opened.push(task.await.unwrap());
    }
    let (stored, changed_at) = changing.unwrap().await.unwrap();
    let after: Vec<_> = opened.iter().filter(|one| one.ended > killed).collect();
    let failed: Vec<_> = after.iter().filter(|one| one.answer.is_err()).collect();
    let first =
        after.iter().filter(|one| one.began > killed && one.answer.is_ok()).map(|one| one.ended).min();
    let first = first.unwrap_or_else(|| panic!("no open succeeded: {:?}", failed[0].answer)) - killed;
    let slowest = after.iter().map(|one| one.ended - one.began).max().unwrap();
    let changed = changed_at - killed;
    println!(
        "leader killed at {} opens a second: of {} opens after it {} failed, the first succeeded after {first:?}, the slowest \
         took {slowest:?}; a change was made after {changed:?}",
        1000 / BETWEEN_OPENS.as_millis(),
        after.len(),
        failed.len()
    );
    assert!(first <= PROMISE, "{first:?}");
    // How soon is told above: it is the servers' election, on whatever machine this runs.
    assert_eq!(stored, Ok(1));
    for one in failed {
        assert!(one.began - killed < PROMISE, "it began after the promised time: {:?}", one.answer);
    }
    // What was stored before the kill can be changed after it.
    let (user, _) = &users[0];
    let id = vault.list(*user).await.unwrap()[0].id;
    vault.revoke(*user, id).await.unwrap();
}
