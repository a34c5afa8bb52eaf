//! An exchange key is replaced while an order of its user rests at the venue.

use nija_client::wire;
use nija_sim::{Account, NewAccount, TRADING_PERMISSIONS, WITHDRAW};
use serde_json::{Value, json};

use crate::api::Api;
use crate::support::{Host, eventually, password};

const PATH: &str = "/v1/credentials/rotate";

/// A user with one key at Kraken and an order that rests there.
struct Resting {
    host: Host,
    ada: Api,
    secret: String,
    old: Account,
    order: String,
}

impl Resting {
    async fn start() -> Self {
        let host = Host::start().await;
        let secret = password();
        let ada = host.anyone().sign_up("ada@example.org", &secret).await;
        let old = host.venue("kraken").add_account(NewAccount::default());
        ada.connect("kraken", &old).await;
        let limit = json!({ "symbol": "BTC-USD", "side": "buy", "size": "0.001", "size_type": "base",
            "order_type": "limit", "limit_price": "50000", "venue": "kraken" });
        let order = ada.post("/v1/orders?wait_ms=0", &limit).await.ok();
        let order = order["id"].as_str().unwrap().to_owned();
        let resting = Self { host, ada, secret, old, order };
        resting.order_is("working").await;
        resting
    }

    async fn order_is(&self, state: &str) {
        let path = format!("/v1/orders/{}", self.order);
        eventually(state, || async {
            let order = self.ada.get(&path).await.ok();
            (order["state"] == state).then_some(())
        })
        .await;
    }

    fn another_key(&self) -> Account {
        self.host.venue("kraken").add_key(&self.old.key, NewAccount::default()).unwrap()
    }

    async fn begin(&self, key: &Account) -> crate::api::Answer {
        let sealed = self.ada.seal("kraken", key).await;
        self.ada.post(PATH, &serde_json::to_value(sealed).unwrap()).await
    }

    async fn step(&self, step: &str) -> crate::api::Answer {
        self.ada.act(&format!("{PATH}/kraken/{step}")).await
    }

    async fn sign_in_again(&mut self) {
        let mut ada = self.host.anyone();
        let login = json!({ "email": "ada@example.org", "password": self.secret });
        ada.take(&ada.post("/v1/auth/login", &login).await.ok());
        self.ada = ada;
    }

    fn open_at_venue(&self) -> usize {
        self.host.venue("kraken").orders(&self.old.key).iter().filter(|it| it.status == "open").count()
    }

    /// The key of before is in use, and its order rests.
    async fn keeps_its_first_key(&self) {
        assert_eq!(self.ada.get("/v1/credentials").await.ok()[0]["version"], 1);
        self.order_is("working").await;
    }

    fn revoke_at_venue(&self, key: &Account) {
        assert!(self.host.venue("kraken").set_permissions(&key.key, Vec::new()));
    }
}

fn rotation(answer: Value) -> wire::KeyRotation {
    serde_json::from_value(answer).unwrap()
}

#[tokio::test]
async fn a_key_is_replaced_under_a_resting_order_and_the_old_one_ends() {
    let mut at = Resting::start().await;
    let new = at.another_key();
    let begun = rotation(at.begin(&new).await.ok());
    assert_eq!((begun.step.as_str(), begun.old_version, begun.new_version), ("verified", 1, None));
    assert_eq!(begun.orders_seen, 1, "the order that rests is visible to the new key");
    at.step("retire").await.problem(409, "rotation_step");

    // What was verified survives a restart.
    at.host.restart().await;
    at.sign_in_again().await;
    assert_eq!(rotation(at.ada.get(PATH).await.ok()[0].clone()), begun);

    let switched = rotation(at.step("switch").await.ok());
    assert_eq!((switched.step.as_str(), switched.new_version), ("switched", Some(2)));
    at.step("switch").await.problem(409, "rotation_step");
    at.begin(&new).await.problem(409, "rotation_step");
    // The owner takes the old key away at the venue: nothing here may need it any more.
    at.revoke_at_venue(&at.old);
    at.order_is("working").await;
    assert_eq!(at.open_at_venue(), 1, "nothing was cancelled and nothing doubled");
    assert!(at.host.venue("kraken").set_price("BTC-USD", 49_000.into()));
    at.order_is("filled").await;
    let bought = at.ada.get("/v1/positions/open").await.ok();
    assert_eq!(bought[0]["quantity"], "0.001");
    let closed =
        at.ada.act(&format!("/v1/positions/{}/close?wait_ms=10000", bought[0]["id"].as_str().unwrap())).await;
    assert_eq!(closed.ok()["state"], "filled", "an exit goes out under the new key");

    at.host.restart().await;
    at.sign_in_again().await;
    let retired = rotation(at.step("retire").await.ok());
    assert_eq!((retired.step.as_str(), retired.problem), ("retired", None));
    at.step("rollback").await.problem(409, "rotation_step");
    let listed = at.ada.get("/v1/credentials").await.ok();
    assert_eq!((&listed[0]["version"], &listed[0]["status"]), (&json!(2), &json!("active")));
    let audit = std::fs::read_to_string(at.host.data_dir().join("audit.log")).unwrap();
    let proof =
        audit.lines().find(|line| line.contains("\"prove_idle\"") && line.contains("idle: 0 leases, 0 uses"));
    assert!(proof.is_some(), "the proof is in the audit log");
    assert!(audit.contains("\"retire_version\""));
}

