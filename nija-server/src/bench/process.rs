//! Servers as processes of their own, so that what they use can be told from what the load uses.

use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{Outcome, failed, usage};

/// Until a process must have said that it is ready.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running child of this same program.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    pid: u32,
    /// What it printed when it was ready.
    pub(super) ready: Value,
    /// From its start to that line.
    pub(super) start: Duration,
    log: PathBuf,
    /// Kept open: a process that writes into a closed pipe would fail.
    _output: BufReader<ChildStdout>,
    _folder: TempDir,
}

/// What to start.
#[derive(Debug)]
pub(super) struct Plan {
    command: Command,
    folder: TempDir,
    input: Option<String>,
}

impl Plan {
    /// A subcommand of this program, with a folder of its own.
    pub(super) fn new(arguments: &[&str]) -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("nija-bench-").tempdir()?;
        let mut command = Command::new(std::env::current_exe()?);
        // Nothing of the caller's own configuration: figures must not depend on it. The folder has no nija.toml.
        let ours = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("NIJA_"));
        ours.for_each(|(name, _)| {
            command.env_remove(name);
        });
        command.args(arguments).current_dir(folder.path()).env("RUST_LOG", "warn");
        Ok(Self { command, folder, input: None })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn argument(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(super) fn variable(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// What it reads on standard input: secrets must not be in a process list.
    pub(super) fn input(mut self, text: String) -> Self {
        self.input = Some(text);
        self
    }

    /// Starts it and waits until it is ready.
    pub(super) async fn start(mut self) -> Outcome<Process> {
        let log = self.folder.path().join("stderr.log");
        let began = Instant::now();
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().ok_or_else(|| failed("a process ended at once"))?;
        write(child.stdin.take(), self.input.as_deref()).await?;
        let output = child.stdout.take().ok_or_else(|| failed("a process has no output"))?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, output.read_line(&mut line)).await;
        let start = began.elapsed();
        let ready = match read {
            Ok(Ok(1..)) => serde_json::from_str(&line)?,
            _ => return Err(failed(format!("a process did not start: {}", last_words(&log)))),
        };
        Ok(Process { child, pid, ready, start, log, _output: output, _folder: self.folder })
    }
}

impl Process {
    /// A text of the line that it printed when it was ready.
    pub(super) fn said(&self, key: &str) -> Outcome<&str> {
        self.ready[key].as_str().ok_or_else(|| failed(format!("a process did not say its {key}")))
    }

    pub(super) fn cpu(&self) -> Outcome<Duration> {
        usage::cpu(self.pid)
    }

    pub(super) fn resident(&self) -> Outcome<u64> {
        usage::resident(self.pid)
    }

    /// The end of what it logged.
    pub(super) fn last_words(&self) -> String {
        last_words(&self.log)
    }

    /// Ends it. Nothing in its folder is wanted any more, so it is not asked to drain.
    pub(super) async fn stop(mut self) -> Outcome<()> {
        Ok(self.child.kill().await?)
    }
}

async fn write(input: Option<ChildStdin>, text: Option<&str>) -> Outcome<()> {
    if let (Some(mut input), Some(text)) = (input, text) {
        input.write_all(text.as_bytes()).await?;
        input.shutdown().await?;
    }
    Ok(())
}

fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    if lines.is_empty() {
        "it logged nothing".to_owned()
    } else {
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}
