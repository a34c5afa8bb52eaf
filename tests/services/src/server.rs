//! PostgreSQL servers of a test's own.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::Write,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

use crate::{Certificate, database::run, service};

/// A server with real waits for the disk, which a test may kill. It ends with it.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    bin: PathBuf,
    port: u16,
}

impl Server {
    /// `None`, said aloud, where the set-up did not start one either. Blocks.
    #[must_use]
    pub fn start() -> Option<Self> {
        // Without services there is no PostgreSQL to be expected.
        service("NIJA_TEST_POSTGRES")?;
        let mut versions: Vec<_> =
            std::fs::read_dir("/usr/lib/postgresql").unwrap().map(|entry| entry.unwrap().path()).collect();
        versions.sort();
        let bin = versions.pop().unwrap().join("bin");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder: tempfile::tempdir().unwrap(), bin, port };
        hand_over(server.path());
        server.control("initdb", &["-D", "data", "-U", "nija", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        server.up();
        Some(server)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn control(&self, program: &str, arguments: &[&str]) {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        // The server inherits the log: a pipe would stay open as long as it runs.
        let log = File::create(self.log()).unwrap();
        command.args(arguments).current_dir(self.path()).stdout(log.try_clone().unwrap()).stderr(log);
        assert!(command.status().unwrap().success(), "{} {arguments:?}", program.display());
    }

    fn log(&self) -> PathBuf {
        std::env::temp_dir().join(format!("nija-pg-{}.log", self.port))
    }

    /// Starts it again. Blocks.
    pub fn up(&self) {
        let options = format!("-p {} -k {} -c listen_addresses=127.0.0.1", self.port, self.path().display());
        self.control(
            "pg_ctl",
            &["-D", "data", "-l", "server.log", "-w", "-t", "60", "-o", &options, "start"],
        );
    }

    /// As if the power had been cut: no process of the server gets to finish anything. Blocks.
    pub fn crash(&self) {
        self.control("pg_ctl", &["-D", "data", "-m", "immediate", "-w", "stop"]);
    }

    /// Has it offer TLS with a certificate from now on. It is started anew. Blocks.
    pub fn certify(&self, certificate: &Certificate) {
        let data = self.path().join("data");
        for (name, content) in [("server.crt", &certificate.certificate), ("server.key", &certificate.key)] {
            let file = data.join(name);
            std::fs::write(&file, content).unwrap();
            // PostgreSQL takes no key that others may read.
            std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
            hand_over(&file);
        }
        self.configure("postgresql.conf", "ssl = on\n");
    }

    /// Has it let in nobody whose connection is in the clear. It is started anew. Blocks.
    pub fn refuse_clear(&self) {
        // The first line that fits counts.
        let hba = self.path().join("data/pg_hba.conf");
        let others = std::fs::read_to_string(&hba).unwrap();
        std::fs::write(&hba, "hostnossl all all all reject\n").unwrap();
        self.configure("pg_hba.conf", &others);
    }

    fn configure(&self, file: &str, more: &str) {
        let file = OpenOptions::new().append(true).open(self.path().join("data").join(file));
        file.unwrap().write_all(more.as_bytes()).unwrap();
        self.crash();
        self.up();
    }

    /// Someone else at the server: runs a script, and answers with the first column of what it finds.
    ///
    /// # Errors
    /// What the server says.
    pub fn run(&self, script: &str) -> Result<Vec<String>, String> {
        run(&self.url(), script)
    }

    /// The connection string of its superuser.
    #[must_use]
    pub fn url(&self) -> String {
        format!("host=127.0.0.1 port={} user=nija dbname=postgres", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.crash();
        let _ = std::fs::remove_file(self.log());
    }
}

/// PostgreSQL does not run as root, nor on files of another user's.
fn hand_over(path: &Path) {
    if is_root() {
        assert!(Command::new("chown").arg("postgres").arg(path).status().unwrap().success());
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    String::from_utf8(id).unwrap().trim() == "0"
}