#[tokio::test]
async fn every_step_before_the_end_can_be_gone_back_from() {
    let at = Resting::start().await;
    at.step("rollback").await.problem(404, "rotation_not_found");
    at.begin(&at.another_key()).await.ok();
    assert_eq!(at.step("rollback").await.ok()["step"], "cancelled");
    at.step("switch").await.problem(409, "rotation_step");

    let new = at.another_key();
    at.begin(&new).await.ok();
    at.step("switch").await.ok();
    let back = rotation(at.step("rollback").await.ok());
    assert_eq!((back.step.as_str(), back.old_version), ("rolled_back", 1));
    at.revoke_at_venue(&new);
    assert_eq!(at.ada.get("/v1/credentials").await.ok()[0]["version"], 1);
    at.ada.act(&format!("/v1/orders/{}/cancel", at.order)).await.ok();
    at.order_is("cancelled").await;
    // And a later rotation is a new version.
    at.begin(&at.another_key()).await.ok();
    assert_eq!(at.step("switch").await.ok()["new_version"], 3);
}

#[tokio::test]
async fn a_key_that_is_none_for_this_account_is_not_taken() {
    let at = Resting::start().await;
    let stranger = at.host.venue("kraken").add_account(NewAccount::default());
    at.begin(&stranger).await.problem(422, "key_of_another_account");
    at.begin(&at.old).await.problem(422, "key_known");
    let permissions = TRADING_PERMISSIONS.iter().chain([&WITHDRAW]).map(|&it| it.to_owned()).collect();
    let withdraws = NewAccount { permissions: Some(permissions), ..NewAccount::default() };
    let withdraws = at.host.venue("kraken").add_key(&at.old.key, withdraws).unwrap();
    at.begin(&withdraws).await.problem(422, "key_can_withdraw");
    assert_eq!(at.ada.get(PATH).await.ok(), json!([]));
    // A key that the account cannot be connected with: the old one is in use again when the answer comes.
    let dies = at.another_key();
    at.begin(&dies).await.ok();
    let blind = dies.permissions.iter().filter(|&it| it != "query-funds").cloned().collect();
    assert!(at.host.venue("kraken").set_permissions(&dies.key, blind));
    at.step("switch").await.problem(422, "credential_refused");
    let listed = at.ada.get(PATH).await.ok();
    assert_eq!(listed[0]["step"], "rolled_back");
    assert!(!listed[0]["problem"].as_str().unwrap().is_empty());
    at.keeps_its_first_key().await;
    let bob = at.host.user("bob").await;
    bob.act(&format!("{PATH}/kraken/switch")).await.problem(404, "rotation_not_found");
    assert_eq!(bob.get(PATH).await.ok(), json!([]));
}

