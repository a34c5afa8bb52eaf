//! A process that holds keys leaves no core dump.

#![cfg(target_os = "linux")]

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A minute is for ever.
const EVER: Duration = Duration::from_secs(60);

#[test]
fn a_command_that_is_given_a_key_dies_without_a_core_file() {
    let folder = tempfile::tempdir().unwrap();
    // Whoever starts it lets programs dump, into this folder where the system says nothing else.
    let script =
        r#"ulimit -c unlimited && cd "$1" && exec "$2" seal --sealing-key none --user none --venue none"#;
    let mut child = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(folder.path())
        .arg(env!("CARGO_BIN_EXE_nija"))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let limits = format!("/proc/{}/limits", child.id());
    let (start, mut seen) = (Instant::now(), Vec::new());
    while seen != ["0", "0"] {
        assert!(start.elapsed() < EVER, "the limit of core files is {seen:?}");
        let text = std::fs::read_to_string(&limits).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
        seen = line.split_whitespace().take(2).map(str::to_owned).collect();
        std::thread::yield_now();
    }
    // It waits for the key on standard input.
    let sent = Command::new("sh").arg("-c").arg(format!("kill -ABRT {}", child.id())).status().unwrap();
    assert!(sent.success());
    let died = child.wait().unwrap();
    assert_eq!((died.signal(), died.core_dumped()), (Some(6), false));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
