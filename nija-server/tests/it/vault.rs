//! `nija vault` and `nija audit`.

use nija_test_services::Database;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs `nija` in a data folder: success, standard output, standard error.
fn nija(folder: &Path, arguments: &[&str], input: &str) -> (bool, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nija"))
        .args(arguments)
        .args(["--data-dir", folder.to_str().unwrap()])
        .env_remove("NIJA_VAULT_PASSPHRASE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may be gone before it is told anything.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

fn well(folder: &Path, arguments: &[&str], input: &str) -> String {
    let (ok, out, error) = nija(folder, arguments, input);
    assert!(ok, "{arguments:?}: {out} {error}");
    out
}

#[test]
fn a_vault_is_made_rotated_backed_up_drilled_and_restored() {
    let (folder, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (at, backups) = (folder.path(), folder.path().join("backups"));
    std::fs::create_dir(&backups).unwrap();
    let (ok, _, error) = nija(at, &["vault", "status"], "");
    assert!(!ok && error.contains("there is no vault"), "{error}");
    let made = well(at, &["vault", "init"], "");
    let pin = made.split("devices pin ").nth(1).unwrap().trim().to_owned();
    let (ok, _, error) = nija(at, &["vault", "init"], "");
    assert!(!ok && error.contains("there already"), "{error}");
    assert!(well(at, &["vault", "rotate"], "").contains("1 old keys retired"));
    let log = rusqlite::Connection::open(at.join("vault.db")).unwrap();
    let by = "SELECT origin || ' ' || actor FROM audit WHERE action = 'rotate_keys'";
    let by: String = log.query_row(by, [], |row| row.get(0)).unwrap();
    assert!(by.starts_with("cli uid "), "{by}");
    drop(log);
    assert!(well(at, &["vault", "rewrap"], "").contains("0 of 0 user keys moved"));
    let status = well(at, &["vault", "status"], "");
    assert!(status.contains(&pin) && status.contains("key file") && status.contains("in use"), "{status}");
    let to = backups.to_str().unwrap();
    assert!(well(at, &["vault", "backup", "--to", to], "").contains("encrypted under the root"));
    let drilled = well(at, &["vault", "drill", "--from", to], "");
    assert!(
        drilled.contains("the audit chain is whole") && drilled.contains("0 versions opened"),
        "{drilled}"
    );
    let (ok, _, error) = nija(at, &["vault", "drill", "--from", to, "--point", "2001-01-01T00:00:00Z"], "");
    assert!(!ok && error.contains("made after that"), "{error}");
    assert!(well(at, &["vault", "drill", "--from", to, "--entry", "2"], "").contains("put back to entry 2"));
    let (ok, _, error) = nija(at, &["vault", "restore", "--from", to], "");
    assert!(!ok && error.contains("never writes over"), "{error}");
    std::fs::copy(at.join("vault.key"), empty.path().join("vault.key")).unwrap();
    assert!(well(empty.path(), &["vault", "restore", "--from", to], "").contains("the audit chain is whole"));
    assert!(well(empty.path(), &["vault", "status"], "").contains(&pin));

    let verified = well(at, &["audit", "verify", "--pin", &pin], "");
    assert!(
        verified.contains("the audit chain is whole") && verified.contains("the pinned key"),
        "{verified}"
    );
    let (ok, _, error) = nija(at, &["audit", "verify", "--pin", &"0".repeat(64)], "");
    assert!(!ok && error.contains("not signed by the vault's key"), "{error}");
    let proof = well(at, &["audit", "prove", "1"], "");
    assert!(well(at, &["audit", "prove", "--check", &pin], &proof).contains("entry 1 is in the log"));
    let forged = proof.replacen("create_vault", "create_fault", 1);
    assert_ne!(forged, proof);
    let (ok, _, error) = nija(at, &["audit", "prove", "--check", &pin], &forged);
    assert!(!ok && error.contains("not in the log"), "{error}");
    let exported = well(at, &["audit", "export"], "");
    assert!(exported.lines().count() >= 4 && exported.starts_with("{\"format\":2,\"seq\":1,"), "{exported}");
}

/// On PostgreSQL as on SQLite, where the server's configuration says so.
#[test]
fn a_vault_on_postgresql_is_backed_up_wiped_and_restored() {
    let Some(database) = Database::make() else { return };
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (at, address, config) = (folder.path(), other.path().join("address"), other.path().join("nija.toml"));
    std::fs::write(&address, database.url()).unwrap();
    std::fs::write(&config, format!("[vault]\npostgres_file = {:?}\n", address.to_str().unwrap())).unwrap();
    let told = |arguments: &[&str]| {
        let config = ["--config", config.to_str().unwrap()];
        let (ok, out, error) = nija(at, &[arguments, &config].concat(), "");
        if ok { out } else { format!("failed: {error}") }
    };
    let made = told(&["vault", "init"]);
    let pin = made.split("devices pin ").nth(1).unwrap().trim().to_owned();
    assert!(!at.join("vault.db").exists());
    assert!(told(&["vault", "init"]).contains("there already"));
    assert!(told(&["vault", "rotate"]).contains("1 old keys retired"));
    assert!(told(&["vault", "status"]).contains("PostgreSQL"));
    let to = other.path().to_str().unwrap();
    assert!(told(&["vault", "backup", "--to", to]).contains("encrypted under the root"));
    assert!(told(&["vault", "drill", "--from", to]).contains("0 versions opened"));
    assert!(told(&["vault", "restore", "--from", to]).contains("never writes over"));
    database.run("DROP SCHEMA nija_vault CASCADE").unwrap();
    assert!(told(&["audit", "verify"]).starts_with("failed"));
    let restored = told(&["vault", "restore", "--from", to, "--entry", "1"]);
    assert!(restored.contains("put back to entry 1"), "{restored}");
    let verified = told(&["audit", "verify", "--pin", &pin]);
    assert!(
        verified.contains("the audit chain is whole") && verified.contains("the pinned key"),
        "{verified}"
    );
    let proof = told(&["audit", "prove", "1"]);
    assert!(well(at, &["audit", "prove", "--check", &pin], &proof).contains("entry 1 is in the log"));
    assert!(told(&["audit", "export"]).contains("\"action\":\"rewind\""));
}

#[test]
fn three_shares_open_a_vault_and_two_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let made = well(folder.path(), &["vault", "init", "--root", "shamir"], "");
    let shares: Vec<_> = made.lines().filter(|line| line.starts_with("nija-share-1-")).collect();
    assert_eq!(shares.len(), 5);
    assert!(!folder.path().join("vault.key").exists());
    let (ok, _, error) = nija(folder.path(), &["vault", "status"], &shares[..2].join("\n"));
    assert!(!ok && error.contains("1 more shares are needed"), "{error}");
    assert!(well(folder.path(), &["vault", "status"], &shares[1..4].join("\n")).contains("any 3 of 5"));
    let (ok, _, error) = nija(folder.path(), &["vault", "unseal"], shares[0]);
    assert!(!ok && error.contains("no server waits"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_server_waits_for_three_shares_and_then_answers() {
    let folder = tempfile::tempdir().unwrap();
    let made = well(folder.path(), &["vault", "init", "--root", "shamir"], "");
    let shares: Vec<_> =
        made.lines().filter(|line| line.starts_with("nija-share-1-")).map(str::to_owned).collect();
    let mut config = nija_server::ServerConfig::new(folder.path());
    config.listen = ([127, 0, 0, 1], 0).into();
    let starting = tokio::spawn(nija_server::start(config));
    let socket = folder.path().join("unseal.sock");
    while tokio::net::UnixStream::connect(&socket).await.is_err() {
        assert!(!starting.is_finished(), "it did not wait");
        tokio::task::yield_now().await;
    }
    let give = async |share: &str| nija_server::give_share(folder.path(), share).await.unwrap();
    assert!(give("nonsense").await.contains("was not taken"));
    assert_eq!(give(&shares[4]).await, "2 more shares are needed");
    assert_eq!(give(&shares[4]).await, "2 more shares are needed");
    assert_eq!(give(&shares[0]).await, "1 more shares are needed");
    assert_eq!(give(&shares[2]).await, "the vault is unsealed");
    let server = starting.await.unwrap().unwrap();
    assert!(!socket.exists());
    server.shutdown().await;
}