/// What the venue said when the rotation was begun may be long ago.
#[tokio::test]
async fn a_new_key_is_asked_about_again_at_the_switch() {
    let at = Resting::start().await;
    let venue = at.host.venue("kraken");
    let gains =
        |right: &str| TRADING_PERMISSIONS.iter().map(|&it| it.to_owned()).chain([right.to_owned()]).collect();
    let withdraws = at.another_key();
    at.begin(&withdraws).await.ok();
    assert!(venue.set_permissions(&withdraws.key, gains(WITHDRAW)));
    at.step("switch").await.problem(422, "key_can_withdraw");
    let told = rotation(at.ada.get(PATH).await.ok()[0].clone());
    assert_eq!((told.step.as_str(), told.new_version), ("cancelled", None));
    assert!(told.problem.unwrap().contains("withdraw"), "and the owner sees why");
    at.keeps_its_first_key().await;
    // It is not kept for another try either: its owner seals it again.
    assert!(venue.set_permissions(&withdraws.key, gains("query-ledger")));
    at.step("switch").await.problem(409, "rotation_step");

    let ends = at.another_key();
    at.begin(&ends).await.ok();
    at.revoke_at_venue(&ends);
    at.step("switch").await.problem(422, "key_cannot_trade");
    assert_eq!(at.ada.get(PATH).await.ok()[0]["step"], "cancelled");
    at.keeps_its_first_key().await;

    // A venue that does not answer takes nothing away: the next try goes on from there, with the rights of that moment.
    let new = at.another_key();
    at.begin(&new).await.ok();
    let mut silence = nija_sim::Fault::new(nija_sim::FaultKind::Unavailable).on("/0/private/GetApiKeyInfo");
    silence.times = 1000;
    venue.fault(silence);
    assert!(at.step("switch").await.status.is_server_error());
    let told = rotation(at.ada.get(PATH).await.ok()[0].clone());
    assert_eq!((told.step.as_str(), told.new_version), ("verified", None));
    assert!(told.problem.is_some());
    venue.clear_faults();
    assert!(venue.set_permissions(&new.key, gains("query-ledger")));
    let switched = rotation(at.step("switch").await.ok());
    assert_eq!((switched.step.as_str(), switched.problem), ("switched", None));
    assert!(switched.rights.contains(&"query-ledger".to_owned()), "{:?}", switched.rights);
    let listed = at.ada.get("/v1/credentials").await.ok();
    assert!(listed[0]["rights"].as_array().unwrap().contains(&json!("query-ledger")), "{listed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_leads_through_a_rotation() {
    let at = Resting::start().await;
    let new = at.another_key();
    let (url, secret) = (at.host.url(), at.secret.clone());
    let nija = async |arguments: &[&str], input: String| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_nija"));
        command.arg("key").args(arguments).args(["--server", &url]);
        command.env("NIJA_EMAIL", "ada@example.org").env("NIJA_PASSWORD", &secret).env_remove("NIJA_TOKEN");
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        command.stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // One that reads nothing may be gone before it is told anything.
        tokio::io::AsyncWriteExt::write_all(&mut stdin, input.as_bytes()).await.ok();
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let pair = json!({ "key": new.key, "secret": new.secret }).to_string();
    let (ok, said) = nija(&["rotate", "kraken"], "nonsense".into()).await;
    assert!(!ok && said.contains("standard input"), "{said}");
    let (ok, said) = nija(&["rotate", "kraken", "--pin", &"0".repeat(64)], pair.clone()).await;
    assert!(!ok && said.contains("not signed by the pinned key"), "{said}");
    let (ok, said) = nija(&["rotate", "kraken"], pair).await;
    assert!(ok && said.contains("verified") && !said.contains(&new.secret), "{said}");
    let (ok, said) = nija(&["retire", "kraken"], String::new()).await;
    assert!(!ok && said.contains("switch to the new key first"), "{said}");
    let (ok, said) = nija(&["switch", "kraken"], String::new()).await;
    assert!(ok && said.contains("rotation of version 1 to version 2: switched"), "{said}");
    let (ok, said) = nija(&["retire", "kraken"], String::new()).await;
    assert!(ok && said.contains("retired") && said.contains("delete the old key"), "{said}");
    let (ok, said) = nija(&["check", "kraken"], String::new()).await;
    assert!(ok && said.contains("version 2  delegated  active") && said.contains("any_address"), "{said}");
    let (ok, said) = nija(&["list"], String::new()).await;
    assert!(ok && said.contains("replace by") && said.contains(": retired"), "{said}");
    at.order_is("working").await;

    let id = at.ada.get("/v1/credentials").await.ok()[0]["id"].as_str().unwrap().to_owned();
    assert!(said.contains(&id), "{said}");
    let (ok, said) = nija(&["destroy", "00000000-0000-7000-8000-000000000001"], String::new()).await;
    assert!(!ok && said.contains("no such credential"), "{said}");
    let (ok, said) = nija(&["revoke", &id], String::new()).await;
    assert!(ok && said.contains("delegated  revoked") && said.contains("at the venue as well"), "{said}");
    let (ok, said) = nija(&["destroy", &id], String::new()).await;
    assert!(ok && said.contains("delegated  destroyed") && said.contains("backup"), "{said}");
    assert_eq!(at.ada.get("/v1/credentials").await.ok()[0]["status"], "destroyed");
}

/// What the device sealed for the rotation opens with a key of the vault's: it must not outlive its user's.
#[tokio::test]
async fn a_pending_rotation_ends_with_its_key_and_with_its_users_keys() {
    let at = Resting::start().await;
    let outside = rusqlite::Connection::open(at.host.data_dir().join("vault.db")).unwrap();
    let notes = || outside.query_row("SELECT count(*) FROM notes", [], |row| row.get::<_, i64>(0)).unwrap();
    at.begin(&at.another_key()).await.ok();
    assert_ne!(notes(), 0);
    let listed = at.ada.get("/v1/credentials").await.ok();
    let id = listed[0]["id"].as_str().unwrap();
    assert_eq!(at.ada.delete(&format!("/v1/credentials/{id}")).await.status, 204);
    assert_eq!(notes(), 0);
    at.step("switch").await.problem(404, "rotation_not_found");

    at.ada.connect("kraken", &at.old).await;
    at.begin(&at.another_key()).await.ok();
    assert_ne!(notes(), 0);
    let erase = at.ada.request(reqwest::Method::DELETE, "/v1/credentials");
    crate::api::answer(erase.json(&json!({ "password": at.secret }))).await.ok();
    assert_eq!(notes(), 0);
    at.step("switch").await.problem(404, "rotation_not_found");
}
