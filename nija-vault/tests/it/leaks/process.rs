//! Another process, started to be looked into: it runs the test below and waits at every step.

use nija_core::{Clock, Custody, OpenPurpose, SealedCredential, UserId, Vault};
use nija_vault::testing::{Setup, venue};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::holds;
use crate::common::{balance, open};

/// What the other process does; `Some` steps answer with a line and wait for one.
#[tokio::test]
#[ignore = "started by the tests of leaks.rs"]
async fn other_process() {
    let Some(folder) = std::env::var_os("NIJA_LEAKS_FOLDER").map(PathBuf::from) else { return };
    let user: UserId = std::env::var("NIJA_LEAKS_USER").unwrap().parse().unwrap();
    let step = |name: &str| {
        println!("at {name}");
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
    };
    match std::env::var("NIJA_LEAKS_ROLE").unwrap().as_str() {
        "api" => {
            // It has the rows and what devices send, and no root.
            let connection = rusqlite::Connection::open(folder.join("vault.db")).unwrap();
            let rows: Vec<Vec<u8>> = connection
                .prepare("SELECT envelope FROM credential_versions UNION ALL SELECT envelope FROM user_keys")
                .unwrap()
                .query_map([], |row| row.get(0))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            let sent: SealedCredential =
                serde_json::from_slice(&std::fs::read(folder.join("sealed.json")).unwrap()).unwrap();
            step("held");
            drop((rows, sent));
        }
        role => {
            let setup = Setup::new();
            let vault = open(&setup, &folder);
            if role == "session" {
                let unlock = std::fs::read(folder.join("unlock.json")).unwrap();
                let unlock: SealedCredential = serde_json::from_slice(&unlock).unwrap();
                let until = setup.clock.now().plus(Duration::from_secs(600));
                vault.unlock(user, &venue("one"), &unlock, until).await.unwrap();
            }
            let lease = vault.open(user, &venue("one"), OpenPurpose::Trade).await.unwrap();
            for _ in 0..20 {
                balance(lease.as_ref()).await.unwrap();
            }
            step("signing");
            if role == "session" {
                vault.lock(user, &venue("one")).await.unwrap();
            } else {
                setup.clock.advance(Duration::from_secs(301));
                balance(lease.as_ref()).await.unwrap_err();
            }
            step("ended");
        }
    }
}

pub(super) struct Other {
    child: Child,
    lines: Box<dyn Iterator<Item = String>>,
}

impl Other {
    pub(super) fn start(role: &str, folder: &Path, user: UserId) -> Self {
        let mut child = Command::new("sh")
            // Where a process dies that may dump, and the system says nothing else, its core file is in its folder.
            .args(["-c", r#"ulimit -c unlimited; cd "$0"; exec "$@""#])
            .arg(folder)
            .arg(std::env::current_exe().unwrap())
            .args([
                "leaks::process::other_process",
                "--exact",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .env("NIJA_LEAKS_FOLDER", folder)
            .env("NIJA_LEAKS_USER", user.to_string())
            .env("NIJA_LEAKS_ROLE", role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        Self { child, lines: Box::new(lines) }
    }

    pub(super) fn reaches(&mut self, step: &str) {
        assert!(self.lines.any(|line| line.contains(&format!("at {step}"))), "it never came to {step}");
    }

    pub(super) fn go_on(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    /// Everything that the process could have written to.
    pub(super) fn memory_holds(&self, needles: &[&[u8]]) -> Vec<bool> {
        let process = PathBuf::from(format!("/proc/{}", self.child.id()));
        let maps = std::fs::read_to_string(process.join("maps")).unwrap();
        let memory = std::fs::File::open(process.join("mem")).unwrap();
        let mut found = vec![false; needles.len()];
        let mut total = 0;
        for line in maps.lines() {
            let (range, rest) = line.split_once(' ').unwrap();
            if !rest.starts_with("rw") {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap();
            let hex = |text| u64::from_str_radix(text, 16).unwrap();
            let mut region = vec![0; usize::try_from(hex(to) - hex(from)).unwrap()];
            let mut filled = 0;
            while filled < region.len() {
                match memory.read_at(&mut region[filled..], hex(from) + filled as u64) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => filled += read,
                }
            }
            total += filled;
            for (needle, found) in needles.iter().zip(&mut found) {
                *found |= holds(&region[..filled], needle);
            }
        }
        assert!(total > 100_000, "only {total} bytes could be read");
        found
    }
}

impl Other {
    /// A dump of the process as it runs, or why there is none.
    pub(super) fn dump(&self, folder: &Path) -> Result<PathBuf, String> {
        let prefix = folder.join("gcore");
        let output = Command::new("gcore").arg("-o").arg(&prefix).arg(self.child.id().to_string()).output();
        let output = output.map_err(|error| format!("gcore: {error}"))?;
        let file = folder.join(format!("gcore.{}", self.child.id()));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() && file.exists() { Ok(file) } else { Err(format!("gcore: {told}")) }
    }

    /// Has it die, and answers with the core file that the kernel leaves, or why there is none.
    pub(super) fn die(&mut self, folder: &Path) -> Result<PathBuf, String> {
        let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
        if pattern.starts_with('|') || pattern.contains('/') {
            return Err(format!("this system's core files go elsewhere: {}", pattern.trim()));
        }
        let kill = format!("kill -ABRT {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let died = self.child.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&died), Some(6));
        let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let is_core = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("core");
        files.find(is_core).ok_or_else(|| "no core file was left; is its size limited?".into())
    }
}

/// Which of the needles a large file holds.
pub(super) fn file_holds(file: &Path, needles: &[&[u8]]) -> Vec<bool> {
    let longest = needles.iter().map(|needle| needle.len()).max().unwrap();
    let (mut file, mut found, mut total) =
        (std::fs::File::open(file).unwrap(), vec![false; needles.len()], 0);
    let mut chunk = Vec::new();
    loop {
        let kept = chunk.len().saturating_sub(longest - 1);
        chunk.drain(..kept);
        let read =
            std::io::Read::read_to_end(&mut std::io::Read::take(&mut file, 1 << 22), &mut chunk).unwrap();
        if read == 0 {
            assert!(total > 1_000_000, "only {total} bytes were dumped");
            return found;
        }
        total += read;
        for (needle, found) in needles.iter().zip(&mut found) {
            *found |= holds(&chunk, needle);
        }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
