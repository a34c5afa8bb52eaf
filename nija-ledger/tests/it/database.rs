//! PostgreSQL for tests: databases on the server that the set-up started, and servers of a test's own that it may kill.

use nija_ledger::PostgresLedger;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A database of a test, dropped with it.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// `None`, said aloud, where there is no server.
    pub(crate) fn make() -> Option<Self> {
        let Ok(server) = std::env::var("NIJA_TEST_POSTGRES") else {
            let required = std::env::var("NIJA_TEST_SERVICES").is_ok_and(|value| value == "required");
            assert!(!required, "NIJA_TEST_POSTGRES is not set");
            println!(
                "SKIPPED {}: NIJA_TEST_POSTGRES is not set",
                std::thread::current().name().unwrap_or("a test")
            );
            return None;
        };
        let name = format!("ledger_{}", uuid::Uuid::new_v4().simple());
        run(&server, &format!("CREATE DATABASE {name}")).unwrap();
        Some(Self { server, name })
    }

    pub(crate) fn url(&self) -> String {
        self.server.replace("dbname=postgres", &format!("dbname={}", self.name))
    }

    pub(crate) fn open(&self) -> PostgresLedger {
        PostgresLedger::open(&self.url()).unwrap()
    }

    /// Someone else at the database.
    pub(crate) fn run(&self, script: &str) -> Result<Vec<String>, String> {
        run(&self.url(), script)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        run(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).unwrap();
    }
}

/// Runs a script on a connection of its own; answers with the first column of what it finds. The blocking client must not run where a
/// runtime runs.
pub(crate) fn run(url: &str, script: &str) -> Result<Vec<String>, String> {
    let (url, script) = (url.to_owned(), script.to_owned());
    let run = move || {
        let mut client =
            postgres::Client::connect(&url, postgres::NoTls).map_err(|error| error.to_string())?;
        let found = client.simple_query(&script).map_err(|error| {
            error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
        })?;
        let rows = found.iter().filter_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => row.get(0).map(ToOwned::to_owned),
            _ => None,
        });
        Ok(rows.collect())
    };
    std::thread::spawn(run).join().unwrap()
}

/// A server of a test's own, with real waits for the disk.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    bin: PathBuf,
    port: u16,
}

impl Server {
    /// `None`, said aloud, where the set-up did not start a server either.
    pub(crate) fn start() -> Option<Self> {
        // Without services there is no PostgreSQL to be expected.
        drop(Database::make()?);
        let mut versions: Vec<_> =
            std::fs::read_dir("/usr/lib/postgresql").unwrap().map(|entry| entry.unwrap().path()).collect();
        versions.sort();
        let bin = versions.pop().unwrap().join("bin");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL does not run as root.
        if as_other() {
            assert!(Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap().success());
        }
        let server = Self { folder, bin, port };
        server.control("initdb", &["-D", "data", "-U", "nija", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        server.up();
        Some(server)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn control(&self, program: &str, arguments: &[&str]) {
        let program = self.bin.join(program);
        let mut command = if as_other() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        // The server inherits the log: a pipe would stay open as long as it runs.
        let log =
            std::fs::File::create(std::env::temp_dir().join(format!("nija-pg-{}.log", self.port))).unwrap();
        let status =
            command.args(arguments).current_dir(self.path()).stdout(log.try_clone().unwrap()).stderr(log);
        assert!(status.status().unwrap().success(), "{} {arguments:?}", program.display());
    }

    pub(crate) fn up(&self) {
        let options = format!("-p {} -k {} -c listen_addresses=127.0.0.1", self.port, self.path().display());
        self.control(
            "pg_ctl",
            &["-D", "data", "-l", "server.log", "-w", "-t", "60", "-o", &options, "start"],
        );
    }

    /// As if the power had been cut: no process of the server gets to finish anything.
    pub(crate) fn crash(&self) {
        self.control("pg_ctl", &["-D", "data", "-m", "immediate", "-w", "stop"]);
    }

    pub(crate) fn url(&self) -> String {
        format!("host=127.0.0.1 port={} user=nija dbname=postgres", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.crash();
        let _ = std::fs::remove_file(std::env::temp_dir().join(format!("nija-pg-{}.log", self.port)));
    }
}

fn as_other() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    String::from_utf8(id).unwrap().trim() == "0"
}
