//! What a process uses, as Linux tells it in `/proc`.

use std::{fs, time::Duration};

use super::{Outcome, failed};

/// `utime` and `stime` count in ticks of 10 ms: Linux fixes USER_HZ, the unit of `/proc`, at 100.
const TICK: Duration = Duration::from_millis(10);

/// Processor time of a process so far, user and system, all its threads.
pub(super) fn cpu(pid: u32) -> Outcome<Duration> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).map_err(|error| failed(format!("{path}: {error}")))?;
    ticks(&text).map(|ticks| TICK * ticks).ok_or_else(|| failed(format!("{path} cannot be understood")))
}

/// Memory of a process that is in RAM now, bytes.
pub(super) fn resident(pid: u32) -> Outcome<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).map_err(|error| failed(format!("{path}: {error}")))?;
    kib(&text).map(|kib| kib * 1024).ok_or_else(|| failed(format!("{path} has no VmRSS")))
}

/// How many files, connections included, this process may have open (and its children: they inherit it).
pub(super) fn open_files() -> Option<usize> {
    let text = fs::read_to_string("/proc/self/limits").ok()?;
    soft_limit(&text)
}

/// Fields 14 and 15; the second is a name in parentheses that may hold spaces.
fn ticks(stat: &str) -> Option<u32> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let (user, system): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    user.checked_add(system)
}

fn kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn soft_limit(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_a_name_with_spaces() {
        let stat = "42 (a b) c) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 4 0 100 1 2 3";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("nonsense"), None);
    }

    #[test]
    fn memory_and_limits_are_read_in_their_units() {
        assert_eq!(kib("Name:\tnija\nVmRSS:\t   51200 kB\nThreads:\t3\n"), Some(51_200));
        let limits =
            "Limit  Soft Limit  Hard Limit  Units\nMax open files            20000      20000    files\n";
        assert_eq!(soft_limit(limits), Some(20_000));
        assert_eq!(kib("Name: x"), None);
    }

    #[test]
    fn this_process_uses_something() {
        let pid = std::process::id();
        assert!(resident(pid).unwrap() > 0);
        assert!(cpu(pid).is_ok());
        assert!(open_files().is_none_or(|files| files > 0));
    }
}
